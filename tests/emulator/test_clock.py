from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.emulator import Clock
from zuora_journal_runs.emulator.clock import ClientClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Ticks:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_clock_runs_by_the_time_that_it_is_given() -> None:
    ticks = Ticks()
    clock = Clock(NOON, monotonic=ticks)
    ticks.now += 90
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_frozen_clock_moves_only_when_it_is_moved() -> None:
    ticks = Ticks()
    clock = Clock(NOON, running=False, monotonic=ticks)
    ticks.now += 90
    assert clock.now() == NOON
    clock.advance(timedelta(hours=1))
    clock.advance(0.5)
    assert clock.timestamp() == NOON.timestamp() + 3600.5


def test_freezing_and_resuming_lose_no_time() -> None:
    ticks = Ticks()
    clock = Clock(NOON, monotonic=ticks)
    ticks.now += 10
    clock.freeze()
    ticks.now += 1000
    assert clock.now() == NOON + timedelta(seconds=10)
    clock.resume()
    ticks.now += 5
    clock.advance(1)
    assert clock.now() == NOON + timedelta(seconds=16)


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="back"):
        Clock().advance(-1)


def test_a_clock_starts_now_by_default() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(minutes=1)


@given(st.floats(0.0, 1e9), st.floats(1e-9, 1e6))
def test_a_wait_ends_when_it_is_due(elapsed: float, seconds: float) -> None:
    """However short it is beside the seconds since 1970, so that nobody waits for it again and again."""
    clock = Clock(datetime(2026, 11, 26, tzinfo=UTC), running=False)
    clock.advance(elapsed)
    waiting = ClientClock(clock)
    due = waiting.monotonic() + seconds
    waiting.sleep(due - waiting.monotonic())
    assert waiting.monotonic() >= due
