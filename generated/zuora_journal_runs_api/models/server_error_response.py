from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..models.reason import Reason
from ..types import (
    UNSET,
    concise,
    mapping,
    read_list,
    required,
    written,
)


@define(repr=False)
class ServerErrorResponse:
    """Something failed on Zuora's side."""

    reasons: list[Reason]
    """Why the call failed."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "reasons": self.reasons,
        }
        return {
            **{name: written(value) for name, value in fields.items() if value is not UNSET},
            **self.additional_properties,
        }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """This from JSON. Unknown fields and unknown values of enumerations are kept; null is read as None.

        Raises:
            UnreadableAnswer: a field that must be there is missing, or one has a value of another type.
        """
        d = mapping(src_dict)
        reasons = d.pop("reasons", UNSET)
        if isinstance(reasons, list):
            reasons = read_list("reasons", reasons, Reason.from_dict)
        else:
            raise required("a list", "reasons", reasons)
        return cls(
            reasons,
            additional_properties=d,
        )
