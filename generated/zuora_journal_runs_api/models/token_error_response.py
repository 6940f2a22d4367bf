from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..types import (
    NUMBERS,
    UNSET,
    Unset,
    concise,
    mapping,
    other_than,
    read_whole,
    written,
)


@define(repr=False)
class TokenErrorResponse:
    """Why there is no token."""

    code: int | str | None | Unset = UNSET
    """A code."""
    status: int | None | Unset = UNSET
    """The status of the answer."""
    error: str | None | Unset = UNSET
    """The kind of error."""
    path: str | None | Unset = UNSET
    """The address that was asked."""
    timestamp: str | None | Unset = UNSET
    """When it was."""
    message: str | None | Unset = UNSET
    """What went wrong, for a person."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "code": self.code,
            "status": self.status,
            "error": self.error,
            "path": self.path,
            "timestamp": self.timestamp,
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
            code = other_than("text or a whole number", "code", code)
        status = d.pop("status", UNSET)
        if status.__class__ in NUMBERS:
            status = read_whole("status", status)
        else:
            status = other_than("a whole number", "status", status)
        error = d.pop("error", UNSET)
        if not isinstance(error, str):
            error = other_than("text", "error", error)
        path = d.pop("path", UNSET)
        if not isinstance(path, str):
            path = other_than("text", "path", path)
        timestamp = d.pop("timestamp", UNSET)
        if not isinstance(timestamp, str):
            timestamp = other_than("text", "timestamp", timestamp)
        message = d.pop("message", UNSET)
        if not isinstance(message, str):
            message = other_than("text", "message", message)
        return cls(
            code,
            status,
            error,
            path,
            timestamp,
            message,
            additional_properties=d,
        )
