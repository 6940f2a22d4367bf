"""Waiting for the outcome of a cancellation, and for a run to end.

What counts as proof is tested in tests/evidence and tests/histories; this is about the waits themselves.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import (
    Backoff,
    CancellationOutcome,
    CancellationProgress,
    Ending,
    JournalRunsClient,
    Polling,
    errors,
    evidence,
)

from .world import URL, Script, answer, refusal, run

if TYPE_CHECKING:
    from .world import Kind

RUN = "JR-00000075"
GONE = refusal("50000040", "Cannot find entity by key: 'JR-00000075'.")
OPEN, CANCELLED = ("Created", "No"), ("Cancelled", "No")
TRANSFERRED, TRANSFERRING = ("Created", "Yes"), ("Created", "Processing")


def page(*entries: tuple[str, str], first: int = 0, next_page: str | None = None) -> httpx.Response:
    items = [
        {"number": f"JE-{number}", "status": status, "transferredToAccounting": transferred}
        for number, (status, transferred) in enumerate(entries, first)
    ]
    body: dict[str, Any] = {"success": True, "journalEntries": items}
    return answer(body=body if next_page is None else {**body, "nextPage": f"{URL}{next_page}"})


class Server:
    """Responses for the run and for its entries, each in turn and the last one for ever."""

    def __init__(
        self, *runs: httpx.Response | Exception, entries: tuple[httpx.Response | Exception, ...] = (page(CANCELLED),)
    ) -> None:
        self.runs, self.entries, self.changes = Script(*runs), Script(*entries), Script(answer())

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            return self.changes(request)
        return self.entries(request) if "journal-entries" in request.url.path else self.runs(request)


def wait(client: Any) -> Any:
    return client.wait_for_cancellation(RUN)


def wait_with(client: Any, **arguments: Any) -> Any:
    return client.wait_for_cancellation(RUN, **arguments)


def numbers(entries: Any) -> list[str]:
    return [entry.number for entry in entries]


def test_a_cancelled_run(kind: Kind) -> None:
    outcome = kind.use(Server(run("Cancelled"), entries=(page(CANCELLED, CANCELLED),)), wait)
    assert outcome.complete
    assert (len(outcome.cancelled), outcome.remaining, outcome.blocked, outcome.unsettled) == (2, [], [], [])
    assert [type(observation) for observation in outcome.observations] == [evidence.RunSeen, evidence.EntriesListed]


def test_the_documented_story(kind: Kind) -> None:
    seen: list[str] = []
    server = Server(run("CancelInprogress"), run("Completed"), entries=(page(*[CANCELLED] * 9, TRANSFERRED),))
    outcome: CancellationOutcome = kind.use(
        server,
        lambda client: client.cancel_and_wait(RUN, on_progress=lambda progress: seen.append(progress.run.status)),
    )
    assert not outcome.complete
    assert (len(outcome.cancelled), len(outcome.remaining)) == (9, 1)
    assert [(blocked.number, blocked.reason) for blocked in outcome.blocked] == [
        ("JE-9", "it was transferred to accounting")
    ]
    assert outcome.run.status == "Completed"
    assert seen == ["CancelInprogress", "Completed"]
    assert "NOT completely cancelled: 9 of 10 entries are cancelled" in outcome.summary()


def test_an_entry_that_is_being_transferred_is_waited_for(kind: Kind) -> None:
    server = Server(
        run(),
        run(),
        run(),
        run("Cancelled"),
        entries=(*[page(CANCELLED, TRANSFERRING)] * 3, page(CANCELLED, CANCELLED)),
    )
    assert kind.use(server, wait).complete


def test_a_cancellation_that_ended_reports_an_entry_that_is_being_transferred(kind: Kind) -> None:
    outcome = kind.use(Server(run("CancelInprogress"), run(), entries=(page(CANCELLED, TRANSFERRING),)), wait)
    assert numbers(outcome.unsettled) == ["JE-1"]
    assert "wait" in outcome.blocked[0].advice
    assert outcome.cancellable == []


def test_a_cancellation_that_was_seen_in_progress_and_has_ended(kind: Kind) -> None:
    """A transfer was in progress when the cancellation passed, and has ended as No since."""
    outcome = kind.use(Server(run("CancelInprogress"), run(), entries=(page(CANCELLED, OPEN),)), wait)
    assert not outcome.complete
    assert numbers(outcome.cancellable) == ["JE-1"]
    assert outcome.blocked == []


@pytest.mark.parametrize("status", ["Pending", "Completed", "Error"])
def test_a_run_without_entries(kind: Kind, status: str) -> None:
    server = Server(run(status), run("Cancelled"), entries=(page(),))
    outcome = kind.use(server, wait)
    assert outcome.complete
    assert outcome.cancelled == []


def test_a_run_that_is_deleted_meanwhile(kind: Kind) -> None:
    """It counts as cancelled only if it was seen so."""
    outcome = kind.use(Server(run("CancelInprogress"), GONE), wait)
    assert (outcome.deleted, outcome.complete) == (True, False)
    assert "never seen Cancelled" in outcome.discrepancies[0]
    assert "its cancellation was not shown" in outcome.summary()
    outcome = kind.use(Server(run("Cancelled"), GONE, entries=(answer(503),)), wait, retry=Backoff(attempts=1))
    assert (outcome.deleted, outcome.complete) == (True, True)
    assert outcome.summary() == f"{RUN} is cancelled and deleted, and so are all of its entries (0)."


def test_a_run_that_was_never_there(kind: Kind) -> None:
    with pytest.raises(errors.NotFoundError):
        kind.use(Server(GONE), wait)


def test_after_an_accepted_request_a_run_that_is_not_found_is_lag(kind: Kind) -> None:
    server = Server(GONE, GONE, GONE, GONE, GONE, GONE, run("Cancelled"))
    assert kind.use(server, lambda client: client.cancel_and_wait(RUN)).complete

    def created(client: Any) -> Any:
        return client.wait_for_completion("JR-00000100")

    server = Server(GONE, GONE, GONE, GONE, GONE, GONE, run("Completed", number="JR-00000100"))
    server.changes = Script(answer(body={"success": True, "journalRunNumber": "JR-00000100"}))

    class Created:
        """Creates, and then waits, with either client."""

        def __init__(self, client: Any) -> None:
            self.client = client

        def sync(self) -> Any:
            new = self.client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026")
            assert new.journal_run_number == "JR-00000100"
            return created(self.client)

        async def async_(self) -> Any:
            new = await self.client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026")
            return await self.client.wait_for_completion(new)

    is_sync = "Async" not in kind.client_class.__name__
    outcome = kind.use(server, lambda client: Created(client).sync() if is_sync else Created(client).async_())
    assert outcome.complete


def test_the_last_1000_creations_are_remembered() -> None:
    """A run that was created before them is one like any other: if it is not found, it is not there."""
    numbers = [f"JR-{number:08}" for number in range(1001)]
    creations = iter(numbers)

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answer(body={"success": True, "journalRunNumber": next(creations)})
        return runs(request)

    with JournalRunsClient(URL, token="a-token", clock=FakeClock(), transport=httpx.MockTransport(handler)) as client:
        for _ in numbers:
            client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026")
        for number in (numbers[1], numbers[-1]):
            runs = Script(GONE, run("Completed", number=number))
            assert client.wait_for_completion(number).complete
        runs = Script(GONE, run("Completed", number=numbers[0]))
        with pytest.raises(errors.NotFoundError):
            client.wait_for_completion(numbers[0])


def test_contradictions_become_discrepancies(kind: Kind) -> None:
    outcome = kind.use(Server(run("Cancelled"), entries=(page(CANCELLED, OPEN),)), wait)
    assert not outcome.complete
    assert numbers(outcome.remaining) == ["JE-1"]
    assert outcome.blocked == []
    assert outcome.discrepancies == ("the run is Cancelled, and entries are listed that are not",)
    assert "Discrepancy: the run is Cancelled" in outcome.summary()


def test_the_deadline(kind: Kind) -> None:
    clock = FakeClock()
    with pytest.raises(errors.CancellationTimeoutError, match=r"not known after 100 s.*CancelInprogress") as caught:
        kind.use(
            Server(run("CancelInprogress"), entries=(page(OPEN, CANCELLED),)),
            lambda client: client.wait_for_cancellation(RUN, timeout=100),
            clock=clock,
        )
    assert clock.now == 1100
    assert caught.value.progress is not None
    assert (caught.value.progress.cancelled, caught.value.progress.total) == (1, 2)
    assert caught.value.run is not None
    assert caught.value.run.status == "CancelInprogress"
    assert caught.value.problem is None
    assert caught.value.observations
    assert caught.value.maybe_processed


def test_the_deadline_passes_and_nothing_was_seen(kind: Kind) -> None:
    with pytest.raises(errors.CancellationTimeoutError, match="was not seen, and the last request failed") as caught:
        kind.use(Server(httpx.ConnectError("refused")), lambda client: client.cancel_and_wait(RUN, timeout=50))
    assert caught.value.progress is None
    assert isinstance(caught.value.problem, errors.RequestNotSentError)
    # Before the run is known to exist, a wait fails as a single call does.
    with pytest.raises(errors.RequestNotSentError):
        kind.use(Server(httpx.ConnectError("refused")), wait)


def test_no_limit_and_stalling(kind: Kind) -> None:
    server = Server(run("CancelInprogress"), entries=(page(OPEN, CANCELLED),))
    clock = FakeClock()
    with pytest.raises(errors.CancellationTimeoutError, match="has stalled: nothing has changed for 600 s"):
        kind.use(server, lambda client: client.wait_for_cancellation(RUN, timeout=None), clock=clock)
    assert 600 <= clock.now - 1000 <= 630

    class Enough(Exception):
        pass

    def stop(progress: CancellationProgress) -> None:
        if progress.seconds > 10_000:
            raise Enough

    with pytest.raises(Enough):
        kind.use(
            Server(run("CancelInprogress"), entries=(page(OPEN, CANCELLED),)),
            lambda c: c.wait_for_cancellation(RUN, timeout=None, stall_after=None, on_progress=stop),
        )


def test_a_wait_survives_what_proves_nothing(kind: Kind) -> None:
    server = Server(
        run("CancelInprogress"),
        httpx.ReadTimeout("late"),
        answer(503),
        answer(403, {"message": "Forbidden by the gateway"}),
        answer(401, {"message": "No"}),
        answer(401, {"message": "No"}),
        run("Cancelled", number="JR-00000076"),
        run("Cancelled"),
        entries=(httpx.ReadTimeout("late"), answer(body=[]), page(CANCELLED, CANCELLED)),
    )
    assert kind.use(server, wait, retry=Backoff(attempts=1)).complete


@pytest.mark.parametrize("code", ["50000010", "50000011", "90000011"])
def test_a_wait_ends_when_zuora_refuses_twice_in_a_row(kind: Kind, code: str) -> None:
    refused = refusal(code)
    with pytest.raises((errors.PermissionDeniedError, errors.AuthenticationError)):
        kind.use(Server(run("CancelInprogress"), refused), wait)
    server = Server(run("CancelInprogress"), refused, run("CancelInprogress"), refused, run("Cancelled"))
    assert kind.use(server, wait).complete


def test_a_wait_ends_when_the_token_endpoint_refuses(kind: Kind) -> None:
    polls = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal polls
        if request.url.path == "/oauth/token":
            if polls == 0:
                return answer(body={"access_token": "t", "token_type": "bearer", "expires_in": 1})
            return answer(400, {"message": "Invalid client id"})
        polls += 1
        return run("CancelInprogress")

    with pytest.raises(errors.TokenError):
        kind.use(handler, wait, client_id="id", client_secret="secret")


def test_exceptions_of_callbacks_reach_the_caller_unchanged(kind: Kind) -> None:
    server = Server(run("CancelInprogress"), run("Cancelled"))
    for mine in (errors.NotFoundError, errors.ResponseLostError, KeyError):
        raised = mine.__new__(mine)

        def stop(_: object, raised: BaseException = raised) -> None:
            raise raised

        with pytest.raises(mine) as caught:
            kind.use(server, partial(wait_with, on_progress=stop))
        assert caught.value is raised
        server = Server(run("CancelInprogress"), run("Cancelled"))


def test_progress(kind: Kind) -> None:
    """Rate and time left are known once two listings differ; while entries cannot decide, they are listed seldom."""
    server = Server(
        *[run("CancelInprogress", totalJournalEntryCount=4)] * 12,
        run("Cancelled"),
        entries=(page(OPEN, OPEN, OPEN, OPEN), page(CANCELLED, CANCELLED, OPEN, OPEN), page(*[CANCELLED] * 4)),
    )
    seen: list[CancellationProgress] = []
    clock = FakeClock()
    kind.use(server, lambda client: client.wait_for_cancellation(RUN, on_progress=seen.append), clock=clock)
    assert (seen[0].cancelled, seen[0].total, seen[0].rate, seen[0].seconds_left) == (0, 4, None, None)
    assert len(server.entries.requests) < len(server.runs.requests) / 2 + 3
    halfway = next(progress for progress in seen if progress.cancelled == 2)
    assert halfway.rate is not None
    assert halfway.seconds_left == pytest.approx(2 / halfway.rate)


def test_listing_a_large_run_takes_half_of_the_time_at_most(kind: Kind) -> None:
    clock = FakeClock()

    def handler(request: httpx.Request) -> httpx.Response:
        if "journal-entries" not in request.url.path:
            return run()
        clock.now += 100.0
        return page(OPEN)

    with pytest.raises(errors.CancellationTimeoutError):
        kind.use(handler, lambda client: client.wait_for_cancellation(RUN, timeout=2000), clock=clock)
    assert all(seconds >= 100 for seconds in clock.waits[:-1])


def test_pages_are_read_to_the_end(kind: Kind) -> None:
    path = f"/v1/journal-entries/journal-runs/{RUN}"
    pages = (page(CANCELLED, next_page=f"{path}?page=2&pageSize=300"), page(CANCELLED, first=1))
    outcome = kind.use(Server(run("Cancelled"), entries=pages), wait)
    assert numbers(outcome.cancelled) == ["JE-0", "JE-1"]
    # The same entry on two pages: what is missing was pushed out.
    twice = (page(CANCELLED, next_page=f"{path}?page=2&pageSize=300"), page(CANCELLED))
    outcome = kind.use(Server(run("Cancelled"), entries=(*twice, *pages)), wait)
    assert numbers(outcome.cancelled) == ["JE-0", "JE-1"]


def test_intervals_grow_and_vary_and_heed_the_server(kind: Kind) -> None:
    clock = FakeClock()
    server = Server(*[run("CancelInprogress")] * 8, run("Cancelled"))
    kind.use(server, wait, clock=clock, polling=Polling(first=1.0, factor=2.0, longest=16.0))
    ceilings = [1, 2, 4, 8, 16, 16, 16, 16]
    assert all(ceiling / 2 <= seconds <= ceiling for seconds, ceiling in zip(clock.waits, ceilings, strict=True))
    assert len(set(clock.waits)) == len(ceilings)

    hinted = httpx.Response(200, headers={"Retry-After": "30"}, content=run("CancelInprogress").content)
    clock = FakeClock()
    kind.use(Server(hinted, run("Cancelled")), wait, clock=clock)
    assert clock.waits == [30.0]


@pytest.mark.parametrize("status", ["Completed", "Error", "Cancelled"])
def test_the_end_of_a_run(kind: Kind, status: str) -> None:
    server = Server(run("Pending"), httpx.ReadTimeout("late"), run("Processing"), run(status))
    seen: list[str] = []
    outcome = kind.use(
        server,
        lambda c: c.wait_for_completion(RUN, on_poll=lambda run: seen.append(run.status)),
        retry=Backoff(attempts=1),
    )
    assert seen == ["Pending", "Processing"]
    assert outcome.ending is Ending(status)
    assert outcome.complete == (status == "Completed")
    assert outcome.run.status == status


def test_a_cancellation_in_progress_is_not_the_end_of_a_run(kind: Kind) -> None:
    server = Server(run("Processing"), run("CancelInprogress"), run("Completed"), run("Cancelled"))
    outcome = kind.use(server, lambda client: client.wait_for_completion(RUN))
    assert outcome.ending is Ending.CANCELLED
    server = Server(run("CancelInprogress"), run("Completed"))
    assert kind.use(server, lambda client: client.wait_for_completion(RUN)).ending is Ending.COMPLETED


def test_a_run_that_vanishes_or_never_was(kind: Kind) -> None:
    for status in ("Pending", "DeleteInprogress"):
        outcome = kind.use(Server(run(status), GONE), lambda client: client.wait_for_completion(RUN))
        assert outcome.ending is Ending.DELETED
    for server, expected in (
        (Server(GONE), errors.NotFoundError),
        (Server(refusal("50000010")), errors.PermissionDeniedError),
    ):
        with pytest.raises(expected):
            kind.use(server, lambda client: client.wait_for_completion(RUN))


def test_a_run_that_does_not_end(kind: Kind) -> None:
    with pytest.raises(errors.CompletionTimeoutError, match="Processing"):
        kind.use(Server(run("Processing")), lambda client: client.wait_for_completion(RUN))


@pytest.mark.parametrize("result", ["outcome", "cancellation", "plan", "deletion", "completion", "batch", "progress"])
def test_results_have_no_truth_value_and_a_short_repr(kind: Kind, result: str) -> None:
    many = (page(*[CANCELLED] * 200),)
    progress: list[object] = []
    works: dict[str, Any] = {
        "outcome": wait,
        "cancellation": lambda client: client.cancel(RUN),
        "plan": lambda client: client.plan_cancellation(RUN),
        "deletion": lambda client: client.delete(RUN),
        "completion": lambda client: client.wait_for_completion(RUN),
        "batch": lambda client: client.cancel_many([RUN]),
        "progress": lambda client: client.wait_for_cancellation(RUN, on_progress=progress.append),
    }
    statuses = [run("CancelInprogress"), run("Cancelled")] if result == "progress" else [run("Cancelled")]
    found = kind.use(Server(*statuses, entries=many), works[result])
    if result == "batch":
        found = found[0]
    elif result == "progress":
        found = progress[0]
    with pytest.raises(TypeError, match=r"has no truth value: use .*\.(complete|allowed|gone|cancelled)"):
        bool(found)
    with pytest.raises(TypeError):
        len(found)
    with pytest.raises(TypeError):
        iter(found)
    assert RUN in repr(found)
    assert len(repr(found)) < 3 * 80


def test_a_result_of_many_is_unwrapped(kind: Kind) -> None:
    (good,) = kind.use(Server(run("Cancelled")), lambda client: client.cancel_many([RUN]))
    assert good.unwrap().complete
    (bad,) = kind.use(Server(GONE), lambda client: client.cancel_many([RUN], timeout=5))
    with pytest.raises(errors.CancellationTimeoutError):
        bad.unwrap()
    (unknown,) = kind.use(Server(run("Cancelled")), lambda client: client.cancel_many([RUN], wait=False))
    with pytest.raises(ValueError, match="was not waited for"):
        unknown.unwrap()
