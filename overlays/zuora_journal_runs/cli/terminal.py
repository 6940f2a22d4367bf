"""Standard input, output and error: terminals or not."""

from __future__ import annotations

import os
import shutil
import sys
from io import StringIO
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

PROSE = 80
"""Columns of a text, at most."""
_UNLIMITED = 1000


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is there."""
    return stream is not None and stream.isatty()


def decorated(stream: TextIO | None) -> bool:
    """Whether control codes may be written: not to a file, nor if NO_COLOR says so (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO | None) -> int | None:
    """How wide a terminal is; None for what is none."""
    if stream is None or not is_terminal(stream):
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return os.get_terminal_size(stream.fileno()).columns or PROSE


def show(*renderables: RenderableType, err: bool = False, table: bool = False) -> None:
    """Write for a person: text no wider than is read well, tables as wide as they are."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    widest = _UNLIMITED if table else PROSE
    console = Console(
        file=StringIO(),
        width=min(columns(stream) or widest, widest),
        force_terminal=decorated(stream),
        color_system="standard" if decorated(stream) else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(*renderables, sep="\n")
    # Tables fill their last column with blanks.
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), err=err)


def program() -> str:
    """What to type for this command: its name, or where the shell does not find that, its path."""
    return "zjr" if shutil.which("zjr") else sys.argv[0]


def confirmed(question: str) -> bool:
    """Ask on standard error, and read the answer from standard input."""
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def asks(yes: bool) -> bool:
    """Whether to ask before anything is changed: only a person, who can be shown what is asked.

    Raises:
        UsageError: a person is there to answer, but would not see the question.
    """
    if yes or not is_terminal(sys.stdin):
        return False
    if not is_terminal(sys.stderr):
        raise click.UsageError("standard error is not shown, so you cannot be asked: give --yes")
    return True
