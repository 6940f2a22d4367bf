"""The emulator and Prism, as processes of their own and in this one: start, CPU, memory."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import httpx

from zuora_journal_runs.emulator import AT_ONCE, Emulator, SeedRun

from .data import NUMBER
from .official import resident
from .processes import ROOT, pipe, run
from .rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .rows import Size

    Make = Callable[[], AbstractContextManager["Served"]]

FRAGMENT = ROOT / "openapi" / "journal-runs.yaml"
PRISM = "@stoplight/prism-cli@5"
PATIENCE = 20.0
"""Seconds for a command to be ready."""
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
    """When it was called, on the monotonic clock."""
    put: tuple[dict[str, str], bytes | None]
    """Content type and body of a PUT: a tenant insists on them, and Prism refuses what is not documented."""

    def cpu(self) -> float:
        """Seconds of CPU that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Megabytes in use."""
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
    """`zjr emulator`, ready."""
    began = time.monotonic()
    with command([Path(sys.executable).with_name("zjr"), "emulator", *options]) as process:
        ready = json.loads(pipe(process.stdout).readline())
        credentials = {name: ready[name] for name in ("client_id", "client_secret")}
        given = httpx.post(f"{ready['url']}/oauth/token", data={**credentials, "grant_type": "client_credentials"})
        yield Served(process.pid, ready["url"], given.json()["access_token"], began, JSON)


@contextmanager
def prism(program: Path) -> Iterator[Served]:
    """Prism, ready."""
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
    """Prism, installed the first time; None if it cannot be."""
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
    """Milliseconds of the server's CPU per request."""
    count, before = 0, server.cpu()
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:
        for method, path in requests:
            # As it came: Prism says gzip of what is none.
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
    """The emulator as a program, beside Prism."""
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
        ("emulator, start to first answer", "s", "start", 0.6),
        ("emulator, CPU of a GET over HTTP", "ms", "GET", 0.25),
        ("emulator, CPU of a cancel over HTTP", "ms", "cancel", None),
        ("emulator, memory in use after them", "MB", "memory", None),
    ):
        values = found[key]
        yield Row(work, unit, {"prism": values["prism"]} if "prism" in values else {}, {"ours": values["ours"]}, budget)


def in_process(size: Size) -> Iterator[Row]:
    """The emulator in this process."""

    def up_and_down() -> float:
        began = time.perf_counter()
        with Emulator():
            pass
        return (time.perf_counter() - began) * 1000

    up_and_down()
    yield Row("emulator, start and stop in process", "ms", {}, {"ours": median(up_and_down() for _ in range(21))}, 5)
    with ExitStack() as stack:
        stands = stack.enter_context(
            Emulator(pacing=AT_ONCE, seed=[SeedRun(number=number, entries=10) for number in NUMBERS])
        )
        client = stack.enter_context(stands.client())
        for work, call in (("GET", client.retrieve), ("cancel", client.cancel)):
            count = min(RUNS, 10 * size.calls)
            before = time.process_time()
            for number in NUMBERS[:count]:
                call(number)
            took = (time.process_time() - before) * 1000 / count
            yield Row(f"emulator, CPU of a {work} in process, with the client's", "ms", {}, {"ours": took})
