"""Creations: periods and dates, one at a time, and each key once."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.checks import Skipped, expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from zuora_journal_runs.contract.harness import Harness

rules: RuleGroup = RuleGroup("creation")

CREATE = "Zuora, Create a journal run, 2026-04-10"
DOCS = "Zuora documentation, Create a journal run"
KEYS = "Zuora, Idempotent requests"
NO_DATES = {"targetStartDate": None, "targetEndDate": None}
REVENUE = {"transactionTypes": [{"type": "Revenue Event Item"}]}


def period_of(harness: Harness) -> str:
    """The name of the accounting period that the dates are of."""
    name = harness.learn_period()
    if name is None:
        raise Skipped("no entry has the name of the accounting period")
    return name


def tried(harness: Harness, what: str, status: int, **fields: Any) -> None:
    """Create a run, or be refused; require the judged status."""
    harness.quiet()
    response = harness.call("createJournalRun", body=harness.creation(**fields))
    expect(response.status == status, f"a creation with {what} got the status {response.status}, not {status}")


def shifted(day: str, by: int) -> str:
    """Return the date a number of days later."""
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


@rules.rule(CREATE, writes=True)
def a_run_is_what_was_asked_for(harness: Harness) -> None:
    """A run has the dates and types that it was created with, starts as `Pending`, and ends."""
    for types in (
        ["Invoice Item"],
        ["Invoice Item", "Taxation Item", "Electronic Payment"],
        ["Credit Memo Item (Tax)"],
    ):
        model = harness.create(harness.creation(transactionTypes=[{"type": each} for each in types]))
        harness.read(model)
        harness.settle(model)


@rules.rule(CREATE, writes=True)
def a_period_or_dates_are_needed(harness: Harness) -> None:
    """A creation names an accounting period, or both dates."""
    tried(harness, "neither period nor dates", 400, **NO_DATES)
    tried(harness, "no end date", 400, targetEndDate=None)
    tried(harness, "no start date", 400, targetStartDate=None)
    tried(harness, "a period that there is not", 400, **NO_DATES, accountingPeriodName="Oct-1926")


@rules.rule(DOCS, writes=True)
def dates_lie_within_one_period(harness: Harness) -> None:
    """The end date is not before the start date, and both lie in one accounting period."""
    start, end = harness.existing["targetStartDate"], harness.existing["targetEndDate"]
    tried(harness, "dates the other way round", 400, targetStartDate=end, targetEndDate=start)
    tried(harness, "dates of two periods", 400, targetStartDate=shifted(start, -1))
    tried(harness, "dates of two periods", 400, targetEndDate=shifted(end, 1))
    tried(harness, "one date", 200, targetStartDate=end)


@rules.rule(DOCS, writes=True)
def a_period_and_dates_agree(harness: Harness) -> None:
    """A period is accepted alone or with its own dates, and with no others."""
    start, period = harness.existing["targetStartDate"], period_of(harness)
    tried(harness, "a period", 200, **NO_DATES, accountingPeriodName=period)
    tried(harness, "a period and its dates", 200, accountingPeriodName=period)
    tried(harness, "a period and other dates", 400, accountingPeriodName=period, targetStartDate=shifted(start, 1))
    tried(harness, "a period and an end date", 400, accountingPeriodName=period, targetStartDate=None)


@rules.rule(DOCS, writes=True)
def revenue_events_need_a_period(harness: Harness) -> None:
    """A run over revenue event items names its accounting period."""
    tried(harness, "revenue event items and dates", 409, **REVENUE)
    tried(
        harness, "revenue event items and a period", 200, **NO_DATES, **REVENUE, accountingPeriodName=period_of(harness)
    )


@rules.rule("Zuora, API reference: character sets", writes=True)
def text_is_within_the_basic_plane(harness: Harness) -> None:
    """Text with a character of four bytes is refused, and other text is not."""
    tried(harness, "an abacus in its text", 400, note="\N{ABACUS}")
    tried(harness, "an accent in its text", 200, note="\xe9\u4e2d")


@rules.rule(CREATE, writes=True)
def every_documented_type_can_be_named(harness: Harness) -> None:
    """A run may have any of the tenant's transaction types."""
    types = harness.document["components"]["schemas"]["TransactionType"]["enum"]
    period = {**NO_DATES, "accountingPeriodName": period_of(harness)}
    model = harness.create(harness.creation(**period, transactionTypes=[{"type": each} for each in types]))
    harness.settle(model)


@rules.rule(CREATE, writes=True)
def a_body_may_be_compressed(harness: Harness) -> None:
    """A gzip-compressed body with `Content-Encoding: gzip` is accepted."""
    harness.quiet()
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    zipped = gzip.compress(json.dumps(harness.creation()).encode(), mtime=0)
    response = harness.call("createJournalRun", headers=headers, data=zipped)
    expect(response.status == 200, f"a compressed creation got the status {response.status}, not 200")
    model = harness.at("Completed")
    response = harness.call("cancelJournalRun", model.number, headers=headers, data=gzip.compress(b"{}", mtime=0))
    model.cancelled(response.status)
    expect(response.status == 200, f"a compressed cancellation got the status {response.status}, not 200")


@rules.rule(DOCS, writes=True)
def one_run_at_a_time(harness: Harness) -> None:
    """While a run is `Pending` no other is created."""
    model = harness.create()
    response = harness.call("createJournalRun", body=harness.creation())
    if response.status == 200:
        expect(model.may_be("Completed", "Error"), f"{model.number} is pending, and another run was created")
        status = harness.read(model)
        if status in ("Pending", "Processing"):
            harness.observe("one-run-at-a-time", "no")
        expect(status != "Pending", f"{model.number} is still {status}, and another run was created")
    else:
        harness.observe("one-run-at-a-time", "yes")
        code = str((response.data.get("reasons") or [{}])[0].get("code"))
        harness.observe("code-of-a-second-run", code)
        expect(response.status == 409, f"a second creation got the status {response.status}, not 409")
    harness.quiet()


@rules.rule(KEYS, writes=True)
def a_key_creates_once(harness: Harness) -> None:
    """A creation repeated with its key gets the same response and creates no second run; another key does."""
    key = {"Idempotency-Key": harness.new_key()}
    model = harness.create(headers=key)
    again = harness.call("createJournalRun", body=harness.creation(), headers=key)
    number = again.data.get("journalRunNumber")
    expect(again.status == 200, f"the repeated creation of {model.number} got the status {again.status}")
    expect(number == model.number, f"the key that created {model.number} created {number} when it was repeated")
    harness.settle(model)
    later = harness.call("createJournalRun", body=harness.creation(), headers=key)
    expect(later.data.get("journalRunNumber") == model.number, f"the key of {model.number} created another run later")
    # A run that the repetition made without saying so would keep this one from being created.
    other = harness.create(headers={"Idempotency-Key": harness.new_key()})
    expect(other is not model, f"another key created {model.number} again")


@rules.rule(KEYS, writes=True)
def a_failure_is_kept_for_its_key_too(harness: Harness) -> None:
    """A refused creation repeated with its key gets the same refusal."""
    key = {"Idempotency-Key": harness.new_key()}
    wrong = harness.creation(transactionTypes=None)
    first, again = (harness.call("createJournalRun", body=wrong, headers=key) for _ in range(2))
    expect(first.data == again.data, "a refused creation repeated with its key got another refusal")


@rules.rule(CREATE, writes=True)
def keys_have_a_length(harness: Harness) -> None:
    """A key has 1 to 255 characters."""
    harness.create(headers={"Idempotency-Key": (harness.new_key() * 8)[:255]})
    harness.quiet()
    response = harness.call("createJournalRun", body=harness.creation(), headers={"Idempotency-Key": "k" * 256})
    expect(response.status == 400, f"a key of 256 characters got the status {response.status}, not 400")


@rules.rule(KEYS, writes=True)
def only_creations_have_keys(harness: Harness) -> None:
    """A key is refused with any method but POST."""
    headers = {"Idempotency-Key": harness.new_key()}
    model = harness.at("Cancelled")
    for operation in ("getJournalRun", "listJournalEntriesOfJournalRun", "deleteJournalRun"):
        response = harness.call(operation, model.number, headers=headers)
        expect(response.status == 400, f"{operation} with a key got the status {response.status}, not 400")
    harness.read(model)
