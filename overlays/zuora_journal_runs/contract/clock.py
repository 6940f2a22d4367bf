"""Time as the suite sees it: a clock, a way to wait, and the moment at which everything must end."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class OutOfTime(BaseException):
    """The suite has used the time that it was given. Like KeyboardInterrupt, it is not something that a test finds."""


class Clock:
    """A clock with a deadline.

    Args:
        now: Return the current time in seconds, from any starting point.
        sleep: Wait for a number of seconds.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.now = now
        self.deadline: float = math.inf
        """When to stop, in seconds of `now`."""
        self._sleep = sleep

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(self.deadline - self.now(), 0.0)

    def check(self) -> None:
        """Raise OutOfTime if the deadline has passed."""
        if self.remaining <= 0:
            raise OutOfTime

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            OutOfTime: The deadline comes first. The wait ends there.
        """
        remaining = self.remaining
        self._sleep(min(seconds, remaining))
        if seconds >= remaining:
            raise OutOfTime
