from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal, Self

from attrs import define, field

from ..models.journal_run_status import JournalRunStatus
from ..models.journal_run_transaction_type import JournalRunTransactionType
from ..models.organization_label import OrganizationLabel
from ..types import (
    NUMBERS,
    UNSET,
    Exchange,
    Unset,
    concise,
    mapping,
    other_than,
    read_date,
    read_list,
    read_whole,
    required,
    written,
)


@define(repr=False)
class JournalRun:
    """A journal run."""

    number: str
    """The number of a journal run."""
    status: JournalRunStatus
    """Where a run stands. `Pending` and `Processing` come before `Completed` or `Error`; `CancelInprogress` before
    `Cancelled`, or before `Completed` again if entries stay; `DeleteInprogress` before the run is gone."""
    success: Literal[True] = field(default=True, kw_only=True)
    """The call succeeded."""
    executed_on: str | None | Unset = UNSET
    """When the run was executed, as Zuora writes it, often with a blank and without a time zone."""
    journal_entry_date: datetime.date | None | Unset = UNSET
    """The date that the run's entries bear."""
    target_start_date: datetime.date | None | Unset = UNSET
    """The first date of the transactions taken."""
    target_end_date: datetime.date | None | Unset = UNSET
    """The last date of the transactions taken."""
    segmentation_rule_name: str | None | Unset = UNSET
    """The segmentation rule by which transactions were summed up."""
    total_journal_entry_count: int | None | Unset = UNSET
    """How many summary journal entries the run has."""
    aggregate_currency: bool | None | Unset = UNSET
    """Whether entries of several currencies were added up."""
    transaction_types: list[JournalRunTransactionType] | None | Unset = UNSET
    """The transaction types that the run took in."""
    organization_labels: list[OrganizationLabel] | None | Unset = UNSET
    """The organisations that the run covers, where Multi-Org is on."""
    process_id: str | None | Unset = UNSET
    """Zuora's identifier of the process that handled the call."""
    request_id: str | None | Unset = UNSET
    """Zuora's identifier of the call, as in the header `Zuora-Request-Id`."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""
    exchange: Exchange | None = field(default=None, init=False, eq=False)
    """The HTTP exchange that this answer came from."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "number": self.number,
            "status": self.status,
            "success": self.success,
            "executedOn": self.executed_on,
            "journalEntryDate": self.journal_entry_date,
            "targetStartDate": self.target_start_date,
            "targetEndDate": self.target_end_date,
            "segmentationRuleName": self.segmentation_rule_name,
            "totalJournalEntryCount": self.total_journal_entry_count,
            "aggregateCurrency": self.aggregate_currency,
            "transactionTypes": self.transaction_types,
            "organizationLabels": self.organization_labels,
            "processId": self.process_id,
            "requestId": self.request_id,
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
            status = JournalRunStatus.of(status)
        else:
            raise required("text", "status", status)
        success = d.pop("success", UNSET)
        if success is not True:
            raise required("true", "success", success)
        executed_on = d.pop("executedOn", UNSET)
        if not isinstance(executed_on, str):
            executed_on = other_than("text", "executedOn", executed_on)
        journal_entry_date = d.pop("journalEntryDate", UNSET)
        if isinstance(journal_entry_date, str):
            journal_entry_date = read_date("journalEntryDate", journal_entry_date)
        else:
            journal_entry_date = other_than("a date", "journalEntryDate", journal_entry_date)
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
        segmentation_rule_name = d.pop("segmentationRuleName", UNSET)
        if not isinstance(segmentation_rule_name, str):
            segmentation_rule_name = other_than("text", "segmentationRuleName", segmentation_rule_name)
        total_journal_entry_count = d.pop("totalJournalEntryCount", UNSET)
        if total_journal_entry_count.__class__ in NUMBERS:
            total_journal_entry_count = read_whole("totalJournalEntryCount", total_journal_entry_count)
        else:
            total_journal_entry_count = other_than(
                "a whole number", "totalJournalEntryCount", total_journal_entry_count
            )
        aggregate_currency = d.pop("aggregateCurrency", UNSET)
        if not isinstance(aggregate_currency, bool):
            aggregate_currency = other_than("true or false", "aggregateCurrency", aggregate_currency)
        transaction_types = d.pop("transactionTypes", UNSET)
        if isinstance(transaction_types, list):
            transaction_types = read_list("transactionTypes", transaction_types, JournalRunTransactionType.from_dict)
        else:
            transaction_types = other_than("a list", "transactionTypes", transaction_types)
        organization_labels = d.pop("organizationLabels", UNSET)
        if isinstance(organization_labels, list):
            organization_labels = read_list("organizationLabels", organization_labels, OrganizationLabel.from_dict)
        else:
            organization_labels = other_than("a list", "organizationLabels", organization_labels)
        process_id = d.pop("processId", UNSET)
        if not isinstance(process_id, str):
            process_id = other_than("text", "processId", process_id)
        request_id = d.pop("requestId", UNSET)
        if not isinstance(request_id, str):
            request_id = other_than("text", "requestId", request_id)
        return cls(
            number,
            status,
            executed_on,
            journal_entry_date,
            target_start_date,
            target_end_date,
            segmentation_rule_name,
            total_journal_entry_count,
            aggregate_currency,
            transaction_types,
            organization_labels,
            process_id,
            request_id,
            success=success,
            additional_properties=d,
        )
