"""Cancellations and deletions, step by step, as people do them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.bench import NotTried
from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.item import Rules
from zuora_journal_runs.contract.lifecycle import BLOCKING, GONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.contract.bench import Bench
    from zuora_journal_runs.contract.lifecycle import Life

rules: Rules = Rules("cancellation")

CANCEL = "Zuora, Cancel a journal run, 2026-02-20"
DELETE = "Zuora, Delete a journal run"
KC = "Zuora Knowledge Center, Journal Runs"


def cancelling(bench: Bench) -> Life:
    """A run whose cancellation was just accepted."""
    life = bench.at("Completed")
    bench.look(life)
    status = bench.cancel(life)
    expect(status == 200, f"{life.number} is Completed, and its cancellation was answered with {status}")
    return life


def deleting(bench: Bench) -> Life:
    """A run whose deletion was just accepted."""
    life = bench.at("Cancelled")
    bench.look(life)
    status = bench.delete(life)
    expect(status == 200, f"{life.number} is Cancelled, and its deletion was answered with {status}")
    return life


def at_once(bench: Bench, begin: Callable[[], Life], status: str, act: Callable[[Life], int], wanted: int) -> None:
    """Do something to a run that has just got a status, which it is known to keep for more than one look.

    Whether time has passed between the look and what is done after it cannot be seen from outside; so it counts only if
    it comes out wrong twice.
    """
    watched = begin()
    looks = sum(seen == status for seen in bench.watch(watched))
    bench.settle(watched)
    if looks < 2:
        raise NotTried(f"runs are not {status} for long enough to be seen twice")
    said = []
    for _ in range(2):
        life = begin()
        next((seen for seen in bench.watch(life) if seen == status), None)
        said.append(act(life))
        bench.settle(life)
        if said[-1] == wanted:
            return
    expect(wanted in said, f"a run that is {status} was twice answered with {said[-1]}, not {wanted}")


@rules.rule(CANCEL, writes=True)
def a_whole_life(bench: Bench) -> None:
    """A run is created, cancelled and deleted, and each step is refused before its time and after it."""
    life = bench.create()
    bench.delete(life)
    expect(bench.settle(life) == "Completed", f"{life.number} did not complete")
    bench.delete(life)
    bench.look(life)
    bench.cancel(life)
    expect(bench.settle(life) == "Cancelled", f"{life.number} is not Cancelled, and nothing stood in the way")
    bench.look(life)
    bench.cancel(life)
    bench.look(life)
    bench.delete(life)
    bench.delete(life)
    bench.cancel(life)
    expect(bench.settle(life) == GONE, f"{life.number} is not gone")
    bench.look(life)
    bench.cancel(life)
    bench.delete(life)
    bench.look(life)


@rules.rule(CANCEL, writes=True)
def completed_runs_can_be_cancelled(bench: Bench) -> None:
    """A `Completed` run can be cancelled, and then all of its entries are cancelled."""
    life = cancelling(bench)
    bench.settle(life)
    count = len(life.entries or {})
    left = [number for number, entry in (life.entries or {}).items() if entry["status"] != "Cancelled"]
    expect(not left, f"{life.number} is cancelled, and of its {count} entries these are not: {left}")


@rules.rule(CANCEL, writes=True)
def other_runs_stay_as_they_are(bench: Bench) -> None:
    """A cancellation, and a deletion, is of one run and of no other."""
    runs = [bench.create() for _ in range(3)]
    for life in runs:
        bench.settle(life)
    before, life, after = runs
    bench.cancel(life)
    bench.settle(life)
    bench.delete(life)
    bench.settle(life)
    for each in (before, after):
        bench.look(each)


@rules.rule(DELETE, writes=True)
def cancelled_runs_can_be_deleted(bench: Bench) -> None:
    """A `Cancelled` run can be deleted, and is not found any more."""
    bench.settle(deleting(bench))


@rules.rule(CANCEL, writes=True)
def pending_runs_can_be_cancelled(bench: Bench) -> None:
    """A `Pending` run can be cancelled."""
    at_once(bench, bench.create, "Pending", bench.cancel, 200)


@rules.rule(CANCEL, writes=True)
def runs_in_processing_are_not_cancelled(bench: Bench) -> None:
    """A run that is `Processing` cannot be cancelled."""
    at_once(bench, bench.create, "Processing", bench.cancel, 409)


@rules.rule(CANCEL, writes=True)
def nothing_is_cancelled_twice(bench: Bench) -> None:
    """A run that is `CancelInprogress` cannot be cancelled again."""
    at_once(bench, lambda: cancelling(bench), "CancelInprogress", bench.cancel, 409)


@rules.rule(DELETE, writes=True)
def nothing_is_deleted_while_it_is_cancelled(bench: Bench) -> None:
    """A run that is `CancelInprogress` cannot be deleted."""
    at_once(bench, lambda: cancelling(bench), "CancelInprogress", bench.delete, 409)


@rules.rule(KC, writes=True)
def nothing_is_deleted_twice(bench: Bench) -> None:
    """A run that is `DeleteInprogress` can be neither deleted again nor cancelled."""
    for act in (bench.delete, bench.cancel):
        at_once(bench, lambda: deleting(bench), "DeleteInprogress", act, 409)


@rules.rule(CANCEL, writes=True)
def transferred_entries_stay(bench: Bench) -> None:
    """An entry that was transferred to accounting stays, the others are cancelled, and the run is `Completed`."""
    life, first = with_transfer(bench)
    status = bench.cancel(life)
    expect(status == 200, f"{life.number} is Completed, and its cancellation was answered with {status}")
    rest = bench.settle(life)
    expect(rest == "Completed", f"{life.number} is {rest}, though an entry was transferred")
    left = [number for number, entry in (life.entries or {}).items() if entry["status"] != "Cancelled"]
    expect(left == [first], f"{first} was transferred, and these entries of {life.number} stay: {left}")
    status = bench.delete(life)
    expect(status == 409, f"{life.number} has an entry that stays, and its deletion was answered with {status}")
    bench.look(life)


@rules.rule(CANCEL, writes=True)
def entries_may_be_transferred_meanwhile(bench: Bench) -> None:
    """While a run is cancelled its entries may be transferred: each is cancelled or stays, and stays so."""
    transfer = _transfer(bench)
    life = cancelling(bench)
    bench.look(life)
    waiting = [number for number, entry in (life.entries or {}).items() if entry["status"] != "Cancelled"]
    if not waiting:
        raise NotTried(f"{life.number} is cancelled too quickly for anything to happen meanwhile")
    transfer(waiting[-1])
    rest = bench.settle(life)
    entry = (life.entries or {})[waiting[-1]]
    blocked = entry.get("transferredToAccounting") in BLOCKING
    expect(rest == ("Completed" if blocked else "Cancelled"), f"{life.number} is {rest}, and {waiting[-1]} is {entry}")


def with_transfer(bench: Bench) -> tuple[Life, str]:
    """A completed run, and the number of its one entry that was transferred."""
    transfer = _transfer(bench)
    life = bench.create(bench.creation(transactionTypes=[{"type": "Invoice Item"}, {"type": "Taxation Item"}]))
    bench.settle(life)
    if not life.entries:
        raise NotTried(f"{life.number} has no entries")
    first = next(iter(life.entries))
    transfer(first)
    bench.look(life)
    told = (life.entries or {})[first].get("transferredToAccounting")
    expect(told == "Yes", f"{first} was transferred to accounting, and says {told}")
    return life, first


def _transfer(bench: Bench) -> Callable[[str], object]:
    if bench.transfer is None:
        raise NotTried("it needs a way to have an entry transferred: give one with --transfer")
    return bench.transfer
