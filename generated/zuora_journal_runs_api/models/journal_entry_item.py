from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from ..models.journal_entry_item_type import JournalEntryItemType
from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    check_number,
    number,
    written,
)


class JournalEntryItem(Model):
    """A debit or credit of an entry. Custom fields, whose names end in `__c`, stand beside these."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "type_": "type",
        "accounting_code_name": "accountingCodeName",
        "accounting_code_type": "accountingCodeType",
        "gl_account_name": "glAccountName",
        "gl_account_number": "glAccountNumber",
        "gl_string": "glString",
        "amount": "amount",
        "home_currency_amount": "homeCurrencyAmount",
    }

    def __init__(
        self,
        *,
        type_: JournalEntryItemType | str | None | Unset = UNSET,
        accounting_code_name: str | None | Unset = UNSET,
        accounting_code_type: str | None | Unset = UNSET,
        gl_account_name: str | None | Unset = UNSET,
        gl_account_number: str | None | Unset = UNSET,
        gl_string: str | None | Unset = UNSET,
        amount: Decimal | int | str | None | Unset = UNSET,
        home_currency_amount: Decimal | int | str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "type": type_,
            "accountingCodeName": accounting_code_name,
            "accountingCodeType": accounting_code_type,
            "glAccountName": gl_account_name,
            "glAccountNumber": gl_account_number,
            "glString": gl_string,
            "amount": amount,
            "homeCurrencyAmount": home_currency_amount,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def type_(self) -> JournalEntryItemType | None:
        """Which side of an entry an item is on."""
        value = self._data.get("type")
        return JournalEntryItemType.of(value) if value is not None else None

    @property
    def accounting_code_name(self) -> str | None:
        """The accounting code's name."""
        value: str | None = self._data.get("accountingCodeName")
        return value

    @property
    def accounting_code_type(self) -> str | None:
        """The accounting code's type."""
        value: str | None = self._data.get("accountingCodeType")
        return value

    @property
    def gl_account_name(self) -> str | None:
        """The general-ledger account's name."""
        value: str | None = self._data.get("glAccountName")
        return value

    @property
    def gl_account_number(self) -> str | None:
        """The general-ledger account's number."""
        value: str | None = self._data.get("glAccountNumber")
        return value

    @property
    def gl_string(self) -> str | None:
        """The ledger's account string, in tenants that have one."""
        value: str | None = self._data.get("glString")
        return value

    @property
    def amount(self) -> Decimal | None:
        """An amount of money in the entry's, or the tenant's own, currency."""
        value = self._data.get("amount")
        return number(value) if value is not None else None

    @property
    def home_currency_amount(self) -> Decimal | None:
        """An amount of money in the entry's, or the tenant's own, currency."""
        value = self._data.get("homeCurrencyAmount")
        return number(value) if value is not None else None

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("type")).__class__ is not str and value is not None:
            check(str, "text", "type", value)
        if (value := data.get("accountingCodeName")).__class__ is not str and value is not None:
            check(str, "text", "accountingCodeName", value)
        if (value := data.get("accountingCodeType")).__class__ is not str and value is not None:
            check(str, "text", "accountingCodeType", value)
        if (value := data.get("glAccountName")).__class__ is not str and value is not None:
            check(str, "text", "glAccountName", value)
        if (value := data.get("glAccountNumber")).__class__ is not str and value is not None:
            check(str, "text", "glAccountNumber", value)
        if (value := data.get("glString")).__class__ is not str and value is not None:
            check(str, "text", "glString", value)
        if (value := data.get("amount")) is not None:
            check_number("amount", value)
        if (value := data.get("homeCurrencyAmount")) is not None:
            check_number("homeCurrencyAmount", value)
