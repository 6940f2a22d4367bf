"""Politeness: how many requests may be under way at once, and how fast, before the tenant has to refuse any."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_CONCURRENCY = 40
"""Requests at once in the pool that journal runs count against (Zuora, concurrent request limits, 2026)."""


class Pace:
    """The pace of one client, kept by all of its threads or tasks.

    It takes what the answers' headers say: `Concurrency-Limit-Limit` and `-Remaining` bound how many requests are under
    way at once, and as `RateLimit-Remaining` nears zero, what is left is spread over the time to `RateLimit-Reset`.

    Args:
        concurrency: Requests at once at most; None to go by the headers, and by 40 until they tell.
    """

    def __init__(self, concurrency: int | None = None) -> None:
        self._lock = threading.Lock()
        self._fixed = concurrency
        self._allowed = self._limit = concurrency or DEFAULT_CONCURRENCY
        self._active = 0
        self._waiting: deque[Future[None]] = deque()
        self._next = self._gap = 0.0
        self._gap_ends = 0.0

    def enter(self) -> Future[None] | None:
        """Begin a request; or a future to wait for, after which it has begun."""
        with self._lock:
            if self._active < self._allowed:
                self._active += 1
                return None
            turn = Future[None]()
            self._waiting.append(turn)
            return turn

    def abandon(self, turn: Future[None]) -> None:
        """Give up waiting."""
        with self._lock:
            if not turn.done():
                self._waiting.remove(turn)
                return
        self.leave()

    def leave(self) -> None:
        """End a request."""
        with self._lock:
            self._active -= 1
            self._admit()

    def delay(self, now: float) -> float:
        """Seconds to wait before the next request, so that the tenant's quota lasts."""
        with self._lock:
            if now >= self._gap_ends:
                self._gap = 0.0
            if not self._gap:
                return 0.0
            self._next = max(self._next, now) + self._gap
            return self._next - now

    def note(self, headers: Iterable[tuple[bytes, bytes]], now: float) -> None:
        """Take what the headers of an answer say, as they came."""
        given = {name.lower(): value for name, value in headers}
        limit = _whole(given.get(b"concurrency-limit-limit"))
        remaining = _whole(given.get(b"ratelimit-remaining"))
        reset = None if remaining is None else _whole(given.get(b"ratelimit-reset"))
        with self._lock:
            if limit is not None:
                self._limit = max(1, limit if self._fixed is None else min(limit, self._fixed))
                free = _whole(given.get(b"concurrency-limit-remaining"))
                # The answered request, which has left since, was under way when the server counted.
                self._allowed = self._limit if free is None else min(self._limit, self._active + 1 + free)
                self._admit()
            if remaining is not None and reset is not None:
                # While more is left than can be under way at once, there is no need to slow down.
                if remaining > self._limit:
                    self._gap = 0.0
                else:
                    self._gap = reset / (remaining + 1)
                    self._gap_ends = now + reset

    def _admit(self) -> None:
        while self._waiting and self._active < self._allowed:
            self._active += 1
            self._waiting.popleft().set_result(None)


def _whole(text: bytes | None) -> int | None:
    """A count in a header; None if it is none, or of more digits than any count has."""
    return int(text) if text is not None and len(text) <= 18 and text.isdigit() else None
