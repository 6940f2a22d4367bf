"""Reruns: what is requested, what is refused before anything is changed, and how one goes on after it stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator
from tests.clock import FakeClock

from zuora_journal_runs import Plan, RerunOutcome, TransactionType, errors, evidence
from zuora_journal_runs.contract import judge_files
from zuora_journal_runs.emulator import Emulator, RunStatus, SeedRun, Transfer
from zuora_journal_runs.evidence import read_evidence

from .emulated import PERIOD, RUN, emulating, requests
from .world import Script, answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind

LONG = 1e6
SCHEMA = Draft202012Validator(
    json.loads((Path(evidence.__file__).parent / "evidence.schema.json").read_text(encoding="utf-8"))
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rerun.jsonl"


def live(emulator: Emulator) -> list[str]:
    return [each.number for each in emulator.runs() if each.status != "Cancelled"]


# What is done


def test_a_run_is_done_again(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating(pacing="seconds:30")
    progress: list[Any] = []
    polls: list[Any] = []
    outcome = use(
        emulator, lambda client: client.rerun(RUN, evidence=file, on_progress=progress.append, on_poll=polls.append)
    )
    assert isinstance(outcome, RerunOutcome)
    assert (outcome.complete, outcome.number, outcome.ending) == (True, RUN, "Completed")
    assert live(emulator) == [outcome.created]
    assert requests(emulator) == ["cancelJournalRun", "createJournalRun"]
    assert progress
    assert {str(each.status) for each in polls} <= {"Pending", "Processing"} != set()
    assert outcome.plan.details["request"] == {
        "transactionTypes": [{"type": each} for each in SeedRun().transaction_types],
        "journalEntryDate": "2026-10-31",
        "accountingPeriodName": PERIOD,
    }
    assert outcome.before.entries == 4
    assert outcome.before.balanced
    entries = use(emulator, lambda client: client.entries(outcome.created))
    assert outcome.after == entries.totals()
    assert outcome.differences == outcome.before.differences(outcome.after)
    assert f"{RUN} is cancelled, and {outcome.created} in its place is Completed." in outcome.summary()
    assert outcome.created in repr(outcome)
    with pytest.raises(TypeError, match=r"use \.complete"):
        bool(outcome)


def test_its_evidence_is_judged_again(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating()
    outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file))
    for line in file.read_text(encoding="utf-8").splitlines():
        SCHEMA.validate(json.loads(line))
    found = read_evidence(file)
    assert found.run == RUN
    assert found.conclusion is not None
    assert found.conclusion.about == "rerun"
    assert found.conclusion.facts == {
        "verdict": "complete",
        "created": outcome.created,
        "ending": "Completed",
        "remaining": [],
        "discrepancies": [],
    }
    assert found.history.created == outcome.created
    assert found.history.successor is not None
    assert found.history.successor.completion() == "Completed"
    assert found.history.cancellation().verdict == "complete"
    assert [type(note).__name__ for note in found.notes] == ["Planned", "CreationNoted"]
    posts = [step for step in found.steps if step.method == "POST"]
    assert [step.idempotency_key for step in posts] == [found.notes[1].key]  # type: ignore[union-attr]
    report = judge_files([file])
    assert [finding.title for finding in report.findings] == []
    assert report.calls == len(found.steps)
    # Done is done: nothing is requested any more.
    emulator.clear_requests()
    assert use(emulator, lambda client: client.rerun(RUN, evidence=file)) == outcome
    assert [request.operation for request in emulator.requests] == []


def test_changes(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating()
    changes = {
        "transaction_types": [TransactionType.TAXATION_ITEM],
        "journal_entry_date": "2026-10-30",
        "accounting_period_name": "Sep-2026",
    }
    outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file, **changes))
    created = use(emulator, lambda client: client.retrieve(outcome.created))
    assert [str(each.type_) for each in created.transaction_types] == ["Taxation Item"]
    assert str(created.journal_entry_date) == "2026-10-30"
    assert str(created.target_start_date) == "2026-09-01"
    assert "Invoice Item, USD: debits" in outcome.summary()


def test_a_new_run_that_fails(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating()
    emulator.end_next_run(RunStatus.ERROR)
    outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert (outcome.complete, outcome.ending) == (False, "Error")
    assert "is Error" in outcome.summary()
    assert "Different" not in outcome.summary()
    assert read_evidence(file).conclusion.facts["verdict"] == "incomplete"  # type: ignore[union-attr]


# What is refused before anything is changed


@pytest.mark.parametrize("transfer", [Transfer.YES, Transfer.PROCESSING])
def test_entries_that_would_stay(use: Callable[..., Any], file: Path, transfer: Transfer) -> None:
    emulator = emulating(entries=13, transfers=dict.fromkeys(range(2, 14), transfer))
    numbers = emulator.entry_numbers(RUN)[1:]
    with pytest.raises(errors.EntriesRemainError) as caught:
        use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert [entry.number for entry in caught.value.entries] == numbers
    assert not caught.value.maybe_processed
    said = str(caught.value)
    assert "nothing was changed" in said
    assert "cancel again" in said
    assert f"{', '.join(numbers[:10])} and 2 more" in said
    assert requests(emulator) == []
    # It was only looked at: the file may be used again.
    for entry in numbers:
        emulator.mark_transferred(entry, Transfer.NO)
    assert use(emulator, lambda client: client.rerun(RUN, evidence=file)).complete


def test_entries_that_may_stay(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating(transfers={2: Transfer.YES})
    staying = emulator.entry_numbers(RUN)[1]
    plan = use(emulator, lambda client: client.plan_rerun(RUN, allow_remaining=True))
    assert plan.staying(plan.runs[0]) == (staying,)
    outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file, allow_remaining=True))
    assert outcome.complete
    assert list(outcome.remaining) == [staying]
    assert outcome.before.entries == 3
    assert "but for 1 entries that were allowed to remain" in outcome.summary()
    assert live(emulator) == [RUN, outcome.created]


@pytest.mark.parametrize("allowed", [False, True])
def test_what_remains_against_the_plan_stops_it(use: Callable[..., Any], file: Path, allowed: bool) -> None:
    """Two live runs would take what is left twice, if nobody had planned for it."""
    emulator = emulating(pacing="seconds:30", transfers={1: Transfer.YES} if allowed else {})
    number = emulator.entry_numbers(RUN)[3]
    seen: list[Any] = []

    def meanwhile(progress: Any) -> None:
        seen.append(progress)
        if len(seen) == 1:
            emulator.mark_transferred(number, Transfer.YES)

    def rerun(client: Any) -> Any:
        return client.rerun(RUN, evidence=file, allow_remaining=allowed, on_progress=meanwhile, timeout=LONG)

    for _ in range(2):
        with pytest.raises(errors.EntriesRemainError, match=f"{number} .*reverse it in the ledger") as caught:
            use(emulator, rerun)
        assert caught.value.maybe_processed
        assert number in [entry.number for entry in caught.value.entries]
        assert "createJournalRun" not in requests(emulator)
    # It was reversed there: the same call goes on, and cancels again.
    emulator.mark_transferred(number, Transfer.NO)
    assert use(emulator, rerun).complete


STATUSES = {"Processing": RunStatus.PROCESSING, "Cancelled": RunStatus.CANCELLED}


@pytest.mark.parametrize("status", STATUSES.values(), ids=STATUSES)
def test_a_run_that_cannot_be_cancelled(use: Callable[..., Any], file: Path, status: RunStatus) -> None:
    """A run that is cancelled may have been rerun by somebody: without their file, no run is created."""
    emulator = emulating(status=status, pacing="held")
    with pytest.raises(errors.RunStatusError, match=f"{RUN} is {status}"):
        use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert requests(emulator) == []


def entry(number: int = 1, period: str | None = "Oct-2026", **fields: Any) -> dict[str, Any]:
    return {"number": f"JE-{number:08}", "status": "Created", "accountingPeriodName": period, **fields}


def planned(kind: Kind, run_fields: dict[str, Any], entries: list[dict[str, Any]], **changes: Any) -> Plan:
    fields = {"transactionTypes": [{"type": "Invoice Item"}], "journalEntryDate": "2026-10-31", **run_fields}
    script = Script(run(**fields), answer(body={"success": True, "journalEntries": entries}))
    plan: Plan = kind.use(script, lambda client: client.plan_rerun(RUN, **changes))
    return plan


MONTH = {"targetStartDate": "2026-10-01", "targetEndDate": "2026-10-31"}
DAYS = {"targetStartDate": "2026-10-01", "targetEndDate": "2026-10-10"}
REVENUE = {"transactionTypes": [{"type": "Revenue Event Item"}]}
TARGETS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], dict[str, str]]] = {
    "the period of its entries": ({}, [entry()], {}, {"accountingPeriodName": "Oct-2026"}),
    "a whole month": (MONTH, [entry()], {}, {"accountingPeriodName": "Oct-2026"}),
    "some days: its period would take in more": (DAYS, [entry()], {}, DAYS),
    "a type that needs a period": ({**DAYS, **REVENUE}, [entry()], {}, {"accountingPeriodName": "Oct-2026"}),
    "no entries": (MONTH, [], {}, MONTH),
    "several periods": (MONTH, [entry(1), entry(2, "Nov-2026")], {}, MONTH),
    "a cancelled entry of another period": ({}, [entry(1), entry(2, "Nov-2026", status="Cancelled")], {}, {"accountingPeriodName": "Oct-2026"}),
    "a period that is given": (DAYS, [entry()], {"accounting_period_name": "Nov-2026"}, {"accountingPeriodName": "Nov-2026"}),
    "dates that are given": (MONTH, [entry()], {"target_start_date": "2026-10-02", "target_end_date": "2026-10-03"}, {"targetStartDate": "2026-10-02", "targetEndDate": "2026-10-03"}),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "entries", "changes", "target"), TARGETS.values(), ids=TARGETS)
def test_what_the_new_run_takes_in(
    kind: Kind, fields: dict[str, Any], entries: list[dict[str, Any]], changes: dict[str, Any], target: dict[str, str]
) -> None:
    request = planned(kind, fields, entries, **changes).details["request"]
    assert {name: value for name, value in request.items() if "arget" in name or "eriod" in name} == target


def test_types_of_tomorrow_and_organisations(kind: Kind) -> None:
    plan = planned(
        kind,
        {"transactionTypes": [{"type": "Of tomorrow"}], "organizationLabels": [{"organizationId": "o1", "organizationName": "One"}]},
        [entry()],
    )  # fmt: skip
    assert plan.details["request"]["transactionTypes"] == [{"type": "Of tomorrow"}]
    assert plan.details["request"]["organizationLabels"] == [{"organizationId": "o1"}]
    changes = {
        "transaction_types": [TransactionType("Of the day after")],
        "organization_labels": [{"organizationName": "Two"}],
    }
    request = planned(kind, {}, [entry()], **changes).details["request"]
    assert request["transactionTypes"] == [{"type": "Of the day after"}]
    assert request["organizationLabels"] == [{"organizationName": "Two"}]


MISSING: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any], str]] = {
    "no period": ({}, [entry(period=None)], {}, "no entry names it: give accounting_period_name"),
    "two periods": ({}, [entry(1), entry(2, "Nov-2026")], {}, "its entries name several"),
    "no period for a type that needs it": ({**MONTH, **REVENUE}, [], {}, "give accounting_period_name"),
    "no date": ({"journalEntryDate": None}, [entry()], {}, "give journal_entry_date"),
    "no types": ({"transactionTypes": []}, [entry()], {}, "no transaction type"),
    "a type that is misspelt": ({}, [entry()], {"transaction_types": ["Invoce Item"]}, "did you mean"),
    "a date that is none": ({}, [entry()], {"journal_entry_date": "31.10.2026"}, "not a date"),
    "half of the dates": ({}, [entry()], {"target_end_date": "2026-10-03"}, "give both"),
}


@pytest.mark.parametrize(("fields", "entries", "changes", "said"), MISSING.values(), ids=MISSING)
def test_what_is_asked_for(
    kind: Kind, fields: dict[str, Any], entries: list[dict[str, Any]], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=said):
        planned(kind, fields, entries, **changes)


def test_a_listing_that_is_short_is_not_planned_on(kind: Kind, file: Path) -> None:
    """A replica lags: amounts of the entry that is missing would be missing from the totals."""

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        if request.method == "POST":
            return answer(body={"success": True, "journalRunNumber": "JR-00000076"})
        number = "JR-00000076" if request.url.path.endswith("76") else RUN
        status = "Cancelled" if "PUT" in sent and number == RUN else "Completed"
        if "journal-entries" not in request.url.path:
            fields = {"transactionTypes": [{"type": "Invoice Item"}], "journalEntryDate": "2026-10-31"}
            return run(status, totalJournalEntryCount=2, **{**fields, "number": number})
        entries = [entry(each, status=status.replace("Completed", "Created")) for each in (1, 2)]
        return answer(body={"success": True, "journalEntries": entries[: 1 if len(sent) < 5 else 2]})

    sent: list[str] = []
    outcome = kind.use(handler, lambda client: client.rerun(RUN, evidence=file))
    assert outcome.before.entries == outcome.after.entries == 2
    assert outcome.summary().endswith("Their totals are the same.")


def test_a_cancellation_that_ends_without_cancelling_is_distinguished(kind: Kind, file: Path) -> None:
    """Nothing blocks what remains; all the same, no second run is created over it."""

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        if "journal-entries" in request.url.path:
            return answer(body={"success": True, "journalEntries": [entry()]})
        if request.method == "PUT":
            return answer()
        status = "CancelInprogress" if sent.count("PUT") and sent.count("GET") < 5 else "Completed"
        return run(status, transactionTypes=[{"type": "Invoice Item"}], journalEntryDate="2026-10-31")

    sent: list[str] = []
    with pytest.raises(errors.EntriesRemainError) as caught:
        kind.use(handler, lambda client: client.rerun(RUN, evidence=file))
    assert str(caught.value).endswith("no run was created in its place: 1 of its entries remain")
    assert "POST" not in sent


# Plans that were approved


def test_an_approved_plan_is_applied_exactly(use: Callable[..., Any], tmp_path: Path) -> None:
    emulator = emulating()
    use(emulator, lambda client: client.plan_rerun(RUN, journal_entry_date="2026-11-01")).write(tmp_path / "plan.json")
    plan = Plan.read(tmp_path / "plan.json")
    outcome = use(emulator, lambda client: client.apply(plan, evidence=tmp_path / "file"))
    assert outcome.plan == plan
    created = use(emulator, lambda client: client.retrieve(outcome.created))
    assert str(created.journal_entry_date) == "2026-11-01"
    with pytest.raises(errors.InvalidArgumentError, match="evidence is None: give a file"):
        use(emulator, lambda client: client.apply(plan))


def test_what_is_not_as_it_was_planned_is_refused(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating()
    plan = use(emulator, lambda client: client.plan_rerun(RUN))
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0], Transfer.ERROR)
    with pytest.raises(errors.PlanError, match="transferred Error, not Created and transferred No"):
        use(emulator, lambda client: client.apply(plan, evidence=file))
    other = Plan.from_dict({**plan.to_dict(), "host": "elsewhere"})
    with pytest.raises(errors.PlanError, match="for the host elsewhere"):
        use(emulator, lambda client: client.apply(other, evidence=file))
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0], Transfer.NO)
    details = {**plan.details, "request": {**plan.details["request"], "journalEntryDate": "2026-12-24"}}
    forged = Plan.from_dict({**plan.to_dict(), "details": details})
    with pytest.raises(errors.PlanError, match="requests something else"):
        use(emulator, lambda client: client.apply(forged, evidence=file))
    assert requests(emulator) == []
    assert use(emulator, lambda client: client.apply(plan, evidence=file)).complete


def test_a_plan_of_before_an_interruption_is_checked_again(use: Callable[..., Any], file: Path) -> None:
    """Killed before the cancellation was requested, and gone on with when the run was another."""
    emulator = emulating()
    emulator.add_fault("cancel:1:html-502")
    once = {"retry": lambda _: None}
    with pytest.raises(errors.ServerError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file), **once)
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0], Transfer.YES)
    with pytest.raises(errors.PlanError, match="nothing was changed"):
        use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert live(emulator) == [RUN]


def test_a_file_of_another_rerun_is_refused(use: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    emulator = emulating()
    plan = use(emulator, lambda client: client.plan_rerun(RUN))
    emulator.add_fault("cancel:1:html-502")
    with pytest.raises(errors.ServerError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file), retry=lambda _: None)
    emulator.clear_requests()
    other = Plan.from_dict(
        {**plan.to_dict(), "entity": None, "runs": [{**plan.to_dict()["runs"][0], "status": "Error"}]}
    )
    for arguments in ({"journal_entry_date": "2026-11-01"}, {"allow_remaining": True}, {"plan": other}):
        with pytest.raises(errors.InvalidArgumentError, match="with other parameters"):
            use(emulator, lambda client, arguments=arguments: client.rerun(RUN, evidence=file, **arguments))
    with pytest.raises(
        errors.InvalidArgumentError, match=r"evidence for another operation \(rerun\), not for this one"
    ):
        use(emulator, lambda client: client.wait_for_cancellation(RUN, evidence=file))
    with pytest.raises(errors.InvalidArgumentError, match="for another run, not for a creation"):
        use(
            emulator,
            lambda client: client.create(["Invoice Item"], "2026-10-31", accounting_period_name=PERIOD, evidence=file),
        )
    assert [request.operation for request in emulator.requests if request.operation != "createToken"] == []
    assert use(emulator, lambda client: client.rerun(RUN, evidence=file, plan=plan)).complete
    use(emulator, lambda client: client.wait_for_completion("JR-00000076", evidence=tmp_path / "wait"))
    with pytest.raises(errors.InvalidArgumentError, match=r"another operation \(wait\)"):
        use(emulator, lambda client: client.rerun("JR-00000076", evidence=tmp_path / "wait"))


# Going on


def test_a_refusal_gets_a_new_key(use: Callable[..., Any], file: Path) -> None:
    """Zuora would repeat the refusal under the same key for a day."""
    emulator = emulating(pacing="seconds:1")
    emulator.add_fault("create:1:false-30")
    with pytest.raises(errors.RuleViolationError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file))
    outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert outcome.complete
    assert live(emulator) == [outcome.created]
    keys = [each.headers["idempotency-key"] for each in emulator.requests if each.operation == "createJournalRun"]
    assert len({*keys}) == len(keys) == 2


def test_a_lost_creation_keeps_its_key_for_a_day(kind: Kind, file: Path) -> None:
    clock = FakeClock()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            keys.append(request.headers["Idempotency-Key"])
            times.append(clock.now)
            raise httpx.ReadTimeout("lost")
        if request.method == "PUT":
            cancelled.append(request.url.path)
            return answer()
        status = "Cancelled" if cancelled else "Completed"
        if "journal-entries" in request.url.path:
            return answer(
                body={"success": True, "journalEntries": [entry(status=status.replace("Completed", "Created"))]}
            )
        return run(status, transactionTypes=[{"type": "Invoice Item"}], journalEntryDate="2026-10-31")

    keys: list[str] = []
    times: list[float] = []
    cancelled: list[str] = []
    for _ in range(2):
        with pytest.raises(errors.ResponseLostError):
            kind.use(handler, lambda client: client.rerun(RUN, evidence=file), clock=clock)
    assert len({*keys}) == 1
    assert len(cancelled) == 1
    # Close to the end of the day, the attempts end with it.
    ends = times[0] + 24 * 3600 - 900
    clock.now = ends - 3
    with pytest.raises(errors.ResponseLostError):
        kind.use(handler, lambda client: client.rerun(RUN, evidence=file), clock=clock)
    assert ends - 3 <= times[-1] < ends
    clock.now += 3600
    sent = len(keys)
    with pytest.raises(errors.KeyExpiredError, match="look for the run in Zuora"):
        kind.use(handler, lambda client: client.rerun(RUN, evidence=file), clock=clock)
    assert len(keys) == sent


@pytest.mark.parametrize("timeout", [20.0, 100.0, 150.0, 200.0, 260.0])
def test_a_rerun_whose_time_is_up_goes_on(use: Callable[..., Any], file: Path, timeout: float) -> None:
    emulator = emulating(pacing="seconds:45")
    attempts = 0
    while True:
        attempts += 1
        try:
            outcome = use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=timeout))
            break
        except errors.WaitTimeoutError:
            continue
    assert attempts >= 2
    assert outcome.complete
    assert len(emulator.runs()) == 2


UNFINISHED: dict[str, tuple[list[str], type[errors.JournalRunsError]]] = {
    "its time was up": ([], errors.CancellationTimeoutError),
    # As if the program had been killed before it had the response, or after.
    "the response was lost": (["cancel:1:reset-after", "get:2:status-503"], errors.ResponseLostError),
    "the first poll failed": (["get:2x2:error-10"], errors.PermissionDeniedError),
}


@pytest.mark.parametrize(("faults", "kind"), UNFINISHED.values(), ids=UNFINISHED)
def test_a_cancellation_that_is_in_progress_is_not_requested_again(
    use: Callable[..., Any], file: Path, faults: list[str], kind: type[errors.JournalRunsError]
) -> None:
    emulator = emulating(pacing="held")
    for fault in faults:
        emulator.add_fault(fault)
    with pytest.raises(kind):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=5), retry=lambda _: None)
    with pytest.raises(errors.CancellationTimeoutError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=5))
    emulator.release(RUN)
    with pytest.raises(errors.CompletionTimeoutError) as caught:
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=5))
    emulator.release(caught.value.number)
    assert use(emulator, lambda client: client.rerun(RUN, evidence=file)).complete
    assert requests(emulator) == ["cancelJournalRun", "createJournalRun"]


def test_what_a_cancellation_has_left_is_reported_before_it_is_requested_again(
    use: Callable[..., Any], file: Path
) -> None:
    """The program was killed while the cancellation was in progress, which an entry has escaped."""
    emulator = emulating(pacing="held")
    with pytest.raises(errors.CancellationTimeoutError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=5))
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0])
    emulator.release(RUN)
    with pytest.raises(errors.EntriesRemainError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file))
    assert requests(emulator) == ["cancelJournalRun"]
    # Somebody has made sure that it can be cancelled, and asks for it.
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0], Transfer.NO)
    with pytest.raises(errors.CancellationTimeoutError):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=5))
    assert requests(emulator) == ["cancelJournalRun"] * 2


def test_it_waits_for_its_turn(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating(pacing="seconds:30")
    turns: list[Any] = []

    def meanwhile(progress: Any) -> None:
        if len(emulator.runs()) == 1 and progress.cancelled >= 3:
            emulator.create_run(
                {
                    "transactionTypes": [{"type": "Taxation Item"}],
                    "journalEntryDate": "2026-10-31",
                    "accountingPeriodName": "Sep-2026",
                }
            )

    outcome = use(
        emulator,
        lambda client: client.rerun(
            RUN, evidence=file, on_progress=meanwhile, wait_for_turn=LONG, on_turn=turns.append, timeout=LONG
        ),
    )
    assert outcome.complete
    assert turns
    with pytest.raises(errors.InvalidArgumentError, match="wait_for_turn"):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, wait_for_turn=-1))
    with pytest.raises(errors.InvalidArgumentError, match="timeout"):
        use(emulator, lambda client: client.rerun(RUN, evidence=file, timeout=0))


def test_entries_of_the_new_run_that_cannot_be_listed(kind: Kind, file: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answer(body={"success": True, "journalRunNumber": "JR-00000076"})
        if request.method == "PUT":
            cancelled.append(1)
            return answer()
        new = request.url.path.endswith("JR-00000076")
        status = "Cancelled" if cancelled and not new else "Completed"
        if "journal-entries" in request.url.path:
            if new and not healed:
                return refusal("50000061")
            return answer(
                body={"success": True, "journalEntries": [entry(status=status.replace("Completed", "Created"))]}
            )
        number = "JR-00000076" if new else RUN
        return run(status, number=number, transactionTypes=[{"type": "Invoice Item"}], journalEntryDate="2026-10-31")

    cancelled: list[int] = []
    healed: list[int] = []
    with pytest.raises(errors.CompletionTimeoutError, match="entries of JR-00000076 were not listed completely"):
        kind.use(handler, lambda client: client.rerun(RUN, evidence=file, timeout=60))
    healed.append(1)
    assert kind.use(handler, lambda client: client.rerun(RUN, evidence=file)).complete


def test_what_cannot_be_created_may_be_changed(tmp_path: Path) -> None:
    """The run is cancelled by then: to refuse the change would leave nobody a way to go on."""
    file = tmp_path / "rerun.jsonl"
    with Emulator(pacing="at-once") as emulator, emulator.client() as client:
        for period in ("Foo-2026", "Foo-2026", "Bar-2026"):
            with pytest.raises(errors.InvalidRequestError, match=f"JR-00000073 is cancelled, and no run .* '{period}'"):
                client.rerun("JR-00000073", accounting_period_name=period, evidence=file)
        outcome = client.rerun("JR-00000073", evidence=file)
        assert outcome.complete
        assert not outcome.differences
        with pytest.raises(errors.InvalidArgumentError, match="with other parameters"):
            client.rerun("JR-00000073", accounting_period_name="Foo-2026", evidence=file)
    conclusion = evidence.read_evidence(file).conclusion
    assert conclusion is not None
    assert conclusion.facts["verdict"] == "complete"
