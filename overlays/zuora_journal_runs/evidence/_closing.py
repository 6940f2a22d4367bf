"""What is next in a rerun and in the posting of entries: pure functions of what was observed.

A rerun or posting that was interrupted, wherever that was, goes on with what these functions say. There is no other
place where it is decided that a run is created or an entry is posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import frozen

from zuora_journal_runs._observations import STAYS, EntryState

from ._verdict import History, Verdict

KEY_LIFETIME = 24 * 3600.0 - 900.0
"""Seconds for which a creation is repeated under its idempotency key.

Zuora remembers a key for 24 hours from its first use (idempotency guide, 2026); a quarter of an hour is left for clocks
that differ, and for the last attempt.
"""


class RerunStep(StrEnum):
    """What is next in a rerun."""

    CANCEL = "cancel the run"
    AWAIT_CANCELLATION = "wait until it is known what the cancellation did"
    STOP_REMAINING = "stop, since the run is not cancelled as planned"
    CREATE = "create the new run, under a new idempotency key"
    REPEAT_CREATION = "create the new run, under the idempotency key used before"
    STOP_KEY_EXPIRED = "stop, since the outcome of the creation is not known and its key is too old"
    AWAIT_COMPLETION = "wait until the new run has ended"
    LIST_ENTRIES = "list the entries of the new run"
    DONE = "nothing"


def next_rerun_step(history: History, now: float, *, requested: bool) -> RerunStep:
    """Return what is next in a rerun.

    Args:
        history: What was observed of the run to cancel, and of the one in its place.
        now: Seconds since 1970.
        requested: Whether this process has requested the cancellation already.
    """
    successor, creation = history.successor, history.creation
    if successor is not None:
        ending = successor.completion()
        if ending is None:
            return RerunStep.AWAIT_COMPLETION
        unlisted = ending == "Completed" and not successor.entries_are_known
        return RerunStep.LIST_ENTRIES if unlisted else RerunStep.DONE
    if creation is not None and creation.step == "begun":
        # It may have been created: under any other key it would be created once more.
        fresh = now - history.key_since < KEY_LIFETIME
        return RerunStep.REPEAT_CREATION if fresh else RerunStep.STOP_KEY_EXPIRED
    judgement = history.cancellation()
    if judgement.verdict is Verdict.COMPLETE or _remains_as_planned(history):
        return RerunStep.CREATE
    if not requested:
        return RerunStep.CANCEL
    return RerunStep.STOP_REMAINING if judgement.verdict is Verdict.INCOMPLETE else RerunStep.AWAIT_CANCELLATION


def _remains_as_planned(history: History) -> bool:
    """Return whether the cancellation has left what it was allowed to leave, and nothing else."""
    judgement, plan = history.cancellation(), history.plan
    if judgement.verdict is not Verdict.INCOMPLETE or judgement.discrepancies or plan is None:
        return False
    if not plan["details"]["allowRemaining"]:
        return False
    (run,) = plan["runs"]
    planned = {entry["number"] for entry in run["entries"] if entry["transferredToAccounting"] in STAYS}
    return planned.issuperset(judgement.remaining)


@frozen
class RerunJudgement:
    """How far a rerun is."""

    complete: bool
    """Whether the old run is cancelled as planned, and the new one is `Completed`."""
    created: str | None
    """The number of the new run; None if there is none."""
    ending: str | None
    """How the new run ended; None if it has not."""
    remaining: tuple[str, ...]
    """The entries of the old run that are not cancelled."""
    discrepancies: tuple[str, ...]
    """What does not fit together."""


def judge_rerun(history: History) -> RerunJudgement:
    """Return how far a rerun is, as far as it was shown."""
    cancellation = history.cancellation()
    ending = None if history.successor is None else history.successor.completion()
    cancelled = cancellation.verdict is Verdict.COMPLETE or _remains_as_planned(history)
    return RerunJudgement(
        cancelled and ending == "Completed",
        history.created,
        ending,
        cancellation.remaining,
        cancellation.discrepancies,
    )


class PostingAction(StrEnum):
    """What is next in the posting of an entry."""

    CLAIM = "mark it as Processing"
    ASK = "find out whether it was posted"
    POST = "post it"
    MARK_POSTED = "mark it as Yes"
    MARK_FAILED = "mark it as Error"
    NONE = "nothing"


_OPEN = ("No", "Error", None)
"""The values of `transferredToAccounting` with which an entry may be posted."""


def next_posting_action(shown: EntryState, note: str | None, *, fresh: bool) -> PostingAction:
    """Return what is next in the posting of an entry.

    An entry that is `Processing` is in doubt, unless this process claimed it: whoever claimed it may have posted it.

    Args:
        shown: The entry's status and `transferredToAccounting`, as listed or changed last.
        note: What was noted last of its posting; None if nothing was.
        fresh: Whether this process noted it.
    """
    status, transferred = shown
    if status == "Cancelled" or transferred == "Yes" or note == "confirmed":
        return PostingAction.NONE
    if note == "posted":
        return PostingAction.MARK_POSTED
    if note == "begun" or (transferred == "Processing" and not fresh):
        return PostingAction.ASK
    if not fresh or note == "not posted":
        action = PostingAction.CLAIM if transferred in _OPEN else PostingAction.NONE
        return PostingAction.POST if transferred == "Processing" else action
    if note == "claimed":
        return PostingAction.POST if transferred == "Processing" else PostingAction.NONE
    return PostingAction.NONE if transferred == "Error" else PostingAction.MARK_FAILED


@frozen
class PostingJudgement:
    """How far the posting of a run's entries is; the numbers of entries in each."""

    posted: tuple[str, ...]
    """They were posted, marked, and then listed as transferred."""
    already: tuple[str, ...]
    """They are transferred, by whoever it was."""
    failed: tuple[str, ...]
    """Posting them failed."""
    in_doubt: tuple[str, ...]
    """Whether they were posted is not known, or they were and are not shown to be marked."""
    open: tuple[str, ...]
    """They are not posted."""
    left: tuple[str, ...]
    """They are not to be posted: `Ignore`, or a value that is not documented."""
    short: bool
    """Whether entries are missing from the last listing."""

    @property
    def complete(self) -> bool:
        """Whether all entries that are to be transferred are shown to be."""
        return not (self.failed or self.in_doubt or self.open or self.short)


def judge_posting(history: History) -> PostingJudgement:
    """Return how far the posting of a run's entries is, as far as it was shown. Cancelled entries do not count."""
    found: dict[str, list[str]] = {
        "posted": [], "already": [], "failed": [], "in_doubt": [], "open": [], "left": []
    }  # fmt: skip
    for number, (status, transferred) in history.entries.items():
        note = history.postings.get(number)
        if status == "Cancelled" and note not in _BOOKED:
            continue
        if transferred == "Yes" and status != "Cancelled":
            kind = "posted" if note == "confirmed" else "already"
        elif note in _BOOKED or transferred == "Processing":
            kind = "in_doubt"
        elif note == "failed":
            kind = "failed"
        else:
            kind = "open" if transferred in _OPEN else "left"
        found[kind].append(number)
    return PostingJudgement(**{kind: tuple(numbers) for kind, numbers in found.items()}, short=not history.is_listed)


_UNLISTED: EntryState = ("", None)
_BOOKED = ("begun", "posted", "confirmed")
"""Notes with which an entry may be in the ledger."""


def is_to_be_marked(planned: EntryState, shown: EntryState, value: str) -> bool:
    """Return whether a transfer marks an entry that is among those to mark.

    An entry that became `Processing` after it was planned is in doubt: whoever claimed it may be posting it.

    Args:
        planned: The entry's status and `transferredToAccounting`, as they were planned.
        shown: The same as listed or changed last.
        value: What the entry is to be marked with.
    """
    status, transferred = shown
    return status != "Cancelled" and transferred != value and not _was_claimed(planned, shown)


def _was_claimed(planned: EntryState, shown: EntryState) -> bool:
    return shown[1] == "Processing" and planned[1] != "Processing"


@frozen
class TransferJudgement:
    """What became of the entries that a transfer was to mark; the numbers of entries in each."""

    missing: tuple[str, ...]
    """They were to be marked, and are not shown with the value."""
    in_doubt: tuple[str, ...]
    """They were left alone, since somebody may be posting them: they were, or became, `Processing`."""

    @property
    def complete(self) -> bool:
        """Whether all of them are shown with the value."""
        return not (self.missing or self.in_doubt)


def judge_transfer(history: History) -> TransferJudgement:
    """Return what became of the entries that a transfer was to mark, as far as it was shown."""
    assert history.plan is not None
    (run,), details = history.plan["runs"], history.plan["details"]
    planned = {each["number"]: (each["status"], each["transferredToAccounting"]) for each in run["entries"]}
    missing: list[str] = []
    in_doubt: list[str] = []
    for number in details["entries"]:
        shown = history.entries.get(number, _UNLISTED)
        if shown[1] != details["value"]:
            (in_doubt if _was_claimed(planned[number], shown) else missing).append(number)
    for number in details["inDoubt"]:
        status, transferred = history.entries.get(number, _UNLISTED)
        if status != "Cancelled" and transferred != details["value"]:
            in_doubt.append(number)
    return TransferJudgement(tuple(missing), tuple(in_doubt))


def conclusion_of(history: History, about: str) -> Mapping[str, Any]:
    """Return the verdict on a rerun, a posting or a transfer, as a file has it."""
    if about == "rerun":
        rerun = judge_rerun(history)
        return {
            "verdict": _verdict(rerun.complete),
            "created": rerun.created,
            "ending": rerun.ending,
            "remaining": list(rerun.remaining),
            "discrepancies": list(rerun.discrepancies),
        }
    if about == "posting":
        posting = judge_posting(history)
        return {
            "verdict": _verdict(posting.complete),
            "posted": len(posting.posted),
            "already": len(posting.already),
            "failed": list(posting.failed),
            "inDoubt": list(posting.in_doubt),
            "open": list(posting.open),
        }
    transfer = judge_transfer(history)
    return {
        "verdict": _verdict(transfer.complete),
        "remaining": list(transfer.missing),
        "inDoubt": list(transfer.in_doubt),
    }


def _verdict(complete: bool) -> str:
    return str(Verdict.COMPLETE if complete else Verdict.INCOMPLETE)
