"""How fast what is under way in a run goes on. No pacing ever sleeps: steps are taken when a run is looked at."""

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
    """The pacing of a run; `parse` and `str` know it as text.

    `at-once`
        everything is done by the time that the call which began it is answered
    `polls:N`
        each state is seen by N reads of the run or of its entries, then one step is taken
    `seconds:S`
        one step is taken every S seconds of the emulator's clock
    `held`
        nothing goes on until the run is released

    A step of a cancellation cancels one entry; with `/P` after the pacing it cancels as many as it takes to be
    done with all of them in P steps, however many they are. `polls:1/3`, the default of the emulator, lets a
    person watch a cancellation in five reads: untouched, three times further on, settled.
    """

    kind: PacingKind
    amount: float = 0
    parts: int | None = None

    @classmethod
    @functools.lru_cache(64)
    def parse(cls, text: str) -> Self:
        """Read `at-once`, `polls:2`, `seconds:1.5`, `held`, each also with `/3`. Raises ValueError."""
        form = _FORM.fullmatch(text)
        if form is None or (form[5] and not float(form[5])):
            raise ValueError(f"{text!r} is not a pacing: use at-once, polls:N, seconds:S or held, with /P for P parts")
        kind = cast("PacingKind", form[2] or form[4] or form[1])
        return cls(kind, float(form[3] or form[5] or 0), int(form[6]) if form[6] else None)

    def __str__(self) -> str:
        amount = f":{self.amount:.15g}" if self.kind in ("polls", "seconds") else ""
        return f"{self.kind}{amount}" + (f"/{self.parts}" if self.parts else "")

    def due(self, polls: int, elapsed: float) -> int:
        """Steps due after so many polls and seconds since the last one."""
        match self.kind:
            case "at-once":
                return sys.maxsize
            case "polls":
                return int(polls >= self.amount)
            case "seconds":
                # Seconds since 1970 are exact to a quarter of a microsecond.
                return max(0, int((elapsed + 1e-6) // self.amount))
            case _:
                return 0

    def batch(self, entries: int) -> int:
        """Entries that one step of a cancellation cancels, in a run that has so many."""
        return max(1, math.ceil(entries / self.parts)) if self.parts else 1


AT_ONCE = Pacing("at-once")
HELD = Pacing("held")
DEFAULT_PACING = Pacing("polls", 1, 3)
