"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitStatus(IntEnum):
    """How a command ended."""

    DONE = 0
    """Done."""
    ERROR = 1
    """An error, explained in one line."""
    USAGE = 2
    """Wrong usage."""
    INCOMPLETE = 3
    """It is settled but not complete."""
    UNKNOWN = 4
    """The wait ended and the outcome is not known."""
    INTERRUPTED = 130
    """Stopped with Ctrl-C."""
    TERMINATED = 143
    """Stopped with SIGTERM."""


_BEST_FIRST = (ExitStatus.DONE, ExitStatus.INCOMPLETE, ExitStatus.UNKNOWN, ExitStatus.USAGE, ExitStatus.ERROR)


def worst(statuses: Iterable[int]) -> ExitStatus:
    """Return the worst of several statuses; DONE if there are none."""
    return max(map(ExitStatus, statuses), key=_BEST_FIRST.index, default=ExitStatus.DONE)
