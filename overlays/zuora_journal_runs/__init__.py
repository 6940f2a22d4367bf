"""Zuora journal runs: create, retrieve, cancel and delete them, and learn what a cancellation really did."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

    from zuora_journal_runs_api.models import (
        CreateJournalRunResponse,
        JournalEntry,
        JournalEntryItem,
        JournalEntryStatus,
        JournalRun,
        JournalRunStatus,
        TransactionType,
        TransferredToAccounting,
    )
    from zuora_journal_runs_api.types import UNSET, Exchange

    from . import errors
    from ._client import AsyncJournalRunsClient, JournalRunsClient
    from ._clock import Clock, SystemClock
    from ._operations import JournalEntries
    from ._options import Attempt, Timeouts
    from ._polling import Polling
    from ._retry import Backoff, FailedAttempt, RetryPolicy
    from ._settings import ENVIRONMENTS
    from .errors import JournalRunsError
    from .results import (
        BlockedEntry,
        Cancellation,
        CancellationOutcome,
        CancellationPlan,
        CancellationProgress,
        CancellationResult,
        CompletionOutcome,
        Deletion,
        Ending,
    )

# Where each name is, so that importing this package costs no more than what is used of it.
_HOMES = {
    "zuora_journal_runs_api.models": (
        "CreateJournalRunResponse",
        "JournalEntry",
        "JournalEntryItem",
        "JournalEntryStatus",
        "JournalRun",
        "JournalRunStatus",
        "TransactionType",
        "TransferredToAccounting",
    ),
    "zuora_journal_runs_api.types": ("UNSET", "Exchange"),
    ".results": (
        "BlockedEntry",
        "Cancellation",
        "CancellationOutcome",
        "CancellationPlan",
        "CancellationProgress",
        "CancellationResult",
        "CompletionOutcome",
        "Deletion",
        "Ending",
    ),
    "._client": ("AsyncJournalRunsClient", "JournalRunsClient"),
    "._clock": ("Clock", "SystemClock"),
    "._options": ("Attempt", "Timeouts"),
    "._polling": ("Polling",),
    "._retry": ("Backoff", "FailedAttempt", "RetryPolicy"),
    "._settings": ("ENVIRONMENTS",),
    "._operations": ("JournalEntries",),
    ".errors": ("JournalRunsError",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("zuora-journal-runs")
    if name == "errors":
        return import_module(".errors", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name], __name__), name)
    return value


__all__ = [
    "ENVIRONMENTS",
    "UNSET",
    "AsyncJournalRunsClient",
    "Attempt",
    "Backoff",
    "BlockedEntry",
    "Cancellation",
    "CancellationOutcome",
    "CancellationPlan",
    "CancellationProgress",
    "CancellationResult",
    "Clock",
    "CompletionOutcome",
    "CreateJournalRunResponse",
    "Deletion",
    "Ending",
    "Exchange",
    "FailedAttempt",
    "JournalEntries",
    "JournalEntry",
    "JournalEntryItem",
    "JournalEntryStatus",
    "JournalRun",
    "JournalRunStatus",
    "JournalRunsClient",
    "JournalRunsError",
    "Polling",
    "RetryPolicy",
    "SystemClock",
    "Timeouts",
    "TransactionType",
    "TransferredToAccounting",
    "errors",
]
