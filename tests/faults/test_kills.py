"""Reruns and postings are killed at every step, and gone on with."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.emulator import Clock, Emulator, SeedRun
from zuora_journal_runs.evidence import read_evidence

from .kills import RUN, Killed, Killer, KillingTransport, Point, work

if TYPE_CHECKING:
    from pathlib import Path


def emulating(**fields: Any) -> Emulator:
    seed = [SeedRun(number=RUN, **{"entries": 3, **fields})]
    return Emulator(seed=seed, random=Random(2), clock=Clock(running=False))


def live(emulator: Emulator) -> list[str]:
    return [run.number for run in emulator.runs() if run.status not in ("Cancelled", "DeleteInprogress")]


def attempt(emulator: Emulator, operation: str, folder: Path, point: Point | None) -> tuple[Any, Killer]:
    """Run a program that is killed at a point; return what it returned, or None."""

    def check() -> None:
        assert len(live(emulator)) <= 1, "two live runs"

    killer = Killer(point)
    transport = KillingTransport(emulator.transport(), killer, check)
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
    conclusion = read_evidence(folder / "evidence.jsonl").conclusion
    assert conclusion is not None
    assert (conclusion.about, conclusion.facts["created"]) == ("rerun", outcome.created)


def test_a_rerun_that_is_killed_at_every_point_goes_on(tmp_path: Path) -> None:
    for number, point in enumerate(points("rerun", tmp_path / "whole")):
        folder = tmp_path / str(number)
        folder.mkdir()
        emulator = emulating()
        outcome, _ = attempt(emulator, "rerun", folder, point)
        assert outcome is None, f"it was not killed at {point}"
        outcome, _ = attempt(emulator, "rerun", folder, None)
        check_rerun(emulator, outcome, folder)
