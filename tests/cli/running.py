"""Run the command in this process, in its own process, and on a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import jsonschema_rs
import pytest
from click.testing import CliRunner, Result
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.cli import confirmation
from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.cli.schema import records_schema
from zuora_journal_runs.cli.session import Session
from zuora_journal_runs.cli.terminal import Person

with contextlib.suppress(ImportError):  # on Windows; Terminal skips its tests there
    import fcntl
    import pty
    import termios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CLEAN = (
    "COLUMNS",
    "NO_COLOR",
    "ZUORA_BASE_URL",
    "ZUORA_CLIENT_ID",
    "ZUORA_CLIENT_SECRET",
    "ZUORA_ENTITY_ID",
    "ZUORA_ENVIRONMENT",
    "ZUORA_ORG_IDS",
    "ZUORA_VERSION",
)
"""Variables that the environment of a test does not inherit."""
COMMAND = Path(sys.executable).with_name("zjr")
PATIENCE = 30.0
"""Seconds after which a silent process counts as stuck."""
SCHEMA = records_schema()
_schema = jsonschema_rs.Draft202012Validator(SCHEMA)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process, in which no other variables affect the command."""
    return {**{name: value for name, value in os.environ.items() if name not in CLEAN}, **variables}


class Zjr:
    """The command in this process, with an environment, and with waits that take no time."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)
        self.connect: Callable[..., JournalRunsClient] = partial(
            JournalRunsClient.from_env, clock=FakeClock(), random=Random(1)
        )

    def responding(self, handler: Callable[[httpx.Request], httpx.Response]) -> Zjr:
        """Return the command with a client whose requests go to a handler."""
        other = Zjr(self.variables)
        other.connect = partial(
            JournalRunsClient,
            "https://rest.example.com",
            token="a-token",
            clock=FakeClock(),
            random=Random(1),
            transport=httpx.MockTransport(handler),
        )
        return other

    def __call__(self, *arguments: str, stdin: str | bytes = "") -> Result:
        result = CliRunner(env=self.variables).invoke(zjr, arguments, input=stdin, obj=Session(self.connect))
        assert result.exc_info is None or result.exc_info[0] is SystemExit, result.exc_info
        assert "Traceback" not in result.output
        return result

    def json(self, *arguments: str, status: int = 0, stdin: str = "") -> list[Any]:
        """Return the records that the command prints, each checked against the schema."""
        result = self(*arguments, "--json", stdin=stdin)
        assert result.exit_code == status, result.output
        return records(result.stdout)


def records(stdout: str) -> list[Any]:
    """Return the records in an output, each checked against the schema."""
    found = [json.loads(line) for line in stdout.splitlines()]
    for record in found:
        _schema.validate(record)
    return found


class Ended(NamedTuple):
    """How a process ended."""

    status: int
    stdout: str
    stderr: str


def process(*arguments: str, variables: Mapping[str, str] | None = None, stdin: str = "") -> Ended:
    """Run the command in its own process, without a terminal."""
    done = subprocess.run(
        [COMMAND, *arguments],
        env=environment(variables or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        # Whoever runs the tests at a terminal is not asked.
        start_new_session=True,
    )
    assert "Traceback" not in done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def python(code: str) -> Ended:
    """Run code in its own process."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
terminal, background, command = int(sys.argv[1]), sys.argv[2] == "True", sys.argv[3:]
fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
os.set_inheritable(terminal, False)
if background and (child := os.fork()):
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
if background:
    os.setpgid(0, 0)
os.execv(command[0], command)
"""


class Terminal:
    """The command on a terminal of a given width, which is its controlling terminal.

    Standard input, output and error are the terminal, unless they are given. Where there are no such terminals, a test
    that makes one is skipped.
    """

    def __init__(
        self,
        *arguments: str,
        variables: Mapping[str, str],
        columns: int = 80,
        stdin: int | None = None,
        stderr: int | None = None,
        background: bool = False,
        controls: bool = True,
    ) -> None:
        if os.name != "posix":
            pytest.skip("there are no pseudo-terminals here")
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        command = [str(COMMAND), *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-c", ON_ITS_TERMINAL, str(theirs), str(background), *command] if controls else command,
            env=environment({"TERM": "xterm", **variables}),
            stdin=theirs if stdin is None else stdin,
            stdout=theirs,
            stderr=theirs if stderr is None else stderr,
            pass_fds=[theirs] if controls else (),
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until a text is shown."""
        while text not in self.shown:
            assert self._read(), self.shown

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read until the command ends, and return its exit status."""
        while self._read():
            pass
        os.close(self._ours)
        assert "Traceback" not in self.shown
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        if not ready:
            self.process.kill()
            self.process.wait(PATIENCE)
        assert ready, self.shown
        try:
            read = os.read(self._ours, 1 << 16)
        except OSError:  # as Linux says that the other end is closed
            return False
        self.shown += read.decode().replace("\r\n", "\n")
        return bool(read)


def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let a person say yes, and something change before that."""

    class Typing(Person):
        def confirms(self, question: str) -> bool:
            assert question
            change()
            return True

    @contextlib.contextmanager
    def person() -> Iterator[Person]:
        yield Typing(sys.stdin, sys.stderr)

    monkeypatch.setattr(confirmation, "person", person)
