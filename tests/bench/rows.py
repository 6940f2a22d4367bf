"""The rows of the table: what each work takes, measured in rounds in which all take their turn."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self

import httpx

from zuora_journal_runs_api.api.journal_entries.list_journal_entries_of_journal_run import parse_response

from .clients import ASYNC, AT_ONCE, SYNC
from .data import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .clients import MakeAsync, MakeSync
    from .processes import Official, Server

    Works = dict[str, Callable[[], float]]
    Measured = dict[str, list[float]]

SDK = "zuora-sdk"
CANCELS, DELAY = 500, 0.05
IDEAL = CANCELS / AT_ONCE * DELAY
"""Seconds that all cancellations take if only the server takes time."""
ENTRIES = 1000


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    calls: int
    """Calls one after another in a round."""
    storms: int
    """Rounds of calls at once."""
    slow: bool
    """Whether those take part that take long."""


FULL, QUICK = Size(11, 200, 5, slow=True), Size(5, 60, 2, slow=False)


class Row(NamedTuple):
    """A line of the table. Its numbers are multiples of what the unit takes."""

    work: str
    unit: str
    peers: dict[str, float]
    ours: dict[str, float]
    budget: float | None = None

    @property
    def met(self) -> bool:
        """Whether the first of ours, which is the one that the budget is for, keeps within it."""
        return self.budget is None or next(iter(self.ours.values())) <= self.budget


def taking_turns(rounds: int, works: Works) -> Measured:
    """What each work took, in rounds in which all take their turn, in whatever order."""
    measured: Measured = {name: [] for name in works}
    order = list(works)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            measured[name].append(works[name]())
    return measured


def ratios(measured: Measured, unit: str) -> dict[str, float]:
    """Medians of the ratios to one of the works, round by round."""
    return {
        name: statistics.median(one / other for one, other in zip(samples, measured[unit], strict=False))
        for name, samples in measured.items()
    }


def row(work: str, unit: str, found: dict[str, float], budget: float | None = None) -> Row:
    ours = {name: value for name, value in found.items() if name.startswith("ours")}
    peers = {name: value for name, value in found.items() if name not in ours and name != unit}
    return Row(work, unit, peers, ours, budget)


IMPORTS = {
    "ours": "from zuora_journal_runs import JournalRunsClient",
    "ours, and an async client made": (
        "from zuora_journal_runs import AsyncJournalRunsClient as A; A('http://127.0.0.1:1', token='t')"
    ),
    "httpx": "import httpx",
    "aiohttp": "import aiohttp",
}
IMPORT = """
import json, time
from tests.bench.official import resident
before = time.process_time()
{}
print(json.dumps([time.process_time() - before, resident()]))
"""


def imports(size: Size, sdk: Official | None) -> Iterator[Row]:
    """The first import in a new process."""
    memory: Measured = {name: [] for name in IMPORTS}

    def once(name: str) -> float:
        code = IMPORT.format(IMPORTS[name])
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        seconds, used = json.loads(done.stdout)
        memory[name].append(used)
        return float(seconds)

    for name in IMPORTS:  # compiles what was not compiled yet
        once(name)
        memory[name].clear()
    measured = taking_turns(size.rounds, {name: partial(once, name) for name in IMPORTS})
    if sdk is not None:
        measured[SDK], memory[SDK] = [sdk.import_seconds], [sdk.import_bytes]
    yield row("import, CPU", "httpx", ratios(measured, "httpx"), 1.15)
    yield row("import, memory", "httpx", ratios(memory, "httpx"), 1.05)


def calls(size: Size, server: Server, sdk: Official | None) -> Iterator[Row]:
    """Calls one after another."""

    def several(get: Callable[[], object]) -> float:
        before = time.process_time()
        for _ in range(size.calls):
            get()
        return time.process_time() - before

    with ExitStack() as stack:
        works: Works = {name: partial(several, make(server.url, stack).get) for name, make in SYNC.items()}
        if sdk is not None:
            works[SDK] = partial(sdk.ask, "get", size.calls)
        for name, make in ASYNC.items():
            works[f"async {name}"] = stack.enter_context(Loop(make, server.url)).several(size.calls)
        taking_turns(1, works)
        found = ratios(taking_turns(size.rounds, works), "httpx")
    apart = {name.removeprefix("async "): found.pop(name) for name in works if name.startswith("async ")}
    yield row("GET a run, CPU", "httpx", found, 0.75)
    yield row("GET a run, async, CPU", "httpx", apart, 0.65)


class Loop:
    """An asynchronous client in an event loop of its own, in which it stays between its turns."""

    def __init__(self, make: MakeAsync, url: str) -> None:
        self._make, self._url = make, url

    def __enter__(self) -> Self:
        self._runner, self._stack = asyncio.Runner(), AsyncExitStack()
        self._client = self._runner.run(self._make(self._url, self._stack))
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def several(self, count: int) -> Callable[[], float]:
        """A work: several calls one after another."""

        async def work() -> float:
            before = time.process_time()
            for _ in range(count):
                await self._client.get()
            return time.process_time() - before

        return lambda: self._runner.run(work())


def storms(size: Size, server: Server, sdk: Official | None) -> Iterator[Row]:
    """Many calls, forty at once, of which each takes the server some time."""

    def in_threads(url: str, make: MakeSync) -> float:
        with ExitStack() as stack:
            client = make(url, stack)
            client.get()
            pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
            began = time.perf_counter()
            list(pool.map(lambda _: client.cancel(), range(CANCELS)))
            return time.perf_counter() - began

    def in_tasks(url: str, make: MakeAsync) -> float:
        async def work() -> float:
            async with AsyncExitStack() as stack:
                client = await make(url, stack)
                await client.get()
                began = time.perf_counter()
                await asyncio.gather(*(client.cancel() for _ in range(CANCELS)))
                return time.perf_counter() - began

        return asyncio.run(work())

    for over, url, budget in (("", server.url, 1.10), (" over TLS", server.tls_url, 1.15)):
        works: Works = {
            ("ours" if name == "ours" else name): partial(in_tasks, url, make)
            for name, make in ASYNC.items()
            if size.slow or name != "httpx.AsyncClient"
        }
        works |= {
            ("ours, threads" if name == "ours" else f"{name}, threads"): partial(in_threads, url, make)
            for name, make in SYNC.items()
            if name != "generated"
        }
        if sdk is not None:
            works[SDK] = partial(sdk.ask, "cancel", url, CANCELS, AT_ONCE)
        measured = taking_turns(size.storms, works)
        found = {name: statistics.median(samples) / IDEAL for name, samples in measured.items()}
        yield row(f"{CANCELS} cancels, {AT_ONCE} at once{over}", "ideal", found, budget)


def connections(size: Size, server: Server, sdk: Official | None) -> Iterator[Row]:
    """The first call of a new client over TLS."""
    count = size.calls // 10

    def several(make: MakeSync) -> float:
        with ExitStack() as stack:
            before = time.process_time()
            for _ in range(count):
                make(server.tls_url, stack).get()
            return time.process_time() - before

    def several_in_tasks(make: MakeAsync) -> float:
        async def work() -> float:
            async with AsyncExitStack() as stack:
                before = time.process_time()
                for _ in range(count):
                    await (await make(server.tls_url, stack)).get()
                return time.process_time() - before

        return asyncio.run(work())

    works: Works = {name: partial(several, make) for name, make in SYNC.items() if name != "generated"}
    works |= {
        ("ours, async" if name == "ours" else name): partial(several_in_tasks, make) for name, make in ASYNC.items()
    }
    if sdk is not None:
        works[SDK] = partial(sdk.ask, "connect", server.tls_url, count)
    taking_turns(1, works)
    yield row("connection over TLS, CPU", "httpx", ratios(taking_turns(size.rounds, works), "httpx"), 1.25)


def parsing(size: Size, sdk: Official | None) -> Iterator[Row]:
    """Reading a large page of entries."""
    content, count = page(ENTRIES), 3

    def work(read: Callable[[], object]) -> float:
        before = time.process_time()
        for _ in range(count):
            read()
        return time.process_time() - before

    def ours() -> object:
        request = httpx.Request("GET", "https://rest.zuora.com")
        return parse_response(httpx.Response(200, content=content, request=request))

    works: Works = {"json.loads": partial(work, partial(json.loads, content)), "ours": partial(work, ours)}
    if sdk is not None:
        works[SDK] = partial(sdk.ask, "parse", count)
    taking_turns(1, works)
    # What this program holds beside is no part of the work: a collection that walks through it takes as long as all else.
    gc.collect()
    gc.freeze()
    found = ratios(taking_turns(size.rounds, works), "json.loads")
    gc.unfreeze()
    yield row(f"parse {ENTRIES:,} entries, CPU", "json.loads", found, 2.0)
