"""The statement of the rules says what it is meant to say: a row for each rule, and for what comes just short of it."""

from __future__ import annotations

import itertools

import pytest

from .reference import (
    COMPLETE,
    DELETED,
    INCOMPLETE,
    NOT_KNOWN_YET,
    STALLED,
    Entry,
    Observation,
    Observations,
    Run,
    expected_of_cancellation,
    expected_of_completion,
    expected_of_deletion,
)

DISCREPANCY = " with a discrepancy"
RUNS = {
    "P": "Pending",
    "C": "Completed",
    "E": "Error",
    "i": "CancelInprogress",
    "!": "Cancelled",
    "d": "DeleteInprogress",
}
OTHERS = {"g": "missing", "#": "refused", "?": "problem"}
REQUESTS = {"+": "cancel", "-": "delete", "*": "create"}


def story(text: str, every: float = 1.0) -> Observations:
    """Read observations from a text, a word for each poll, a letter for each observation.

    A digit after the letter of a run is its count. Entries stand in brackets, numbered by their place: "x" is cancelled,
    "n" not, "y" not since its transfer is `Yes`, "p" not since it is `Processing`; "_" is missing. "word*5" comes five
    times.
    """
    seen: Observations = []
    words: list[str] = []
    for word in text.split():
        polled, _, times = word.partition("*")
        words += [polled or "*"] * int(times or 1)
    for poll, word in enumerate(words):
        letters, time = iter(word), poll * every
        for letter in letters:
            if letter == "[":
                seen.append(Observation(time, "entries", listing("".join(itertools.takewhile("]".__ne__, letters)))))
            elif letter.isdigit():
                last = seen.pop().payload
                assert isinstance(last, Run)
                seen.append(Observation(time, "run", Run(last.status, int(letter))))
            elif letter in RUNS:
                seen.append(Observation(time, "run", Run(RUNS[letter])))
            elif letter in REQUESTS:
                seen.append(Observation(time, "accepted", REQUESTS[letter]))
            else:
                seen.append(Observation(time, OTHERS[letter]))
    return seen


def listing(text: str) -> tuple[Entry, ...]:
    return tuple(
        Entry(f"JE-{place}", "Cancelled" if one == "x" else "Created", {"y": "Yes", "p": "Processing"}.get(one, "No"))
        for place, one in enumerate(text)
        if one != "_"
    )


CANCELLATIONS = {
    # complete
    "+ ![xx]": COMPLETE,
    "+ ![]": COMPLETE,
    "+ d[x]": COMPLETE,
    "+ !0[]": COMPLETE,
    "+ !# ![x]": COMPLETE,
    "+ i[x] !": COMPLETE,
    "+ ![n] ![x]": COMPLETE,
    "+ ![xn] C[nx]": COMPLETE,  # both were seen cancelled
    "+ ! g*3": COMPLETE,
    "+ d g ? g ? g": COMPLETE,
    "+ !": NOT_KNOWN_YET,
    "+ ! g g ! g g": NOT_KNOWN_YET,
    "+ ! g g + g g": NOT_KNOWN_YET,  # an accepted request counts as having seen the run
    "+ P*9": NOT_KNOWN_YET,
    "+ C[]*9": NOT_KNOWN_YET,
    "+ C[x]*9": NOT_KNOWN_YET,
    "[xx] + !": NOT_KNOWN_YET,  # a cancellation that is accepted starts anew
    # gone
    "+ i g*5": INCOMPLETE + DISCREPANCY,
    "+ C[x] g*5": INCOMPLETE + DISCREPANCY,
    "+ i g*4": NOT_KNOWN_YET,
    "+ i g*4 i g*4": NOT_KNOWN_YET,
    "+ g*9": NOT_KNOWN_YET,
    # incomplete
    "+ C[xy]*2": INCOMPLETE,
    "+ C[xy] E[xy]": INCOMPLETE,
    "+ C[xy] ? C[xy]": INCOMPLETE,
    "+ C[xy] C C[xy]": INCOMPLETE,
    "+ C[xy]": NOT_KNOWN_YET,
    "+ C[xy][xy]": NOT_KNOWN_YET,
    "+ C[xy] [xy]": NOT_KNOWN_YET,
    "+ C[xy] i C[xy]": NOT_KNOWN_YET,
    "+ C[xy] g C[xy]": NOT_KNOWN_YET,
    "+ C[xy] C# C[xy]": NOT_KNOWN_YET,
    "+ C[ny] C[xy]": NOT_KNOWN_YET,
    "+ C[ny]*9": NOT_KNOWN_YET,
    "+ C[xp]*9": NOT_KNOWN_YET,
    "C[xy] + C[xy]": NOT_KNOWN_YET,
    "C+[xy] C[xy]": NOT_KNOWN_YET,
    "+ P[y]*9": NOT_KNOWN_YET,
    "+ i C[xp]*5": INCOMPLETE,
    "+ i C[nn]*5": INCOMPLETE,
    "+ i C[nn]*4": NOT_KNOWN_YET,
    "+ i C[nn]*4 C[xn]*4": NOT_KNOWN_YET,
    "+ i C[xn]*3 C[nn]*2": INCOMPLETE,  # what is cancelled stays so
    "+ i + C[nn]*9": NOT_KNOWN_YET,
    "+ i C[xx]*9": NOT_KNOWN_YET,
    # with a discrepancy
    "+ ![n]*5": INCOMPLETE + DISCREPANCY,
    "+ !#*5": INCOMPLETE + DISCREPANCY,
    "+ ![n] d[n] ![n] ? ![n] d[n]": INCOMPLETE + DISCREPANCY,
    "+ ![n]*4": NOT_KNOWN_YET,
    "+ !#*4 ![n] !#*4": NOT_KNOWN_YET,
    "+ i#*9": NOT_KNOWN_YET,
    "+ ! C*3 [x]": COMPLETE + DISCREPANCY,
    "+ ! C*2 d C*2 [x]": COMPLETE,
    "+ C[xn] C[nn]*3 ![xx]": COMPLETE + DISCREPANCY,
    "+ C[xn] C[nn]*2 ![xx]": COMPLETE,
    # short lists
    "+ !2[x]": NOT_KNOWN_YET,
    "+ !2[x] !1": COMPLETE,
    "+ !2[]*4": NOT_KNOWN_YET,
    "+ !2[]*5": COMPLETE + DISCREPANCY,
    "+ i[xn] ![x_]*4": NOT_KNOWN_YET,
    "+ i[xn] ![x_]*5": COMPLETE + DISCREPANCY,
    "+ C2[y]*4": NOT_KNOWN_YET,
    "+ C2[y]*5": INCOMPLETE + DISCREPANCY,
    "+ C[ny] C[_y]*4": NOT_KNOWN_YET,
    "+ C[ny] C[_y]*5": INCOMPLETE + DISCREPANCY,
    "+ C2[]*9": NOT_KNOWN_YET,
}  # fmt: skip


def first_verdict(seen: Observations, stall_after: float | None = 600.0) -> str:
    """Return the verdict that ends a wait, judged after each observation."""
    for end in range(1, len(seen) + 1):
        expected = expected_of_cancellation(seen[:end], stall_after)
        if expected.verdict != NOT_KNOWN_YET:
            return expected.verdict + DISCREPANCY * expected.discrepancy
    return NOT_KNOWN_YET


@pytest.mark.parametrize(("text", "verdict"), CANCELLATIONS.items())
def test_cancellations(text: str, verdict: str) -> None:
    assert first_verdict(story(text)) == verdict


@pytest.mark.parametrize(
    ("text", "every", "verdict"),
    [
        ("C[xp]*3", 300.0, STALLED),
        ("C[xp]*3", 299.0, NOT_KNOWN_YET),
        ("C[np]*3", 300.0, NOT_KNOWN_YET),  # nothing was seen cancelled
        ("C[xnp]*2 C[xxp]", 300.0, NOT_KNOWN_YET),
        ("C[xp]*2 i[xp]", 300.0, NOT_KNOWN_YET),
        ("C[xp]*2 C-[xp]", 300.0, NOT_KNOWN_YET),
        ("i[xn]*3", 300.0, STALLED),
        ("i[xn] i i#", 300.0, STALLED),
        ("i[xn] i i", 300.0, NOT_KNOWN_YET),  # the entries were not listed
        ("i[xn] ?*9", 300.0, NOT_KNOWN_YET),
        ("i[xn] ?*9 i[xn]", 300.0, STALLED),
    ],
)
def test_stalled(text: str, every: float, verdict: str) -> None:
    seen = story(text, every)
    assert first_verdict(seen) == verdict
    assert first_verdict(seen, None) == NOT_KNOWN_YET


DELETIONS = {
    "! - g*3": True,
    "d g*3": True,
    "- g ? g ? g": True,
    "- g*2": False,
    "g*2 - g*2": False,
    "- g*2 d g*2": False,
    "C g*9": False,
    "- #*9": False,
}


@pytest.mark.parametrize(
    ("text", "gone"),
    DELETIONS.items(),
)
def test_deletions(text: str, gone: bool) -> None:
    assert expected_of_deletion(story(text)) is gone


COMPLETIONS = {
    "* P C": "Completed",
    "* E": "Error",
    "* ! d ! C": "Cancelled",
    "* C P": None,
    "* i*9": None,
    "* i C*4": None,
    "* i C*4 i C*4": None,
    "* i C*4 g C*4": None,
    "* i C*2 ? E*2 C": "Completed",
    "* d": None,
    "* d g*2": None,
    "* d g*3": DELETED,
    "* g*3 P C": "Completed",
    "* C g*5": DELETED,
    "* P g*4": None,
    "* P g*5": DELETED,
    "* g*9": None,
}


@pytest.mark.parametrize(
    ("text", "ending"),
    COMPLETIONS.items(),
)
def test_completions(text: str, ending: str | None) -> None:
    assert expected_of_completion(story(text)) == ending
