"""The text form of faults, such as `cancel:2:reset-after`."""

from __future__ import annotations

import re
from typing import Any, get_args

from zuora_journal_runs.emulator.errors import unknown_name

from .kinds import FaultKind

_FAULT = re.compile(r"(?P<operation>[^:]*):(?:(?P<calls>[^:]*):)?(?P<effect>[^:]*)")
_NUMBER = r"[1-9]\d{0,8}"
_CALLS = re.compile(
    rf"(?P<nth>{_NUMBER})(?:(?P<on>\+)|x(?P<nth_times>{_NUMBER}))?"
    rf"|(?:every-(?P<every>{_NUMBER})|(?P<percent>\d{{1,3}}(?:\.\d{{1,6}})?)%(?:@(?P<seed>\d{{1,18}}))?)"
    rf"(?:x(?P<times>{_NUMBER}))?"
)
_KINDS = "|".join(get_args(FaultKind))
_EFFECT = re.compile(rf"(?P<kind>{_KINDS})(?:-(?P<value>\d{{1,9}}(?:\.\d{{1,6}})?))?(?P<after>-after)?")


def parse_fields(text: str) -> dict[str, Any]:
    """Parse the text form of a fault; return the arguments of `Fault`.

    Raises:
        ValueError: The text does not have the form of a fault; the message says why.
    """
    parts = _FAULT.fullmatch(text)
    if parts is None:
        raise ValueError("write OPERATION:CALLS:EFFECT, such as cancel:2:reset-after")
    effect = _EFFECT.fullmatch(parts["effect"])
    if effect is None:
        kind = re.sub(r"(-[\d.]+)?(-after)?$", "", parts["effect"])
        raise ValueError(unknown_name("kind of fault", kind, get_args(FaultKind)))
    return {
        "operation": parts["operation"],
        "kind": effect["kind"],
        "value": float(effect["value"]) if effect["value"] else None,
        "after": bool(effect["after"]),
        **_parse_calls(parts["calls"] or "1"),
    }


def _parse_calls(text: str) -> dict[str, Any]:
    calls = _CALLS.fullmatch(text)
    if calls is None:
        raise ValueError(f"{text!r} does not say which calls: write 2, 2x3, 2+, every-2 or 25%")
    times = calls["times"] or calls["nth_times"] or (None if calls["on"] or not calls["nth"] else 1)
    return {
        "nth": int(calls["nth"] or 1),
        "every": int(calls["every"]) if calls["every"] else None,
        "chance": round(float(calls["percent"]) / 100, 8) if calls["percent"] else None,
        "seed": int(calls["seed"] or 0),
        "times": times and int(times),
    }
