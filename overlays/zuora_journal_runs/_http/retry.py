"""Whether to try again, and when."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from zuora_journal_runs import errors


@dataclass(frozen=True, slots=True, eq=False)
class FailedAttempt:
    """What a retry policy decides about."""

    error: errors.CallError
    """Why the attempt failed."""
    attempt: int
    """Which attempt it was, counted from 1."""
    retry_after: float | None
    """Seconds that the server asks to wait; None if it does not."""
    random: Random
    """The source of randomness."""


RetryPolicy = Callable[[FailedAttempt], float | None]
"""Returns the seconds to wait before the next attempt, or None to give up."""

_MOST_DOUBLINGS = 64
"""Enough for any wait, and far from the largest float."""
_TRANSIENT = (errors.APIConnectionError, errors.ConflictError, errors.RateLimitError, errors.ServerError)


def is_transient(error: errors.CallError) -> bool:
    """Return whether the same call may well succeed later."""
    if isinstance(error, errors.InvalidResponseError):
        return error.cut_off  # wrong fields would come again
    return isinstance(error, _TRANSIENT)


class Backoff:
    """Retry transient failures, after growing, jittered waits (Zuora's error-handling tutorial, 2026).

    It retries lost responses, 409, 429, 500, 502, 503 and 504, responses that are not JSON, and the error categories
    50, 60, 61, 70 and 99. No wait is shorter than what the server asks for.

    Args:
        attempts: How many times a call is sent at most.
        first: The longest first wait, in seconds; each further one may be twice as long.
        longest: The longest wait that is chosen here, in seconds; the server may ask for a longer one.
    """

    __slots__ = ("attempts", "first", "longest")

    def __init__(self, attempts: int = 5, first: float = 1.0, longest: float = 60.0) -> None:
        self.attempts: int = attempts
        self.first: float = first
        self.longest: float = longest

    def __call__(self, failed: FailedAttempt) -> float | None:
        if failed.attempt >= self.attempts or not is_transient(failed.error):
            return None
        ceiling = min(self.longest, self.first * 2.0 ** min(failed.attempt - 1, _MOST_DOUBLINGS))
        return max(failed.random.uniform(0.0, ceiling), failed.retry_after or 0.0)


def retry_after(text: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Return the seconds in a `Retry-After`, which holds seconds or a date (RFC 9110, 10.2.3); None if neither."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now())
    except (ValueError, OverflowError):  # the latter for a year beyond what the platform's clock holds
        return None
