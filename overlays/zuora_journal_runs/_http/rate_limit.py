"""Rate and concurrency limiter, driven by response headers, so that the tenant does not have to refuse requests."""

from __future__ import annotations

import math
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

from zuora_journal_runs._http.flow import Sleep, Wait

from .fork import renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zuora_journal_runs._http.clock import Clock
    from zuora_journal_runs._http.flow import Flow

DEFAULT_CONCURRENCY = 40
"""Requests at once in the pool that journal runs count against (Zuora, concurrent request limits, 2026)."""
LONGEST_BLOCK = 600.0
"""Seconds for which one `Retry-After` stops the whole client at most, whatever the header says."""

_NAP = 1.0
"""Seconds, or an eighth of the rest, after which a caller that waits checks again: headers may have changed it."""
_SAME_WINDOW = 2.0
"""Seconds by which two responses may disagree about the end of one window: they travel, and the header is rounded."""


class PermitUnavailable(Exception):
    """No permit can be had before the deadline. Nothing was sent."""


class Permit:
    """The right to send one request, from `RateLimiter.acquire` until `RateLimiter.release`."""

    __slots__ = ("ended_before", "number")

    def __init__(self, number: int, ended_before: int) -> None:
        self.number: int = number
        """How many permits were granted before this one."""
        self.ended_before: int = ended_before
        """How many requests had ended when this one began."""


class _Waiter:
    """A caller in the queue for a permit."""

    __slots__ = ("permit", "wake")

    def __init__(self) -> None:
        self.permit: Permit | None = None
        self.wake = Future[None]()
        """Done when the caller has its permit, or has to check again."""


class RateLimiter:
    """The limits of one client, shared by all of its threads and tasks.

    Permits are granted in the order in which they were requested:

    - no more at once than `Concurrency-Limit-Limit` and `-Remaining` allow;
    - no more than `RateLimit-Remaining` until `RateLimit-Reset`. Once no more are left than may be in progress at once,
      they are spread over the rest of the window;
    - none while a `Retry-After` lasts.

    No time is reserved in advance, so a caller that gives up takes nothing away from the others.

    Args:
        concurrency: How many requests may be in progress at once; None to follow the headers, with 40 until they come.
    """

    def __init__(self, concurrency: int | None = None) -> None:
        self._fixed = concurrency
        self._allowed = self._limit = concurrency or DEFAULT_CONCURRENCY
        self._granted = self._ended = 0
        self._last = -math.inf
        self._blocked_until = -math.inf
        # The window of the quota that is closest to being used up; unknown until there is a response.
        self._window: bytes | None = None
        self._window_ends = math.inf
        self._window_length = 0.0
        self._window_began_with = 0
        self._is_assumed = False
        """Whether no response has shown the window yet: it was assumed to follow the one before."""
        self._size = 0
        self._left: float = math.inf
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget the requests of all threads: they do not exist in a forked child."""
        # Reentrant, since the garbage collector may close a flow that waits, in a thread that is in here.
        self._lock = threading.RLock()
        self._active = set[Permit]()
        self._waiting = deque[_Waiter]()

    def try_acquire(self, now: float) -> Permit | None:
        """Return a permit if one can be granted at once."""
        with self._lock:
            if self._waiting or not self._has_room(now):
                return None
            return self._grant(now)

    def acquire(self, clock: Clock, deadline: float) -> Flow[Permit]:
        """Wait for a permit.

        Raises:
            PermitUnavailable: No permit is available before the deadline.
        """
        waiter = _Waiter()
        with self._lock:
            self._waiting.append(waiter)
        try:
            while True:
                now = clock.monotonic()
                with self._lock:
                    self._admit(now)
                    if waiter.permit is not None:
                        return waiter.permit
                    ready_at = self._ready_at()
                    first = self._waiting[0] is waiter
                    waiter.wake = Future()
                self._check(now, deadline)
                if first and ready_at > now:
                    # The first in the queue keeps the time for all.
                    rest = ready_at - now
                    # A Retry-After does not change; what is left of a quota may.
                    yield Sleep(rest if ready_at == self._blocked_until else min(rest, max(rest / 8, _NAP)))
                else:
                    yield Wait(waiter.wake, deadline)
        except TimeoutError:
            self._abandon(waiter, clock)
            raise PermitUnavailable("too many of this client's requests are in progress") from None
        except BaseException:
            self._abandon(waiter, clock)
            raise

    def release(
        self,
        permit: Permit,
        now: float,
        headers: Iterable[tuple[bytes, bytes]] = (),
        retry_after: float | None = None,
    ) -> None:
        """End a request.

        Args:
            permit: Its permit.
            now: The time.
            headers: The headers of the response, as they came.
            retry_after: The seconds of its `Retry-After`.
        """
        with self._lock:
            self._ended += 1
            self._active.discard(permit)
            self._note(permit, headers, now)
            if retry_after is not None:
                self._block(retry_after, now)
            self._admit(now)

    def block(self, seconds: float, now: float) -> None:
        """Grant no permit for some seconds, as a `Retry-After` demands."""
        with self._lock:
            self._block(seconds, now)

    def _block(self, seconds: float, now: float) -> None:
        self._blocked_until = max(self._blocked_until, now + min(seconds, LONGEST_BLOCK))

    def _abandon(self, waiter: _Waiter, clock: Clock) -> None:
        """Leave the queue, or return a permit that was not used."""
        now = clock.monotonic()
        with self._lock:
            if waiter.permit is not None:
                # The quota is not given back: the next response shows what is left of it.
                self._ended += 1
                self._active.discard(waiter.permit)
            elif waiter in self._waiting:  # it is not in a child that was forked
                self._waiting.remove(waiter)
            self._admit(now)

    def _note(self, permit: Permit, headers: Iterable[tuple[bytes, bytes]], now: float) -> None:
        """Update the limits from the headers of a response."""
        given = {name.lower(): value for name, value in headers}
        limit = _whole(given.get(b"concurrency-limit-limit"))
        if limit is not None:
            self._limit = max(1, limit if self._fixed is None else min(limit, self._fixed))
            free = _whole(given.get(b"concurrency-limit-remaining"))
            # The request of this response has ended since, but was in progress when the server counted.
            self._allowed = self._limit if free is None else min(self._limit, len(self._active) + 1 + free)
        remaining = _whole(given.get(b"ratelimit-remaining"))
        reset = None if remaining is None else _whole(given.get(b"ratelimit-reset"))
        if remaining is None or reset is None:
            return
        self._start_or_end_window(now)
        window, ends = given.get(b"ratelimit-limit"), now + reset
        # Requests that may have been counted after the one that this response is for.
        uncounted = self._granted - permit.ended_before - 1
        least = remaining - uncounted
        if window == self._window and abs(ends - self._window_ends) <= _SAME_WINDOW:
            # Responses come in any order. The best of what they prove is true, unless others use the quota too.
            self._left = min(max(self._left, least), remaining)
            self._window_ends = max(self._window_ends, ends)
        elif window == self._window and ends < self._window_ends < math.inf and permit.number < self._window_began_with:
            # A late response, from the window before; or the assumed window begins later than the true one.
            if self._is_assumed:
                self._left = min(self._left, least)
            return
        else:
            if window != self._window:
                self._size, self._window_length = 0, 0.0
            self._window, self._window_began_with, self._left = window, self._granted, least
            self._window_ends = ends
        self._is_assumed = False
        self._size = max(self._size, remaining + 1)
        self._window_length = max(self._window_length, reset)

    def _start_or_end_window(self, now: float) -> None:
        """When a window is over, assume that the next one is like it until a response shows otherwise."""
        if now >= self._window_ends:
            self._window_ends = now + self._window_length
            self._window_began_with = self._granted
            self._is_assumed = True
            # Requests in progress may be counted in the new window.
            self._left = self._size - len(self._active)

    def _quota_allows_at(self) -> float:
        """Return the time from which the quota allows the next request."""
        if self._left > self._limit:
            return -math.inf
        # Counted from the last request, so that no response puts it off.
        return self._last + (self._window_ends - self._last) / (max(self._left, 0) + 1)

    def _ready_at(self) -> float:
        """Return the time from which quota and `Retry-After` allow the next request."""
        return max(self._blocked_until, self._quota_allows_at())

    def _has_room(self, now: float) -> bool:
        self._start_or_end_window(now)
        return len(self._active) < self._allowed and now >= self._ready_at()

    def _grant(self, now: float) -> Permit:
        permit = Permit(self._granted, self._ended)
        self._active.add(permit)
        self._granted += 1
        self._left -= 1
        self._last = now
        return permit

    def _admit(self, now: float) -> None:
        """Grant what can be granted, and wake the first caller in the queue, which keeps the time for all."""
        while self._waiting and self._has_room(now):
            waiter = self._waiting.popleft()
            waiter.permit = self._grant(now)
            _set(waiter.wake)
        if self._waiting and len(self._active) < self._allowed:
            _set(self._waiting[0].wake)

    def _check(self, now: float, deadline: float) -> None:
        """Raise PermitUnavailable if no permit will be granted before the deadline."""
        seconds = self._ready_at() - now
        if now + seconds < deadline:
            return
        if self._blocked_until >= self._quota_allows_at():
            raise PermitUnavailable(
                f"the tenant asks to wait another {seconds:.4g} s (Retry-After), which is longer than the deadline"
            )
        raise PermitUnavailable(
            f"the tenant's quota allows no request for {seconds:.4g} s, which is longer than the deadline"
        )


def _set(future: Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _whole(text: bytes | None) -> int | None:
    """Return a count in a header; None if there is none, or it has more digits than any count has."""
    return int(text) if text is not None and len(text) <= 18 and text.isdigit() else None
