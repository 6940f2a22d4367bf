"""How the suite is run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .target import Kind, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests.adapters import BaseAdapter

    from .target import Target

PREFIX = "ZJR_CONTRACT_"
LONGEST_PATIENCE = 600.0
LONGEST_PERIOD = 366
"""The most days of an accounting period."""


@dataclass(frozen=True)
class Options:
    """Options of the suite, with what is right for a provider on this machine."""

    allow_writes: bool = False
    """Whether runs may be created, cancelled and deleted at an address that is not this machine's."""
    seed: int = 0
    """The seed of all random choices."""
    examples: int | None = None
    """How many requests the fuzzing of each operation makes, and how many stateful tests there are; by default 40 on
    this machine, and 5 elsewhere."""
    max_time: float | None = None
    """Seconds after which the suite stops, cleaning up included."""
    timeout: float = 30.0
    """Seconds that a whole response may take."""
    patience: float | None = None
    """Seconds that a run may take to settle; 600 by default, and at most a third of `max_time`."""
    run: str | None = None
    """The number of a run that may be read, where none may be created."""
    dates: tuple[str, str] | None = None
    """The first and the last date of an accounting period; by default those of the last month."""
    deviations: Path | None = None
    """The file with known deviations of the provider."""
    only: tuple[str, ...] = field(default=())
    """Which rules to check: those whose ids contain one of these; all of them if it is empty."""

    @property
    def patience_at_most(self) -> float:
        """Seconds that a run may take to settle."""
        if self.patience is not None:
            return self.patience
        return LONGEST_PATIENCE if self.max_time is None else min(LONGEST_PATIENCE, self.max_time / 3)

    def examples_at(self, target: Target) -> int:
        """Return how many random requests are made to each operation, and how many stateful tests."""
        return self.examples or (40 if target.kind is Kind.LOOPBACK else 5)

    def may_write(self, target: Target) -> bool:
        """Return whether runs may be created, cancelled and deleted.

        Raises:
            UsageError: That is requested in production.
        """
        if self.allow_writes and target.kind is Kind.PRODUCTION:
            raise UsageError(f"{target.host} is a production host: the suite never changes anything there")
        return self.allow_writes or target.kind is Kind.LOOPBACK

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Options:
        """Return the options that the variables `ZJR_CONTRACT_...` give, such as `ZJR_CONTRACT_MAX_TIME=60`.

        Raises:
            UsageError: A value is invalid.
        """
        given: dict[str, Any] = {}
        for each in fields(cls):
            text = environ.get(PREFIX + each.name.upper())
            if text:
                try:
                    given[each.name] = _READ[each.name](text)
                except (ValueError, KeyError):
                    raise UsageError(f"{PREFIX}{each.name.upper()} cannot be {text!r}") from None
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The suite's access to its environment."""

    provoke: Callable[[str, str], object] | None = None
    """Have the provider fail once: the id of an operation, and how (see `rules.failures`)."""
    adapter: BaseAdapter | None = None
    """Another way to reach the provider than over the network."""
    now: Callable[[], float] = time.monotonic
    """Return the time in seconds, from any starting point."""
    sleep: Callable[[float], object] = time.sleep
    """Wait for a number of seconds."""
    today: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Return the date and time."""


def read_dates(text: str) -> tuple[str, str]:
    """Read the first and last date of an accounting period, such as 2026-10-01/2026-10-31.

    Raises:
        UsageError: They are not.
    """
    try:
        first, last = (date.fromisoformat(each) for each in text.split("/"))
    except ValueError:
        raise UsageError(f"{text!r} is not an accounting period such as 2026-10-01/2026-10-31") from None
    if not 0 < (last - first).days <= LONGEST_PERIOD:
        why = "it ends before it begins" if last < first else "a period has more than a day, and at most a year"
        raise UsageError(f"{text!r} is not an accounting period such as 2026-10-01/2026-10-31: {why}")
    return first.isoformat(), last.isoformat()


_READ: Mapping[str, Callable[[str], Any]] = {
    "allow_writes": lambda text: {"1": True, "true": True, "0": False, "false": False}[text.lower()],
    "seed": int,
    "examples": int,
    "max_time": float,
    "timeout": float,
    "patience": float,
    "run": str,
    "dates": read_dates,
    "deviations": Path,
    "only": lambda text: tuple(text.split(",")),
}
