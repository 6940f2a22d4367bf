"""A clock for clients under test."""

from __future__ import annotations

import asyncio
import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClock:
    """A clock on which waiting takes no time; it remembers the waits.

    Tasks wake in the order in which their waits end, each when no other has anything to do.

    Args:
        on_wait: Called at each wait.
        tick: Seconds that pass whenever the time is read.
        now: The time at the start.
    """

    def __init__(self, on_wait: Callable[[], None] = lambda: None, tick: float = 0.0, now: float = 1000.0) -> None:
        self.now = now
        self.waits: list[float] = []
        self._on_wait, self._tick = on_wait, tick
        self._asleep: list[tuple[float, int, asyncio.Future[None]]] = []
        self._waker: asyncio.AbstractEventLoop | None = None

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
        loop = asyncio.get_running_loop()
        awake = loop.create_future()
        heapq.heappush(self._asleep, (self.now + seconds, len(self.waits), awake))
        if self._waker is not loop:
            self._waker = loop
            loop.call_soon(self._wake, loop)
        await awake
        self._on_wait()

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """When nothing else is left to do, let the time pass until the first wait ends."""
        if not loop._ready:  # type: ignore[attr-defined]
            due, _, awake = heapq.heappop(self._asleep)
            if not awake.done():  # as it is if its task was cancelled
                self.now = max(self.now, due)
                awake.set_result(None)
        if self._asleep:
            loop.call_soon(self._wake, loop)
        else:
            self._waker = None
