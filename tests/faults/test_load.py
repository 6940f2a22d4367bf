"""A month-end close on a bad day: many runs, faults, a small quota, and a process that forks in the middle of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_processes import finish

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import asyncio, os, sys, time, warnings
from random import Random

warnings.simplefilter("error")
# Python warns of any fork of a process with threads, from 3.12 on.
warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)

from zuora_journal_runs import AsyncJournalRunsClient, Backoff, JournalRunsClient
from zuora_journal_runs.emulator import Clock, Emulator, Pacing, SeedRun, Settings, Transfer
from zuora_journal_runs.emulator.clock import ClientClock

KIND = {kind!r}
LONG = 1e8
COUNT = 150
OF_THE_CHILD = [f"JR-{{number:08}}" for number in range(1001, 1011)]
FAULTS = ("status-503", "reset-after", "html-502", "truncated", "false-61", "reset")


def expected(number):
    place = int(number[3:])
    return "NotFoundError" if place % 50 == 0 else "1 blocked" if place % 10 == 0 else "complete"


def found(result):
    if result.error is not None:
        return type(result.error).__name__
    return "complete" if result.complete else f"{{len(result.outcome.blocked)}} blocked"


def check(results, numbers):
    wrong = [(result.number, found(result)) for result in results if found(result) != expected(result.number)]
    assert [result.number for result in results] == numbers
    assert not wrong, wrong


numbers = [f"JR-{{number:08}}" for number in range(1, COUNT + 1)]
emulator = Emulator(seed=[], random=Random(2), clock=Clock(running=False), settings=Settings(calls_per_minute=600, token_seconds=10**7))
emulator.add_runs(
    SeedRun(
        number=number,
        entries=2,
        transfers={{2: Transfer.YES}} if expected(number) == "1 blocked" else {{}},
        pacing=Pacing.parse("polls:2/1"),
    )
    for number in [*numbers, *OF_THE_CHILD]
    if expected(number) != "NotFoundError"
)
for seed, fault in enumerate(FAULTS):
    emulator.add_fault(f"any:2%@{{seed}}:{{fault}}")

class Shared(ClientClock):
    # What the child waits does not move the clock of its parent, who has to get on meanwhile.
    def sleep(self, seconds):
        if child == 0:
            time.sleep(0.002)
        super().sleep(seconds)

    async def sleep_async(self, seconds):
        if child == 0:
            time.sleep(0.002)
        await super().sleep_async(seconds)


child, reported = None, 0


def report(result):
    global child, reported
    reported += 1
    if reported == COUNT // 4:
        child = os.fork()
        if child == 0:
            status = 1
            # The server's sockets too: as long as the child had them, no connection that the server closes would end.
            os.closerange(3, 4096)
            try:
                in_the_child()
                status = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)


def in_the_child():
    patient = client.with_options(retry=Backoff(attempts=10**9))
    if KIND == "sync":
        check(patient.cancel_many(OF_THE_CHILD, timeout=LONG, stall_after=None), OF_THE_CHILD)
    else:
        check(asyncio.run(patient.cancel_many(OF_THE_CHILD, timeout=LONG, stall_after=None)), OF_THE_CHILD)


async def in_tasks():
    async with client:
        return await client.cancel_many(numbers, timeout=LONG, stall_after=None, on_result=report)


with emulator:
    made = JournalRunsClient if KIND == "sync" else AsyncJournalRunsClient
    client = made.from_env(emulator.environ(), clock=Shared(emulator.clock), random=Random(1), deadline=LONG)
    if KIND == "sync":
        with client:
            results = client.cancel_many(numbers, timeout=LONG, stall_after=None, on_result=report)
    else:
        results = asyncio.run(in_tasks())
    check(results, numbers)
    ended = 0
    while not ended:
        ended, status = os.waitpid(child, os.WNOHANG)
        emulator.clock.advance(1.0)
        time.sleep(0.002)
    assert status == 0, status
    used = {{fault for request in emulator.requests for fault in request.faults}}
    assert used == set(FAULTS), used
"""


@pytest.mark.posix("fork")
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_run_ends_with_its_true_outcome(kind: str, tmp_path: Path) -> None:
    finish(tmp_path / "close.py", CODE.format(kind=kind))
