"""The statement of the rules says what it is meant to say: a row for each rule, and for what comes just short of it."""

from __future__ import annotations

import itertools

import pytest

from .reference import (
    COMPLETE,
    COMPLETE_WITH_DISCREPANCY,
    GONE,
    NOT_KNOWN_YET,
    SETTLED,
    SETTLED_WITH_DISCREPANCY,
    STALLED,
    Entry,
    Observation,
    Observations,
    Run,
    expected_of_cancellation,
    expected_of_completion,
    expected_of_deletion,
)

STATUSES = {
    "P": "Pending",
    "X": "Processing",
    "C": "Completed",
    "E": "Error",
    "i": "CancelInprogress",
    "!": "Cancelled",
    "d": "DeleteInprogress",
}


def story(text: str, every: float = 1.0) -> Observations:
    """Read observations from a text: polls are words, observations letters.

    A letter of STATUSES is the run, "g" a refusal of it, "?" a problem with it, "#" one with its entries; "+", "-" and
    "*" are accepted requests to cancel, delete and create. Entries stand in brackets, numbered by their place: "x" is
    cancelled, "n" not, "y" not since its transfer is `Yes`, "p" not since it is `Processing`; "_" is missing. A digit
    after a status is the count.
    """
    seen: Observations = []
    for poll, word in enumerate(text.split()):
        letters = iter(word)
        for letter in letters:
            kind, payload = "run", None
            if letter == "[":
                listing = []
                for place, entry in enumerate(itertools.takewhile("]".__ne__, letters)):
                    if entry != "_":
                        transferred = {"y": "Yes", "p": "Processing"}.get(entry, "No")
                        status = "Cancelled" if entry == "x" else "Created"
                        listing.append(Entry(f"JE-{place}", status, transferred))
                seen.append(Observation(poll, poll * every, "entries", tuple(listing)))
                continue
            if letter.isdigit():
                last = seen[-1]
                assert isinstance(last.payload, Run)
                seen[-1] = Observation(poll, last.time, "run", Run(last.payload.status, int(letter)))
                continue
            if letter in STATUSES:
                seen.append(Observation(poll, poll * every, kind, Run(STATUSES[letter])))
            elif letter in "?#":
                seen.append(Observation(poll, poll * every, "problem", "run" if letter == "?" else "entries"))
            elif letter in "+-*":
                payload = {"+": "cancel", "-": "delete", "*": "create"}[letter]
                seen.append(Observation(poll, poll * every, "accepted", payload))
            else:
                assert letter == "g"
                seen.append(Observation(poll, poll * every, "refused"))
    return seen


CANCELLATIONS = {
    # complete
    "+ ![xx]": COMPLETE,
    "+ ![]": COMPLETE,
    "+ d[x]": COMPLETE,
    "+ !# ![x]": COMPLETE,
    "+ !0[]": COMPLETE,
    "+ ! g g": COMPLETE,
    "+ d g g": COMPLETE,
    "+ ![n] ![x]": COMPLETE,
    "+ i[x] !#": COMPLETE,
    "+ ![xn] C[nx]": COMPLETE,
    "+ !": NOT_KNOWN_YET,
    "+ C[x]C C[x]C": NOT_KNOWN_YET,
    "+ C[]C C[]C C[]C": NOT_KNOWN_YET,
    "+ P P P P P": NOT_KNOWN_YET,
    "+ E[]E E[]E E[]E": NOT_KNOWN_YET,
    "+ !2[x]": NOT_KNOWN_YET,
    "+ i[xx] ![x_]": COMPLETE,  # the list from before tells it
    "+ i[xn] ![x_]": NOT_KNOWN_YET,
    # gone
    "+ g g": SETTLED_WITH_DISCREPANCY,
    "+ i g g": SETTLED_WITH_DISCREPANCY,
    "+ C[x]C g g": SETTLED_WITH_DISCREPANCY,
    "+ i g i g": NOT_KNOWN_YET,
    "+ i g ? g": NOT_KNOWN_YET,
    "+ i g": NOT_KNOWN_YET,
    "- g g": SETTLED_WITH_DISCREPANCY,
    "? g g": NOT_KNOWN_YET,
    # settled
    "+ C[xy]C C[xy]C": SETTLED,
    "+ C[xy]E E[xy]C": SETTLED,
    "+ C[xy] C[xy] C": SETTLED,
    "+ C[xy] C[xy]": NOT_KNOWN_YET,
    "+ C[xy]C": NOT_KNOWN_YET,
    "+ C[xy]C ? C[xy]C": NOT_KNOWN_YET,
    "+ C[xy]C C#C C[xy]C": NOT_KNOWN_YET,
    "+ C[xy]C i C[xy]C": NOT_KNOWN_YET,
    "+ C[xy]C C[xy]i": NOT_KNOWN_YET,
    "+ C[ny]C C[xy]C": NOT_KNOWN_YET,
    "+ C[ny]C C[ny]C": NOT_KNOWN_YET,
    "+ C[xp]C C[xp]C C[xp]C": NOT_KNOWN_YET,
    "+ C[xp]C C[xy]C": NOT_KNOWN_YET,
    "+ i C[xp]C C[xp]C": SETTLED,
    "+ i C[nn]C C[nn]C": SETTLED,
    "+ i C[xx]C C[xx]C": NOT_KNOWN_YET,
    "+ i C[nn]C": NOT_KNOWN_YET,
    "+ i C[xn]C C[nn]C": SETTLED,  # what is cancelled stays so
    "+ C[y]X C[y]C": NOT_KNOWN_YET,
    # with a discrepancy
    "+ ![n] ![n] ![n]": SETTLED_WITH_DISCREPANCY,
    "+ !# !# !#": SETTLED_WITH_DISCREPANCY,
    "+ !# ![n] !#": SETTLED_WITH_DISCREPANCY,
    "+ ![n] ![n]": NOT_KNOWN_YET,
    "+ !# !# ? !#": NOT_KNOWN_YET,
    "+ i# !# !#": NOT_KNOWN_YET,
    "+ !# C# C[xx]": COMPLETE,
    "+ ! C C C[x]": COMPLETE_WITH_DISCREPANCY,
    "+ ! C C[x]": COMPLETE,
    # short lists
    "+ C2[y]C C2[y]C C2[y]C C2[y]C": NOT_KNOWN_YET,
    "+ C2[y]C C2[y]C C2[y]C C2[y]C C2[y]C": NOT_KNOWN_YET,  # the fourth was not to be used yet
    "+ C2[y]C C2[y]C C2[y]C C2[y]C C2[y]C C2[y]C": SETTLED_WITH_DISCREPANCY,
    "+ C[ny]C C[_y]C C[_y]C C[_y]C C[_y]C C[_y]C C[_y]C": SETTLED_WITH_DISCREPANCY,
    "+ !2[] !2[] !2[] !2[]": NOT_KNOWN_YET,
    "+ !2[] !2[] !2[] !2[] !2[]": COMPLETE_WITH_DISCREPANCY,
    "+ !2[] !2[] ? !2[] !2[] !2[]": NOT_KNOWN_YET,
    "+ C2[]C C2[]C C2[]C C2[]C C2[]C C2[]C": NOT_KNOWN_YET,
}


def first_verdict(seen: Observations) -> str:
    """Return the verdict that ends a wait, judged after each observation as a wait does."""
    verdicts = (expected_of_cancellation(seen[:end]) for end in range(1, len(seen) + 1))
    return next((verdict for verdict in verdicts if verdict != NOT_KNOWN_YET), NOT_KNOWN_YET)


@pytest.mark.parametrize(("text", "verdict"), CANCELLATIONS.items())
def test_cancellations(text: str, verdict: str) -> None:
    assert first_verdict(story(text)) == verdict


@pytest.mark.parametrize(
    ("text", "every", "verdict"),
    [
        ("+ C[xp]C C[xp]C C[xp]C", 300.0, STALLED),
        ("+ C[xp]C C[xp]C C[xp]C", 299.0, NOT_KNOWN_YET),
        ("+ C[np]C C[np]C C[np]C", 300.0, NOT_KNOWN_YET),  # nothing was seen cancelled
        ("+ C[xnp]C C[xnp]C C[xxp]C", 300.0, NOT_KNOWN_YET),
        ("+ C[xp]C C[xp]C i", 300.0, NOT_KNOWN_YET),
        ("+ i[xn] i[xn] i[xn]", 300.0, STALLED),
        ("+ i[xn] i i", 300.0, NOT_KNOWN_YET),  # the entries were not looked at
        ("+ C[xp]C ? ?", 300.0, NOT_KNOWN_YET),  # nothing could be read
        ("+ C[xp]C ? ? C[xp]C", 300.0, STALLED),
    ],
)
def test_stalled(text: str, every: float, verdict: str) -> None:
    seen = story(text, every)
    assert first_verdict(seen) == verdict
    assert expected_of_cancellation(seen, None) == NOT_KNOWN_YET


@pytest.mark.parametrize(
    ("text", "verdict"),
    {
        "! - g g": GONE,
        "d g g": GONE,
        "- g g": GONE,
        "- g": NOT_KNOWN_YET,
        "- g d g": NOT_KNOWN_YET,
        "- g ? g": NOT_KNOWN_YET,
        "C g g": NOT_KNOWN_YET,
        "- # #": NOT_KNOWN_YET,
    }.items(),
)
def test_deletions(text: str, verdict: str) -> None:
    assert expected_of_deletion(story(text)) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    {
        "* P X C": "Completed",
        "* E": "Error",
        "* !": "Cancelled",
        "* i i": NOT_KNOWN_YET,
        "* i C": "Completed",
        "* d": NOT_KNOWN_YET,
        "* d g g": GONE,
        "* g P C": "Completed",
        "* g g": GONE,
        "g g": NOT_KNOWN_YET,
        "P ? ?": NOT_KNOWN_YET,
    }.items(),
)
def test_completions(text: str, verdict: str) -> None:
    assert expected_of_completion(story(text)) == verdict
