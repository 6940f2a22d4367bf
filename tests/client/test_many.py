"""Many cancellations at once: each ends as it would alone, in the order of the numbers."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import CancellationResult, Polling, errors
from zuora_journal_runs._client.batch import drive_many
from zuora_journal_runs._http.flow import Sleep, Transmit, Wait

from .world import answer, expected, refusal, run, summary

if TYPE_CHECKING:
    from zuora_journal_runs._http.flow import Flow

    from .world import Kind


def numbers(count: int) -> list[str]:
    return [f"JR-{number:08}" for number in range(1, count + 1)]


class Tenant:
    """Runs with one open and, every tenth, one transferred entry; every fiftieth run is missing.

    A cancellation is in progress for two looks.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.looks: dict[int, int] = {}
        self.cancelled: list[int] = []
        self.requests = 0
        self.log: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.requests += 1
            return self.answered(request)

    def answered(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.split("JR-")[1].split("/")[0])
        self.log.append(number)
        if number % 50 == 0:
            return refusal("50000040", "Cannot find entity by key.")
        if request.method == "PUT":
            if number in self.looks:
                return refusal("50000030", "The journal run cannot be cancelled.")
            self.looks[number] = 0
            self.cancelled.append(number)
            return answer()
        over = self.looks.get(number, -1) >= 2
        if "journal-entries" in request.url.path:
            entries = [
                {"number": "JE-1", "status": "Cancelled" if over else "Created", "transferredToAccounting": "No"}
            ]
            if number % 10 == 0:
                entries.append({"number": "JE-2", "status": "Created", "transferredToAccounting": "Yes"})
            return answer(body={"success": True, "journalEntries": entries})
        if number in self.looks:
            self.looks[number] += 1
        name = f"JR-{number:08}"
        if not over:
            return run("CancelInprogress" if number in self.looks else "Completed", number=name)
        return run("Completed" if number % 10 == 0 else "Cancelled", number=name)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["JR-00000001", "JR-1", "JR-00000002", "", "JR-1"], ["'JR-1'", "''"]),
        (["JR-00000001", "JR-00000002", "JR-00000001", "JR-00000002"], ["JR-00000001", "JR-00000002"]),
        (["x", "JR-00000001", "JR-00000001"], ["'x'", "JR-00000001"]),
    ],
)
def test_nothing_is_sent_unless_all_numbers_are_valid(kind: Kind, given: list[str], named: list[str]) -> None:
    tenant = Tenant()
    told: list[CancellationResult] = []
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.use(tenant, lambda client: client.cancel_many(iter(given), on_result=told.append))
    assert all(str(caught.value).count(name) == 1 for name in named)
    assert (tenant.requests, told) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"numbers": []}, "no journal runs"),
        ({"numbers": numbers(1), "timeout": 0}, "timeout"),
        ({"numbers": numbers(1), "at_once": 0}, "at_once"),
    ],
)
def test_what_makes_no_batch(kind: Kind, arguments: dict[str, Any], said: str) -> None:
    tenant = Tenant()
    with pytest.raises(errors.InvalidArgumentError, match=said):
        kind.use(tenant, lambda client: client.cancel_many(**arguments))
    assert tenant.requests == 0


def test_a_single_number_is_a_batch_of_one(kind: Kind) -> None:
    assert len(kind.use(Tenant(), lambda client: client.cancel_many("JR-00000001"))) == 1


def test_without_waiting_nothing_is_reported_about_the_outcome(kind: Kind) -> None:
    (result,) = kind.use(Tenant(), lambda client: client.cancel_many(numbers(1), wait=False))
    assert result.cancellation is not None
    assert result.outcome is None
    assert not result.complete


def test_a_batch_is_resumed_by_calling_it_again(kind: Kind) -> None:
    tenant = Tenant()
    kind.use(tenant, lambda client: client.cancel_many(numbers(20), wait=False))
    results = kind.use(tenant, lambda client: client.cancel_many(numbers(25)))
    assert [summary(result) for result in results] == [expected(number) for number in range(1, 26)]
    assert len(tenant.cancelled) == 25


def test_one_at_a_time(kind: Kind) -> None:
    tenant = Tenant()
    kind.use(tenant, lambda client: client.cancel_many(numbers(5), at_once=1))
    # No run is touched before the one before it is settled.
    assert tenant.log == sorted(tenant.log)


@pytest.mark.parametrize("at_once", [2, 7])
def test_no_more_at_once_than_asked_for(kind: Kind, at_once: int) -> None:
    tenant, begun, ended, most = Tenant(), set[int](), set[int](), 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal most
        with tenant.lock:
            begun.add(int(request.url.path.split("JR-")[1].split("/")[0]))
            most = max(most, len(begun - ended))
        return tenant(request)

    def end(result: CancellationResult) -> None:
        with tenant.lock:
            ended.add(int(result.number.removeprefix("JR-")))

    kind.use(handler, lambda client: client.cancel_many(numbers(30), at_once=at_once, on_result=end))
    assert most == at_once


@pytest.mark.parametrize("count", [1, 40, 41, 200])
def test_every_run_is_polled_in_turn_and_reported_when_it_is_known(kind: Kind, count: int) -> None:
    """Some runs are cancelled at once, and the others never. None has to wait for another."""
    clock, lock = FakeClock(), threading.Lock()
    quick = set(numbers(count)[::20])
    polls: dict[str, list[float]] = {number: [] for number in numbers(count)}
    reported: dict[str, float] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        number = "JR-" + request.url.path.split("JR-")[1].split("/")[0]
        if request.method == "PUT":
            return answer()
        if "journal-entries" in request.url.path:
            return answer(body={"success": True, "journalEntries": []})
        with lock:
            polls[number].append(clock.now - 1000.0)
        return answer(
            body={"success": True, "number": number, "status": "Cancelled" if number in quick else "CancelInprogress"}
        )

    def report(result: CancellationResult) -> None:
        reported[result.number] = clock.now - 1000.0

    polling = Polling(first=10.0, factor=1.0, longest=10.0)
    results = kind.use(
        handler,
        lambda client: client.cancel_many(numbers(count), timeout=60.0, on_result=report),
        clock=clock,
        polling=polling,
    )
    assert [summary(result) for result in results] == [
        "complete" if number in quick else "CancellationTimeoutError" for number in numbers(count)
    ]
    for number in numbers(count):
        if number in quick:
            assert reported[number] == 0.0
        else:
            assert reported[number] == pytest.approx(60.0)
            gaps = [later - earlier for earlier, later in pairwise(polls[number])]
            assert polls[number][0] == 0.0
            assert max(gaps) <= 10.0


def test_a_batch_waits_for_a_permit_without_holding_a_thread(kind: Kind) -> None:
    """A hundred runs and a quota of five requests in ten seconds: those that wait leave room for those that may go."""
    tenant, clock = Tenant(), FakeClock()
    counts: dict[int, int] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        response = tenant(request)
        with tenant.lock:
            number = int(clock.now // 10)
            counts[number] = counts.get(number, 0) + 1
            response.headers["RateLimit-Remaining"] = str(max(0, 5 - counts[number]))
            response.headers["RateLimit-Reset"] = str(math.ceil((number + 1) * 10 - clock.now))
        return response

    results = kind.use(
        handler, lambda client: client.cancel_many(numbers(100), timeout=1e5), clock=clock, deadline=1e5, concurrency=5
    )
    assert [summary(result) for result in results] == [expected(number) for number in range(1, 101)]
    assert max(counts.values()) <= 5


def test_runs_that_do_not_settle_end_with_the_time_of_the_batch(kind: Kind) -> None:
    clock = FakeClock()

    def handler(request: httpx.Request) -> httpx.Response:
        return answer() if request.method == "PUT" else run("CancelInprogress", number=request.url.path[-11:])

    results = kind.use(handler, lambda c: c.cancel_many(numbers(3), at_once=1, timeout=60), clock=clock)
    assert [summary(result) for result in results] == [
        "CancellationTimeoutError",
        "RequestNotSentError",
        "RequestNotSentError",
    ]
    assert results[0].cancellation is not None
    assert "after 60 s" in str(results[0].error)
    assert not results[1].error.maybe_processed


def test_what_a_callback_raises_ends_the_whole(kind: Kind) -> None:
    def stop(_: CancellationResult) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        kind.use(Tenant(), lambda client: client.cancel_many(numbers(200), at_once=2, on_result=stop))


def test_what_a_progress_callback_raises_ends_the_whole(kind: Kind) -> None:
    def stop(_: object) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        kind.use(Tenant(), lambda client: client.cancel_many(numbers(5), on_progress=stop))


# The flows in threads


def nothing_to_perform(_: object) -> None:
    raise AssertionError


def test_a_wait_ends_at_its_deadline_and_what_comes_later_ends_no_other_pause() -> None:
    clock, expected_later = FakeClock(now=0.0), Future[str]()

    def impatient() -> Flow[float]:
        with pytest.raises(TimeoutError):
            yield Wait(expected_later, 10.0)
        assert clock.now == 10.0
        yield Sleep(20.0)
        return clock.now

    def late() -> Flow[float]:
        yield Sleep(15.0)
        expected_later.set_result("late")
        return clock.now

    flows = enumerate([impatient(), late()])
    assert list(drive_many(flows, 2, nothing_to_perform, clock)) == [(1, 15.0), (0, 30.0)]


def test_a_wait_gives_what_is_there_in_time() -> None:
    clock, expected_soon = FakeClock(now=0.0), Future[str]()

    def patient() -> Flow[tuple[str, float]]:
        given: str = yield Wait(expected_soon, 10.0)
        return given, clock.now

    def early() -> Flow[tuple[str, float]]:
        yield Sleep(5.0)
        expected_soon.set_result("early")
        return "", clock.now

    flows = enumerate([patient(), early()])
    assert list(drive_many(flows, 2, nothing_to_perform, clock)) == [(1, ("", 5.0)), (0, ("early", 5.0))]


def test_a_flow_that_is_at_work_when_all_are_stopped_ends_at_its_next_pause() -> None:
    """Its request is in progress, so it learns of the response, and may note it; but it does not go on."""
    responds, closed, noted = threading.Event(), threading.Event(), []

    def perform(_: object) -> str:
        assert responds.wait(10)
        return "response"

    def at_work() -> Flow[None]:
        try:
            noted.append((yield Transmit(httpx.Request("GET", "https://example.com"), 10.0, authorized=True)))
            yield Sleep(1.0)
            noted.append("went on")
        finally:
            closed.set()

    def brief() -> Flow[None]:
        return
        yield

    flow = at_work()
    ended = drive_many(enumerate([flow, brief()]), 2, perform, FakeClock())
    assert next(ended) == (1, None)
    ended.close()
    assert not closed.is_set()
    responds.set()
    assert closed.wait(10)
    assert noted == ["response"]
