from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    check_whole,
    written,
)


class TokenErrorResponse(Model):
    """Why there is no token."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "status": "status",
        "error": "error",
        "path": "path",
        "timestamp": "timestamp",
        "message": "message",
    }

    def __init__(
        self,
        *,
        code: int | str | None | Unset = UNSET,
        status: int | None | Unset = UNSET,
        error: str | None | Unset = UNSET,
        path: str | None | Unset = UNSET,
        timestamp: str | None | Unset = UNSET,
        message: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "code": code,
            "status": status,
            "error": error,
            "path": path,
            "timestamp": timestamp,
            "message": message,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def code(self) -> int | str | None:
        """A code."""
        value: int | str | None = self._data.get("code")
        return value

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        value = self._data.get("status")
        return int(value) if value is not None else None

    @property
    def error(self) -> str | None:
        """The kind of error."""
        value: str | None = self._data.get("error")
        return value

    @property
    def path(self) -> str | None:
        """The address that was asked."""
        value: str | None = self._data.get("path")
        return value

    @property
    def timestamp(self) -> str | None:
        """When it was."""
        value: str | None = self._data.get("timestamp")
        return value

    @property
    def message(self) -> str | None:
        """What went wrong, for a person."""
        value: str | None = self._data.get("message")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("code")).__class__ not in (str, int) and value is not None:
            check(str, "text or a whole number", "code", value)
        if (value := data.get("status")) is not None:
            check_whole("status", value)
        if (value := data.get("error")).__class__ is not str and value is not None:
            check(str, "text", "error", value)
        if (value := data.get("path")).__class__ is not str and value is not None:
            check(str, "text", "path", value)
        if (value := data.get("timestamp")).__class__ is not str and value is not None:
            check(str, "text", "timestamp", value)
        if (value := data.get("message")).__class__ is not str and value is not None:
            check(str, "text", "message", value)
