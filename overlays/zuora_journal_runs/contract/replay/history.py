"""The life of a run as a recording shows it.

Other people, and requests that were not recorded, may have done anything meanwhile. So only that is found which no
order of events explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from zuora_journal_runs.contract.exchange import category_of
from zuora_journal_runs.contract.run_model import ANY, AS_REQUESTED, GONE, STATUSES, State, after_request, later, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.contract.exchange import Exchange


CHANGES = frozenset({"cancelJournalRun", "deleteJournalRun"})


class Event(NamedTuple):
    """What a response said about a run."""

    began: float
    ended: float
    operation: str
    source: str
    outcome: str
    """A status of the run, `accepted`, `refused`, `not found`, `created`, `unknown` or `entries`."""
    entries: tuple[tuple[str, str], ...] = ()
    """Numbers and statuses of entries."""
    key: str | None = None
    """The idempotency key of a creation."""
    dates: tuple[tuple[str, str], ...] = ()
    """The dates that a creation named, or that a run has."""


def event_of(operation_id: str, exchange: Exchange) -> Event | None:
    """Return what a response says about a run; None if it says nothing."""
    data, began = exchange.data, exchange.began or 0.0
    outcome = _outcome(operation_id, exchange)
    entries: tuple[tuple[str, str], ...] = ()
    if operation_id == "listJournalEntriesOfJournalRun" and isinstance(data.get("journalEntries"), list):
        outcome, entries = "entries", tuple(_statuses(data["journalEntries"]))
    if not outcome:
        return None
    ended = began if exchange.ended is None else exchange.ended
    key = exchange.sent("idempotency-key")
    return Event(began, ended, operation_id, exchange.source, outcome, entries, key, _dates(operation_id, exchange))


def _dates(operation_id: str, exchange: Exchange) -> tuple[tuple[str, str], ...]:
    named = {"createJournalRun": exchange.request_body, "getJournalRun": exchange.body}.get(operation_id)
    if not isinstance(named, dict):
        return ()
    return tuple((name, named[name]) for name in AS_REQUESTED if isinstance(named.get(name), str))


def _outcome(operation_id: str, exchange: Exchange) -> str:
    data = exchange.data
    if data.get("success") is False:
        category = category_of(data)
        # Category 50 is contention over a lock, which says nothing about the run's status.
        known = {"40": "not found", "30": "refused" if operation_id in CHANGES else ""}
        return known.get(category, "")
    if operation_id == "getJournalRun" and 200 <= exchange.status < 300:
        status = data.get("status")
        return status if status in STATUSES else ""
    if operation_id == "createJournalRun":
        return "created" if data.get("success") is True else ""
    if operation_id in CHANGES:
        if data.get("success") is True:
            return "accepted"
        return "unknown" if exchange.status == 0 or exchange.status >= 500 else ""
    return ""


def _statuses(entries: list[Any]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("number"), str) and isinstance(entry.get("status"), str):
            yield entry["number"], entry["status"]


class History:
    """What is known of one run, event by event in the order in which they began.

    Args:
        number: The run's number.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        self._states = ANY
        self._before = ANY
        """What was possible before the events that overlap with the last one."""
        self._ends = float("-inf")
        self._key: str | None = None
        self._wanted: dict[str, str] = {}
        self._cancelled: dict[str, float] = {}
        """The entries that were seen Cancelled, and since when."""
        self._run_cancelled = float("inf")
        """Since when the run is surely Cancelled or on its way to be gone."""

    def learn(self, event: Event) -> Iterator[str]:
        """Learn from an event; yield what it contradicts."""
        if event.outcome == "created" and self._key is not None and event.key == self._key:
            return  # The response of a repeated creation is repeated, whatever became of the run.
        if event.began >= self._ends:
            self._before, self._ends = later(self._states, others=True), event.ended
            overlaps = False
        else:
            self._ends, overlaps = max(self._ends, event.ended), True
        after = self._after(self._before, event)
        joint = later(self._states, others=True) & later(after, others=True) if overlaps else after
        if not joint:
            possible = ", ".join(sorted({each.status for each in self._before} - {"absent"}))
            yield f"{self.number}: {_described(event)}, and can only be {possible}"
            joint = self._after(ANY, event)
        self._states = joint
        if event.outcome == "created":
            self._key, self._wanted = event.key, dict(event.dates)
        for name, date in event.dates:
            if self._wanted.get(name, date) != date:
                yield f"{name} of {self.number} is {date}, not {self._wanted[name]}"
        yield from self._entries(event)
        if {each.status for each in joint} <= {"Cancelled", "DeleteInprogress", GONE}:
            self._run_cancelled = min(self._run_cancelled, event.ended)

    @staticmethod
    def _after(states: frozenset[State], event: Event) -> frozenset[State]:
        match event.outcome:
            case "entries":
                return frozenset(each for each in states if each.status not in (GONE, "absent"))
            case "created":
                # Processing may have begun before the response arrived.
                created = frozenset({State("Pending")})
                return later(created, others=True) if seen(states, "absent") else frozenset()
            case "not found" if event.operation in ("getJournalRun", "listJournalEntriesOfJournalRun"):
                return seen(states, GONE)
            case "accepted" | "refused" | "not found" | "unknown":
                status = {"accepted": 200, "refused": 409, "not found": 404}.get(event.outcome)
                return after_request(states, event.operation, status)
            case status:
                return seen(states, status)

    def _entries(self, event: Event) -> Iterator[str]:
        for number, status in event.entries:
            if status == "Cancelled":
                self._cancelled.setdefault(number, event.ended)
            elif event.began >= self._cancelled.get(number, float("inf")):
                yield f"{number} was Cancelled, and is {status} again"
            elif event.began >= self._run_cancelled:
                yield f"{self.number} is Cancelled, and its entry {number} is {status}"


def _described(event: Event) -> str:
    match event.outcome:
        case "entries":
            return "its entries are listed"
        case "created":
            return "it was created"
        case "accepted" | "refused" | "not found" | "unknown":
            what = {"cancelJournalRun": "a cancellation was", "deleteJournalRun": "a deletion was"}
            return f"{what.get(event.operation, 'it is')} {event.outcome}"
        case status:
            return f"it is {status}"
