"""False stories that were told once, each a row: what happened, and what must not, or must, be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.clock import FakeClock

from . import odd
from .client import (
    CANCELLATIONS,
    KINDS,
    CallFailedError,
    DeadlineError,
    NotFoundError,
    create_and_wait,
    takes,
    tell,
    use,
)
from .model import Failed, Model
from .script import NEVER, Entry, Script
from .server import NUMBER, Odd, Server
from .truth import falsehood, shortfall

if TYPE_CHECKING:
    from .client import Story

WAITS = ("cancel_and_wait", "cancel_many")
BOTH = pytest.mark.parametrize("kind", KINDS)
ALL = pytest.mark.parametrize("kind", [*KINDS, "model"])
"""The model shows that whoever follows the rules gets it right."""
TEN = tuple(Entry(after=2.0) for _ in range(10))
HELD = tuple(Entry(after=NEVER) for _ in range(10))
"""Entries that are never reached: the cancellation is in progress for ever."""
DOCUMENTED = (*(Entry() for _ in range(9)), Entry("Yes"))


def served(script: Script, *odds: Odd, **arguments: Any) -> Server:
    return Server(FakeClock(), {NUMBER: script}, odds, **arguments)


def told(kind: str, verb: str, server: Server, **arguments: Any) -> Story:
    """Return a story that is true."""
    if kind == "model":
        story = Model(server, NUMBER, **arguments).tell(verb)
    else:
        (story,) = tell(kind, server, verb, **arguments)
    assert falsehood(server, story) is None, story
    return story


def told_all(kind: str, verb: str, server: Server, **arguments: Any) -> Story:
    """Return a story that is true, and all of the truth."""
    story = told(kind, verb, server, **arguments)
    assert shortfall(server, story) is None, story
    return story


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_page_of_a_gateway_does_not_complete_a_cancellation_that_is_held(kind: str, verb: str) -> None:
    story = told(kind, verb, served(Script(HELD), Odd("404 HTML", "run", 1)), timeout=300.0)
    assert isinstance(story.error, DeadlineError)


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_sign_in_of_another_entity_does_not_complete_a_cancellation(kind: str, verb: str) -> None:
    """Two refusals in a row mean that the run is gone, and nobody saw it cancelled."""
    story = told(kind, verb, served(Script(HELD), Odd("404 in another entity", "run", 1, times=2)), timeout=300.0)
    assert not story.complete
    assert story.discrepancies or isinstance(story.error, DeadlineError)


@ALL
def test_a_sign_in_of_another_entity_does_not_complete_a_deletion(kind: str) -> None:
    script = Script(cancelled_at=-100.0, deleting=NEVER)
    story = told(kind, "delete", served(script, Odd("404 in another entity", "run", 1)), timeout=300.0)
    assert isinstance(story.error, DeadlineError)


@BOTH
def test_nor_do_two_of_them(kind: str) -> None:
    """Two refusals in a row may be a sign-in of another entity; and nothing that was deleted comes back."""
    script = Script(cancelled_at=-100.0, deleting=NEVER)
    story = told(kind, "delete", served(script, Odd("404 in another entity", "run", 1, times=2)), timeout=300.0)
    assert isinstance(story.error, DeadlineError)


GATEWAYS = ["404 HTML", "404 empty", "404 no route", "404 Spring", "404 success null"]


@ALL
@pytest.mark.parametrize("verb", CANCELLATIONS)
@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_gateway_responds_to_a_poll(kind: str, verb: str, gateway: str) -> None:
    at = -0.5 if verb == "wait_for_cancellation" else None
    story = told_all(kind, verb, served(Script(TEN, cancelled_at=at), Odd(gateway, "run", 1, times=3)))
    assert story.complete
    assert len(story.cancelled) == 10


@ALL
@pytest.mark.parametrize("verb", WAITS)
@pytest.mark.parametrize("shown", [True, False])
def test_an_empty_list_of_a_run_with_ten_entries(kind: str, verb: str, shown: bool) -> None:
    script = Script((*TEN[:6], *[Entry(by_hand=True)] * 4), begins=4.0, shown=shown)
    story = told_all(kind, verb, served(script, Odd("empty list", "entries", 0, times=3)))
    assert story.complete


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_an_empty_list_when_it_is_over(kind: str, verb: str) -> None:
    story = told_all(kind, verb, served(Script(DOCUMENTED, finishes=5.0), Odd("empty list", "entries", 0, times=2)))
    assert (len(story.cancelled), len(story.remaining), len(story.blocked)) == (9, 1, 1)


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_poll_returns_another_run(kind: str, verb: str) -> None:
    assert told_all(kind, verb, served(Script(TEN), Odd("another run", "run", 1))).complete


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_one_stale_completed_after_cancel_in_progress(kind: str, verb: str) -> None:
    story = told_all(kind, verb, served(Script(TEN), Odd("stale run", "run", 2)))
    assert story.complete


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_list_that_is_late_by_a_poll(kind: str, verb: str) -> None:
    assert told_all(kind, verb, served(Script(TEN), Odd("stale entries", "entries", 0))).complete


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_an_entry_that_was_cancelled_by_hand_and_one_that_is_being_transferred(kind: str, verb: str) -> None:
    script = Script((Entry(by_hand=True), Entry("Processing", ends=8.0)), begins=30.0, shown=False)
    assert told_all(kind, verb, served(script)).complete


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_transfer_that_ends_well_after_zuora_came_to_it(kind: str, verb: str) -> None:
    script = Script((Entry(), Entry("Processing", ends=30.0, becomes="Yes")))
    story = told_all(kind, verb, served(script))
    assert (len(story.cancelled), len(story.remaining)) == (1, 1)


@ALL
@pytest.mark.parametrize("verb", WAITS)
@pytest.mark.parametrize("error", ["404 in another entity", "200 in another entity"])
def test_the_entries_alone_are_refused(kind: str, verb: str, error: str) -> None:
    story = told_all(kind, verb, served(Script(DOCUMENTED), Odd(error, "entries", 0, times=2)))
    assert (len(story.cancelled), len(story.remaining)) == (9, 1)


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_the_entries_of_a_cancelled_run_cannot_be_read(kind: str, verb: str) -> None:
    story = told(kind, verb, served(Script(TEN), Odd("404 in another entity", "entries", 0, times=10**6)))
    assert not story.complete
    assert story.discrepancies


@ALL
def test_a_completion_is_not_ended_by_cancel_in_progress(kind: str) -> None:
    """It may go back, and does."""
    script = Script((Entry("Yes"),), pending=5.0, processing=5.0, cancelled_at=10.0, finishes=60.0)
    story = told_all(kind, "wait_for_completion", served(script, Odd("503 HTML", "run", 4, times=5)))
    assert story.ending == "Completed"


@BOTH
@pytest.mark.parametrize("appears", [0.3, 3.0])
def test_a_run_is_not_found_right_after_its_creation(kind: str, appears: float) -> None:
    server = served(Script(appears=appears, pending=10.0, processing=10.0))
    assert create_and_wait(kind, server) == "Completed"


class OwnError(Exception):
    """An exception of the caller's."""


@BOTH
@pytest.mark.parametrize(
    "verb", ["cancel_and_wait", "wait_for_cancellation", "cancel_many", "delete", "wait_for_completion"]
)
@pytest.mark.parametrize("own", ["not found", "transient", "deadline", "other"])
def test_what_a_callback_raises_reaches_the_caller(kind: str, verb: str, own: str) -> None:
    """Unchanged, whatever it is."""
    kinds = {"not found": NotFoundError, "transient": CallFailedError, "deadline": DeadlineError, "other": OwnError}
    raised = Failed(kinds[own], maybe_processed=False).error
    calls = []

    def callback(*_: object) -> None:
        calls.append(1)
        raise raised

    before = {"cancel_and_wait": None, "cancel_many": None, "wait_for_completion": None}.get(verb, -0.5)
    pending = 50.0 if verb == "wait_for_completion" else 0.0
    entries = () if verb == "delete" else TEN
    script = Script(entries, cancelled_at=before, pending=pending, deleting=50.0)
    with pytest.raises(type(raised)) as caught:
        raising(tell(kind, served(script), verb, callback=callback))
    assert caught.value is raised
    assert len(calls) == 1


def raising(stories: list[Story]) -> None:
    """Raise the first error of single verbs, as they did; a batch has to raise by itself."""
    for story in stories:
        if story.error is not None and story.verb != "cancel_many":
            raise story.error


@BOTH
def test_results_have_no_truth_value(kind: str) -> None:
    """Neither an outcome nor what else might be taken for one."""
    script = Script(DOCUMENTED)
    found = [
        use(kind, served(script), lambda client: client.plan_cancellation(NUMBER)),
        use(kind, served(script), lambda client: client.cancel(NUMBER)),
        use(kind, served(script), lambda client: client.cancel_and_wait(NUMBER)),
        use(kind, served(script), lambda client: client.cancel_many([NUMBER]))[0],
        use(kind, served(Script(cancelled_at=-100.0)), lambda client: client.delete(NUMBER)),
    ]
    for result in found:
        with pytest.raises(TypeError):
            bool(result)
        with pytest.raises(TypeError):
            len(result)
        with pytest.raises(TypeError):
            iter(result)
    with pytest.raises(TypeError, match=r"\.complete"):
        bool(found[2])
    assert repr(found[2]).count("\n") <= 2
    assert len(repr(found[2])) < 400


@BOTH
@pytest.mark.parametrize("verb", ["cancel_and_wait", "wait_for_cancellation", "delete", "wait_for_completion"])
@pytest.mark.parametrize("failure", ["token 503", "token timeout", "token HTML", "token 429"])
def test_the_token_endpoint_fails_during_a_wait(kind: str, verb: str, failure: str) -> None:
    """Ten times in a row, which is more than a call is tried."""
    before = {"wait_for_cancellation": -0.5, "delete": -100.0}.get(verb)
    pending = 90.0 if verb == "wait_for_completion" else 0.0
    script = Script(
        () if verb == "delete" else tuple(Entry(after=10.0) for _ in range(9)),
        cancelled_at=before,
        pending=pending,
        deleting=90.0,
    )
    server = served(script, Odd(failure, "token", 1, times=10), token_lifetime=20.0)
    told_all(kind, verb, server)
    assert server.calls["token", ""] > 11


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_lists_and_counts_that_follow_the_cancellation(kind: str, verb: str) -> None:
    """No document says whether they do."""
    for count in ("fixed", "follows", "absent"):
        for listed in ("all", "uncancelled"):
            for entries in (DOCUMENTED, TEN):
                story = told_all(kind, verb, served(Script(entries, count=count, listed=listed)))
                assert len(story.remaining) == (entries is DOCUMENTED)
                assert story.error is None
                if listed == "uncancelled" and count == "fixed" and entries is DOCUMENTED:
                    assert story.discrepancies


@ALL
@pytest.mark.parametrize("verb", WAITS)
def test_a_run_that_was_deleted_and_never_seen_cancelled(kind: str, verb: str) -> None:
    """Its cancellation was not shown."""
    script = Script((Entry(), Entry()), deleted=0.0, deleting=0.0)
    story = told(kind, verb, served(script))
    assert story.error is None
    assert not story.complete
    assert story.discrepancies


@BOTH
@pytest.mark.parametrize("verb", WAITS)
def test_a_wait_in_which_nothing_happens_any_more_ends(kind: str, verb: str) -> None:
    """One entry was passed over while it was transferred, and the run never showed that it was being cancelled."""
    if not takes(verb, "stall_after"):
        pytest.fail("stalled waits do not end before the deadline: there is no stall_after")
    server = served(Script((Entry(), Entry("Processing", ends=30.0)), shown=False))
    story = told(kind, verb, server, stall_after=200.0)
    assert isinstance(story.error, DeadlineError)
    assert 200.0 <= server.clock.now - 1000.0 <= 300.0
    server = served(Script((Entry(), Entry("Processing", ends=30.0)), shown=False))
    told(kind, verb, server, stall_after=None, timeout=2000.0)
    assert server.clock.now - 1000.0 >= 2000.0


@BOTH
@pytest.mark.parametrize("verb", WAITS)
def test_a_wait_without_a_limit(kind: str, verb: str) -> None:
    """A cancellation that takes five hours is waited for."""
    script = Script(tuple(Entry(after=500.0) for _ in range(36)))
    assert told_all(kind, verb, served(script), timeout=None).complete


def test_there_are_enough_kinds_that_prove_nothing() -> None:
    """For requests of the run and of the entries alike."""
    for operation in ("run", "entries"):
        kinds = [kind for kind, one in odd.KINDS.items() if operation in one.operations and not one.deceives]
        assert len(kinds) >= 25
