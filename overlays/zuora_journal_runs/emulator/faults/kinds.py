"""The kinds of faults, and which operations and values each of them allows.

To add a kind: list it in `FaultKind` and in the tables below, describe it in the docstring of `Fault`, in
`zjr emulator --help` and in `page.html`, and put its effect in `effects.py`, or, if it replaces the response with one
of Zuora's errors, in `ZuoraApi._replacement` (`../api.py`).
"""

from __future__ import annotations

from typing import Literal

from zuora_journal_runs.emulator.http import HTTP_STATUS

FaultKind = Literal[
    "reset", "status", "error", "false", "html", "too-many",
    "truncated", "wrong-length", "broken-json", "not-gzip", "bad-gzip", "unknown-value", "no-success",
    "expired-token", "delay", "real-delay",
]  # fmt: skip
FaultOperation = Literal["any", "create", "get", "entries", "update", "cancel", "delete", "token"]

FAULT_OPERATIONS: dict[str, FaultOperation] = {
    "createJournalRun": "create",
    "getJournalRun": "get",
    "listJournalEntriesOfJournalRun": "entries",
    "updateJournalEntry": "update",
    "cancelJournalRun": "cancel",
    "deleteJournalRun": "delete",
    "createToken": "token",
}
"""What faults call each operation of the contract."""

REPLACES_RESPONSE: frozenset[FaultKind] = frozenset({"reset", "status", "error", "false", "html", "too-many"})
"""Faults that replace the response, before the operation is performed or, with `after`, once it was."""
DELAYS: frozenset[FaultKind] = frozenset({"delay", "real-delay"})

_API = frozenset(FAULT_OPERATIONS.values()) - {"token"}
LIMITED_TO: dict[FaultKind, frozenset[FaultOperation]] = {
    "false": _API,
    "no-success": _API,
    "expired-token": _API,
    "unknown-value": frozenset({"get", "entries"}),
}
"""The operations that a kind of fault applies to, if not to all."""

MAX_DELAY = 86_400
_SECONDS = f"a number of seconds from 0 to {MAX_DELAY}"
_STATUS = "an HTTP status from 400 to 599"
_CATEGORY = f"one of Zuora's error categories: {', '.join(map(str, HTTP_STATUS))}"
VALUES: dict[FaultKind, tuple[str, float | None, str]] = {
    "status": (_STATUS, None, "503"),
    "error": (_CATEGORY, None, "50"),
    "false": (_CATEGORY, None, "50"),
    "html": (_STATUS, 502, "502"),
    "too-many": (_SECONDS, 60, "60"),
    "delay": (_SECONDS, None, "5"),
    "real-delay": (_SECONDS, None, "0.5"),
}
"""Of each kind that has a value: what the value is, its default, and an example."""


def is_valid_value(kind: FaultKind, value: float) -> bool:
    """Whether a kind of fault can have this value."""
    match kind:
        case "status" | "html":
            return value == int(value) and 400 <= value <= 599
        case "error" | "false":
            return value in HTTP_STATUS
        case _:
            return 0 <= value <= MAX_DELAY
