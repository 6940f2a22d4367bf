"""Values of options."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.cli.parameters import duration, limited
from zuora_journal_runs.errors import InvalidArgumentError

parts = st.integers(0, 10**6)


@given(parts, parts, parts)
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds
    written = f"{hours}h{minutes}m{seconds}s"
    if total:
        assert duration(written) == duration(str(total)) == total
    else:
        with pytest.raises(InvalidArgumentError):
            duration(written)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400), ("0.5", 0.5)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == limited(duration(text)) == seconds


@pytest.mark.parametrize("text", ["none", "never"])
def test_no_limit(text: str) -> None:
    assert duration(text) == math.inf
    assert limited(duration(text)) is None


@pytest.mark.parametrize(
    "text", ["", "0", "0h", "-1", "nan", "inf", "soon", "1h30", "30m1h", "10 m", "1d", "1e3", "h", "9" * 400 + "h"]
)
def test_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(
        InvalidArgumentError, match="is not a duration: write it as 90s, 10m, 2h or 1h30m, or none for no limit"
    ):
        duration(text)
