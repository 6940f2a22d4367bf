"""The emulator's own clock: it can be frozen and moved ahead, and nothing ever waits for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A virtual clock in UTC, safe to use from several threads.

    It starts at `start` (default: now) and runs, unless `running` is false; `monotonic` gives the seconds
    that it runs by.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        running: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        at = (start or datetime.now(UTC)).timestamp()
        self._state: tuple[float, float | None] = (at, monotonic() if running else None)

    def timestamp(self) -> float:
        """The virtual time as seconds since 1970."""
        at, anchor = self._state
        return at if anchor is None else at + self._monotonic() - anchor

    def now(self) -> datetime:
        """The virtual time."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    def advance(self, by: timedelta | float) -> None:
        """Move ahead by a span, or by seconds. Raises ValueError for a negative one."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        if seconds < 0:
            raise ValueError("a clock cannot be moved back")
        with self._lock:
            at, anchor = self._state
            self._state = (at + seconds, anchor)

    def freeze(self) -> None:
        """Stand still until `resume`; `advance` still moves it."""
        with self._lock:
            self._state = (self.timestamp(), None)

    def resume(self) -> None:
        """Run on from the time shown."""
        with self._lock:
            self._state = (self.timestamp(), self._monotonic())
