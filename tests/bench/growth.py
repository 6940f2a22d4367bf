"""How costs grow with the size of the work: `python -m tests.bench --growth` draws it for the documentation."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import TYPE_CHECKING

import httpx

from zuora_journal_runs import JournalRunsClient

from .chart import Chart, markdown, svg
from .clients import AT_ONCE, ours, ours_async
from .processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .processes import Official, Server

STREAM, LIST, TASKS, THREADS = "iter_entries", "entries", "asyncio", "threads"
SDK, IDEAL = "zuora-sdk", "server"
COLORS = {STREAM: 0, LIST: 1, TASKS: 0, THREADS: 1, SDK: 2, IDEAL: 3}
PAGE = ROOT / "docs" / "explanation" / "speed.md"
PICTURE = ROOT / "docs" / "_static" / "growth.svg"
BEGIN, END = "<!-- growth -->", "<!-- end of growth -->"
DELAY, CALLS, ROUNDS = 0.05, 200, 5


def peak() -> float:
    """The most megabytes that this process has had in use."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - no file in the usual sense
        return float(re.findall(r"VmHWM:\s+(\d+) kB", status.read())[0]) / 1000


def list_entries(kind: str, url: str, number: str) -> None:
    """Read all entries of a run; tell on standard output the CPU, and the memory beyond an idle client's."""
    with JournalRunsClient(url, client_id="id", client_secret="secret") as client:
        for _ in client.iter_entries("JR-00000001"):
            client.entries("JR-00000001")
        idle, before = peak(), time.process_time()
        count = len(client.entries(number)) if kind == "list" else sum(1 for _ in client.iter_entries(number))
        cpu = time.process_time() - before
    assert count == int(number[3:])
    sys.stdout.write(json.dumps([cpu, max(peak() - idle, 0.1)]))


def of_entries(server: Server, sdk: Official | None) -> tuple[Chart, Chart]:
    """CPU and memory against entries."""
    cpu: dict[str, dict[float, float]] = {STREAM: {}, LIST: {}}
    memory: dict[str, dict[float, float]] = {STREAM: {}, LIST: {}}
    if sdk is not None:
        sdk.ask("parse", 1)  # the first time it imports what it needs
    for entries in (100, 1000, 10_000, 100_000):
        for name, kind in ((STREAM, "stream"), (LIST, "list")):
            code = f"from tests.bench.growth import list_entries; list_entries({kind!r}, {server.url!r}, 'JR-{entries:08}')"
            done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
            cpu[name][entries], memory[name][entries] = json.loads(done.stdout)
        if sdk is not None and entries >= 1000:
            cpu.setdefault(SDK, {})[entries] = sdk.ask("parse", entries // 1000)
    return (
        Chart("List the entries of a run: seconds of CPU", "entries", cpu),
        Chart("List the entries of a run: megabytes", "entries", memory),
    )


def fastest(work: Callable[[], float]) -> float:
    """The shortest of several times: what else the machine does only adds to them."""
    return min(work() for _ in range(ROUNDS))


def in_threads(url: str, count: int, at_once: int) -> float:
    with ExitStack() as stack:
        client = ours(url, stack)
        client.get()
        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        began = time.perf_counter()
        list(pool.map(lambda _: client.cancel(), range(count)))
        return time.perf_counter() - began


def in_tasks(url: str, count: int, at_once: int) -> float:
    async def work() -> float:
        async with AsyncExitStack() as stack:
            client = await ours_async(url, stack)
            await client.get()
            gate = asyncio.Semaphore(at_once)

            async def cancel() -> None:
                async with gate:
                    await client.cancel()

            began = time.perf_counter()
            await asyncio.gather(*(cancel() for _ in range(count)))
            return time.perf_counter() - began

    return asyncio.run(work())


def of_calls(server: Server, sdk: Official | None) -> tuple[Chart, Chart, Chart]:
    """Time against runs, latency and concurrency."""

    def lines(cases: dict[float, tuple[int, float, int]]) -> dict[str, dict[float, float]]:
        found: dict[str, dict[float, float]] = {name: {} for name in (TASKS, THREADS, SDK, IDEAL)}
        for size, (count, delay, at_once) in cases.items():
            httpx.get(f"{server.url}/delay/{delay}")
            found[IDEAL][size] = -(-count // at_once) * delay
            found[TASKS][size] = fastest(partial(in_tasks, server.url, count, at_once))
            found[THREADS][size] = fastest(partial(in_threads, server.url, count, at_once))
            if sdk is not None:
                work: partial[float] = partial(sdk.ask, "cancel", server.url, count, at_once)
                found[SDK][size] = fastest(work)
        return {name: line for name, line in found.items() if line}

    return (
        Chart(
            f"Cancel runs, {AT_ONCE} at once: seconds",
            "runs",
            lines({count: (count, DELAY, AT_ONCE) for count in (1, 10, 100, 1000)}),
        ),
        Chart(
            f"Cancel {CALLS} runs, {AT_ONCE} at once: seconds",
            "milliseconds until a response",
            lines({latency: (CALLS, latency / 1000, AT_ONCE) for latency in (1, 5, 20, 50, 200)}),
        ),
        Chart(
            f"Cancel {CALLS} runs, {DELAY * 1000:.0f} ms each: seconds",
            "runs at once",
            lines({at_once: (CALLS, DELAY, at_once) for at_once in (1, 2, 5, 10, 20, 40)}),
        ),
    )


def draw(server: Server, sdk: Official | None, page: Path = PAGE, picture: Path = PICTURE) -> None:
    """Measure, and put picture and tables into the documentation."""
    charts = [*of_entries(server, sdk), *of_calls(server, sdk)]
    picture.write_text(svg(charts, COLORS), encoding="utf-8")
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    tables = "\n\n".join(markdown(chart) for chart in charts)
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}", encoding="utf-8")
