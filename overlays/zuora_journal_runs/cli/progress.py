"""Progress of a wait, on standard error: a live display on a terminal, or a line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple, Self

import click

from .formatting import count_entries, format_duration, one_line
from .terminal import columns, decorated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.live import Live

_MAX_SHOWN = 10
"""How many runs the live display names; beyond that it only counts them."""
_BETWEEN_LINES = 60.0
"""Seconds from one line to the next where there is no live display, unless the status of the only run changes."""
_SPINNER = "-\\|/"
_FRAMES_PER_SECOND = 8
_BAR_WIDTH = 20
_MIN_WIDTH_FOR_BARS = 60
"""Columns of a terminal."""


@dataclass(frozen=True)
class Seen:
    """What was seen of a run."""

    status: str
    cancelled: int = 0
    """How many of its entries are cancelled."""
    total: int = 0
    """How many entries it has; 0 if that is not known."""
    rate: float | None = None
    """Entries cancelled per second."""
    seconds_left: float | None = None

    def __str__(self) -> str:
        parts = [self.status]
        if self.total:
            parts.append(f"{self.cancelled:,} of {count_entries(self.total)} cancelled")
        if self.rate is not None and self.seconds_left:
            left = format_duration(max(round(self.seconds_left), 1))
            parts += [f"{self.rate:,.1f} per second", f"about {left} left"]
        return ", ".join(parts)


class Row(NamedTuple):
    """A line of the live display."""

    text: str
    done: int = 0
    total: int = 0
    """What `done` counts up to; 0 for a line without a bar."""


class ProgressDisplay:
    """The progress of runs that are processed side by side. Any thread may update it.

    Args:
        numbers: The runs' numbers.
        timeout: Seconds to wait; None if the command does not wait.
        clock: Returns the time in seconds.
        awaited: What the command waits for, in words, for one run and for several.
    """

    def __init__(
        self,
        numbers: Sequence[str],
        timeout: float | None,
        clock: Callable[[], float] = time.monotonic,
        awaited: tuple[str, str] = ("the outcome is known", "the outcomes are known"),
    ) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, Seen | None] = dict.fromkeys(numbers)
        self._total = len(numbers)
        subject = numbers[0] if self._total == 1 else f"{self._total:,} runs"
        self._limit = "" if timeout is None or timeout == math.inf else f", {format_duration(timeout)} at most"
        self._wait = f"{subject}: waiting until {awaited[self._total > 1]}{self._limit}"
        self._waits = timeout is not None
        self._clock = clock
        self._last_line: float | None = None
        self._live: Live | None = None
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        if decorated(sys.stderr):
            self._show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, number: str, seen: Seen) -> None:
        """Show what was seen of a run."""
        with self._lock:
            before = self._seen[number]
            self._seen[number] = seen
            if self._live is not None:
                return
            now = self._clock()
            if self._last_line is None:
                _write(self._wait)
                self._last_line = now
            changed = self._total == 1 and (before is None or before.status != seen.status)
            if changed or now - self._last_line >= _BETWEEN_LINES:
                _write(f"{number}: {seen}" if self._total == 1 else f"{self._count()}; {number}: {seen}")
                self._last_line = now

    def finish(self, number: str) -> None:
        """Count a run as done."""
        with self._lock:
            del self._seen[number]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Remove the live display while something else is written."""
        if self._live is None:
            yield
            return
        self._live.stop()
        try:
            yield
        finally:
            self._show()

    def _show(self) -> None:
        """Start a live display. One that was stopped would start by erasing what was written since."""
        self._live = _live(self.rows, self._started, self._total > 1)
        self._live.start(refresh=True)

    def _count(self) -> str:
        return f"{self._total - len(self._seen):,} of {self._total:,} runs done"

    def rows(self) -> list[Row]:
        """Return the lines of the live display."""
        with self._lock:
            if self._total == 1:
                (number, seen), *_ = [*self._seen.items(), ("", None)]
                head = Row(self._wait if self._waits else f"{number}: sending the request")
                return [head, Row(str(seen), seen.cancelled, seen.total)] if seen else [head]
            rows = [Row(f"{number}: {seen}", seen.cancelled, seen.total) for number, seen in self._seen.items() if seen]
            more = [Row(f"and {len(rows) - _MAX_SHOWN:,} more")] if len(rows) > _MAX_SHOWN else []
            return [Row(f"{self._count()}{self._limit}"), *rows[:_MAX_SHOWN], *more]


def _write(text: str) -> None:
    """Write a line to standard error; on a narrower terminal, several."""
    width = columns(sys.stderr)
    click.echo(one_line(text) if width is None else fill(one_line(text), width, break_on_hyphens=False), err=True)


def _live(rows: Callable[[], Sequence[Row]], started: float, several: bool) -> Live:
    """Return a display of rows, which are read again for each frame; the first gets a spinner and the time."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    def draw() -> RenderableType:
        passed = time.monotonic() - started
        minutes, seconds = divmod(int(passed), 60)
        head, *others = rows()
        spinner = _SPINNER[int(passed * _FRAMES_PER_SECOND) % len(_SPINNER)]
        # Each of several runs takes one line, however narrow the terminal is.
        text = partial(Text, no_wrap=several, overflow="ellipsis" if several else "fold")
        grid = Table.grid(padding=(0, 2, 0, 0))
        with_bars = (columns(sys.stderr) or 0) >= _MIN_WIDTH_FOR_BARS and any(row.total for row in others)
        for row in others:
            bar = ProgressBar(row.total, row.done, width=_BAR_WIDTH) if row.total else Text()
            grid.add_row(*[bar][:with_bars], text(one_line(row.text)))
        return Group(text(f"{spinner} {minutes}:{seconds:02} {one_line(head.text)}"), grid)

    return Live(
        console=Console(stderr=True),
        get_renderable=draw,
        refresh_per_second=_FRAMES_PER_SECOND,
        transient=True,
        redirect_stdout=False,
    )
