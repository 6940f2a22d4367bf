"""Zuora journal runs: create, retrieve, cancel and delete them, and learn what a cancellation really did."""

from typing import TYPE_CHECKING

from . import _lazy

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
    from ._client import (
        ENVIRONMENTS,
        AsyncEntryStream,
        AsyncJournalRunsClient,
        EntryStream,
        JournalEntries,
        JournalRunsClient,
    )
    from ._http import (
        Attempt,
        Backoff,
        Clock,
        FailedAttempt,
        Polling,
        RetryPolicy,
        SystemClock,
        Timeouts,
        use_clock,
    )
    from .close import PostingOutcome, RerunOutcome, TransferOutcome, TurnProgress
    from .errors import JournalRunsError
    from .plans import Plan, PlannedRun
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
    from .totals import AccountTotal, TotalDifference, Totals, UnbalancedEntry

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
    ".close": ("PostingOutcome", "RerunOutcome", "TransferOutcome", "TurnProgress"),
    ".plans": ("Plan", "PlannedRun"),
    ".totals": ("AccountTotal", "TotalDifference", "Totals", "UnbalancedEntry"),
    "._client": (
        "ENVIRONMENTS",
        "AsyncEntryStream",
        "AsyncJournalRunsClient",
        "EntryStream",
        "JournalEntries",
        "JournalRunsClient",
    ),
    "._http": (
        "Attempt",
        "Backoff",
        "Clock",
        "FailedAttempt",
        "Polling",
        "RetryPolicy",
        "SystemClock",
        "Timeouts",
        "use_clock",
    ),
    ".errors": ("JournalRunsError",),
}
_load = _lazy.lazy_names(__name__, _HOMES)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("zuora-journal-runs")
    if name == "errors":
        from importlib import import_module

        return import_module(".errors", __name__)
    return _load(name)


def __dir__() -> list[str]:
    return ["__all__", "__doc__", "__version__", *__all__]


__all__ = [
    "ENVIRONMENTS",
    "UNSET",
    "AccountTotal",
    "AsyncEntryStream",
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
    "EntryStream",
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
    "Plan",
    "PlannedRun",
    "Polling",
    "PostingOutcome",
    "RerunOutcome",
    "RetryPolicy",
    "SystemClock",
    "Timeouts",
    "TotalDifference",
    "Totals",
    "TransactionType",
    "TransferOutcome",
    "TransferredToAccounting",
    "TurnProgress",
    "UnbalancedEntry",
    "errors",
    "use_clock",
]
