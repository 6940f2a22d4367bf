"""The life of a journal run as a provider's callers see it.

What a run may do next is told from what was asked and answered so far, so that it holds for any provider, at any
speed (Zuora, Cancel a journal run, 2026-02-20; Journal Runs in the Knowledge Center for the other transitions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .checks import expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STATUSES = ("Pending", "Processing", "Completed", "Error", "CancelInprogress", "Cancelled", "DeleteInprogress")
CANCELABLE = frozenset({"Pending", "Completed", "Error"})
IN_PROGRESS = frozenset({"Pending", "Processing", "CancelInprogress", "DeleteInprogress"})
GONE = "gone"
"""Stands for a run that is not there any more."""

BLOCKING = frozenset({"Yes", "Processing"})
"""`transferredToAccounting` of an entry that cannot be cancelled."""

ALLOWED: Mapping[str, Mapping[str, int]] = {
    "getJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "listJournalEntriesOfJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "cancelJournalRun": {status: 200 if status in CANCELABLE else 409 for status in STATUSES} | {GONE: 404},
    "deleteJournalRun": {status: 200 if status == "Cancelled" else 409 for status in STATUSES} | {GONE: 404},
}
"""The judged status of every operation on a run in every status; 409 where the status does not allow it."""

_GOES_ON_TO = {"Pending": {"Processing"}, "Processing": {"Completed", "Error"}, "DeleteInprogress": {GONE}}
_AS_ASKED = ("journalEntryDate", "targetStartDate", "targetEndDate")


class Life:
    """One run, as far as it is known from outside.

    Every method takes an answer, and raises Violation if it cannot be true.

    Args:
        number: The run's number.
        wanted: What it was created with.
    """

    def __init__(self, number: str, wanted: Mapping[str, Any]) -> None:
        self.number = number
        self.wanted = wanted
        self.possible: set[str] = {"Pending"}
        self.before: frozenset[str] = frozenset()
        """What it may have been when it was cancelled, and is again if entries stay."""
        self.entries: dict[str, dict[str, Any]] | None = None
        """Its entries, once it has them all."""
        self.count: int | None = None
        """How many they are."""

    def retrieved(self, status: int, run: Mapping[str, Any]) -> None:
        """The run was retrieved."""
        if status != 200:
            expect(status == 404, f"{self.number} was not retrieved: {status}")
            self._told(GONE)
            return
        self._told(run["status"])
        expect(run["number"] == self.number, f"asked for {self.number}, and got {run['number']}")
        for name in _AS_ASKED:
            asked, said = self.wanted.get(name), run.get(name)
            expect(None in (asked, said) or asked == said, f"{name} of {self.number} is {said}, and was {asked}")
        asked_types, said_types = (
            {each["type"] for each in known.get("transactionTypes", ())} for known in (self.wanted, run)
        )
        expect(
            "transactionTypes" not in self.wanted.keys() & run.keys() or asked_types == said_types,
            f"{self.number} is of the types {sorted(said_types)}, and was to be of {sorted(asked_types)}",
        )
        if run["status"] in ("Completed", "Cancelled") and "totalJournalEntryCount" in run:
            self._counted(run["totalJournalEntryCount"])

    def listed(self, status: int, entries: Sequence[dict[str, Any]]) -> None:
        """All of its entries were listed."""
        if status != 200:
            expect(status == 404, f"the entries of {self.number} were not listed: {status}")
            self._told(GONE)
            return
        expect(self.possible != {GONE}, f"{self.number} is gone, and its entries are listed")
        listed = {entry["number"]: entry for entry in entries}
        expect(len(listed) == len(entries), f"{self.number}: an entry is listed twice")
        if self.count is None:
            return  # there may be more of them soon
        self._counted(len(listed))
        known = listed if self.entries is None else self.entries
        expect(listed.keys() == known.keys(), f"{self.number} has other entries than before")
        for number, entry in listed.items():
            self._changed(number, known[number], entry)
        self.entries = listed

    def _counted(self, count: int) -> None:
        expect(self.count in (None, count), f"{self.number} has {count} entries, and had {self.count} before")
        self.count = count

    def _changed(self, number: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        if now["status"] == "Cancelled":
            expect(self.before, f"{number} is cancelled, and nobody asked for it")
            transferred = before["status"] != "Cancelled" and before.get("transferredToAccounting") == "Yes"
            expect(not transferred, f"{number} is cancelled, and was transferred to accounting")
        else:
            expect(before["status"] != "Cancelled", f"{number} was cancelled, and is {now['status']} again")
            expect(self.possible != {"Cancelled"}, f"{self.number} is Cancelled, and its entry {number} is not")

    @property
    def transferred(self) -> bool:
        """Whether an entry of it cannot be cancelled."""
        return any(entry.get("transferredToAccounting") in BLOCKING for entry in (self.entries or {}).values())

    @property
    def blocked(self) -> bool:
        """Whether it was to be cancelled, and every entry that is not is one that cannot be."""
        left = [entry for entry in (self.entries or {}).values() if entry["status"] != "Cancelled"]
        return bool(left) and all(entry.get("transferredToAccounting") in BLOCKING for entry in left)

    def may_be(self, *statuses: str) -> bool:
        """Whether it may have one of these statuses now."""
        self._pass_time()
        return not self.possible.isdisjoint(statuses)

    def cancelled(self, status: int) -> None:
        """A cancellation was asked for."""
        self._asked("a cancellation", status, CANCELABLE)
        if status == 200:
            self.before = frozenset(self.possible)
            self.possible = {"CancelInprogress"}

    def deleted(self, status: int) -> None:
        """A deletion was asked for."""
        self._asked("a deletion", status, {"Cancelled"})
        if status == 200:
            self.possible = {"DeleteInprogress"}

    def _asked(self, what: str, status: int, allowed: Iterable[str]) -> None:
        self._pass_time()
        before = sorted(self.possible)
        if status == 200:
            self.possible &= set(allowed)
        elif status == 404:
            self.possible &= {GONE}
        else:
            expect(status == 409, f"{what} of {self.number} was answered with {status}")
            self.possible -= {*allowed, GONE}
        expect(self.possible, f"{self.number} can only be {before}, and {what} was answered with {status}")

    def _told(self, status: str) -> None:
        self._pass_time()
        expect(status in self.possible, f"{self.number} is {status}, and can only be {sorted(self.possible)}")
        # While it is being cancelled it may show the status that it had before.
        self.possible = {"CancelInprogress"} if status in self.before else {status}

    def _pass_time(self) -> None:
        while new := {after for status in self.possible for after in self._next(status)} - self.possible:
            self.possible |= new

    def _next(self, status: str) -> set[str]:
        if status == "CancelInprogress":
            return {"Cancelled", *self.before}
        return set() if status in self.before else _GOES_ON_TO.get(status, set())
