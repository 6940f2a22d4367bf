"""From observations to a verdict: no I/O, no clock, no special cases elsewhere.

The rules, and what counts as proof, are in docs/evidence.md. In short: `Cancelled` is final, so that a later response
that shows less is ignored; what could also be a lagging replica must be seen several times in a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from zuora_journal_runs._observations import (
    Accepted,
    EntriesListed,
    EntriesRefused,
    EntryState,
    Observation,
    RunNotFound,
    RunSeen,
)

SAME_POLLS = 2
"""Polls in a row that must show the same entries before they count as settled."""
GONE_POLLS = 3
"""Polls in a row at which Zuora must refuse the run as not found before it counts as gone."""
CONTRADICTION_POLLS = 3
"""Polls in a row at which a response must contradict what was shown before the outcome mentions it."""
DOUBTFUL_POLLS = 5
"""Polls in a row that must show the same before something is concluded that a lagging replica could show as well."""

_CANCELLED = ("Cancelled", "DeleteInprogress")
_ENDED = ("Completed", "Error")
_REFUSED = "refused"


class Verdict(StrEnum):
    """What observations show of a cancellation."""

    COMPLETE = "complete"
    """The run and all of its entries are cancelled."""
    INCOMPLETE = "incomplete"
    """The cancellation has ended, and something is not cancelled or was not shown to be."""
    STALLED = "stalled"
    """Entries were cancelled, and then nothing has changed for a long time."""
    UNKNOWN = "unknown"
    """Nothing of this is shown yet."""


@frozen
class Judgement:
    """A verdict on a cancellation, and what it rests on."""

    verdict: Verdict
    status: str | None
    """The run's status as far as it was shown; None if it was not."""
    gone: bool
    """Whether the run is gone."""
    cancelled: tuple[str, ...]
    """The numbers of the entries that were shown to be cancelled."""
    remaining: tuple[str, ...]
    """The numbers of the entries that were not."""
    discrepancies: tuple[str, ...] = ()
    """What does not fit together, a sentence each."""


class History:
    """What the observations of one run have shown so far."""

    _picture: object

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        """The requests that Zuora accepted: create, cancel, delete."""
        self.status: str | None = None
        """The run's status; once it was seen Cancelled it stays so."""
        self.entries: dict[str, EntryState] = {}
        """Every entry that was ever listed, as it was shown last; once it was seen Cancelled it stays so."""
        self._total = 0
        self._listing: Mapping[str, EntryState] | None = None
        self._remaining: tuple[str, ...] = ()
        self._in_progress = False
        self._misses = 0
        self._ends_in_a_row = 0
        # How many polls in a row have shown the same entries, with the run in the same phase.
        self._restart()
        self._reversals: Counter[str] = Counter()
        self._discrepancies: dict[str, None] = {}
        self._polled_at = 0.0
        self._changed_at = 0.0

    @property
    def known(self) -> bool:
        """Whether the run was seen; a request that was accepted counts as having seen it."""
        return self.status is not None or bool(self.accepted)

    @property
    def total(self) -> int:
        """How many entries the run has, as far as it was shown."""
        return max(self._total, len(self.entries))

    def observe(self, observation: Observation) -> None:
        """Take in one more observation."""
        if isinstance(observation, RunSeen):
            self._see_run(observation)
        elif isinstance(observation, EntriesListed):
            self._list_entries(observation)
        elif isinstance(observation, EntriesRefused):
            self._compare(_REFUSED, observation.at)
        elif isinstance(observation, RunNotFound):
            self._misses += 1
            self._ends_in_a_row = 0
            self._restart()
        elif isinstance(observation, Accepted):
            self._accept(observation)

    def _accept(self, observation: Accepted) -> None:
        self.accepted.add(observation.request)
        self._misses = 0
        if observation.request == "cancel":
            # A new cancellation begins: what ended before it says nothing about how it ends.
            self._in_progress = False
            self._listing = None
            self._restart()
        self._changed_at = observation.at

    def _see_run(self, observation: RunSeen) -> None:
        self._misses = 0
        if observation.total is not None:
            self._total = observation.total
        status = observation.status
        self._ends_in_a_row = self._ends_in_a_row + 1 if status in _ENDED else 0
        if self._cancelled and status not in _CANCELLED:
            self._contradict("run", f"the run was seen Cancelled, and {status} at later polls")
        else:
            self._reversals["run"] = 0
            if status != self.status:
                self._changed_at = observation.at
            if _phase(status) != _phase(self.status):
                self._restart()
            self.status = status
            self._in_progress = self._in_progress or status == "CancelInprogress"
        self._run_was_polled = True

    def _list_entries(self, observation: EntriesListed) -> None:
        changed = reverted = False
        for number, state in observation.entries.items():
            before = self.entries.get(number)
            if before is not None and before[0] == "Cancelled":
                reverted = reverted or state[0] != "Cancelled"
            elif before != state:
                self.entries[number] = state
                changed = True
        if changed:
            self._changed_at = observation.at
        self._listing = observation.entries
        self._remaining = tuple(number for number in observation.entries if self.entries[number][0] != "Cancelled")
        if reverted:
            self._contradict("entries", "entries were listed as cancelled, and as not cancelled at later polls")
        else:
            self._reversals["entries"] = 0
        remaining = {number: self.entries[number] for number in self._remaining}
        self._compare((self._is_short, remaining), observation.at)

    def _compare(self, picture: object, at: float) -> None:
        """Count how often the same was shown; only a poll of the run in between makes it another time."""
        if picture != self._picture:
            self._picture, self._repeats = picture, 0
        if self._run_was_polled:
            self._repeats += 1
            self._polled_at = at
        self._run_was_polled = False

    def _restart(self) -> None:
        self._picture = None
        self._repeats = 0
        self._run_was_polled = False

    def _contradict(self, about: str, sentence: str) -> None:
        self._reversals[about] += 1
        if self._reversals[about] >= CONTRADICTION_POLLS:
            self._discrepancies[sentence] = None

    @property
    def _is_short(self) -> bool:
        """Whether entries are missing from the last listing, as far as is known."""
        return self._listing is not None and len(self._listing) < self.total

    def cancellation(self, stall_after: float | None = None) -> Judgement:
        """Return the verdict on the run's cancellation.

        Args:
            stall_after: Seconds without a change after which a cancellation that has begun counts as stalled.
        """
        if self._is_gone and self._cancelled:
            return self._judgement(Verdict.COMPLETE, gone=True)
        if self._is_gone:
            sentence = "the run is gone, and was never seen Cancelled: its cancellation was not shown"
            return self._judgement(Verdict.INCOMPLETE, sentence, gone=True)
        shortage = [self._shortage()] if self._is_short else []
        if self._cancelled and self._entries_are_known and not self._remaining:
            return self._judgement(Verdict.COMPLETE, *shortage)
        if self._cancelled and self._repeats >= DOUBTFUL_POLLS:
            return self._judgement(Verdict.INCOMPLETE, *shortage, self._contradiction())
        if self._has_ended_with_entries_left():
            return self._judgement(Verdict.INCOMPLETE, *shortage)
        return self._judgement(Verdict.STALLED if self._is_stalled(stall_after) else Verdict.UNKNOWN)

    @property
    def _cancelled(self) -> bool:
        return self.status in _CANCELLED

    @property
    def _is_gone(self) -> bool:
        """Whether Zuora has refused a run that was seen before so often that it is gone."""
        return self._misses >= (GONE_POLLS if self._cancelled else DOUBTFUL_POLLS) and self.status is not None

    @property
    def _entries_are_known(self) -> bool:
        """Whether the last listing can be used: a short one only if it stays so."""
        if self._listing is None:
            return False
        return not self._is_short or (self._repeats >= DOUBTFUL_POLLS and self._picture != _REFUSED)

    def _has_ended_with_entries_left(self) -> bool:
        """Whether the cancellation is over, and entries remain that it did not reach or could not cancel."""
        if self.status not in _ENDED or self._picture == _REFUSED or not (self._entries_are_known and self._remaining):
            return False
        if all(self.entries[number][1] == "Yes" for number in self._remaining):
            return self._repeats >= SAME_POLLS
        return self._in_progress and self._repeats >= DOUBTFUL_POLLS

    def _is_stalled(self, stall_after: float | None) -> bool:
        if stall_after is None or self._polled_at - self._changed_at < stall_after:
            return False
        return any(status == "Cancelled" for status, _ in self.entries.values())

    def _shortage(self) -> str:
        assert self._listing is not None
        return f"the run has {self.total:,} entries as far as was shown, and only {len(self._listing):,} are listed"

    def _contradiction(self) -> str:
        if self._picture == _REFUSED:
            return "the run is Cancelled, and its entries cannot be read"
        return "the run is Cancelled, and entries are listed that are not"

    def _judgement(self, verdict: Verdict, *discrepancies: str, gone: bool = False) -> Judgement:
        # A run that was seen Cancelled and is gone has nothing left, whatever was listed before.
        complete = verdict is Verdict.COMPLETE
        remaining = () if complete else self._remaining
        cancelled = tuple(
            number for number, (status, _) in self.entries.items() if status == "Cancelled" or (complete and gone)
        )
        return Judgement(verdict, self.status, gone, cancelled, remaining, (*self._discrepancies, *discrepancies))

    def completion(self) -> str | None:
        """Return how the run ended: Completed, Error, Cancelled or Deleted; None if that is not shown yet.

        `CancelInprogress` is not an end, since the run may go back to `Completed`.
        """
        if self.status == "Cancelled":
            return "Cancelled"
        if self._is_gone:
            return "Deleted"
        if self.status in _ENDED and self._ends_in_a_row >= (DOUBTFUL_POLLS if self._in_progress else 1):
            return self.status
        return None

    def deletion(self) -> bool:
        """Return whether the run is shown to be deleted."""
        return self._misses >= GONE_POLLS and (self._cancelled or "delete" in self.accepted)


def _phase(status: str | None) -> str | None:
    """Return the group of statuses whose listings may be compared with each other."""
    if status in _CANCELLED:
        return "cancelled"
    return "ended" if status in _ENDED else status


def judge_cancellation(observations: Iterable[Observation], stall_after: float | None = None) -> Judgement:
    """Return the verdict on a cancellation that these observations show.

    Args:
        observations: What was observed, in the order in which it came.
        stall_after: Seconds without a change after which a cancellation that has begun counts as stalled.
    """
    return _history(observations).cancellation(stall_after)


def judge_deletion(observations: Iterable[Observation]) -> bool:
    """Return whether these observations show that the run is deleted."""
    return _history(observations).deletion()


def judge_completion(observations: Iterable[Observation]) -> str | None:
    """Return how these observations show that a run ended: Completed, Error, Cancelled, Deleted, or None."""
    return _history(observations).completion()


def _history(observations: Iterable[Observation]) -> History:
    history = History()
    for observation in observations:
        history.observe(observation)
    return history
