"""`zjr emulator`, as a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs import JournalRunsClient

from .running import COMMAND, PATIENCE, Terminal, environment, process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Serving:
    """An emulator that runs."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "emulator", *arguments],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def client(self) -> JournalRunsClient:
        return JournalRunsClient(
            self.ready["url"], client_id=self.ready["client_id"], client_secret=self.ready["client_secret"]
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        """What else it said on standard output and error."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE)


@pytest.fixture
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.process.kill()
    serving.process.communicate(timeout=PATIENCE)


def test_it_says_in_one_line_where_it_is_and_serves_there(serving: Serving) -> None:
    assert list(serving.ready) == ["url", "client_id", "client_secret"]
    with serving.client() as client:
        assert client.retrieve("JR-00000075").status == "Completed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_silence(serving: Serving, number: signal.Signals) -> None:
    assert serving.stop(number) == ("", "")
    assert serving.process.returncode == 0


def test_its_runs_are_kept_in_a_file(tmp_path: Path) -> None:
    arguments = ("--db", str(tmp_path / "runs.db"))
    first = Serving(*arguments)
    with first.client() as client:
        client.cancel("JR-00000075")
    first.stop()

    second = Serving(*arguments)
    with second.client() as client:
        status = client.retrieve("JR-00000075").status
    second.stop()

    assert status == "CancelInprogress"
    assert second.ready["client_secret"] == first.ready["client_secret"]


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = process("emulator", "--port", str(port))

    assert ended.status == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("zjr: ")
    assert f"Port {port} on 127.0.0.1 is in use." in line


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes, and more than a few of them. " * 100)
    ended = process("emulator", "--db", str(tmp_path / "notes.txt"))

    assert ended.status == 1
    (line,) = ended.stderr.splitlines()
    assert "notes.txt" in line


def test_a_port_that_is_none_is_wrong_usage() -> None:
    assert process("emulator", "--port", "70000").status == 2


def test_a_person_is_told_how_to_use_it() -> None:
    terminal = Terminal("emulator", variables={})
    terminal.until("Ctrl-C ends it.")
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.end() == 0
    ready = json.loads(terminal.shown.splitlines()[0])
    assert f"  export ZUORA_BASE_URL={ready['url']}\n" in terminal.shown
    assert f"  export ZUORA_CLIENT_SECRET={ready['client_secret']}\n" in terminal.shown
    assert " cancel JR-00000075\n" in terminal.shown
