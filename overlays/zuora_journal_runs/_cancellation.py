"""What a cancellation would do, and what it did.

`success: true` only says that the run's status allowed a cancellation. What became of it can be read from the run's
status and from its entries alone (Zuora, Cancel a journal run, 2026-02-20).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zuora_journal_runs_api.models import JournalEntry, JournalRun
    from zuora_journal_runs_api.types import Exchange

# The values that decide, as text: an enumeration's members are equal to it, and its module need not be imported.
CANCELLABLE_STATUSES = ("Pending", "Error", "Completed")
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


class BlockedEntry(NamedTuple):
    """An entry that a cancellation leaves as it is."""

    entry: JournalEntry

    @property
    def number(self) -> str:
        """The entry's number."""
        return self.entry.number

    @property
    def reason(self) -> str:
        """Why it stays."""
        return _BLOCKED[str(self.entry.transferred_to_accounting)][0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _BLOCKED[str(self.entry.transferred_to_accounting)][1]


class Cancellation(NamedTuple):
    """A cancellation that was accepted. What it did is not known yet: wait for it."""

    number: str
    """The run's number."""
    exchange: Exchange | None
    """The HTTP exchange that said so."""
    acknowledged: bool = True
    """Whether an answer said `success: true`. If not, the run's status tells that the cancellation was accepted."""


class CancellationPlan(NamedTuple):
    """What a cancellation would do now."""

    run: JournalRun
    cancellable: Sequence[JournalEntry]
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


class CancellationProgress(NamedTuple):
    """What was seen of a cancellation under way."""

    run: JournalRun
    entries: Sequence[JournalEntry] | None
    """The entries as far as they were read; None if they were not, since they could not have told more."""


class CancellationOutcome(NamedTuple):
    """What a cancellation did. It is final, but for an entry whose transfer is `Processing`: see `unsettled`."""

    run: JournalRun
    """The run as it was seen last."""
    cancelled: Sequence[JournalEntry]
    """The entries that are cancelled."""
    remaining: Sequence[JournalEntry]
    """The entries that are not."""
    deleted: bool = False
    """Whether the run was gone, deleted by somebody after it had been cancelled."""

    @property
    def complete(self) -> bool:
        """Whether the run and all of its entries are cancelled."""
        return not self.remaining and (self.deleted or self.run.status in ("Cancelled", "DeleteInprogress"))

    @property
    def blocked(self) -> Sequence[BlockedEntry]:
        """Those of the remaining entries that could not be cancelled, with the reason and what to do."""
        return blocked(self.remaining)

    @property
    def cancellable(self) -> Sequence[JournalEntry]:
        """Those of the remaining entries that another cancellation would cancel, since their transfer has ended."""
        return [entry for entry in self.remaining if is_cancellable(entry)]

    @property
    def unsettled(self) -> Sequence[JournalEntry]:
        """Those of the remaining entries that are being transferred: that may end as `No`, `Error` or `Yes` yet."""
        return [entry for entry in self.remaining if entry.transferred_to_accounting == "Processing"]


class Ending(StrEnum):
    """How a run that was waited for ended."""

    COMPLETED = "Completed"
    ERROR = "Error"
    CANCELLED = "Cancelled"
    DELETED = "Deleted"


class CompletionOutcome(NamedTuple):
    """What became of a run that was created."""

    ending: Ending
    run: JournalRun
    """The run as it was seen last."""

    @property
    def complete(self) -> bool:
        """Whether it is `Completed`."""
        return self.ending is Ending.COMPLETED


class Deletion(NamedTuple):
    """A deletion that was accepted."""

    number: str
    gone: bool
    """Whether the run is known to be gone; if not, it may be `DeleteInprogress` for a while."""
    exchange: Exchange | None = None
    """The HTTP exchange that said so."""


def is_blocked(entry: JournalEntry) -> bool:
    """Whether an entry cannot be cancelled now."""
    return str(entry.transferred_to_accounting) in _BLOCKED


def is_cancelled(entry: JournalEntry) -> bool:
    """Whether an entry is cancelled."""
    return entry.status == "Cancelled"


def blocked(entries: Iterable[JournalEntry]) -> list[BlockedEntry]:
    """The entries that cannot be cancelled now."""
    return [BlockedEntry(entry) for entry in entries if is_blocked(entry) and not is_cancelled(entry)]


def outcome(run: JournalRun, entries: Sequence[JournalEntry], *, deleted: bool = False) -> CancellationOutcome:
    """The outcome that a run and all of its entries show."""
    return CancellationOutcome(
        run,
        [entry for entry in entries if is_cancelled(entry)],
        [entry for entry in entries if not is_cancelled(entry)],
        deleted,
    )


def is_cancellable(entry: JournalEntry) -> bool:
    """Whether a cancellation that reaches an entry now cancels it."""
    return not is_cancelled(entry) and not is_blocked(entry)
