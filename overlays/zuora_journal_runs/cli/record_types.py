"""The records that `--json` prints: their fields, types and meaning, written once.

`records.py` builds them, `render.py` turns them into text, and `zjr schema` prints the JSON Schema that `schema.py`
derives from them. To add a record, define it here and list it in `RECORDS`. Fields that Zuora has a name for keep that
name. Amounts are text, exact to the digit. None, which is null in JSON, means that something is not known, or does not
apply.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

_MEANINGS = {
    0: "done",
    1: "error",
    2: "wrong usage",
    3: "settled but not complete",
    4: "outcome not known",
    130: "stopped with Ctrl-C",
    143: "stopped with SIGTERM",
}


def _status(*statuses: int) -> dict[str, Any]:
    """Describe a field that holds one of these exit statuses."""
    meanings = ", ".join(f"{status} {_MEANINGS[status]}" for status in statuses)
    return {"enum": list(statuses), "description": f"The exit status: {meanings}."}


RunNumber = Annotated[str, {"pattern": "^JR-[0-9]{8,}$"}, "The run's number."]
RunStatus = Annotated[str, "The run's status, such as Completed."]
LastStatus = Annotated[str | None, "The run's status when it was last seen."]
DigitsText = Annotated[str, {"pattern": "^-?[0-9]+(\\.[0-9]+)?$"}]
AmountText = Annotated[str | None, {"pattern": "^-?[0-9]+(\\.[0-9]+)?$"}]
EntryNumbers = list[Annotated[str, "The number of an entry."]]
Discrepancies = Annotated[list[str], "Contradictions among the responses, one sentence each."]
Message = Annotated[str | None, "What is wrong."]
Advice = Annotated[str | None, "What to do."]
MaybeProcessed = Annotated[bool, "Whether a request may have been processed all the same."]
RequestId = Annotated[str | None, "Zuora's identifier of the call."]
TrackId = Annotated[str | None, "The call's Zuora-Track-Id."]


class EntryItem(TypedDict, total=False):
    """A debit or credit of an entry, with all fields of the response."""

    type: Annotated[str | None, "Debit or Credit."]
    amount: str | None
    homeCurrencyAmount: str | None


class Entry(TypedDict):
    """A summary journal entry, with all fields of the response."""

    number: str
    status: Annotated[str, "Created or Cancelled."]
    transferredToAccounting: NotRequired[Annotated[str | None, "No, Processing, Yes, Error or Ignore."]]
    transactionType: NotRequired[str | None]
    accountingPeriodName: NotRequired[str | None]
    journalEntryDate: NotRequired[str | None]
    currency: NotRequired[str | None]
    journalEntryItems: NotRequired[list[EntryItem] | None]


class TransactionTypeItem(TypedDict):
    """A transaction type of a run."""

    type: str


class RunRecord(TypedDict):
    """`zjr get`: a run, with all fields of the response."""

    kind: Literal["run"]
    number: Annotated[str, "The run's number."]
    status: RunStatus
    success: NotRequired[Literal[True]]
    executedOn: NotRequired[Annotated[str | None, "When it was executed, as Zuora writes it."]]
    journalEntryDate: NotRequired[Annotated[str | None, "The date of its entries."]]
    targetStartDate: NotRequired[Annotated[str | None, "The first day of its period."]]
    targetEndDate: NotRequired[Annotated[str | None, "The last day of its period."]]
    segmentationRuleName: NotRequired[str | None]
    totalJournalEntryCount: NotRequired[int | None]
    aggregateCurrency: NotRequired[bool | None]
    transactionTypes: NotRequired[list[TransactionTypeItem] | None]
    organizationLabels: NotRequired[list[dict[str, Any]] | None]


class EntriesRecord(TypedDict):
    """`zjr entries`: all summary journal entries of a run."""

    kind: Literal["entries"]
    number: RunNumber
    entries: list[Entry]


class ListedEntryRecord(TypedDict):
    """`zjr entries --format jsonl`: a summary journal entry of a run."""

    kind: Literal["listedEntry"]
    run: RunNumber
    entry: Entry


class EntryCountRecord(TypedDict):
    """`zjr entries --format jsonl`: the last line, without which the entries before it are not all of the run's."""

    kind: Literal["entryCount"]
    run: RunNumber
    entryCount: Annotated[int, "How many entries were listed."]


class AccountTotal(TypedDict):
    """What was posted to one accounting code, for one transaction type and currency."""

    transactionType: str | None
    currency: str | None
    accountingCodeName: str | None
    debits: DigitsText
    credits: DigitsText


class CurrencyTotal(TypedDict):
    """What was posted in one currency."""

    currency: str | None
    debits: DigitsText
    credits: DigitsText


class UnbalancedEntry(TypedDict):
    """An entry that a ledger would refuse."""

    number: Annotated[str, "The entry's number."]
    debits: DigitsText
    credits: DigitsText
    problem: Annotated[str, "What is wrong with it."]


class TotalsRecord(TypedDict):
    """`zjr entries --totals`: debits and credits of a run's entries that are not cancelled."""

    kind: Literal["totals"]
    number: RunNumber
    entryCount: Annotated[int, "How many entries were added up."]
    totals: list[AccountTotal]
    currencies: list[CurrencyTotal]
    unbalanced: Annotated[list[UnbalancedEntry], "The entries whose debits are not equal to their credits."]


class RemainingEntry(TypedDict):
    """An entry that a cancellation did not cancel, or would not cancel."""

    number: Annotated[str, "The entry's number."]
    transactionType: str | None
    currency: str | None
    amount: Annotated[AmountText, "The sum of the entry's debits."]
    transferredToAccounting: str | None
    reason: Annotated[str, "Why it is not cancelled."]
    advice: Annotated[str, "What to do about it."]
    unsettled: Annotated[bool, "Whether its transfer is in progress, so that it may still become cancellable."]


class Amount(TypedDict):
    """A sum in a currency."""

    currency: str | None
    amount: Annotated[AmountText, "null if the amount of an entry is not known."]


class PlanRecord(TypedDict):
    """`zjr cancel --dry-run`, or without --yes: what a cancellation would do now."""

    kind: Literal["plan"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 1)]
    status: RunStatus
    allowed: Annotated[bool, "Whether the run's status allows a cancellation."]
    complete: Annotated[bool, "Whether the run would become Cancelled."]
    reason: Annotated[str | None, "Why it cannot be cancelled now."]
    advice: Advice
    cancellable: Annotated[EntryNumbers, "The entries that would be cancelled."]
    amounts: Annotated[list[Amount], "The sums of the debits of these entries, one for each currency."]
    blocked: Annotated[list[RemainingEntry], "The entries that would not be cancelled."]


class DeletionPlanRecord(TypedDict):
    """`zjr delete --dry-run`, or without --yes: whether a deletion would be requested."""

    kind: Literal["deletionPlan"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 1)]
    status: RunStatus
    allowed: Annotated[bool, "Whether the run's status allows a deletion."]
    totalJournalEntryCount: Annotated[int | None, "How many entries it has."]


class PlannedEntry(TypedDict):
    """An entry in a plan, as it was then."""

    number: Annotated[str, "The entry's number."]
    transferredToAccounting: str | None


class TransferPlanRecord(TypedDict):
    """`zjr transfer --dry-run`, or without --yes: which entries would be marked."""

    kind: Literal["transferPlan"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0)]
    status: RunStatus
    value: Annotated[str, "What transferredToAccounting would be set to."]
    notes: Annotated[str | None, "The notes that the entries would get."]
    marked: Annotated[list[PlannedEntry], "The entries that would be marked."]
    already: Annotated[EntryNumbers, "The entries that have the value already."]
    inDoubt: Annotated[
        EntryNumbers, "Processing, and left alone unless --entry names them: somebody may be posting them."
    ]


class RerunPlanRecord(TypedDict):
    """`zjr rerun --dry-run`, or without --yes: what would be cancelled, and requested in its place."""

    kind: Literal["rerunPlan"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 1)]
    status: RunStatus
    allowed: Annotated[bool, "Whether nothing would remain, or what remains is allowed to."]
    cancellable: Annotated[EntryNumbers, "The entries that would be cancelled."]
    remaining: Annotated[list[PlannedEntry], "The entries that would remain in the old run."]
    totals: Annotated[list[AccountTotal], "The totals of the entries that would be cancelled."]
    request: Annotated[dict[str, Any], "What the new run would request, as it would be sent."]


class RefusalRecord(TypedDict):
    """A command that changes something, without --yes: nothing was changed. It follows the plans."""

    kind: Literal["refusal"]
    exitStatus: Annotated[int, _status(2)]
    message: Annotated[str, "Why nothing was changed."]
    advice: Annotated[str, "How to confirm."]


class CancellationRecord(TypedDict):
    """`zjr cancel`: a cancellation that was requested, and what it did."""

    kind: Literal["cancellation"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 1, 3, 4)]
    acknowledged: Annotated[
        bool,
        "Whether a response said `success: true`. If not, the run's status shows that it is being or was cancelled.",
    ]
    outcome: Annotated[
        Literal["complete", "incomplete", "accepted", "unknown"],
        "complete: the run and all of its entries are cancelled; incomplete: not all of them are, or it was not shown; "
        "accepted: nobody waited for the outcome; unknown: the outcome could not be determined, see message.",
    ]
    status: LastStatus
    deleted: Annotated[bool, "Whether the run was deleted meanwhile."]
    cancelled: Annotated[EntryNumbers | None, "The entries that are cancelled."]
    remaining: Annotated[list[RemainingEntry] | None, "The entries that are not cancelled."]
    discrepancies: Discrepancies
    message: Message
    advice: Advice


class CreationRecord(TypedDict):
    """`zjr create`: a run that was created, and with --wait how it ended."""

    kind: Literal["creation"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 1, 4)]
    outcome: Annotated[
        Literal["created", "completed", "error", "cancelled", "deleted", "unknown"],
        "created: nobody waited for its end; cancelled, deleted: by somebody else meanwhile; unknown: its end could "
        "not be determined, see message.",
    ]
    status: LastStatus
    totalJournalEntryCount: Annotated[int | None, "How many entries it has."]
    message: Message
    advice: Advice


class DeletionRecord(TypedDict):
    """`zjr delete`: a deletion that was requested."""

    kind: Literal["deletion"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 4)]
    outcome: Annotated[
        Literal["deleted", "accepted", "unknown"],
        "deleted: the run is gone; accepted: it may still exist; unknown: it still existed at the deadline.",
    ]
    message: Message
    advice: Advice


class UnmarkedEntry(TypedDict):
    """An entry that did not take its mark."""

    number: Annotated[str, "The entry's number."]
    reason: Annotated[str, "Why it is not marked."]
    advice: Advice


class TransferRecord(TypedDict):
    """`zjr transfer`: entries that were marked, and read again."""

    kind: Literal["transfer"]
    number: RunNumber
    exitStatus: Annotated[int, _status(0, 3)]
    value: Annotated[str, "What transferredToAccounting was set to."]
    marked: Annotated[EntryNumbers, "The entries that were marked, and show it."]
    already: Annotated[EntryNumbers, "The entries that had the value before, and were left alone."]
    unmarked: Annotated[list[UnmarkedEntry], "The entries that do not have the value."]
    inDoubt: Annotated[EntryNumbers, "Left alone: Processing, so that somebody may be posting them."]


class TotalChange(TypedDict):
    """Debits and credits of one transaction type and currency, in the old run and in the new one."""

    transactionType: str | None
    currency: str | None
    debitsBefore: DigitsText
    debitsAfter: DigitsText
    debitsDifference: DigitsText
    creditsBefore: DigitsText
    creditsAfter: DigitsText
    creditsDifference: DigitsText


class RerunRecord(TypedDict):
    """`zjr rerun`: a run that was cancelled, and the one that was created in its place."""

    kind: Literal["rerun"]
    number: Annotated[str, {"pattern": "^JR-[0-9]{8,}$"}, "The number of the old run."]
    exitStatus: Annotated[int, _status(0, 3)]
    created: Annotated[str, "The number of the new run."]
    ending: Annotated[str, "How the new run ended: Completed, Error, Cancelled or Deleted."]
    remaining: Annotated[EntryNumbers, "The entries of the old run that were allowed to remain."]
    totals: Annotated[list[TotalChange], "The entries that were cancelled, compared with those of the new run."]
    same: Annotated[bool, "Whether all totals are the same."]
    discrepancies: Discrepancies


About = Literal["cancellation", "completion", "deletion", "transfer", "posting", "rerun"]


class EvidenceRecord(TypedDict):
    """`zjr evidence`: an evidence file, judged again."""

    kind: Literal["evidence"]
    number: Annotated[str | None, "The run's number; null if a creation has no response."]
    exitStatus: Annotated[int, _status(0, 1, 3, 4)]
    about: Annotated[About | None, "What the verdict is about."]
    verdict: Annotated[
        Literal["complete", "incomplete", "Completed", "Error", "Cancelled", "Deleted", "gone"] | None,
        "The verdict; null if the file is unfinished.",
    ]
    status: Annotated[str | None, "The run's status as far as it was shown."]
    cancelled: Annotated[int | None, "How many entries were shown to be cancelled."]
    remaining: Annotated[EntryNumbers | None, "The entries that were not; or, for a transfer, not marked."]
    inDoubt: Annotated[EntryNumbers | None, "For a posting or transfer: entries that may or may not be posted."]
    created: Annotated[str | None, "The number of the run that a rerun created."]
    discrepancies: Discrepancies
    summary: Annotated[str, "The outcome in a sentence."]
    lastHash: Annotated[str, "The hash of the last line; keep it in another place."]


CheckName = Literal["address", "TLS", "credentials", "entity", "read", "permissions", "clock", "limits", "versions"]
Verdict = Literal["ok", "wrong", "unknown"]


class Check(TypedDict):
    """Something that `zjr doctor` checked."""

    name: Annotated[CheckName, "What was checked."]
    verdict: Annotated[Verdict, "unknown: it could not be determined."]
    finding: Annotated[str, "What was found."]
    advice: Advice


class DiagnosisRecord(TypedDict):
    """`zjr doctor`: whether the API can be reached and used."""

    kind: Literal["diagnosis"]
    exitStatus: Annotated[int, _status(0, 1)]
    checks: list[Check]


class FailureRecord(TypedDict):
    """`zjr cancel` and `zjr delete`: what failed for a run. The other runs continue."""

    kind: Literal["failure"]
    number: Annotated[str, "The run's number."]
    exitStatus: Annotated[int, _status(1, 2)]
    message: Annotated[str, "What is wrong."]
    advice: Advice
    maybeProcessed: MaybeProcessed
    requestId: RequestId
    trackId: TrackId


class ErrorRecord(TypedDict):
    """Any command: what ended it, wrong usage included."""

    kind: Literal["error"]
    exitStatus: Annotated[int, _status(1, 2, 3, 4, 130, 143)]
    message: Annotated[str, "What is wrong."]
    advice: Advice
    maybeProcessed: MaybeProcessed
    requestId: RequestId
    trackId: TrackId


RECORDS = (
    RunRecord,
    EntriesRecord,
    ListedEntryRecord,
    EntryCountRecord,
    TotalsRecord,
    PlanRecord,
    DeletionPlanRecord,
    TransferPlanRecord,
    RerunPlanRecord,
    RefusalRecord,
    CancellationRecord,
    CreationRecord,
    DeletionRecord,
    TransferRecord,
    RerunRecord,
    EvidenceRecord,
    DiagnosisRecord,
    FailureRecord,
    ErrorRecord,
)
"""All records, in the order in which `zjr schema` lists them."""

OPEN = frozenset({RunRecord, Entry, EntryItem, TransactionTypeItem})
"""Those with all fields of Zuora's response, also fields that are not listed here."""
