"""Politeness: no more requests at once, and none faster, than the tenant allows."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors
from zuora_journal_runs._pace import Pace

from .world import URL, Script, answer, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .world import Kind


def limits(limit: object, remaining: object = None) -> list[tuple[bytes, bytes]]:
    headers = {"Concurrency-Limit-Limit": limit}
    return raw(headers if remaining is None else {**headers, "Concurrency-Limit-Remaining": remaining})


def raw(headers: Mapping[str, object]) -> list[tuple[bytes, bytes]]:
    return httpx.Headers({name: str(value) for name, value in headers.items()}).raw


def entered(pace: Pace, wanted: int = 200) -> int:
    """How many of so many requests may begin."""
    return sum(pace.enter() is None for _ in range(wanted))


def test_forty_at_once_until_the_headers_tell() -> None:
    assert entered(Pace()) == 40


def test_the_headers_tell() -> None:
    pace = Pace()
    pace.note(limits(80), 0.0)
    assert entered(pace) == 80


def test_a_limit_of_the_callers_own_is_never_exceeded() -> None:
    pace = Pace(3)
    pace.note(limits(80), 0.0)
    assert entered(pace) == 3
    pace = Pace(30)
    pace.note(limits(20), 0.0)
    assert entered(pace) == 20


@pytest.mark.parametrize("nonsense", ["", "n/a", "-1", "1.5", "\u0664\u0660", "9" * 5000])
def test_nonsense_in_a_header_is_passed_over(nonsense: str) -> None:
    pace = Pace()
    names = ("Concurrency-Limit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    pace.note([(name.encode(), nonsense.encode()) for name in names], 0.0)
    assert entered(pace) == 40
    assert pace.delay(0.0) == 0.0


def test_what_others_use_of_the_tenants_pool_is_left_to_them() -> None:
    pace = Pace()
    assert entered(pace, 5) == 5
    pace.leave()
    # Beside the request that was answered there was room for three.
    pace.note(limits(40, 3), 0.0)
    assert entered(pace) == 4


def test_there_is_always_room_for_one() -> None:
    for headers in (limits(40, 0), limits(0)):
        pace = Pace()
        pace.note(headers, 0.0)
        assert entered(pace) == 1


@given(st.lists(st.sampled_from(["enter", "leave", "abandon", "fewer", "more"]), max_size=60))
def test_slots_are_neither_lost_nor_doubled(steps: list[str]) -> None:
    pace = Pace(4)
    active, turns = 0, list[Any]()
    for step in steps:
        if step == "enter":
            turn = pace.enter()
            if turn is None:
                active += 1
            else:
                turns.append(turn)
        elif step == "leave" and active:
            pace.leave()
            active -= 1
        elif step == "abandon" and turns:
            pace.abandon(turns.pop())
        elif step in ("fewer", "more"):
            pace.note(limits(1 if step == "fewer" else 4), 0.0)
        active += sum(turn.done() for turn in turns)
        turns = [turn for turn in turns if not turn.done()]
        assert active <= 4
    pace.note(limits(4), 0.0)
    active += sum(turn.done() for turn in turns)
    for turn in turns:
        if not turn.done():
            pace.abandon(turn)
    for _ in range(active):
        pace.leave()
    assert entered(pace) == 4


def test_one_that_gives_up_as_its_turn_comes_passes_it_on() -> None:
    pace = Pace(1)
    assert pace.enter() is None
    first, second = pace.enter(), pace.enter()
    assert first is not None
    assert second is not None
    pace.leave()
    assert first.done()
    pace.abandon(first)
    assert second.done()


@given(st.integers(0, 60), st.integers(0, 3600), st.integers(1, 100))
def test_what_is_left_of_a_quota_lasts_until_it_is_renewed(remaining: int, reset: int, wanted: int) -> None:
    pace, now = Pace(), 0.0
    pace.note(raw({"RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(reset)}), now)
    sent = 0
    for _ in range(wanted):
        now += pace.delay(now)
        sent += now < reset - 1e-6
    if remaining <= 40:
        assert sent <= remaining
    else:
        assert now == 0.0


def test_a_quota_that_was_renewed_slows_nothing_down() -> None:
    pace = Pace()
    pace.note(raw({"RateLimit-Remaining": "1", "RateLimit-Reset": "60"}), 0.0)
    assert pace.delay(0.0) == 30.0
    assert pace.delay(61.0) == 0.0
    pace.note(raw({"RateLimit-Remaining": "1", "RateLimit-Reset": "60"}), 100.0)
    pace.note(raw({"RateLimit-Remaining": "49999", "RateLimit-Reset": "59"}), 101.0)
    assert pace.delay(102.0) == 0.0


def test_a_client_slows_down_before_it_is_told_to(kind: Kind) -> None:
    clock = FakeClock()
    first = answer(
        body={"success": True, "number": "JR-00000075", "status": "CancelInprogress"},
        RateLimit_Remaining="9",
        RateLimit_Reset="100",
    )
    kind.use(Script(first, run("Cancelled"), answer(body={"success": True, "journalEntries": []})), wait, clock=clock)
    assert sum(clock.waits) >= 20


def wait(client: Any) -> Any:
    return client.wait_for_cancellation("JR-00000075")


def test_a_quota_that_will_not_do_is_not_waited_for(kind: Kind) -> None:
    used_up = answer(
        body={"success": True, "number": "JR-00000075", "status": "CancelInprogress"},
        RateLimit_Remaining="0",
        RateLimit_Reset="86000",
    )
    script = Script(used_up)
    with pytest.raises(errors.CancellationNotSettled):
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
        with pytest.raises(errors.NotSent, match="under way"):
            await client.with_options(deadline=0.001).retrieve("JR-00000075")
        go.set()
        await first


@pytest.mark.parametrize("concurrency", [0, -1])
def test_no_place_at_all_is_refused(kind: Kind, concurrency: int) -> None:
    with pytest.raises(errors.InvalidInput, match="concurrency"):
        kind.use(Script(run()), wait, concurrency=concurrency)
