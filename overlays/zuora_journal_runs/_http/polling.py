"""How often to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random


class Polling(NamedTuple):
    """Growing, jittered intervals between looks at a run."""

    first: float = 1.0
    """The longest first interval, in seconds."""
    factor: float = 1.5
    """By how much each further one is longer."""
    longest: float = 15.0
    """The longest interval, in seconds."""

    def interval(self, looks: int, random: Random, hint: float | None = None) -> float:
        """Seconds until the next look, after so many looks; no shorter than the server asks for."""
        ceiling = min(self.longest, self.first * self.factor ** min(looks - 1, 64))
        return max(random.uniform(ceiling / 2, ceiling), hint or 0.0)
