"""Ours and its peers, each of which does the same work: it gets a run, or cancels one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack
from typing import Any, NamedTuple

import aiohttp
import httpx

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient
from zuora_journal_runs._http.transports import tls_context
from zuora_journal_runs_api import Client
from zuora_journal_runs_api.api.journal_runs import cancel_journal_run, get_journal_run

from .data import NUMBER

RUN = f"/v1/journal-runs/{NUMBER}"
CANCEL = f"{RUN}/cancel"
HEADERS = {"Authorization": f"Bearer {'t' * 32}", "Accept": "application/json"}
PUT_HEADERS = {"Content-Type": "application/json"}
AT_ONCE = 40
LIMITS = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)


class Sync(NamedTuple):
    """What a client can do in a thread."""

    get: Callable[[], object]
    cancel: Callable[[], object]


class Async(NamedTuple):
    """What a client can do in a task."""

    get: Callable[[], Awaitable[object]]
    cancel: Callable[[], Awaitable[object]]


def ours(url: str, stack: ExitStack) -> Sync:
    client = stack.enter_context(JournalRunsClient(url, client_id="id", client_secret="secret"))
    return Sync(lambda: client.retrieve(NUMBER), lambda: client.cancel(NUMBER))


def raw_httpx(url: str, stack: ExitStack) -> Sync:
    client = stack.enter_context(httpx.Client(base_url=url, headers=HEADERS, verify=tls_context(), limits=LIMITS))
    return Sync(
        lambda: client.get(RUN).json(),
        lambda: client.put(CANCEL, content=b"{}", headers=PUT_HEADERS).json(),
    )


def generated(url: str, stack: ExitStack) -> Sync:
    http = stack.enter_context(httpx.Client(base_url=url, headers=HEADERS, verify=tls_context(), limits=LIMITS))
    client = Client(httpx_client=http)
    return Sync(
        lambda: get_journal_run.sync(NUMBER, client=client),
        lambda: cancel_journal_run.sync(NUMBER, client=client),
    )


async def ours_async(url: str, stack: AsyncExitStack) -> Async:
    client = await stack.enter_async_context(AsyncJournalRunsClient(url, client_id="id", client_secret="secret"))
    return Async(lambda: client.retrieve(NUMBER), lambda: client.cancel(NUMBER))


async def raw_httpx_async(url: str, stack: AsyncExitStack) -> Async:
    client = await stack.enter_async_context(
        httpx.AsyncClient(base_url=url, headers=HEADERS, verify=tls_context(), limits=LIMITS, timeout=60)
    )

    async def get() -> object:
        return (await client.get(RUN)).json()

    async def cancel() -> object:
        return (await client.put(CANCEL, content=b"{}", headers=PUT_HEADERS)).json()

    return Async(get, cancel)


async def raw_aiohttp(url: str, stack: AsyncExitStack) -> Async:
    session = await stack.enter_async_context(
        aiohttp.ClientSession(url, headers=HEADERS, connector=aiohttp.TCPConnector(limit=AT_ONCE, ssl=tls_context()))
    )

    async def get() -> object:
        async with session.get(RUN) as response:
            return json.loads(await response.read())

    async def cancel() -> object:
        async with session.put(CANCEL, data=b"{}", headers=PUT_HEADERS) as response:
            return json.loads(await response.read())

    return Async(get, cancel)


MakeSync = Callable[[str, ExitStack], Sync]
MakeAsync = Callable[[str, AsyncExitStack], Coroutine[Any, Any, Async]]
SYNC: dict[str, MakeSync] = {"ours": ours, "httpx": raw_httpx, "generated": generated}
ASYNC: dict[str, MakeAsync] = {
    "ours": ours_async,
    "aiohttp": raw_aiohttp,
    "httpx.AsyncClient": raw_httpx_async,
}
