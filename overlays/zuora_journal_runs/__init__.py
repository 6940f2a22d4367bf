"""Zuora journal runs: create, retrieve, cancel and delete them, and learn what a cancellation really did."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

    from zuora_journal_runs._client.async_ import AsyncJournalRunsClient
    from zuora_journal_runs._client.environment import ENVIRONMENTS
    from zuora_journal_runs._client.operations import JournalEntries
    from zuora_journal_runs._client.sync import JournalRunsClient
    from zuora_journal_runs._http.clock import Clock, SystemClock, use_clock
    from zuora_journal_runs._http.options import Attempt, Timeouts
    from zuora_journal_runs._http.polling import Polling
    from zuora_journal_runs._http.retry import Backoff, FailedAttempt, RetryPolicy
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
    "._client.async_": ("AsyncJournalRunsClient",),
    "._client.sync": ("JournalRunsClient",),
    "._http.clock": ("Clock", "SystemClock", "use_clock"),
    "._http.options": ("Attempt", "Timeouts"),
    "._http.polling": ("Polling",),
    "._http.retry": ("Backoff", "FailedAttempt", "RetryPolicy"),
    "._client.environment": ("ENVIRONMENTS",),
    "._client.operations": ("JournalEntries",),
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
    "use_clock",
]
