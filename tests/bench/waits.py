"""Many runs of many tenants, waited for in one process: `python -m tests.bench.waits KIND URL`.

One line of JSON on standard output tells the seconds for 500 polls, the longest time between two polls of a run as a
multiple of the interval, the memory beyond that of an import in MB, the most threads, and the CPU for 500 polls.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

import httpx

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, Polling

from .official import resident
from .processes import Process, Server
from .rows import Row
from .server import POLLS, WAITED_FOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RUNS, TENANTS, INTERVAL = 1000, 20, 1.8
POLLING = Polling(INTERVAL, 1.0, INTERVAL)
"""Intervals are from half of that on: all runs together are to be polled 740 times a second."""


def numbers(tenants: int) -> list[list[str]]:
    """The runs of each tenant."""
    runs = [f"JR-{WAITED_FOR + place}" for place in range(RUNS)]
    return [runs[tenant::tenants] for tenant in range(tenants)]


class Most:
    """The most threads and bytes that this process has had since it was asked first."""

    def __init__(self) -> None:
        self.threads = self.bytes = 0
        self._idle, self._ended = resident(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            # This thread and the main one are not the client's.
            self.threads = max(self.threads, threading.active_count() - 2)
            self.bytes = max(self.bytes, resident() - self._idle)


def in_threads(url: str) -> int:
    """One client waits for all runs; the entity of each call would tell the tenants apart."""
    with JournalRunsClient(url, client_id="id", client_secret="secret", polling=POLLING) as client:
        return sum(result.complete for result in client.cancel_many(numbers(1)[0]))


async def in_tasks(url: str) -> int:
    """A client for each tenant."""

    async def tenant(client: AsyncJournalRunsClient, runs: Sequence[str]) -> int:
        return sum(result.complete for result in await client.cancel_many(runs))

    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                AsyncJournalRunsClient(url, client_id=f"id{place}", client_secret="secret", polling=POLLING)
            )
            for place in range(TENANTS)
        ]
        return sum(await asyncio.gather(*map(tenant, clients, numbers(TENANTS))))


def main(kind: str, url: str) -> None:
    httpx.get(f"{url}/v1/journal-runs/JR-00000001")
    with Most() as most:
        before = time.process_time()
        complete = in_threads(url) if kind == "threads" else asyncio.run(in_tasks(url))
        cpu = time.process_time() - before
    assert complete == RUNS, complete
    a_second, gap = httpx.get(f"{url}/polls").json()
    found = [500 / a_second, gap / INTERVAL, most.bytes / 1e6, most.threads, cpu * 500 / RUNS / POLLS]
    sys.stdout.write(json.dumps(found) + "\n")


def rows(server: Server) -> Iterator[Row]:
    """What a process takes that does nothing else."""
    found: dict[str, list[float]] = {}
    for kind in ("tasks", "threads"):
        with Process(sys.executable, "waits", kind, server.url) as process:
            found[kind] = process.answer()
    budgets = (
        ("s for 500 polls", 1.0),
        ("interval, at most", 2.0),
        ("MB", 150.0),
        ("threads", 40.0),
        ("CPU s, 500 polls", None),
    )
    for place, (unit, budget) in enumerate(budgets):
        values = {f"ours, {kind}": each[place] for kind, each in found.items()}
        yield Row(f"wait for {RUNS:,} runs", unit, {}, values, budget)


if __name__ == "__main__":
    main(*sys.argv[1:])
