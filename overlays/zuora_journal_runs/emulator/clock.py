"""The emulator's own clock: it can be frozen and moved ahead, and nothing ever waits for it."""

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
    """A virtual clock in UTC, safe to use from several threads.

    It starts at `start` (default: now) and runs, unless `running` is false; `monotonic` gives the seconds
    that it runs by. Each read of a run or of its entries moves it `advance_on_poll` seconds ahead.
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
        self._state: tuple[float, float | None] = (at, monotonic() if running else None)
        self.advance_on_poll = advance_on_poll

    def timestamp(self) -> float:
        """The virtual time as seconds since 1970."""
        at, anchor = self._state
        return at if anchor is None else at + self._monotonic() - anchor

    def now(self) -> datetime:
        """The virtual time."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, by: timedelta | float) -> None:
        """Move ahead by a span, or by seconds. Raises ValueError for a negative one, and for one beyond all years."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise ValueError("a clock cannot be moved back")
        with self._lock:
            at, anchor = self._state
            if not at + seconds < _END:
                raise ValueError("a clock cannot be moved beyond the year 9000")
            self._state = (at + seconds, anchor)

    def poll(self) -> None:
        """Move ahead as a read does."""
        if self.advance_on_poll:
            self.advance(self.advance_on_poll)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._state[1] is None

    def freeze(self) -> None:
        """Stand still until `resume`; `advance` still moves it."""
        with self._lock:
            self._state = (self.timestamp(), None)

    def resume(self) -> None:
        """Run on from the time shown."""
        with self._lock:
            self._state = (self.timestamp(), self._monotonic())


class ClientClock:
    """A clock as the clients of this package want one, on which to wait is to move it ahead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return self._clock.timestamp()

    def time(self) -> float:
        """Seconds since 1970."""
        return self._clock.timestamp()

    def sleep(self, seconds: float) -> None:
        """Move the clock ahead."""
        self._clock.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Move it ahead, and let other tasks go on."""
        self._clock.advance(seconds)
        await asyncio.sleep(0)
