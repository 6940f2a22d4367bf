"""The emulator's own clock: it can be frozen and advanced, and nothing ever waits for it."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_END = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


class Clock:
    """A virtual clock in UTC. It is thread-safe.

    Args:
        start: The initial time; now by default.
        running: Whether time passes by itself.
        advance_on_poll: Seconds by which each read of a run or its entries advances the clock.
        monotonic: The source of elapsed time, in seconds.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        running: bool = True,
        advance_on_poll: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        at = (start or datetime.now(UTC)).timestamp()
        # The time at an anchor, and the anchor on the monotonic clock: None while the clock is frozen.
        self._state: tuple[float, float | None] = (at, monotonic() if running else None)
        self.advance_on_poll = advance_on_poll

    def timestamp(self) -> float:
        """Return the virtual time as seconds since 1970."""
        at, anchor = self._state
        return at if anchor is None else at + self._monotonic() - anchor

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, by: timedelta | float) -> None:
        """Advance the clock by a timedelta or a number of seconds.

        Raises:
            ValueError: The amount is negative, or leads beyond the year 9000.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise ValueError("the clock cannot be moved back")
        with self._lock:
            at, anchor = self._state
            if not at + seconds < _END:
                raise ValueError("the clock cannot be advanced beyond the year 9000")
            self._state = (at + seconds, anchor)

    def advance_to(self, timestamp: float) -> None:
        """Move ahead to a time in seconds since 1970; nothing happens if it is past."""
        with self._lock:
            now = self.timestamp()
            if now < timestamp < _END:
                at, anchor = self._state
                self._state = (at + (timestamp - now), anchor)

    def poll(self) -> None:
        """Advance the clock by `advance_on_poll`."""
        if self.advance_on_poll:
            self.advance(self.advance_on_poll)

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._state[1] is None

    def freeze(self) -> None:
        """Freeze the clock until `resume`; `advance` still works."""
        with self._lock:
            self._state = (self.timestamp(), None)

    def resume(self) -> None:
        """Let the clock run again from its current time."""
        with self._lock:
            self._state = (self.timestamp(), self._monotonic())


class ClientClock:
    """Adapter that gives this package's clients the emulator's clock: sleeping advances it, and takes no time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return self._clock.timestamp()

    def time(self) -> float:
        """Return seconds since 1970."""
        return self._clock.timestamp()

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self._clock.advance_to(self._clock.timestamp() + seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Let other tasks run, and advance the clock: the sleeps of several tasks overlap."""
        due = self._clock.timestamp() + seconds
        await asyncio.sleep(0)
        self._clock.advance_to(due)
