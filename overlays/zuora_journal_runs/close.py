"""What the methods for a whole month-end close return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from .results import Ending, _NoTruthValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zuora_journal_runs_api.models import JournalRun

    from .errors import APIError
    from .plans import Plan
    from .totals import TotalDifference, Totals


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


@frozen(repr=False)
class RerunOutcome(_NoTruthValue):
    """What became of a run that was cancelled, and of the one that was created in its place."""

    plan: Plan
    """What was planned, with the run as it was before."""
    created: str
    """The number of the new run."""
    ending: Ending
    """How the new run ended."""
    complete: bool
    """Whether the old run was cancelled as planned, and the new one is `Completed`."""
    remaining: Sequence[str]
    """The entries of the old run that were allowed to remain."""
    before: Totals
    """The totals of the entries that were cancelled."""
    after: Totals
    """The totals of the new run's entries."""
    discrepancies: tuple[str, ...] = ()
    """What did not fit together, a sentence each. Check the runs in Zuora where there is one."""

    @property
    def number(self) -> str:
        """The number of the old run."""
        return self.plan.runs[0].number

    @property
    def differences(self) -> tuple[TotalDifference, ...]:
        """Where the totals of the new run differ, by transaction type and currency."""
        return self.before.differences(self.after)

    def summary(self) -> str:
        """Return the outcome as a sentence or two."""
        but = f" but for {len(self.remaining):,} entries that were allowed to remain" if self.remaining else ""
        said = [f"{self.number} is cancelled{but}, and {self.created} in its place is {self.ending}."]
        if self.complete and not self.differences:
            said.append("Their totals are the same.")
        elif self.complete:
            said += [f"Different: {difference}." for difference in self.differences]
        return " ".join([*said, *(f"Discrepancy: {sentence}." for sentence in self.discrepancies)])

    def __repr__(self) -> str:
        return f"<RerunOutcome {self.number} to {self.created}: {self.ending}, {len(self.differences)} differences>"
