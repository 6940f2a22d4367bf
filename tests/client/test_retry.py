"""The retry policy, without a network; and that a call obeys it."""

from __future__ import annotations

import datetime
import email.utils
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import Attempt, Backoff, FailedAttempt, errors
from zuora_journal_runs._http.retry import retry_after

from .world import Script, answer, refusal, run

if TYPE_CHECKING:
    from .world import Kind

LOST = errors.ResponseLostError("lost")


def failed(attempt: int, after: float | None = None, seed: int = 0, error: errors.CallError = LOST) -> FailedAttempt:
    return FailedAttempt(error, attempt, after, Random(seed))


@given(st.integers(1, 4), st.integers())
def test_waits_grow_to_twice_the_last_at_most_and_are_capped(attempt: int, seed: int) -> None:
    wait = Backoff(attempts=5, first=1.0, longest=6.0)(failed(attempt, seed=seed))
    assert wait is not None
    assert 0.0 <= wait <= min(6.0, 2.0 ** (attempt - 1))


@given(st.floats(0, 1e6), st.integers())
def test_no_wait_is_shorter_than_the_server_asks(after: float, seed: int) -> None:
    wait = Backoff()(failed(1, after, seed))
    assert wait is not None
    assert wait >= after


def test_it_gives_up() -> None:
    assert Backoff(attempts=5)(failed(4)) is not None
    assert Backoff(attempts=5)(failed(5)) is None


def test_waits_differ() -> None:
    assert len({Backoff()(failed(3, seed=seed)) for seed in range(20)}) == 20


@given(st.integers(0, 10**6))
def test_seconds(seconds: int) -> None:
    assert retry_after(f" {seconds} ") == seconds


@given(st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2040, 1, 1)))  # noqa: DTZ001
def test_a_date(moment: datetime.datetime) -> None:
    moment = moment.replace(tzinfo=datetime.UTC, microsecond=0)
    text = email.utils.format_datetime(moment, usegmt=True)
    assert retry_after(text, lambda: moment.timestamp() - 90) == 90
    assert retry_after(text, lambda: moment.timestamp() + 90) == 0


@given(st.text())
def test_anything_else_is_no_time(text: str) -> None:
    given_seconds = retry_after(text, lambda: 0.0)
    assert given_seconds is None or given_seconds >= 0


def test_no_header_is_no_time() -> None:
    assert retry_after(None) is None
    assert retry_after("soon") is None


@pytest.mark.parametrize("after", ["7", "Sun, 06 Nov 2095 08:49:37 GMT"])
def test_a_call_waits_as_long_as_it_is_asked_to_or_gives_up_at_once(kind: Kind, after: str) -> None:
    clock = FakeClock()
    script = Script(refusal("50000070", status=429, Retry_After=after), run())

    def work(client: Any) -> Any:
        return client.retrieve("JR-00000075")

    if after == "7":
        assert kind.use(script, work, clock=clock).exchange.attempts == 2
        assert clock.waits == [7.0]
    else:
        with pytest.raises(errors.RateLimitError):
            kind.use(script, work, clock=clock)
        assert clock.waits == []


def test_all_attempts_and_waits_end_with_the_deadline(kind: Kind) -> None:
    clock = FakeClock()
    script = Script(httpx.ConnectError("refused"))
    with pytest.raises(errors.RequestNotSentError) as caught:
        kind.use(
            script, lambda c: c.retrieve("JR-00000075"), clock=clock, deadline=100.0, retry=Backoff(attempts=10**6)
        )
    assert clock.now < 1100.0
    assert caught.value.attempts == len(script.requests) > 2


def test_what_was_lost_once_may_be_done_though_nothing_reaches_the_server_later(kind: Kind) -> None:
    script = Script(httpx.ReadError("reset"), httpx.ConnectError("refused"))
    with pytest.raises(errors.ResponseLostError, match=r"an earlier attempt was lost, and then .*refused") as caught:
        kind.use(script, lambda c: c.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026"))
    assert caught.value.maybe_processed


def test_what_failed_once_may_be_done_though_no_permit_is_granted_later(kind: Kind) -> None:
    script = Script(answer(503, Retry_After="500"))
    with pytest.raises(
        errors.ResponseLostError, match="an earlier attempt was lost, and then nothing was sent"
    ) as caught:
        kind.use(
            script,
            lambda c: c.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026"),
            retry=lambda _: 0.0,
        )
    assert caught.value.maybe_processed
    assert len(script.requests) == 1


def test_no_attempt_begins_after_the_deadline(kind: Kind) -> None:
    clock = FakeClock()

    def late(_: httpx.Request) -> httpx.Response:
        clock.now += 50.0
        raise httpx.ReadTimeout("late")

    script: list[Attempt] = []
    with pytest.raises(errors.ResponseLostError):
        kind.use(late, lambda c: c.retrieve("JR-00000075"), clock=clock, deadline=60.0, on_attempt=script.append)
    assert len(script) <= 2
    assert script[-1].wait is None


def test_a_policy_of_the_callers_own(kind: Kind) -> None:
    asked: list[FailedAttempt] = []

    def never(attempt: FailedAttempt) -> None:
        asked.append(attempt)

    with pytest.raises(errors.ServerError):
        kind.use(Script(refusal("50000061")), lambda c: c.retrieve("JR-00000075"), retry=never)
    assert [(attempt.attempt, type(attempt.error)) for attempt in asked] == [(1, errors.ServerError)]
