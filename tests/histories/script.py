"""What happens to a run, told beforehand: the truth, at any time, without anybody who has to ask for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

BLOCKING = ("Yes", "Processing")
CANCELABLE = ("Pending", "Error", "Completed")
NEVER = math.inf


@dataclass(frozen=True)
class Entry:
    transferred: str = "No"
    """No, Processing, Yes, Error, Ignore."""
    ends: float = NEVER
    """Seconds since the start at which a transfer that is `Processing` ends ..."""
    becomes: str = "No"
    """... and as what."""
    after: float = 1.0
    """Seconds that Zuora takes to reach it, after the one before it."""
    by_hand: bool = False
    """Whether somebody cancelled it before."""

    def transferred_at(self, seconds: float) -> str:
        return self.becomes if self.transferred == "Processing" and seconds >= self.ends else self.transferred


@dataclass(frozen=True)
class Script:
    """One run. All times are in seconds, and since the start of the history unless something else is said."""

    entries: tuple[Entry, ...] = ()
    status: str = "Completed"
    """Before it is cancelled: Completed, Error or Pending."""
    appears: float = 0.0
    """When a run that was just created can be read."""
    pending: float = 0.0
    """How long it is `Pending` ..."""
    processing: float = 0.0
    """... and then `Processing`, before it has its status."""
    cancelled_at: float | None = None
    """When somebody else cancels it; may be before the start."""
    begins: float = 0.0
    """How long after a cancellation was accepted Zuora begins."""
    shown: bool = True
    """Whether `CancelInprogress` is shown."""
    patient: bool = False
    """Whether Zuora waits for a transfer to end when it reaches the entry, instead of passing it over."""
    gives_up_after: int | None = None
    """After so many entries Zuora leaves the others as they are."""
    finishes: float = 0.0
    """How long after the last entry the run gets its last status."""
    ends_as: str = "Completed"
    """The status of a run of which something remains."""
    deleted: float | None = None
    """How long after it is `Cancelled` somebody else deletes it."""
    deleting: float = 1.0
    """How long it is `DeleteInprogress`."""
    count: str = "fixed"
    """`totalJournalEntryCount`: "fixed", "follows" (only what is not cancelled), "absent"."""
    listed: str = "all"
    """Whether "all" entries are listed, or those that are cancelled drop out: "uncancelled"."""
    says_success: bool = True
    """Whether a GET says `success: true`, or nothing of it."""


class Truth:
    """A run, and what was done to it."""

    def __init__(self, number: str, script: Script, start: float) -> None:
        self.number, self.script, self.start = number, script, start
        self.cancel_accepted = None if script.cancelled_at is None else start + script.cancelled_at
        self.delete_accepted: float | None = None

    def status(self, now: float) -> str | None:
        """Return the status, or None if the run is not there: not yet, or not any more."""
        script, seconds = self.script, now - self.start
        if seconds < script.appears:
            return None
        began_deletion = self.deletion
        if now >= began_deletion:
            return "DeleteInprogress" if now < began_deletion + script.deleting else None
        if self.cancel_accepted is not None and now >= self.cancel_accepted + script.begins:
            if now >= self.plan.ends:
                return self.plan.status
            if script.shown:
                return "CancelInprogress"
        if seconds < script.pending:
            return "Pending"
        return "Processing" if seconds < script.pending + script.processing else script.status

    def is_cancelled(self, index: int, now: float) -> bool:
        if self.script.entries[index].by_hand:
            return True
        return self.cancel_accepted is not None and now >= self.plan.reached[index]

    def transferred(self, index: int, now: float) -> str:
        return self.script.entries[index].transferred_at(now - self.start)

    def remaining(self, now: float) -> set[str]:
        """Return the numbers of the entries that are not cancelled."""
        return {self.entry_number(index) for index in self._indices if not self.is_cancelled(index, now)}

    def cancelled(self, now: float) -> set[str]:
        return {self.entry_number(index) for index in self._indices} - self.remaining(now)

    def entry_number(self, index: int) -> str:
        return f"JE-{self.number[-3:]}{index:05}"

    @property
    def deletion(self) -> float:
        """When the run becomes `DeleteInprogress`."""
        if self.delete_accepted is not None:
            return self.delete_accepted
        if self.script.deleted is None or self.cancel_accepted is None or self.plan.status != "Cancelled":
            return NEVER
        return self.plan.ends + self.script.deleted

    @property
    def _indices(self) -> range:
        return range(len(self.script.entries))

    @cached_property
    def plan(self) -> Plan:
        """What comes of a cancellation, as soon as it is accepted."""
        assert self.cancel_accepted is not None
        script = self.script
        now, reached = self.cancel_accepted + script.begins, []
        for place, entry in enumerate(script.entries):
            if entry.by_hand:
                reached.append(-NEVER)
                continue
            if script.gives_up_after is not None and place >= script.gives_up_after:
                reached.append(NEVER)
                continue
            now += entry.after
            if script.patient and entry.transferred == "Processing" and entry.ends < NEVER:
                now = max(now, self.start + entry.ends)
            reached.append(NEVER if entry.transferred_at(now - self.start) in BLOCKING else now)
        status = script.ends_as if NEVER in reached else "Cancelled"
        return Plan(reached, now + script.finishes, status)


@dataclass(frozen=True)
class Plan:
    reached: list[float]
    """When each entry is cancelled, or NEVER."""
    ends: float
    """When the run gets its last status."""
    status: str
