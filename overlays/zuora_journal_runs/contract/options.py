"""How the suite is run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .target import Kind, WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .target import Target

PREFIX = "ZJR_CONTRACT_"


@dataclass(frozen=True)
class Options:
    """Options of the suite, with what is right for a provider on this machine."""

    allow_writes: bool = False
    """Whether runs may be created, cancelled and deleted at an address that is not this machine's."""
    seed: int = 0
    """Decides all that is left to chance."""
    examples: int | None = None
    """How many requests the fuzzing of each operation makes, and how many walks there are; by default 50 on this
    machine, and 5 elsewhere."""
    max_time: float | None = None
    """Seconds after which the suite stops."""
    timeout: float = 30.0
    """Seconds that an answer may take."""
    patience: float = 600.0
    """Seconds that a run may take to come to rest."""
    run: str | None = None
    """The number of a run that may be read, where none may be created."""
    dates: tuple[str, str] | None = None
    """The first and the last date of an accounting period; those of the last month, if there are none."""
    deviations: Path | None = None
    """The file with the ways in which the provider is known to deviate."""
    only: tuple[str, ...] = field(default=())
    """What to run: rules and phases whose ids contain one of these; all of them, if there are none."""

    def examples_at(self, target: Target) -> int:
        """How many requests are made at random of each operation, and walks."""
        return self.examples or (50 if target.kind is Kind.LOOPBACK else 5)

    def may_write(self, target: Target) -> bool:
        """Whether runs may be created, cancelled and deleted.

        Raises:
            WrongUse: that is asked for in production.
        """
        if self.allow_writes and target.kind is Kind.PRODUCTION:
            raise WrongUse(f"{target.host} is a production host: the suite changes nothing there, whatever it is told")
        return self.allow_writes or target.kind is Kind.LOOPBACK

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Options:
        """The options that the variables `ZJR_CONTRACT_...` give, such as `ZJR_CONTRACT_MAX_TIME=60`.

        Raises:
            WrongUse: one of them is not what it should be.
        """
        given: dict[str, Any] = {}
        for each in fields(cls):
            text = environ.get(PREFIX + each.name.upper())
            if text:
                try:
                    given[each.name] = _READ[each.name](text)
                except (ValueError, KeyError):
                    raise WrongUse(f"{PREFIX}{each.name.upper()} cannot be {text!r}") from None
        return cls(**given)


def read_dates(text: str) -> tuple[str, str]:
    """Two dates with a slash between them, such as 2026-10-01/2026-10-31.

    Raises:
        WrongUse: they are not.
    """
    try:
        first, last = (date.fromisoformat(each).isoformat() for each in text.split("/"))
    except ValueError:
        raise WrongUse(f"{text!r} are not two dates, such as 2026-10-01/2026-10-31") from None
    return first, last


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
