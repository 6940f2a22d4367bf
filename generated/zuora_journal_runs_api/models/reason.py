from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..types import (
    UNSET,
    Model,
    check,
    written,
)


class Reason(Model):
    """One reason why a call failed."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "code": "code",
        "message": "message",
    }

    def __init__(
        self,
        *,
        code: int | str,
        message: str,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "code": code,
            "message": message,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def code(self) -> int | str:
        """Six digits for the resource and two for the category of the error, such as 50000040."""
        value: int | str = self._data["code"]
        return value

    @property
    def message(self) -> str:
        """What went wrong, for a person."""
        value: str = self._data["message"]
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("code", UNSET)).__class__ not in (str, int):
            check(str, "text or a whole number", "code", value)
        if (value := data.get("message", UNSET)).__class__ is not str:
            check(str, "text", "message", value)
