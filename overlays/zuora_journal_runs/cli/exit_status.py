"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitStatus(IntEnum):
    """How a command ended, as the shell learns it."""

    DONE = 0
    """Done as asked."""
    ERROR = 1
    """An error, said in one line."""
    USAGE = 2
    """Wrong usage."""
    INCOMPLETE = 3
    """The cancellation is settled but not complete."""
    UNKNOWN = 4
    """The wait ended and the outcome is not known."""
    STOPPED = 130
    """Stopped with Ctrl-C."""
    TERMINATED = 143
    """Stopped with SIGTERM."""


_FROM_BEST = (ExitStatus.DONE, ExitStatus.INCOMPLETE, ExitStatus.UNKNOWN, ExitStatus.USAGE, ExitStatus.ERROR)


def worst(statuses: Iterable[int]) -> ExitStatus:
    """The status of a command that did several things."""
    return max(map(ExitStatus, statuses), key=_FROM_BEST.index, default=ExitStatus.DONE)
