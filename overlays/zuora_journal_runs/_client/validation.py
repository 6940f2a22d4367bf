"""Parse what callers pass in, before anything is sent."""

from __future__ import annotations

import datetime
import difflib
from typing import TYPE_CHECKING

from zuora_journal_runs import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zuora_journal_runs_api.models import CreateJournalRunRequest, TransactionType


def creation(
    transaction_types: Iterable[TransactionType | str],
    journal_entry_date: datetime.date | str,
    accounting_period_name: str | None,
    target_start_date: datetime.date | str | None,
    target_end_date: datetime.date | str | None,
    organization_labels: Iterable[Mapping[str, str]],
) -> CreateJournalRunRequest:
    """The body of a creation.

    Raises:
        InvalidArgumentError: Zuora would refuse it, as far as that can be told here.
    """
    from zuora_journal_runs_api.models import (
        CreateJournalRunRequest,
        JournalRunTransactionType,
        OrganizationLabel,
    )
    from zuora_journal_runs_api.types import UNSET

    types = types_of(transaction_types)
    start = None if target_start_date is None else date("target_start_date", target_start_date)
    end = None if target_end_date is None else date("target_end_date", target_end_date)
    if end is not None and start is None:
        raise errors.InvalidArgumentError("target_end_date without target_start_date: give both")
    if not accounting_period_name and (start is None or end is None):
        raise errors.InvalidArgumentError(
            "no period: give accounting_period_name, or target_start_date and target_end_date"
        )
    if start is not None and end is not None and end < start:
        raise errors.InvalidArgumentError(f"target_end_date {end} is before target_start_date {start}")
    labels = [OrganizationLabel.from_dict(label) for label in organization_labels]
    return CreateJournalRunRequest(
        transaction_types=[JournalRunTransactionType(type_=type_) for type_ in types],
        journal_entry_date=date("journal_entry_date", journal_entry_date),
        accounting_period_name=accounting_period_name or UNSET,
        target_start_date=UNSET if start is None else start,
        target_end_date=UNSET if end is None else end,
        organization_labels=labels or UNSET,
    )


def types_of(transaction_types: Iterable[TransactionType | str]) -> list[TransactionType]:
    """Return the transaction types of these names.

    Raises:
        InvalidArgumentError: There is none, or a name is not one of a type.
    """
    if isinstance(transaction_types, str):
        raise errors.InvalidArgumentError(f"transaction_types is the text {transaction_types!r}: give a list of types")
    types = [transaction_type(name) for name in transaction_types]
    if not types:
        raise errors.InvalidArgumentError("no transaction type: give at least one, such as 'Invoice Item'")
    return types


def transaction_type(name: TransactionType | str) -> TransactionType:
    """The transaction type of this name; one that the contract does not name can be given as TransactionType("...").

    Raises:
        InvalidArgumentError: no type has this name.
    """
    from zuora_journal_runs_api.models import TransactionType

    if isinstance(name, TransactionType) or name in TransactionType.__members__.values():
        return TransactionType.of(name)
    near = difflib.get_close_matches(str(name), [str(known) for known in TransactionType], n=3)
    hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "; see TransactionType for all of them"
    raise errors.InvalidArgumentError(f"{name!r} is no transaction type{hint}")


def date(name: str, value: datetime.date | str) -> datetime.date:
    """A date given as one or as text.

    Raises:
        InvalidArgumentError: `value` is not a valid date.
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
    raise errors.InvalidArgumentError(f"{name} is {value!r}, which is no date: write it as 2026-04-30")
