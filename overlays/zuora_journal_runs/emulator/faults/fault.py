"""FaultSchedule on demand: what goes wrong, with which calls, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, cast, get_args

from zuora_journal_runs.emulator.errors import ResourceNotFoundError
from zuora_journal_runs.emulator.http import HTTP_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable

FaultKind = Literal[
    "reset", "status", "error", "false", "html", "too-many",
    "truncated", "wrong-length", "broken-json", "not-gzip", "bad-gzip", "unknown-value", "no-success",
    "expired-token", "delay", "real-delay",
]  # fmt: skip
FaultOperation = Literal["any", "create", "get", "entries", "cancel", "delete", "token"]

FAULT_OPERATIONS: dict[str, FaultOperation] = {
    "createJournalRun": "create",
    "getJournalRun": "get",
    "listJournalEntriesOfJournalRun": "entries",
    "cancelJournalRun": "cancel",
    "deleteJournalRun": "delete",
    "createToken": "token",
}
"""The operations by their ids in the contract, and what they are called here."""

REPLACES_RESPONSE: frozenset[FaultKind] = frozenset({"reset", "status", "error", "false", "html", "too-many"})
"""The faults that a call meets before it is acted upon, unless they come `after`."""
DELAYS: frozenset[FaultKind] = frozenset({"delay", "real-delay"})
MAX_FAULTS = 100
"""FaultSchedule that wait to strike, at most."""

_API = frozenset(FAULT_OPERATIONS.values()) - {"token"}
_ONLY: dict[FaultKind, frozenset[FaultOperation]] = {
    "false": _API,
    "no-success": _API,
    "expired-token": _API,
    "unknown-value": frozenset({"get", "entries"}),
}
_LONGEST_DELAY = 86_400
_SECONDS = f"seconds from 0 to {_LONGEST_DELAY}"
_VALUES: dict[FaultKind, tuple[str, float | None]] = {
    "status": ("an HTTP status from 400 to 599", None),
    "error": (f"a category of Zuora's: {', '.join(map(str, HTTP_STATUS))}", None),
    "false": (f"a category of Zuora's: {', '.join(map(str, HTTP_STATUS))}", None),
    "html": ("an HTTP status from 400 to 599", 502),
    "too-many": (_SECONDS, 60),
    "delay": (_SECONDS, None),
    "real-delay": (_SECONDS, None),
}
"""What the value of a fault is, and what it is if none is given."""
_FORM = re.compile(r"(?P<operation>[^:]*):(?:(?P<when>[^:]*):)?(?P<what>[^:]*)")
_NUMBER = r"[1-9]\d{0,8}"
_WHEN = re.compile(
    rf"(?P<nth>{_NUMBER})(?:(?P<on>\+)|x(?P<nth_times>{_NUMBER}))?"
    rf"|(?:every-(?P<every>{_NUMBER})|(?P<percent>\d{{1,3}}(?:\.\d{{1,6}})?)%(?:@(?P<seed>\d{{1,18}}))?)"
    rf"(?:x(?P<times>{_NUMBER}))?"
)
_WHAT = re.compile(
    rf"(?P<kind>{'|'.join(get_args(FaultKind))})(?:-(?P<value>\d{{1,9}}(?:\.\d{{1,6}})?))?(?P<after>-after)?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with some calls; `parse` and `str` know it as text, such as `cancel:2:reset-after`.

    The text is the operation, which calls of it, and what goes wrong. The operation is `create`, `get`,
    `entries`, `cancel`, `delete`, `token` or `any`. Which calls, counted from when the fault was added:

    `2`
        the second; nothing means the first
    `2x3`, `2+`
        three from the second on; all from the second on
    `every-2`
        every second; `every-2x3` three times at most
    `25%`
        each by a chance of 25 in 100, `25%@7` drawn from the seed 7; `25%x3` three times at most

    What a call meets before it is acted upon, or with `-after` behind it when its change was made:

    `reset`
        the connection is reset
    `status-503`
        this HTTP status, in Zuora's form
    `error-50`
        this category of Zuora's, under the HTTP status that Zuora gives it
    `false-50`
        this category of Zuora's, under the status 200
    `html-502`
        a gateway's page; `html` means 502
    `too-many-30`
        429 with `Retry-After: 30`; `too-many` means 60

    What becomes of the answer to a call that was acted upon:

    `truncated`
        the connection ends within the body
    `wrong-length`
        `Content-Length` is too small
    `broken-json`
        half of the JSON is missing
    `not-gzip`, `bad-gzip`
        what is said to be compressed is not, or is damaged
    `unknown-value`
        a status that no document knows
    `no-success`
        the field `success` is missing
    `delay-5`
        it takes five seconds on the emulator's clock, which is moved ahead
    `real-delay-0.5`
        over HTTP it comes half a second late, unless the caller hangs up

    In process nothing waits for either, but a caller that would not have waited so long gets its timeout.

    And `expired-token`: the caller's token is not good any more.

    `times` of None means that there is no end to it. Raises ValueError for what makes no sense.
    """

    kind: FaultKind
    operation: FaultOperation = "any"
    value: float | None = None
    after: bool = False
    nth: int = 1
    every: int | None = None
    chance: float | None = None
    seed: int = 0
    times: int | None = 1

    def __post_init__(self) -> None:
        _one_of("kind of fault", self.kind, get_args(FaultKind))
        _one_of("operation", self.operation, get_args(FaultOperation))
        if self.operation not in ("any", *_ONLY.get(self.kind, FAULT_OPERATIONS.values())):
            raise ValueError(f"{self.kind} cannot befall {self.operation}")
        if self.after and self.kind not in REPLACES_RESPONSE:
            raise ValueError(f"{self.kind} has no -after: it strikes when the call was acted upon")
        if self.kind in _VALUES:
            self._check_value(*_VALUES[self.kind])
        elif self.value is not None:
            raise ValueError(f"{self.kind} has no value")
        if min(self.nth, 1 if self.every is None else self.every, 1 if self.times is None else self.times) < 1:
            raise ValueError("calls are counted from 1")
        if self.chance is not None and not 0 < self.chance <= 1:
            raise ValueError("a chance is more than 0 and at most 100 %")
        if (self.nth > 1) + (self.every is not None) + (self.chance is not None) > 1:
            raise ValueError("nth, every and chance exclude each other")

    def _check_value(self, meaning: str, default: float | None) -> None:
        value = default if self.value is None else self.value
        if value is None:
            raise ValueError(f"{self.kind} needs {meaning}, such as {self.kind}-{_EXAMPLE[self.kind]}")
        fits = {
            "status": value == int(value) and 400 <= value <= 599,
            "html": value == int(value) and 400 <= value <= 599,
            "error": value in HTTP_STATUS,
            "false": value in HTTP_STATUS,
        }
        if not fits.get(self.kind, 0 <= value <= _LONGEST_DELAY):
            raise ValueError(f"{self.kind} needs {meaning}, not {value:g}")
        object.__setattr__(self, "value", value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a fault. Raises ValueError, which says what is wrong with the text."""
        try:
            return cls._read(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a fault: {error}") from None

    @classmethod
    def _read(cls, text: str) -> Self:
        form = _FORM.fullmatch(text)
        if form is None:
            raise ValueError("write OPERATION:WHICH:WHAT, such as cancel:2:reset-after")
        _one_of("operation", form["operation"], get_args(FaultOperation))
        when, what = _WHEN.fullmatch(form["when"] or "1"), _WHAT.fullmatch(form["what"])
        if when is None:
            raise ValueError(f"{form['when']!r} does not say which calls: write 2, 2x3, 2+, every-2 or 25%")
        if what is None:
            raise ValueError(f"{form['what']!r} is no kind of fault, which is one of {', '.join(get_args(FaultKind))}")
        times = when["times"] or when["nth_times"] or (None if when["on"] or not when["nth"] else 1)
        return cls(
            kind=cast("FaultKind", what["kind"]),
            operation=cast("FaultOperation", form["operation"]),
            value=float(what["value"]) if what["value"] else None,
            after=bool(what["after"]),
            nth=int(when["nth"] or 1),
            every=int(when["every"]) if when["every"] else None,
            chance=round(float(when["percent"]) / 100, 8) if when["percent"] else None,
            seed=int(when["seed"] or 0),
            times=times and int(times),
        )

    def __str__(self) -> str:
        return f"{self.operation}:{self._which}:{self.what}"

    @property
    def what(self) -> str:
        """What goes wrong, as text."""
        value = "" if self.value is None else f"-{self.value:.15g}"
        return f"{self.kind}{value}{'-after' if self.after else ''}"

    @property
    def _which(self) -> str:
        times = "" if self.times is None else f"x{self.times}"
        if self.chance is not None:
            percent = f"{self.chance * 100:.6f}".rstrip("0").rstrip(".")
            return f"{percent}%" + (f"@{self.seed}" if self.seed else "") + times
        if self.every is not None:
            return f"every-{self.every}{times}"
        return f"{self.nth}" + {None: "+", 1: ""}.get(self.times, times)

    def applies_to(self, operation: FaultOperation) -> bool:
        """Whether calls of an operation can meet it."""
        if self.operation == "any":
            return operation in _ONLY.get(self.kind, (operation,))
        return self.operation == operation


_EXAMPLE = {"status": "503", "error": "50", "false": "50", "delay": "5", "real-delay": "0.5"}


def _one_of(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{given!r} is no {what}, which is one of {', '.join(known)}")


class ScheduledFault:
    """A fault that may strike yet."""

    __slots__ = ("_calls", "_random", "_struck", "fault", "id")

    def __init__(self, number: int, fault: Fault) -> None:
        self.id: int = number
        self.fault: Fault = fault
        self._calls = self._struck = 0
        self._random = Random(fault.seed)  # noqa: S311

    def count(self) -> bool:
        """Count a call; whether it is one to strike."""
        self._calls += 1
        fault = self.fault
        if fault.every is not None:
            return self._calls % fault.every == 0
        if fault.chance is not None:
            return self._random.random() < fault.chance
        return self._calls >= fault.nth

    def strike(self) -> bool:
        """Strike; whether it may do so again."""
        self._struck += 1
        return self._struck != self.fault.times


class FaultHit(NamedTuple):
    """What applies_to one call: delays, and beside them one fault at most."""

    fault: Fault | None
    delay: float
    real_delay: float
    names: tuple[str, ...]


class FaultSchedule:
    """The faults that wait to strike. Every method belongs under the store's lock."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._first = tuple(faults)
        self._number = 0
        self.pending: list[ScheduledFault] = []
        self.reset()

    def add(self, fault: Fault) -> int:
        """Add a fault; its number. Raises ValueError if there are too many."""
        if len(self.pending) == MAX_FAULTS:
            raise ValueError(f"more than {MAX_FAULTS} faults cannot wait at a time")
        self._number += 1
        self.pending.append(ScheduledFault(self._number, fault))
        return self._number

    def remove(self, number: int) -> None:
        """Remove a fault that has not struck yet, or not for the last time. Raises ResourceNotFoundError."""
        left = [each for each in self.pending if each.id != number]
        if len(left) == len(self.pending):
            raise ResourceNotFoundError(f"there is no fault {number}")
        self.pending = left

    def clear(self) -> None:
        """Remove all."""
        self.pending = []

    def reset(self) -> None:
        """Go back to those that there were at first, and count anew."""
        self.clear()
        for fault in self._first:
            self.add(fault)

    def strike(self, operation: FaultOperation) -> FaultHit | None:
        """Count a call; what applies_to it. Of several faults that are no delays the first one strikes."""
        delays = dict.fromkeys(DELAYS, 0.0)
        chosen: Fault | None = None
        names, left = [], []
        for each in self.pending:
            fault = each.fault
            strikes = fault.applies_to(operation) and each.count() and (fault.kind in DELAYS or chosen is None)
            if strikes:
                names.append(fault.what)
                if fault.kind in DELAYS:
                    delays[fault.kind] += fault.value or 0
                else:
                    chosen = fault
            if not strikes or each.strike():
                left.append(each)
        self.pending = left
        return FaultHit(chosen, delays["delay"], delays["real-delay"], tuple(names)) if names else None
