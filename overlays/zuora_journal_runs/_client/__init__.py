"""The clients, and what their methods do, written once without I/O.

Other packages import from here, never from the modules inside. Each name is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from zuora_journal_runs._lazy import lazy_names

if TYPE_CHECKING:
    from .async_ import AsyncJournalRunsClient
    from .batch import side_by_side
    from .environment import ENVIRONMENTS, from_environ, parse_base_url
    from .operations import JournalEntries
    from .planning import plan_arguments
    from .streaming import AsyncEntryStream, EntryStream
    from .sync import JournalRunsClient
    from .validation import parse_date
else:
    __getattr__ = lazy_names(
        __name__,
        {
            ".async_": ("AsyncJournalRunsClient",),
            ".batch": ("side_by_side",),
            ".environment": ("ENVIRONMENTS", "from_environ", "parse_base_url"),
            ".operations": ("JournalEntries",),
            ".planning": ("plan_arguments",),
            ".streaming": ("AsyncEntryStream", "EntryStream"),
            ".sync": ("JournalRunsClient",),
            ".validation": ("parse_date",),
        },
    )

__all__ = [
    "ENVIRONMENTS",
    "AsyncEntryStream",
    "AsyncJournalRunsClient",
    "EntryStream",
    "JournalEntries",
    "JournalRunsClient",
    "from_environ",
    "parse_base_url",
    "parse_date",
    "plan_arguments",
    "side_by_side",
]
