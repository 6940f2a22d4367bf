"""What goes on while one waits, on standard error."""

from __future__ import annotations

import math
import sys
import threading
import time
from contextlib import contextmanager
from itertools import chain, repeat
from textwrap import fill
from typing import TYPE_CHECKING, Self

import click

from .formatting import format_duration, one_line
from .terminal import columns, decorated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.live import Live

_SHOWN = 10
"""Runs that a live display names; of more it says how many."""
_BETWEEN_LINES = 30.0
"""Seconds from one line about several runs to the next, where there is no live display."""
_SIGNS = "-\\|/"
_A_SECOND = 8
"""How often a live display is drawn in a second."""


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """Say what is waited for, and then whatever is given: in one live line, or without a terminal in a line for each.

    What is said twice in a row is one line.
    """
    said = [text]
    if decorated(sys.stderr):
        live = _live(lambda: said[-1:], time.monotonic())
        live.start(refresh=True)
        try:
            yield said.append
        finally:
            live.stop()
        return
    _write(text)

    def say(text: str) -> None:
        if text != said[-1]:
            said.append(text)
            _write(text)

    yield say


def at_most(seconds: float) -> str:
    """Return how long is waited at most, in words; nothing for no limit."""
    return "" if seconds == math.inf else f", {format_duration(seconds)} at most"


def _write(text: str) -> None:
    """Write a line to standard error; on a terminal that is narrower, several."""
    width = columns(sys.stderr)
    click.echo(one_line(text) if width is None else fill(one_line(text), width, break_on_hyphens=False), err=True)


class ProgressDisplay:
    """What is seen of runs that are worked on side by side: a live display, or without a terminal a few lines.

    Any thread may tell it what was seen.

    Args:
        numbers: The runs' numbers.
        timeout: Seconds to wait; None if nobody waits.
        clock: Seconds that pass.
        awaited: What is waited for, of one run and of several.
    """

    def __init__(
        self,
        numbers: Sequence[str],
        timeout: float | None,
        clock: Callable[[], float] = time.monotonic,
        awaited: tuple[str, str] = ("the outcome is known", "the outcomes are known"),
    ) -> None:
        self._awaited = awaited
        self._lock = threading.Lock()
        self._left = dict.fromkeys(numbers, "")
        self._states: dict[str, str] = {}
        self._total = len(numbers)
        self._timeout = timeout
        self._clock = clock
        self._said = clock()
        self._live: Live | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if decorated(sys.stderr):
            self._show()
        elif self._timeout is not None:
            several = f"{self._total:,} runs: waiting until {self._awaited[1]}{at_most(self._timeout)}"
            _write(several if self._total > 1 else self.lines()[0])
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def saw(self, number: str, state: str, speed: str = "") -> None:
        """Show how a run was seen, and how fast it goes on. A change of the speed alone makes no new line."""
        with self._lock:
            changed = self._states.get(number) != state
            self._states[number] = state
            self._left[number] = state = f"{state}{speed}"
            now = self._clock()
            due = changed if self._total == 1 else now - self._said >= _BETWEEN_LINES
            if self._live is not None or not due:
                return
            self._said = now
            seen = f"{number}: {state}"
            line = seen if self._total == 1 else f"{self._progress()}; {seen}"
            _write(line)

    def ended(self, number: str) -> None:
        """A run is done with."""
        with self._lock:
            del self._left[number]

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the live display away, so that something else can be written."""
        if self._live is None:
            yield
            return
        self._live.stop()
        try:
            yield
        finally:
            self._show()

    def _show(self) -> None:
        """Begin a live display. One that was stopped would begin by erasing what was written since."""
        self._live = _live(self.lines, self._began)
        self._live.start(refresh=True)

    def _progress(self) -> str:
        return f"{self._total - len(self._left):,} of {self._total:,} runs done"

    def lines(self) -> list[str]:
        """What a live display shows."""
        with self._lock:
            limit = "" if self._timeout is None else at_most(self._timeout)
            if self._total == 1:
                unseen = f"waiting until {self._awaited[0]}{limit}" if self._timeout is not None else "asking"
                return [f"{number}: {state or unseen}" for number, state in self._left.items()]
            seen = [f"{number}: {state}" for number, state in self._left.items() if state]
            more = [f"and {len(seen) - _SHOWN:,} more"] if len(seen) > _SHOWN else []
            return [f"{self._progress()}{limit}", *seen[:_SHOWN], *more]


def _live(lines: Callable[[], Sequence[str]], began: float) -> Live:
    """A display of lines that are asked for again and again, the first with a sign that time passes."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    def drawn() -> RenderableType:
        passed = time.monotonic() - began
        minutes, seconds = divmod(int(passed), 60)
        sign = f"{_SIGNS[int(passed * _A_SECOND) % len(_SIGNS)]} {minutes}:{seconds:02} "
        shown = [indent + one_line(line) for indent, line in zip(chain([sign], repeat("  ")), lines(), strict=False)]
        # Of several runs each has its line, however narrow the terminal is.
        return Text("\n".join(shown), no_wrap=len(shown) > 1, overflow="ellipsis" if len(shown) > 1 else "fold")

    return Live(
        console=Console(stderr=True),
        get_renderable=drawn,
        refresh_per_second=_A_SECOND,
        transient=True,
        redirect_stdout=False,
    )
