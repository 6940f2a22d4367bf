from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.emulator import AT_ONCE, DEFAULT_PACING, HELD, Pacing

parts = st.none() | st.integers(1, 10**6)
pacings = st.one_of(
    st.builds(Pacing, st.sampled_from(["at-once", "held"]), parts=parts),
    st.builds(Pacing, st.just("polls"), st.integers(1, 10**6).map(float), parts),
    st.builds(Pacing, st.just("seconds"), st.integers(1, 10**9).map(lambda n: n / 1000), parts),
)


@given(pacings)
def test_a_pacing_survives_conversion_to_text(pacing: Pacing) -> None:
    assert Pacing.parse(str(pacing)) == pacing


@pytest.mark.parametrize(
    ("text", "pacing"),
    [
        ("at-once", AT_ONCE),
        ("held", HELD),
        ("polls:1/3", DEFAULT_PACING),
        ("polls:2", Pacing("polls", 2)),
        ("seconds:0.25", Pacing("seconds", 0.25)),
        ("seconds:3/2", Pacing("seconds", 3, 2)),
    ],
)
def test_text_of_a_pacing(text: str, pacing: Pacing) -> None:
    assert Pacing.parse(text) == pacing


@pytest.mark.parametrize(
    "text", ["", "fast", "polls", "polls:0", "polls:-1", "polls:1.5", "seconds:0", "seconds:0.0", "held:1", "polls:1/0"]
)
def test_invalid_pacings(text: str) -> None:
    with pytest.raises(ValueError, match="use at-once, polls:N, seconds:S or held"):
        Pacing.parse(text)


@pytest.mark.parametrize(
    ("pacing", "polls", "elapsed", "due"),
    [
        ("polls:2", 1, 1e9, 0),
        ("polls:2", 2, 0, 1),
        ("polls:2", 5, 0, 1),
        ("seconds:10", 100, 9.9, 0),
        ("seconds:10", 0, 25, 2),
        ("seconds:10", 0, -5, 0),
        ("held", 100, 1e9, 0),
    ],
)
def test_steps_that_are_due(pacing: str, polls: int, elapsed: float, due: int) -> None:
    assert Pacing.parse(pacing).steps_due(polls, elapsed) == due


@given(st.integers(0, 10**4), st.integers(1, 50))
def test_parts_bound_the_steps_of_a_cancellation(entries: int, parts: int) -> None:
    batch = Pacing("polls", 1, parts).entries_per_step(entries)
    assert batch >= 1
    assert batch * parts >= entries


def test_without_parts_a_step_takes_one_entry() -> None:
    assert Pacing("polls", 1).entries_per_step(500) == 1
