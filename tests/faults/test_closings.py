"""Reruns, postings and marks meet each fault: nothing is done twice, nothing false is said, and a second call goes on.

The emulator responds, and one kind of its requests meets a fault: once, or always. Then the fault is healed, and the same
call is made again, with the same evidence file.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors
from zuora_journal_runs._http import body as body_module
from zuora_journal_runs.emulator import Clock, Emulator, SeedRun

from .clients import KINDS
from .faults import FAULTS, Fault
from .kills import RUN
from .test_generated import SOME
from .waits import respond_with

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPERATIONS = {
    "token": ("POST", re.compile(r"/oauth/token")),
    "create": ("POST", re.compile(r"/v1/journal-runs")),
    "run": ("GET", re.compile(r"/v1/journal-runs/[^/]+")),
    "cancel": ("PUT", re.compile(r"/v1/journal-runs/[^/]+/cancel")),
    "entries": ("GET", re.compile(r"/v1/journal-entries/journal-runs/[^/]+")),
    "update": ("PUT", re.compile(r"/v1/journal-entries/[^/]+/basic-information")),
}
METHODS = {
    "rerun": ("token", "run", "entries", "cancel", "create"),
    "post_entries": ("token", "run", "entries", "update"),
    "transfer": ("token", "run", "entries", "update"),
}
"""The methods, and the requests that they send."""
CHANGES = ("cancel", "create", "update")
TIMEOUT = 120.0


@dataclass(frozen=True)
class Cell:
    method: str
    operation: str
    fault: Fault
    lasting: bool
    kind: str

    @property
    def name(self) -> str:
        when = "always" if self.lasting else "once"
        return f"{self.method} - {self.operation} - {self.fault.name} - {when} - {self.kind}"


def befalls(fault: Fault, operation: str) -> bool:
    """Return whether a fault can befall a kind of request."""
    if fault.of_token:
        return operation == "token"
    its_name = {"run": "retrieve"}.get(operation, operation)
    return operation != "token" and (not fault.only or its_name in fault.only)


CELLS = [
    Cell(method, operation, fault, lasting, list(KINDS)[place % 2])
    for method, operations in METHODS.items()
    for operation in operations
    for place, fault in enumerate(FAULTS)
    if befalls(fault, operation)
    # What changes something meets all of them.
    if fault.name in SOME or operation in CHANGES
    for lasting in (False, True)
    # What always befalls a wait is in the table of waits.
    if not lasting or (fault.name in SOME and operation in CHANGES)
]


@dataclass(frozen=True)
class Call:
    request: httpx.Request


class FaultyEmulator(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An emulator of which one kind of requests meets a fault."""

    def __init__(self, emulator: Emulator, cell: Cell) -> None:
        self.emulator, self.cell = emulator, cell
        self.met = 0
        self.healed = False
        self._inner = emulator.transport()
        self._respond = respond_with(cell.fault)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method, route = OPERATIONS[self.cell.operation]
        befallen = request.method == method and route.fullmatch(request.url.path) is not None
        if befallen and not self.healed and (self.cell.lasting or not self.met):
            self.met += 1
            return self._respond(self, Call(request))  # type: ignore[arg-type]
        response = self._inner.handle_request(request)
        assert len(live(self.emulator)) <= 1, "two live runs"
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)

    def act(self, call: Call) -> tuple[int, bytes]:
        """Process a request whose response the fault distorts, or loses."""
        response = self._inner.handle_request(call.request)
        return response.status_code, response.read()


def live(emulator: Emulator) -> list[str]:
    return [run.number for run in emulator.runs() if run.status not in ("Cancelled", "DeleteInprogress")]


def attempt(
    cell: Cell, transport: FaultyEmulator, work: Callable[[Any], Any]
) -> tuple[Any, errors.JournalRunsError | None]:
    """Return the outcome, or the error. Anything but an error of this package is a failure."""
    arguments: dict[str, Any] = {"clock": FakeClock(), "random": Random(1)}
    environ = transport.emulator.environ()

    async def main() -> Any:
        async with AsyncJournalRunsClient.from_env(environ, transport=transport, **arguments) as client:
            return await work(client)

    try:
        if cell.kind == "async":
            return asyncio.run(main()), None
        with JournalRunsClient.from_env(environ, transport=transport, **arguments) as client:
            return work(client), None
    except errors.JournalRunsError as error:
        return None, error


@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.name) for cell in CELLS])
def test_cell(cell: Cell, count: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count()
    monkeypatch.setattr(body_module, "LARGEST", 2**21)
    monkeypatch.setattr("os.fsync", lambda fd: None)  # noqa: ARG005
    emulator = Emulator(seed=[SeedRun(number=RUN, entries=2)], random=Random(2), clock=Clock(running=False))
    transport = FaultyEmulator(emulator, cell)
    posted: list[str] = []

    def work(client: Any) -> Any:
        evidence = tmp_path / "evidence.jsonl"
        if cell.method == "rerun":
            return client.rerun(RUN, evidence=evidence, timeout=TIMEOUT)
        if cell.method == "transfer":
            return client.transfer(RUN, evidence=evidence, timeout=TIMEOUT)
        return client.post_entries(
            RUN,
            lambda entry: posted.append(entry.number),
            was_posted=lambda entry: entry.number in posted,
            evidence=evidence,
            timeout=TIMEOUT,
        )

    outcome, error = attempt(cell, transport, work)
    assert transport.met, "the fault was not met"
    check(cell, emulator, posted, outcome, error)
    transport.healed = True
    outcome, error = attempt(cell, transport, work)
    assert error is None, error
    assert outcome.complete
    check(cell, emulator, posted, outcome, error)


def check(
    cell: Cell, emulator: Emulator, posted: list[str], outcome: Any, error: errors.JournalRunsError | None
) -> None:
    """Check that what is said is true, and nothing was done twice."""
    runs = {run.number: run.status for run in emulator.runs()}
    marks = {entry.number: entry.transfer for entry in emulator.run(RUN).entries}
    assert len(live(emulator)) <= 1, "two live runs"
    assert len(runs) <= 2, "two runs were created"
    assert len({*posted}) == len(posted), "an entry was posted twice"
    if cell.method == "post_entries":
        assert all(number in posted for number, mark in marks.items() if mark == "Yes"), "called transferred"
    if outcome is not None and outcome.complete:
        if cell.method == "rerun":
            assert runs == {RUN: "Cancelled", outcome.created: "Completed"}
            assert outcome.differences == ()
        else:
            assert {*marks.values()} == {"Yes"}
    if error is not None and not error.maybe_processed and cell.method == "rerun":
        # Whatever was requested by this call, it was refused or never sent.
        assert len(runs) == 1


def test_no_cell_stands_twice() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)
