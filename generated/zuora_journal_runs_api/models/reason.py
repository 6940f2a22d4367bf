from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..types import (
    UNSET,
    concise,
    mapping,
    required,
    written,
)


@define(repr=False)
class Reason:
    """One reason why a call failed."""

    code: int | str
    """Six digits for the resource and two for the category of the error, such as 50000040."""
    message: str
    """What went wrong, for a person."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
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
        code = d.pop("code", UNSET)
        if not isinstance(code, str) and code.__class__ is not int:
            raise required("text or a whole number", "code", code)
        message = d.pop("message", UNSET)
        if not isinstance(message, str):
            raise required("text", "message", message)
        return cls(
            code,
            message,
            additional_properties=d,
        )
