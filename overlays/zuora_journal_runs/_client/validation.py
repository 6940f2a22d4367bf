"""Parse what callers pass in, before anything is sent."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zuora_journal_runs import errors

if TYPE_CHECKING:
    from zuora_journal_runs_api.models import CreateJournalRunRequest, OrganizationLabel, TransactionType


def creation(
    transaction_types: Iterable[TransactionType | str],
    journal_entry_date: datetime.date | str,
    accounting_period_name: str | None,
    target_start_date: datetime.date | str | None,
    target_end_date: datetime.date | str | None,
    organization_labels: Iterable[Mapping[str, str]],
) -> CreateJournalRunRequest:
    """Return the body of a creation.

    Raises:
        InvalidArgumentError: Zuora would refuse it, as far as is known here.
    """
    from zuora_journal_runs_api.models import CreateJournalRunRequest, JournalRunTransactionType
    from zuora_journal_runs_api.types import UNSET

    if isinstance(transaction_types, str) or not isinstance(transaction_types, Iterable):
        raise errors.InvalidArgumentError(f"transaction_types is {transaction_types!r}: give a list of types")
    types = [parse_transaction_type(name) for name in transaction_types]
    if not types:
        raise errors.InvalidArgumentError("no transaction type: give at least one, such as 'Invoice Item'")
    start = None if target_start_date is None else parse_date("target_start_date", target_start_date)
    end = None if target_end_date is None else parse_date("target_end_date", target_end_date)
    if end is not None and start is None:
        raise errors.InvalidArgumentError("target_end_date without target_start_date: give both")
    if not isinstance(accounting_period_name, str | None):
        raise errors.InvalidArgumentError(
            f"accounting_period_name is {accounting_period_name!r}: give a string such as 'Oct-2026'"
        )
    if not accounting_period_name and (start is None or end is None):
        raise errors.InvalidArgumentError(
            "no period: give accounting_period_name, or target_start_date and target_end_date"
        )
    if start is not None and end is not None and end < start:
        raise errors.InvalidArgumentError(f"target_end_date {end} is before target_start_date {start}")
    return CreateJournalRunRequest(
        transaction_types=[JournalRunTransactionType(type_=type_) for type_ in types],
        journal_entry_date=parse_date("journal_entry_date", journal_entry_date),
        accounting_period_name=accounting_period_name or UNSET,
        target_start_date=UNSET if start is None else start,
        target_end_date=UNSET if end is None else end,
        organization_labels=_parse_labels(organization_labels) or UNSET,
    )


def _parse_labels(labels: Iterable[Mapping[str, str]]) -> list[OrganizationLabel]:
    """Return the labels of organisations.

    Raises:
        InvalidArgumentError: They are not mappings with an id or a name.
    """
    from zuora_journal_runs_api.errors import InvalidResponseError
    from zuora_journal_runs_api.models import OrganizationLabel

    try:
        return [OrganizationLabel.from_dict(label) for label in labels]
    except (InvalidResponseError, TypeError):
        raise errors.InvalidArgumentError(
            f"organization_labels is {labels!r}: give a list of mappings, such as [{{'organizationId': '...'}}]"
        ) from None


def parse_transaction_type(name: TransactionType | str) -> TransactionType:
    """Return the transaction type of this name; for one that is not in the contract, pass `TransactionType("...")`.

    Raises:
        InvalidArgumentError: No type has this name.
    """
    from zuora_journal_runs_api.models import TransactionType

    if isinstance(name, TransactionType) or name in TransactionType.__members__.values():
        return TransactionType.of(name)
    import difflib  # takes a while to import, and only an error needs it

    near = difflib.get_close_matches(str(name), [str(known) for known in TransactionType], n=3)
    hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "; see TransactionType for all of them"
    raise errors.InvalidArgumentError(f"{name!r} is not a transaction type{hint}")


def parse_date(name: str, value: datetime.date | str) -> datetime.date:
    """Return a date that is given as one or as text.

    Args:
        name: The name of the argument.
        value: The date.

    Raises:
        InvalidArgumentError: The value is not a valid date.
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        if len(value) == len("2026-04-30"):
            return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise errors.InvalidArgumentError(f"{name} is {value!r}, which is not a date: write it as 2026-04-30")
