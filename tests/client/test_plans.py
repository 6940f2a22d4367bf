"""Plans: what is written is read again, what was changed is refused, and what deviates is named."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import CancellationResult, Deletion, Plan, PlannedRun, errors
from zuora_journal_runs.emulator import Emulator, RunStatus, SeedRun, Transfer

from .emulated import RUN, emulating, requests, synchronously

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zuora_journal_runs.plans import Operation

OTHER = "JR-00000076"
STATES = st.tuples(
    st.sampled_from(["Created", "Cancelled", "Of tomorrow"]),
    st.sampled_from(["No", "Processing", "Yes", "Error", "Ignore", None]),
)
ENTRIES = st.dictionaries(st.integers(1, 30).map(lambda number: f"JE-{number:08}"), STATES, max_size=12)
DETAILS: dict[Operation, dict[str, Any]] = {
    "cancel": {},
    "delete": {},
    "transfer": {"value": "Yes", "notes": None, "entries": ["JE-00000001", "JE-00000002"], "inDoubt": ["JE-00000003"]},
    "rerun": {"request": {}, "changes": {}, "allowRemaining": False, "totals": []},
}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    numbers = draw(
        st.lists(st.integers(1, 99).map(lambda number: f"JR-{number:08}"), min_size=1, max_size=3, unique=True)
    )
    operation = draw(st.sampled_from(list(DETAILS)))
    runs = tuple(PlannedRun(number, draw(st.sampled_from(["Completed", "Error"])), draw(ENTRIES)) for number in numbers)
    return Plan(
        operation,
        "rest.zuora.com",
        None,
        draw(st.sampled_from([None, "a,b"])),
        "2026-11-26T10:00:00+00:00",
        runs,
        DETAILS[operation],
    )


@given(plans())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> None:
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    plan.write(path)
    assert Plan.read(path) == plan
    assert Plan.read(path).to_dict() == plan.to_dict() == json.loads(path.read_text(encoding="utf-8"))
    # A plan that somebody is to approve is not overwritten.
    with pytest.raises(FileExistsError):
        plan.write(path)


@given(plans(), st.data())
def test_every_deviation_is_named(plan: Plan, data: st.DataObject) -> None:
    plan.check(plan.runs)
    planned = data.draw(st.sampled_from(plan.runs))
    entries = dict(data.draw(ENTRIES))
    status = data.draw(st.sampled_from(["Completed", "Error"]))
    now = [PlannedRun(planned.number, status, entries) if run is planned else run for run in plan.runs]
    changed = {number for number in {*entries, *planned.entries} if entries.get(number) != planned.entries.get(number)}
    expected = len(changed) + (status != planned.status)
    if not expected:
        plan.check(now)
        return
    with pytest.raises(errors.PlanError) as caught:
        plan.check(now)
    assert len(caught.value.deviations) == expected
    assert all(any(number in deviation for deviation in caught.value.deviations) for number in changed)
    assert "nothing was changed" in str(caught.value)
    assert (f"and {expected - 10:,} more" in str(caught.value)) == (expected > 10)


@given(plans())
def test_what_becomes_of_each_entry(plan: Plan) -> None:
    for run in plan.runs:
        acted, staying = plan.acted_on(run), plan.staying(run)
        for number, (status, transferred) in run.entries.items():
            if plan.operation == "transfer":
                assert (number in acted) == (number in plan.details["entries"] and transferred != "Yes")
                assert (number in staying) == (number in plan.details["inDoubt"])
            else:
                assert (number in staying) == (status != "Cancelled" and transferred in ("Yes", "Processing"))
                assert (number in acted) == (status != "Cancelled" and number not in staying)


def whole(**changes: Any) -> dict[str, Any]:
    entries = {"JE-00000001": ("Created", "No"), "JE-00000002": ("Created", "Yes")}
    plan = Plan("cancel", "h", None, None, "2026-11-26T10:00:00+00:00", (PlannedRun(RUN, "Completed", entries),), {})
    return {**json.loads(json.dumps(plan.to_dict())), **changes}


def with_action(action: str) -> dict[str, Any]:
    data = whole()
    data["runs"][0]["entries"][1]["action"] = action
    return data


def with_run(**changes: Any) -> dict[str, Any]:
    data = whole()
    data["runs"][0].update(changes)
    return data


BROKEN = {
    "no object": [1],
    "nothing": {},
    "another format": whole(format=2),
    "another operation": whole(operation="create"),
    "an operation that is none": whole(operation=["cancel"]),
    "no time": whole(at="yesterday"),
    "no runs": whole(runs=[]),
    "the same run twice": whole(runs=[*whole()["runs"], *whole()["runs"]]),
    "runs that are none": whole(runs=[5]),
    "no number": with_run(number="75"),
    "a number that is none": with_run(number=75),
    "entries that are none": with_run(entries=None),
    "an entry twice": with_run(entries=[*whole()["runs"][0]["entries"], whole()["runs"][0]["entries"][0]]),
    "an entry that is to be cancelled and cannot be": with_action("cancel"),
    "another field": whole(comment="approved"),
    "details of another operation": whole(details={"value": "Yes"}),
    "details that are wrong": whole(
        operation="transfer", details={"value": 1, "notes": None, "entries": [], "inDoubt": []}
    ),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_plan_is_refused(tmp_path: Path, data: Any) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(errors.InvalidArgumentError, match=r"plan\.json is not a plan of format 1"):
        Plan.read(path)
    Plan.from_dict(whole())


def test_files_that_are_no_json(tmp_path: Path) -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        (tmp_path / "plan.json").write_bytes(content)
        with pytest.raises(errors.InvalidArgumentError, match="make it again"):
            Plan.read(tmp_path / "plan.json")


# Cancelling and deleting by plan


def two(**fields: Any) -> Any:
    return emulating(seed=[SeedRun(number=number, **{"entries": 2, **fields}) for number in (RUN, OTHER)])


def test_cancelling_by_plan(use: Callable[..., Any], tmp_path: Path) -> None:
    emulator = two()
    use(emulator, lambda client: client.plan("cancel", [RUN, OTHER])).write(tmp_path / "plan.json")
    plan = Plan.read(tmp_path / "plan.json")
    assert requests(emulator) == []
    assert plan.numbers == (RUN, OTHER)
    number = emulator.entry_numbers(OTHER)[1]
    emulator.mark_transferred(number, Transfer.YES)
    for work in (lambda client: client.apply(plan), lambda client: client.check_plan(plan)):
        with pytest.raises(errors.PlanError) as caught:
            use(emulator, work)
        assert caught.value.deviations == (
            f"{number} of {OTHER} is Created and transferred Yes, not Created and transferred No",
        )
    # Neither run was touched, though the first is as it was planned.
    assert requests(emulator) == []
    emulator.mark_transferred(number, Transfer.NO)
    results = use(emulator, lambda client: client.apply(plan, evidence=tmp_path / "evidence"))
    assert [type(result) for result in results] == [CancellationResult] * 2
    assert all(result.complete for result in results)
    assert sorted(path.name for path in (tmp_path / "evidence").iterdir()) == [f"{RUN}.jsonl", f"{OTHER}.jsonl"]


def test_deleting_by_plan(use: Callable[..., Any]) -> None:
    emulator = two(status=RunStatus.CANCELLED)
    plan = use(emulator, lambda client: client.plan("delete", [RUN, OTHER]))
    assert plan.runs[0].entries == {}
    results = use(emulator, lambda client: client.apply(plan))
    assert [(type(result), result.gone) for result in results] == [(Deletion, True)] * 2
    assert emulator.runs() == []


def test_a_plan_for_another_place_is_refused(use: Callable[..., Any]) -> None:
    emulator = two()
    plan = use(emulator, lambda client: client.plan("cancel", [RUN]))
    for options, name in (
        ({"entity_id": "e2"}, "entity none, not e2"),
        ({"org_ids": "o1"}, "organisations none, not o1"),
    ):
        with pytest.raises(errors.PlanError, match=name):
            use(emulator, lambda client: client.apply(plan), **options)
    assert requests(emulator) == []


MARKS = st.tuples(st.integers(0, 2), st.sampled_from(["No", "Processing", "Error", "Ignore", "Yes"]))
CHANGES = st.lists(MARKS | st.sampled_from(["cancel", "delete"]), max_size=3)


def state(emulator: Emulator) -> Any:
    """Return what a plan depends on; None if the run is gone."""
    if RUN not in {run.number for run in emulator.runs()}:
        return None
    run = emulator.run(RUN)
    return run.status, [(entry.status, entry.transfer) for entry in run.entries]


def change(emulator: Emulator, what: tuple[int, str] | str, listed: list[str]) -> None:
    """Let somebody else do something, as far as it is possible."""
    now = state(emulator)
    if now is None:
        return
    status, entries = now
    if what == "cancel" and status == RunStatus.COMPLETED:
        emulator.cancel_run(RUN)
    elif what == "delete" and status == RunStatus.CANCELLED:
        emulator.delete_run(RUN)
    elif isinstance(what, tuple) and entries[what[0]][0] == "Created":
        emulator.mark_transferred(listed[what[0]], what[1])


@given(st.sampled_from(list(DETAILS)), st.sampled_from(["at-once", "held"]), CHANGES)
def test_every_change_of_what_was_planned_is_a_plan_error(
    tmp_path_factory: pytest.TempPathFactory, operation: Operation, pacing: str, others: list[Any]
) -> None:
    status = RunStatus.CANCELLED if operation == "delete" else RunStatus.COMPLETED
    emulator = emulating(entries=3, status=status, pacing=pacing)
    listed = emulator.entry_numbers(RUN)
    plans: dict[Operation, Callable[[Any], Plan]] = {
        "transfer": lambda client: client.plan_transfer(RUN),
        "rerun": lambda client: client.plan_rerun(RUN),
    }
    plan = synchronously(emulator, plans.get(operation, lambda client: client.plan(operation, [RUN])))
    before = state(emulator)
    for what in others:
        change(emulator, what, listed)
    after = state(emulator)
    evidence = tmp_path_factory.mktemp("plan") / "evidence"
    for work in (
        lambda client: client.check_plan(plan),
        lambda client: client.apply(plan, evidence=evidence, timeout=60),
    ):
        if after == before:
            with contextlib.suppress(errors.WaitTimeoutError):
                synchronously(emulator, work)
            continue
        with pytest.raises(errors.PlanError, match=r"not as planned, and nothing was changed: .*J[RE]-") as caught:
            synchronously(emulator, work)
        assert caught.value.deviations
        assert requests(emulator) == []
        assert state(emulator) == after
    assert bool(requests(emulator)) == (after == before)


def test_an_approved_transfer_is_of_what_is_given_and_can_be_marked(use: Callable[..., Any]) -> None:
    emulator = emulating(entries=3)
    listed = emulator.entry_numbers(RUN)
    plan = use(emulator, lambda client: client.plan_transfer(RUN, value="Error"))
    for arguments in ({}, {"value": "Error", "notes": "x"}, {"value": "Error", "entries": listed[:1]}):
        with pytest.raises(errors.PlanError, match="requests something else"):
            use(emulator, lambda client, arguments=arguments: client.transfer(RUN, plan=plan, **arguments))
    forged = evolve(plan, details={**plan.details, "entries": [*listed, "JE-99999999"]})
    with pytest.raises(errors.InvalidArgumentError, match=r"JE-99999999 \(not of this run\)"):
        use(emulator, lambda client: client.apply(forged))
    assert requests(emulator) == []


def test_a_plan_to_mark_nothing_is_applied(use: Callable[..., Any]) -> None:
    emulator = emulating(entries=1, transfers={1: Transfer.IGNORE})
    plan = use(emulator, lambda client: client.plan_transfer(RUN))
    assert use(emulator, lambda client: client.apply(plan)).complete


def test_what_cannot_be_planned(use: Callable[..., Any]) -> None:
    emulator = emulating(status=RunStatus.CANCELLED)
    with pytest.raises(errors.PlanError, match="is Cancelled, and only a run that is Pending, Error or Completed"):
        use(emulator, lambda client: client.plan("cancel", [RUN]))
    with pytest.raises(errors.InvalidArgumentError, match="use cancel or delete"):
        use(emulator, lambda client: client.plan("create", [RUN]))
    with pytest.raises(errors.InvalidArgumentError, match="JR-7"):
        use(emulator, lambda client: client.plan("delete", ["JR-7"]))
    with pytest.raises(errors.PlanError, match="only a run that is Cancelled can be deleted"):
        use(two(), lambda client: client.plan("delete", [RUN]))
