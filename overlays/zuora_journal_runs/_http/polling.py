"""How often a run is polled."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Polling:
    """Growing, jittered intervals between the polls of a run."""

    first: float = 1.0
    """The longest first interval, in seconds."""
    factor: float = 1.5
    """By how much each further one is longer."""
    longest: float = 15.0
    """The longest interval, in seconds."""

    def interval(self, polls: int, random: Random, hint: float | None = None) -> float:
        """Return the seconds until the next poll.

        Args:
            polls: How many polls there were.
            random: Where the jitter comes from.
            hint: The shortest interval that the server allows, in seconds; None if it did not say.
        """
        ceiling = min(self.longest, self.first * self.factor ** min(polls - 1, 64))
        return max(random.uniform(ceiling / 2, ceiling), hint or 0.0)
