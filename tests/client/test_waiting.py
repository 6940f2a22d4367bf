"""Waiting for what a cancellation did, and for a run to end."""

from __future__ import annotations

import contextlib
import json
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import Backoff, CancellationOutcome, Ending, JournalRunsClient, Polling, errors

from .world import URL, FakeClock, Script, answer, refusal, run

if TYPE_CHECKING:
    from tests.fuzzing import Effort

    from .world import Kind

GONE = refusal("50000040", "Cannot find entity by key: 'JR-00000075'.")


def page(*entries: tuple[str, str]) -> httpx.Response:
    items = [
        {"number": f"JE-{number}", "status": status, "transferredToAccounting": transferred}
        for number, (status, transferred) in enumerate(entries)
    ]
    return answer(body={"success": True, "journalEntries": items})


def wait(client: Any) -> Any:
    return client.wait_for_cancellation("JR-00000075")


OPEN, CANCELLED = ("Created", "No"), ("Cancelled", "No")
TRANSFERRED, TRANSFERRING = ("Created", "Yes"), ("Created", "Processing")


def test_a_cancelled_run(kind: Kind) -> None:
    outcome = kind.use(Script(run("Cancelled"), page(CANCELLED, CANCELLED)), wait)
    assert outcome.complete
    assert (len(outcome.cancelled), outcome.remaining, outcome.blocked, outcome.unsettled) == (2, [], [], [])


def test_the_documented_story(kind: Kind) -> None:
    seen: list[tuple[str, bool]] = []
    entries = page(*[CANCELLED] * 9, TRANSFERRED)
    script = Script(answer(), run("CancelInprogress"), run("Completed"), entries, run("Completed"))
    outcome: CancellationOutcome = kind.use(
        script,
        lambda client: client.cancel_and_wait(
            "JR-00000075",
            on_progress=lambda progress: seen.append((str(progress.run.status), progress.entries is None)),
        ),
    )
    assert not outcome.complete
    assert (len(outcome.cancelled), len(outcome.remaining)) == (9, 1)
    assert [(blocked.number, blocked.reason) for blocked in outcome.blocked] == [
        ("JE-9", "it was transferred to accounting")
    ]
    assert outcome.run.status == "Completed"
    assert seen == [("CancelInprogress", True)]


def test_an_entry_that_is_being_transferred_may_yet_change(kind: Kind) -> None:
    outcome = kind.use(Script(run(), page(CANCELLED, TRANSFERRING), run()), wait)
    assert [entry.number for entry in outcome.unsettled] == ["JE-1"]
    assert "wait" in outcome.blocked[0].advice


def test_a_cancellation_that_has_not_begun_is_not_settled(kind: Kind) -> None:
    script = Script(run(), page(OPEN, TRANSFERRED), run("Cancelled"), page(CANCELLED, CANCELLED))
    assert kind.use(script, wait).complete


def test_a_run_whose_entries_are_all_cancelled_has_yet_to_follow(kind: Kind) -> None:
    script = Script(run(), page(CANCELLED), run("Cancelled"), page(CANCELLED))
    assert kind.use(script, wait).complete


@pytest.mark.parametrize("status", ["Pending", "Completed", "Error"])
def test_a_run_without_entries(kind: Kind, status: str) -> None:
    script = Script(*([run(status)] if status == "Pending" else [run(status), page()]), run("Cancelled"), page())
    assert kind.use(script, wait).complete


def test_a_cancellation_that_begins_while_the_entries_are_read(kind: Kind) -> None:
    script = Script(
        run(), page(TRANSFERRED), run("CancelInprogress"), run("CancelInprogress"), run(), page(TRANSFERRED)
    )
    outcome = kind.use(script, wait)
    assert len(script.requests) == 6
    assert not outcome.complete


def test_a_run_that_is_deleted_meanwhile_was_cancelled(kind: Kind) -> None:
    outcome = kind.use(Script(run("CancelInprogress"), GONE), wait)
    assert outcome.deleted
    assert outcome.complete
    assert outcome.run.status == "CancelInprogress"
    assert kind.use(Script(run("DeleteInprogress"), page()), wait).complete


def test_a_run_that_was_never_there(kind: Kind) -> None:
    with pytest.raises(errors.NotFound):
        kind.use(Script(GONE), wait)


def test_a_cancelled_run_with_an_entry_left_is_not_complete(kind: Kind) -> None:
    outcome = kind.use(Script(run("Cancelled"), page(CANCELLED, OPEN)), wait)
    assert not outcome.complete
    assert [entry.number for entry in outcome.remaining] == ["JE-1"]
    assert outcome.blocked == []


def test_the_time_is_up(kind: Kind) -> None:
    clock = FakeClock()
    with pytest.raises(errors.CancellationNotSettled, match="CancelInprogress") as caught:
        kind.use(
            Script(run("CancelInprogress")),
            lambda client: client.wait_for_cancellation("JR-00000075", timeout=100),
            clock=clock,
        )
    assert clock.now == 1100
    assert caught.value.progress is not None
    assert caught.value.run is not None
    assert caught.value.run.status == "CancelInprogress"
    assert caught.value.maybe_processed


def test_the_time_is_up_and_nothing_was_seen(kind: Kind) -> None:
    with pytest.raises(errors.CancellationNotSettled, match="was not seen") as caught:
        kind.use(Script(httpx.ConnectError("refused")), wait)
    assert caught.value.progress is None


def test_a_wait_survives_what_passes(kind: Kind) -> None:
    script = Script(httpx.ReadTimeout("late"), answer(503), run("Cancelled"), page(CANCELLED))
    assert kind.use(script, wait, retry=Backoff(attempts=1)).complete


def test_a_wait_ends_with_what_does_not(kind: Kind) -> None:
    with pytest.raises(errors.PermissionDenied):
        kind.use(Script(run("CancelInprogress"), refusal("50000010")), wait)


def test_a_page_that_told_is_looked_at_first(kind: Kind) -> None:
    """While it still does, the other pages cannot tell more."""

    def pages(*statuses: str) -> list[httpx.Response]:
        return [
            answer(
                body={
                    "success": True,
                    "journalEntries": [{"number": f"JE-{number}", "status": status, "transferredToAccounting": "No"}],
                    **(
                        {"nextPage": f"{URL}/v1/journal-entries/journal-runs/JR-00000075?page={number}"}
                        if number < 4
                        else {}
                    ),
                }
            )
            for number, status in enumerate(statuses, 2)
        ]

    first, second, third = pages("Cancelled", "Cancelled", "Created")
    script = Script(
        run(), first, second, third, run(), third, run("Cancelled"), *pages("Cancelled", "Cancelled", "Cancelled")
    )
    assert kind.use(script, wait).complete
    asked = [request.url.params.get("page") for request in script.requests if "journal-entries" in request.url.path]
    assert asked == ["1", "2", "3", "3", "1", "2", "3"]


def test_intervals_grow_and_vary_and_heed_the_server(kind: Kind) -> None:
    clock = FakeClock()
    script = Script(*[run("CancelInprogress")] * 8, run("Cancelled"), page())
    kind.use(script, wait, clock=clock, polling=Polling(first=1.0, factor=2.0, longest=16.0))
    ceilings = [1, 2, 4, 8, 16, 16, 16, 16]
    assert all(ceiling / 2 <= seconds <= ceiling for seconds, ceiling in zip(clock.waits, ceilings, strict=True))
    assert len(set(clock.waits)) == len(ceilings)

    hinted = httpx.Response(200, headers={"Retry-After": "30"}, content=run("CancelInprogress").content)
    clock = FakeClock()
    kind.use(Script(hinted, run("Cancelled"), page()), wait, clock=clock)
    assert clock.waits == [30.0]


ENDINGS = {
    "Completed": Ending.COMPLETED,
    "Error": Ending.ERROR,
    "CancelInprogress": Ending.CANCELLED,
    "Cancelled": Ending.CANCELLED,
    "DeleteInprogress": Ending.DELETED,
}


@pytest.mark.parametrize("status", ENDINGS)
def test_the_end_of_a_run(kind: Kind, status: str) -> None:
    script = Script(run("Pending"), httpx.ReadTimeout("late"), run("Processing"), run(status))
    seen: list[str] = []
    outcome = kind.use(
        script,
        lambda c: c.wait_for_completion("JR-00000075", on_look=lambda run: seen.append(run.status)),
        retry=Backoff(attempts=1),
    )
    assert seen == ["Pending", "Processing"]
    assert outcome.ending is ENDINGS[status]
    assert outcome.complete == (status == "Completed")
    assert outcome.run.status == status


def test_a_run_that_vanishes_or_never_was(kind: Kind) -> None:
    outcome = kind.use(Script(run("Pending"), GONE), lambda client: client.wait_for_completion("JR-00000075"))
    assert outcome.ending is Ending.DELETED
    for script, expected in ((Script(GONE), errors.NotFound), (Script(refusal("50000010")), errors.PermissionDenied)):
        with pytest.raises(expected):
            kind.use(script, lambda client: client.wait_for_completion("JR-00000075"))


def test_a_run_that_does_not_end(kind: Kind) -> None:
    with pytest.raises(errors.CompletionNotSettled, match="Processing"):
        kind.use(Script(run("Processing")), lambda client: client.wait_for_completion("JR-00000075"))


# Random histories


class History:
    """A run of which time decides what a reader sees: a cancellation that goes entry by entry, while transfers end."""

    def __init__(self, clock: FakeClock, draw: Random, page_size: int) -> None:
        self.clock, self.page_size = clock, page_size
        self.begins = clock.now + draw.choice([0.0, 0.5, 20.0])
        self.shown = draw.random() < 0.5
        self.initially = draw.choice(["Completed", "Completed", "Error", "Pending"])
        count = 0 if self.initially == "Pending" else draw.randrange(9)
        self.transfers = [draw.choice(["No", "No", "Yes", "Processing", "Error", "Ignore"]) for _ in range(count)]
        at = self.begins
        self.reached: list[float] = []
        self.transfer_ends: list[tuple[float, str]] = []
        for _ in range(count):
            at += draw.uniform(0.0, 5.0)
            self.reached.append(at)
            self.transfer_ends.append((draw.uniform(clock.now, at + 20.0), draw.choice(["No", "Error", "Yes"])))
        self.ends = at + draw.uniform(0.0, 3.0)
        stays = not all(self.is_cancelled(index, self.ends) for index in range(count))
        self.deleted_at = None if stays or draw.random() < 0.8 else self.ends + draw.uniform(0.0, 10.0)
        self.began_to_wait = clock.now
        self.looks = self.pages = 0

    def transferred(self, index: int, now: float) -> str:
        first, (ends, last) = self.transfers[index], self.transfer_ends[index]
        return last if first == "Processing" and now >= ends else first

    def is_cancelled(self, index: int, now: float) -> bool:
        reached = self.reached[index]
        return now >= reached and self.transferred(index, reached) not in ("Yes", "Processing")

    def status(self, now: float) -> str | None:
        """What a reader sees; None once somebody has deleted the run."""
        if self.deleted_at is not None and now >= self.deleted_at:
            return "DeleteInprogress" if now < self.deleted_at + 2.0 else None
        if now < self.begins:
            return self.initially
        if now < self.ends:
            return "CancelInprogress" if self.shown else self.initially
        stays = [index for index in range(len(self.reached)) if not self.is_cancelled(index, now)]
        return "Completed" if stays else "Cancelled"

    def passed_over(self) -> bool:
        """Whether an entry that could be cancelled is left over."""
        later = self.clock.now + 10_000
        return any(
            not self.is_cancelled(index, later) and self.transferred(index, later) not in ("Yes", "Processing")
            for index in range(len(self.reached))
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self.clock.now
        self.clock.now += 0.01
        status = self.status(now)
        if status is None:
            return refusal("50000040", "Cannot find entity by key: 'JR-00000075'.")
        if request.url.path.startswith("/v1/journal-runs/"):
            self.looks += 1
            return run(status)
        self.pages += 1
        number = int(request.url.params["page"])
        chosen = list(range(len(self.reached)))[(number - 1) * self.page_size : number * self.page_size]
        body: dict[str, Any] = {
            "success": True,
            "journalEntries": [
                {
                    "number": f"JE-{index}",
                    "status": "Cancelled" if self.is_cancelled(index, now) else "Created",
                    "transferredToAccounting": self.transferred(index, now),
                }
                for index in chosen
            ],
        }
        if number * self.page_size < len(self.reached):
            body["nextPage"] = str(request.url.copy_set_param("page", number + 1))
        return httpx.Response(200, content=json.dumps(body))


HISTORIES = 10_000
CHUNKS = 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_an_outcome_is_final_and_every_final_one_is_reported(chunk: int, effort: Effort) -> None:
    for seed in effort.seeds(range(chunk, HISTORIES, CHUNKS)):
        try:
            follow(Random(seed))
        except BaseException as error:
            error.add_note(f"history {seed}")
            raise


def follow(draw: Random) -> None:
    """Wait for a cancellation with a random history, as one process or as several, one after the other."""
    clock = FakeClock()
    history = History(clock, draw, page_size=draw.randrange(1, 5))
    client = JournalRunsClient(URL, token="t", clock=clock, random=draw, transport=httpx.MockTransport(history))
    for timeout in [draw.uniform(1.0, 40.0) for _ in range(draw.choice([0, 0, 1, 3]))]:
        # This process ends; the next one starts with nothing but the run's number.
        with contextlib.suppress(errors.CancellationNotSettled, errors.NotFound):
            check(history, client.wait_for_cancellation("JR-00000075", timeout=timeout))
            return
    try:
        outcome = client.wait_for_cancellation("JR-00000075", timeout=150)
    except errors.CancellationNotSettled:
        # A transfer ended as No after the cancellation had passed the entry by, and nobody saw it under way: then
        # nothing tells this run from one whose cancellation has not begun.
        assert history.passed_over()
    except errors.NotFound:
        assert history.status(clock.now) is None
    else:
        check(history, outcome)
        assert clock.now <= max(history.ends, history.began_to_wait) + 2 * Polling().longest + 1
    # Few requests: the run's status for each look, one page for most, and all pages seldom.
    assert history.looks <= 60
    assert history.pages <= history.looks + 100


def check(history: History, outcome: CancellationOutcome) -> None:
    """Nothing that was reported changes, however long one waits; but for a transfer that was said to be under way."""
    later = history.clock.now + 10_000
    final = {f"JE-{index}" for index in range(len(history.reached)) if history.is_cancelled(index, later)}
    if outcome.deleted:
        assert history.deleted_at is not None
        assert outcome.complete
        return
    reported = {entry.number for entry in outcome.cancelled}
    assert reported <= final <= reported | {entry.number for entry in outcome.unsettled}
    assert len(outcome.cancelled) + len(outcome.remaining) == len(history.reached)
    if not outcome.unsettled:
        assert outcome.complete == (len(final) == len(history.reached) and history.ends <= history.clock.now)


def test_a_cancellation_that_was_seen_under_way_is_over_when_it_is_not(kind: Kind) -> None:
    """A transfer was under way when the cancellation passed, and has ended as No since."""
    outcome = kind.use(Script(run("CancelInprogress"), run(), page(CANCELLED, OPEN)), wait)
    assert not outcome.complete
    assert [entry.number for entry in outcome.cancellable] == ["JE-1"]
    assert outcome.blocked == []
