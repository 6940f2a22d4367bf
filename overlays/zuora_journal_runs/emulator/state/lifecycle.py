"""The life of a journal run, as rules: no clock, no store, no network.

    Pending ──> Processing ──> Completed | Error
    Pending | Completed | Error ──cancel──> CancelInprogress ──> Cancelled, or the status before
    Cancelled ──delete──> DeleteInprogress ──> gone

A cancellation takes the run's entries one after another. An entry that is transferred to accounting, or on
its way there, stays as it is, and then the run goes back to the status that it had (Zuora, Cancel a journal
run, 2026-02-20; Journal Runs in the Knowledge Center for the other transitions).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunStatus(StrEnum):
    """The status of a journal run, in Zuora's spelling."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    CANCEL_IN_PROGRESS = "CancelInprogress"
    CANCELLED = "Cancelled"
    DELETE_IN_PROGRESS = "DeleteInprogress"


class EntryStatus(StrEnum):
    """The status of a summary journal entry."""

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
UNDER_WAY = BLOCKS_CREATION | {RunStatus.CANCEL_IN_PROGRESS, RunStatus.DELETE_IN_PROGRESS}
OUTCOMES = frozenset({RunStatus.COMPLETED, RunStatus.ERROR})
STAYS = frozenset({Transfer.YES, Transfer.PROCESSING})


@dataclass(frozen=True, slots=True)
class EntryState:
    """What the rules need to know of an entry."""

    number: str
    status: EntryStatus
    transfer: Transfer

    @property
    def cancelable(self) -> bool:
        """Whether a cancellation of its run takes it along."""
        return self.status is EntryStatus.CREATED and self.transfer not in STAYS


@dataclass(frozen=True, slots=True)
class Step:
    """What one step makes of a run."""

    status: RunStatus | None
    """The run's next status; None when the run is gone."""
    cancelled: tuple[str, ...] = ()
    """The numbers of the entries that this step cancels."""


def next_step(
    status: RunStatus,
    *,
    before: RunStatus,
    outcome: RunStatus,
    entries: Sequence[EntryState] = (),
    at_most: int = 1,
) -> Step:
    """The next step of a run; one that changes nothing when nothing is under way.

    `before` is the status that the run had when its cancellation began, `outcome` the one in which its
    processing ends, `at_most` the number of entries that one step may cancel. Entries that stay are looked
    at anew in every step, so that a transfer which ends in between counts.
    """
    match status:
        case RunStatus.PENDING:
            return Step(RunStatus.PROCESSING)
        case RunStatus.PROCESSING:
            return Step(outcome)
        case RunStatus.CANCEL_IN_PROGRESS:
            loose = tuple(entry.number for entry in entries if entry.cancelable)
            if loose:
                return Step(status, loose[:at_most])
            stays = any(entry.status is EntryStatus.CREATED for entry in entries)
            return Step(before if stays else RunStatus.CANCELLED)
        case RunStatus.DELETE_IN_PROGRESS:
            return Step(None)
        case _:
            return Step(status)
