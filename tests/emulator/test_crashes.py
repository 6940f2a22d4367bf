"""An emulator with a database file is killed again and again, and must continue where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fuzzing import Effort

pytestmark = pytest.mark.posix("fork and SIGKILL")

KILLS = 30
ENTRIES, STEPS = 150, 15
LISTED = 1000
"""How many runs are listed at most."""
BATCH = ENTRIES // STEPS
ADDED = 50

NURSERY = """
import json, os, signal, sys, time
from zuora_journal_runs.emulator import Emulator, Pacing, serve, server

def ready(emulator):
    said = {"url": emulator.url, "id": emulator.client_id, "secret": emulator.client_secret}
    print(json.dumps(said), flush=True)

# Slow imports are done once. The first line of input starts a new process, the second says when to kill it.
while sys.stdin.readline():
    child = os.fork()
    if not child:
        serve(Emulator(database=sys.argv[1], pacing=Pacing.parse(sys.argv[2]), seed=()), ready)
    time.sleep(float(sys.stdin.readline() or 0))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


class Nursery:
    """Starts emulators with the same file, one after another, and kills each."""

    def __init__(self, file: Path, pacing: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, file, pacing],
            # Coverage of a killed process is lost anyway.
            env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        self._say("start")
        return {**json.loads(self.process.stdout.readline())}

    def kill(self, seconds: float) -> None:
        """Kill the emulator after some seconds, without waiting."""
        self._say(f"{seconds}")

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path / "tenant.db", f"polls:1/{STEPS}")
    yield nursery
    nursery.process.communicate(timeout=30)


class Customer:
    """Requests changes until the emulator dies, and remembers the acknowledged ones."""

    def __init__(self) -> None:
        self.token = ""
        self.run: str | None = None
        self.cancelled = 0
        self.asked = False
        self.added: list[str] = []
        self.steps = 0

    @contextlib.contextmanager
    def connect(self, ready: dict[str, Any]) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=ready["url"], headers={"Zuora-Version": "2025-08-12"}) as http:
            if not self.token:
                form = {"client_id": ready["id"], "client_secret": ready["secret"], "grant_type": "client_credentials"}
                self.token = http.post("/oauth/token", data=form).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {self.token}"
            yield http

    def check(self, http: httpx.Client) -> None:
        """Check the state after a restart: all acknowledged changes, at most one more step, nothing incomplete."""
        runs = http.get("/_emulator/runs").json()["runs"]
        listed = {run["number"] for run in runs}
        unlisted = [number for number in self.added if number not in listed]
        assert not unlisted or len(runs) == LISTED
        for number in unlisted[-20:]:
            self.show(http, number)
        if runs:
            assert len(self.show(http, runs[-1]["number"])["entries"]) == runs[-1]["entries"]
            assert runs[-1]["entries"] in (ADDED, ENTRIES)
        if self.run is None:
            return
        shown = self.show(http, self.run)
        statuses = [entry["status"] for entry in shown["entries"]]
        cancelled = statuses.count("Cancelled")
        assert statuses == ["Cancelled"] * cancelled + ["Created"] * (ENTRIES - cancelled)
        assert self.cancelled <= cancelled <= self.cancelled + BATCH
        assert cancelled % BATCH == 0
        if self.asked:
            assert shown["status"] in ("CancelInprogress", "Cancelled")
        self.cancelled = cancelled
        self.asked = shown["status"] != "Completed"
        if shown["status"] == "Cancelled":
            assert cancelled == ENTRIES
            self.run = None

    def show(self, http: httpx.Client, number: str) -> Any:
        return http.get(f"/_emulator/runs/{number}").raise_for_status().json()

    def step(self, http: httpx.Client) -> None:
        self.steps += 1
        if self.run is None:
            self.cancelled, self.asked = 0, False
            self.run = self.add(http, ENTRIES)
        elif not self.asked:
            assert http.put(f"/v1/journal-runs/{self.run}/cancel", json={}).json()["success"] is True
            self.asked = True
        elif self.steps % 2:
            self.added.append(self.add(http, ADDED))
        else:
            page = http.get(f"/v1/journal-entries/journal-runs/{self.run}", params={"pageSize": ENTRIES}).json()
            self.cancelled = sum(entry["status"] == "Cancelled" for entry in page["journalEntries"])
            if self.cancelled == ENTRIES and self.show(http, self.run)["status"] == "Cancelled":
                self.run = None

    def add(self, http: httpx.Client, entries: int) -> str:
        (number,) = http.post("/_emulator/runs", json={"runs": [{"entries": entries}]}).json()["numbers"]
        return str(number)


def test_acknowledged_changes_survive_every_kill(nursery: Nursery, effort: Effort) -> None:
    random = Random(effort.seed)
    customer = Customer()
    for _ in range(KILLS * effort.factor):
        with customer.connect(nursery.start()) as http:
            customer.check(http)
            nursery.kill(random.uniform(0, 0.1))
            with contextlib.suppress(httpx.TransportError):
                while True:
                    customer.step(http)
    with customer.connect(nursery.start()) as http:
        customer.check(http)
        while customer.run or customer.steps < 100:
            customer.step(http)
        runs = http.get("/_emulator/runs").json()["runs"]
    large = [run for run in runs if run["entries"] == ENTRIES]
    assert large
    assert {(run["status"], run["cancelledEntries"]) for run in large} <= {("Cancelled", ENTRIES), ("Completed", 0)}
