"""Posting entries once, and marking them as transferred."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from zuora_journal_runs import errors
from zuora_journal_runs._client import planning, waiting
from zuora_journal_runs._http import Flow, Invoke, RunNumber, parse_callable
from zuora_journal_runs.close import PostingOutcome, TransferOutcome
from zuora_journal_runs.evidence import (
    Planned,
    PostingAction,
    PostingNoted,
    is_to_be_marked,
    judge_posting,
    judge_transfer,
    next_posting_action,
)
from zuora_journal_runs.plans import Plan, PlannedRun

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Literal

    from zuora_journal_runs._client._base import Post, WasPosted
    from zuora_journal_runs._client.observer import Observer
    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs.evidence import EntryState
    from zuora_journal_runs_api.models import JournalEntry

_REFUSALS = (errors.RuleViolationError, errors.InvalidRequestError, errors.NotFoundError)
"""How Zuora refuses a change of one entry; whatever else fails would fail for the next entry too."""


class _Marker:
    """Changes entries, and knows how each was shown or changed last.

    Args:
        operations: The operations.
        observer: What observes the run.
    """

    def __init__(self, operations: Operations, observer: Observer) -> None:
        self.observer = observer
        self.operations = operations
        self.shown: dict[str, EntryState] = dict(observer.history.entries)
        self.changed: set[str] = set()
        self.errors: dict[str, Exception] = {}
        """Why an entry could not be posted or changed."""

    def mark(self, number: str, value: str, notes: str | None = None) -> Flow[bool]:
        """Mark an entry with a value; return whether Zuora accepted that."""
        try:
            yield from self.operations.observed_by(self.observer).update_entry(number, value, notes)
        except (*_REFUSALS, errors.PermissionDeniedError) as error:
            # To leave `Yes` needs a permission of its own.
            permitted = self.shown[number][1] != "Yes"
            if error.maybe_processed or (permitted and isinstance(error, errors.PermissionDeniedError)):
                raise
            self.errors[number] = error
            return False
        self.shown[number] = (self.shown[number][0], value)
        self.changed.add(number)
        return True

    def verify(self, timeout: float | None) -> Flow[None]:
        """Read the entries again until they show what was changed, or the time is up."""
        history = self.observer.history
        wait = waiting.RunWait(self.operations, self.observer, timeout)
        while self.changed:
            yield from wait.poll_cancellation()
            if history.is_listed and all(map(self._is_shown, self.changed)):
                return
            if not (yield from wait.pause()):
                return

    def _is_shown(self, number: str) -> bool:
        status, transferred = self.observer.history.entries[number]
        return status == "Cancelled" or transferred == self.shown[number][1]


class _Posting(_Marker):
    """Posts the entries of a run."""

    def __init__(
        self, operations: Operations, observer: Observer, post: Post, was_posted: WasPosted | None, notes: str | None
    ) -> None:
        super().__init__(operations, observer)
        self._post, self._was_posted, self._notes = post, was_posted, notes
        self._fresh: set[str] = set()

    def _note(self, step: Literal["claimed", "begun", "posted", "failed", "not posted"], number: str) -> None:
        self._fresh.add(number)
        self.observer.note(PostingNoted(self.observer.now(), step, number))

    def next(self, number: str) -> PostingAction:
        """Return what is next for an entry."""
        note = self.observer.history.postings.get(number)
        return next_posting_action(self.shown[number], note, fresh=number in self._fresh)

    def resolve(self, entry: JournalEntry) -> Flow[None]:
        """Find out whether an entry in doubt was posted, and mark it if it was."""
        if self.next(entry.number) is PostingAction.ASK and self._was_posted is not None:
            posted = yield Invoke(self._was_posted, entry)
            if posted is True or posted is False:
                self._note("posted" if posted else "not posted", entry.number)
        if self.next(entry.number) is PostingAction.MARK_POSTED:
            yield from self.mark(entry.number, "Yes", self._notes)

    def complete(self, entry: JournalEntry) -> Flow[None]:
        """Claim an entry, post it and mark it, as far as that is to be done and succeeds."""
        accepted = True
        while accepted:
            match self.next(entry.number):
                case PostingAction.CLAIM:
                    self._note("claimed", entry.number)
                    accepted = yield from self.mark(entry.number, "Processing")
                case PostingAction.POST:
                    yield from self._post_entry(entry)
                case PostingAction.MARK_POSTED:
                    accepted = yield from self.mark(entry.number, "Yes", self._notes)
                case PostingAction.MARK_FAILED:
                    accepted = yield from self.mark(entry.number, "Error")
                case _:  # ASK or NONE: that is all there is to do by itself
                    return

    def _post_entry(self, entry: JournalEntry) -> Flow[None]:
        self._note("begun", entry.number)
        try:
            yield Invoke(self._post, entry)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported in the outcome
            self.errors[entry.number] = error
            posted: Any = False
            if getattr(error, "maybe_processed", False):
                posted = None if self._was_posted is None else (yield Invoke(self._was_posted, entry))
            if posted is False:
                # It is not posted again by itself, even if it is known not to be.
                self._note("failed", entry.number)
                return
            if posted is not True:
                return
            del self.errors[entry.number]
        self._note("posted", entry.number)


def post_entries(
    operations: Operations,
    number: RunNumber,
    post: Post,
    *,
    was_posted: WasPosted | None,
    notes: str | None,
    timeout: float | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[PostingOutcome]:
    """Post each entry of a run once: claim it, post it, mark it, and read everything again."""
    waiting.check_timeouts(timeout)
    planning.check_marking("Yes", notes)
    if inspect.isgeneratorfunction(parse_callable("post", post)):
        # A call of it would execute nothing, and look like a success.
        raise errors.InvalidArgumentError("post is a generator function: give a function that posts, without yield")
    if was_posted is not None:
        parse_callable("was_posted", was_posted)
    with operations.observer_of(number, "post", evidence) as observer:
        entries = yield from _entries(operations, observer, "posted")
        posting = _Posting(operations, observer, post, was_posted, notes)
        for entry in entries:
            yield from posting.resolve(entry)
        if not any(posting.next(entry.number) is PostingAction.ASK for entry in entries):
            for entry in entries:
                yield from posting.complete(entry)
        yield from posting.verify(timeout)
        observer.conclude("posting")
        return _posting_outcome(observer, posting)


def _entries(operations: Operations, observer: Observer, what: str) -> Flow[list[JournalEntry]]:
    """Return the entries of a run, which has to be `Completed`."""
    calls = operations.observed_by(observer)
    number = RunNumber(observer.number)
    run = yield from calls.retrieve(number)
    if run.status != "Completed":
        raise errors.RunStatusError(
            f"{observer.number} is {run.status}, and only entries of a run that is Completed are {what}", run=run
        )
    return list((yield from calls.entries(number)))


def _posting_outcome(observer: Observer, posting: _Posting) -> PostingOutcome:
    judgement = judge_posting(observer.history)
    return PostingOutcome(
        observer.number,
        posted=observer.models(judgement.posted),
        already=observer.models(judgement.already),
        failed=observer.models(judgement.failed),
        in_doubt=observer.models(judgement.in_doubt),
        open=observer.models(judgement.open),
        left=observer.models(judgement.left),
        complete=judgement.complete,
        errors=posting.errors,
        observations=tuple(observer.observations),
    )


def transfer(
    operations: Operations,
    number: RunNumber,
    value: str,
    *,
    entries: Iterable[str] | None,
    notes: str | None,
    approved: Plan | None,
    timeout: float | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[TransferOutcome]:
    """Mark entries of a run with a value, and read them again."""
    waiting.check_timeouts(timeout)
    planning.check_marking(value, notes)
    chosen = None if entries is None else planning.parse_entries(entries)
    if approved is not None:
        planning.parse_plan(approved)
    with operations.observer_of(number, "transfer", evidence) as observer:
        plan = yield from _planned_transfer(operations, observer, approved, value, chosen, notes)
        marker = _Marker(operations, observer)
        (run,) = plan.runs
        for each in plan.details["entries"]:
            if is_to_be_marked(run.entries[each], marker.shown.get(each, ("Cancelled", None)), value):
                yield from marker.mark(each, value, notes)
        yield from marker.verify(timeout)
        observer.conclude("transfer")
        judgement = judge_transfer(observer.history)
        left = {*judgement.missing, *judgement.in_doubt}
        return TransferOutcome(
            plan,
            [each for each in plan.acted_on(run) if each not in left],
            [each for each in plan.details["entries"] if run.entries[each][1] == value and each not in left],
            judgement.missing,
            judgement.in_doubt,
            errors=marker.errors,
            observations=tuple(observer.observations),
        )


def _planned_transfer(
    operations: Operations,
    observer: Observer,
    approved: Plan | None,
    value: str,
    chosen: list[str] | None,
    notes: str | None,
) -> Flow[Plan]:
    """Return the plan: the one in the evidence file if there is one, or else one that is noted there."""
    calls, number = operations.observed_by(observer), RunNumber(observer.number)
    if observer.history.plan is not None:
        # It was interrupted: what was marked then is not as it was planned, and needs no mark now.
        plan = Plan.from_dict(observer.history.plan, "the plan in the evidence file")
        if not _requests(plan, value, chosen, notes) or approved not in (None, plan):
            raise errors.InvalidArgumentError(
                f"the evidence file is of another transfer of entries of {number}: give another file"
            )
        yield from calls.retrieve(number)
        yield from calls.entries(number)
        return plan
    if approved is not None:
        planning.check_scope(operations, approved)
    with planning.reading(approved):
        run = yield from calls.retrieve(number)
        listed = yield from calls.entries(number)
    if approved is None:
        plan = planning.transfer_plan(operations, run, listed, value, chosen, notes)
    else:
        plan = approved
        plan.check([PlannedRun.of(run, listed)])
        planning.check_entries(plan.runs[0], plan.details["entries"])
        if not _requests(plan, value, chosen, notes):
            raise planning.another_request()
    observer.note(Planned(observer.now(), plan.to_dict()))
    return plan


def _requests(plan: Plan, value: str, chosen: list[str] | None, notes: str | None) -> bool:
    """Return whether a plan is for what is given; entries that are not given may be any."""
    given = {"value": value, "notes": notes, "entries": plan.details["entries"] if chosen is None else chosen}
    return {**plan.details, **given} == plan.details
