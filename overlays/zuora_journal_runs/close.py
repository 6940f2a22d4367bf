"""What the methods for a whole month-end close return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from zuora_journal_runs._generated import models
from zuora_journal_runs._observations import Observation
from zuora_journal_runs._progress import NoTruthValue
from zuora_journal_runs.errors import APIError
from zuora_journal_runs.plans import Plan
from zuora_journal_runs.results import Ending
from zuora_journal_runs.totals import TotalDifference, Totals


@frozen(repr=False)
class TurnProgress(NoTruthValue):
    """What a creation waits for: another run, which may be one that nobody here started."""

    refusal: APIError
    """How Zuora refused the creation last."""
    run: models.JournalRun | None
    """The run that the refusal names, as it was seen last; None if it names none."""
    seconds: float
    """Seconds since the creation was sent first."""
    idempotency_key: str
    """The `Idempotency-Key` under which it is sent next. After an interruption, pass it to create no second run."""

    def _instead(self) -> str:
        return ".run and .refusal"

    def __repr__(self) -> str:
        run = "another run" if self.run is None else f"{self.run.number}: {self.run.status}"
        return f"<TurnProgress {run}, {self.seconds:,.0f} s>"


@frozen(repr=False)
class RerunOutcome(NoTruthValue):
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


@frozen(repr=False)
class PostingOutcome(NoTruthValue):
    """What became of the entries of a run that were to be posted; cancelled ones are not among them."""

    number: str
    """The number of the run."""
    posted: Sequence[models.JournalEntry]
    """They were posted, marked as transferred, and then listed as transferred."""
    already: Sequence[models.JournalEntry]
    """They are transferred, by whoever it was."""
    failed: Sequence[models.JournalEntry]
    """`post` raised an exception for them. Calling again posts them."""
    in_doubt: Sequence[models.JournalEntry]
    """Whether they were posted is not known; or they were, and are not shown to be marked. Check the ledger."""
    open: Sequence[models.JournalEntry]
    """They are not posted. Calling again posts them."""
    left: Sequence[models.JournalEntry]
    """They are not to be posted: `Ignore`, or a value that is not documented."""
    complete: bool
    """Whether all entries that are to be transferred are shown to be."""
    errors: Mapping[str, Exception] = field(factory=dict, eq=False)
    """What `post` raised, or how Zuora refused a mark, by the number of the entry."""
    observations: tuple[Observation, ...] = field(default=(), eq=False)
    """The observations that prove it, in order."""

    def summary(self) -> str:
        """Return the outcome as a sentence or two."""
        kinds = {
            "posted": self.posted,
            "already transferred": self.already,
            "failed": self.failed,
            "in doubt": self.in_doubt,
            "not posted": self.open,
            "left alone": self.left,
        }
        counts = ", ".join(f"{len(entries):,} {kind}" for kind, entries in kinds.items() if entries) or "no entries"
        said = f"{self.number}: {counts}."
        if self.in_doubt:
            said += f" Look in the ledger for what is in doubt: {_named([each.number for each in self.in_doubt])}."
        return said

    def __repr__(self) -> str:
        return f"<PostingOutcome {self.summary()}>"


@frozen(repr=False)
class TransferOutcome(NoTruthValue):
    """What became of entries that were to be marked; the numbers of entries in each."""

    plan: Plan
    """What was planned, with the run as it was before."""
    changed: Sequence[str]
    """They were marked, and are listed with the value."""
    already: Sequence[str]
    """They had the value before."""
    missing: Sequence[str]
    """They are not listed with the value."""
    in_doubt: Sequence[str]
    """They were left alone, since they are `Processing`: somebody may be posting them. Look for them in the ledger."""
    errors: Mapping[str, Exception] = field(factory=dict, eq=False)
    """How Zuora refused a mark, by the number of the entry."""
    observations: tuple[Observation, ...] = field(default=(), eq=False)
    """The observations that prove it, in order."""

    @property
    def complete(self) -> bool:
        """Whether all of them have the value."""
        return not (self.missing or self.in_doubt)

    def summary(self) -> str:
        """Return the outcome as a sentence or two."""
        number, value = self.plan.runs[0].number, self.plan.details["value"]
        said = f"{number}: entries marked as {value}: {len(self.changed):,}; {len(self.already):,} had it already"
        said += f"; {len(self.missing):,} did not take it." if self.missing else "."
        if self.in_doubt:
            said += f" Left alone since in doubt, look for them in the ledger: {_named(self.in_doubt)}."
        return said

    def __repr__(self) -> str:
        return f"<TransferOutcome {self.summary()}>"


_NAMED = 10


def _named(numbers: Sequence[str]) -> str:
    """Return the numbers of entries, at most ten of them."""
    more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
    return ", ".join(numbers[:_NAMED]) + more
