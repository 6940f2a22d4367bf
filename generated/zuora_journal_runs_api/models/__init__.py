"""The models, each imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .common_response import CommonResponse
    from .content_encoding import ContentEncoding
    from .create_journal_run_request import CreateJournalRunRequest
    from .create_journal_run_response import CreateJournalRunResponse
    from .error_response import ErrorResponse
    from .journal_entries_page import JournalEntriesPage
    from .journal_entry import JournalEntry
    from .journal_entry_item import JournalEntryItem
    from .journal_entry_item_type import JournalEntryItemType
    from .journal_entry_item_update import JournalEntryItemUpdate
    from .journal_entry_status import JournalEntryStatus
    from .journal_run import JournalRun
    from .journal_run_status import JournalRunStatus
    from .journal_run_transaction_type import JournalRunTransactionType
    from .organization_label import OrganizationLabel
    from .reason import Reason
    from .segment import Segment
    from .server_error_response import ServerErrorResponse
    from .token_error_response import TokenErrorResponse
    from .token_request import TokenRequest
    from .token_request_grant_type import TokenRequestGrantType
    from .token_response import TokenResponse
    from .transaction_type import TransactionType
    from .transferred_to_accounting import TransferredToAccounting
    from .update_journal_entry_request import UpdateJournalEntryRequest

_MODULES = {
    "CommonResponse": ".common_response",
    "ContentEncoding": ".content_encoding",
    "CreateJournalRunRequest": ".create_journal_run_request",
    "CreateJournalRunResponse": ".create_journal_run_response",
    "ErrorResponse": ".error_response",
    "JournalEntriesPage": ".journal_entries_page",
    "JournalEntry": ".journal_entry",
    "JournalEntryItem": ".journal_entry_item",
    "JournalEntryItemType": ".journal_entry_item_type",
    "JournalEntryItemUpdate": ".journal_entry_item_update",
    "JournalEntryStatus": ".journal_entry_status",
    "JournalRun": ".journal_run",
    "JournalRunStatus": ".journal_run_status",
    "JournalRunTransactionType": ".journal_run_transaction_type",
    "OrganizationLabel": ".organization_label",
    "Reason": ".reason",
    "Segment": ".segment",
    "ServerErrorResponse": ".server_error_response",
    "TokenErrorResponse": ".token_error_response",
    "TokenRequest": ".token_request",
    "TokenRequestGrantType": ".token_request_grant_type",
    "TokenResponse": ".token_response",
    "TransactionType": ".transaction_type",
    "TransferredToAccounting": ".transferred_to_accounting",
    "UpdateJournalEntryRequest": ".update_journal_entry_request",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value


__all__ = (
    "CommonResponse",
    "ContentEncoding",
    "CreateJournalRunRequest",
    "CreateJournalRunResponse",
    "ErrorResponse",
    "JournalEntriesPage",
    "JournalEntry",
    "JournalEntryItem",
    "JournalEntryItemType",
    "JournalEntryItemUpdate",
    "JournalEntryStatus",
    "JournalRun",
    "JournalRunStatus",
    "JournalRunTransactionType",
    "OrganizationLabel",
    "Reason",
    "Segment",
    "ServerErrorResponse",
    "TokenErrorResponse",
    "TokenRequest",
    "TokenRequestGrantType",
    "TokenResponse",
    "TransactionType",
    "TransferredToAccounting",
    "UpdateJournalEntryRequest",
)
