"""What the clients return: plans, accepted requests, and outcomes that cannot be misread.

None of these has a truth value, a length or an order: `if client.cancel_and_wait(number):` would be true whatever
happened. Use `.complete`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import MAX_PREC, Decimal, localcontext
from enum import StrEnum

from attrs import field, frozen

from zuora_journal_runs._generated import models, types
from zuora_journal_runs._observations import Observation
from zuora_journal_runs._progress import CancellationProgress, NoTruthValue
from zuora_journal_runs.errors import JournalRunsError

__all__ = [
    "CANCELLABLE_STATUSES",
    "BlockedEntry",
    "Cancellation",
    "CancellationOutcome",
    "CancellationPlan",
    "CancellationProgress",
    "CancellationResult",
    "CompletionOutcome",
    "Deletion",
    "Ending",
    "blocked",
    "is_blocked",
    "is_cancellable",
    "is_cancelled",
]

CANCELLABLE_STATUSES = ("Pending", "Error", "Completed")
"""The statuses in which a run can be cancelled (Zuora, Cancel a journal run, 2026-02-20)."""
_BLOCKED = {
    "Yes": (
        "it was transferred to accounting",
        'reverse it in the ledger, or ask a user who may "Override Transferred to Accounting"; then cancel again',
    ),
    "Processing": (
        "it is being transferred to accounting",
        "wait until its transfer has ended: if it ends as No, Error or Ignore, cancel again",
    ),
}


@frozen(repr=False)
class BlockedEntry:
    """An entry that a cancellation leaves as it is."""

    entry: models.JournalEntry
    """The entry as it was listed."""

    @property
    def number(self) -> str:
        """The entry's number."""
        return self.entry.number

    @property
    def transaction_type(self) -> str | None:
        """The type of its transactions."""
        return self.entry.transaction_type

    @property
    def currency(self) -> str | None:
        """The currency of its amount."""
        return self.entry.currency

    @property
    def amount(self) -> Decimal | None:
        """The sum of its debits, exactly; None if it has none, or one without an amount."""
        amounts = [item.amount for item in self.entry.journal_entry_items if item.type_ == "Debit"]
        known = [amount for amount in amounts if amount is not None]
        if not known or len(known) < len(amounts):
            return None
        with localcontext(prec=MAX_PREC):
            return sum(known, Decimal(0))

    @property
    def reason(self) -> str:
        """Why it stays."""
        return _BLOCKED[str(self.entry.transferred_to_accounting)][0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _BLOCKED[str(self.entry.transferred_to_accounting)][1]

    def __repr__(self) -> str:
        return f"<BlockedEntry {self.number}: {self.reason}>"


@frozen(repr=False)
class Cancellation(NoTruthValue):
    """A cancellation that Zuora accepted. What it does is not known yet: wait for its outcome."""

    number: str
    """The run's number."""
    exchange: types.Exchange | None
    """The HTTP exchange that accepted it."""
    acknowledged: bool = True
    """Whether a response said `success: true`. If not, the run's status shows that the cancellation was accepted."""

    def _instead(self) -> str:
        return "client.wait_for_cancellation(…).complete"

    def __repr__(self) -> str:
        return f"<Cancellation {self.number}: accepted, outcome not known yet>"


@frozen(repr=False)
class CancellationPlan(NoTruthValue):
    """What a cancellation would do now."""

    run: models.JournalRun
    """The run as it is now."""
    cancellable: Sequence[models.JournalEntry]
    """The entries that would be cancelled."""
    blocked: Sequence[BlockedEntry]
    """The entries that would stay."""

    @property
    def allowed(self) -> bool:
        """Whether the run's status allows a cancellation."""
        return self.run.status in CANCELLABLE_STATUSES

    @property
    def complete(self) -> bool:
        """Whether the run would end as `Cancelled`."""
        return self.allowed and not self.blocked

    def _instead(self) -> str:
        return ".allowed or .complete"

    def __repr__(self) -> str:
        return (
            f"<CancellationPlan {self.run.number}: {self.run.status}, "
            f"would cancel {len(self.cancellable):,} entries, {len(self.blocked):,} would stay>"
        )


@frozen(repr=False)
class CancellationOutcome(NoTruthValue):
    """What a cancellation did, as far as responses of the API prove it."""

    run: models.JournalRun
    """The run as it was seen last."""
    cancelled: Sequence[models.JournalEntry]
    """The entries that were shown to be cancelled."""
    remaining: Sequence[models.JournalEntry]
    """The entries that were not."""
    complete: bool
    """Whether the run and all of its entries are cancelled."""
    deleted: bool = False
    """Whether the run is gone."""
    discrepancies: tuple[str, ...] = ()
    """What did not fit together, a sentence each. Look at the run in Zuora where there is one."""
    observations: tuple[Observation, ...] = field(default=(), eq=False)
    """The observations that prove it, in order: see `zuora_journal_runs.evidence`."""

    @property
    def blocked(self) -> Sequence[BlockedEntry]:
        """Those of the remaining entries that could not be cancelled, with the reason and what to do."""
        return blocked(self.remaining)

    @property
    def cancellable(self) -> Sequence[models.JournalEntry]:
        """Those of the remaining entries that another cancellation would cancel, since their transfer has ended."""
        return [entry for entry in self.remaining if is_cancellable(entry)]

    @property
    def unsettled(self) -> Sequence[models.JournalEntry]:
        """Those of the remaining entries that are being transferred: that may still end as `No`, `Error` or `Yes`."""
        return [entry for entry in self.remaining if entry.transferred_to_accounting == "Processing"]

    def summary(self) -> str:
        """Return the outcome as a sentence or two."""
        number = self.run.number
        if self.complete:
            end = f"{number} is cancelled{' and deleted' if self.deleted else ''}"
            text = f"{end}, and so are all of its entries ({len(self.cancelled):,})."
        elif self.deleted:
            text = f"{number} is gone, and its cancellation was not shown."
        else:
            text = (
                f"{number} is NOT completely cancelled: {len(self.cancelled):,} of "
                f"{len(self.cancelled) + len(self.remaining):,} entries are cancelled; the run is {self.run.status}."
            )
        return " ".join([text, *(f"Discrepancy: {sentence}." for sentence in self.discrepancies)])

    def __repr__(self) -> str:
        verdict = "complete" if self.complete else "not complete"
        discrepancies = f", {len(self.discrepancies)} discrepancies" if self.discrepancies else ""
        return (
            f"<CancellationOutcome {self.run.number}: {verdict}, {len(self.cancelled):,} entries cancelled, "
            f"{len(self.remaining):,} remaining{discrepancies}>"
        )


class Ending(StrEnum):
    """How a run that was waited for ended."""

    COMPLETED = "Completed"
    ERROR = "Error"
    CANCELLED = "Cancelled"
    DELETED = "Deleted"


@frozen(repr=False)
class CompletionOutcome(NoTruthValue):
    """What became of a run that was created."""

    ending: Ending
    """How the run ended."""
    run: models.JournalRun
    """The run as it was seen last."""
    observations: tuple[Observation, ...] = field(default=(), eq=False)
    """The observations that prove it, in order."""

    @property
    def complete(self) -> bool:
        """Whether it is `Completed`."""
        return self.ending is Ending.COMPLETED

    def __repr__(self) -> str:
        return f"<CompletionOutcome {self.run.number}: {self.ending}>"


@frozen(repr=False)
class Deletion(NoTruthValue):
    """A deletion that Zuora accepted."""

    number: str
    """The run's number."""
    gone: bool
    """Whether the run is known to be gone; if not, it may be `DeleteInprogress` for a while."""
    exchange: types.Exchange | None = None
    """The HTTP exchange that accepted it, or that showed it."""
    observations: tuple[Observation, ...] = field(default=(), eq=False)
    """The observations that prove it, in order."""

    def _instead(self) -> str:
        return ".gone"

    def __repr__(self) -> str:
        return f"<Deletion {self.number}: {'gone' if self.gone else 'accepted, not known to be gone'}>"


@frozen(repr=False)
class CancellationResult(NoTruthValue):
    """What became of one of many runs: an outcome, or a cancellation that was not waited for, or an error."""

    number: str
    """The run's number, as it was given."""
    outcome: CancellationOutcome | None = None
    """What the cancellation did; None if it was not waited for, or something went wrong."""
    cancellation: Cancellation | None = None
    """The accepted request, if it was not waited for."""
    error: JournalRunsError | None = None
    """What went wrong; None if nothing did."""

    @property
    def complete(self) -> bool:
        """Whether the run and all of its entries are known to be cancelled."""
        return self.outcome is not None and self.outcome.complete

    def unwrap(self) -> CancellationOutcome:
        """Return the outcome, or raise the error.

        Raises:
            JournalRunsError: What went wrong with this run.
            ValueError: The outcome was not waited for.
        """
        if self.error is not None:
            raise self.error
        if self.outcome is None:
            raise ValueError(f"the outcome of {self.number} was not waited for")
        return self.outcome

    def __repr__(self) -> str:
        parts = (self.error, self.outcome, self.cancellation)
        return f"<CancellationResult {self.number}: {next((part for part in parts if part is not None), None)!r}>"


def is_blocked(entry: models.JournalEntry) -> bool:
    """Return whether an entry cannot be cancelled now."""
    return str(entry.transferred_to_accounting) in _BLOCKED


def is_cancelled(entry: models.JournalEntry) -> bool:
    """Return whether an entry is cancelled."""
    return entry.status == "Cancelled"


def is_cancellable(entry: models.JournalEntry) -> bool:
    """Return whether a cancellation that reaches an entry now cancels it."""
    return not is_cancelled(entry) and not is_blocked(entry)


def blocked(entries: Iterable[models.JournalEntry]) -> list[BlockedEntry]:
    """Return the entries that cannot be cancelled now."""
    return [BlockedEntry(entry) for entry in entries if is_blocked(entry) and not is_cancelled(entry)]
