"""Timeouts that end with the deadline of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Bounded(float):
    """The seconds for one operation on a socket, such as a read; and the deadline, which all of them share.

    A transport that does not know this class sees a plain number.
    """

    __slots__ = ("_deadline", "_monotonic")

    _deadline: float
    _monotonic: Callable[[], float]

    def __new__(cls, seconds: float, deadline: float, monotonic: Callable[[], float]) -> Self:
        """Bound `seconds` by what is left until the deadline."""
        bounded = super().__new__(cls, seconds)
        bounded._deadline, bounded._monotonic = deadline, monotonic
        return bounded

    def left(self) -> float:
        """Return the seconds that an operation may take which begins now; 0 or less after the deadline."""
        return min(float(self), self._deadline - self._monotonic())
