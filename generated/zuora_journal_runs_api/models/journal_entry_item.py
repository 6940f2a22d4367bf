from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..models.journal_entry_item_type import JournalEntryItemType
from ..types import (
    NUMBERS,
    UNSET,
    Unset,
    concise,
    mapping,
    other_than,
    read_number,
    written,
)


@define(repr=False)
class JournalEntryItem:
    """A debit or credit of an entry. Custom fields, whose names end in `__c`, stand beside these."""

    type_: JournalEntryItemType | None | Unset = UNSET
    """Which side of the entry it is on."""
    accounting_code_name: str | None | Unset = UNSET
    """The accounting code's name."""
    accounting_code_type: str | None | Unset = UNSET
    """The accounting code's type."""
    gl_account_name: None | str | Unset = UNSET
    """The general-ledger account's name."""
    gl_account_number: None | str | Unset = UNSET
    """The general-ledger account's number."""
    gl_string: str | None | Unset = UNSET
    """The ledger's account string, in tenants that have one."""
    amount: Decimal | str | None | Unset = UNSET
    """An amount of money in the entry's, or the tenant's own, currency."""
    home_currency_amount: Decimal | str | None | Unset = UNSET
    """An amount of money in the entry's, or the tenant's own, currency."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "type": self.type_,
            "accountingCodeName": self.accounting_code_name,
            "accountingCodeType": self.accounting_code_type,
            "glAccountName": self.gl_account_name,
            "glAccountNumber": self.gl_account_number,
            "glString": self.gl_string,
            "amount": self.amount,
            "homeCurrencyAmount": self.home_currency_amount,
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
        type_ = d.pop("type", UNSET)
        if isinstance(type_, str):
            type_ = JournalEntryItemType.of(type_)
        else:
            type_ = other_than("text", "type", type_)
        accounting_code_name = d.pop("accountingCodeName", UNSET)
        if not isinstance(accounting_code_name, str):
            accounting_code_name = other_than("text", "accountingCodeName", accounting_code_name)
        accounting_code_type = d.pop("accountingCodeType", UNSET)
        if not isinstance(accounting_code_type, str):
            accounting_code_type = other_than("text", "accountingCodeType", accounting_code_type)
        gl_account_name = d.pop("glAccountName", UNSET)
        if not isinstance(gl_account_name, str):
            gl_account_name = other_than("text", "glAccountName", gl_account_name)
        gl_account_number = d.pop("glAccountNumber", UNSET)
        if not isinstance(gl_account_number, str):
            gl_account_number = other_than("text", "glAccountNumber", gl_account_number)
        gl_string = d.pop("glString", UNSET)
        if not isinstance(gl_string, str):
            gl_string = other_than("text", "glString", gl_string)
        amount = d.pop("amount", UNSET)
        if amount.__class__ in NUMBERS:
            amount = read_number("amount", amount)
        elif not isinstance(amount, str):
            amount = other_than("text or a number", "amount", amount)
        home_currency_amount = d.pop("homeCurrencyAmount", UNSET)
        if home_currency_amount.__class__ in NUMBERS:
            home_currency_amount = read_number("homeCurrencyAmount", home_currency_amount)
        elif not isinstance(home_currency_amount, str):
            home_currency_amount = other_than("text or a number", "homeCurrencyAmount", home_currency_amount)
        return cls(
            type_,
            accounting_code_name,
            accounting_code_type,
            gl_account_name,
            gl_account_number,
            gl_string,
            amount,
            home_currency_amount,
            additional_properties=d,
        )
