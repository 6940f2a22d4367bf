"""Kill a program anywhere: before or after a request, within a line of its evidence file, and within a callback.

In process, a kill is an exception that nothing handles: everything that was written and sent stays as it was. As a
program (`python -m tests.faults.kills`) it is SIGKILL, in a child process for each kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs._http import default_transport
from zuora_journal_runs.emulator import Emulator, SeedRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUN = "JR-00000075"


class Killed(BaseException):
    """The program is killed here."""


def raise_killed() -> NoReturn:
    raise Killed


def kill_process() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


@dataclass(frozen=True)
class Point:
    """Where a program is killed: at the nth event of a kind, before it, after it, or in its middle."""

    event: str
    """request, line or callback."""
    nth: int
    when: str
    """before, within (a line: half of it is written) or after."""


class Killer:
    """Counts events, and kills at one of them.

    Args:
        point: Where to kill; None for nowhere.
        kill: What kills.
    """

    def __init__(self, point: Point | None, kill: Callable[[], NoReturn] = raise_killed) -> None:
        self.counts: dict[str, int] = {}
        self._point, self._kill = point, kill

    def meet(self, event: str, when: str, number: int) -> None:
        if self._point == Point(event, number, when):
            self._kill()

    def begin(self, event: str) -> int:
        """Count an event that is about to happen; return its number."""
        number = self.counts[event] = self.counts.get(event, 0) + 1
        self.meet(event, "before", number)
        return number

    @contextlib.contextmanager
    def event(self, event: str) -> Iterator[None]:
        number = self.begin(event)
        yield
        self.meet(event, "after", number)

    def points(self) -> list[Point]:
        """Return every point at which this program could have been killed."""
        return [
            Point(event, nth, when)
            for event, count in self.counts.items()
            for nth in range(1, count + 1)
            for when in (("before", "within", "after") if event == "line" else ("before", "after"))
        ]

    @contextlib.contextmanager
    def watching_lines(self) -> Iterator[None]:
        """Count the lines that are written to evidence files, and kill within them."""
        write, sync = os.write, os.fsync

        def watched(file: int, content: Any) -> int:
            number = self.begin("line")
            if self._point == Point("line", number, "within"):
                write(file, content[: len(content) // 2])
                self._kill()
            written = write(file, content)
            self.meet("line", "after", number)
            return written

        os.write = watched
        # What is written survives the process. That it survives the machine costs time, and shows nothing here.
        os.fsync = lambda fd: None  # noqa: ARG005
        try:
            yield
        finally:
            os.write, os.fsync = write, sync


class KillingTransport(httpx.BaseTransport):
    """Counts requests on their way to another transport, and kills before or after one."""

    def __init__(self, inner: httpx.BaseTransport, killer: Killer, after: Callable[[], None] = lambda: None) -> None:
        self._inner, self._killer, self._after = inner, killer, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._killer.event("request"):
            response = self._inner.handle_request(request)
            self._after()
        return response

    def close(self) -> None:
        self._inner.close()


# The program, whose children are killed by SIGKILL.


class Ledger:
    """A ledger in a file: each line is an entry that was posted."""

    def __init__(self, path: Path, killer: Killer) -> None:
        self.path, self._killer = path, killer

    def post(self, entry: Any) -> None:
        with self._killer.event("callback"), self.path.open("a", encoding="utf-8") as file:
            file.write(f"{entry.number}\n")

    def has(self, entry: Any) -> bool:
        return entry.number in self.posted

    @property
    def posted(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").split() if self.path.exists() else []


OPERATIONS = ("rerun", "post", "post, without asking", "post, without a file")


def work(client: Any, operation: str, folder: Path, killer: Killer) -> Any:
    """Do what is to be interrupted."""
    evidence = folder / "evidence.jsonl"
    if operation == "rerun":
        return client.rerun(RUN, evidence=evidence)
    ledger = Ledger(folder / "ledger", killer)
    return client.post_entries(
        RUN,
        ledger.post,
        was_posted=None if operation == "post, without asking" else ledger.has,
        evidence=None if operation == "post, without a file" else evidence,
    )


def _child(operation: str, folder: Path, point: Point | None) -> bool:
    """Work until it is killed, or done; return whether the outcome is complete."""
    killer = Killer(point, kill_process)
    environ = dict(os.environ)
    transport = KillingTransport(default_transport(httpx.URL(environ["ZUORA_BASE_URL"])), killer)
    with (
        JournalRunsClient.from_env(environ, transport=transport, clock=FakeClock(), random=Random(1)) as client,
        killer.watching_lines(),
    ):
        return bool(work(client, operation, folder, killer).complete)


def main() -> None:
    """Read a kill from each line of standard input, and print how the child that met it ended."""
    # Slow imports are done once, by a program that comes to its end.
    target = dict(os.environ)
    with Emulator(seed=[SeedRun(number=RUN, entries=1)]) as emulator, TemporaryDirectory() as folder:
        os.environ.update(emulator.environ())
        for operation in ("rerun", "post"):
            emulator.reset()
            (Path(folder) / operation).mkdir()
            _child(operation, Path(folder) / operation, None)
    os.environ.update(target)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            point = None if order["point"] is None else Point(*order["point"])
            complete = _child(order["operation"], Path(order["folder"]), point)
            os._exit(0 if complete else 1)
        status = os.waitpid(child, 0)[1]
        sys.stdout.write(f"{json.dumps(os.waitstatus_to_exitcode(status))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
