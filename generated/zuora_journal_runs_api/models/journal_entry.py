from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..models.journal_entry_item import JournalEntryItem
from ..models.journal_entry_status import JournalEntryStatus
from ..models.segment import Segment
from ..models.transferred_to_accounting import TransferredToAccounting
from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    check_date,
    check_list,
    views,
    written,
)


class JournalEntry(Model):
    """A summary journal entry. Custom fields, whose names end in `__c`, stand beside these."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "number": "number",
        "status": "status",
        "transferred_to_accounting": "transferredToAccounting",
        "transferred_by": "transferredBy",
        "transfer_date_time": "transferDateTime",
        "transaction_type": "transactionType",
        "accounting_period_name": "accountingPeriodName",
        "journal_entry_date": "journalEntryDate",
        "time_period_start": "timePeriodStart",
        "time_period_end": "timePeriodEnd",
        "currency": "currency",
        "home_currency": "homeCurrency",
        "aggregate_currency": "aggregateCurrency",
        "notes": "notes",
        "organization_label": "organizationLabel",
        "segments": "segments",
        "journal_entry_items": "journalEntryItems",
    }

    def __init__(
        self,
        *,
        number: str,
        status: JournalEntryStatus | str,
        transferred_to_accounting: TransferredToAccounting | str | None | Unset = UNSET,
        transferred_by: str | None | Unset = UNSET,
        transfer_date_time: str | None | Unset = UNSET,
        transaction_type: str | None | Unset = UNSET,
        accounting_period_name: str | None | Unset = UNSET,
        journal_entry_date: datetime.date | None | Unset = UNSET,
        time_period_start: datetime.date | None | Unset = UNSET,
        time_period_end: datetime.date | None | Unset = UNSET,
        currency: str | None | Unset = UNSET,
        home_currency: str | None | Unset = UNSET,
        aggregate_currency: bool | None | Unset = UNSET,
        notes: str | None | Unset = UNSET,
        organization_label: str | None | Unset = UNSET,
        segments: Iterable[Segment] | None | Unset = UNSET,
        journal_entry_items: Iterable[JournalEntryItem] | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "number": number,
            "status": status,
            "transferredToAccounting": transferred_to_accounting,
            "transferredBy": transferred_by,
            "transferDateTime": transfer_date_time,
            "transactionType": transaction_type,
            "accountingPeriodName": accounting_period_name,
            "journalEntryDate": journal_entry_date,
            "timePeriodStart": time_period_start,
            "timePeriodEnd": time_period_end,
            "currency": currency,
            "homeCurrency": home_currency,
            "aggregateCurrency": aggregate_currency,
            "notes": notes,
            "organizationLabel": organization_label,
            "segments": segments,
            "journalEntryItems": journal_entry_items,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def number(self) -> str:
        """The entry's number, such as JE-00000001."""
        value: str = self._data["number"]
        return value

    @property
    def status(self) -> JournalEntryStatus:
        """Where a summary journal entry stands."""
        value = self._data["status"]
        return JournalEntryStatus.of(value)

    @property
    def transferred_to_accounting(self) -> TransferredToAccounting | None:
        """Whether an entry was handed to the general ledger. An entry can be cancelled while this is `No`, `Error` or
        `Ignore`, and not while it is `Yes` or `Processing`."""
        value = self._data.get("transferredToAccounting")
        return TransferredToAccounting.of(value) if value is not None else None

    @property
    def transferred_by(self) -> str | None:
        """Who or what handed the entry to accounting."""
        value: str | None = self._data.get("transferredBy")
        return value

    @property
    def transfer_date_time(self) -> str | None:
        """When it was handed over, as Zuora writes it."""
        value: str | None = self._data.get("transferDateTime")
        return value

    @property
    def transaction_type(self) -> str | None:
        """The transaction type that the entry sums up."""
        value: str | None = self._data.get("transactionType")
        return value

    @property
    def accounting_period_name(self) -> str | None:
        """The accounting period that the entry belongs to."""
        value: str | None = self._data.get("accountingPeriodName")
        return value

    @property
    def journal_entry_date(self) -> datetime.date | None:
        """The date that the entry bears."""
        value = self._data.get("journalEntryDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def time_period_start(self) -> datetime.date | None:
        """The first date of the transactions in it."""
        value = self._data.get("timePeriodStart")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def time_period_end(self) -> datetime.date | None:
        """The last date of the transactions in it."""
        value = self._data.get("timePeriodEnd")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def currency(self) -> str | None:
        """The currency of the amounts, such as USD."""
        value: str | None = self._data.get("currency")
        return value

    @property
    def home_currency(self) -> str | None:
        """The tenant's own currency."""
        value: str | None = self._data.get("homeCurrency")
        return value

    @property
    def aggregate_currency(self) -> bool | None:
        """Whether amounts of several currencies were added up."""
        value: bool | None = self._data.get("aggregateCurrency")
        return value

    @property
    def notes(self) -> str | None:
        """Free text."""
        value: str | None = self._data.get("notes")
        return value

    @property
    def organization_label(self) -> str | None:
        """The organisation, where Multi-Org is on."""
        value: str | None = self._data.get("organizationLabel")
        return value

    @property
    def segments(self) -> list[Segment]:
        """The values by which transactions were told apart."""
        return views(Segment, self._data.get("segments"))

    @property
    def journal_entry_items(self) -> list[JournalEntryItem]:
        """The entry's debits and credits."""
        return views(JournalEntryItem, self._data.get("journalEntryItems"))

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("number", UNSET)).__class__ is not str:
            check(str, "text", "number", value)
        if (value := data.get("status", UNSET)).__class__ is not str:
            check(str, "text", "status", value)
        if (value := data.get("transferredToAccounting")).__class__ is not str and value is not None:
            check(str, "text", "transferredToAccounting", value)
        if (value := data.get("transferredBy")).__class__ is not str and value is not None:
            check(str, "text", "transferredBy", value)
        if (value := data.get("transferDateTime")).__class__ is not str and value is not None:
            check(str, "text", "transferDateTime", value)
        if (value := data.get("transactionType")).__class__ is not str and value is not None:
            check(str, "text", "transactionType", value)
        if (value := data.get("accountingPeriodName")).__class__ is not str and value is not None:
            check(str, "text", "accountingPeriodName", value)
        if (value := data.get("journalEntryDate")) is not None:
            check_date("journalEntryDate", value)
        if (value := data.get("timePeriodStart")) is not None:
            check_date("timePeriodStart", value)
        if (value := data.get("timePeriodEnd")) is not None:
            check_date("timePeriodEnd", value)
        if (value := data.get("currency")).__class__ is not str and value is not None:
            check(str, "text", "currency", value)
        if (value := data.get("homeCurrency")).__class__ is not str and value is not None:
            check(str, "text", "homeCurrency", value)
        if (value := data.get("aggregateCurrency")).__class__ is not bool and value is not None:
            check(bool, "true or false", "aggregateCurrency", value)
        if (value := data.get("notes")).__class__ is not str and value is not None:
            check(str, "text", "notes", value)
        if (value := data.get("organizationLabel")).__class__ is not str and value is not None:
            check(str, "text", "organizationLabel", value)
        if (value := data.get("segments")) is not None:
            check_list("segments", value, Segment._check)
        if (value := data.get("journalEntryItems")) is not None:
            check_list("journalEntryItems", value, JournalEntryItem._check)
