from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..models.journal_run_transaction_type import JournalRunTransactionType
from ..models.organization_label import OrganizationLabel
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


class CreateJournalRunRequest(Model):
    """What a run is to take in. Give an accounting period, or a range of dates within one."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "journal_entry_date": "journalEntryDate",
        "transaction_types": "transactionTypes",
        "accounting_period_name": "accountingPeriodName",
        "target_start_date": "targetStartDate",
        "target_end_date": "targetEndDate",
        "organization_labels": "organizationLabels",
    }

    def __init__(
        self,
        *,
        journal_entry_date: datetime.date,
        transaction_types: Iterable[JournalRunTransactionType],
        accounting_period_name: str | None | Unset = UNSET,
        target_start_date: datetime.date | None | Unset = UNSET,
        target_end_date: datetime.date | None | Unset = UNSET,
        organization_labels: Iterable[OrganizationLabel] | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "journalEntryDate": journal_entry_date,
            "transactionTypes": transaction_types,
            "accountingPeriodName": accounting_period_name,
            "targetStartDate": target_start_date,
            "targetEndDate": target_end_date,
            "organizationLabels": organization_labels,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def journal_entry_date(self) -> datetime.date:
        """The date that the run's entries will bear."""
        value = self._data["journalEntryDate"]
        return datetime.date.fromisoformat(value)

    @property
    def transaction_types(self) -> list[JournalRunTransactionType]:
        """The transaction types to take in."""
        return views(JournalRunTransactionType, self._data["transactionTypes"])

    @property
    def accounting_period_name(self) -> str | None:
        """The accounting period whose transactions are taken. Required if no target dates are given."""
        value: str | None = self._data.get("accountingPeriodName")
        return value

    @property
    def target_start_date(self) -> datetime.date | None:
        """The first date of the transactions taken. Required with `targetEndDate`."""
        value = self._data.get("targetStartDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def target_end_date(self) -> datetime.date | None:
        """The last date of the transactions taken."""
        value = self._data.get("targetEndDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def organization_labels(self) -> list[OrganizationLabel]:
        """The organisations that the run covers. Required where Multi-Org is on, refused elsewhere."""
        return views(OrganizationLabel, self._data.get("organizationLabels"))

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        check_date("journalEntryDate", data.get("journalEntryDate", UNSET))
        check_list("transactionTypes", data.get("transactionTypes", UNSET), JournalRunTransactionType._check)
        if (value := data.get("accountingPeriodName")).__class__ is not str and value is not None:
            check(str, "text", "accountingPeriodName", value)
        if (value := data.get("targetStartDate")) is not None:
            check_date("targetStartDate", value)
        if (value := data.get("targetEndDate")) is not None:
            check_date("targetEndDate", value)
        if (value := data.get("organizationLabels")) is not None:
            check_list("organizationLabels", value, OrganizationLabel._check)
