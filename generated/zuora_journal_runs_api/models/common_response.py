from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from attrs import define, field

from ..types import (
    UNSET,
    Exchange,
    Unset,
    concise,
    mapping,
    other_than,
    required,
    written,
)


@define(repr=False)
class CommonResponse:
    """A cancellation or a deletion was accepted."""

    success: Literal[True] = field(default=True, kw_only=True)
    """The call succeeded."""
    process_id: str | None | Unset = UNSET
    """Zuora's identifier of the process that handled the call."""
    request_id: str | None | Unset = UNSET
    """Zuora's identifier of the call, as in the header `Zuora-Request-Id`."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""
    exchange: Exchange | None = field(default=None, init=False, eq=False)
    """The HTTP exchange that this answer came from."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "success": self.success,
            "processId": self.process_id,
            "requestId": self.request_id,
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
        success = d.pop("success", UNSET)
        if success is not True:
            raise required("true", "success", success)
        process_id = d.pop("processId", UNSET)
        if not isinstance(process_id, str):
            process_id = other_than("text", "processId", process_id)
        request_id = d.pop("requestId", UNSET)
        if not isinstance(request_id, str):
            request_id = other_than("text", "requestId", request_id)
        return cls(
            process_id,
            request_id,
            success=success,
            additional_properties=d,
        )
