"""Cancelling a run and creating one in its place, so that it can be interrupted anywhere and gone on with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zuora_journal_runs import errors, results
from zuora_journal_runs._client import planning, waiting
from zuora_journal_runs._client.creation import check_turn, submit
from zuora_journal_runs._client.operations import CANCELLATION_BEGUN, NO_TIME
from zuora_journal_runs._http import RunNumber
from zuora_journal_runs.close import RerunOutcome
from zuora_journal_runs.evidence import Planned, RerunStep, Verdict, judge_rerun, next_rerun_step
from zuora_journal_runs.plans import Plan, PlannedRun
from zuora_journal_runs.results import Ending
from zuora_journal_runs.totals import Totals

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from zuora_journal_runs._client._base import OnPoll, OnProgress, OnTurn
    from zuora_journal_runs._client.observer import Observer
    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs._client.planning import RunChanges
    from zuora_journal_runs._http import Flow
    from zuora_journal_runs_api.models import JournalEntry

_NAMED = 10
"""Entries of a kind that a message names."""


def rerun(
    operations: Operations,
    number: RunNumber,
    *,
    changes: RunChanges,
    allow_remaining: bool,
    approved: Plan | None,
    evidence: str | os.PathLike[str],
    timeout: float | None,
    stall_after: float | None,
    wait_for_turn: float | None,
    on_progress: OnProgress | None,
    on_poll: OnPoll | None,
    on_turn: OnTurn | None,
) -> Flow[RerunOutcome]:
    """Cancel a run, prove that, create one in its place, and wait for that."""
    from zuora_journal_runs_api.models import CreateJournalRunRequest

    waiting.check_timeouts(timeout, stall_after)
    check_turn(wait_for_turn)
    planning.as_json(changes)
    if approved is not None:
        planning.parse_plan(approved)
    if evidence is None:
        raise errors.InvalidArgumentError("evidence is None: give a file, to go on with if the rerun is interrupted")
    clock = operations.pipeline.clock
    deadline = math.inf if timeout is None else clock.monotonic() + timeout
    with operations.observer_of(number, "rerun", evidence) as observer:
        plan = yield from _planned(operations, observer, changes, approved, timeout, allow_remaining=allow_remaining)
        # What observes the new run, once there is one.
        created = observer.history.created
        successor = None if created is None else observer.succeeded_by(created)
        # A cancellation that is in progress, whoever requested it, is waited for and not requested again.
        requested = observer.history.status in CANCELLATION_BEGUN or _awaits_cancellation(observer)

        def wait_for(observer: Observer | None) -> waiting.RunWait:
            assert observer is not None
            left = None if timeout is None else max(deadline - clock.monotonic(), NO_TIME)
            return waiting.RunWait(operations, observer, left)

        while True:
            match next_rerun_step(observer.history, observer.now(), requested=requested):
                case RerunStep.CANCEL:
                    yield from operations.observed_by(observer).cancel(number, join=True)
                    observer.assume_known()
                    requested = True
                case RerunStep.AWAIT_CANCELLATION:
                    yield from waiting.cancellation_outcome(wait_for(observer), stall_after, on_progress)
                case RerunStep.STOP_REMAINING:
                    raise _remaining_error(observer)
                case RerunStep.CREATE | RerunStep.REPEAT_CREATION | RerunStep.STOP_KEY_EXPIRED:
                    body = CreateJournalRunRequest.from_dict(plan.details["request"])
                    try:
                        response = yield from submit(
                            operations, observer, body, wait_for_turn=wait_for_turn, on_turn=on_turn
                        )
                    except errors.CallError as error:
                        known = "it is not known whether a" if error.maybe_processed else "no"
                        error.message = (
                            f"{number} is cancelled, and {known} run was created in its place: {error.message}"
                        )
                        raise
                    successor = observer.succeeded_by(response.journal_run_number)
                case RerunStep.AWAIT_COMPLETION:
                    yield from waiting.completion(wait_for(successor), on_poll)
                case RerunStep.LIST_ENTRIES:
                    yield from _list_entries(wait_for(successor))
                case _:  # DONE
                    assert successor is not None
                    observer.conclude("rerun")
                    return _outcome(plan, observer, successor)


def _awaits_cancellation(observer: Observer) -> bool:
    """Return whether a cancellation was accepted, and it is not known to have left anything."""
    return "cancel" in observer.history.accepted and observer.history.cancellation().verdict is not Verdict.INCOMPLETE


def _planned(
    operations: Operations,
    observer: Observer,
    changes: RunChanges,
    approved: Plan | None,
    timeout: float | None,
    *,
    allow_remaining: bool,
) -> Flow[Plan]:
    """Return the plan: the one in the evidence file if there is one, or else a new one, which is noted there."""
    number, history = RunNumber(observer.number), observer.history
    given = planning.as_json(changes)
    calls = operations.observed_by(observer)
    if history.plan is not None:
        plan = Plan.from_dict(history.plan, "the plan in the evidence file")
        refused = history.created is None and history.creation is not None and history.creation.step == "refused"
        if refused and approved is None and given != plan.details["changes"]:
            # What was requested cannot be created, and nothing was: something else may be requested.
            run = yield from calls.retrieve(number)
            plan = planning.with_changes(plan, run, observer.entries.values(), changes)
            observer.note(Planned(observer.now(), plan.to_dict()))
        same = (given, allow_remaining) == (plan.details["changes"], plan.details["allowRemaining"])
        if not same or approved not in (None, plan):
            raise errors.InvalidArgumentError(
                f"the evidence file is of a rerun of {number} with other parameters: repeat it with the same ones"
            )
        if history.creation is None and "cancel" not in history.accepted:
            yield from _check_untouched(calls, plan)
        return plan
    if approved is not None:
        planning.check_scope(operations, approved)
    with planning.reading(approved):
        run = yield from calls.retrieve(number)
        entries: Sequence[JournalEntry] = yield from calls.entries(number)
    if not history.entries_are_known and run.status in ("Completed", "Error"):
        # Entries are missing, perhaps since a replica lags: their amounts would be missing from the totals.
        yield from _list_entries(waiting.RunWait(operations, observer, timeout))
        assert observer.run is not None
        run, entries = observer.run, observer.entries.values()
    if approved is not None:
        approved.check([PlannedRun.of(run, entries)])
    plan = planning.rerun_plan(operations, run, entries, changes, allow_remaining=allow_remaining)
    if approved not in (None, plan):
        raise planning.another_request()
    staying = plan.staying(plan.runs[0])
    if staying and not allow_remaining:
        raise _blocked_error(observer)
    observer.note(Planned(observer.now(), plan.to_dict()))
    return plan


def _check_untouched(operations: Operations, plan: Plan) -> Flow[None]:
    """Check that a run whose cancellation is not known to have been requested is as it was planned, or cancelled."""
    number = RunNumber(plan.numbers[0])
    run = yield from operations.retrieve(number)
    if run.status not in CANCELLATION_BEGUN:
        plan.check([PlannedRun.of(run, (yield from operations.entries(number)))])


def _blocked_error(observer: Observer) -> errors.EntriesRemainError:
    """Return the error for entries that the cancellation would leave, before anything was changed."""
    assert observer.run is not None
    blocked = results.blocked(observer.entries.values())
    return errors.EntriesRemainError(
        f"{observer.number} would not be cancelled completely, and nothing was changed: {_reasons(blocked)}",
        run=observer.run,
        entries=tuple(each.entry for each in blocked),
        maybe_processed=False,
    )


def _remaining_error(observer: Observer) -> errors.EntriesRemainError:
    """Return the error for what the cancellation has left, or for what it was not shown to do."""
    assert observer.run is not None
    judgement = observer.history.cancellation()
    remaining = observer.models(judgement.remaining)
    blocked = results.blocked(remaining)
    said = [f"{len(remaining):,} of its entries remain", *judgement.discrepancies, _reasons(blocked)]
    problem = f"{observer.number} is not cancelled as planned, and no run was created in its place"
    return errors.EntriesRemainError(
        f"{problem}: {'; '.join(filter(None, said))}",
        run=observer.run,
        entries=tuple(remaining),
        maybe_processed=True,
    )


def _reasons(blocked: list[results.BlockedEntry]) -> str:
    """Return which entries stay, why, and what to do, each reason once."""
    said = []
    for reason, advice in dict.fromkeys((each.reason, each.advice) for each in blocked):
        numbers = [each.number for each in blocked if each.reason == reason]
        more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
        said.append(f"{', '.join(numbers[:_NAMED])}{more} ({reason}): {advice}")
    return "; ".join(said)


def _list_entries(wait: waiting.RunWait) -> Flow[None]:
    """List the entries of a run; a listing that is short is used only if it stays so."""
    while True:
        yield from wait.poll_cancellation()
        if wait.observer.history.entries_are_known:
            return
        if not (yield from wait.pause()):
            problem = f"the entries of {wait.number} were not listed completely {wait.after()}"
            raise wait.timeout_error(errors.CompletionTimeoutError, problem)


def _outcome(plan: Plan, observer: Observer, successor: Observer) -> RerunOutcome:
    judgement = judge_rerun(observer.history)
    assert judgement.created is not None
    assert judgement.ending is not None
    (run,) = plan.runs
    return RerunOutcome(
        plan,
        judgement.created,
        Ending(judgement.ending),
        judgement.complete,
        judgement.remaining,
        Totals.from_list(plan.details["totals"], len(plan.acted_on(run))),
        Totals.of(successor.entries.values()),
        judgement.discrepancies,
    )
