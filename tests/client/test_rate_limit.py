"""The tenant's limits: no more requests at once, and none faster, than it allows; nobody starves, nothing is lost."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors
from zuora_journal_runs._http.flow import Sleep, Wait
from zuora_journal_runs._http.rate_limit import LONGEST_BLOCK, Permit, PermitUnavailable, RateLimiter

from .world import URL, Script, answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zuora_journal_runs._http.flow import Flow

    from .world import Kind


def limits(limit: object, remaining: object = None) -> list[tuple[bytes, bytes]]:
    headers = {"Concurrency-Limit-Limit": limit}
    return raw(headers if remaining is None else {**headers, "Concurrency-Limit-Remaining": remaining})


def quota(remaining: object, reset: object) -> list[tuple[bytes, bytes]]:
    return raw({"RateLimit-Remaining": remaining, "RateLimit-Reset": reset})


def raw(headers: Mapping[str, object]) -> list[tuple[bytes, bytes]]:
    return httpx.Headers({name: str(value) for name, value in headers.items()}).raw


def told(limiter: RateLimiter, headers: list[tuple[bytes, bytes]], now: float = 0.0) -> RateLimiter:
    """The limiter after one request whose response had these headers."""
    permit = limiter.try_acquire(now)
    assert permit is not None
    limiter.release(permit, now, headers)
    return limiter


def granted(limiter: RateLimiter, now: float = 0.0) -> int:
    """How many requests may begin at once."""
    return len(list(iter(lambda: limiter.try_acquire(now), None)))


def test_forty_at_once_until_a_response_says_otherwise() -> None:
    assert granted(RateLimiter()) == 40


def test_the_limit_comes_from_the_headers() -> None:
    assert granted(told(RateLimiter(), limits(80))) == 80


def test_a_limit_of_the_callers_own_is_never_exceeded() -> None:
    assert granted(told(RateLimiter(3), limits(80))) == 3
    assert granted(told(RateLimiter(30), limits(20))) == 20


@pytest.mark.parametrize("nonsense", ["", "n/a", "-1", "1.5", "\u0664\u0660", "9" * 5000])
def test_nonsense_in_a_header_is_ignored(nonsense: str) -> None:
    names = ("Concurrency-Limit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    assert granted(told(RateLimiter(), [(name.encode(), nonsense.encode()) for name in names])) == 40


def test_what_others_use_of_the_tenants_pool_is_left_to_them() -> None:
    limiter = RateLimiter()
    permits = [limiter.try_acquire(0.0) for _ in range(5)]
    assert permits[0] is not None
    # Beside the request that the response is for there was room for three.
    limiter.release(permits[0], 0.0, limits(40, 3))
    assert granted(limiter) == 4


def test_there_is_always_room_for_one() -> None:
    for headers in (limits(40, 0), limits(0)):
        assert granted(told(RateLimiter(), headers)) == 1


def test_a_permit_is_given_back_once() -> None:
    limiter = RateLimiter(2)
    permits = [limiter.try_acquire(0.0) for _ in range(2)]
    for _ in range(2):
        assert permits[0] is not None
        limiter.release(permits[0], 0.0)
    assert granted(limiter) == 1


# A specification, and callers that come, wait, give up and send as they like


BUSY = 7.0
"""Seconds in a `Retry-After`."""


class Clock(FakeClock):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0


@dataclass(frozen=True)
class Caller:
    after: float
    """Seconds after the one before."""
    patience: float
    """Seconds until its deadline."""
    gives_up: float | None
    """Seconds after which its task is cancelled, if it still waits."""
    takes: float
    """Seconds until the response arrives."""
    counted: float
    """When the server counts the request, as a part of that time."""
    fate: str
    """`counted`; or `busy`, with a `Retry-After`; or `gateway`: one that does not count and knows no limits responds."""


@dataclass
class Tenant:
    """Counts requests in windows, and says what is left in the headers of each response."""

    quota: int
    window: float
    used: dict[int, int] = field(default_factory=dict)
    unknown: dict[int, int] = field(default_factory=dict)
    """Of them, those that were sent before any response had told the quota."""
    known_from: int | None = None
    """The first window that began after a response had told the quota."""

    def count(self, now: float, *, unknown: bool) -> list[tuple[bytes, bytes]]:
        number = math.floor(now / self.window)
        self.used[number] = self.used.get(number, 0) + 1
        self.unknown[number] = self.unknown.get(number, 0) + unknown
        left = max(0, self.quota - self.used[number])
        return quota(left, math.ceil((number + 1) * self.window - now))


@dataclass
class World:
    """Drives callers of one limiter through virtual time, and checks at each step what must always be so."""

    limiter: RateLimiter
    tenant: Tenant
    concurrency: int
    clock: Clock = field(default_factory=Clock)
    active: int = 0
    order: list[tuple[int, int]] = field(default_factory=list)
    """The numbers of the permits, and of the callers who got them."""
    refused: list[int] = field(default_factory=list)
    longest_at_the_head: float = 0.0
    blocked_until: float = -math.inf

    def __post_init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = itertools.count()
        self._queue: list[int] = []
        self._steps: dict[int, int] = {}
        grant = self.limiter._grant

        def checked(now: float) -> Permit:
            assert now >= self.blocked_until, "a Retry-After was ignored"
            return grant(now)

        # A caller may come to its permit after a Retry-After that came after the permit was granted.
        self.limiter._grant = checked  # type: ignore[method-assign]
        self._head_since = 0.0

    def at(self, time: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._sequence), do))

    def run(self, callers: list[Caller]) -> None:
        time = 0.0
        for number, caller in enumerate(callers):
            time += caller.after
            self.at(time, lambda number=number, caller=caller: self._arrive(number, caller))  # type: ignore[misc]
        while self._events:
            time, _, do = heapq.heappop(self._events)
            self.clock.now = max(self.clock.now, time)
            do()

    def _arrive(self, number: int, caller: Caller) -> None:
        deadline = self.clock.now + caller.patience
        permit = self.limiter.try_acquire(self.clock.now)
        if permit is not None:
            self._begin(number, caller, permit)
            return
        flow = self.limiter.acquire(self.clock, deadline)
        if not self._queue:
            self._head_since = self.clock.now
        self._queue.append(number)
        if caller.gives_up is not None:
            self.at(self.clock.now + caller.gives_up, lambda: self._give_up(number, flow))
        self._go_on(number, caller, flow, deadline, 0)

    def _go_on(
        self,
        number: int,
        caller: Caller,
        flow: Flow[Permit],
        deadline: float,
        step_number: int,
        *,
        late: bool = False,
    ) -> None:
        if number not in self._queue:
            return  # it gave up
        if self._steps.get(number, 0) != step_number:
            return  # it went on already
        self._steps[number] = step_number + 1
        try:
            step = flow.throw(TimeoutError()) if late else next(flow)
        except StopIteration as end:
            self._leave(number)
            self._begin(number, caller, end.value)
        except PermitUnavailable:
            self._leave(number)
            self.refused.append(number)
        else:
            if isinstance(step, Sleep):
                self.at(
                    self.clock.now + step.seconds,
                    lambda: self._go_on(number, caller, flow, deadline, step_number + 1),
                )
            else:
                assert isinstance(step, Wait)

                def woken(_: object) -> None:
                    self.at(self.clock.now, lambda: self._go_on(number, caller, flow, deadline, step_number + 1))

                step.future.add_done_callback(woken)
                self.at(deadline, lambda: self._go_on(number, caller, flow, deadline, step_number + 1, late=True))

    def _give_up(self, number: int, flow: Flow[Permit]) -> None:
        if number in self._queue:
            self._leave(number)
            flow.close()

    def _leave(self, number: int) -> None:
        if self._queue[0] == number:
            self.longest_at_the_head = max(self.longest_at_the_head, self.clock.now - self._head_since)
            self._head_since = self.clock.now
        self._queue.remove(number)

    def _begin(self, number: int, caller: Caller, permit: Permit) -> None:
        self.order.append((permit.number, number))
        self.active += 1
        assert self.active <= self.concurrency
        headers: list[tuple[bytes, bytes]] = []

        unknown = self.tenant.known_from is None

        def count() -> None:
            headers.extend(self.tenant.count(self.clock.now, unknown=unknown))

        def end() -> None:
            self.active -= 1
            if headers and self.tenant.known_from is None:
                self.tenant.known_from = math.floor(self.clock.now / self.tenant.window) + 1
            pause = BUSY if caller.fate == "busy" else None
            if pause is not None:
                self.blocked_until = max(self.blocked_until, self.clock.now + pause)
            self.limiter.release(permit, self.clock.now, headers, pause)

        if caller.fate != "gateway":
            self.at(self.clock.now + caller.takes * caller.counted, count)
        self.at(self.clock.now + caller.takes, end)


@st.composite
def callers(draw: st.DrawFn) -> list[Caller]:
    return draw(
        st.lists(
            st.builds(
                Caller,
                # Bursts, a steady flow, and long pauses, after which any window is over.
                after=st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.1, 1.0, 3.0, 200.0]),
                patience=st.sampled_from([1.0, 30.0, 300.0, 300.0, 3000.0]),
                gives_up=st.sampled_from([None, None, None, 0.0, 0.5, 20.0]),
                takes=st.sampled_from([0.0, 0.05, 0.05, 1.0, 30.0]),
                counted=st.sampled_from([0.0, 0.5, 1.0]),
                fate=st.sampled_from(["counted", "counted", "counted", "busy", "gateway"]),
            ),
            min_size=1,
            max_size=120,
        )
    )


@given(callers(), st.integers(1, 60), st.sampled_from([10.0, 60.0]), st.sampled_from([1, 3, 40]))
def test_the_limiter_follows_its_specification(
    given_callers: list[Caller], allowed: int, window: float, concurrency: int
) -> None:
    """Never above the quota by its own doing, in order of arrival, no wait beyond the window, and no permit lost."""
    world = World(RateLimiter(concurrency), Tenant(allowed, window), concurrency)
    world.run(given_callers)
    came = [number for _, number in sorted(world.order)]
    assert came == sorted(came)
    known_from = world.tenant.known_from
    for number, used in world.tenant.used.items():
        # Before a response told, nobody knew the quota.
        assert known_from is None or number < known_from or used - world.tenant.unknown[number] <= allowed
    # Whoever is first waits for the end of the window, which the header gives in whole seconds, for a Retry-After, and
    # for a slot.
    slowest = max(caller.takes for caller in given_callers)
    assert world.longest_at_the_head <= window + 1.0 + BUSY + 2 * slowest
    assert world.active == 0
    later = world.clock.now + 10 * window
    assert granted(told(world.limiter, quota(10**6, 60), later), later) == concurrency


@given(callers(), st.sampled_from([1, 3, 40]))
def test_who_gives_up_takes_nothing_from_the_others(given_callers: list[Caller], concurrency: int) -> None:
    """Those who stay get their permits when they would if nobody else had come, or earlier."""
    patient = [replace(caller, gives_up=None, patience=1e9) for caller in given_callers]
    alone = World(RateLimiter(concurrency), Tenant(20, 60.0), concurrency)
    alone.run(patient)
    assert [number for _, number in sorted(alone.order)] == list(range(len(patient)))


def test_those_who_give_up_do_not_put_off_the_next_window() -> None:
    clock = Clock()
    limiter = told(RateLimiter(), quota(1, 60))
    for _ in range(100):
        flow = limiter.acquire(clock, 300.0)
        assert isinstance(next(flow), Sleep)
        flow.close()
    assert limiter.try_acquire(60.0) is not None


def test_a_quota_that_is_raised_or_lowered_is_followed() -> None:
    limiter = told(RateLimiter(), quota(0, 60))
    assert granted(limiter, 1.0) == 0
    # A window of its own is never missed: here another quota is the tightest from now on.
    late = limiter.try_acquire(60.0)
    assert late is not None
    limiter.release(late, 60.0, quota(10**6, 3600))
    assert granted(limiter, 61.0) == 40


def test_what_is_left_of_a_quota_is_spread_over_the_rest_of_the_window() -> None:
    limiter = told(RateLimiter(), quota(1, 60))
    assert limiter.try_acquire(29.9) is None
    permit = limiter.try_acquire(30.0)
    assert permit is not None
    limiter.release(permit, 31.0)
    assert limiter.try_acquire(59.9) is None
    assert limiter.try_acquire(60.0) is not None


def test_a_quota_that_was_renewed_slows_nothing_down() -> None:
    limiter = told(RateLimiter(), quota(1, 60))
    permit = limiter.try_acquire(61.0)
    assert permit is not None
    limiter.release(permit, 61.0, quota(49_999, 59))
    assert granted(limiter, 62.0) == 40


def test_one_that_gives_up_as_its_turn_comes_passes_it_on() -> None:
    clock, limiter = Clock(), RateLimiter(1)
    permit = limiter.try_acquire(0.0)
    assert permit is not None
    first, second = limiter.acquire(clock, 300.0), limiter.acquire(clock, 300.0)
    next(first)
    step = next(second)
    limiter.release(permit, 0.0)
    assert isinstance(step, Wait)
    assert not step.future.done()
    first.close()
    assert step.future.done()
    with pytest.raises(StopIteration):
        second.send(None)


def test_one_that_gives_up_in_a_forked_child_takes_nothing_from_those_of_the_child() -> None:
    """It waits in the parent's queue. In the child its flow ends when it is collected as garbage."""
    clock, limiter = Clock(), RateLimiter(1)
    assert limiter.try_acquire(0.0) is not None
    inherited = limiter.acquire(clock, 300.0)
    next(inherited)
    limiter.renew()
    permit = limiter.try_acquire(0.0)
    assert permit is not None
    own = limiter.acquire(clock, 300.0)
    next(own)
    inherited.close()
    assert limiter.try_acquire(0.0) is None
    limiter.release(permit, 0.0)
    with pytest.raises(StopIteration):
        own.send(None)


def test_a_late_response_of_the_last_window_does_not_count_in_this_one() -> None:
    limiter = RateLimiter()
    slow, quick = limiter.try_acquire(0.0), limiter.try_acquire(0.0)
    assert slow is not None
    assert quick is not None
    limiter.release(quick, 0.0, quota(1, 10))
    following = limiter.try_acquire(10.0)
    assert following is not None
    limiter.release(following, 10.0, quota(0, 60))
    limiter.release(slow, 11.0, quota(30, 5))
    assert granted(limiter, 69.0) == 0


# In calls


def retrieve(client: Any) -> Any:
    return client.retrieve("JR-00000075")


@pytest.mark.parametrize("status", [429, 503, 200])
def test_retry_after_binds_the_whole_client(kind: Kind, status: int) -> None:
    clock = FakeClock()
    sent: list[float] = []

    def handler(_: httpx.Request) -> httpx.Response:
        sent.append(clock.now)
        return refusal("50000070", status=status, Retry_After="4") if len(sent) == 1 else run()

    def work(client: Any) -> Any:
        with pytest.raises(errors.APIError):
            client.with_options(retry=lambda _: None).retrieve("JR-00000075")
        return client.with_options(track_id="another").retrieve("JR-00000075")

    async def work_async(client: Any) -> Any:
        with pytest.raises(errors.APIError):
            await client.with_options(retry=lambda _: None).retrieve("JR-00000075")
        return await client.with_options(track_id="another").retrieve("JR-00000075")

    kind.use(handler, work if kind.client_class is JournalRunsClient else work_async, clock=clock)
    assert sent[1] - sent[0] >= 4.0


def test_a_deadline_before_the_end_of_retry_after_fails_at_once(kind: Kind) -> None:
    clock = FakeClock()
    script = Script(refusal("50000070", status=429, Retry_After="120"), run())

    def retry(_: Any) -> float | None:
        return 0.0  # in spite of what the tenant asks for

    with pytest.raises(
        errors.RequestNotSentError, match=r"nothing was sent: the tenant asks to wait another 120 s \(Retry-After\)"
    ):
        kind.use(script, retrieve, clock=clock, deadline=60.0, retry=retry)
    assert len(script.requests) == 1
    assert clock.waits == []


def test_no_retry_after_stops_a_client_forever() -> None:
    limiter = RateLimiter()
    limiter.block(math.inf, 0.0)
    assert limiter.try_acquire(LONGEST_BLOCK - 0.1) is None
    assert limiter.try_acquire(LONGEST_BLOCK) is not None


async def test_nothing_follows_a_retry_after_even_if_it_waited_already() -> None:
    clock, sent = FakeClock(), list[float]()

    async def handler(_: httpx.Request) -> httpx.Response:
        sent.append(clock.now)
        await asyncio.sleep(0)
        return refusal("50000070", status=429, Retry_After="4") if len(sent) == 1 else run()

    transport = httpx.MockTransport(handler)
    async with AsyncJournalRunsClient(URL, token="t", concurrency=1, clock=clock, transport=transport) as client:
        await asyncio.gather(*[retrieve(client) for _ in range(10)])
    assert len(sent) == 11
    assert sent[1] - sent[0] >= 4.0


def test_200_reads_with_a_quota_of_50_a_minute(kind: Kind) -> None:
    """They take four windows. Not one of them fails, and none is refused."""
    clock, lock = FakeClock(), threading.Lock()
    counts: dict[int, int] = {}

    def handler(_: httpx.Request) -> httpx.Response:
        with lock:
            number = int(clock.now // 60)
            counts[number] = counts.get(number, 0) + 1
            left, reset = 50 - counts[number], math.ceil((number + 1) * 60 - clock.now)
        if left < 0:
            return refusal("50000070", status=429, Retry_After=str(reset))
        return answer(
            body={"success": True, "number": "JR-00000075", "status": "Completed"},
            RateLimit_Remaining=str(left),
            RateLimit_Reset=str(reset),
        )

    async def in_tasks(client: Any) -> None:
        await asyncio.gather(*[client.retrieve("JR-00000075") for _ in range(200)])

    def in_threads(client: Any) -> None:
        with ThreadPoolExecutor(200) as pool:
            list(pool.map(lambda _: retrieve(client), range(200)))

    kind.use(handler, in_threads if kind.client_class is JournalRunsClient else in_tasks, clock=clock, deadline=300.0)
    assert sum(counts.values()) == 200


def test_a_client_slows_down_before_it_has_to(kind: Kind) -> None:
    clock = FakeClock()
    first = answer(
        body={"success": True, "number": "JR-00000075", "status": "CancelInprogress"},
        RateLimit_Remaining="9",
        RateLimit_Reset="100",
    )
    kind.use(Script(first, run("Cancelled"), answer(body={"success": True, "journalEntries": []})), wait, clock=clock)
    assert sum(clock.waits) >= 19.99


def wait(client: Any) -> Any:
    return client.wait_for_cancellation("JR-00000075")


def test_a_quota_that_will_not_do_is_not_waited_for(kind: Kind) -> None:
    used_up = answer(
        body={"success": True, "number": "JR-00000075", "status": "CancelInprogress"},
        RateLimit_Remaining="0",
        RateLimit_Reset="86000",
    )
    script = Script(used_up)
    with pytest.raises(errors.CancellationTimeoutError):
        kind.use(script, wait)
    assert len(script.requests) == 1


def test_threads_share_the_limit() -> None:
    lock, now_active, most = threading.Lock(), [0], [0]
    full = threading.Event()

    def handler(_: httpx.Request) -> httpx.Response:
        with lock:
            now_active[0] += 1
            most[0] = max(most[0], now_active[0])
            if now_active[0] == 3:
                full.set()
        full.wait(timeout=10)
        with lock:
            now_active[0] -= 1
        return run()

    with (
        JournalRunsClient(URL, token="t", concurrency=3, transport=httpx.MockTransport(handler)) as client,
        ThreadPoolExecutor(12) as pool,
    ):
        list(pool.map(lambda _: client.retrieve("JR-00000075"), range(12)))
    assert most[0] == 3


async def test_tasks_share_the_limit() -> None:
    active, most, go = 0, 0, asyncio.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        nonlocal active, most
        active += 1
        most = max(most, active)
        if active == 3:
            go.set()
        await go.wait()
        active -= 1
        return run()

    async with AsyncJournalRunsClient(URL, token="t", concurrency=3, transport=httpx.MockTransport(handler)) as client:
        await asyncio.gather(*[client.retrieve("JR-00000075") for _ in range(12)])
    assert most == 3


async def test_a_cancelled_task_gives_its_place_to_the_next() -> None:
    go = asyncio.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        await go.wait()
        return run()

    async with AsyncJournalRunsClient(URL, token="t", concurrency=1, transport=httpx.MockTransport(handler)) as client:
        tasks = [asyncio.create_task(client.retrieve("JR-00000075")) for _ in range(4)]
        for _ in range(3):
            await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "CancelledError",
        "JournalRun",
        "CancelledError",
        "JournalRun",
    ]


async def test_who_waits_for_a_place_keeps_to_the_deadline() -> None:
    go = asyncio.Event()

    async def handler(_: httpx.Request) -> httpx.Response:
        await go.wait()
        return run()

    async with AsyncJournalRunsClient(URL, token="t", concurrency=1, transport=httpx.MockTransport(handler)) as client:
        first = asyncio.create_task(client.retrieve("JR-00000075"))
        await asyncio.sleep(0)
        with pytest.raises(errors.RequestNotSentError, match="in progress"):
            await client.with_options(deadline=0.001).retrieve("JR-00000075")
        go.set()
        await first


@pytest.mark.parametrize("concurrency", [0, -1])
def test_no_place_at_all_is_refused(kind: Kind, concurrency: int) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="concurrency"):
        kind.use(Script(run()), wait, concurrency=concurrency)
