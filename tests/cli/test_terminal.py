"""What is written to a terminal, and what is not."""

from __future__ import annotations

import io
import signal
import subprocess
from typing import IO, TYPE_CHECKING

import pytest

from zuora_journal_runs.cli import terminal as module
from zuora_journal_runs.emulator import HELD, Emulator

from .running import COMMAND, PATIENCE, Terminal, environment, process, python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.mark.posix("select on terminals")
def test_a_line_is_waited_for_a_second_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    polls = [[], [], ["the keyboard"]]
    monkeypatch.setattr("select.select", lambda *_: (polls.pop(0), [], []))
    assert module.Person(Keyboard("yes\n"), io.StringIO()).confirms("Cancel?")
    assert polls == []


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_control_codes_if_they_are_not_wanted(quick: Emulator, variables: dict[str, str]) -> None:
    terminal = Terminal("cancel", "--yes", "JR-00000075", "--yes", variables={**quick.environ(), **variables})

    assert terminal.end() == 3
    assert ESCAPE not in terminal.shown
    assert "JR-00000075  NOT everything is cancelled" in terminal.shown


def test_without_a_terminal_nothing_is_asked_and_no_control_code_is_written(quick: Emulator) -> None:
    ended = process("cancel", "--yes", "JR-00000075", variables=quick.environ())

    assert ended.status == 3
    assert ESCAPE not in ended.stdout + ended.stderr
    assert ended.stderr.splitlines() == [
        "JR-00000075: waiting until the outcome is known, 1 h at most",
        "JR-00000075: Completed, 9 of 10 entries cancelled",
    ]


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[IO[bytes]]:
    """Numbers in a file, as in `zjr cancel - < numbers.txt`."""
    file = tmp_path / "numbers.txt"
    file.write_text("JR-00000072\nJR-00000075  # the close\n# JR-00000074 -- DO NOT CANCEL\n")
    with file.open("rb") as opened:
        yield opened


@pytest.mark.measured
@pytest.mark.parametrize(("typed", "status", "changes"), [("y\n", 3, 1), ("n\n", 1, 0), ("\x04", 1, 0)])
def test_numbers_from_a_file_are_asked_about_on_the_terminal(
    quick: Emulator, listed: IO[bytes], typed: str, status: int, changes: int
) -> None:
    terminal = Terminal("cancel", "-", variables=quick.environ(), stdin=listed.fileno())
    terminal.until("Cancel JR-00000075? [y/N] ")
    assert not changed(quick)
    terminal.type(typed)

    assert terminal.end() == status
    assert sum("JR-00000075" in path for path in changed(quick)) == changes
    assert not any("JR-00000074" in request.path for request in quick.requests)


@pytest.mark.parametrize("command", ["cancel", "delete"])
def test_an_empty_standard_input_is_no_consent(quick: Emulator, command: str) -> None:
    terminal = Terminal(command, "JR-00000072", "JR-00000073", variables=quick.environ(), stdin=subprocess.DEVNULL)
    terminal.until("[y/N] ")
    terminal.type("n\n")

    assert terminal.end() == 1
    assert not changed(quick)


def test_what_would_be_done_is_shown_on_the_terminal_though_errors_are_not(quick: Emulator) -> None:
    terminal = Terminal("cancel", "JR-00000075", variables=quick.environ(), stderr=subprocess.DEVNULL)
    terminal.until("Cancel JR-00000075? [y/N] ")
    assert "JE-00000038" in terminal.shown
    terminal.type("n\n")

    assert terminal.end() == 1
    assert not changed(quick)


def test_in_the_background_nobody_is_asked(quick: Emulator, listed: IO[bytes]) -> None:
    for arguments, stdin in ((["JR-00000075"], None), (["-"], listed.fileno())):
        terminal = Terminal("cancel", *arguments, variables=quick.environ(), stdin=stdin, background=True)

        assert terminal.end() == 2
        assert "there is no terminal to ask for confirmation" in terminal.shown
    assert not changed(quick)


@pytest.mark.parametrize("arguments", [("cancel", "JR-00000075"), ("delete", "JR-00000072")])
def test_without_a_terminal_nothing_is_done_without_yes(quick: Emulator, arguments: tuple[str, ...]) -> None:
    ended = process(*arguments, variables=quick.environ(), stdin="y\n")

    assert ended.status == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1].endswith("to confirm, run the same command with --yes")
    assert not changed(quick)


@pytest.mark.measured
def test_a_terminal_that_controls_another_process_can_be_asked_all_the_same(quick: Emulator) -> None:
    terminal = Terminal("cancel", "JR-00000075", variables=quick.environ(), controls=False)
    terminal.until("[y/N] ")
    terminal.type("n\n")

    assert terminal.end() == 1


def changed(emulator: Emulator) -> list[str]:
    return [request.path for request in emulator.requests if request.method in ("PUT", "DELETE")]


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

    assert max(map(len, terminal.shown.splitlines())) <= columns


@pytest.mark.measured
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


@pytest.mark.measured
@pytest.mark.parametrize(("columns", "variables"), [(0, {}), (40, {"COLUMNS": "80"})])
def test_a_width_can_be_unknown_or_given(quick: Emulator, columns: int, variables: dict[str, str]) -> None:
    terminal = Terminal("entries", "JR-00000074", variables={**quick.environ(), **variables}, columns=columns)

    assert terminal.end() == 0
    assert "In accounting" in terminal.shown


STOPS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.measured
@pytest.mark.parametrize(("number", "status"), STOPS)
def test_stopping_on_a_terminal_says_what_is_known(number: int, status: int) -> None:
    with Emulator(pacing=HELD) as emulator:
        terminal = Terminal("cancel", "JR-00000075", "--yes", variables=emulator.environ())
        terminal.until("CancelInprogress")
        terminal.process.send_signal(number)

        assert terminal.end() == status
    assert terminal.shown.splitlines()[-1].endswith(
        "zjr: stopped; a cancellation of JR-00000075 may be in progress, and its outcome is not known yet; "
        "to continue: `zjr cancel --yes JR-00000075`"
    )


@pytest.mark.measured
@pytest.mark.parametrize(("number", "status"), STOPS)
def test_stopping_at_the_question_changes_nothing(quick: Emulator, number: int, status: int) -> None:
    terminal = Terminal("cancel", "JR-00000075", variables=quick.environ())
    terminal.until("[y/N] ")
    terminal.process.send_signal(number)

    assert terminal.end() == status
    assert terminal.shown.endswith("zjr: stopped; nothing was changed\n")
    assert not changed(quick)


@pytest.mark.posix("signals")
@pytest.mark.parametrize(
    ("arguments", "seen", "known"),
    [
        (
            ["cancel", "--yes", "JR-00000073", "JR-00000075"],
            "waiting until",
            "0 of 2 runs are done, and the outcomes of the others are not known yet; to continue, run ",
        ),
        (
            ["delete", "--yes", "--wait", "JR-00000072"],
            "JR-00000072: DeleteInprogress",
            "JR-00000072 may or may not be deleted; to check: `zjr get JR-00000072`",
        ),
        (
            ["create", "--type", "Invoice Item", "--date", "2026-10-31", "--period", "Oct-2026", "--wait"],
            ": Pending",
            "was created; to check it: `zjr get ",
        ),
    ],
    ids=["cancel", "delete", "create"],
)
def test_sigterm_ends_a_command_as_ctrl_c_does(arguments: list[str], seen: str, known: str) -> None:
    with Emulator(pacing=HELD) as emulator:
        running = subprocess.Popen(
            [COMMAND, *arguments],
            env=environment(emulator.environ()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stderr is not None
        with running.stderr:
            said = next(line for line in running.stderr if seen in line)
            # Whoever stops a group of processes may well do so twice.
            running.send_signal(signal.SIGTERM)
            running.send_signal(signal.SIGTERM)
            said += running.stderr.read()

    assert running.wait(PATIENCE) == 143
    assert said.splitlines()[-1].startswith("zjr: stopped; ")
    assert known in said.splitlines()[-1]
    assert "Traceback" not in said


@pytest.mark.measured
@pytest.mark.posix("signals")
def test_sigterm_before_a_command_begins_changes_nothing() -> None:
    code = """
import os, signal, sys
from zuora_journal_runs import cli

class Importing:
    def find_spec(self, name, *_):
        if name.endswith(".cli.app"):
            os.kill(os.getpid(), signal.SIGTERM)

sys.meta_path.insert(0, Importing())
sys.exit(cli.main())
"""
    ended = python(code)

    assert ended.status == 143
    assert ended.stderr == "zjr: stopped; nothing was changed\n"


@pytest.mark.measured
@pytest.mark.posix("signals")
def test_sigterm_is_ignored_if_it_was_before() -> None:
    code = "import os, signal, sys; from zuora_journal_runs.cli import signals\n"
    code += "signal.signal(signal.SIGTERM, signal.SIG_IGN); signals.handle_sigterm()\n"

    assert python(f"{code}os.kill(os.getpid(), signal.SIGTERM)") == (0, "", "")


@pytest.mark.measured
def test_a_reader_that_goes_away_is_no_fault(quick: Emulator) -> None:
    assert without_reader("get", "JR-00000075", emulator=quick) == (1, "")


@pytest.mark.measured
def test_a_reader_that_goes_away_during_a_change_is_reported_about() -> None:
    with Emulator(pacing="at-once") as emulator:
        status, stderr = without_reader(
            "cancel", "--yes", "JR-00000073", "JR-00000072", "JR-00000071", emulator=emulator
        )

    assert status == 1
    assert stderr.splitlines()[-1].startswith("zjr: stopped because nobody reads the output; ")


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
