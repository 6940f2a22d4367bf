"""The emulator, and Prism beside it: start, CPU and memory, as processes and in this one, small and large."""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from calendar import month_abbr
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import httpx

from zuora_journal_runs import spec
from zuora_journal_runs.emulator import AT_ONCE, Emulator, SeedRun, Settings, Transaction
from zuora_journal_runs.emulator.http import Request

from .data import NUMBER
from .official import resident
from .processes import ROOT, pipe, run
from .rows import Row, ratios, taking_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .rows import Size, Works

    Make = Callable[[], AbstractContextManager["Served"]]

FRAGMENT = ROOT / "openapi" / "journal-runs.yaml"
PRISM = "@stoplight/prism-cli@5"
PATIENCE = 20.0
"""Seconds within which a command must be ready."""
RUNS = 2000
NUMBERS = [f"JR-{number:08}" for number in range(1, RUNS + 1)]
"""Runs to cancel: each is cancelled once."""


JSON = {"Content-Type": "application/json"}, b"{}"


class Served(NamedTuple):
    """A command that serves the API."""

    pid: int
    url: str
    token: str
    began: float
    """When it was started, on the monotonic clock."""
    put: tuple[dict[str, str], bytes | None]
    """Content type and body of a PUT: a tenant requires them, and Prism refuses what is not documented."""

    def cpu(self) -> float:
        """Return the seconds of CPU that it used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Return the megabytes in use."""
        return resident(self.pid) / 1e6


@contextmanager
def command(arguments: Sequence[str | Path]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        pipe(process.stdout).close()


@contextmanager
def emulator(*options: str) -> Iterator[Served]:
    """Start `zjr emulator`."""
    began = time.monotonic()
    with command([Path(sys.executable).with_name("zjr"), "emulator", *options]) as process:
        ready = json.loads(pipe(process.stdout).readline())
        credentials = {name: ready[name] for name in ("client_id", "client_secret")}
        given = httpx.post(f"{ready['url']}/oauth/token", data={**credentials, "grant_type": "client_credentials"})
        yield Served(process.pid, ready["url"], given.json()["access_token"], began, JSON)


@contextmanager
def prism(program: Path) -> Iterator[Served]:
    """Start Prism."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url, began = f"http://127.0.0.1:{port}", time.monotonic()
    node = shutil.which("node") or "node"
    with command([node, program, "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "silent", FRAGMENT]) as process:
        while time.monotonic() < began + PATIENCE:
            try:
                httpx.head(url)
                break
            except httpx.ConnectError:
                time.sleep(0.01)
        yield Served(process.pid, url, "token", began, ({}, None))


def prism_program() -> Path | None:
    """Install Prism if necessary, and return its program; None if it cannot be installed."""
    folder = Path(sys.prefix) / "bench-peers-node"
    program = folder / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
    npm = shutil.which("npm")
    if not program.exists() and npm is not None:
        sys.stderr.write(f"Setting up {folder} with {PRISM} ...\n")
        folder.mkdir(exist_ok=True)
        try:
            run([npm, "install", "--silent", "--no-audit", "--no-fund", f"--prefix={folder}", PRISM])
        except subprocess.CalledProcessError:
            return None
    return program if program.exists() else None


def per_call(server: Served, requests: Iterable[tuple[str, str]]) -> float:
    """Return the milliseconds of CPU that the server uses for a request."""
    count, before = 0, server.cpu()
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:
        for method, path in requests:
            # The body is not decoded: Prism declares gzip where it sends none.
            kind, content = server.put if method == "PUT" else ({}, None)
            with client.stream(method, path, headers=kind, content=content) as response:
                assert response.status_code == 200, response.status_code
                for _ in response.iter_raw():
                    pass
            count += 1
    return (server.cpu() - before) * 1000 / count


def gets(count: int) -> Iterator[tuple[str, str]]:
    return (("GET", f"/v1/journal-runs/{number}") for number in NUMBERS[:count])


def cancels(count: int) -> Iterator[tuple[str, str]]:
    return (("PUT", f"/v1/journal-runs/{number}/cancel") for number in NUMBERS[:count])


def commands(size: Size, folder: Path) -> Iterator[Row]:
    """Measure the emulator as a program, and Prism."""
    seed = folder / "seed.json"
    seed.write_text(json.dumps({"runs": [{"number": number, "entries": 10} for number in NUMBERS]}), encoding="utf-8")
    fresh: dict[str, Make] = {"ours": emulator}
    filled: dict[str, Make] = {"ours": partial(emulator, "--pacing=at-once", f"--seed={seed}")}
    program = prism_program() if size.slow else None
    if program is not None:
        fresh["prism"] = filled["prism"] = partial(prism, program)
    found: dict[str, dict[str, float]] = {name: {} for name in ("start", "GET", "cancel", "memory")}
    for name, make in fresh.items():
        starts = []
        for _ in range(3):
            with make() as server:
                per_call(server, [("GET", f"/v1/journal-runs/{NUMBER}")])
                starts.append(time.monotonic() - server.began)
        found["start"][name] = median(starts)
    count = min(RUNS, 10 * size.calls)
    for name, make in filled.items():
        with make() as server:
            per_call(server, gets(200))
            found["GET"][name] = per_call(server, gets(count))
            found["cancel"][name] = per_call(server, cancels(count))
            found["memory"][name] = server.memory()
    for work, unit, key, budget in (
        ("emulator, command to first response", "s", "start", 0.25),
        ("emulator, CPU of a GET over HTTP", "ms", "GET", 0.12),
        ("emulator, CPU of a cancel of ten entries over HTTP", "ms", "cancel", 0.4),
        ("emulator, memory in use after them", "MB", "memory", None),
    ):
        values = found[key]
        yield Row(work, unit, {"prism": values["prism"]} if "prism" in values else {}, {"ours": values["ours"]}, budget)


def in_process(size: Size) -> Iterator[Row]:
    """Measure the emulator in this process."""

    def up_and_down() -> float:
        began = time.perf_counter()
        with Emulator():
            pass
        return (time.perf_counter() - began) * 1000

    up_and_down()
    yield Row("emulator, start and stop in process", "ms", {}, {"ours": median(up_and_down() for _ in range(21))}, 5)
    with ExitStack() as stack:
        served = stack.enter_context(
            Emulator(pacing=AT_ONCE, seed=[SeedRun(number=number, entries=10) for number in NUMBERS])
        )
        client = stack.enter_context(served.client())
        for work, call in (("GET", client.retrieve), ("cancel", client.cancel)):
            count = min(RUNS, 10 * size.calls)
            before = time.process_time()
            for number in NUMBERS[:count]:
                call(number)
            took = (time.process_time() - before) * 1000 / count
            yield Row(f"emulator, CPU of a {work} in process, with the client's", "ms", {}, {"ours": took})


TYPES = spec.contract_document()["components"]["schemas"]["TransactionType"]["enum"]
TARGETS = [(f"{month}-{year}", kind) for kind in TYPES for year in range(2014, 2040) for month in month_abbr[1:]]
"""Months and types: the first creation for each of them finds sample transactions."""


class Caller:
    """Calls an emulator without HTTP and without a client."""

    def __init__(self, emulator: Emulator, runs: int) -> None:
        self._emulator = emulator
        self._targets = iter(TARGETS)
        self._uncancelled = iter(NUMBERS)
        # From everywhere among the runs, so that none is found because it was needed a moment ago.
        self._runs = cycle(Random(1).sample(range(1, runs + 1), min(runs, RUNS)))
        form = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
        body = urlencode(form | {"grant_type": "client_credentials"}).encode()
        token = self.call("POST", "/oauth/token", body, "application/x-www-form-urlencoded", token="none")
        self._token = json.loads(token)["access_token"]

    def call(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", token: str | None = None
    ) -> bytes:
        headers = {"authorization": f"Bearer {token or self._token}", "content-type": kind}
        path, _, query = path.partition("?")
        response = self._emulator._handle(Request(method, path, query, headers, body))
        assert response.status == 200, response
        assert not response.body.startswith(b'{"success":false'), response
        return response.body

    def get(self) -> None:
        self.call("GET", f"/v1/journal-runs/JR-{next(self._runs):08}")

    def page(self) -> None:
        self.call("GET", f"/v1/journal-entries/journal-runs/JR-{next(self._runs):08}")

    def create(self) -> None:
        period, kind = next(self._targets)
        body = {"accountingPeriodName": period, "journalEntryDate": "2026-10-31", "transactionTypes": [{"type": kind}]}
        self.call("POST", "/v1/journal-runs", json.dumps(body).encode())

    def cancel(self) -> None:
        self.call("PUT", f"/v1/journal-runs/{next(self._uncancelled)}/cancel", b"{}")


def several(call: Callable[[], object], count: int) -> float:
    """Return the milliseconds of CPU that a call takes."""
    gc.collect()
    before = time.thread_time()
    for _ in range(count):
        call()
    return (time.thread_time() - before) * 1000 / count


def large(size: Size, folder: Path) -> Iterator[Row]:
    """Measure what an emulator with much in it takes, as a multiple of what one with little takes."""
    few, many = RUNS, 100_000 if size.slow else 20_000
    unlimited = Settings(calls_per_minute=10**9)
    with ExitStack() as stack:
        callers = {}
        for name, runs in (("few", few), ("many", many)):
            # Those that are cancelled have ten entries, in both.
            seed = [
                SeedRun(number=f"JR-{number:08}", entries=10 if number <= RUNS else 2) for number in range(1, runs + 1)
            ]
            database = folder / f"{name}.db"
            emulator = Emulator(database=database, pacing=AT_ONCE, seed=seed, settings=unlimited)
            stack.callback(emulator.close)
            callers[name] = Caller(emulator, runs)
        count = RUNS // (size.rounds + 1)
        for work in ("get", "page", "create", "cancel"):
            works: Works = {name: partial(several, getattr(caller, work), count) for name, caller in callers.items()}
            measured = taking_turns(size.rounds, works)
            if work == "create":
                yield Row("emulator, CPU of a first creation, in a file", "ms", {}, {"ours": median(measured["few"])})
            ours = {"ours": ratios(measured, "few")["many"]}
            yield Row(f"emulator with {many:,} runs in a file: {work}", f"{few:,} runs", {}, ours, 1.5)
    entries = 100_000
    with closing(Emulator(seed=[SeedRun(number=NUMBER, entries=entries)], settings=unlimited)) as emulator:
        caller = Caller(emulator, 1)
        path = f"/v1/journal-entries/journal-runs/{NUMBER}?pageSize=300&page="
        pages = {"first": 1, "last": entries // 300}
        works = {
            name: partial(several, partial(caller.call, "GET", f"{path}{number}"), 20) for name, number in pages.items()
        }
        ours = {"ours": ratios(taking_turns(size.rounds, works), "first")["last"]}
        yield Row(f"emulator, last page of {entries:,} entries", "first page", {}, ours, 1.2)
    with closing(Emulator(seed=[])) as emulator:
        count = 1_000_000 if size.slow else 100_000
        made = (Transaction(type=TYPES[0], date="2026-10-01", amount=1 + number) for number in range(count))
        took = several(lambda: emulator.add_transactions(made), 1) / 1000
        yield Row(f"emulator, CPU of {count:,} transactions added", "s", {}, {"ours": took}, 10 * count / 1_000_000)


def creations(size: Size) -> Iterator[Row]:
    """Measure the first creation of a run in a month and a type."""
    with closing(Emulator(pacing=AT_ONCE, seed=[], settings=Settings(calls_per_minute=10**9))) as emulator:
        caller = Caller(emulator, 1)
        took = median(several(caller.create, size.calls // 2) for _ in range(size.rounds))
    yield Row("emulator, CPU of a first creation in process", "ms", {}, {"ours": took}, 0.185)
