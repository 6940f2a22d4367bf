"""What goes on while several runs are waited for."""

from __future__ import annotations

import math
import re
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from tests.clock import FakeClock

from zuora_journal_runs.cli.progress import ProgressDisplay, Row, Seen
from zuora_journal_runs.emulator import HELD, Emulator, SeedRun

from .running import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = [f"JR-{number:08}" for number in range(500)]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MOVES = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b\[\?25[hl]|[\r\n]")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def screen(written: str) -> list[str]:
    """What a terminal shows in the end, of lines that are no wider than it is."""
    lines, row, at = [""], 0, 0
    written = COLOUR.sub("", written)
    for move in MOVES.finditer(written + "\n"):
        if text := written[at : move.start()]:
            lines[row] = text
        at = move.end()
        match move.group(), move.group(2):
            case "\n", _:
                row += 1
                lines += [""] * (row == len(lines))
            case _, "A":
                row -= int(move.group(1))
            case _, "K":
                lines[row] = ""
    return lines


@pytest.fixture
def held() -> Iterator[tuple[Emulator, list[str]]]:
    with Emulator() as emulator:
        yield emulator, [emulator.add_run(SeedRun(entries=2, pacing=HELD)) for _ in range(12)]


def test_without_a_terminal_there_is_one_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    with ProgressDisplay(RUNS, 600, clock.monotonic) as display:
        for number in RUNS:
            clock.sleep(0.25)
            display.update(number, Seen("CancelInprogress"))
            display.finish(number)

    assert capsys.readouterr().err.splitlines() == [
        "500 runs: waiting until the outcomes are known, 10 min at most",
        "240 of 500 runs done; JR-00000240: CancelInprogress",
        "480 of 500 runs done; JR-00000480: CancelInprogress",
    ]


def test_of_one_run_each_change_of_the_status_is_a_line_and_other_progress_one_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = FakeClock()
    with ProgressDisplay(RUNS[:1], math.inf, clock.monotonic) as display:
        assert capsys.readouterr().err == ""
        for cancelled in range(100):
            display.update(RUNS[0], Seen("CancelInprogress", cancelled, 100, 0.2, (100 - cancelled) / 0.2))
            clock.sleep(5)
        display.update(RUNS[0], Seen("Cancelled", 100, 100, 0.2, 0))

    first, *lines, last = capsys.readouterr().err.splitlines()
    assert first == f"{RUNS[0]}: waiting until the outcome is known"
    assert lines[0] == f"{RUNS[0]}: CancelInprogress, 0 of 100 entries cancelled, 0.2 per second, about 8 min 20 s left"
    assert [line.split()[2] for line in lines] == [f"{cancelled}" for cancelled in range(0, 100, 12)]
    assert last == f"{RUNS[0]}: Cancelled, 100 of 100 entries cancelled"


def test_nothing_is_reported_before_anything_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(RUNS, 600), ProgressDisplay(RUNS, None), ProgressDisplay(RUNS[:1], None):
        pass

    assert capsys.readouterr().err == ""


def test_a_display_of_one_run_has_a_bar_of_its_entries() -> None:
    display = ProgressDisplay(RUNS[:1], 600)

    assert display.rows() == [Row(f"{RUNS[0]}: waiting until the outcome is known, 10 min at most")]
    display.update(RUNS[0], Seen("CancelInprogress", 3, 10))
    assert display.rows()[1:] == [Row("CancelInprogress, 3 of 10 entries cancelled", 3, 10)]
    display.finish(RUNS[0])
    assert len(display.rows()) == 1


def test_a_display_of_several_runs_has_a_bar_for_each() -> None:
    display = ProgressDisplay(RUNS[:3], math.inf)
    display.update(RUNS[0], Seen("Cancelled"))
    display.finish(RUNS[0])
    display.update(RUNS[1], Seen("CancelInprogress", 1, 4))

    assert display.rows() == [
        Row("1 of 3 runs done"),
        Row(f"{RUNS[1]}: CancelInprogress, 1 of 4 entries cancelled", 1, 4),
    ]


def test_a_long_line_about_one_run_is_not_cut_off(held: tuple[Emulator, list[str]]) -> None:
    emulator, numbers = held
    terminal = Terminal("cancel", "--yes", numbers[0], variables=emulator.environ(), columns=40)
    terminal.until("CancelInprogress")
    emulator.release(numbers[0])

    assert terminal.end() == 0
    flat = " ".join(CONTROL.sub(" ", COLOUR.sub("", terminal.shown)).split())
    assert f"{numbers[0]}: waiting until the outcome is known, 1 h at most" in flat


def test_threads_may_report_at_the_same_time() -> None:
    with ProgressDisplay(RUNS, 600, FakeClock().monotonic) as display:

        def report(numbers: list[str]) -> None:
            for number in numbers:
                display.update(number, Seen("Completed"))
                display.finish(number)

        threads = [Thread(target=report, args=(RUNS[place::4],)) for place in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert display.rows() == [Row("500 of 500 runs done, 10 min at most")]


@pytest.mark.parametrize("columns", [40, 80])
def test_a_terminal_shows_what_is_seen_of_several_runs(held: tuple[Emulator, list[str]], columns: int) -> None:
    emulator, numbers = held
    terminal = Terminal(
        "cancel", "--yes", "JR-00000072", *numbers, "--yes", variables=emulator.environ(), columns=columns
    )
    terminal.until("and 2 more")
    for number in numbers:
        emulator.release(number)

    assert terminal.end() == 0
    shown = CONTROL.sub("\n", COLOUR.sub("", terminal.shown))
    assert "1 of 13 runs done, 1 h at most" in shown
    assert all(f"{number}: CancelInprogress" in shown for number in numbers[:10])
    assert "13 runs: 13 cancelled" in shown
    told = [line for line in shown.splitlines() if line.endswith("  cancelled")]
    assert [line.split()[0] for line in told] == ["JR-00000072", *numbers]
    assert max(map(len, shown.splitlines())) <= columns


def test_the_display_leaves_the_output_intact() -> None:
    with Emulator() as emulator:
        numbers = [f"JR-0000007{digit}" for digit in (1, 2, 3, 5)]
        terminal = Terminal("cancel", "--yes", *numbers, "--yes", variables=emulator.environ())

        assert terminal.end() == 3
    lines = screen(terminal.shown)
    assert [line.split()[0] for line in lines if line.startswith("JR-")] == numbers
    assert sum(line.startswith("  Happened  ") for line in lines) == 4
    assert [line for line in lines if line][-1] == "4 runs: 3 cancelled, 1 not completely cancelled"
    assert not any("runs done" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "seen", "answer"),
    [
        (("delete", "JR-00000072", "--yes"), "DeleteInprogress", "JR-00000072 is deleted."),
        (
            ("create", "--type", "Invoice Item", "--date", "2026-10-31", "--period", "Oct-2026"),
            "Pending",
            "Completed, 5 entries",
        ),
    ],
)
def test_a_wait_shows_on_a_terminal_what_is_seen(arguments: tuple[str, ...], seen: str, answer: str) -> None:
    with Emulator() as emulator:
        terminal = Terminal(*arguments, "--wait", variables=emulator.environ())

        assert terminal.end() == 0
    assert seen in terminal.shown
    lines = screen(terminal.shown)
    assert seen not in "".join(lines)
    assert [line for line in lines if line][-1].startswith(answer.partition(",")[0])


def test_a_terminal_shows_who_is_asked_if_nobody_waits() -> None:
    with Emulator() as emulator:
        terminal = Terminal("cancel", "--yes", "JR-00000075", "--yes", "--no-wait", variables=emulator.environ())

        assert terminal.end() == 0
    assert "JR-00000075: sending the request" in terminal.shown


def test_json_does_not_go_to_the_display(held: tuple[Emulator, list[str]]) -> None:
    """The display is on standard error; what is answered on standard output stays whole."""
    emulator, _ = held
    terminal = Terminal(
        "cancel", "--yes", "JR-00000072", "JR-00000071", "--yes", "--json", variables=emulator.environ()
    )

    assert terminal.end() == 0
    lines = [line for line in CONTROL.sub("\n", terminal.shown).splitlines() if line.startswith("{")]
    assert len(lines) == 2
    assert all(line.endswith("}") for line in lines)
