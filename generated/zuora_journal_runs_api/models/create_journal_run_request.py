from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..models.journal_run_transaction_type import JournalRunTransactionType
from ..models.organization_label import OrganizationLabel
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
class CreateJournalRunRequest:
    """What a run is to take in. Give an accounting period, or a range of dates within one."""

    journal_entry_date: datetime.date
    """The date that the run's entries will bear."""
    transaction_types: list[JournalRunTransactionType]
    """The transaction types to take in."""
    accounting_period_name: str | None | Unset = UNSET
    """The accounting period whose transactions are taken. Required if no target dates are given."""
    target_start_date: datetime.date | None | Unset = UNSET
    """The first date of the transactions taken. Required with `targetEndDate`."""
    target_end_date: datetime.date | None | Unset = UNSET
    """The last date of the transactions taken."""
    organization_labels: list[OrganizationLabel] | None | Unset = UNSET
    """The organisations that the run covers. Required where Multi-Org is on, refused elsewhere."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "journalEntryDate": self.journal_entry_date,
            "transactionTypes": self.transaction_types,
            "accountingPeriodName": self.accounting_period_name,
            "targetStartDate": self.target_start_date,
            "targetEndDate": self.target_end_date,
            "organizationLabels": self.organization_labels,
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
        journal_entry_date = d.pop("journalEntryDate", UNSET)
        if isinstance(journal_entry_date, str):
            journal_entry_date = read_date("journalEntryDate", journal_entry_date)
        else:
            raise required("a date", "journalEntryDate", journal_entry_date)
        transaction_types = d.pop("transactionTypes", UNSET)
        if isinstance(transaction_types, list):
            transaction_types = read_list("transactionTypes", transaction_types, JournalRunTransactionType.from_dict)
        else:
            raise required("a list", "transactionTypes", transaction_types)
        accounting_period_name = d.pop("accountingPeriodName", UNSET)
        if not isinstance(accounting_period_name, str):
            accounting_period_name = other_than("text", "accountingPeriodName", accounting_period_name)
        target_start_date = d.pop("targetStartDate", UNSET)
        if isinstance(target_start_date, str):
            target_start_date = read_date("targetStartDate", target_start_date)
        else:
            target_start_date = other_than("a date", "targetStartDate", target_start_date)
        target_end_date = d.pop("targetEndDate", UNSET)
        if isinstance(target_end_date, str):
            target_end_date = read_date("targetEndDate", target_end_date)
        else:
            target_end_date = other_than("a date", "targetEndDate", target_end_date)
        organization_labels = d.pop("organizationLabels", UNSET)
        if isinstance(organization_labels, list):
            organization_labels = read_list("organizationLabels", organization_labels, OrganizationLabel.from_dict)
        else:
            organization_labels = other_than("a list", "organizationLabels", organization_labels)
        return cls(
            journal_entry_date,
            transaction_types,
            accounting_period_name,
            target_start_date,
            target_end_date,
            organization_labels,
            additional_properties=d,
        )
