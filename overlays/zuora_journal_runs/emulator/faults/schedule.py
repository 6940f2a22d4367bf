"""Which calls the configured faults hit."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from zuora_journal_runs.emulator.errors import ResourceNotFoundError

from .kinds import DELAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .fault import Fault
    from .kinds import FaultOperation

MAX_FAULTS = 100
"""How many faults can be active at a time."""


class ActiveFault:
    """A fault that may still hit calls."""

    __slots__ = ("_calls", "_random", "fault", "hits", "id")

    def __init__(self, number: int, fault: Fault) -> None:
        self.id: int = number
        self.fault: Fault = fault
        self.hits: int = 0
        self._calls = 0
        self._random = Random(fault.seed)  # noqa: S311

    def selects_next_call(self) -> bool:
        """Count a call; return whether the fault selects it."""
        self._calls += 1
        fault = self.fault
        if fault.every is not None:
            return self._calls % fault.every == 0
        if fault.chance is not None:
            return self._random.random() < fault.chance
        return self._calls >= fault.nth

    def count_hit(self) -> bool:
        """Count a hit; return whether the fault stays active."""
        self.hits += 1
        return self.hits != self.fault.times


class FaultHit(NamedTuple):
    """What goes wrong with one call: any number of delays, and at most one other fault."""

    fault: Fault | None
    delay: float
    real_delay: float
    effects: tuple[str, ...]
    """All effects, as text."""


class FaultSchedule:
    """The active faults. Call every method with the store's lock held."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._initial = tuple(faults)
        self._last_number = 0
        self.active: list[ActiveFault] = []
        self.reset()

    def add(self, fault: Fault) -> int:
        """Add a fault and return its number.

        Raises:
            ValueError: There are too many active faults.
        """
        if len(self.active) == MAX_FAULTS:
            raise ValueError(f"more than {MAX_FAULTS} faults cannot be active at a time")
        self._last_number += 1
        self.active.append(ActiveFault(self._last_number, fault))
        return self._last_number

    def remove(self, number: int) -> None:
        """Remove an active fault.

        Raises:
            ResourceNotFoundError: There is no such fault, or it is not active any more.
        """
        remaining = [each for each in self.active if each.id != number]
        if len(remaining) == len(self.active):
            raise ResourceNotFoundError(f"there is no fault {number}")
        self.active = remaining

    def clear(self) -> None:
        """Remove all faults."""
        self.active = []

    def reset(self) -> None:
        """Restore the initial faults with their counts at zero."""
        self.clear()
        for fault in self._initial:
            self.add(fault)

    def next_call(self, operation: FaultOperation) -> FaultHit | None:
        """Count a call; return what goes wrong with it.

        Delays add up. Of several other faults that select the same call, the first one hits, and the others wait.
        """
        delays = dict.fromkeys(DELAYS, 0.0)
        chosen: Fault | None = None
        effects, remaining = [], []
        for each in self.active:
            fault = each.fault
            hits = fault.applies_to(operation) and each.selects_next_call()
            hits = hits and (fault.kind in DELAYS or chosen is None)
            if hits:
                effects.append(fault.effect)
                if fault.kind in DELAYS:
                    delays[fault.kind] += fault.value or 0
                else:
                    chosen = fault
            if not hits or each.count_hit():
                remaining.append(each)
        self.active = remaining
        return FaultHit(chosen, delays["delay"], delays["real-delay"], tuple(effects)) if effects else None
