"""Time, as a parameter."""

from __future__ import annotations

import time
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
