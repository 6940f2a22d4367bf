"""A client that was made before a fork works in the child; so does an emulator that is started there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.emulator import Emulator, SeedRun

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.posix("fork")

RUN = "JR-00000075"

# As gunicorn does it with --preload: what the module makes is there before the workers are forked.
MODULE = """
import asyncio, atexit, multiprocessing, os, threading, warnings

warnings.simplefilter("error")
# Python warns of any fork of a process with threads, from 3.12 on.
warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient

RUN = "JR-00000075"
client = JournalRunsClient.from_env(deadline=20.0)
async_client = AsyncJournalRunsClient.from_env(deadline=20.0)
atexit.register(lambda: client.close())


def work():
    assert client.retrieve(RUN).number == RUN
    assert asyncio.run(async_client.retrieve(RUN)).number == RUN
    (result,) = client.cancel_many([RUN], wait=False)
    assert result.error is None, result.error


def run(method):
    children = [multiprocessing.get_context(method).Process(target=work) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(30)
        assert child.exitcode == 0, child.exitcode
"""

BEFORE_FORK = {
    "unused": "pass",
    "used": """
client.retrieve(RUN)
loop = asyncio.new_event_loop()
loop.run_until_complete(async_client.retrieve(RUN))
""",
    "busy": """
# Other threads have the lock, all permits, and are requesting a token.
for each in (client, async_client):
    caller = each.connection.pipeline
    while caller.limiter.try_acquire(0.0):
        pass
    caller.authorizer.cache(None)[1].get(0.0, None)

def hold():
    with caller.limiter._lock, caller.authorizer.cache(None)[1]._lock, client.connection.transport._pool._optional_thread_lock:
        held.set()
        threading.Event().wait()

held = threading.Event()
threading.Thread(target=hold, daemon=True).start()
held.wait()
""",
}
AFTER_FORK = {
    "unused": "work()",
    "used": """
(kept,) = client.connection.transport._pool.connections
client.retrieve(RUN)
assert client.connection.transport._pool.connections == [kept], "the child closed the parent's connection"
loop.run_until_complete(async_client.retrieve(RUN))
loop.run_until_complete(async_client.aclose())
loop.close()
client.close()
""",
    "busy": "os._exit(0)  # closing the client would wait for the lock",
}


def finish(script: Path, code: str, **environ: str) -> None:
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.measured
@pytest.mark.parametrize(
    ("method", "state"), [("fork", "unused"), ("fork", "used"), ("fork", "busy"), ("spawn", "unused")]
)
def test_a_client_that_is_made_before_the_workers(method: str, state: str, tmp_path: Path) -> None:
    code = f"{MODULE}\n\nif __name__ == '__main__':\n"
    for part in (BEFORE_FORK[state], f"run('{method}')", AFTER_FORK[state]):
        code += "\n".join(f"    {line}" for line in part.strip().splitlines()) + "\n"
    with Emulator(seed=[SeedRun(number=RUN, entries=1)]) as emulator:
        finish(tmp_path / "workers.py", code, **emulator.environ())


@pytest.mark.measured
def test_an_emulator_in_the_child_of_a_process_that_serves_one(tmp_path: Path) -> None:
    code = """if True:
        import multiprocessing, warnings
        import httpx

        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*fork.*", DeprecationWarning)
        from zuora_journal_runs.emulator import Emulator

        def serve(inherited):
            with Emulator() as mine:
                assert mine.url != inherited.url
                assert httpx.get(mine.url).status_code
            inherited.stop()  # which is the parent's

        with Emulator() as emulator, httpx.Client() as kept:
            assert kept.get(emulator.url).status_code
            child = multiprocessing.get_context("fork").Process(target=serve, args=(emulator,))
            child.start()
            child.join(30)
            assert child.exitcode == 0, child.exitcode
            assert kept.get(emulator.url).status_code
            assert httpx.get(emulator.url).status_code
    """
    finish(tmp_path / "emulators.py", code)
