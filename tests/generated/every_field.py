"""A user's program that prints every field of every model, and uses each as what its type says.

`make check` runs it through mypy --strict and pyright --strict.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, assert_type

from zuora_journal_runs_api import models
from zuora_journal_runs_api.types import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    Show = Callable[[object], object]


def journal_run(run: models.JournalRun, show: Show = print) -> None:
    show(assert_type(run.number, str))
    show(assert_type(run.status, models.JournalRunStatus))
    show(assert_type(run.status.is_known, bool))
    show(assert_type(run.executed_on, str | None))
    show(assert_type(run.journal_entry_date, datetime.date | None))
    show(assert_type(run.target_start_date, datetime.date | None))
    show(assert_type(run.target_end_date, datetime.date | None))
    show(assert_type(run.segmentation_rule_name, str | None))
    show(assert_type(run.total_journal_entry_count, int | None))
    show(assert_type(run.aggregate_currency, bool | None))
    for kind in assert_type(run.transaction_types, list[models.JournalRunTransactionType]):
        transaction_type(kind, show)
    for label in assert_type(run.organization_labels, list[models.OrganizationLabel]):
        organization_label(label, show)
    show(assert_type(run.success, Literal[True]))
    show(assert_type(run.process_id, str | None))
    show(assert_type(run.request_id, str | None))
    show(assert_type(run.exchange, Exchange | None))
    show(assert_type(run.additional_properties, dict[str, Any]))
    show(assert_type(run.to_dict(), dict[str, Any]))
    show(assert_type(run.was_sent("executed_on"), bool))


def transaction_type(kind: models.JournalRunTransactionType, show: Show = print) -> None:
    show(assert_type(kind.type_, models.TransactionType))


def organization_label(label: models.OrganizationLabel, show: Show = print) -> None:
    show(assert_type(label.organization_id, str | None))
    show(assert_type(label.organization_name, str | None))


def journal_entries_page(page: models.JournalEntriesPage, show: Show = print) -> None:
    for entry in assert_type(page.journal_entries, list[models.JournalEntry]):
        journal_entry(entry, show)
    show(assert_type(page.next_page, str | None))
    show(assert_type(page.success, Literal[True]))
    show(assert_type(page.process_id, str | None))
    show(assert_type(page.request_id, str | None))


def journal_entry(entry: models.JournalEntry, show: Show = print) -> None:
    show(assert_type(entry.number, str))
    show(assert_type(entry.status, models.JournalEntryStatus))
    show(assert_type(entry.transferred_to_accounting, models.TransferredToAccounting | None))
    show(assert_type(entry.transferred_by, str | None))
    show(assert_type(entry.transfer_date_time, str | None))
    show(assert_type(entry.transaction_type, str | None))
    show(assert_type(entry.accounting_period_name, str | None))
    show(assert_type(entry.journal_entry_date, datetime.date | None))
    show(assert_type(entry.time_period_start, datetime.date | None))
    show(assert_type(entry.time_period_end, datetime.date | None))
    show(assert_type(entry.currency, str | None))
    show(assert_type(entry.home_currency, str | None))
    show(assert_type(entry.aggregate_currency, bool | None))
    show(assert_type(entry.notes, str | None))
    show(assert_type(entry.organization_label, str | None))
    for segment in assert_type(entry.segments, list[models.Segment]):
        segment_of_entry(segment, show)
    debits = Decimal(0)
    for item in assert_type(entry.journal_entry_items, list[models.JournalEntryItem]):
        journal_entry_item(item, show)
        if item.type_ == models.JournalEntryItemType.DEBIT:
            debits += item.amount or 0
    show(assert_type(debits, Decimal))


def segment_of_entry(segment: models.Segment, show: Show = print) -> None:
    show(assert_type(segment.segment_name, str | None))
    show(assert_type(segment.segment_value, str | None))


def journal_entry_item(item: models.JournalEntryItem, show: Show = print) -> None:
    show(assert_type(item.type_, models.JournalEntryItemType | None))
    show(assert_type(item.accounting_code_name, str | None))
    show(assert_type(item.accounting_code_type, str | None))
    show(assert_type(item.gl_account_name, str | None))
    show(assert_type(item.gl_account_number, str | None))
    show(assert_type(item.gl_string, str | None))
    show(assert_type(item.amount, Decimal | None))
    show(assert_type(item.home_currency_amount, Decimal | None))


def creation(created: models.CreateJournalRunResponse, show: Show = print) -> None:
    show(assert_type(created.journal_run_number, str))
    show(assert_type(created.success, Literal[True]))
    show(assert_type(created.process_id, str | None))
    show(assert_type(created.request_id, str | None))


def common(response: models.CommonResponse, show: Show = print) -> None:
    show(assert_type(response.success, Literal[True]))
    show(assert_type(response.process_id, str | None))
    show(assert_type(response.request_id, str | None))


def error(response: models.ErrorResponse, show: Show = print) -> None:
    show(assert_type(response.success, Literal[False]))
    show(assert_type(response.process_id, str | None))
    for reason in assert_type(response.reasons, list[models.Reason]):
        reason_of_error(reason, show)
    show(assert_type(response.request_id, str | None))


def reason_of_error(reason: models.Reason, show: Show = print) -> None:
    show(assert_type(reason.code, int | str))
    show(assert_type(reason.message, str))


def server_error(response: models.ServerErrorResponse, show: Show = print) -> None:
    for reason in assert_type(response.reasons, list[models.Reason]):
        reason_of_error(reason, show)


def token(response: models.TokenResponse, show: Show = print) -> None:
    show(assert_type(response.access_token, str))
    show(assert_type(response.token_type, str | None))
    show(assert_type(response.expires_in, Decimal | None))
    show(assert_type(response.scope, str | None))
    show(assert_type(response.jti, str | None))


def token_error(response: models.TokenErrorResponse, show: Show = print) -> None:
    show(assert_type(response.code, int | str | None))
    show(assert_type(response.status, int | None))
    show(assert_type(response.error, str | None))
    show(assert_type(response.path, str | None))
    show(assert_type(response.timestamp, str | None))
    show(assert_type(response.message, str | None))


def creation_request(request: models.CreateJournalRunRequest, show: Show = print) -> None:
    show(assert_type(request.journal_entry_date, datetime.date))
    show(assert_type(request.accounting_period_name, str | None))
    show(assert_type(request.target_start_date, datetime.date | None))
    show(assert_type(request.target_end_date, datetime.date | None))
    for kind in assert_type(request.transaction_types, list[models.JournalRunTransactionType]):
        transaction_type(kind, show)
    for label in assert_type(request.organization_labels, list[models.OrganizationLabel]):
        organization_label(label, show)


def entry_update(request: models.UpdateJournalEntryRequest, show: Show = print) -> None:
    show(assert_type(request.transferred_to_accounting, models.TransferredToAccounting | None))
    show(assert_type(request.notes, str | None))
    for item in assert_type(request.journal_entry_items, list[models.JournalEntryItemUpdate]):
        item_update(item, show)


def item_update(item: models.JournalEntryItemUpdate, show: Show = print) -> None:
    show(assert_type(item.accounting_code_name, str))
    show(assert_type(item.accounting_code_type, str | None))
    show(assert_type(item.type_, models.JournalEntryItemType))


def token_request(request: models.TokenRequest, show: Show = print) -> None:
    show(assert_type(request.client_id, str))
    show(assert_type(request.client_secret, str))
    show(assert_type(request.grant_type, models.TokenRequestGrantType))


PRINTERS = (
    journal_run, transaction_type, organization_label, journal_entries_page, journal_entry, segment_of_entry,
    journal_entry_item, creation, common, error, reason_of_error, server_error, token, token_error, creation_request,
    entry_update, item_update, token_request,
)  # fmt: skip
