"""What was seen of a cancellation that is in progress: a module of its own, since errors and results refer to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from attrs import frozen

from zuora_journal_runs._generated import models


class NoTruthValue:
    """Base of results whose truth value would be misread."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} has no truth value: use {self._instead()}")

    def _instead(self) -> str:
        return ".complete"


@frozen(repr=False)
class CancellationProgress(NoTruthValue):
    """What was seen so far of a cancellation that is in progress."""

    run: models.JournalRun
    """The run as it was seen last."""
    entries: Sequence[models.JournalEntry]
    """The entries as they were listed last; empty until they were listed."""
    total: int
    """How many entries the run has, as far as is known."""
    cancelled: int
    """How many of them were seen cancelled."""
    seconds: float
    """Seconds since the wait began."""
    rate: float | None
    """Entries cancelled per second, once that can be estimated."""

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all entries are cancelled at this rate, once that can be estimated."""
        return None if not self.rate else (self.total - self.cancelled) / self.rate

    def _instead(self) -> str:
        return ".cancelled and .total"

    def __repr__(self) -> str:
        return f"<CancellationProgress {self.run.number}: {self.run.status}, {self.cancelled:,} of {self.total:,}>"
