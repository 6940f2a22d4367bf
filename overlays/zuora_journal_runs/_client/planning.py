"""Making plans, and checking that everything still is as it was planned."""

from __future__ import annotations

import calendar
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from zuora_journal_runs import errors, results
from zuora_journal_runs._client import validation
from zuora_journal_runs._client.batch import parse_numbers
from zuora_journal_runs._http import RunNumber
from zuora_journal_runs.plans import Plan, PlannedRun
from zuora_journal_runs.totals import Totals

if TYPE_CHECKING:
    import datetime as dates
    from collections.abc import Iterator, Mapping, Sequence

    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs._http import Flow
    from zuora_journal_runs.plans import Operation
    from zuora_journal_runs_api.models import JournalEntry, JournalRun, TransactionType

TRANSFERS = ("No", "Processing", "Yes", "Error", "Ignore")
"""The values that `transferredToAccounting` can be set to."""
_PERIOD_ONLY = "Revenue Event Item"
"""The transaction type that a run takes only for a whole accounting period (Zuora, date options)."""
_LONGEST_NOTES = 2000
_CANCELLABLE = " or ".join([", ".join(results.CANCELLABLE_STATUSES[:-1]), results.CANCELLABLE_STATUSES[-1]])
"""The statuses in words."""


class RunChanges(TypedDict, total=False):
    """What a new run requests otherwise than the one in whose place it is created."""

    transaction_types: Iterable[TransactionType | str]
    journal_entry_date: dates.date | str
    accounting_period_name: str
    target_start_date: dates.date | str
    target_end_date: dates.date | str
    organization_labels: Iterable[Mapping[str, str]]


def made(operations: Operations, operation: Operation, runs: Iterable[PlannedRun], details: Mapping[str, Any]) -> Plan:
    """Return a plan for the place where these operations work."""
    pipeline, options = operations.pipeline, operations.options
    return Plan(
        operation,
        pipeline.base_url.netloc.decode(),
        options.entity_id,
        options.org_ids,
        datetime.fromtimestamp(pipeline.clock.time(), UTC).isoformat(timespec="seconds"),
        tuple(runs),
        details,
    )


def parse_plan(plan: object) -> Plan:
    """Return a plan that the caller passes.

    Raises:
        InvalidArgumentError: It is not one.
    """
    if isinstance(plan, Plan):
        return plan
    raise errors.InvalidArgumentError(f"plan is {plan!r}: give a Plan, such as Plan.read returns")


def check_scope(operations: Operations, plan: Plan) -> None:
    """Check that a plan was made for the place where these operations work.

    Raises:
        PlanError: It was not.
    """
    options = operations.options
    plan.check_scope(operations.pipeline.base_url.netloc.decode(), options.entity_id, options.org_ids)


def another_request() -> errors.PlanError:
    """Return the error for a plan that is not for what the caller passes beside it."""
    return errors.PlanError("the plan requests something else than what it was made from: make it again")


def plan_runs(operations: Operations, operation: Operation, numbers: Iterable[str]) -> Flow[Plan]:
    """Plan to cancel or delete runs, as they are now."""
    if operation not in ("cancel", "delete"):
        raise errors.InvalidArgumentError(f"operation is {operation!r}: use cancel or delete")
    found = yield from _current(operations, operation, parse_numbers(numbers))
    for run in found:
        _check_status(operation, run)
    return made(operations, operation, found, {})


def check_plan(operations: Operations, plan: Plan) -> Flow[None]:
    """Check that all runs of a plan, and their entries, are as they were planned.

    Raises:
        PlanError: Something is not.
    """
    check_scope(operations, parse_plan(plan))
    with reading(plan):
        found = yield from _current(operations, plan.operation, map(RunNumber, plan.numbers))
    plan.check(found)


@contextlib.contextmanager
def reading(approved: Plan | None) -> Iterator[None]:
    """Read what an approved plan is about, if there is one: a run that is gone is not as it was planned."""
    try:
        yield
    except errors.NotFoundError as error:
        if approved is None:
            raise
        deviation = f"{error.call}: {error.message}"
        raise errors.PlanError(
            f"not as planned, and nothing was changed: {deviation}", deviations=(deviation,)
        ) from error


def _current(operations: Operations, operation: Operation, numbers: Iterable[RunNumber]) -> Flow[list[PlannedRun]]:
    found = []
    for number in numbers:
        run = yield from operations.retrieve(number)
        entries: Sequence[JournalEntry] = ()
        if operation != "delete":
            entries = yield from operations.entries(number)
        found.append(PlannedRun.of(run, entries))
    return found


def _check_status(operation: Operation, run: PlannedRun) -> None:
    allowed = ("Cancelled",) if operation == "delete" else results.CANCELLABLE_STATUSES
    if run.status not in allowed:
        can = "Cancelled can be deleted" if operation == "delete" else f"{_CANCELLABLE} can be cancelled"
        raise errors.PlanError(f"{run.number} is {run.status}, and only a run that is {can}")


def plan_arguments(plan: Plan) -> dict[str, Any]:
    """Return the arguments with which `transfer` or `rerun` does what was planned."""
    details = plan.details
    if plan.operation == "transfer":
        decided = {"value": details["value"], "notes": details["notes"]}
    else:
        decided = {"allow_remaining": details["allowRemaining"], **details["changes"]}
    return {"number": plan.numbers[0], "plan": plan, **decided}


# Transfers


def plan_transfer(
    operations: Operations, number: RunNumber, value: str, entries: Iterable[str] | None, notes: str | None
) -> Flow[Plan]:
    """Plan to mark entries of a run with a value.

    Raises:
        InvalidArgumentError: An entry is not one of the run, or is cancelled, or a value cannot be sent.
        RunStatusError: The run is cancelled.
    """
    check_marking(value, notes)
    chosen = None if entries is None else parse_entries(entries)
    run = yield from operations.retrieve(number)
    return transfer_plan(operations, run, (yield from operations.entries(number)), value, chosen, notes)


def transfer_plan(
    operations: Operations,
    run: JournalRun,
    listed: Iterable[JournalEntry],
    value: str,
    chosen: list[str] | None,
    notes: str | None,
) -> Plan:
    """Return the same for a run and its entries as they were read."""
    if chosen is None and run.status in ("Cancelled", "DeleteInprogress"):
        raise errors.RunStatusError(f"{run.number} is {run.status}, and its entries cannot be marked", run=run)
    found = PlannedRun.of(run, listed)
    in_doubt: list[str] = []
    if chosen is None:
        # What is marked as Ignore was excepted on purpose; what is Processing, somebody may be posting right now.
        live = [(name, transferred) for name, (status, transferred) in found.entries.items() if status != "Cancelled"]
        in_doubt = [name for name, transferred in live if transferred == "Processing" != value]
        chosen = [name for name, transferred in live if transferred != "Ignore" and name not in in_doubt]
    check_entries(found, chosen)
    details = {"value": value, "notes": notes, "entries": chosen, "inDoubt": in_doubt}
    return made(operations, "transfer", [found], details)


def check_entries(run: PlannedRun, chosen: Iterable[str]) -> None:
    """Check that entries can be marked.

    Raises:
        InvalidArgumentError: One is cancelled, or not of this run.
    """
    states = {name: run.entries.get(name, ("not of this run", None))[0] for name in chosen}
    wrong = {name: status.lower() for name, status in states.items() if status in ("Cancelled", "not of this run")}
    if wrong:
        raise errors.InvalidArgumentError(
            f"not entries of {run.number} that can be marked: "
            + ", ".join(f"{name} ({status})" for name, status in wrong.items())
        )


def parse_entries(entries: object) -> list[str]:
    """Return the numbers of entries, each once.

    Raises:
        InvalidArgumentError: They are not a list of numbers.
    """
    if isinstance(entries, str):
        return [entries]
    if isinstance(entries, Iterable):
        found = list(dict.fromkeys(entries))
        if found and all(isinstance(each, str) for each in found):
            return found
    raise errors.InvalidArgumentError(f"entries is {entries!r}: give a list of numbers such as 'JE-00000038'")


def check_marking(value: str, notes: str | None) -> None:
    """Check what entries are to be marked with.

    Raises:
        InvalidArgumentError: It cannot be sent.
    """
    if value not in TRANSFERS:
        raise errors.InvalidArgumentError(f"value is {value!r}: use one of {', '.join(TRANSFERS)}")
    if not isinstance(notes, str | None):
        raise errors.InvalidArgumentError(f"notes is {notes!r}: give a string")
    if notes is not None and len(notes) > _LONGEST_NOTES:
        raise errors.InvalidArgumentError(f"notes have {len(notes):,} characters, and at most 2,000 are allowed")


# Reruns


def plan_rerun(operations: Operations, number: RunNumber, changes: RunChanges, *, allow_remaining: bool) -> Flow[Plan]:
    """Plan to cancel a run, and to create one in its place.

    Raises:
        InvalidArgumentError: A change cannot be sent, or something about the new run is not known and has to be given.
        RunStatusError: The run's status does not allow a cancellation.
    """
    as_json(changes)  # before anything is sent
    run = yield from operations.retrieve(number)
    listed = yield from operations.entries(number)
    return rerun_plan(operations, run, listed, changes, allow_remaining=allow_remaining)


def rerun_plan(
    operations: Operations,
    run: JournalRun,
    listed: Sequence[JournalEntry],
    changes: RunChanges,
    *,
    allow_remaining: bool,
) -> Plan:
    """Return the same for a run and its entries as they were read."""
    given = as_json(changes)
    number = run.number
    if run.status not in results.CANCELLABLE_STATUSES:
        raise errors.RunStatusError(
            f"{number} is {run.status}, and only a run that is {_CANCELLABLE} can be rerun", run=run
        )
    live = [entry for entry in listed if not results.is_cancelled(entry)]
    request = validation.creation(**_request(run, live, given)).to_dict()
    details = {
        "request": request,
        "changes": given,
        "allowRemaining": allow_remaining,
        "totals": Totals.of(filter(results.is_cancellable, live)).to_list(),
    }
    return made(operations, "rerun", [PlannedRun.of(run, listed)], details)


def with_changes(plan: Plan, run: JournalRun, entries: Iterable[JournalEntry], changes: RunChanges) -> Plan:
    """Return the plan of a rerun with other changes, once the run is cancelled."""
    from attrs import evolve

    given = as_json(changes)
    (planned,) = plan.runs
    live = [entry for entry in entries if planned.entries.get(entry.number, ("Cancelled", None))[0] != "Cancelled"]
    request = validation.creation(**_request(run, live, given)).to_dict()
    return evolve(plan, details={**plan.details, "request": request, "changes": given})


def as_json(changes: RunChanges) -> dict[str, Any]:
    """Return the changes as JSON, so that they can be compared with those in a file.

    Raises:
        InvalidArgumentError: One cannot be sent.
    """
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    unknown = given.keys() - RunChanges.__annotations__.keys()
    if unknown:
        raise errors.InvalidArgumentError(
            f"{', '.join(sorted(unknown))} cannot be changed: use {', '.join(RunChanges.__annotations__)}"
        )
    if "transaction_types" in given:
        given["transaction_types"] = [
            str(each) for each in validation.parse_transaction_types(given["transaction_types"])
        ]
    for name in ("journal_entry_date", "target_start_date", "target_end_date"):
        if name in given:
            given[name] = validation.parse_date(name, given[name]).isoformat()
    if "organization_labels" in given:
        labels = validation.parse_labels(given["organization_labels"])
        given["organization_labels"] = [label.to_dict() for label in labels]
    return given


def _request(run: JournalRun, live: Iterable[JournalEntry], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a creation that requests the same as a run did, but for the changes."""
    from zuora_journal_runs_api.models import TransactionType

    labels = [{"organizationId": label.organization_id} for label in run.organization_labels if label.organization_id]
    request: dict[str, Any] = {
        "transaction_types": [each.type_ for each in run.transaction_types],
        "journal_entry_date": run.journal_entry_date,
        "accounting_period_name": None,
        "target_start_date": None,
        "target_end_date": None,
        "organization_labels": labels,
        **changes,
    }
    # Types that the contract does not name yet are as good as they were for the run itself.
    request["transaction_types"] = [TransactionType.of(name) for name in request["transaction_types"]]
    if request["journal_entry_date"] is None:
        raise errors.InvalidArgumentError(f"{run.number} has no journal entry date: give journal_entry_date")
    if not changes.keys() & {"accounting_period_name", "target_start_date", "target_end_date"}:
        request |= _target(run, live, request["transaction_types"])
    return request


def _target(run: JournalRun, live: Iterable[JournalEntry], types: Iterable[str]) -> dict[str, Any]:
    """Return what a run took in: an accounting period by its name, or dates.

    A run does not tell its period, but its entries do. Dates that are not a whole month may be less than the period, so
    that its name would take in more; where they are, or a type needs it, the name is requested.
    """
    start, end = run.target_start_date, run.target_end_date
    periods = {entry.accounting_period_name for entry in live} - {None}
    partial = start is not None and end is not None and not _is_whole_months(start, end)
    if len(periods) == 1 and (not partial or _PERIOD_ONLY in types):
        return {"accounting_period_name": periods.pop()}
    if start is not None and end is not None and _PERIOD_ONLY not in types:
        return {"target_start_date": start, "target_end_date": end}
    raise errors.InvalidArgumentError(
        f"the accounting period of {run.number} is not known, since "
        f"{'its entries name several' if periods else 'no entry names it'}: give accounting_period_name"
    )


def _is_whole_months(start: dates.date, end: dates.date) -> bool:
    return start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
