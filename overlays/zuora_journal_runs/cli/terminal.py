"""Standard input, output and error: terminals or not."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

PROSE = 80
"""The maximum width of a text, in columns."""
_UNLIMITED = 1000
_TERMINAL = Path("/dev/tty")
"""The controlling terminal of this process, wherever standard input and output go."""


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal; None, a closed one, is not."""
    return stream is not None and stream.isatty()


def decorated(stream: TextIO | None) -> bool:
    """Return whether control codes may be written: not to a file, nor if NO_COLOR is set (no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO | None) -> int | None:
    """Return the width of a terminal in columns; None if `stream` is not one."""
    if stream is None or not is_terminal(stream):
        return None
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return os.get_terminal_size(stream.fileno()).columns or PROSE


def show(*renderables: RenderableType, to: TextIO | None = None, table: bool = False) -> None:
    """Write something for a person to read.

    Args:
        renderables: What to write.
        to: Where to write it; standard output by default.
        table: Whether it is a table, which may be wider than a text.
    """
    from rich.console import Console

    stream = to or sys.stdout
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
    # Rich pads the last column of a table with blanks.
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()), file=stream)


def program() -> str:
    """Return what to type for this command: its name, or its path if the shell does not find the name."""
    return "zjr" if shutil.which("zjr") else shlex.quote(sys.argv[0])


@dataclass(frozen=True)
class Person:
    """A person at a terminal.

    Args:
        keyboard: Where the person's input is read.
        screen: Where output for the person is written.
    """

    keyboard: TextIO
    screen: TextIO

    def confirms(self, question: str) -> bool:
        """Ask a question, and return whether the response is yes."""
        click.echo(f"{question} [y/N] ", nl=False, file=self.screen)
        if is_terminal(self.keyboard) and os.name == "posix":  # elsewhere, select is for sockets
            # A signal that arrives just before a read would wait for the person, too.
            while not select.select([self.keyboard], [], [], 1)[0]:
                pass
        return self.keyboard.readline().strip().lower() in ("y", "yes")


@contextmanager
def person() -> Iterator[Person | None]:
    """Find the person who runs this command; None if nobody could read a question and respond.

    Standard input and standard error may be redirected: the controlling terminal is used then.
    """
    with ExitStack() as stack:

        def terminal(mode: Literal["r", "w"]) -> TextIO | None:
            try:
                return stack.enter_context(_TERMINAL.open(mode, errors="replace"))
            except OSError:
                return None

        keyboard = sys.stdin if is_terminal(sys.stdin) else terminal("r")
        screen = sys.stderr if is_terminal(sys.stderr) else terminal("w")
        yield Person(keyboard, screen) if keyboard and screen and _in_foreground(keyboard) else None


def _in_foreground(terminal: TextIO) -> bool:
    """Return whether this process may read from a terminal. In the background, reading would stop it silently."""
    try:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except (AttributeError, OSError):  # on Windows; or it is not the terminal that controls this process
        return True
