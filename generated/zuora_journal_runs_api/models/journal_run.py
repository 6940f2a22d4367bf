from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from ..models.journal_run_status import JournalRunStatus
from ..models.journal_run_transaction_type import JournalRunTransactionType
from ..models.organization_label import OrganizationLabel
from ..types import (
    UNSET,
    ResponseModel,
    Unset,
    check,
    check_date,
    check_list,
    check_whole,
    unlike,
    views,
    written,
)


class JournalRun(ResponseModel):
    """A journal run."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "number": "number",
        "status": "status",
        "success": "success",
        "executed_on": "executedOn",
        "journal_entry_date": "journalEntryDate",
        "target_start_date": "targetStartDate",
        "target_end_date": "targetEndDate",
        "segmentation_rule_name": "segmentationRuleName",
        "total_journal_entry_count": "totalJournalEntryCount",
        "aggregate_currency": "aggregateCurrency",
        "transaction_types": "transactionTypes",
        "organization_labels": "organizationLabels",
        "process_id": "processId",
        "request_id": "requestId",
    }

    def __init__(
        self,
        *,
        number: str,
        status: JournalRunStatus | str,
        executed_on: str | None | Unset = UNSET,
        journal_entry_date: datetime.date | None | Unset = UNSET,
        target_start_date: datetime.date | None | Unset = UNSET,
        target_end_date: datetime.date | None | Unset = UNSET,
        segmentation_rule_name: str | None | Unset = UNSET,
        total_journal_entry_count: int | None | Unset = UNSET,
        aggregate_currency: bool | None | Unset = UNSET,
        transaction_types: Iterable[JournalRunTransactionType] | None | Unset = UNSET,
        organization_labels: Iterable[OrganizationLabel] | None | Unset = UNSET,
        process_id: str | None | Unset = UNSET,
        request_id: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "number": number,
            "status": status,
            "success": True,
            "executedOn": executed_on,
            "journalEntryDate": journal_entry_date,
            "targetStartDate": target_start_date,
            "targetEndDate": target_end_date,
            "segmentationRuleName": segmentation_rule_name,
            "totalJournalEntryCount": total_journal_entry_count,
            "aggregateCurrency": aggregate_currency,
            "transactionTypes": transaction_types,
            "organizationLabels": organization_labels,
            "processId": process_id,
            "requestId": request_id,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def number(self) -> str:
        """The number of a journal run."""
        value: str = self._data["number"]
        return value

    @property
    def status(self) -> JournalRunStatus:
        """Where a run stands. `Pending` and `Processing` come before `Completed` or `Error`; `CancelInprogress` before
        `Cancelled`, or before `Completed` again if entries stay; `DeleteInprogress` before the run is gone."""
        value = self._data["status"]
        return JournalRunStatus.of(value)

    @property
    def success(self) -> Literal[True]:
        """The call succeeded."""
        value: Literal[True] = self._data["success"]
        return value

    @property
    def executed_on(self) -> str | None:
        """When the run was executed, as Zuora writes it, often with a blank and without a time zone."""
        value: str | None = self._data.get("executedOn")
        return value

    @property
    def journal_entry_date(self) -> datetime.date | None:
        """The date that the run's entries bear."""
        value = self._data.get("journalEntryDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def target_start_date(self) -> datetime.date | None:
        """The first date of the transactions taken."""
        value = self._data.get("targetStartDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def target_end_date(self) -> datetime.date | None:
        """The last date of the transactions taken."""
        value = self._data.get("targetEndDate")
        return datetime.date.fromisoformat(value) if value is not None else None

    @property
    def segmentation_rule_name(self) -> str | None:
        """The segmentation rule by which transactions were summed up."""
        value: str | None = self._data.get("segmentationRuleName")
        return value

    @property
    def total_journal_entry_count(self) -> int | None:
        """How many summary journal entries the run has."""
        value = self._data.get("totalJournalEntryCount")
        return int(value) if value is not None else None

    @property
    def aggregate_currency(self) -> bool | None:
        """Whether entries of several currencies were added up."""
        value: bool | None = self._data.get("aggregateCurrency")
        return value

    @property
    def transaction_types(self) -> list[JournalRunTransactionType]:
        """The transaction types that the run took in."""
        return views(JournalRunTransactionType, self._data.get("transactionTypes"))

    @property
    def organization_labels(self) -> list[OrganizationLabel]:
        """The organisations that the run covers, where Multi-Org is on."""
        return views(OrganizationLabel, self._data.get("organizationLabels"))

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
        if (value := data.get("number", UNSET)).__class__ is not str:
            check(str, "text", "number", value)
        if (value := data.get("status", UNSET)).__class__ is not str:
            check(str, "text", "status", value)
        if (value := data.get("success", UNSET)) is not True:
            raise unlike("true", "success", value)
        if (value := data.get("executedOn")).__class__ is not str and value is not None:
            check(str, "text", "executedOn", value)
        if (value := data.get("journalEntryDate")) is not None:
            check_date("journalEntryDate", value)
        if (value := data.get("targetStartDate")) is not None:
            check_date("targetStartDate", value)
        if (value := data.get("targetEndDate")) is not None:
            check_date("targetEndDate", value)
        if (value := data.get("segmentationRuleName")).__class__ is not str and value is not None:
            check(str, "text", "segmentationRuleName", value)
        if (value := data.get("totalJournalEntryCount")) is not None:
            check_whole("totalJournalEntryCount", value)
        if (value := data.get("aggregateCurrency")).__class__ is not bool and value is not None:
            check(bool, "true or false", "aggregateCurrency", value)
        if (value := data.get("transactionTypes")) is not None:
            check_list("transactionTypes", value, JournalRunTransactionType._check)
        if (value := data.get("organizationLabels")) is not None:
            check_list("organizationLabels", value, OrganizationLabel._check)
        if (value := data.get("processId")).__class__ is not str and value is not None:
            check(str, "text", "processId", value)
        if (value := data.get("requestId")).__class__ is not str and value is not None:
            check(str, "text", "requestId", value)
