"""An interruption is honoured at once, and what befalls one call is not another's trouble."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, Backoff, JournalRunsClient, errors

from . import faults
from .clients import Raising, open_session
from .server import healthy
from .service import CLIENT_SECRET, READY_TOKEN, RUN
from .trial import script

if TYPE_CHECKING:
    from .server import Behaviour, Exchange, Server
    from .trial import World

AGES = 30.0


def signalling(behaviour: Behaviour) -> tuple[Behaviour, threading.Event]:
    """A behaviour, and what tells that it has begun."""
    begun = threading.Event()

    async def behave(exchange: Exchange) -> None:
        begun.set()
        await behaviour(exchange)

    return behave, begun


async def test_a_cancelled_task_sends_nothing_more(world: World) -> None:
    silence, begun = signalling(faults.silence(act=False))
    server = world.serve(script={"cancel": iter([silence])})
    async with AsyncJournalRunsClient(server.url, token=READY_TOKEN, clock=FakeClock(), concurrency=1) as client:
        task = asyncio.create_task(client.cancel(RUN))
        await asyncio.to_thread(begun.wait, AGES)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, AGES)
        assert [request.operation for request in server.requests] == ["cancel"]
        # The one place that there is at a time is free again.
        assert (await asyncio.wait_for(client.retrieve(RUN), AGES)).status == "Completed"


def test_ctrl_c_sends_nothing_more(world: World) -> None:
    server = world.serve(script={"cancel": iter([faults.says(503, "")])})

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock = FakeClock(on_wait=interrupt)
    with JournalRunsClient(server.url, token=READY_TOKEN, clock=clock, concurrency=1) as client:
        with pytest.raises(KeyboardInterrupt):
            client.cancel(RUN)
        assert [request.operation for request in server.requests] == ["cancel"]
        assert client.retrieve(RUN).status == "Completed"


def test_ctrl_c_in_a_token_request_leaves_the_token_to_others(kind: str, world: World) -> None:
    server = world.serve()
    with open_session(
        kind,
        server.url,
        hook=Raising(KeyboardInterrupt(), times=1),
        client_id=server.service.client_id,
        client_secret=CLIENT_SECRET,
        clock=FakeClock(),
    ) as session:
        with pytest.raises(KeyboardInterrupt):
            session.do(lambda client: client.retrieve(RUN))
        assert session.do(lambda client: client.retrieve(RUN)).status == "Completed"


def test_a_call_of_short_deadline_does_not_fail_the_others_that_wait_for_its_token(kind: str, world: World) -> None:
    silence, begun = signalling(faults.silence(act=False))
    server = world.serve(script={"token": iter([silence, healthy])})
    arguments = {"client_id": server.service.client_id, "client_secret": CLIENT_SECRET}
    hasty = {"deadline": 0.2, "retry": Backoff(attempts=1)}
    if kind == "async":
        first, second = asyncio.run(both_in_tasks(server, begun, arguments, hasty))
    else:
        first, second = both_in_threads(server, begun, arguments, hasty)
    assert isinstance(first, errors.TokenError)
    assert not isinstance(second, Exception), second


async def both_in_tasks(
    server: Server, begun: threading.Event, arguments: dict[str, Any], hasty: dict[str, Any]
) -> tuple[Any, Any]:
    async with AsyncJournalRunsClient(server.url, **arguments) as client:
        first = asyncio.create_task(client.with_options(**hasty).retrieve(RUN))
        await asyncio.to_thread(begun.wait, AGES)
        return await asyncio.gather(first, client.retrieve(RUN), return_exceptions=True)


def both_in_threads(
    server: Server, begun: threading.Event, arguments: dict[str, Any], hasty: dict[str, Any]
) -> tuple[Any, Any]:
    with JournalRunsClient(server.url, **arguments) as client, ThreadPoolExecutor() as threads:
        first = threads.submit(client.with_options(**hasty).retrieve, RUN)
        begun.wait(AGES)
        second = threads.submit(client.retrieve, RUN)
        return first.exception() or first.result(), second.exception() or second.result()


def test_a_token_endpoint_that_is_busy_for_long_is_asked_once_for_all(world: World) -> None:
    busy = faults.says(429, "", {"Retry-After": "86400"})
    server = world.serve(script={"token": script(busy, lasting=True)})
    client_id = server.service.client_id

    async def main() -> list[Any]:
        async with AsyncJournalRunsClient(server.url, client_id=client_id, client_secret=CLIENT_SECRET) as client:
            return await asyncio.gather(*(client.retrieve(RUN) for _ in range(20)), return_exceptions=True)

    assert {type(error) for error in asyncio.run(main())} == {errors.TokenError}
    assert len(server.seen("token")) == 1
