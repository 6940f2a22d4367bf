from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..models.journal_entry_item import JournalEntryItem
from ..models.journal_entry_status import JournalEntryStatus
from ..models.segment import Segment
from ..models.transferred_to_accounting import TransferredToAccounting
from ..types import (
    UNSET,
    Unset,
    concise,
    mapping,
    other_than,
    read_date,
    read_list,
    required,
    written,
)


@define(repr=False)
class JournalEntry:
    """A summary journal entry. Custom fields, whose names end in `__c`, stand beside these."""

    number: str
    """The entry's number, such as JE-00000001."""
    status: JournalEntryStatus
    """Where a summary journal entry stands."""
    transferred_to_accounting: None | TransferredToAccounting | Unset = UNSET
    transferred_by: str | None | Unset = UNSET
    """Who or what handed the entry to accounting."""
    transfer_date_time: str | None | Unset = UNSET
    """When it was handed over, as Zuora writes it."""
    transaction_type: str | None | Unset = UNSET
    """The transaction type that the entry sums up."""
    accounting_period_name: str | None | Unset = UNSET
    """The accounting period that the entry belongs to."""
    journal_entry_date: datetime.date | None | Unset = UNSET
    """The date that the entry bears."""
    time_period_start: datetime.date | None | Unset = UNSET
    """The first date of the transactions in it."""
    time_period_end: datetime.date | None | Unset = UNSET
    """The last date of the transactions in it."""
    currency: str | None | Unset = UNSET
    """The currency of the amounts, such as USD."""
    home_currency: str | None | Unset = UNSET
    """The tenant's own currency."""
    aggregate_currency: bool | None | Unset = UNSET
    """Whether amounts of several currencies were added up."""
    notes: str | None | Unset = UNSET
    """Free text."""
    organization_label: str | None | Unset = UNSET
    """The organisation, where Multi-Org is on."""
    segments: list[Segment] | None | Unset = UNSET
    """The values by which transactions were told apart."""
    journal_entry_items: list[JournalEntryItem] | None | Unset = UNSET
    """The entry's debits and credits."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "number": self.number,
            "status": self.status,
            "transferredToAccounting": self.transferred_to_accounting,
            "transferredBy": self.transferred_by,
            "transferDateTime": self.transfer_date_time,
            "transactionType": self.transaction_type,
            "accountingPeriodName": self.accounting_period_name,
            "journalEntryDate": self.journal_entry_date,
            "timePeriodStart": self.time_period_start,
            "timePeriodEnd": self.time_period_end,
            "currency": self.currency,
            "homeCurrency": self.home_currency,
            "aggregateCurrency": self.aggregate_currency,
            "notes": self.notes,
            "organizationLabel": self.organization_label,
            "segments": self.segments,
            "journalEntryItems": self.journal_entry_items,
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
        number = d.pop("number", UNSET)
        if not isinstance(number, str):
            raise required("text", "number", number)
        status = d.pop("status", UNSET)
        if isinstance(status, str):
            status = JournalEntryStatus.of(status)
        else:
            raise required("text", "status", status)
        transferred_to_accounting = d.pop("transferredToAccounting", UNSET)
        if isinstance(transferred_to_accounting, str):
            transferred_to_accounting = TransferredToAccounting.of(transferred_to_accounting)
        else:
            transferred_to_accounting = other_than("text", "transferredToAccounting", transferred_to_accounting)
        transferred_by = d.pop("transferredBy", UNSET)
        if not isinstance(transferred_by, str):
            transferred_by = other_than("text", "transferredBy", transferred_by)
        transfer_date_time = d.pop("transferDateTime", UNSET)
        if not isinstance(transfer_date_time, str):
            transfer_date_time = other_than("text", "transferDateTime", transfer_date_time)
        transaction_type = d.pop("transactionType", UNSET)
        if not isinstance(transaction_type, str):
            transaction_type = other_than("text", "transactionType", transaction_type)
        accounting_period_name = d.pop("accountingPeriodName", UNSET)
        if not isinstance(accounting_period_name, str):
            accounting_period_name = other_than("text", "accountingPeriodName", accounting_period_name)
        journal_entry_date = d.pop("journalEntryDate", UNSET)
        if isinstance(journal_entry_date, str):
            journal_entry_date = read_date("journalEntryDate", journal_entry_date)
        else:
            journal_entry_date = other_than("a date", "journalEntryDate", journal_entry_date)
        time_period_start = d.pop("timePeriodStart", UNSET)
        if isinstance(time_period_start, str):
            time_period_start = read_date("timePeriodStart", time_period_start)
        else:
            time_period_start = other_than("a date", "timePeriodStart", time_period_start)
        time_period_end = d.pop("timePeriodEnd", UNSET)
        if isinstance(time_period_end, str):
            time_period_end = read_date("timePeriodEnd", time_period_end)
        else:
            time_period_end = other_than("a date", "timePeriodEnd", time_period_end)
        currency = d.pop("currency", UNSET)
        if not isinstance(currency, str):
            currency = other_than("text", "currency", currency)
        home_currency = d.pop("homeCurrency", UNSET)
        if not isinstance(home_currency, str):
            home_currency = other_than("text", "homeCurrency", home_currency)
        aggregate_currency = d.pop("aggregateCurrency", UNSET)
        if not isinstance(aggregate_currency, bool):
            aggregate_currency = other_than("true or false", "aggregateCurrency", aggregate_currency)
        notes = d.pop("notes", UNSET)
        if not isinstance(notes, str):
            notes = other_than("text", "notes", notes)
        organization_label = d.pop("organizationLabel", UNSET)
        if not isinstance(organization_label, str):
            organization_label = other_than("text", "organizationLabel", organization_label)
        segments = d.pop("segments", UNSET)
        if isinstance(segments, list):
            segments = read_list("segments", segments, Segment.from_dict)
        else:
            segments = other_than("a list", "segments", segments)
        journal_entry_items = d.pop("journalEntryItems", UNSET)
        if isinstance(journal_entry_items, list):
            journal_entry_items = read_list("journalEntryItems", journal_entry_items, JournalEntryItem.from_dict)
        else:
            journal_entry_items = other_than("a list", "journalEntryItems", journal_entry_items)
        return cls(
            number,
            status,
            transferred_to_accounting,
            transferred_by,
            transfer_date_time,
            transaction_type,
            accounting_period_name,
            journal_entry_date,
            time_period_start,
            time_period_end,
            currency,
            home_currency,
            aggregate_currency,
            notes,
            organization_label,
            segments,
            journal_entry_items,
            additional_properties=d,
        )
