"""Random histories: no false story, ever; and the truth, once odd responses stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from .client import VERBS, tell
from .model import Model
from .strategies import History, histories
from .truth import falsehood, shortfall

if TYPE_CHECKING:
    from .client import Story
    from .server import Server

HISTORIES = 300
"""For each property, of all verbs together."""
TIMEOUT = 900.0
"""Seconds. What a script has in store takes less than half of it."""
VERB = pytest.mark.parametrize("verb", VERBS)


def follow(history: History) -> tuple[Server, list[Story]]:
    """Let a client live through a history."""
    server = history.server()
    if history.kind == "model":
        stories = [Model(server, number, TIMEOUT).tell(history.verb) for number in server.runs]
    else:
        at_once: dict[str, Any] = {"at_once": history.at_once} if history.verb == "cancel_many" else {}
        stories = tell(history.kind, server, history.verb, timeout=TIMEOUT, **at_once)
    for line in [*stories, *server.log[:60]]:
        note(str(line))
    return server, stories


@VERB
@settings(max_examples=HISTORIES // len(VERBS))
@given(data=st.data())
def test_no_story_is_false(verb: str, data: st.DataObject) -> None:
    history = data.draw(histories(verb, lasting=True))
    server, stories = follow(history)
    assert [falsehood(server, story) for story in stories] == [None] * len(history.scripts)


@VERB
@settings(max_examples=HISTORIES // len(VERBS))
@given(data=st.data())
def test_a_history_whose_odd_responses_stop_ends_in_the_truth(verb: str, data: st.DataObject) -> None:
    history = data.draw(histories(verb, lasting=False))
    server, stories = follow(history)
    assert [falsehood(server, story) or shortfall(server, story) for story in stories] == [None] * len(history.scripts)


@VERB
@settings(max_examples=HISTORIES // len(VERBS) // 3)
@given(data=st.data())
def test_the_histories_are_fair(verb: str, data: st.DataObject) -> None:
    """A client that follows the rules, and is as plain as possible, passes the tests above."""
    lasting = data.draw(st.booleans())
    history = replace(data.draw(histories(verb, lasting=lasting)), kind="model")
    server, stories = follow(history)
    assert [falsehood(server, story) or (not lasting and shortfall(server, story)) or None for story in stories] == [
        None
    ] * len(history.scripts)
