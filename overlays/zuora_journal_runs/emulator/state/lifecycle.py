"""The life cycle of a journal run as pure rules: no clock, no store, no network.

    Pending ──> Processing ──> Completed | Error
    Pending | Completed | Error ──cancel──> CancelInprogress ──> Cancelled, or the previous status
    Cancelled ──delete──> DeleteInprogress ──> gone

A cancellation cancels the run's entries one after another. Entries that are transferred to accounting, or are being
transferred, are not cancelled; if there are any, the run returns to its previous status (Zuora, Cancel a journal run,
2026-02-20; for the other transitions: Knowledge Center, Journal Runs).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunStatus(StrEnum):
    """The status of a journal run, as Zuora spells it."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    CANCEL_IN_PROGRESS = "CancelInprogress"
    CANCELLED = "Cancelled"
    DELETE_IN_PROGRESS = "DeleteInprogress"


class EntryStatus(StrEnum):
    """The status of a journal entry."""

    CREATED = "Created"
    CANCELLED = "Cancelled"


class Transfer(StrEnum):
    """The values of `transferredToAccounting`."""

    NO = "No"
    PROCESSING = "Processing"
    YES = "Yes"
    ERROR = "Error"
    IGNORE = "Ignore"


CANCELABLE = frozenset({RunStatus.PENDING, RunStatus.ERROR, RunStatus.COMPLETED})
DELETABLE = frozenset({RunStatus.CANCELLED})
BLOCKS_CREATION = frozenset({RunStatus.PENDING, RunStatus.PROCESSING})
IN_PROGRESS = BLOCKS_CREATION | {RunStatus.CANCEL_IN_PROGRESS, RunStatus.DELETE_IN_PROGRESS}
OUTCOMES = frozenset({RunStatus.COMPLETED, RunStatus.ERROR})
BLOCKS_CANCELLATION = frozenset({Transfer.YES, Transfer.PROCESSING})


@dataclass(frozen=True, slots=True)
class EntryState:
    """What the rules need to know about an entry."""

    number: str
    """The entry's number."""
    status: EntryStatus
    """The entry's status."""
    transfer: Transfer
    """Its `transferredToAccounting`."""

    @property
    def cancelable(self) -> bool:
        """Whether a cancellation of the run cancels this entry."""
        return self.status is EntryStatus.CREATED and self.transfer not in BLOCKS_CANCELLATION


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one step of a run."""

    status: RunStatus | None
    """The run's new status; None if the run is gone."""
    cancelled: tuple[str, ...] = ()
    """The numbers of the entries that this step cancels."""


def next_step(
    status: RunStatus,
    *,
    previous_status: RunStatus,
    outcome: RunStatus,
    entries: Sequence[EntryState] = (),
    max_entries: int = 1,
) -> Step:
    """Return the next step of a run; it changes nothing if nothing is in progress.

    Blocked entries are checked again in every step, so that a transfer that ends during the cancellation counts.

    Args:
        status: The run's status.
        previous_status: Its status before the cancellation.
        outcome: The status in which its processing ends.
        entries: Its entries; only needed for a cancellation.
        max_entries: The number of entries that one step may cancel.
    """
    match status:
        case RunStatus.PENDING:
            return Step(RunStatus.PROCESSING)
        case RunStatus.PROCESSING:
            return Step(outcome)
        case RunStatus.CANCEL_IN_PROGRESS:
            cancelable = tuple(entry.number for entry in entries if entry.cancelable)
            if cancelable:
                return Step(status, cancelable[:max_entries])
            blocked = any(entry.status is EntryStatus.CREATED for entry in entries)
            return Step(previous_status if blocked else RunStatus.CANCELLED)
        case RunStatus.DELETE_IN_PROGRESS:
            return Step(None)
        case _:
            return Step(status)
