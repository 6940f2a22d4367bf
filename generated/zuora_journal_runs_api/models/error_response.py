from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from ..models.reason import Reason
from ..types import (
    UNSET,
    ResponseModel,
    Unset,
    check,
    check_list,
    unlike,
    views,
    written,
)


class ErrorResponse(ResponseModel):
    """The call failed. It has this body both under status 200 and under a status of its own."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "success": "success",
        "reasons": "reasons",
        "process_id": "processId",
        "request_id": "requestId",
    }

    def __init__(
        self,
        *,
        reasons: Iterable[Reason],
        process_id: str | None | Unset = UNSET,
        request_id: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "success": False,
            "reasons": reasons,
            "processId": process_id,
            "requestId": request_id,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def success(self) -> Literal[False]:
        """Always false."""
        value: Literal[False] = self._data["success"]
        return value

    @property
    def reasons(self) -> list[Reason]:
        """Why the call failed."""
        return views(Reason, self._data["reasons"])

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
        if (value := data.get("success", UNSET)) is not False:
            raise unlike("false", "success", value)
        check_list("reasons", data.get("reasons", UNSET), Reason._check)
        if (value := data.get("processId")).__class__ is not str and value is not None:
            check(str, "text", "processId", value)
        if (value := data.get("requestId")).__class__ is not str and value is not None:
            check(str, "text", "requestId", value)
