"""`--dry-run --plan` and `--apply`: what was approved is done, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.emulator import HELD, Emulator, RunStatus, SeedRun, Transfer

from .running import Zjr, meanwhile

RUNS = {"cancel": "JR-00000073", "delete": "JR-00000072", "transfer": "JR-00000073", "rerun": "JR-00000073"}
_DECIDED = {
    "transfer": (("--value", "No"), ("--entry", "JE-00000005"), ("--notes", "Batch 7")),
    "rerun": (("--allow-remaining",), ("--period", "Oct-2026"), ("--type", "Invoice Item")),
}
"""Options that a plan decides."""
KINDS = {"cancel": "cancellation", "delete": "deletion", "transfer": "transfer", "rerun": "rerun"}


@pytest.fixture
def zjr(quick: Emulator) -> Zjr:
    return Zjr(quick.environ())


@pytest.fixture
def plan(tmp_path: Path) -> str:
    return str(tmp_path / "plan.json")


@pytest.fixture
def evidence(tmp_path: Path) -> list[str]:
    return ["--evidence", str(tmp_path / "close.jsonl")]


def changes(emulator: Emulator) -> list[str]:
    methods = ("POST", "PUT", "DELETE")
    return [each.path for each in emulator.requests if each.method in methods and "oauth" not in each.path]


@pytest.mark.parametrize("operation", RUNS)
def test_a_plan_is_written_read_by_another_person_and_applied(
    zjr: Zjr, quick: Emulator, operation: str, plan: str, evidence: list[str]
) -> None:
    number = RUNS[operation]
    result = zjr(operation, number, "--dry-run", "--plan", plan)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2:] == [
        "Nothing was changed.",
        f"The plan is in {plan}. To apply it: zjr {operation} --apply {plan}"
        + (" --evidence FILE" if operation == "rerun" else ""),
    ]
    assert not changes(quick)
    written = json.loads(Path(plan).read_text(encoding="utf-8"))
    assert written["operation"] == operation
    assert [run["number"] for run in written["runs"]] == [number]

    # Without --yes it is shown, and not applied.
    *shown, refusal = zjr.json(operation, "--apply", plan, *evidence, status=2)
    assert (len(shown), refusal["kind"]) == (1, "refusal")
    assert not changes(quick)

    (record,) = zjr.json(operation, "--apply", plan, "--yes", *evidence)
    assert (record["kind"], record["number"]) == (KINDS[operation], number)
    done = changes(quick)
    assert done

    # It is applied once.
    options = evidence if operation == "rerun" else []
    result = zjr(operation, "--apply", plan, "--yes", *options)
    if operation == "rerun":  # whose file says that it is done
        assert result.exit_code == 0
    else:
        assert result.exit_code == 1
        assert "nothing was changed: " in result.stderr or "Cannot find entity" in result.stderr
    assert changes(quick) == done


def planned(emulator: Emulator, operation: str) -> list[str]:
    """The runs of a plan: for a deletion two, of which one is deleted meanwhile."""
    if operation == "delete":
        return [RUNS["delete"], emulator.add_run(SeedRun(status=RunStatus.CANCELLED))]
    return [RUNS[operation]]


def change(emulator: Emulator, operation: str) -> None:
    """Let something not be as it was planned; the operation would be possible all the same."""
    if operation == "delete":
        emulator.delete_run(RUNS["delete"])
    else:
        emulator.mark_transferred(emulator.entry_numbers(RUNS[operation])[3], Transfer.IGNORE)


@pytest.mark.parametrize("operation", RUNS)
@pytest.mark.parametrize("when", ["before", "at the question"])
def test_nothing_is_done_if_something_is_not_as_it_was_planned(
    zjr: Zjr,
    quick: Emulator,
    operation: str,
    when: str,
    plan: str,
    evidence: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert zjr(operation, *planned(quick, operation), "--dry-run", "--plan", plan).exit_code == 0
    if when == "before":
        change(quick, operation)
    else:
        meanwhile(monkeypatch, lambda: change(quick, operation))
    options = [] if operation == "delete" else evidence
    result = zjr(operation, "--apply", plan, *options, *(["--yes"] if when == "before" else []))
    assert result.exit_code == 1
    expected = "Cannot find entity" if operation == "delete" else "not as planned, and nothing was changed: JE-"
    assert expected in result.stderr
    assert not changes(quick)


@pytest.mark.parametrize("operation", RUNS)
def test_nobody_is_asked_about_a_plan_that_would_be_refused(
    zjr: Zjr,
    quick: Emulator,
    operation: str,
    plan: str,
    evidence: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert zjr(operation, *planned(quick, operation), "--dry-run", "--plan", plan).exit_code == 0
    change(quick, operation)
    questions: list[None] = []
    meanwhile(monkeypatch, lambda: questions.append(None))
    options = [] if operation == "delete" else evidence
    assert zjr(operation, "--apply", plan, *options).exit_code == 1
    assert not questions
    assert not changes(quick)


class TestManyRuns:
    @pytest.fixture
    def others(self, quick: Emulator) -> list[str]:
        return quick.add_runs([SeedRun(entries=2), SeedRun(entries=1)])

    def test_one_that_is_not_as_planned_keeps_all_from_being_changed(
        self, zjr: Zjr, quick: Emulator, others: list[str], plan: str
    ) -> None:
        assert zjr("cancel", *others, "--dry-run", "--plan", plan).exit_code == 0
        quick.mark_transferred(quick.entry_numbers(others[1])[0])
        result = zjr("cancel", "--apply", plan, "--yes")
        assert result.exit_code == 1
        assert f"{quick.entry_numbers(others[1])[0]} of {others[1]} is Created and transferred Yes" in result.stderr
        assert not changes(quick)

    def test_all_are_changed_in_their_order(self, zjr: Zjr, others: list[str], plan: str) -> None:
        assert zjr("cancel", *others[::-1], "--dry-run", "--plan", plan).exit_code == 0
        assert [record["number"] for record in zjr.json("cancel", "--apply", plan, "--yes")] == others[::-1]
        Path(plan).unlink()
        assert zjr("delete", *others, "--dry-run", "--plan", plan).exit_code == 0
        assert [record["outcome"] for record in zjr.json("delete", "--apply", plan, "--yes", "--wait")] == [
            "deleted"
        ] * 2

    @pytest.mark.parametrize("operation", ["cancel", "delete"])
    def test_a_run_for_which_it_is_not_possible_keeps_the_plan_from_being_made(
        self, zjr: Zjr, others: list[str], operation: str, plan: str
    ) -> None:
        number = "JR-00000072" if operation == "cancel" else others[0]
        result = zjr(operation, number, "--dry-run", "--plan", plan)
        assert result.exit_code == 1
        assert f"{number} is " in result.stderr
        assert not Path(plan).exists()

    @pytest.mark.parametrize(
        ("operation", "status"), [("cancel", RunStatus.COMPLETED), ("delete", RunStatus.CANCELLED)]
    )
    def test_an_interruption_says_that_the_plan_cannot_be_applied_again(
        self, zjr: Zjr, quick: Emulator, operation: str, status: RunStatus, plan: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        numbers = quick.add_runs([SeedRun(entries=1, status=status)] * 2)
        assert zjr(operation, *numbers, "--dry-run", "--plan", plan).exit_code == 0

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("zuora_journal_runs.JournalRunsClient.cancel_many", stop)
        monkeypatch.setattr("zuora_journal_runs.JournalRunsClient.delete", stop)
        result = zjr(operation, "--apply", plan, "--yes")
        assert result.exit_code == 130
        assert "to continue, run it with the numbers of the other runs, in place of --apply" in result.stderr
        result = zjr(operation, *numbers, "--yes")
        assert "to continue, run the same command again" in result.stderr


def test_what_is_shown_is_what_is_planned(zjr: Zjr, quick: Emulator, plan: str) -> None:
    """Between the plan and what is shown, an entry is transferred."""
    entry = quick.entry_numbers("JR-00000073")[0]
    original = zjr.connect

    def connect(**options: Any) -> Any:
        client = original(**options)
        planned = client.plan

        def change(*args: Any) -> Any:
            made = planned(*args)
            quick.mark_transferred(entry)
            return made

        client.plan = change  # type: ignore[method-assign,assignment]
        return client

    zjr.connect = connect
    result = zjr("cancel", "JR-00000073", "--dry-run", "--plan", plan)
    assert result.exit_code == 1
    assert "the runs have changed while the plan was made, and it was not written" in result.stderr
    assert not Path(plan).exists()


def test_a_plan_to_delete_needs_no_file(zjr: Zjr, quick: Emulator) -> None:
    assert zjr("delete", "JR-00000072", "--dry-run").stdout == (
        "Run          Status     Entries\nJR-00000072  Cancelled        4\nNothing was changed.\n"
    )
    plan, failure = zjr.json("delete", "JR-00000072", "JR-00000099", "--dry-run", status=1)
    assert (plan["kind"], plan["allowed"], failure["kind"]) == ("deletionPlan", True, "failure")
    assert not changes(quick)


CANCELLED = (RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS)


@pytest.mark.parametrize("operation", RUNS)
@pytest.mark.parametrize(
    ("status", "transfers"),
    [
        *((status, {}) for status in RunStatus),
        *((status, {1: Transfer.YES}) for status in RunStatus if status not in CANCELLED),
    ],
)
def test_a_dry_run_has_the_status_of_the_refusal(
    operation: str, status: RunStatus, transfers: dict[int, Transfer], tmp_path: Path
) -> None:
    seed = SeedRun(status=status, entries=2, transfers=transfers, pacing=HELD)
    with Emulator() as emulator:
        zjr, number = Zjr(emulator.environ()), emulator.add_run(seed)
        foreseen = zjr(operation, number, "--dry-run")
        last = zjr(operation, number, "--dry-run", "--json").stdout.splitlines()[-1]
        assert json.loads(last)["exitStatus"] == foreseen.exit_code
        assert not changes(emulator)
        ended = zjr(operation, number, "--yes", "--timeout", "1m", "--evidence", str(tmp_path / "close.jsonl"))
        refused = (ExitStatus.ERROR, ExitStatus.USAGE)
        assert foreseen.exit_code == (ended.exit_code if ended.exit_code in refused else ExitStatus.DONE)
        if foreseen.exit_code:
            assert emulator.run(number).status == status


def test_a_plan_for_another_place_is_refused(zjr: Zjr, quick: Emulator, plan: str) -> None:
    assert zjr("cancel", "JR-00000073", "--dry-run", "--plan", plan).exit_code == 0
    result = zjr("cancel", "--apply", plan, "--yes", "--entity", "e1")
    assert result.exit_code == 1
    assert "the plan is for the entity none, not e1" in result.stderr
    with Emulator() as other:
        result = Zjr(other.environ())("cancel", "--apply", plan, "--yes")
        assert result.exit_code == 1
        assert "the plan is for the host 127.0.0.1:" in result.stderr
    assert not changes(quick)


def test_how_to_apply_a_plan_can_be_typed_as_it_stands(zjr: Zjr, tmp_path: Path) -> None:
    plan = str(tmp_path / "our plan.json")
    result = zjr("transfer", "JR-00000075", "--dry-run", "--plan", plan, "--json")
    assert result.stderr == f"The plan is in {plan}. To apply it: zjr transfer --apply '{plan}'\n"


@pytest.mark.parametrize("operation", RUNS)
class TestUsage:
    def refused(self, zjr: Zjr, quick: Emulator, *arguments: str) -> str:
        result = zjr(*arguments)
        assert result.exit_code == 2
        assert not quick.requests
        (line,) = result.stderr.splitlines()
        assert line.endswith(f"See `zjr {arguments[0]} --help`.")
        return line

    def test_the_usage_does_not_require_what_a_plan_has(self, zjr: Zjr, operation: str) -> None:
        usage, *_ = zjr(operation, "--help").stdout.splitlines()
        assert usage.endswith(f" {operation} [OPTIONS] [NUMBER]" + ("..." if operation in ("cancel", "delete") else ""))

    def test_a_plan_is_not_written_over_a_file(self, zjr: Zjr, quick: Emulator, operation: str, plan: str) -> None:
        Path(plan).touch()
        said = self.refused(zjr, quick, operation, RUNS[operation], "--dry-run", "--plan", plan)
        assert f"--plan: {plan} exists already" in said

    def test_the_folder_has_to_be_there(self, zjr: Zjr, quick: Emulator, operation: str, tmp_path: Path) -> None:
        plan = str(tmp_path / "close" / "plan.json")
        said = self.refused(zjr, quick, operation, RUNS[operation], "--dry-run", "--plan", plan)
        assert f"--plan: there is no folder {tmp_path / 'close'}" in said

    def test_it_goes_with_a_dry_run_only(self, zjr: Zjr, quick: Emulator, operation: str, plan: str) -> None:
        assert "--plan is missing --dry-run" in self.refused(zjr, quick, operation, RUNS[operation], "--plan", plan)

    def test_what_the_plan_says_is_not_given_again(self, zjr: Zjr, quick: Emulator, operation: str, plan: str) -> None:
        Path(plan).touch()
        apply = [operation, "--apply", plan]
        assert "leave out NUMBER" in self.refused(zjr, quick, *apply, "JR-00000073")
        assert "leave out --dry-run" in self.refused(zjr, quick, *apply, "--dry-run")
        for option in _DECIDED.get(operation, ()):
            assert f"leave out {option[0]}" in self.refused(zjr, quick, *apply, *option)

    def test_a_file_that_is_no_such_plan_is_refused(
        self, zjr: Zjr, quick: Emulator, operation: str, plan: str, tmp_path: Path
    ) -> None:
        Path(plan).write_text("{}", encoding="utf-8")
        said = self.refused(zjr, quick, operation, "--apply", plan, "--yes")
        assert f"--apply: {plan} is not a plan of format 1" in said
        assert "does not exist" in self.refused(zjr, quick, operation, "--apply", f"{plan}2", "--yes")
        other = next(each for each in RUNS if each != operation)
        file = str(tmp_path / "other.json")
        assert zjr(other, RUNS[other], "--dry-run", "--plan", file).exit_code == 0
        quick.clear_requests()
        said = self.refused(zjr, quick, operation, "--apply", file, "--yes")
        assert f"{file} is a plan for `zjr {other}`, not for `zjr {operation}`" in said

    def test_a_plan_that_was_changed_is_refused(self, zjr: Zjr, quick: Emulator, operation: str, plan: str) -> None:
        assert zjr(operation, RUNS[operation], "--dry-run", "--plan", plan).exit_code == 0
        written = json.loads(Path(plan).read_text(encoding="utf-8"))
        written["runs"][0]["number"] = "JR-73"
        Path(plan).write_text(json.dumps(written), encoding="utf-8")
        quick.clear_requests()
        assert "or was changed" in self.refused(zjr, quick, operation, "--apply", plan, "--yes")
