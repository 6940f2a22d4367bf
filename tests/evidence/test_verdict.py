"""The verdicts follow the rules, whatever was observed in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zuora_journal_runs import evidence

from .reference import (
    COMPLETE,
    INCOMPLETE,
    NOT_KNOWN_YET,
    STALLED,
    Entry,
    Expected,
    Observation,
    Run,
    expected_of_cancellation,
    expected_of_completion,
    expected_of_deletion,
)
from .test_reference import CANCELLATIONS, COMPLETIONS, DELETIONS, story

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

STALL_AFTER = 600.0
NAMES = {
    evidence.Verdict.COMPLETE: COMPLETE,
    evidence.Verdict.INCOMPLETE: INCOMPLETE,
    evidence.Verdict.STALLED: STALLED,
    evidence.Verdict.UNKNOWN: NOT_KNOWN_YET,
}

STATUSES = ["Completed", "Error", "CancelInprogress", "Cancelled", "DeleteInprogress", "Processing", "Archiving"]
# Unlikely to be `Cancelled`: that is final, and leaves little to be found out.
RUN = st.builds(Run, st.sampled_from([*STATUSES[:3] * 4, *STATUSES]), st.sampled_from([None, None, 0, 1, 2, 3]))
ENTRY = st.tuples(st.sampled_from(["Created", "Cancelled", "Error"]), st.sampled_from(["Yes", "Yes", "No", None]))
LISTING = st.dictionaries(st.sampled_from(["JE-1", "JE-2", "JE-3"]), ENTRY, max_size=3).map(
    lambda entries: tuple(Entry(number, *state) for number, state in entries.items())
)


def observations(kind: str, payload: SearchStrategy[Any]) -> SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.just(kind), payload)


SEEN, LISTED = observations("run", RUN), observations("entries", LISTING)
MISSING, REFUSED, PROBLEM = (observations(kind, st.none()) for kind in ("missing", "refused", "problem"))
ACCEPTED = observations("accepted", st.sampled_from(["create", "cancel", "delete"]))
CANCELLED = observations("run", st.sampled_from([Run("Cancelled"), Run("Cancelled", 2), Run("DeleteInprogress")]))
POLL = st.tuples(SEEN, LISTED | LISTED | REFUSED)
"""As a wait makes it, and `ODD` as none does."""
ODD = st.lists(SEEN | LISTED | MISSING | REFUSED | PROBLEM | ACCEPTED, min_size=1, max_size=3).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    """A few polls, each of which may come several times in a row, and again later."""
    polls = draw(
        st.lists(
            POLL | POLL | ODD | st.tuples(MISSING) | st.tuples(CANCELLED, LISTED | REFUSED), min_size=1, max_size=4
        )
    )
    rows = st.tuples(st.sampled_from(polls), st.sampled_from([1, 1, 2, 3, 4, 5]))
    time, seen = 0.0, []
    for poll, times in draw(st.lists(rows, min_size=1, max_size=5)):
        apart = draw(st.sampled_from([1.0, 150.0, STALL_AFTER - 1, STALL_AFTER]))
        for _ in range(times):
            for kind, payload in poll:
                seen.append(Observation(time, kind, payload))
            time += apart
    return seen


def as_observed(one: Observation) -> evidence.Observation:
    """The package's own class for a plain observation."""
    payload = one.payload
    if isinstance(payload, Run):
        return evidence.RunSeen(one.time, payload.status, payload.count)
    if isinstance(payload, tuple):
        entries = {entry.number: (entry.status, entry.transferred) for entry in payload}
        return evidence.EntriesListed(one.time, entries)
    if payload is not None:
        return evidence.Accepted(one.time, payload)  # type: ignore[arg-type]
    if one.kind == "missing":
        return evidence.RunNotFound(one.time)
    kind = evidence.EntriesRefused if one.kind == "refused" else evidence.Problem
    return kind(one.time, "it failed")


def judged(observed: list[evidence.Observation], stall_after: float | None) -> Expected:
    found = evidence.judge_cancellation(observed, stall_after)
    return Expected(
        NAMES[found.verdict],
        found.gone,
        found.status,
        frozenset(found.cancelled),
        frozenset(found.remaining),
        bool(found.discrepancies),
    )


@settings(max_examples=500)
@given(histories(), st.sampled_from([STALL_AFTER, None]))
def test_verdicts_follow_the_rules(history: list[Observation], stall_after: float | None) -> None:
    follow(history, stall_after)


@pytest.mark.parametrize("text", [*CANCELLATIONS, *DELETIONS, *COMPLETIONS])
def test_the_examples_of_the_rules(text: str) -> None:
    follow(story(text), STALL_AFTER)
    follow(story(text, 300.0), STALL_AFTER)


def follow(history: list[Observation], stall_after: float | None) -> None:
    """Compare each verdict with the rules' own, after each observation."""
    observed = [as_observed(one) for one in history]
    for end in range(len(history) + 1):
        plain, seen = history[:end], observed[:end]
        assert judged(seen, stall_after) == expected_of_cancellation(plain, stall_after), plain
        assert evidence.judge_deletion(seen) == expected_of_deletion(plain), plain
        assert evidence.judge_completion(seen) == expected_of_completion(plain), plain


CREATED, GONE = {"JE-1": ("Created", "No")}, {"JE-1": ("Cancelled", "No")}


@pytest.mark.parametrize(
    ("polls", "sentences"),
    [
        (
            [evidence.RunSeen(0.0, "Error")] + [evidence.RunNotFound(0.0)] * 5,
            ["the run is gone, and was never seen Cancelled: its cancellation was not shown"],
        ),
        (
            [evidence.RunSeen(0.0, "Cancelled", 1000), evidence.EntriesListed(0.0, GONE)] * 5,
            ["the run has 1,000 entries as far as was shown, and only 1 are listed"],
        ),
        (
            [evidence.RunSeen(0.0, "Cancelled")] + [evidence.RunSeen(0.0, "Error")] * 3,
            ["the run was seen Cancelled, and Error at later polls"],
        ),
        (
            [evidence.EntriesListed(0.0, GONE)] + [evidence.EntriesListed(0.0, CREATED)] * 3,
            ["entries were listed as cancelled, and as not cancelled at later polls"],
        ),
        (
            [evidence.RunSeen(0.0, status) for status in ("Cancelled", "Error", "Error", "Cancelled", "Error")],
            [],
        ),
        (
            [evidence.EntriesListed(0.0, entries) for entries in (GONE, CREATED, CREATED, GONE, CREATED)],
            [],
        ),
        (
            [evidence.RunSeen(0.0, "Cancelled"), evidence.EntriesRefused(0.0, "")] * 5,
            ["the run is Cancelled, and its entries cannot be read"],
        ),
        (
            [evidence.RunSeen(0.0, "Cancelled", 2), evidence.EntriesListed(0.0, CREATED)] * 5,
            [
                "the run has 2 entries as far as was shown, and only 1 are listed",
                "the run is Cancelled, and entries are listed that are not",
            ],
        ),
    ],
)
def test_what_discrepancies_say(polls: list[evidence.Observation], sentences: list[str]) -> None:
    assert list(evidence.judge_cancellation(polls).discrepancies) == sentences


def test_a_run_is_known_once_it_was_seen_or_a_request_accepted() -> None:
    for observation, known, total in (
        (evidence.RunNotFound(0.0), False, 0),
        (evidence.Problem(0.0, "it failed"), False, 0),
        (evidence.RunSeen(0.0, "Error", 7), True, 7),
        (evidence.Accepted(0.0, "create"), True, 0),
        (evidence.EntriesListed(0.0, CREATED), False, 1),
    ):
        history = evidence.History()
        history.observe(observation)
        assert (history.known, history.total) == (known, total)
