"""Creations: periods and dates, one at a time, and each key once."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.bench import NotTried
from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.item import Rules

if TYPE_CHECKING:
    from zuora_journal_runs.contract.bench import Bench

rules: Rules = Rules("creation")

CREATE = "Zuora, Create a journal run, 2026-04-10"
DOCS = "Zuora documentation, Create a journal run"
KEYS = "Zuora, Idempotent requests"
NO_DATES = {"targetStartDate": None, "targetEndDate": None}
REVENUE = {"transactionTypes": [{"type": "Revenue Event Item"}]}


def period_of(bench: Bench) -> str:
    """The name of the accounting period that the dates are of."""
    name = bench.learn_period()
    if name is None:
        raise NotTried("no entry tells the name of the accounting period")
    return name


def tried(bench: Bench, what: str, status: int, **fields: Any) -> None:
    """Create a run, or be refused; insist on the judged status."""
    bench.quiet()
    answer = bench.call("createJournalRun", body=bench.creation(**fields))
    expect(answer.status == status, f"a creation with {what} was answered with {answer.status}, not {status}")


def shifted(day: str, by: int) -> str:
    """A date so many days later."""
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


@rules.rule(CREATE, writes=True)
def a_run_is_what_was_asked_for(bench: Bench) -> None:
    """A run has the dates and types that it was created with, starts as `Pending`, and ends."""
    for types in (
        ["Invoice Item"],
        ["Invoice Item", "Taxation Item", "Electronic Payment"],
        ["Credit Memo Item (Tax)"],
    ):
        life = bench.create(bench.creation(transactionTypes=[{"type": each} for each in types]))
        bench.look(life)
        bench.settle(life)


@rules.rule(CREATE, writes=True)
def a_period_or_dates_are_needed(bench: Bench) -> None:
    """A creation names an accounting period, or both dates."""
    tried(bench, "neither period nor dates", 400, **NO_DATES)
    tried(bench, "no end date", 400, targetEndDate=None)
    tried(bench, "no start date", 400, targetStartDate=None)
    tried(bench, "a period that there is not", 400, **NO_DATES, accountingPeriodName="Oct-1926")


@rules.rule(DOCS, writes=True)
def dates_lie_within_one_period(bench: Bench) -> None:
    """The end date is not before the start date, and both lie in one accounting period."""
    start, end = bench.existing["targetStartDate"], bench.existing["targetEndDate"]
    tried(bench, "dates the other way round", 400, targetStartDate=end, targetEndDate=start)
    tried(bench, "dates of two periods", 400, targetStartDate=shifted(start, -1))
    tried(bench, "dates of two periods", 400, targetEndDate=shifted(end, 1))
    tried(bench, "one date", 200, targetStartDate=end)


@rules.rule(DOCS, writes=True)
def a_period_and_dates_agree(bench: Bench) -> None:
    """A period is accepted alone or with its own dates, and with no others."""
    start, period = bench.existing["targetStartDate"], period_of(bench)
    tried(bench, "a period", 200, **NO_DATES, accountingPeriodName=period)
    tried(bench, "a period and its dates", 200, accountingPeriodName=period)
    tried(bench, "a period and other dates", 400, accountingPeriodName=period, targetStartDate=shifted(start, 1))
    tried(bench, "a period and an end date", 400, accountingPeriodName=period, targetStartDate=None)


@rules.rule(DOCS, writes=True)
def revenue_events_need_a_period(bench: Bench) -> None:
    """A run over revenue event items names its accounting period."""
    tried(bench, "revenue event items and dates", 409, **REVENUE)
    tried(bench, "revenue event items and a period", 200, **NO_DATES, **REVENUE, accountingPeriodName=period_of(bench))


@rules.rule("Zuora, API reference: character sets", writes=True)
def text_is_within_the_basic_plane(bench: Bench) -> None:
    """Text with a character of four bytes is refused, and other text is not."""
    tried(bench, "an abacus in its text", 400, note="\N{ABACUS}")
    tried(bench, "an accent in its text", 200, note="\xe9\u4e2d")


@rules.rule(CREATE, writes=True)
def every_documented_type_can_be_named(bench: Bench) -> None:
    """A run may take in any of the transaction types that the tenant has."""
    types = bench.document["components"]["schemas"]["TransactionType"]["enum"]
    period = {**NO_DATES, "accountingPeriodName": period_of(bench)}
    life = bench.create(bench.creation(**period, transactionTypes=[{"type": each} for each in types]))
    bench.settle(life)


@rules.rule(CREATE, writes=True)
def a_body_may_be_compressed(bench: Bench) -> None:
    """A body that is compressed with gzip, and says so, is read."""
    bench.quiet()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    zipped = gzip.compress(json.dumps(bench.creation()).encode(), mtime=0)
    answer = bench.call("createJournalRun", headers=headers, data=zipped)
    expect(answer.status == 200, f"a compressed creation was answered with {answer.status}, not 200")
    life = bench.at("Completed")
    answer = bench.call("cancelJournalRun", life.number, headers=headers, data=gzip.compress(b"{}", mtime=0))
    life.cancelled(answer.status)
    expect(answer.status == 200, f"a compressed cancellation was answered with {answer.status}, not 200")


@rules.rule(DOCS, writes=True)
def one_run_at_a_time(bench: Bench) -> None:
    """While a run is `Pending` no other is created."""
    life = bench.create()
    answer = bench.call("createJournalRun", body=bench.creation())
    if answer.status == 200:
        expect(life.may_be("Completed", "Error"), f"{life.number} is pending, and another run was created")
        status = bench.look(life)
        expect(status != "Pending", f"{life.number} is still {status}, and another run was created")
    else:
        expect(answer.status == 409, f"a second creation was answered with {answer.status}, not 409")
    bench.quiet()


@rules.rule(KEYS, writes=True)
def a_key_creates_once(bench: Bench) -> None:
    """A creation that repeats its key has the same answer, and there is one run; another key creates another."""
    key = {"Idempotency-Key": bench.new_key()}
    life = bench.create(headers=key)
    again = bench.call("createJournalRun", body=bench.creation(), headers=key)
    number = again.data.get("journalRunNumber")
    expect(again.status == 200, f"the repeated creation of {life.number} was answered with {again.status}")
    expect(number == life.number, f"the key that created {life.number} created {number} when it was repeated")
    bench.settle(life)
    later = bench.call("createJournalRun", body=bench.creation(), headers=key)
    expect(later.data.get("journalRunNumber") == life.number, f"the key of {life.number} created another run later")
    # A run that the repetition made without saying so would keep this one from being created.
    other = bench.create(headers={"Idempotency-Key": bench.new_key()})
    expect(other is not life, f"another key created {life.number} again")


@rules.rule(KEYS, writes=True)
def a_failure_is_kept_for_its_key_too(bench: Bench) -> None:
    """A refusal that is repeated under its key is the same refusal."""
    key = {"Idempotency-Key": bench.new_key()}
    wrong = bench.creation(transactionTypes=None)
    first, again = (bench.call("createJournalRun", body=wrong, headers=key) for _ in range(2))
    expect(first.data == again.data, "a refusal that was repeated under its key is another one")


@rules.rule(CREATE, writes=True)
def keys_have_a_length(bench: Bench) -> None:
    """A key has 1 to 255 characters."""
    bench.create(headers={"Idempotency-Key": (bench.new_key() * 8)[:255]})
    bench.quiet()
    answer = bench.call("createJournalRun", body=bench.creation(), headers={"Idempotency-Key": "k" * 256})
    expect(answer.status == 400, f"a key of 256 characters was answered with {answer.status}, not 400")


@rules.rule(KEYS, writes=True)
def only_creations_have_keys(bench: Bench) -> None:
    """A key is refused with any method but POST."""
    headers = {"Idempotency-Key": bench.new_key()}
    life = bench.at("Cancelled")
    for operation in ("getJournalRun", "listJournalEntriesOfJournalRun", "deleteJournalRun"):
        answer = bench.call(operation, life.number, headers=headers)
        expect(answer.status == 400, f"{operation} with a key was answered with {answer.status}, not 400")
    bench.look(life)
