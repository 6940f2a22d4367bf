"""What the methods for a whole month-end close return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from .results import _NoTruthValue

if TYPE_CHECKING:
    from zuora_journal_runs_api.models import JournalRun

    from .errors import APIError


@frozen(repr=False)
class TurnProgress(_NoTruthValue):
    """What a creation waits for: another run, which may be one that nobody here started."""

    refusal: APIError
    """How Zuora refused the creation last."""
    run: JournalRun | None
    """The run that the refusal names, as it was seen last; None if it names none."""
    seconds: float
    """Seconds since the creation was sent first."""

    def _instead(self) -> str:
        return ".run and .refusal"

    def __repr__(self) -> str:
        run = "another run" if self.run is None else f"{self.run.number}: {self.run.status}"
        return f"<TurnProgress {run}, {self.seconds:,.0f} s>"
