"""Random histories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from tests.clock import FakeClock

from . import odd
from .client import KINDS
from .script import BLOCKING, NEVER, Entry, Script
from .server import NUMBER, Odd, Server

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FOR_EVER = 10**6
AT = st.sampled_from([1, 2, 3, 4, 5, 6, 8, 10, 12, 0])
"""Which requests get odd responses. Mostly not the first: a wait for a run that was never seen fails as a call does."""


@dataclass(frozen=True)
class History:
    verb: str
    scripts: tuple[Script, ...]
    odds: tuple[Odd, ...] = ()
    page_size: int = 300
    token_lifetime: float = 3600.0
    at_once: int | None = None
    """For a batch."""
    kind: str = "sync"

    def server(self) -> Server:
        first = int(NUMBER[3:])
        return Server(
            FakeClock(),
            {f"JR-{first + place:08}": script for place, script in enumerate(self.scripts)},
            self.odds,
            self.page_size,
            self.token_lifetime,
        )


def _entry(entry: Entry) -> Entry:
    return replace(entry, by_hand=entry.by_hand and entry.transferred not in BLOCKING)


ENTRY = st.builds(
    Entry,
    transferred=st.sampled_from(["No", "Yes", "No", "Processing", "Error", "Ignore"]),
    ends=st.sampled_from([20.0, 0.5, 3.0, 60.0, NEVER]),
    becomes=st.sampled_from(["No", "Yes", "Error"]),
    after=st.sampled_from([0.3, 0.0, 2.0, 10.0]),
    by_hand=st.sampled_from([False, False, False, True]),
).map(_entry)
MISLEADING = [
    (Entry(by_hand=True), Entry("Processing", ends=20.0)),
    (Entry("Yes"), Entry("Processing", ends=20.0, after=2.0)),
    (Entry("Yes"), Entry(after=10.0)),
    (Entry("Yes"), Entry(by_hand=True), Entry("Error", after=10.0)),
]
"""Entries of which some suggest that it is over before it is."""
WHOLE = st.builds(Entry, transferred=st.sampled_from(["No", "Error", "Ignore"]), after=st.just(0.0))
"""An entry that a cancellation does not pass over."""


def _script(script: Script) -> Script:
    # A run that is pending has no entries yet.
    return replace(script, entries=()) if script.status == "Pending" else script


def cancellations(*, before: bool) -> SearchStrategy[Script]:
    """Runs that are cancelled: by the client, or before it begins to wait."""
    return st.builds(
        Script,
        entries=st.lists(ENTRY, max_size=5).map(tuple) | st.sampled_from(MISLEADING),
        status=st.sampled_from(["Completed", "Completed", "Error", "Pending"]),
        cancelled_at=st.sampled_from([-0.5, -5.0, -300.0]) if before else st.none(),
        begins=st.sampled_from([0.0, 0.5, 5.0, 30.0]),
        shown=st.booleans(),
        patient=st.booleans(),
        gives_up_after=st.sampled_from([None, None, None, 1]),
        finishes=st.sampled_from([0.0, 0.5, 5.0]),
        ends_as=st.sampled_from(["Completed", "Completed", "Error"]),
        deleted=st.sampled_from([None, None, None, 0.0, 5.0]),
        deleting=st.sampled_from([0.0, 1.0, 20.0]),
        count=st.sampled_from(["fixed", "fixed", "follows", "absent"]),
        listed=st.sampled_from(["all", "all", "uncancelled"]),
        says_success=st.booleans(),
    ).map(_script)


DELETIONS = st.builds(
    Script,
    entries=st.lists(WHOLE, max_size=2).map(tuple),
    cancelled_at=st.just(-1000.0),
    deleted=st.sampled_from([None, None, 1000.0, 1003.0]),
    deleting=st.sampled_from([0.0, 1.0, 5.0, 40.0]),
    says_success=st.booleans(),
)


@st.composite
def completions(draw: st.DrawFn) -> Script:
    pending, processing = draw(st.sampled_from([0.0, 5.0, 40.0])), draw(st.sampled_from([0.0, 5.0, 40.0]))
    cancelled = draw(st.sampled_from([None, 0.0, 1.0]))
    return Script(
        entries=draw(st.lists(ENTRY, max_size=2).map(tuple)),
        status=draw(st.sampled_from(["Completed", "Error"])),
        pending=pending,
        processing=processing,
        cancelled_at=None if cancelled is None else pending + processing + cancelled,
        finishes=draw(st.sampled_from([0.0, 5.0, 40.0])),
        ends_as=draw(st.sampled_from(["Completed", "Error"])),
        deleted=draw(st.sampled_from([None, 0.0, 10.0])),
        says_success=draw(st.booleans()),
    )


def scripts_of(verb: str) -> SearchStrategy[tuple[Script, ...]]:
    if verb == "delete":
        return st.tuples(DELETIONS)
    if verb == "wait_for_completion":
        return st.tuples(completions())
    if verb == "cancel_many":
        return st.lists(cancellations(before=False), min_size=1, max_size=3).map(tuple)
    return st.tuples(cancellations(before=verb == "wait_for_cancellation"))


def _odds(times: SearchStrategy[int], *, may_end: bool) -> SearchStrategy[Odd]:
    """Odd responses that deceive nobody who reads them. Themes are drawn first, so that no theme is rare."""
    themes: dict[str, list[tuple[str, str]]] = {}
    for kind, one in odd.KINDS.items():
        if not one.deceives and (may_end or not one.may_end):
            for operation in one.operations:
                theme = "404" if kind.startswith("404") else "claim" if len(one.operations) == 1 else "other"
                themes.setdefault(f"{theme} {operation}", []).append((kind, operation))
    chosen = st.one_of([st.sampled_from(kinds) for kinds in themes.values()])
    return st.builds(lambda kind, at, times: Odd(kind[0], kind[1], at, times), chosen, AT, times)


def deceptions(verb: str, pages: int, *, counted: bool) -> SearchStrategy[list[Odd]]:
    """Responses that look like observations.

    At most one of each operation, and of a length that docs/evidence.md sees through: what every replica says for five
    polls is what anybody has to believe. A run that is being deleted is gone at three polls, and of a cancellation that
    was not shown the outcome says that.
    """
    at = AT
    gone = {"delete": 2, "wait_for_completion": 4}.get(verb, 6)
    run = st.one_of(
        st.builds(Odd, st.just("stale run"), st.just("run"), at, st.integers(1, 4)),
        st.builds(
            Odd,
            st.sampled_from(["404 in another entity", "200 in another entity"]),
            st.just("run"),
            at,
            st.integers(1, gone),
        ),
    )
    entries = st.one_of(
        st.builds(Odd, st.just("stale entries"), st.just("entries"), at, st.integers(1, 4 * pages)),
        st.builds(
            Odd,
            st.sampled_from(["404 in another entity", "200 in another entity"]),
            st.just("entries"),
            at,
            st.integers(1, 4),
        ),
        st.builds(
            Odd,
            st.sampled_from(["empty list", "short list"]),
            st.just("entries"),
            at,
            # A count that does not change gives them away.
            st.integers(1, 4 if counted else 1),
        ),
    )
    return st.tuples(st.none() | run, st.none() | entries).map(lambda both: [one for one in both if one is not None])


@st.composite
def histories(draw: st.DrawFn, verb: str, *, lasting: bool) -> History:
    """Histories; their odd responses may last for ever, or stop long before the deadline."""
    scripts = draw(scripts_of(verb))
    page_size = draw(st.sampled_from([300, 2, 3]))
    entries = max(len(script.entries) for script in scripts)
    counted = all((script.count, script.listed) == ("fixed", "all") for script in scripts)
    # Until the deadline, for a wait is then of many polls: this is enough.
    times = st.sampled_from([1, 1, 2, 3, 8, FOR_EVER]) if lasting else st.sampled_from([1, 1, 2, 3, 6])
    odds = draw(st.lists(_odds(times, may_end=lasting), max_size=4))
    return History(
        verb,
        scripts,
        (*draw(deceptions(verb, max(1, -(-entries // page_size)), counted=counted)), *odds),
        page_size,
        draw(st.sampled_from([3600.0, 20.0])),
        draw(st.sampled_from([1, None])) if verb == "cancel_many" else None,
        draw(st.sampled_from(KINDS)),
    )
