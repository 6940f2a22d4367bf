"""Reruns and postings are killed at every step, and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.emulator import Clock, Emulator, SeedRun
from zuora_journal_runs.evidence import read_evidence

from .kills import OPERATIONS, RUN, Killed, Killer, KillingTransport, Ledger, Point, work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fuzzing import Effort

ROOT = Path(__file__).parents[2]


def emulating(**fields: Any) -> Emulator:
    seed = [SeedRun(number=RUN, **{"entries": 3, **fields})]
    return Emulator(seed=seed, random=Random(2), clock=Clock(running=False))


def live(emulator: Emulator) -> list[str]:
    return [run.number for run in emulator.runs() if run.status not in ("Cancelled", "DeleteInprogress")]


def attempt(emulator: Emulator, operation: str, folder: Path, point: Point | None) -> tuple[Any, Killer]:
    """Run a program that is killed at a point; return what it returned, or None."""

    def check_runs() -> None:
        assert len(live(emulator)) <= 1, "two live runs"

    killer = Killer(point)
    transport = KillingTransport(emulator.transport(), killer, check_runs)
    with (
        JournalRunsClient.from_env(
            emulator.environ(), transport=transport, clock=FakeClock(), random=Random(1)
        ) as client,
        killer.watching_lines(),
    ):
        try:
            return work(client, operation, folder, killer), killer
        except Killed:
            return None, killer


def points(operation: str, folder: Path) -> list[Point]:
    """Return every point at which a program can be killed that is not."""
    folder.mkdir()
    outcome, killer = attempt(emulating(), operation, folder, None)
    assert outcome.complete
    return killer.points()


def check_rerun(emulator: Emulator, outcome: Any, folder: Path) -> None:
    """Check that the old run is cancelled, that one was created in its place, and that the file says so."""
    assert outcome.complete
    assert live(emulator) == [outcome.created]
    assert len(emulator.runs()) == 2, "a run was created in vain"
    assert outcome.differences == (), "a cent was lost or doubled"
    conclusion = read_evidence(folder / "evidence.jsonl").conclusion
    assert conclusion is not None
    assert (conclusion.about, conclusion.facts["created"]) == ("rerun", outcome.created)


def check_postings(emulator: Emulator, folder: Path) -> None:
    """Check that no entry was posted twice, and that none is called transferred that was not posted."""
    posted = Ledger(folder / "ledger", Killer(None)).posted
    assert len({*posted}) == len(posted), "an entry was posted twice"
    for entry in emulator.run(RUN).entries:
        assert entry.transfer != "Yes" or entry.number in posted, "an entry that was not posted is called transferred"


def check_posting(emulator: Emulator, outcome: Any, folder: Path, operation: str) -> None:
    """Check that everything is posted and marked, or that the entries in doubt are named."""
    posted = Ledger(folder / "ledger", Killer(None)).posted
    shown = {entry.number: entry.transfer for entry in emulator.run(RUN).entries}
    named = {entry.number for entry in outcome.in_doubt}
    assert named >= {number for number in posted if shown[number] != "Yes"}
    if operation == "post, without asking":
        assert outcome.complete == (not named)
        # They are in doubt only because it was killed between the claim and the mark.
        assert len(named) <= 1
    else:
        assert outcome.complete
        assert sorted(posted) == sorted(shown)
    if operation != "post, without a file":
        conclusion = read_evidence(folder / "evidence.jsonl").conclusion
        assert conclusion is not None
        assert conclusion.facts["inDoubt"] == [entry.number for entry in outcome.in_doubt]


def check(emulator: Emulator, outcome: Any, folder: Path, operation: str) -> None:
    if operation == "rerun":
        check_rerun(emulator, outcome, folder)
    else:
        check_posting(emulator, outcome, folder, operation)
        check_postings(emulator, folder)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_killed_at_any_point_goes_on(operation: str, tmp_path: Path) -> None:
    where = points(operation, tmp_path / "whole")
    assert len(where) >= (25 if operation == "post, without a file" else 80)
    for number, point in enumerate(where):
        folder = tmp_path / str(number)
        folder.mkdir()
        emulator = emulating()
        outcome, _ = attempt(emulator, operation, folder, point)
        assert outcome is None, f"it was not killed at {point}"
        if operation != "rerun":
            check_postings(emulator, folder)
        outcome, _ = attempt(emulator, operation, folder, None)
        check(emulator, outcome, folder, operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_killed_again_and_again_goes_on(operation: str, tmp_path: Path, effort: Effort) -> None:
    """Each attempt is killed at a point of its own choice, until one comes to its end."""
    for seed in effort.seeds(range(20)):
        random = Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        emulator = emulating()
        outcome = None
        while outcome is None:
            event = random.choice(["request", "line", "callback"])
            point = Point(event, random.randint(1, 20), random.choice(["before", "within", "after"]))
            outcome, _ = attempt(emulator, operation, folder, point)
            if operation != "rerun":
                check_postings(emulator, folder)
        check(emulator, outcome, folder, operation)


class Nursery:
    """Starts programs one after another, each of which is killed by SIGKILL at a point."""

    def __init__(self, environ: dict[str, str]) -> None:
        # Coverage of a killed process is lost anyway.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kills"],
            cwd=ROOT,
            env={**inherited, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, operation: str, folder: Path, point: Point | None) -> int:
        """Return the exit status of a program; -9 if it was killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"operation": operation, "folder": str(folder), "point": None if point is None else astuple(point)}
        self.process.stdin.write(f"{json.dumps(order)}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def served() -> Iterator[tuple[Emulator, Nursery]]:
    with emulating() as emulator:
        nursery = Nursery(emulator.environ())
        yield emulator, nursery
        nursery.process.communicate(timeout=30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork, nor SIGKILL")
def test_processes_that_are_killed(served: tuple[Emulator, Nursery], tmp_path: Path, effort: Effort) -> None:
    """The same with SIGKILL: the file is what a process leaves behind that cannot clean up."""
    emulator, nursery = served
    where = {operation: points(operation, tmp_path / operation) for operation in OPERATIONS}
    kills = 0
    for seed in effort.seeds(range(20)):
        random = Random(seed)
        emulator.reset()
        folder = tmp_path / str(seed)
        folder.mkdir()
        operation = random.choice(OPERATIONS)
        for _ in range(2):
            # The first of them is met for certain.
            status = nursery.run(operation, folder, random.choice(where[operation]))
            if operation != "rerun":
                check_postings(emulator, folder)
            assert len(live(emulator)) <= 1
            assert status in (-signal.SIGKILL, 0, 1)
            kills += status == -signal.SIGKILL
        outcome, _ = attempt(emulator, operation, folder, None)
        check(emulator, outcome, folder, operation)
    assert kills >= len(list(effort.seeds(range(20))))
