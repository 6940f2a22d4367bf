"""The story of a cancellation, told on the emulator: what waits moves the emulator's clock, and takes no time."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs import CancellationResult, Ending, errors
from zuora_journal_runs.emulator import (
    HELD,
    PERMISSIONS,
    Clock,
    Emulator,
    Pacing,
    ResourceNotFoundError,
    RunStatus,
    SeedRun,
    Settings,
    Transfer,
)

from .emulated import asynchronously, synchronously
from .world import expected, summary

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = "JR-00000075"
LONG = 1e6
"""Seconds: on one clock the waits of all runs add up."""
FAULTS = ("status-503", "reset-after", "html-502", "truncated", "false-61", "reset")
SLOW = Pacing.parse("seconds:30")


@pytest.fixture(params=["sync", "async"])
def use(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Does something with a client of an emulator, of either kind."""

    return synchronously if request.param == "sync" else asynchronously


def emulating(run: SeedRun | None = None, *, shown: bool = True, **settings: Any) -> Emulator:
    """An emulator with one run, whose clock only moves when somebody waits."""
    seed = [] if run is None else [run]
    return Emulator(
        seed=seed,
        random=Random(2),
        clock=Clock(running=False),
        settings=Settings(show_cancel_in_progress=shown, **settings),
    )


def ten(**fields: Any) -> SeedRun:
    return SeedRun(number=RUN, **{"entries": 10, "pacing": SLOW, **fields})


def cancelled(client: Any) -> Any:
    return client.cancel_and_wait(RUN, timeout=LONG)


@pytest.mark.parametrize("shown", [True, False], ids=["CancelInprogress is shown", "it is not shown"])
def test_the_documented_story(use: Callable[..., Any], shown: bool) -> None:
    seen: list[str] = []
    emulator = emulating(ten(transfers={7: Transfer.YES}), shown=shown)
    outcome = use(
        emulator,
        lambda client: client.cancel_and_wait(RUN, timeout=LONG, on_progress=lambda look: seen.append(look.run.status)),
    )
    assert not outcome.complete
    assert [blocked.number for blocked in outcome.blocked] == [emulator.entry_numbers(RUN)[6]]
    assert (len(outcome.cancelled), outcome.run.status) == (9, "Completed")
    assert set(seen) == {"CancelInprogress", "Completed"} if shown else {"Completed"}
    # Nine entries take nine times thirty seconds.
    assert 3 <= len(seen) <= 40


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    "run",
    [
        ten(),
        ten(status=RunStatus.PENDING, entries=0),
        ten(status=RunStatus.ERROR, entries=0),
        ten(status=RunStatus.ERROR, entries=3),
        ten(entries=1000, pacing=Pacing.parse("seconds:30/4")),
    ],
    ids=["Completed", "Pending", "Error", "Error with entries", "many pages"],
)
def test_a_run_that_can_be_cancelled_whole(use: Callable[..., Any], run: SeedRun, shown: bool) -> None:
    emulator = emulating(run, shown=shown)
    outcome = use(emulator, cancelled)
    assert outcome.complete
    assert len(outcome.cancelled) == run.entries


@pytest.mark.parametrize("ends", [Transfer.NO, Transfer.YES])
@pytest.mark.parametrize("shown", [True, False])
def test_a_transfer_that_ends_while_the_cancellation_is_in_progress(
    use: Callable[..., Any], ends: Transfer, shown: bool
) -> None:
    emulator = emulating(ten(transfers={10: Transfer.PROCESSING}), shown=shown)
    entry = emulator.entry_numbers(RUN)[9]
    looks = 0

    def ends_at_the_second_look(_: object) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            emulator.mark_transferred(entry, ends)

    outcome = use(
        emulator, lambda client: client.cancel_and_wait(RUN, timeout=LONG, on_progress=ends_at_the_second_look)
    )
    assert outcome.complete == (ends is Transfer.NO)
    assert [blocked.number for blocked in outcome.blocked] == ([] if ends is Transfer.NO else [entry])


def test_a_transfer_that_is_in_progress_at_the_end_is_reported_to_be(use: Callable[..., Any]) -> None:
    emulator = emulating(ten(transfers={4: Transfer.PROCESSING}))
    outcome = use(emulator, cancelled)
    assert [entry.number for entry in outcome.unsettled] == [emulator.entry_numbers(RUN)[3]]
    # Its transfer fails, and the run can be cancelled for good.
    emulator.mark_transferred(emulator.entry_numbers(RUN)[3], Transfer.ERROR)
    assert use(emulator, cancelled).complete


def test_changes_on_the_last_page_alone_are_seen(use: Callable[..., Any]) -> None:
    """Nothing on the first page changes: its entries cannot be cancelled."""
    blocked = dict.fromkeys(range(1, 301), Transfer.YES)
    emulator = emulating(ten(entries=310, transfers=blocked), shown=False)
    outcome = use(emulator, cancelled)
    assert (len(outcome.cancelled), len(outcome.blocked)) == (10, 300)


def test_somebody_else_cancels_and_deletes_meanwhile(use: Callable[..., Any]) -> None:
    emulator = emulating(ten(pacing=Pacing.parse("seconds:1")))

    def deletes(_: object) -> None:
        emulator.release(RUN)
        with emulator.client() as another:
            another.delete(RUN)
        emulator.release(RUN)

    outcome = use(emulator, lambda client: client.cancel_and_wait(RUN, timeout=LONG, on_progress=deletes))
    assert outcome.deleted
    # Nobody saw it Cancelled, and another entity's sign-in would look the same.
    assert not outcome.complete
    assert "never seen Cancelled" in outcome.discrepancies[0]
    with pytest.raises(ResourceNotFoundError):
        emulator.run(RUN)


def test_a_cancellation_of_somebody_elses_is_waited_for(use: Callable[..., Any]) -> None:
    emulator = emulating(ten(transfers={1: Transfer.YES}))
    with emulator.client() as another:
        another.cancel(RUN)
    with pytest.raises(errors.RuleViolationError):
        use(emulator, lambda client: client.cancel(RUN))
    assert len(use(emulator, lambda client: client.wait_for_cancellation(RUN, timeout=LONG)).blocked) == 1


def test_a_process_that_died_goes_on_with_the_number_alone(use: Callable[..., Any]) -> None:
    emulator = emulating(ten(transfers={2: Transfer.YES}))
    use(emulator, lambda client: client.cancel(RUN))
    for _ in range(2):
        with pytest.raises(errors.CancellationTimeoutError):
            use(emulator, lambda client: client.wait_for_cancellation(RUN, timeout=45))
    outcome = use(emulator, lambda client: client.wait_for_cancellation(RUN, timeout=LONG))
    assert (len(outcome.cancelled), len(outcome.blocked)) == (9, 1)


@pytest.mark.parametrize("ending", [Ending.COMPLETED, Ending.ERROR, Ending.CANCELLED, Ending.DELETED])
def test_how_a_created_run_ends(use: Callable[..., Any], ending: Ending) -> None:
    emulator = emulating()
    if ending is Ending.ERROR:
        emulator.end_next_run(RunStatus.ERROR)
    number = use(
        emulator, lambda client: client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026")
    ).journal_run_number
    looks = 0

    def meanwhile(_: object) -> None:
        nonlocal looks
        looks += 1
        if looks > 1 or ending in (Ending.COMPLETED, Ending.ERROR):
            return
        with emulator.client() as another:
            another.cancel(number)
            emulator.release(number)
            if ending is Ending.DELETED:
                another.delete(number)
                emulator.release(number)

    outcome = use(emulator, lambda client: client.wait_for_completion(number, timeout=LONG, on_poll=meanwhile))
    assert outcome.ending is ending


def test_deleting(use: Callable[..., Any]) -> None:
    emulator = emulating(ten())
    with pytest.raises(errors.RunStatusError, match="Completed"):
        use(emulator, lambda client: client.delete(RUN))
    assert [request.method for request in emulator.requests if "journal-runs" in request.path] == ["GET"]
    use(emulator, cancelled)
    deletion = use(emulator, lambda client: client.delete(RUN, wait=True, timeout=LONG))
    assert deletion.gone
    with pytest.raises(errors.NotFoundError):
        use(emulator, lambda client: client.delete(RUN))


def test_bad_input_is_named(use: Callable[..., Any]) -> None:
    emulator = emulating(ten(status=RunStatus.PROCESSING, pacing=HELD))
    with pytest.raises(errors.RuleViolationError, match="Processing"):
        use(emulator, cancelled)
    with pytest.raises(errors.NotFoundError, match="JR-00000099"):
        use(emulator, lambda client: client.cancel("JR-00000099"))
    with pytest.raises(errors.InvalidArgumentError, match="JR-7"):
        use(emulator, lambda client: client.cancel("JR-7"))
    for timeout in (0, -1):
        with pytest.raises(errors.InvalidArgumentError, match="timeout"):
            use(emulator, lambda client, timeout=timeout: client.cancel_and_wait(RUN, timeout=timeout))
    client_id, client_secret = emulator.add_user(PERMISSIONS - {"Cancel Journal Run"})
    with pytest.raises(errors.PermissionDeniedError):
        use(emulator, cancelled, client_id=client_id, client_secret=client_secret)
    assert emulator.run(RUN).status is RunStatus.PROCESSING


def test_five_hundred_runs_each_end_as_they_should(use: Callable[..., Any]) -> None:
    """Every tenth has an entry that stays, every fiftieth is not there, and one call in eight meets a fault."""
    emulator = emulating()
    emulator.add_runs(
        SeedRun(
            number=f"JR-{number:08}",
            entries=2,
            transfers={2: Transfer.YES} if number % 10 == 0 else {},
            pacing=Pacing.parse("polls:2/1"),
        )
        for number in range(1, 501)
        if number % 50
    )
    for seed, what in enumerate(FAULTS):
        emulator.add_fault(f"any:2%@{seed}:{what}")

    numbers = [f"JR-{number:08}" for number in range(1, 501)]
    seen: list[CancellationResult] = []
    results = use(
        emulator,
        lambda client: client.cancel_many(numbers, timeout=LONG, stall_after=None, on_result=seen.append),
        deadline=LONG,
    )
    assert sorted(seen, key=lambda result: result.number) == results
    befallen = {fault for request in emulator.requests for fault in request.faults}
    assert befallen == set(FAULTS)
    assert [result.number for result in results] == numbers
    assert [summary(result) for result in results] == [expected(number) for number in range(1, 501)]
