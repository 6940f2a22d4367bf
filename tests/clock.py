"""A clock on which waiting takes no time."""

from __future__ import annotations

import asyncio


class FakeClock:
    """A clock that stands still until somebody sleeps. Concurrent sleeps overlap, as real ones do."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.waits.append(seconds)
        end = self.now + seconds
        await asyncio.sleep(0)  # lets other tasks run
        self.now = max(self.now, end)
