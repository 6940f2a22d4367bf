from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..models.journal_entry_item_update import JournalEntryItemUpdate
from ..models.transferred_to_accounting import TransferredToAccounting
from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    check_list,
    views,
    written,
)


class UpdateJournalEntryRequest(Model):
    """What to change of a summary journal entry. Custom fields, whose names end in `__c`, stand beside these."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "transferred_to_accounting": "transferredToAccounting",
        "notes": "notes",
        "journal_entry_items": "journalEntryItems",
    }

    def __init__(
        self,
        *,
        transferred_to_accounting: TransferredToAccounting | str | None | Unset = UNSET,
        notes: str | None | Unset = UNSET,
        journal_entry_items: Iterable[JournalEntryItemUpdate] | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "transferredToAccounting": transferred_to_accounting,
            "notes": notes,
            "journalEntryItems": journal_entry_items,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def transferred_to_accounting(self) -> TransferredToAccounting | None:
        """Whether an entry was handed to the general ledger. An entry can be cancelled while this is `No`, `Error` or
        `Ignore`, and not while it is `Yes` or `Processing`."""
        value = self._data.get("transferredToAccounting")
        return TransferredToAccounting.of(value) if value is not None else None

    @property
    def notes(self) -> str | None:
        """Free text, which replaces the present notes."""
        value: str | None = self._data.get("notes")
        return value

    @property
    def journal_entry_items(self) -> list[JournalEntryItemUpdate]:
        """The items whose custom fields change."""
        return views(JournalEntryItemUpdate, self._data.get("journalEntryItems"))

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("transferredToAccounting")).__class__ is not str and value is not None:
            check(str, "text", "transferredToAccounting", value)
        if (value := data.get("notes")).__class__ is not str and value is not None:
            check(str, "text", "notes", value)
        if (value := data.get("journalEntryItems")) is not None:
            check_list("journalEntryItems", value, JournalEntryItemUpdate._check)
