"""The model of a journal run as a provider's callers see it.

It keeps the set of states that the responses so far allow, so that it holds for any provider at any speed (Zuora,
Cancel a journal run, 2026-02-20; Journal Runs in the Knowledge Center for the other transitions).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .checks import expect as _expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STATUSES = ("Pending", "Processing", "Completed", "Error", "CancelInprogress", "Cancelled", "DeleteInprogress")
CANCELABLE = frozenset({"Pending", "Completed", "Error"})
IN_PROGRESS = frozenset({"Pending", "Processing", "CancelInprogress", "DeleteInprogress"})
GONE = "gone"
"""Stands for a run that does not exist any more."""

ABSENT = "absent"
"""Stands for a run that does not exist yet."""

BLOCKING = frozenset({"Yes", "Processing"})
"""`transferredToAccounting` of an entry that cannot be cancelled."""

ALLOWED: Mapping[str, Mapping[str, int]] = {
    "getJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "listJournalEntriesOfJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "cancelJournalRun": {status: 200 if status in CANCELABLE else 409 for status in STATUSES} | {GONE: 404},
    "deleteJournalRun": {status: 200 if status == "Cancelled" else 409 for status in STATUSES} | {GONE: 404},
}
"""The judged status of every operation on a run in every status; 409 where the status does not allow it."""

AS_REQUESTED = ("journalEntryDate", "targetStartDate", "targetEndDate")
"""Fields of a run that stay as its creation named them."""


def expect(condition: object, message: str) -> None:
    """Require what the model predicts.

    Raises:
        Violation: The condition does not hold.
    """
    _expect(condition, message, "run-model")


class State(NamedTuple):
    """A state of a run."""

    status: str
    before: str = ""
    """The status before a cancellation in progress: readers may see it all the while, and again if entries stay."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The statuses that readers may see."""
        return (self.status, self.before) if self.before else (self.status,)


_NEXT: Mapping[str, tuple[State, ...]] = {
    "Pending": (State("Processing"),),
    "Processing": (State("Completed"), State("Error")),
    "DeleteInprogress": (State(GONE),),
}
_BY_OTHERS: Mapping[str, tuple[State, ...]] = {
    **{status: (State("CancelInprogress", status),) for status in CANCELABLE},
    "Cancelled": (State("DeleteInprogress"),),
    ABSENT: (State("Pending"),),
}
ANY = frozenset(
    {State(status) for status in (*STATUSES, GONE, ABSENT) if status != "CancelInprogress"}
    | {State("CancelInprogress", status) for status in CANCELABLE}
)


@lru_cache(maxsize=4096)
def later(states: frozenset[State], *, others: bool) -> frozenset[State]:
    """Return the states that a run may be in after any time.

    Args:
        states: The states that it may be in now.
        others: Whether other people may have done something to it meanwhile.
    """
    reached = set(states)
    while new := {after for state in reached for after in _after(state, others=others)} - reached:
        reached |= new
    return frozenset(reached)


def _after(state: State, *, others: bool) -> Iterable[State]:
    if state.status == "CancelInprogress":
        yield State("Cancelled")
        if state.before != "Pending":  # It has no entries that could stay.
            yield State(state.before)
    yield from _NEXT.get(state.status, ())
    if others:
        yield from _BY_OTHERS.get(state.status, ())


@lru_cache(maxsize=4096)
def seen(states: frozenset[State], status: str) -> frozenset[State]:
    """Return the states that may show a status."""
    missing = status == GONE
    return frozenset(each for each in states if status in each.shown or (missing and each.status == ABSENT))


@lru_cache(maxsize=4096)
def after_request(states: frozenset[State], operation_id: str, status: int | None) -> frozenset[State]:
    """Return the states that a cancellation or deletion leaves possible.

    Args:
        states: The states that were possible when it was requested.
        operation_id: `cancelJournalRun` or `deleteJournalRun`.
        status: The judged status of the response: 200, 404 or 409; None if it is not known what happened.
    """
    if operation_id == "cancelJournalRun":
        accepting = frozenset(each for each in states if each.status in CANCELABLE)
        # Where a run shows its old status all the while, it can be cancelled again.
        again = {each for each in states if each.before}
        changed = {State("CancelInprogress", each.status) for each in accepting} | again
    else:
        accepting = frozenset(each for each in states if each.status == "Cancelled")
        changed = {State("DeleteInprogress")} if accepting else set()
    missing = seen(states, GONE)
    match status:
        case 200:
            return frozenset(changed)
        case 404:
            return missing
        case 409:
            return states - accepting - missing
        case _:
            return states | changed


class RunModel:
    """One of the suite's own runs, which nobody else changes.

    Every method takes a response, and raises Violation if it cannot be true.

    Args:
        number: The run's number.
        wanted: What it was created with.
    """

    def __init__(self, number: str, wanted: Mapping[str, Any]) -> None:
        self.number = number
        self.wanted = wanted
        self.states: frozenset[State] = frozenset({State("Pending")})
        self.cancelled_once: bool = False
        """Whether a cancellation may have been accepted."""
        self.uncertain: bool = False
        """Whether it is unknown if the last change that was requested is made."""
        self.entries: dict[str, dict[str, Any]] | None = None
        """Its entries, once it has them all."""
        self.updates: dict[str, dict[str, str]] = {}
        """What entries were updated to, by their numbers."""
        self.count: int | None = None
        """How many they are."""

    def retrieved(self, status: int, run: Mapping[str, Any]) -> None:
        """Learn from a response to a retrieval."""
        if status != 200:
            expect(status == 404, f"{self.number} was not retrieved: {status}")
            self._seen(GONE)
            return
        self._seen(run["status"])
        expect(run["number"] == self.number, f"{self.number} was requested, and {run['number']} was returned")
        for name in AS_REQUESTED:
            wanted, said = self.wanted.get(name), run.get(name)
            expect(None in (wanted, said) or wanted == said, f"{name} of {self.number} is {said}, not {wanted}")
        wanted_types, types = (
            {each["type"] for each in known.get("transactionTypes", ())} for known in (self.wanted, run)
        )
        expect(
            "transactionTypes" not in self.wanted.keys() & run.keys() or wanted_types == types,
            f"{self.number} has the types {sorted(types)}, not {sorted(wanted_types)}",
        )
        if run["status"] in ("Completed", "Cancelled") and "totalJournalEntryCount" in run:
            self._counted(run["totalJournalEntryCount"])

    def listed(self, status: int, entries: Sequence[dict[str, Any]]) -> None:
        """Learn from the list of all of its entries."""
        if status != 200:
            expect(status == 404, f"the entries of {self.number} were not listed: {status}")
            self._seen(GONE)
            return
        expect(not self.is_surely(GONE), f"{self.number} is gone, and its entries are listed")
        listed = {entry["number"]: entry for entry in entries}
        expect(len(listed) == len(entries), f"{self.number}: an entry is listed twice")
        if self.count is None:
            return  # More of them may follow.
        if not self.cancelled_once:
            self._counted(len(listed))
        known = listed if self.entries is None else self.entries
        # No document says whether cancelled entries stay in the list.
        missing = {number for number in known.keys() - listed.keys() if not self._may_vanish(known[number])}
        expect(not missing and listed.keys() <= known.keys(), f"{self.number} has other entries than before")
        for number, entry in listed.items():
            self._changed(number, known[number], entry)
        self.entries = listed

    def _may_vanish(self, entry: Mapping[str, Any]) -> bool:
        return self.cancelled_once and entry.get("transferredToAccounting") != "Yes"

    def _counted(self, count: int) -> None:
        same = self.count in (None, count) or (self.cancelled_once and count < (self.count or 0))
        expect(same, f"{self.number} has {count} entries, and had {self.count} before")
        self.count = count

    def updated(self, entry: str, fields: Mapping[str, str], status: int | None) -> None:
        """Learn from the response to an update of an entry; None if there was none."""
        if status is None or status >= 500:
            for name in fields:
                self.updates.get(entry, {}).pop(name, None)
            return
        expect(status in (200, 403, 409), f"an update of {entry} got the status {status}")
        unmarks = self.updates.get(entry, {}).get("transferredToAccounting") == "Yes"
        may_be_refused = unmarks or entry not in self.remaining or not self.is_surely("Completed", "Error")
        expect(status == 200 or may_be_refused, f"{entry} is not cancelled, and its update got the status {status}")
        if status == 200:
            self.updates.setdefault(entry, {}).update(fields)

    def _changed(self, number: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        for name, value in self.updates.get(number, {}).items():
            expect(now.get(name) == value, f"{name} of {number} was updated to {value!r}, and is {now.get(name)!r}")
        if now["status"] == "Cancelled":
            expect(self.cancelled_once, f"{number} is Cancelled, and nobody requested it")
            transferred = before["status"] != "Cancelled" and before.get("transferredToAccounting") == "Yes"
            expect(not transferred, f"{number} is Cancelled, although it was transferred to accounting")
        else:
            expect(before["status"] != "Cancelled", f"{number} was Cancelled, and is {now['status']} again")
            expect(
                not self.is_surely("Cancelled"),
                f"{self.number} is Cancelled, and its entry {number} is {now['status']}",
            )

    @property
    def transferred(self) -> bool:
        """Whether an entry of it cannot be cancelled."""
        return any(entry.get("transferredToAccounting") in BLOCKING for entry in (self.entries or {}).values())

    @property
    def remaining(self) -> list[str]:
        """The numbers of the entries that are not cancelled."""
        return [number for number, entry in (self.entries or {}).items() if entry["status"] != "Cancelled"]

    @property
    def blocked(self) -> bool:
        """Whether entries remain, and none of them can be cancelled."""
        left = [(self.entries or {})[number] for number in self.remaining]
        return bool(left) and all(entry.get("transferredToAccounting") in BLOCKING for entry in left)

    def is_surely(self, *statuses: str) -> bool:
        """Return whether it has one of these statuses, for all that is known."""
        return {each.status for each in self.states} <= set(statuses)

    def may_be(self, *statuses: str) -> bool:
        """Return whether it may have one of these statuses now."""
        return any(each.status in statuses for each in later(self.states, others=False))

    def is_being_cancelled(self) -> bool:
        """Return whether a cancellation may be in progress."""
        return any(each.status == "CancelInprogress" for each in self.states)

    def settled(self, status: str) -> None:
        """Learn that nothing is in progress any more."""
        self.states = frozenset({State(status)})

    def cancelled(self, status: int | None) -> None:
        """Learn from the response to a cancellation; None if there was none."""
        self._requested("a cancellation", "cancelJournalRun", status)
        self.cancelled_once |= status is None or status == 200 or status >= 500

    def deleted(self, status: int | None) -> None:
        """Learn from the response to a deletion; None if there was none."""
        self._requested("a deletion", "deleteJournalRun", status)

    def _requested(self, what: str, operation_id: str, status: int | None) -> None:
        known = status is not None and status < 500
        expect(not known or status in (200, 404, 409), f"{what} of {self.number} got the status {status}")
        before = later(self.states, others=False)
        after = after_request(before, operation_id, status if known else None)
        possible = ", ".join(sorted({each.status for each in before}))
        outcome = {200: "accepted", 404: "refused as not found", 409: "refused"}.get(status or 0)
        expect(after, f"{self.number} can only be {possible}, and {what} was {outcome}")
        self.states = after
        self.uncertain = not known

    def _seen(self, status: str) -> None:
        before = later(self.states, others=False)
        after = seen(before, status)
        possible = ", ".join(sorted({each.status for each in before}))
        expect(after, f"{self.number} is {status}, and can only be {possible}")
        self.states = after
