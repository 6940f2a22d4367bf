from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..models.journal_entry_item_type import JournalEntryItemType
from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    written,
)


class JournalEntryItemUpdate(Model):
    """Which debit or credit of an entry to change, and its custom fields, whose names end in `__c`."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "accounting_code_name": "accountingCodeName",
        "type_": "type",
        "accounting_code_type": "accountingCodeType",
    }

    def __init__(
        self,
        *,
        accounting_code_name: str,
        type_: JournalEntryItemType | str,
        accounting_code_type: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "accountingCodeName": accounting_code_name,
            "type": type_,
            "accountingCodeType": accounting_code_type,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def accounting_code_name(self) -> str:
        """The accounting code's name; empty for an item without one."""
        value: str = self._data["accountingCodeName"]
        return value

    @property
    def type_(self) -> JournalEntryItemType:
        """Which side of an entry an item is on."""
        value = self._data["type"]
        return JournalEntryItemType.of(value)

    @property
    def accounting_code_type(self) -> str | None:
        """The accounting code's type."""
        value: str | None = self._data.get("accountingCodeType")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("accountingCodeName", UNSET)).__class__ is not str:
            check(str, "text", "accountingCodeName", value)
        if (value := data.get("type", UNSET)).__class__ is not str:
            check(str, "text", "type", value)
        if (value := data.get("accountingCodeType")).__class__ is not str and value is not None:
            check(str, "text", "accountingCodeType", value)
