"""The connections themselves: closing, and waiting for what other threads do."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors
from zuora_journal_runs._http.connection import _result

from .world import URL, Script, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind


def test_a_closed_client_says_so() -> None:
    script = Script(run())
    client = JournalRunsClient(URL, token="t", transport=httpx.MockTransport(script))
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.retrieve("JR-00000075")
    assert script.requests == []


async def test_a_closed_client_of_tasks_says_so() -> None:
    script = Script(run())
    client = AsyncJournalRunsClient(URL, token="t", transport=httpx.MockTransport(script))
    await client.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await client.retrieve("JR-00000075")
    assert script.requests == []


@pytest.mark.parametrize("first", [True, False])
async def test_closing_either_closes_both(kind: Kind, first: bool) -> None:
    script = Script(run())
    client: Any = kind.client_class(URL, token="t", transport=httpx.MockTransport(script))
    both = [client, client.with_options(deadline=1.0)]
    closed = both[not first].close() if kind.client_class is JournalRunsClient else await both[not first].aclose()
    assert closed is None
    for each in both:
        with pytest.raises(errors.ClientClosedError, match="closed"):
            await asyncio.to_thread(_retrieved, each)
    assert script.requests == []


def _retrieved(client: Any) -> None:
    given = client.retrieve("JR-00000075")
    if inspect.isawaitable(given):
        asyncio.run(_awaited(given))


async def _awaited(given: Any) -> None:
    await given


def in_this_thread(work: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_soon(work)


def in_another_thread(work: Callable[[], object]) -> None:
    threading.Thread(target=work).start()


@pytest.mark.parametrize("where", [in_this_thread, in_another_thread])
async def test_a_future_of_any_thread_is_waited_for(where: Callable[[Callable[[], object]], None]) -> None:
    future = Future[int]()
    where(lambda: future.set_result(1))
    assert await _result(future, 10.0) == 1
    assert await _result(future, 10.0) == 1


async def test_a_task_that_is_cancelled_leaves_the_future_to_the_others() -> None:
    future = Future[int]()
    first, second = asyncio.create_task(_result(future, 10.0)), asyncio.create_task(_result(future, 10.0))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    future.set_result(1)
    assert await second == 1
    assert first.cancelled()


async def test_a_future_that_is_not_done_in_time() -> None:
    with pytest.raises(TimeoutError):
        await _result(Future[int](), 0.0)


def test_a_future_may_be_done_after_the_loop_has_ended() -> None:
    future = Future[int]()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await _result(future, 0.0)

    asyncio.run(give_up())
    in_another_thread(lambda: future.set_result(1))
    assert future.result(timeout=10) == 1
