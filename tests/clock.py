"""A clock for clients under test."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClock:
    """A clock on which waiting takes no time; it remembers the waits. Concurrent sleeps of tasks overlap.

    Args:
        on_wait: Called at each wait.
        tick: Seconds that pass whenever the time is read.
        now: The time at the start.
    """

    def __init__(self, on_wait: Callable[[], None] = lambda: None, tick: float = 0.0, now: float = 1000.0) -> None:
        self.now = now
        self.waits: list[float] = []
        self._on_wait, self._tick = on_wait, tick

    def monotonic(self) -> float:
        self.now += self._tick
        return self.now

    def time(self) -> float:
        return self.now + 1_700_000_000

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self._on_wait()

    async def sleep_async(self, seconds: float) -> None:
        self.waits.append(seconds)
        end = self.now + seconds
        await asyncio.sleep(0)  # lets other tasks run
        self.now = max(self.now, end)
        self._on_wait()
