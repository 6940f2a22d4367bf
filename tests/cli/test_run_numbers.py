"""The run numbers that a command is given."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.cli import run_numbers as module
from zuora_journal_runs.cli.run_numbers import NUMBERS, run_numbers

if TYPE_CHECKING:
    from zuora_journal_runs.emulator import Emulator

    from .running import Zjr

COMMANDS = ("cancel", "delete")
RUN_NUMBERS = st.integers(1, 10**9).map("JR-{:08}".format)
BLANKS = st.text(" \t", min_size=1, max_size=3)
COMMENTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n")).map("#{}".format)
LINES = st.tuples(st.lists(RUN_NUMBERS, max_size=3), BLANKS | st.just(""), BLANKS, COMMENTS | st.just(""))
ENDS = st.sampled_from(["\n", "\r\n"])


def read(*given: str, stdin: bytes = b"") -> list[str] | str:
    """The numbers, or what is wrong."""
    found: list[str] = []

    @click.command()
    @NUMBERS
    def command(given: tuple[str, ...]) -> None:
        found.extend(run_numbers(given))

    result = CliRunner().invoke(command, given, input=stdin, standalone_mode=False)
    if isinstance(result.exception, click.UsageError):
        return result.exception.format_message()
    assert result.exception is None, result.exception
    return found


@given(st.lists(LINES), ENDS, st.booleans(), st.booleans())
def test_numbers_are_read_by_lines(
    lines: list[tuple[list[str], str, str, str]], end: str, marked: bool, ended: bool
) -> None:
    text = end.join(before + blanks.join(numbers) + before + comment for numbers, before, blanks, comment in lines)
    content = ("\ufeff" if marked else "") + text + (end if ended else "")
    expected = list(dict.fromkeys(number for numbers, *_ in lines for number in numbers))

    assert read("-", stdin=content.encode()) == (expected or "no run numbers on standard input")


@given(
    st.lists(RUN_NUMBERS, max_size=3),
    st.lists(RUN_NUMBERS, max_size=2),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n \t#"), min_size=1, max_size=12).filter(
        lambda text: not text.startswith("JR-")
    ),
)
def test_anything_else_is_named_with_its_place(lines: list[str], before: list[str], wrong: str) -> None:
    content = "\n".join([*lines, " ".join([*before, wrong, "JR-00000073"]), "JR-00000074"])
    column = sum(len(number) + 1 for number in before) + 1
    wrong = wrong.removeprefix("\ufeff") if not lines and not before else wrong

    said = read("-", stdin=content.encode())
    if wrong:
        assert isinstance(said, str)
        assert said.startswith(
            f"standard input, line {len(lines) + 1}, column {column}: {wrong!r} is not a journal run"
        )
        assert said.endswith("nothing was changed")


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b"JR-00000073,JR-00000074", "line 1, column 1: 'JR-00000073,JR-00000074' is not"),
        (b"JR-00000073 JR-00000074 -- DO NOT CANCEL\n", "line 1, column 25: '--', standard input, line 1, column 28: "),
        (b"JR-00000073\n\xff\xfe # \xff\n", "line 2, column 1: "),
        (
            b"JR-0000075\n",
            "line 1, column 1: JR-0000075 has 7 digits; a run number has at least 8; nothing was changed",
        ),
        (b"# \xff", "no run numbers on standard input"),
        (b"JR-00000073\x0cJR-00000074", "line 1, column 1: "),
        (b"a b c d e f g h i j k l\n", "column 19: 'j' and 2 more are not journal run numbers"),
        ("JR-00000073\n\ufeffJR-00000074".encode(), "line 2, column 1: '\\ufeffJR-00000074' is not"),
    ],
)
def test_wrong_input_is_explained(stdin: bytes, said: str) -> None:
    assert said in read("-", stdin=stdin)


def test_numbers_come_from_both_in_order_and_each_once() -> None:
    given = ["JR-00000073", "-", "JR-00000072"]

    assert read(*given, stdin=b"JR-00000071 JR-00000073") == ["JR-00000073", "JR-00000071", "JR-00000072"]


def test_a_number_that_is_repeated_is_reported() -> None:
    result = CliRunner().invoke(
        click.command()(NUMBERS(lambda given: run_numbers(given) and None)), ["JR-00000073"] * 2
    )

    assert result.stderr == "zjr: JR-00000073 is given 2 times; it is used once\n"


def test_standard_input_is_read_once() -> None:
    assert "give - only once" in read("-", "-", stdin=b"JR-00000073")


def test_a_closed_standard_input_has_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(click.UsageError, match="no run numbers"):
        module.run_numbers(["-"])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("arguments", "stdin", "named"),
    [
        (["JR-00000072", "nonsense", "JR-1"], "", "'nonsense', 'JR-1' are not journal run numbers"),
        (["-"], "JR-00000072\nJR-00000071\nJR-0000007x\n", "line 3, column 1: 'JR-0000007x' is not"),
        (["JR-00000072", "-"], "", None),
    ],
)
def test_nothing_is_sent_before_all_input_is_valid(
    zjr: Zjr, emulator: Emulator, command: str, arguments: list[str], stdin: str, named: str | None
) -> None:
    result = zjr(command, "--yes", *arguments, stdin=stdin)

    if named is None:
        assert emulator.requests
    else:
        assert result.exit_code == 2
        assert result.stdout == ""
        assert named in result.stderr
        assert not emulator.requests


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_in_a_comment_is_left_alone(zjr: Zjr, emulator: Emulator, command: str) -> None:
    zjr(command, "--yes", "-", stdin="JR-00000072\n# JR-00000071 -- DO NOT CANCEL\n")

    assert emulator.requests
    assert not any("JR-00000071" in request.path for request in emulator.requests)
