"""Time, as a parameter."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Protocol


class Clock(Protocol):
    """The time as clients see it. Pass a clock of your own to test without waiting."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""

    def time(self) -> float:
        """Return seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Sleep in this thread."""

    async def sleep_async(self, seconds: float) -> None:
        """Sleep in this task."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def time(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Sleep in this thread."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleep in this task."""
        import asyncio

        await asyncio.sleep(seconds)


_default: Clock = SystemClock()


def default_clock() -> Clock:
    """Return the clock of a client that is given none."""
    return _default


@contextlib.contextmanager
def use_clock(clock: Clock) -> Iterator[None]:
    """Give every client that is made in this block, in any thread, this clock unless it is given another.

    For tests of code that makes its clients itself.
    """
    global _default  # noqa: PLW0603 - a context variable would not reach the threads of a server under test
    previous, _default = _default, clock
    try:
        yield
    finally:
        _default = previous
