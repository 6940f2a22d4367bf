from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from ..models.journal_entry import JournalEntry
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


class JournalEntriesPage(ResponseModel):
    """One page of a run's summary journal entries."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "journal_entries": "journalEntries",
        "success": "success",
        "next_page": "nextPage",
        "process_id": "processId",
        "request_id": "requestId",
    }

    def __init__(
        self,
        *,
        journal_entries: Iterable[JournalEntry],
        next_page: str | None | Unset = UNSET,
        process_id: str | None | Unset = UNSET,
        request_id: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "journalEntries": journal_entries,
            "success": True,
            "nextPage": next_page,
            "processId": process_id,
            "requestId": request_id,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def journal_entries(self) -> list[JournalEntry]:
        """The entries on this page."""
        return views(JournalEntry, self._data["journalEntries"])

    @property
    def success(self) -> Literal[True]:
        """The call succeeded."""
        value: Literal[True] = self._data["success"]
        return value

    @property
    def next_page(self) -> str | None:
        """The address of the next page; absent on the last one."""
        value: str | None = self._data.get("nextPage")
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
        check_list("journalEntries", data.get("journalEntries", UNSET), JournalEntry._check)
        if (value := data.get("success", UNSET)) is not True:
            raise unlike("true", "success", value)
        if (value := data.get("nextPage")).__class__ is not str and value is not None:
            check(str, "text", "nextPage", value)
        if (value := data.get("processId")).__class__ is not str and value is not None:
            check(str, "text", "processId", value)
        if (value := data.get("requestId")).__class__ is not str and value is not None:
            check(str, "text", "requestId", value)
