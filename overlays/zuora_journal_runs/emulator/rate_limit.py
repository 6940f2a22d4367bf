"""Limits on the number of calls per minute."""

from __future__ import annotations

import math
from typing import NamedTuple


class Usage(NamedTuple):
    """How much of a limit is used after a call."""

    allowed: bool
    """Whether the call is within the limit."""
    remaining: int
    reset: int
    """Seconds until the next minute begins."""


class CallsPerMinute:
    """Counts calls in each minute of the emulator's clock. The count is not stored: a restart begins a new minute."""

    def __init__(self, limit: int) -> None:
        self.limit: int = limit
        self._minute = self._used = 0

    def count(self, now: float) -> Usage:
        """Count a call at `now`, in seconds since 1970."""
        minute = math.floor(now / 60)
        if minute != self._minute:
            self._minute, self._used = minute, 0
        self._used += 1
        return Usage(self._used <= self.limit, max(0, self.limit - self._used), math.ceil((minute + 1) * 60 - now))
