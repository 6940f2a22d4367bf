"""What the command answers: the objects of `--json`, from which the text is made too.

`records.schema.json` describes them. What Zuora has a name for bears Zuora's; amounts are text, exact to the digit;
null stands for what is not known, or does not apply.
"""

from __future__ import annotations

import json
from decimal import MAX_PREC, Decimal, localcontext
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from zuora_journal_runs import errors

from .error_messages import advice_for, identifiers_of, message_of, status_of
from .exit_status import ExitStatus
from .formatting import count_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zuora_journal_runs import (
        CancellationOutcome,
        CancellationPlan,
        CompletionOutcome,
        Deletion,
        JournalEntries,
        JournalEntry,
        JournalRun,
    )
    from zuora_journal_runs.evidence import Evidence


class EntrySummary(TypedDict):
    """An entry that stays."""

    number: str
    transactionType: str | None
    currency: str | None
    amount: str | None
    transferredToAccounting: str | None
    reason: str
    advice: str
    unsettled: bool


class Amount(TypedDict):
    """A sum in a currency; null for what is not known."""

    currency: str | None
    amount: str | None


class PlanRecord(TypedDict):
    """What a cancellation would do."""

    kind: Literal["plan"]
    number: str
    exitStatus: int
    status: str
    allowed: bool
    complete: bool
    reason: str | None
    advice: str | None
    cancellable: list[str]
    amounts: list[Amount]
    blocked: list[EntrySummary]


class RefusalRecord(TypedDict):
    """A command that did nothing, since nobody has agreed."""

    kind: Literal["refusal"]
    exitStatus: int
    message: str
    advice: str


class CancellationRecord(TypedDict):
    """A cancellation that was asked for, and what it did."""

    kind: Literal["cancellation"]
    number: str
    exitStatus: int
    acknowledged: bool
    outcome: Literal["complete", "incomplete", "accepted", "unknown"]
    status: str | None
    deleted: bool
    cancelled: list[str] | None
    remaining: list[EntrySummary] | None
    discrepancies: list[str]
    message: str | None
    advice: str | None


class CreationRecord(TypedDict):
    """A run that was created, and what became of it."""

    kind: Literal["creation"]
    number: str
    exitStatus: int
    outcome: Literal["created", "completed", "error", "cancelled", "deleted", "unknown"]
    status: str | None
    totalJournalEntryCount: int | None
    message: str | None
    advice: str | None


class DeletionPlanRecord(TypedDict):
    """A run that would be deleted, or cannot be."""

    kind: Literal["deletionPlan"]
    number: str
    exitStatus: int
    status: str
    allowed: bool
    totalJournalEntryCount: int | None


class DeletionRecord(TypedDict):
    """A deletion that was asked for."""

    kind: Literal["deletion"]
    number: str
    exitStatus: int
    outcome: Literal["deleted", "accepted", "unknown"]
    message: str | None
    advice: str | None


class FailureRecord(TypedDict):
    """What failed for one of several runs."""

    kind: Literal["failure"]
    number: str
    exitStatus: int
    message: str
    advice: str | None
    maybeProcessed: bool
    requestId: str | None
    trackId: str | None


CheckName = Literal["address", "TLS", "credentials", "entity", "read", "permissions", "clock", "limits", "versions"]
Verdict = Literal["ok", "wrong", "unknown"]


class Check(TypedDict):
    """Something that was looked at."""

    name: CheckName
    verdict: Verdict
    finding: str
    advice: str | None


class EvidenceRecord(TypedDict):
    """An evidence file that was judged again."""

    kind: Literal["evidence"]
    number: str | None
    exitStatus: int
    about: str | None
    verdict: str | None
    status: str | None
    cancelled: int | None
    remaining: list[str] | None
    discrepancies: list[str]
    summary: str
    lastHash: str


class DiagnosisRecord(TypedDict):
    """What is right and what is wrong about how the API is reached."""

    kind: Literal["diagnosis"]
    exitStatus: int
    checks: list[Check]


def line(record: Mapping[str, Any]) -> str:
    """A record as a line of JSON."""
    return json.dumps(record, default=digits)


def digits(amount: Decimal) -> str:
    """All digits of an amount, without an exponent."""
    return f"{amount:f}"


def run(found: JournalRun) -> dict[str, Any]:
    """A run as the API gives it."""
    return {"kind": "run", **found.to_dict()}


def entries(number: str, found: JournalEntries) -> dict[str, Any]:
    """All entries of a run as the API gives them."""
    return {"kind": "entries", "number": number, "entries": [entry.to_dict() for entry in found]}


def summary(entry: JournalEntry) -> EntrySummary:
    """An entry that stays: why, and what to do about it."""
    from zuora_journal_runs.results import BlockedEntry, is_blocked

    blocked = BlockedEntry(entry) if is_blocked(entry) else None
    reason, advice = (blocked.reason, blocked.advice) if blocked is not None else _LOOSE
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
    """The sum of an entry's debits; None if it has none, or one without an amount."""
    amounts = [item.get("amount") for item in entry.get("journalEntryItems") or () if item.get("type") == "Debit"]
    if not amounts or None in amounts:
        return None
    with localcontext(prec=MAX_PREC):
        return sum(map(Decimal, amounts), Decimal(0))


def plan(planned: CancellationPlan) -> PlanRecord:
    """What a cancellation would do."""
    status = str(planned.run.status)
    reason, advice = (None, None) if planned.allowed else _NOT_NOW.get(status, _STRANGE)
    return {
        "kind": "plan",
        "number": planned.run.number,
        "exitStatus": ExitStatus.DONE,
        "status": status,
        "allowed": planned.allowed,
        "complete": planned.complete,
        "reason": reason,
        "advice": advice,
        "cancellable": [entry.number for entry in planned.cancellable],
        "amounts": total(map(_debits_of, planned.cancellable)),
        "blocked": [summary(blocked.entry) for blocked in planned.blocked],
    }


def _debits_of(entry: JournalEntry) -> Amount:
    amount = debits(entry.to_dict())
    return {"currency": entry.currency or None, "amount": None if amount is None else digits(amount)}


def total(amounts: Iterable[Amount]) -> list[Amount]:
    """Return the sum of some amounts for each currency; it is not known if one of them is not."""
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


def not_now(plan: PlanRecord) -> FailureRecord | None:
    """Return what fails for a run that cannot be cancelled; None if it can be, or was already."""
    if plan["allowed"] or plan["status"] in ("CancelInprogress", "Cancelled", "DeleteInprogress"):
        return None
    return _failure(plan["number"], f"{plan['number']} is {plan['status']} and cannot be cancelled now", plan["advice"])


def refusal(reason: str) -> RefusalRecord:
    """A command that did nothing, since nobody has agreed."""
    return {
        "kind": "refusal",
        "exitStatus": ExitStatus.USAGE,
        "message": f"nothing was changed, since {reason}",
        "advice": "to confirm: run the same command with --yes",
    }


def cancellation(number: str, acknowledged: bool) -> CancellationRecord:
    """A cancellation whose outcome is not known, since nobody has waited for it."""
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
        "advice": f"`zjr cancel {number}` waits, and says what it did; asking again does no harm",
    }


def settled(number: str, acknowledged: bool, outcome: CancellationOutcome) -> CancellationRecord:
    """A cancellation whose outcome is known."""
    return {
        **cancellation(number, acknowledged),
        "exitStatus": ExitStatus.DONE if outcome.complete else ExitStatus.INCOMPLETE,
        "outcome": "complete" if outcome.complete else "incomplete",
        "status": None if outcome.deleted else str(outcome.run.status),
        "deleted": outcome.deleted,
        "cancelled": [entry.number for entry in outcome.cancelled],
        "remaining": [summary(entry) for entry in outcome.remaining],
        "discrepancies": list(outcome.discrepancies),
        "advice": None,
    }


def not_settled(number: str, acknowledged: bool, error: errors.JournalRunsError) -> CancellationRecord:
    """A cancellation whose outcome is not known, since the deadline passed or a poll failed.

    Args:
        number: The run's number.
        acknowledged: Whether an answer said that it was accepted.
        error: What ended the wait.
    """
    return {
        **cancellation(number, acknowledged),
        "exitStatus": status_of(error),
        "outcome": "unknown",
        "status": _seen(error),
        "message": message_of(error),
        "advice": f"To go on waiting: `zjr cancel {number}`",
    }


def creation(number: str) -> CreationRecord:
    """A run that was created."""
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
    """A run that was created and has ended."""
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
    """A run that was created, and of which the end is not known, since the deadline passed or looking failed."""
    return {
        **creation(number),
        "exitStatus": status_of(error),
        "outcome": "unknown",
        "status": _seen(error),
        "message": message_of(error),
        "advice": f"To look again: `zjr get {number}`",
    }


def deletion_plan(found: JournalRun) -> DeletionPlanRecord:
    """A run that would be deleted, or cannot be."""
    count = found.total_journal_entry_count
    return {
        "kind": "deletionPlan",
        "number": found.number,
        "exitStatus": ExitStatus.DONE,
        "status": str(found.status),
        "allowed": found.status in ("Cancelled", "DeleteInprogress"),
        "totalJournalEntryCount": count if isinstance(count, int) else None,
    }


def not_deletable(plan: DeletionPlanRecord) -> FailureRecord | None:
    """Return what fails for a run that cannot be deleted; None if it can be."""
    number, status = plan["number"], plan["status"]
    message = f"{number} is {status}, and only a run that is Cancelled can be deleted: cancel it first"
    return None if plan["allowed"] else _failure(number, message, None)


def deletion(done: Deletion) -> DeletionRecord:
    """A deletion that was accepted."""
    waiting = f"Zuora takes its time; to wait until it is gone: `zjr delete --wait {done.number}`"
    return {
        "kind": "deletion",
        "number": done.number,
        "exitStatus": ExitStatus.DONE,
        "outcome": "deleted" if done.gone else "accepted",
        "message": None,
        "advice": None if done.gone else waiting,
    }


def not_deleted(number: str, error: errors.DeletionTimeoutError) -> DeletionRecord:
    """A deletion that was not done in time."""
    return {
        "kind": "deletion",
        "number": number,
        "exitStatus": ExitStatus.UNKNOWN,
        "outcome": "unknown",
        "message": error.message,
        "advice": f"To go on waiting: `zjr delete --wait {number}`",
    }


def diagnosis(checks: list[Check]) -> DiagnosisRecord:
    """What was found."""
    return {
        "kind": "diagnosis",
        "exitStatus": ExitStatus.ERROR if any(check["verdict"] == "wrong" for check in checks) else ExitStatus.DONE,
        "checks": checks,
    }


def _seen(error: errors.JournalRunsError) -> str | None:
    return str(error.run.status) if isinstance(error, errors.WaitTimeoutError) and error.run else None


def evidence(found: Evidence) -> EvidenceRecord:
    """An evidence file, judged again."""
    conclusion, number = found.conclusion, found.run
    facts = {} if conclusion is None else conclusion.facts
    verdict = facts.get("verdict")
    cancelled, remaining = facts.get("cancelled"), facts.get("remaining")
    status, summary = _JUDGED.get(str(verdict), (ExitStatus.ERROR, f"{number} ended as {verdict}."))
    if verdict == "incomplete" and remaining:
        listed = ", ".join(remaining[:_LISTED]) + (
            f" and {left:,} more" if (left := len(remaining) - _LISTED) > 0 else ""
        )
        count = f"{len(remaining):,} {'is' if len(remaining) == 1 else 'are'} not"
        summary = f"{_NOT_CANCELLED} Of {count_entries((cancelled or 0) + len(remaining))} {count}: {listed}."
    return {
        "kind": "evidence",
        "number": number,
        "exitStatus": status,
        "about": None if conclusion is None else conclusion.about,
        "verdict": verdict,
        "status": found.history.status,
        "cancelled": cancelled,
        "remaining": remaining,
        "discrepancies": facts.get("discrepancies") or [],
        "summary": summary.format(number=number),
        "lastHash": found.last_hash,
    }


_LISTED = 10
"""Entries that a summary names; of more it says how many."""
_NOT_CANCELLED = "{number} is NOT completely cancelled."
_JUDGED: dict[str, tuple[ExitStatus, str]] = {
    "complete": (ExitStatus.DONE, "{number} is cancelled, and so are all of its entries."),
    "incomplete": (ExitStatus.INCOMPLETE, "{number} was NOT shown to be completely cancelled."),
    "Completed": (ExitStatus.DONE, "{number} is Completed."),
    "gone": (ExitStatus.DONE, "{number} is deleted."),
    "None": (
        ExitStatus.UNKNOWN,
        "Unfinished: there is no verdict. To go on, run the same command with this file again.",
    ),
}


def failure(number: str, error: errors.JournalRunsError) -> FailureRecord:
    """What failed for one of several runs."""
    request_id, track_id = identifiers_of(error)
    return {
        "kind": "failure",
        "number": number,
        "exitStatus": ExitStatus.USAGE if isinstance(error, errors.InvalidArgumentError) else status_of(error),
        "message": message_of(error),
        "advice": advice_for(error),
        "maybeProcessed": error.maybe_processed,
        "requestId": request_id,
        "trackId": track_id,
    }


def _failure(number: str, message: str, advice: str | None) -> FailureRecord:
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


_LOOSE = ("the cancellation passed it over, and nothing holds it now", "cancel the run again")
_NOT_NOW = {
    "Processing": ("it is being processed", "wait until that has ended, then cancel it"),
    "CancelInprogress": ("it is being cancelled already", "`zjr cancel` waits for that, and says what it did"),
    "Cancelled": ("it is cancelled already", "nothing is left to do; `zjr delete` removes it"),
    "DeleteInprogress": ("it is being deleted", "nothing is left to do"),
}
_STRANGE = ("its status is none that allows it", "look at it in Zuora")
_ENDINGS: dict[str, tuple[Literal["completed", "error", "cancelled", "deleted"], str | None, str | None]] = {
    "Completed": ("completed", None, None),
    "Error": ("error", "ended in Error", "Zuora's own pages say why; cancel and delete it, and create it anew"),
    "Cancelled": ("cancelled", "was cancelled by somebody meanwhile", None),
    "Deleted": ("deleted", "was deleted by somebody meanwhile", None),
}


def advice_when(status: str) -> str:
    """What to do about a run whose status does not allow a cancellation."""
    return _NOT_NOW.get(status, _STRANGE)[1]
