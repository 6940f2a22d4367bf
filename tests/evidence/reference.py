"""The rules for verdicts, stated once more: plain, slow, and sharing no code with the package.

Input: observations in the order in which they were made. One is

    Observation(poll, time, kind, payload)

    poll     0 for requests that come before the first poll (create, cancel, delete), then 1, 2, 3 ...
    time     seconds on any clock
    kind     payload
    accepted "create", "cancel" or "delete": the request was answered with `success: true`
    run      Run(status, count): GET run showed this run; count is its `totalJournalEntryCount`, None if absent
    entries  (Entry(number, status, transferred), ...): all pages, each number once. It may be short of entries; whether
             a short listing is used is decided here
    refused  None: GET run was refused in Zuora's own form, with a reason of category 40
    problem  "run" or "entries": the request for it proved nothing

Output: the name of a verdict. A wait ends at the first verdict other than NOT_KNOWN_YET, so compare prefix by prefix, and
stop at the first prefix that has one.

Where the specification leaves a choice, the reading is the one that claims less:

- A poll that proves nothing about a request breaks a row of polls of that request.
- A listing is short if it has fewer entries than the newest count, or lacks a number that was listed before.
- "Short for five polls" means: the same listing at five polls in a row. The run may be read in between.
- For "settled", the run is `Completed` or `Error` before the first of the two equal listings, between them, and after the
  second; no other status is seen in between.
- A wait is not stalled while nothing can be read: what counts are the last observations of the run and of its entries,
  not the last problem. Both have to be seen unchanged: who does not list the entries cannot know that nothing happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMPLETE = "complete"
COMPLETE_WITH_DISCREPANCY = "complete, with a discrepancy"
SETTLED = "settled, not complete"
SETTLED_WITH_DISCREPANCY = "settled, not complete, with a discrepancy"
STALLED = "stalled"
NOT_KNOWN_YET = "not known yet"
GONE = "gone"

CANCELLED = ("Cancelled", "DeleteInprogress")
NOT_CANCELLING = ("Completed", "Error")


@dataclass(frozen=True)
class Run:
    status: str
    count: int | None = None


@dataclass(frozen=True)
class Entry:
    number: str
    status: str
    transferred: str = "No"


Listing = tuple[Entry, ...]


@dataclass(frozen=True)
class Observation:
    poll: int
    time: float
    kind: str
    payload: str | Run | Listing | None = None


Observations = list[Observation]


def expected_of_cancellation(seen: Observations, stall_after: float | None = 600.0) -> str:
    """Return the verdict on a cancellation. The first row that applies decides."""
    rows: list[tuple[Callable[[], bool], str]] = [
        (lambda: is_gone(seen) and was_cancelled(seen), COMPLETE),
        (lambda: is_gone(seen), SETTLED_WITH_DISCREPANCY),
        (lambda: was_cancelled(seen) and nothing_remains(seen) and has_discrepancy(seen), COMPLETE_WITH_DISCREPANCY),
        (lambda: was_cancelled(seen) and nothing_remains(seen), COMPLETE),
        (lambda: was_cancelled(seen) and contradicted_for_three_polls(seen), SETTLED_WITH_DISCREPANCY),
        (lambda: has_ended(seen) and has_discrepancy(seen), SETTLED_WITH_DISCREPANCY),
        (lambda: has_ended(seen), SETTLED),
        (lambda: is_stalled(seen, stall_after), STALLED),
    ]
    return next((verdict for applies, verdict in rows if applies()), NOT_KNOWN_YET)


def expected_of_deletion(seen: Observations) -> str:
    """Return the verdict on a deletion."""
    accepted = any(one.kind == "accepted" and one.payload == "delete" for one in seen)
    return GONE if is_gone(seen) and (accepted or was_cancelled(seen)) else NOT_KNOWN_YET


def expected_of_completion(seen: Observations) -> str:
    """Return the status with which a run ended. `CancelInprogress` and `DeleteInprogress` are no ends."""
    ends = [run.status for run in runs(seen) if run.status in ("Completed", "Error", "Cancelled")]
    return ends[0] if ends else GONE if is_gone(seen) else NOT_KNOWN_YET


def runs(seen: Observations) -> list[Run]:
    return [one.payload for one in seen if isinstance(one.payload, Run)]


def was_cancelled(seen: Observations) -> bool:
    """`Cancelled` is final: once seen, it stays."""
    return any(run.status in CANCELLED for run in runs(seen))


def is_gone(seen: Observations) -> bool:
    """Whether a run that was known of is refused at two polls in a row."""
    known = [one for one in seen if one.kind in ("accepted", "run")]
    last = seen[-1].poll if seen else 0
    return bool(known) and all(about_run(seen, poll) == {"refused"} for poll in (last - 1, last))


def about_run(seen: Observations, poll: int) -> set[str]:
    """What a poll says of the run: "run", "refused", "problem"."""
    return {
        one.kind
        for one in seen
        if one.poll == poll and (one.kind in ("run", "refused") or (one.kind, one.payload) == ("problem", "run"))
    }


def listings(seen: Observations) -> list[tuple[int, Listing]]:
    """The places of all listings, with the listings."""
    return [(place, one.payload) for place, one in enumerate(seen) if isinstance(one.payload, tuple)]


def is_short(seen: Observations, place: int) -> bool:
    """Whether the listing at this place has fewer entries than it should have."""
    listing = seen[place].payload
    assert isinstance(listing, tuple)
    counts = [run.count for run in runs(seen[:place])]
    count = counts[-1] if counts else None
    before = {entry.number for _, earlier in listings(seen[:place]) for entry in earlier}
    return len(listing) < (count or 0) or bool(before - {entry.number for entry in listing})


def is_usable(seen: Observations, place: int) -> bool:
    """Whether the listing at this place is whole, or has been short for five polls."""
    return not is_short(seen, place) or all(
        listing_of(seen[: place + 1], seen[place].poll - back) == ordered(seen[place].payload) for back in range(5)
    )


def listing_of(seen: Observations, poll: int) -> Listing | None:
    """The last listing of a poll; None if it has none, or if one failed."""
    if any(one.poll == poll and (one.kind, one.payload) == ("problem", "entries") for one in seen):
        return None
    found = [listing for place, listing in listings(seen) if seen[place].poll == poll]
    return ordered(found[-1]) if found else None


def ordered(listing: object) -> Listing:
    assert isinstance(listing, tuple)
    return tuple(sorted(listing, key=lambda entry: entry.number))


def merged(seen: Observations, place: int) -> Listing:
    """The listing at this place; an entry that was `Cancelled` before still is."""
    cancelled = {
        entry.number for _, listing in listings(seen[: place + 1]) for entry in listing if entry.status == "Cancelled"
    }
    return tuple(
        Entry(entry.number, "Cancelled", entry.transferred) if entry.number in cancelled else entry
        for entry in ordered(seen[place].payload)
    )


def remaining(listing: Listing) -> Listing:
    return tuple(entry for entry in listing if entry.status != "Cancelled")


def nothing_remains(seen: Observations) -> bool:
    """Whether the newest usable listing, with what is known from earlier ones, leaves nothing."""
    usable = [place for place, _ in listings(seen) if is_usable(seen, place)]
    return bool(usable) and not remaining(merged(seen, usable[-1]))


def contradicted_for_three_polls(seen: Observations) -> bool:
    """Whether the entries of a cancelled run could not be read, or contradicted it, at the last three polls."""
    first = next((one.poll for one in seen if isinstance(one.payload, Run) and one.payload.status in CANCELLED), None)
    last = seen[-1].poll
    return first is not None and all(poll >= first and _contradicts(seen, poll) for poll in range(last - 2, last + 1))


def _contradicts(seen: Observations, poll: int) -> bool:
    failed = any(one.poll == poll and (one.kind, one.payload) == ("problem", "entries") for one in seen)
    places = [place for place, _ in listings(seen) if seen[place].poll == poll]
    return failed or (bool(places) and is_usable(seen, places[-1]) and bool(remaining(merged(seen, places[-1]))))


def has_discrepancy(seen: Observations) -> bool:
    """Whether something did not fit: a short listing is used, or what was final was taken back for three polls."""
    usable = [place for place, _ in listings(seen) if is_usable(seen, place)]
    short = bool(usable) and is_short(seen, usable[-1])
    last = seen[-1].poll
    return short or any(all(_takes_back(seen, poll) for poll in range(end - 2, end + 1)) for end in range(3, last + 1))


def _takes_back(seen: Observations, poll: int) -> bool:
    """Whether a poll shows less than `Cancelled` for what was seen `Cancelled` before."""
    for place, one in enumerate(seen):
        if one.poll != poll:
            continue
        if isinstance(one.payload, Run) and was_cancelled(seen[:place]) and one.payload.status not in CANCELLED:
            return True
        if isinstance(one.payload, tuple) and remaining(one.payload) != remaining(merged(seen, place)):
            return True
    return False


def has_ended(seen: Observations) -> bool:
    """Whether a cancellation is over and left something."""
    found = listings(seen)
    if was_cancelled(seen) or len(found) < 2:
        return False
    (first, _), (second, _) = found[-2:]
    before = max((place for place, one in enumerate(seen[:first]) if one.kind == "run"), default=None)
    after = next((place for place in range(second, len(seen)) if seen[place].kind == "run"), None)
    if before is None or after is None or seen[second].poll != seen[first].poll + 1:
        return False
    window = seen[before : after + 1]
    left = remaining(merged(seen, second))
    return (
        all(one.kind in ("run", "entries") for one in window)
        and all(run.status in NOT_CANCELLING for run in runs(window))
        and any(one.kind == "run" for one in seen[first:second])
        and is_usable(seen, first)
        and is_usable(seen, second)
        and merged(seen, first) == merged(seen, second)
        and bool(left)
        and (
            all(entry.transferred == "Yes" for entry in left)
            or any(run.status == "CancelInprogress" for run in runs(seen[:before]))
        )
    )


def is_stalled(seen: Observations, stall_after: float | None) -> bool:
    """Whether something was cancelled, and neither the run nor its entries have changed for so long."""
    some = any(entry.status == "Cancelled" for _, listing in listings(seen) for entry in listing)
    if stall_after is None or not some:
        return False
    of_run = [(one.time, one.payload) for one in seen if one.kind in ("run", "refused")]
    of_entries = [(seen[place].time, ordered(listing)) for place, listing in listings(seen)]
    if not of_run:
        return False
    changed = max(_since(of_run), _since(of_entries))
    return min(of_run[-1][0], of_entries[-1][0]) - changed >= stall_after


def _since(states: Sequence[tuple[float, object]]) -> float:
    """Return since when the last state has been seen without a change."""
    time, last = states[-1]
    for earlier, state in reversed(states):
        if state != last:
            break
        time = earlier
    return time
