"""The rules of docs/evidence.md, stated once more: plain, slow, and sharing no code with the package.

Input: observations in the order in which they were made. One is

    Observation(time, kind, payload)

    time     seconds on any clock
    kind     payload
    accepted "create", "cancel" or "delete": the request was accepted
    run      Run(status, count): GET run showed this run; count is its `totalJournalEntryCount`, None if absent
    missing  None: the run was not found
    entries  (Entry(number, status, transferred), ...): a listing of all pages, each number once
    refused  None: Zuora refused to list the entries
    problem  None: a request that proved nothing

Each GET of the run begins a poll, and listings belong to the poll in which they are made.

Where the document leaves a choice, the reading is the one that never claims what was not shown:

- A poll with listings that differ shows none of them, and a listing before the first GET belongs to no poll.
- In a row of polls, one without a listing is passed over if it saw the run in the same state. One that did not find the
  run, or saw it in another state, ends the row.
- The last observation of a run decides what it *is*: a run that was `Completed` and is `Processing` has not ended.
- Nothing has changed up to the last poll that saw the run and asked for its entries, and no longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

COMPLETE = "complete"
INCOMPLETE = "incomplete"
STALLED = "stalled"
NOT_KNOWN_YET = "not known yet"
DELETED = "Deleted"

CANCELLED = ("Cancelled", "DeleteInprogress")
ENDED = ("Completed", "Error")


@dataclass(frozen=True)
class Run:
    status: str
    count: int | None = None


@dataclass(frozen=True)
class Entry:
    number: str
    status: str
    transferred: str | None = "No"


Listing = tuple[Entry, ...]


@dataclass(frozen=True)
class Observation:
    time: float
    kind: str
    payload: str | Run | Listing | None = None


Observations = list[Observation]


@dataclass(frozen=True)
class Expected:
    verdict: str
    gone: bool
    status: str | None
    cancelled: frozenset[str]
    remaining: frozenset[str]
    discrepancy: bool


def expected_of_cancellation(history: Observations, stall_after: float | None = 600.0) -> Expected:
    """Return the verdict on a cancellation. The first row that applies decides."""
    seen = proven(history)
    short = is_short(seen)
    rows: list[tuple[Callable[[], bool], str, bool]] = [
        (lambda: is_gone(seen) and was_cancelled(seen), COMPLETE, False),
        (lambda: is_gone(seen), INCOMPLETE, True),
        (lambda: was_cancelled(seen) and is_usable(seen) and not left(seen), COMPLETE, short),
        (lambda: was_cancelled(seen) and row_of_polls(seen) >= 5 and (is_refused(seen) or bool(left(seen))), INCOMPLETE, True),
        (lambda: settles(seen) and row_of_polls(seen) >= 2 and all_transferred(seen), INCOMPLETE, short),
        (lambda: settles(seen) and row_of_polls(seen) >= 5 and was_in_progress(seen), INCOMPLETE, short),
        (lambda: is_stalled(seen, stall_after), STALLED, False),
        (lambda: True, NOT_KNOWN_YET, False),
    ]  # fmt: skip
    verdict, discrepancy = next((verdict, disagrees) for applies, verdict, disagrees in rows if applies())
    cancelled = {entry.number for entry in listed(seen) if entry.status == "Cancelled"}
    remaining = {entry.number for entry in left(seen)}
    if verdict == COMPLETE:
        remaining = set()
        if is_gone(seen):
            cancelled = {entry.number for entry in listed(seen)}
    return Expected(
        verdict,
        is_gone(seen),
        status(seen),
        frozenset(cancelled),
        frozenset(remaining),
        discrepancy or takes_back(seen),
    )


def expected_of_deletion(history: Observations) -> bool:
    """Return whether a deletion is shown to be done."""
    seen = proven(history)
    accepted = any(one.payload == "delete" for one in seen)
    return times_missing(seen) >= 3 and (accepted or was_cancelled(seen))


def expected_of_completion(history: Observations) -> str | None:
    """Return how a run has ended, or None if it is not shown to have."""
    seen = proven(history)
    rows: list[tuple[Callable[[], bool], str | None]] = [
        (lambda: status(seen) == "Cancelled", "Cancelled"),
        (lambda: is_gone(seen), DELETED),
        (lambda: was_in_progress(seen) and row_of_ends(seen) < 5, None),
        (lambda: status(seen) in ENDED and row_of_ends(seen) > 0, status(seen)),
        (lambda: True, None),
    ]
    return next(ending for applies, ending in rows if applies())


# The run


def proven(history: Observations) -> Observations:
    """A problem proves nothing: it neither counts nor starts a count anew."""
    return [one for one in history if one.kind != "problem"]


def runs(seen: Observations) -> list[Run]:
    return [one.payload for one in seen if isinstance(one.payload, Run)]


def was_cancelled(seen: Observations) -> bool:
    """`Cancelled` is final: once seen, it stays."""
    return any(run.status in CANCELLED for run in runs(seen))


def status(seen: Observations) -> str | None:
    """The last status; after `Cancelled`, what shows less is ignored."""
    statuses = [run.status for run in runs(seen) if not was_cancelled(seen) or run.status in CANCELLED]
    return statuses[-1] if statuses else None


def state(seen: Observations) -> str | None:
    """The status, where those that count as one have one name."""
    last = status(seen)
    return "cancelled" if last in CANCELLED else "ended" if last in ENDED else last


def times_missing(seen: Observations) -> int:
    """At how many polls the run was not found, since it was seen or a request for it accepted."""
    places = [place for place, one in enumerate(seen) if one.kind in ("run", "accepted")]
    since = places[-1] if places else 0
    return sum(one.kind == "missing" for one in seen[since:])


def is_gone(seen: Observations) -> bool:
    """Whether a run that a GET saw is gone."""
    return bool(runs(seen)) and times_missing(seen) >= (3 if was_cancelled(seen) else 5)


def row_of_ends(seen: Observations) -> int:
    """How many polls in a row, up to now, show that the run has ended."""
    gets = [one for one in seen if one.kind in ("run", "missing")]
    row = 0
    for one in gets:
        row = row + 1 if isinstance(one.payload, Run) and one.payload.status in ENDED else 0
    return row


# Its entries


def since_accepted(seen: Observations) -> Observations:
    """A cancellation that is accepted starts anew."""
    places = [place for place, one in enumerate(seen) if one.payload == "cancel"]
    return seen[places[-1] + 1 :] if places else seen


def was_in_progress(seen: Observations) -> bool:
    return any(run.status == "CancelInprogress" for run in runs(since_accepted(seen)))


def listings(seen: Observations) -> list[Listing]:
    return [one.payload for one in seen if isinstance(one.payload, tuple)]


def listed(seen: Observations) -> Listing:
    """Every entry that was ever listed, as it was listed last; once `Cancelled` it stays so."""
    entries: dict[str, Entry] = {}
    for listing in listings(seen):
        for entry in listing:
            if entry.number not in entries or entries[entry.number].status != "Cancelled":
                entries[entry.number] = entry
    return tuple(entries[number] for number in sorted(entries))


def left(seen: Observations) -> Listing:
    """The entries of the last listing that remain."""
    last = {entry.number for listing in listings(seen)[-1:] for entry in listing}
    return tuple(entry for entry in listed(seen) if entry.number in last and entry.status != "Cancelled")


def is_short(seen: Observations) -> bool:
    """Whether the last listing has fewer entries than it should, by what is known now."""
    counts = [run.count for run in runs(seen) if run.count is not None]
    return bool(listings(seen)) and len(listings(seen)[-1]) < max(len(listed(seen)), *counts[-1:], 0)


def is_refused(seen: Observations) -> bool:
    """Whether Zuora refused the last request for entries."""
    asked = [one.kind for one in since_accepted(seen) if one.kind in ("entries", "refused")]
    return bool(asked) and asked[-1] == "refused"


def picture(seen: Observations, place: int) -> object:
    """What the listing, or the refusal of one, at a place showed."""
    before = seen[: place + 1]
    if seen[place].kind == "refused":
        return state(before), "refused"
    return state(before), left(before), is_short(before)


def row_of_polls(seen: Observations) -> int:
    """At how many polls in a row, up to now, the same entries were listed, or refused."""
    start = len(seen) - len(since_accepted(seen))
    polls: list[list[int]] = []  # the places of their observations
    for place in range(start, len(seen)):
        if seen[place].kind in ("run", "missing"):
            polls.append([place])
        elif polls and seen[place].kind in ("entries", "refused"):
            polls[-1].append(place)
    row, shown = 0, None
    for get, *asked in reversed(polls):
        if seen[get].kind == "missing" or state(seen[: get + 1]) != state(seen):
            break
        pictures = [picture(seen, place) for place in asked]
        if pictures:
            shown = shown or pictures[-1]
            if any(one != shown for one in pictures):
                break
            row += 1
    return row


def is_usable(seen: Observations) -> bool:
    """Whether there is a last listing, and it is whole or has been the same for five polls."""
    return bool(listings(since_accepted(seen))) and (
        not is_short(seen) or (row_of_polls(seen) >= 5 and not is_refused(seen))
    )


def settles(seen: Observations) -> bool:
    """Whether the run has ended and the entries that remain are known."""
    return state(seen) == "ended" and is_usable(seen) and bool(left(seen)) and not is_refused(seen)


def all_transferred(seen: Observations) -> bool:
    return all(entry.transferred == "Yes" for entry in left(seen))


def takes_back(seen: Observations) -> bool:
    """Whether three polls in a row showed less than `Cancelled` for what was seen so: the run, or its entries."""
    of_run, of_entries = 0, 0
    for place, one in enumerate(seen):
        before = seen[: place + 1]
        if isinstance(one.payload, Run):
            of_run = of_run + 1 if was_cancelled(before) and one.payload.status not in CANCELLED else 0
        if isinstance(one.payload, tuple):
            shown = {entry.number for entry in one.payload if entry.status != "Cancelled"}
            of_entries = of_entries + 1 if shown != {entry.number for entry in left(before)} else 0
        if 3 in (of_run, of_entries):
            return True
    return False


def is_stalled(seen: Observations, stall_after: float | None) -> bool:
    """Whether something was cancelled, and neither the run nor its entries have changed for so long."""
    if stall_after is None or not any(entry.status == "Cancelled" for entry in listed(seen)):
        return False
    polled, changed, get_before = -math.inf, -math.inf, False
    for place, one in enumerate(seen):
        before, after = seen[:place], seen[: place + 1]
        if one.kind == "accepted" or (status(before), listed(before)) != (status(after), listed(after)):
            changed = one.time
        if one.kind in ("entries", "refused") and get_before:
            polled = one.time
        get_before = one.kind == "run" or (get_before and one.kind == "accepted" and one.payload != "cancel")
    return polled - changed >= stall_after
