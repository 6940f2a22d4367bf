"""Build the records of `--json` from what the client returns; `record_types.py` defines them."""

from __future__ import annotations

import json
from decimal import MAX_PREC, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal, cast

from zuora_journal_runs import errors

from .error_messages import advice_for, identifiers_of, message_of, status_of
from .exit_status import ExitStatus
from .formatting import count_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zuora_journal_runs import (
        CancellationOutcome,
        CancellationPlan,
        CompletionOutcome,
        Deletion,
        JournalEntry,
        JournalRun,
        Plan,
        PlannedRun,
        RerunOutcome,
        Totals,
        TransferOutcome,
    )
    from zuora_journal_runs.evidence import Evidence

    from .record_types import (
        About,
        AccountTotal,
        Amount,
        CancellationRecord,
        Check,
        CreationRecord,
        DeletionPlanRecord,
        DeletionRecord,
        DiagnosisRecord,
        EntriesRecord,
        EntryCountRecord,
        ErrorRecord,
        EvidenceRecord,
        FailureRecord,
        PlannedEntry,
        PlanRecord,
        RefusalRecord,
        RemainingEntry,
        RerunPlanRecord,
        RerunRecord,
        TotalChange,
        TotalsRecord,
        TransferPlanRecord,
        TransferRecord,
        UnmarkedEntry,
    )


def line(record: Mapping[str, Any]) -> str:
    """Return a record as a line of JSON."""
    return json.dumps(record, default=digits)


def digits(amount: Decimal) -> str:
    """Return all digits of an amount, without an exponent."""
    return f"{amount:f}"


def run(found: JournalRun) -> dict[str, Any]:
    """Return a run with all fields of the response."""
    return {"kind": "run", **found.to_dict()}


def entries(number: str, found: Iterable[JournalEntry]) -> Iterator[str]:
    """Yield the parts of a line of JSON with all entries of a run, and all fields of the responses."""
    record: EntriesRecord = {"kind": "entries", "number": number, "entries": []}
    yield line(record).removesuffix("]}")
    separator = ""
    for entry in found:
        yield separator + line(entry.to_dict())
        separator = ", "
    yield "]}"


def entry_lines(number: str, found: Iterable[JournalEntry]) -> Iterator[str]:
    """Yield a line of JSON for each entry of a run, and one with their number, which shows that these are all."""
    count = 0
    for count, entry in enumerate(found, 1):  # noqa: B007 - used after the loop
        yield line({"kind": "listedEntry", "run": number, "entry": entry.to_dict()}) + "\n"
    last: EntryCountRecord = {"kind": "entryCount", "run": number, "entryCount": count}
    yield line(last) + "\n"


def totals(number: str, found: Totals) -> TotalsRecord:
    """Return the totals of a run's entries."""
    return {
        "kind": "totals",
        "number": number,
        "entryCount": found.entries,
        "totals": _accounts(found),
        "currencies": [
            {"currency": currency or None, "debits": digits(debited), "credits": digits(credited)}
            for currency, (debited, credited) in found.by_currency().items()
        ],
        "unbalanced": [
            {
                "number": each.number,
                "debits": digits(each.debits),
                "credits": digits(each.credits),
                "problem": each.problem,
            }
            for each in found.unbalanced
        ],
    }


def _accounts(found: Totals) -> list[AccountTotal]:
    return [
        {
            "transactionType": each.transaction_type or None,
            "currency": each.currency or None,
            "accountingCodeName": each.accounting_code or None,
            "debits": digits(each.debits),
            "credits": digits(each.credits),
        }
        for each in found.accounts
    ]


def remaining(entry: JournalEntry) -> RemainingEntry:
    """Return an entry that is not cancelled, with the reason and advice."""
    from zuora_journal_runs.results import BlockedEntry, is_blocked

    blocked = BlockedEntry(entry) if is_blocked(entry) else None
    reason, advice = (blocked.reason, blocked.advice) if blocked is not None else _SKIPPED
    amount = debits(entry.to_dict())
    return {
        "number": entry.number,
        "transactionType": entry.transaction_type or None,
        "currency": entry.currency or None,
        "amount": None if amount is None else digits(amount),
        "transferredToAccounting": entry.transferred_to_accounting or None,
        "reason": reason,
        "advice": advice,
        "unsettled": entry.transferred_to_accounting == "Processing",
    }


def debits(entry: Mapping[str, Any]) -> Decimal | None:
    """Return the sum of an entry's debits; None if it has none, or one without an amount."""
    amounts = [item.get("amount") for item in entry.get("journalEntryItems") or () if item.get("type") == "Debit"]
    if not amounts or None in amounts:
        return None
    with localcontext(prec=MAX_PREC):
        return sum(map(Decimal, amounts), Decimal(0))


def plan(planned: CancellationPlan) -> PlanRecord:
    """Return what a cancellation would do."""
    status = str(planned.run.status)
    reason, advice = (None, None) if planned.allowed else _NOT_ALLOWED.get(status, _OTHER_STATUS)
    refused = not (planned.allowed or status in _CANCELLATION_BEGUN)
    return {
        "kind": "plan",
        "number": planned.run.number,
        "exitStatus": ExitStatus.ERROR if refused else ExitStatus.DONE,
        "status": status,
        "allowed": planned.allowed,
        "complete": planned.complete,
        "reason": reason,
        "advice": advice,
        "cancellable": [entry.number for entry in planned.cancellable],
        "amounts": total(map(_debits_of, planned.cancellable)),
        "blocked": [remaining(blocked.entry) for blocked in planned.blocked],
    }


def _debits_of(entry: JournalEntry) -> Amount:
    amount = debits(entry.to_dict())
    return {"currency": entry.currency or None, "amount": None if amount is None else digits(amount)}


def total(amounts: Iterable[Amount]) -> list[Amount]:
    """Return the sum for each currency; a sum is not known if one of its amounts is not."""
    sums: dict[str | None, Decimal | None] = {}
    with localcontext(prec=MAX_PREC):
        for each in amounts:
            before = sums.get(each["currency"], Decimal(0))
            amount = each["amount"]
            sums[each["currency"]] = None if before is None or amount is None else before + Decimal(amount)
    return [
        {"currency": currency, "amount": None if amount is None else digits(amount)}
        for currency, amount in sums.items()
    ]


def transfer_plan(planned: Plan) -> TransferPlanRecord:
    """Return which entries would be marked."""
    (found,) = planned.runs
    marked = planned.acted_on(found)
    return {
        "kind": "transferPlan",
        "number": found.number,
        "exitStatus": ExitStatus.DONE,
        "status": found.status,
        "value": planned.details["value"],
        "notes": planned.details["notes"],
        "marked": _planned_entries(found, marked),
        "already": [each for each in planned.details["entries"] if each not in marked],
        "inDoubt": list(planned.staying(found)),
    }


def rerun_plan(planned: Plan) -> RerunPlanRecord:
    """Return what a rerun would do."""
    from zuora_journal_runs import Totals

    (found,) = planned.runs
    stays, goes = planned.staying(found), planned.acted_on(found)
    allowed = not stays or planned.details["allowRemaining"]
    return {
        "kind": "rerunPlan",
        "number": found.number,
        "exitStatus": ExitStatus.DONE if allowed else ExitStatus.ERROR,
        "status": found.status,
        "allowed": allowed,
        "cancellable": list(goes),
        "remaining": _planned_entries(found, stays),
        "totals": _accounts(Totals.from_list(planned.details["totals"], len(goes))),
        "request": planned.details["request"],
    }


def _planned_entries(found: PlannedRun, numbers: Iterable[str]) -> list[PlannedEntry]:
    return [{"number": each, "transferredToAccounting": found.entries[each][1]} for each in numbers]


def transfer(outcome: TransferOutcome) -> TransferRecord:
    """Return which entries were marked."""
    return {
        "kind": "transfer",
        "number": outcome.plan.runs[0].number,
        "exitStatus": ExitStatus.DONE if outcome.complete else ExitStatus.INCOMPLETE,
        "value": outcome.plan.details["value"],
        "marked": list(outcome.changed),
        "already": list(outcome.already),
        "unmarked": [_unmarked(each, outcome.errors.get(each)) for each in outcome.missing],
        "inDoubt": list(outcome.in_doubt),
    }


def _unmarked(number: str, refusal: Exception | None) -> UnmarkedEntry:
    """Return an entry that did not take its mark; `refusal` is how Zuora refused it, if it did."""
    if refusal is None:
        return {"number": number, "reason": "it is not shown with the value", "advice": "check the entry in Zuora"}
    assert isinstance(refusal, errors.JournalRunsError)
    return {"number": number, "reason": refusal.message, "advice": advice_for(refusal)}


def rerun(outcome: RerunOutcome) -> RerunRecord:
    """Return what became of a run and of the one in its place."""
    before, after = outcome.before.by_type(), outcome.after.by_type()
    nothing = (Decimal(0), Decimal(0))
    pairs = ((key, before.get(key, nothing), after.get(key, nothing)) for key in sorted({*before, *after}))
    return {
        "kind": "rerun",
        "number": outcome.number,
        "exitStatus": ExitStatus.DONE if outcome.complete else ExitStatus.INCOMPLETE,
        "created": outcome.created,
        "ending": str(outcome.ending),
        "remaining": list(outcome.remaining),
        "totals": [_change(*key, old, new) for key, old, new in pairs],
        "same": not outcome.differences,
        "discrepancies": list(outcome.discrepancies),
    }


def _change(
    transaction_type: str, currency: str, before: tuple[Decimal, Decimal], after: tuple[Decimal, Decimal]
) -> TotalChange:
    with localcontext(prec=MAX_PREC):
        debits_difference, credits_difference = after[0] - before[0], after[1] - before[1]
    return {
        "transactionType": transaction_type or None,
        "currency": currency or None,
        "debitsBefore": digits(before[0]),
        "debitsAfter": digits(after[0]),
        "debitsDifference": digits(debits_difference),
        "creditsBefore": digits(before[1]),
        "creditsAfter": digits(after[1]),
        "creditsDifference": digits(credits_difference),
    }


def not_cancellable(plan: PlanRecord) -> FailureRecord | None:
    """Return the failure of a run that cannot be cancelled; None if it can be, or already was."""
    if plan["exitStatus"] == ExitStatus.DONE:
        return None
    number, status = plan["number"], plan["status"]
    return failure(number, f"{number} is {status} and cannot be cancelled now", plan["advice"])


def refusal(reason: str) -> RefusalRecord:
    """Return the refusal of a command that nobody confirmed."""
    return {
        "kind": "refusal",
        "exitStatus": ExitStatus.USAGE,
        "message": f"nothing was changed: {reason}",
        "advice": "to confirm, run the same command with --yes",
    }


def cancellation(number: str, acknowledged: bool, again: str) -> CancellationRecord:
    """Return a cancellation whose outcome is not known, because nobody waited for it.

    Args:
        number: The run's number.
        acknowledged: Whether a response said that it was accepted.
        again: The command that waits for the outcome.
    """
    return {
        "kind": "cancellation",
        "number": number,
        "exitStatus": ExitStatus.DONE,
        "acknowledged": acknowledged,
        "outcome": "accepted",
        "status": None,
        "deleted": False,
        "cancelled": None,
        "remaining": None,
        "discrepancies": [],
        "message": None,
        "advice": f"`{again}` waits for the outcome; repeating the request is safe",
    }


def settled(number: str, acknowledged: bool, outcome: CancellationOutcome) -> CancellationRecord:
    """Return a cancellation whose outcome is known."""
    return {
        **cancellation(number, acknowledged, ""),
        "exitStatus": ExitStatus.DONE if outcome.complete else ExitStatus.INCOMPLETE,
        "outcome": "complete" if outcome.complete else "incomplete",
        "status": None if outcome.deleted else str(outcome.run.status),
        "deleted": outcome.deleted,
        "cancelled": [entry.number for entry in outcome.cancelled],
        "remaining": [remaining(entry) for entry in outcome.remaining],
        "discrepancies": list(outcome.discrepancies),
        "advice": None,
    }


def not_settled(number: str, acknowledged: bool, error: errors.JournalRunsError, again: str) -> CancellationRecord:
    """Return a cancellation whose outcome is not known, because the deadline passed or a poll failed.

    Args:
        number: The run's number.
        acknowledged: Whether a response said that it was accepted.
        error: What ended the wait.
        again: The command that resumes the wait.
    """
    return {
        **cancellation(number, acknowledged, again),
        "exitStatus": status_of(error),
        "outcome": "unknown",
        "status": _last_status(error),
        "message": message_of(error),
        "advice": f"To resume waiting: `{again}`",
    }


def creation(number: str) -> CreationRecord:
    """Return a run that was created."""
    return {
        "kind": "creation",
        "number": number,
        "exitStatus": ExitStatus.DONE,
        "outcome": "created",
        "status": None,
        "totalJournalEntryCount": None,
        "message": None,
        "advice": None,
    }


def ended(number: str, outcome: CompletionOutcome) -> CreationRecord:
    """Return a run that was created and has ended."""
    ending, message, advice = _ENDINGS[str(outcome.ending)]
    return {
        **creation(number),
        "exitStatus": ExitStatus.DONE if outcome.complete else ExitStatus.ERROR,
        "outcome": ending,
        "status": None if ending == "deleted" else str(outcome.run.status),
        "totalJournalEntryCount": outcome.run.total_journal_entry_count,
        "message": message and f"{number} {message}",
        "advice": advice,
    }


def not_ended(number: str, error: errors.JournalRunsError) -> CreationRecord:
    """Return a run that was created and whose end is not known, because the deadline passed or a poll failed."""
    return {
        **creation(number),
        "exitStatus": status_of(error),
        "outcome": "unknown",
        "status": _last_status(error),
        "message": message_of(error),
        "advice": f"To check the run: `zjr get {number}`",
    }


def deletion_plan(found: JournalRun) -> DeletionPlanRecord:
    """Return whether a run would be deleted."""
    count = found.total_journal_entry_count
    allowed = found.status in ("Cancelled", "DeleteInprogress")
    return {
        "kind": "deletionPlan",
        "number": found.number,
        "exitStatus": ExitStatus.DONE if allowed else ExitStatus.ERROR,
        "status": str(found.status),
        "allowed": allowed,
        "totalJournalEntryCount": count if isinstance(count, int) else None,
    }


def not_deletable(plan: DeletionPlanRecord) -> FailureRecord | None:
    """Return the failure of a run that cannot be deleted; None if it can be."""
    number, status = plan["number"], plan["status"]
    message = f"{number} is {status}, and only a run that is Cancelled can be deleted: cancel it first"
    return None if plan["allowed"] else failure(number, message)


def deletion(done: Deletion, again: str) -> DeletionRecord:
    """Return a deletion that was accepted.

    Args:
        done: The deletion.
        again: The command that waits until the run is gone.
    """
    return {
        "kind": "deletion",
        "number": done.number,
        "exitStatus": ExitStatus.DONE,
        "outcome": "deleted" if done.gone else "accepted",
        "message": None,
        "advice": None if done.gone else f"To wait until it is gone: `{again}`",
    }


def not_deleted(number: str, error: errors.DeletionTimeoutError, again: str) -> DeletionRecord:
    """Return a deletion that was not finished at the deadline."""
    return {
        "kind": "deletion",
        "number": number,
        "exitStatus": ExitStatus.UNKNOWN,
        "outcome": "unknown",
        "message": error.message,
        "advice": f"To resume waiting: `{again}`",
    }


def diagnosis(checks: list[Check]) -> DiagnosisRecord:
    """Return the results of all checks."""
    wrong = any(check["verdict"] == "wrong" for check in checks)
    return {"kind": "diagnosis", "exitStatus": ExitStatus.ERROR if wrong else ExitStatus.DONE, "checks": checks}


def _last_status(error: errors.JournalRunsError) -> str | None:
    return str(error.run.status) if isinstance(error, errors.WaitTimeoutError) and error.run else None


def evidence(found: Evidence) -> EvidenceRecord:
    """Return the verdict on an evidence file."""
    conclusion, number = found.conclusion, found.run
    facts = {} if conclusion is None else conclusion.facts
    about = None if conclusion is None else cast("About", conclusion.about)
    verdict = facts.get("verdict")
    cancelled, left = facts.get("cancelled"), facts.get("remaining")
    status, summary = _VERDICTS.get(str(verdict), (ExitStatus.ERROR, "{number} ended as {verdict}."))
    if about in _CLOSINGS:
        summary = _CLOSINGS[about][verdict == "complete"]
    if verdict == "incomplete" and about == "cancellation" and left:
        count = f"{len(left):,} {'is' if len(left) == 1 else 'are'} not"
        all_entries = count_entries((cancelled or 0) + len(left))
        summary = f"{_NOT_CANCELLED} Of {all_entries} {count}: {listed(left)}."
    return {
        "kind": "evidence",
        "number": number,
        "exitStatus": status,
        "about": about,
        "verdict": verdict,
        "status": found.history.status,
        "cancelled": cancelled,
        "remaining": left,
        "inDoubt": facts.get("inDoubt"),
        "created": found.history.created,
        "discrepancies": facts.get("discrepancies") or [],
        "summary": summary.format(number=number, listed=listed([*(left or ()), *facts.get("inDoubt", ())]), **facts),
        "lastHash": found.last_hash,
    }


def listed(numbers: Sequence[str]) -> str:
    """Return the numbers of entries in words, at most ten of them."""
    more = f" and {len(numbers) - _MAX_LISTED:,} more" if len(numbers) > _MAX_LISTED else ""
    return f"{', '.join(numbers[:_MAX_LISTED])}{more}"


_MAX_LISTED = 10
"""How many entries a summary names; beyond that it only counts them."""
_NOT_CANCELLED = "{number} is NOT completely cancelled."
_VERDICTS: dict[str, tuple[ExitStatus, str]] = {
    "complete": (ExitStatus.DONE, "{number} is cancelled, and so are all of its entries."),
    "incomplete": (ExitStatus.INCOMPLETE, "{number} was NOT shown to be completely cancelled."),
    "Completed": (ExitStatus.DONE, "{number} is Completed."),
    "gone": (ExitStatus.DONE, "{number} is deleted."),
    "None": (
        ExitStatus.UNKNOWN,
        "Unfinished: there is no verdict. To go on, repeat what began it, with this file.",
    ),
}
_CLOSINGS = {
    "transfer": (
        "Entries of {number} are NOT marked as they were to be: {listed}.",
        "The entries of {number} are marked as they were to be.",
    ),
    "posting": (
        "The entries of {number} are NOT all posted.",
        "The entries of {number} are posted, and marked as transferred.",
    ),
    "rerun": (
        "{number} was NOT rerun as planned: {created} was created in its place and is {ending}.",
        "{number} is cancelled as planned, and {created} was created in its place and is {ending}.",
    ),
}
"""Summaries of what is not about a single run's end: incomplete, and complete."""


def failed(number: str, error: errors.JournalRunsError) -> FailureRecord:
    """Return the failure of a run that an error of the client describes."""
    request_id, track_id = identifiers_of(error)
    return {
        **failure(number, message_of(error), advice_for(error)),
        "exitStatus": status_of(error),
        "maybeProcessed": error.maybe_processed,
        "requestId": request_id,
        "trackId": track_id,
    }


def failure(number: str, message: str, advice: str | None = None) -> FailureRecord:
    """Return the failure of a run."""
    return {
        "kind": "failure",
        "number": number,
        "exitStatus": ExitStatus.ERROR,
        "message": message,
        "advice": advice,
        "maybeProcessed": False,
        "requestId": None,
        "trackId": None,
    }


def error(
    message: str,
    status: ExitStatus = ExitStatus.ERROR,
    advice: str | None = None,
    maybe_processed: bool = False,
    identifiers: tuple[str | None, str | None] = (None, None),
) -> ErrorRecord:
    """Return the error that ended a command.

    Args:
        message: What is wrong.
        status: The exit status.
        advice: What to do.
        maybe_processed: Whether a request may have been processed.
        identifiers: Request id and track id of the call that failed.
    """
    request_id, track_id = identifiers
    return {
        "kind": "error",
        "exitStatus": status,
        "message": message,
        "advice": advice,
        "maybeProcessed": maybe_processed,
        "requestId": request_id,
        "trackId": track_id,
    }


_SKIPPED = ("the cancellation skipped it, and nothing blocks it now", "cancel the run again")
_CANCELLATION_BEGUN = ("CancelInprogress", "Cancelled", "DeleteInprogress")
"""Statuses of a run whose cancellation is in progress or done, so that `zjr cancel` only polls it."""
_NOT_ALLOWED = {
    "Processing": ("it is still being processed", "wait until processing has ended, then cancel it"),
    "CancelInprogress": ("cancellation already in progress", "`zjr cancel` waits for it"),
    "Cancelled": ("it is already cancelled", "nothing to do; `zjr delete` deletes it"),
    "DeleteInprogress": ("it is being deleted", "nothing to do"),
}
_OTHER_STATUS = ("its status does not allow a cancellation", "check the run in Zuora")
_ENDINGS: dict[str, tuple[Literal["completed", "error", "cancelled", "deleted"], str | None, str | None]] = {
    "Completed": ("completed", None, None),
    "Error": ("error", "ended in Error", "Zuora's own pages say why; cancel and delete it, then create it again"),
    "Cancelled": ("cancelled", "was cancelled by somebody else meanwhile", None),
    "Deleted": ("deleted", "was deleted by somebody else meanwhile", None),
}


def advice_when(status: str) -> str:
    """Return what to do about a run whose status does not allow a cancellation."""
    return _NOT_ALLOWED.get(status, _OTHER_STATUS)[1]
