from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..types import (
    UNSET,
    ResponseModel,
    Unset,
    check,
    unlike,
    written,
)


class CommonResponse(ResponseModel):
    """A cancellation or a deletion was accepted, or an entry was updated."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "success": "success",
        "process_id": "processId",
        "request_id": "requestId",
    }

    def __init__(
        self,
        *,
        process_id: str | None | Unset = UNSET,
        request_id: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "success": True,
            "processId": process_id,
            "requestId": request_id,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def success(self) -> Literal[True]:
        """The call succeeded."""
        value: Literal[True] = self._data["success"]
        return value

    @property
    def process_id(self) -> str | None:
        """Zuora's identifier of the process that handled the call."""
        value: str | None = self._data.get("processId")
        return value

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, as in the header `Zuora-Request-Id`."""
        value: str | None = self._data.get("requestId")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("success", UNSET)) is not True:
            raise unlike("true", "success", value)
        if (value := data.get("processId")).__class__ is not str and value is not None:
            check(str, "text", "processId", value)
        if (value := data.get("requestId")).__class__ is not str and value is not None:
            check(str, "text", "requestId", value)
