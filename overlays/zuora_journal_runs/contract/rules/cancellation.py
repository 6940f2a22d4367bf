"""Cancellations and deletions, step by step, as users do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import Skipped, expect
from zuora_journal_runs.contract.rule import RuleGroup
from zuora_journal_runs.contract.run_model import BLOCKING, GONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.contract.harness import Harness
    from zuora_journal_runs.contract.run_model import RunModel

rules: RuleGroup = RuleGroup("cancellation")

CANCEL = "Zuora, Cancel a journal run, 2026-02-20"
DELETE = "Zuora, Delete a journal run"
KC = "Zuora Knowledge Center, Journal Runs"


def cancelling(harness: Harness) -> RunModel:
    """A run whose cancellation was just accepted."""
    model = harness.at("Completed")
    cancel(harness, model)
    return model


def cancel(harness: Harness, model: RunModel) -> None:
    """Have the cancellation of a run accepted."""
    harness.read(model)
    status = harness.cancel(model)
    expect(status == 200, f"{model.number} is Completed, and its cancellation got the status {status}")


def deleting(harness: Harness) -> RunModel:
    """A run whose deletion was just accepted."""
    model = harness.at("Cancelled")
    harness.read(model)
    status = harness.delete(model)
    expect(status == 200, f"{model.number} is Cancelled, and its deletion got the status {status}")
    return model


def at_once(
    harness: Harness, begin: Callable[[], RunModel], status: str, act: Callable[[RunModel], int], wanted: int
) -> None:
    """Do something to a run that has just got a status, which it is known to show in more than one poll.

    Whether time has passed between the look and what is done after it cannot be seen from outside; so it counts only if
    it comes out wrong twice.
    """
    watched = begin()
    polls = sum(seen == status for seen in harness.watch(watched))
    harness.settle(watched)
    if polls < 2:
        raise Skipped(f"runs are not {status} for long enough to be seen twice")
    said = []
    for _ in range(2):
        model = begin()
        next((seen for seen in harness.watch(model) if seen == status), None)
        said.append(act(model))
        harness.settle(model)
        if said[-1] == wanted:
            return
    expect(wanted in said, f"a run that is {status} got {said[-1]} twice, not {wanted}")


@rules.rule(CANCEL, writes=True)
def a_whole_life(harness: Harness) -> None:
    """A run is created, cancelled and deleted, and each step is refused before its time and after it."""
    model = harness.create()
    harness.delete(model)
    expect(harness.settle(model) == "Completed", f"{model.number} did not complete")
    harness.delete(model)
    harness.read(model)
    harness.cancel(model)
    expect(harness.settle(model) == "Cancelled", f"{model.number} is not Cancelled, and nothing blocked it")
    harness.read(model)
    harness.cancel(model)
    harness.read(model)
    harness.delete(model)
    harness.delete(model)
    harness.cancel(model)
    expect(harness.settle(model) == GONE, f"{model.number} is not gone")
    harness.read(model)
    harness.cancel(model)
    harness.delete(model)
    harness.read(model)


@rules.rule(CANCEL, writes=True)
def completed_runs_can_be_cancelled(harness: Harness) -> None:
    """A `Completed` run can be cancelled; then all of its entries are, and it stays so however often it is read."""
    model = cancelling(harness)
    harness.settle(model)
    for _ in range(harness.examples):
        harness.retrieve(model)
    count = len(model.entries or {})
    left = {number: (model.entries or {})[number]["status"] for number in model.remaining}
    expect(not left, f"{model.number} is cancelled, and of its {count} entries these are not: {left}")


@rules.rule(CANCEL, writes=True)
def other_runs_stay_as_they_are(harness: Harness) -> None:
    """A cancellation or deletion affects one run and no other."""
    runs = [harness.create(harness.creation(**harness.own_day())) for _ in range(3)]
    for model in runs:
        harness.settle(model)
    before, model, after = runs
    harness.cancel(model)
    harness.settle(model)
    harness.delete(model)
    harness.settle(model)
    for each in (before, after):
        harness.read(each)


@rules.rule(DELETE, writes=True)
def cancelled_runs_can_be_deleted(harness: Harness) -> None:
    """A `Cancelled` run can be deleted, and is not found any more."""
    harness.settle(deleting(harness))


@rules.rule(CANCEL, writes=True)
def pending_runs_can_be_cancelled(harness: Harness) -> None:
    """A `Pending` run can be cancelled."""
    at_once(harness, harness.create, "Pending", harness.cancel, 200)


@rules.rule(CANCEL, writes=True)
def runs_in_processing_are_not_cancelled(harness: Harness) -> None:
    """A run that is `Processing` cannot be cancelled."""
    at_once(harness, harness.create, "Processing", harness.cancel, 409)


@rules.rule(CANCEL, writes=True)
def nothing_is_cancelled_twice(harness: Harness) -> None:
    """A run that is `CancelInprogress` cannot be cancelled again."""
    at_once(harness, lambda: cancelling(harness), "CancelInprogress", harness.cancel, 409)


@rules.rule(DELETE, writes=True)
def nothing_is_deleted_while_it_is_cancelled(harness: Harness) -> None:
    """A run that is `CancelInprogress` cannot be deleted."""
    at_once(harness, lambda: cancelling(harness), "CancelInprogress", harness.delete, 409)


@rules.rule(KC, writes=True)
def nothing_is_deleted_twice(harness: Harness) -> None:
    """A run that is `DeleteInprogress` can be neither deleted again nor cancelled."""
    for act in (harness.delete, harness.cancel):
        at_once(harness, lambda: deleting(harness), "DeleteInprogress", act, 409)


@rules.rule(CANCEL, writes=True)
def transferred_entries_stay(harness: Harness) -> None:
    """An entry that was transferred to accounting stays, the others are cancelled, and the run is `Completed`."""
    model, first = with_transfer(harness)
    status = harness.cancel(model)
    expect(status == 200, f"{model.number} is Completed, and its cancellation got the status {status}")
    rest = harness.settle(model)
    expect(rest == "Completed", f"{model.number} is {rest}, though an entry was transferred")
    left = model.remaining
    expect(left == [first], f"{first} was transferred, and these entries of {model.number} stay: {left}")
    status = harness.delete(model)
    expect(status == 409, f"{model.number} has an entry that stays, and its deletion got the status {status}")
    harness.read(model)


@rules.rule(CANCEL, writes=True)
def entries_may_be_transferred_meanwhile(harness: Harness) -> None:
    """Entries may be transferred during a cancellation: each is cancelled or stays, and does not change again."""
    model = harness.create(harness.creation(**harness.own_day()))
    harness.settle(model)
    cancel(harness, model)
    harness.read(model)
    waiting = model.remaining
    if not waiting:
        raise Skipped(f"{model.number} is cancelled too quickly for anything to happen meanwhile")
    harness.update(model, waiting[-1], transferredToAccounting="Yes")
    rest = harness.settle(model)
    entry = (model.entries or {})[waiting[-1]]
    blocked = entry.get("transferredToAccounting") in BLOCKING
    expect(rest == ("Completed" if blocked else "Cancelled"), f"{model.number} is {rest}, and {waiting[-1]} is {entry}")


def with_transfer(harness: Harness) -> tuple[RunModel, str]:
    """Return a completed run, and the number of its one entry that was transferred."""
    types = [{"type": "Invoice Item"}, {"type": "Taxation Item"}]
    model = harness.create(harness.creation(**harness.own_day(), transactionTypes=types))
    harness.settle(model)
    if not model.entries:
        raise Skipped(f"{model.number} has no entries")
    first = next(iter(model.entries))
    harness.update(model, first, transferredToAccounting="Yes")
    harness.read(model)
    return model, first
