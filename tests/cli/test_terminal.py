"""What is written to a terminal, and what is not."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.cli import terminal as module
from zuora_journal_runs.emulator import HELD, Emulator

from .running import COMMAND, PATIENCE, Terminal, environment, process

if TYPE_CHECKING:
    from zuora_journal_runs.emulator import Emulator as _Emulator

ESCAPE = "\x1b"


def test_a_terminal_is_asked_and_shown_what_goes_on(quick: Emulator) -> None:
    terminal = Terminal("cancel", "JR-00000075", variables=quick.environ())
    terminal.until("Cancel JR-00000075? [y/N] ")
    assert "JE-00000038" in terminal.shown
    assert not any(request.method == "PUT" for request in quick.requests)
    terminal.type("y\n")

    assert terminal.end() == 3
    assert f"{ESCAPE}[33mNOT everything is cancelled{ESCAPE}[0m" in terminal.shown
    assert "JR-00000075: waiting until" in terminal.shown


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_control_codes_if_they_are_not_wanted(quick: Emulator, variables: dict[str, str]) -> None:
    terminal = Terminal("cancel", "JR-00000075", "--yes", variables={**quick.environ(), **variables})

    assert terminal.end() == 3
    assert ESCAPE not in terminal.shown
    assert "JR-00000075  NOT everything is cancelled" in terminal.shown


def test_without_a_terminal_nothing_is_asked_and_no_control_code_is_written(quick: Emulator) -> None:
    ended = process("cancel", "JR-00000075", variables=quick.environ())

    assert ended.status == 3
    assert ESCAPE not in ended.stdout + ended.stderr
    assert "[y/N]" not in ended.stderr
    assert ended.stderr == "JR-00000075: waiting until the outcome is known, 600 s at most\n"


def test_what_cannot_be_seen_is_not_asked(quick: Emulator) -> None:
    terminal = Terminal("cancel", "JR-00000075", variables=quick.environ(), stderr=subprocess.DEVNULL)

    assert terminal.end() == 2
    assert not quick.requests


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "JR-00000075"),
        ("entries", "JR-00000074"),
        ("cancel", "JR-00000075", "--dry-run"),
        ("cancel", "JR-00000075", "--yes"),
    ],
)
def test_a_line_is_no_longer_than_the_terminal_is_wide(
    quick: Emulator, columns: int, arguments: tuple[str, ...]
) -> None:
    terminal = Terminal(*arguments, variables={**quick.environ(), "NO_COLOR": "1"}, columns=columns)
    terminal.end()

    text = terminal.shown.replace("JR-00000075: waiting until the outcome is known, 600 s at most\n", "")
    assert max(map(len, text.splitlines())) <= columns


def test_a_narrow_terminal_shows_all_of_an_entry(quick: Emulator) -> None:
    terminal = Terminal("entries", "JR-00000074", variables={**quick.environ(), "NO_COLOR": "1"}, columns=40)

    assert terminal.end() == 0
    assert terminal.shown.splitlines() == [
        "JR-00000074: 3 entries, 0 cancelled",
        "JE-00000029  18,199.50 USD  Created",
        "  Electronic Payment; in accounting: No",
        "JE-00000030  211,218.89 USD  Created",
        "  Electronic Refund; in accounting:",
        "  Processing",
        "JE-00000031  230,063.91 USD  Created",
        "  Electronic Payment; in accounting: No",
    ]


@pytest.mark.parametrize(("columns", "variables"), [(0, {}), (40, {"COLUMNS": "80"})])
def test_a_width_can_be_unknown_or_given(quick: Emulator, columns: int, variables: dict[str, str]) -> None:
    terminal = Terminal("entries", "JR-00000074", variables={**quick.environ(), **variables}, columns=columns)

    assert terminal.end() == 0
    assert "In accounting" in terminal.shown


def test_stopping_on_a_terminal_says_what_is_known() -> None:
    with Emulator(pace=HELD) as emulator:
        terminal = Terminal("cancel", "JR-00000075", "--yes", variables=emulator.environ())
        terminal.until("CancelInprogress")
        terminal.process.send_signal(signal.SIGINT)

        assert terminal.end() == 130
    assert terminal.shown.splitlines()[-1].endswith(
        "zjr: stopped; a cancellation of JR-00000075 may be under way, and what it did is not known yet; "
        "to go on: `zjr cancel JR-00000075`"
    )


def test_a_reader_that_goes_away_is_no_fault(quick: Emulator) -> None:
    assert without_reader("get", "JR-00000075", emulator=quick) == (1, "")


def test_a_reader_that_goes_away_during_a_change_is_told_about() -> None:
    with Emulator(pace="at-once") as emulator:
        status, stderr = without_reader("cancel", "JR-00000073", "JR-00000072", "JR-00000071", emulator=emulator)

    assert status == 1
    assert stderr.splitlines()[-1].startswith("zjr: stopped, since nobody reads the output any more; ")


def without_reader(*arguments: str, emulator: _Emulator) -> tuple[int, str]:
    """Run the command with a standard output that nobody reads; its exit status and what it said on standard error."""
    running = subprocess.Popen(
        [COMMAND, *arguments],
        env=environment(emulator.environ()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    with running.stderr:
        said = running.stderr.read()
    return running.wait(PATIENCE), said


def test_a_stream_that_is_closed_is_no_terminal() -> None:
    assert not module.is_terminal(None)
    assert module.columns(None) is None


@pytest.mark.parametrize(
    ("stdin", "stderr", "yes", "asked"),
    [(True, True, False, True), (True, True, True, False), (False, True, False, False), (True, False, True, False)],
)
def test_only_a_person_is_asked(
    monkeypatch: pytest.MonkeyPatch, stdin: bool, stderr: bool, yes: bool, asked: bool
) -> None:
    terminals = {"in": stdin, "err": stderr}

    class System:
        stdin = "in"
        stderr = "err"

    monkeypatch.setattr(module, "sys", System)
    monkeypatch.setattr(module, "is_terminal", terminals.__getitem__)

    assert module.asks(yes) is asked
