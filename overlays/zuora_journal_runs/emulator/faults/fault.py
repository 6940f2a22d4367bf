"""A fault: which calls it hits, and what goes wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, get_args

from zuora_journal_runs.emulator.errors import unknown_name

from .kinds import FAULT_OPERATIONS, LIMITED_TO, REPLACES_RESPONSE, VALUES, FaultKind, FaultOperation, is_valid_value
from .parsing import parse_fields


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with some calls; `parse` and `str` convert it from and to text, such as `cancel:2:reset-after`.

    The text consists of the operation, the calls and the kind of fault. The operation is `create`, `get`, `entries`,
    `cancel`, `delete`, `token` or `any`. Calls are counted from when the fault was added:

    `2`
        the second call; the default is the first
    `2x3`, `2+`
        three calls from the second on; all calls from the second on
    `every-2`
        every second call; `every-2x3`: at most three times
    `25%`
        each call with a probability of 25 %; `25%@7`: with the random seed 7; `25%x3`: at most three times

    These kinds replace the response, before the call is processed or, with `-after` appended, once it was:

    `reset`
        the connection is reset
    `status-503`
        an HTTP status, with an error in Zuora's form
    `error-50`
        an error of one of Zuora's categories, with the HTTP status that Zuora gives it
    `false-50`
        an error of one of Zuora's categories, with the HTTP status 200
    `html-502`
        an HTML page of a gateway; `html` means 502
    `too-many-30`
        429 with `Retry-After: 30`; `too-many` means 60

    These kinds change the response to a call that was processed:

    `truncated`
        the connection is closed within the body
    `wrong-length`
        `Content-Length` is too small
    `broken-json`
        the second half of the JSON is missing
    `not-gzip`, `bad-gzip`
        the body is declared as gzip, but is not compressed, or is corrupt
    `unknown-value`
        an undocumented status
    `no-success`
        the field `success` is missing
    `delay-5`
        the response takes five seconds of the emulator's clock, which is advanced
    `real-delay-0.5`
        over HTTP the response is sent half a second late, unless the caller disconnects

    In process neither delay takes time, but a caller with a shorter timeout gets it.

    Finally, `expired-token` revokes the caller's token.

    Args:
        kind: What goes wrong.
        operation: The operation that it goes wrong with.
        value: The number in `status-503`, `error-50`, `delay-5` and the like.
        after: Whether the response is replaced after the call was processed.
        nth: The first call to hit.
        every: Hit every so many calls.
        chance: The probability of hitting a call, up to 1.
        seed: The random seed of `chance`.
        times: How often the fault hits at most; None for no limit.

    Raises:
        ValueError: The arguments are invalid or contradict each other.
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
        if self.kind not in get_args(FaultKind):
            raise ValueError(unknown_name("kind of fault", self.kind, get_args(FaultKind)))
        if self.operation not in get_args(FaultOperation):
            raise ValueError(unknown_name("operation", self.operation, get_args(FaultOperation)))
        if self.operation not in ("any", *LIMITED_TO.get(self.kind, FAULT_OPERATIONS.values())):
            raise ValueError(f"{self.kind} does not apply to {self.operation}")
        if self.after and self.kind not in REPLACES_RESPONSE:
            raise ValueError(f"{self.kind} cannot have -after: it always applies after the call was processed")
        self._check_value()
        self._check_calls()

    def _check_value(self) -> None:
        if self.kind not in VALUES:
            if self.value is not None:
                raise ValueError(f"{self.kind} has no value")
            return
        meaning, default, example = VALUES[self.kind]
        value = default if self.value is None else self.value
        if value is None:
            raise ValueError(f"{self.kind} needs {meaning}, such as {self.kind}-{example}")
        if not is_valid_value(self.kind, value):
            raise ValueError(f"{self.kind} needs {meaning}, not {value:g}")
        object.__setattr__(self, "value", value)

    def _check_calls(self) -> None:
        if min(self.nth, 1 if self.every is None else self.every, 1 if self.times is None else self.times) < 1:
            raise ValueError("calls are counted from 1")
        if self.chance is not None and not 0 < self.chance <= 1:
            raise ValueError("a chance must be more than 0 and at most 100 %")
        if (self.nth > 1) + (self.every is not None) + (self.chance is not None) > 1:
            raise ValueError("nth, every and chance exclude each other")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a fault.

        Raises:
            ValueError: The text is not a fault; the message says why.
        """
        try:
            return cls(**parse_fields(text))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a fault: {error}") from None

    def __str__(self) -> str:
        return f"{self.operation}:{self._calls}:{self.effect}"

    @property
    def effect(self) -> str:
        """What goes wrong, as text such as `reset-after`."""
        value = "" if self.value is None else f"-{self.value:.15g}"
        return f"{self.kind}{value}{'-after' if self.after else ''}"

    @property
    def _calls(self) -> str:
        times = "" if self.times is None else f"x{self.times}"
        if self.chance is not None:
            percent = f"{self.chance * 100:.6f}".rstrip("0").rstrip(".")
            return f"{percent}%" + (f"@{self.seed}" if self.seed else "") + times
        if self.every is not None:
            return f"every-{self.every}{times}"
        return f"{self.nth}" + {None: "+", 1: ""}.get(self.times, times)

    def applies_to(self, operation: FaultOperation) -> bool:
        """Whether the fault applies to this operation."""
        if self.operation == "any":
            return operation in LIMITED_TO.get(self.kind, (operation,))
        return self.operation == operation
