"""How fast operations on a run progress. Nothing ever sleeps: due steps are taken when a run is read."""

from __future__ import annotations

import functools
import math
import re
import sys
from dataclasses import dataclass
from typing import Literal, Self, cast

PacingKind = Literal["at-once", "polls", "seconds", "held"]

_FORM = re.compile(r"(at-once|held|(polls):([1-9]\d{0,8})|(seconds):(\d{1,9}(?:\.\d{1,6})?))(?:/([1-9]\d{0,8}))?")


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast operations on a run progress; `parse` and `str` convert it from and to text.

    `at-once`
        An operation is finished before its response is sent.
    `polls:N`
        Each state is visible for N reads of the run or its entries; then one step is taken.
    `seconds:S`
        One step is taken every S seconds of the emulator's clock.
    `held`
        Nothing progresses until the run is released.

    A step of a cancellation cancels one entry. With `/P` appended, a cancellation takes P steps, however many
    entries there are. The default, `polls:1/3`, makes a cancellation visible in five reads: nothing cancelled yet,
    three times further progress, and the result.
    """

    kind: PacingKind
    """When a step is taken."""
    amount: float = 0
    """The number of reads or seconds."""
    parts: int | None = None
    """The number of steps of a cancellation; None for one for each entry."""

    @classmethod
    @functools.lru_cache(64)
    def parse(cls, text: str) -> Self:
        """Parse text such as `at-once`, `polls:2`, `seconds:1.5` or `held`, each optionally with `/3`.

        Raises:
            ValueError: The text is not a pacing.
        """
        form = _FORM.fullmatch(text)
        if form is None or (form[5] and not float(form[5])):
            raise ValueError(
                f"{text!r} is not a pacing: use at-once, polls:N, seconds:S or held, optionally with /P for P steps"
            )
        kind = cast("PacingKind", form[2] or form[4] or form[1])
        return cls(kind, float(form[3] or form[5] or 0), int(form[6]) if form[6] else None)

    def __str__(self) -> str:
        amount = f":{self.amount:.15g}" if self.kind in ("polls", "seconds") else ""
        return f"{self.kind}{amount}" + (f"/{self.parts}" if self.parts else "")

    def steps_due(self, polls: int, elapsed: float) -> int:
        """Return how many steps are due after `polls` reads and `elapsed` seconds since the last step."""
        match self.kind:
            case "at-once":
                return sys.maxsize
            case "polls":
                return int(polls >= self.amount)
            case "seconds":
                # Seconds since 1970 as a float are exact to a quarter of a microsecond.
                return max(0, int((elapsed + 1e-6) // self.amount))
            case _:
                return 0

    def entries_per_step(self, entries: int) -> int:
        """Return how many entries one step of a cancellation cancels in a run with `entries` entries."""
        return max(1, math.ceil(entries / self.parts)) if self.parts else 1


AT_ONCE = Pacing("at-once")
HELD = Pacing("held")
DEFAULT_PACING = Pacing("polls", 1, 3)
