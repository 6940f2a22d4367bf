"""`zjr transfer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from zuora_journal_runs.emulator import OVERRIDE_TRANSFERRED, PERMISSIONS, Emulator, SeedRun, Transfer

from .running import Zjr, meanwhile

if TYPE_CHECKING:
    from pathlib import Path

RUN = "JR-00000075"
TRANSFERRED = "JE-00000038"


def marks(emulator: Emulator) -> list[str]:
    """The entries that somebody asked to mark, in order."""
    return [request.path.split("/")[3] for request in emulator.requests if request.operation == "updateJournalEntry"]


def values(emulator: Emulator, run: str = RUN) -> dict[str, str]:
    return {entry.number: str(entry.transfer) for entry in emulator.run(run).entries}


def test_all_entries_are_marked_but_those_that_are_already(zjr: Zjr, emulator: Emulator) -> None:
    numbers = emulator.entry_numbers(RUN)
    left = [number for number in numbers if number != TRANSFERRED]
    assert zjr.json("transfer", RUN, "--yes") == [
        {
            "kind": "transfer",
            "number": RUN,
            "exitStatus": 0,
            "value": "Yes",
            "marked": left,
            "already": [TRANSFERRED],
            "unmarked": [],
            "inDoubt": [],
        }
    ]
    assert marks(emulator) == left
    assert values(emulator) == dict.fromkeys(numbers, "Yes")
    # Nothing is left to do.
    again = zjr("transfer", RUN, "--yes")
    assert again.stdout.splitlines() == [
        f"{RUN}  marked",
        "  Marked      as Yes, no entry",
        "  Left alone  10 entries marked so already",
    ]
    assert marks(emulator) == left


def test_only_what_is_given_is_marked_with_value_and_notes(zjr: Zjr, emulator: Emulator) -> None:
    first, second, third, *_ = emulator.entry_numbers(RUN)
    options = ["--entry", second, "--entry", first, "--value", "Processing", "--notes", "Batch 7"]
    result = zjr("transfer", RUN, *options, "--yes")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"{RUN}  marked", f"  Marked  as Processing, 2 entries: {first}, {second}"]
    found = {entry["number"]: entry for entry in zjr.json("entries", RUN)[0]["entries"]}
    assert [found[number]["transferredToAccounting"] for number in (first, second, third)] == ["Processing"] * 2 + [
        "No"
    ]
    assert [found[number].get("notes") for number in (first, second, third)] == [
        "Batch 7",
        "Batch 7",
        "Electronic Payment of Oct-2026",
    ]


def test_an_entry_that_does_not_take_it_is_status_3(zjr: Zjr, emulator: Emulator, tmp_path: Path) -> None:
    emulator.mark_transferred(emulator.entry_numbers(RUN)[0])
    file = str(tmp_path / "transfer.jsonl")
    result = zjr("transfer", RUN, "--value", "No", "--yes", "--evidence", file)
    assert result.exit_code == 3
    head, marked, left, stays, *why = result.stdout.splitlines()
    assert head == f"{RUN}  NOT all entries are marked"
    assert marked == "  Marked      as No, no entry"
    assert left == "  Left alone  8 entries marked so already"
    # Those with the same reason share it.
    assert stays == f"  Not marked  {emulator.entry_numbers(RUN)[0]}, {TRANSFERRED}"
    assert OVERRIDE_TRANSFERRED in " ".join(" ".join(why).split())
    assert result.stdout.count("Ask an") == 1
    (record,) = zjr.json("evidence", file, status=3)
    assert (record["about"], record["verdict"], record["remaining"]) == (
        "transfer",
        "incomplete",
        [emulator.entry_numbers(RUN)[0], TRANSFERRED],
    )
    assert record["summary"].startswith(f"Entries of {RUN} are NOT marked as they were to be: JE-")
    story = zjr("evidence", file).stdout
    assert f"{TRANSFERRED} marked as No, but not shown to be accepted" in story


def test_an_entry_that_is_not_shown_with_the_value_is_status_3(zjr: Zjr) -> None:
    """Zuora accepts the mark, and the entry does not show it."""

    def handler(request: httpx.Request) -> httpx.Response:
        entry = {"number": "JE-00000001", "status": "Created", "transferredToAccounting": "No"}
        body: dict[str, object] = {"number": RUN, "status": "Completed"}
        if "journal-entries" in request.url.path:
            body = {"journalEntries": [entry]} if request.method == "GET" else {}
        return httpx.Response(200, json={"success": True, **body})

    (record,) = zjr.responding(handler).json("transfer", RUN, "--yes", "--timeout", "30s", status=3)
    assert record["unmarked"] == [
        {"number": "JE-00000001", "reason": "it is not shown with the value", "advice": "check the entry in Zuora"}
    ]


def test_a_user_who_may_takes_marks_back(emulator: Emulator) -> None:
    client_id, secret = emulator.add_user({*PERMISSIONS, OVERRIDE_TRANSFERRED})
    zjr = Zjr({**emulator.environ(), "ZUORA_CLIENT_ID": client_id, "ZUORA_CLIENT_SECRET": secret})
    (record,) = zjr.json("transfer", RUN, "--value", "No", "--yes")
    assert record["marked"] == [TRANSFERRED]
    assert set(values(emulator).values()) == {"No"}


def test_the_plan_shows_what_would_be_marked(zjr: Zjr, emulator: Emulator) -> None:
    number = emulator.add_run(SeedRun(entries=4, transfers={1: Transfer.YES, 2: Transfer.ERROR, 3: Transfer.IGNORE}))
    first, second, third, fourth = emulator.entry_numbers(number)
    (record,) = zjr.json("transfer", number, "--dry-run", "--notes", "Batch 7")
    assert record == {
        "kind": "transferPlan",
        "number": number,
        "exitStatus": 0,
        "status": "Completed",
        "value": "Yes",
        "notes": "Batch 7",
        "marked": [
            {"number": second, "transferredToAccounting": "Error"},
            {"number": fourth, "transferredToAccounting": "No"},
        ],
        "already": [first],
        "inDoubt": [],
    }
    assert zjr("transfer", number, "--dry-run", "--notes", "Batch 7").stdout.splitlines() == [
        f"{number}  Completed, mark as Yes",
        f"  Marks       2 entries: {second}, {fourth}",
        "  Until now   Error: 1, No: 1",
        "  Notes       Batch 7",
        "  Left alone  1 entry marked so already",
        "Nothing was changed.",
    ]
    # What was excepted on purpose is marked only by its number.
    assert zjr.json("transfer", number, "--dry-run", "--entry", third)[0]["marked"][0]["number"] == third
    assert not marks(emulator)


def test_what_somebody_may_be_posting_is_named_and_left_alone(zjr: Zjr, emulator: Emulator, tmp_path: Path) -> None:
    number = emulator.add_run(SeedRun(entries=4, transfers={2: Transfer.PROCESSING, 3: Transfer.PROCESSING}))
    first, claimed, other, last = emulator.entry_numbers(number)
    (plan,) = zjr.json("transfer", number, "--dry-run")
    assert ([each["number"] for each in plan["marked"]], plan["inDoubt"]) == ([first, last], [claimed, other])
    assert zjr("transfer", number, "--dry-run").stdout.splitlines()[3:] == [
        f"  In doubt   {claimed}, {other}",
        "             Processing: somebody may be posting it, so that it is not marked.",
        "             Look for it in the ledger. If it is there: `zjr transfer",
        f"             {number} --entry ENTRY`.",
        "Nothing was changed.",
    ]
    file = str(tmp_path / "transfer.jsonl")
    (record,) = zjr.json("transfer", number, "--yes", "--evidence", file, status=3)
    assert (record["marked"], record["inDoubt"], record["unmarked"]) == ([first, last], [claimed, other], [])
    assert list(values(emulator, number).values()) == ["Yes", "Processing", "Processing", "Yes"]
    (judged,) = zjr.json("evidence", file, status=3)
    assert (judged["remaining"], judged["inDoubt"]) == ([], [claimed, other])
    assert judged["summary"] == f"Entries of {number} are NOT marked as they were to be: {claimed}, {other}."

    # Somebody has looked.
    assert zjr("transfer", number, "--entry", claimed, "--yes").exit_code == 0
    result = zjr("transfer", number, "--yes")
    assert result.exit_code == 3
    assert f"If it is there: `zjr transfer {number} --entry {other}`" in " ".join(result.stdout.split())
    assert zjr("transfer", number, "--entry", other, "--value", "No", "--yes").exit_code == 0
    assert list(values(emulator, number).values()) == ["Yes", "Yes", "No", "Yes"]
    # Two steps of those that post are not in doubt of each other.
    assert zjr.json("transfer", number, "--value", "Processing", "--entry", other, "--yes")[0]["marked"] == [other]
    assert zjr.json("transfer", number, "--value", "Processing", "--dry-run")[0]["inDoubt"] == []


def test_without_yes_nothing_is_changed(zjr: Zjr, emulator: Emulator) -> None:
    plan, refusal = zjr.json("transfer", RUN, status=2)
    assert (plan["kind"], refusal["kind"]) == ("transferPlan", "refusal")
    assert zjr("transfer", RUN).exit_code == 2
    assert not marks(emulator)


@pytest.mark.usefixtures("somebody")
class TestAsking:
    @pytest.mark.parametrize(("typed", "status", "marked"), [("y\n", 0, 9), ("n\n", 1, 0), ("", 1, 0)])
    def test_only_yes_marks(self, zjr: Zjr, emulator: Emulator, typed: str, status: int, marked: int) -> None:
        result = zjr("transfer", RUN, stdin=typed)
        assert result.exit_code == status
        assert "Mark 9 entries as Yes? [y/N] " in result.stderr
        assert len(marks(emulator)) == marked

    def test_nothing_else_is_marked_than_what_was_shown(
        self, zjr: Zjr, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the question and its answer, another program begins to post an entry."""
        claimed = emulator.entry_numbers(RUN)[0]

        meanwhile(monkeypatch, lambda: emulator.mark_transferred(claimed, Transfer.PROCESSING))
        result = zjr("transfer", RUN, stdin="y\n")
        assert result.exit_code == 1
        assert (
            f"{claimed} of {RUN} is Created and transferred Processing, not Created and transferred No" in result.stderr
        )
        assert not marks(emulator)

    def test_there_is_no_question_if_there_is_nothing_to_do(self, zjr: Zjr) -> None:
        result = zjr("transfer", "JR-00000075", "--entry", TRANSFERRED)
        assert result.exit_code == 0
        assert "[y/N]" not in result.stderr


class TestInterruption:
    @pytest.mark.parametrize("fault", ["get:1+:error-40", "entries:1+:status-503", "update:1+:error-10"])
    @pytest.mark.parametrize("begun", [False, True])
    def test_what_began_nothing_is_not_continued(
        self, zjr: Zjr, emulator: Emulator, tmp_path: Path, fault: str, begun: bool
    ) -> None:
        command = ("transfer", RUN, "--yes", "--evidence", str(tmp_path / "transfer.jsonl"))
        if begun:
            lost = emulator.add_fault("update:2+:status-503")
            assert zjr(*command).exit_code == 1
            emulator.remove_fault(lost)
            emulator.clear_requests()
        emulator.add_fault(fault)
        result = zjr(*command)
        assert result.exit_code == 1
        assert ("To continue: `zjr transfer " in result.stderr) == begun

    def test_a_mark_that_fails_says_how_to_continue_and_does(
        self, zjr: Zjr, emulator: Emulator, tmp_path: Path
    ) -> None:
        file = str(tmp_path / "transfer.jsonl")
        fault = emulator.add_fault("update:3+:status-503")
        result = zjr("transfer", RUN, "--yes", "--notes", "Batch 7", "--evidence", file)
        assert result.exit_code == 1
        again = f"To continue: `zjr transfer --notes 'Batch 7' --evidence {file} --yes {RUN}`."
        assert again in result.stderr
        assert zjr("evidence", file).exit_code == 4
        emulator.remove_fault(fault)
        emulator.clear_requests()
        (record,) = zjr.json("transfer", RUN, "--yes", "--notes", "Batch 7", "--evidence", file)
        # Two were marked before.
        assert len(record["marked"]) == 9
        assert len(marks(emulator)) == 7
        (judged,) = zjr.json("evidence", file)
        assert judged["summary"] == f"The entries of {RUN} are marked as they were to be."

    @pytest.mark.parametrize("with_evidence", [True, False])
    def test_a_plan_that_was_applied_in_part_is_continued_with_its_file_or_made_anew(
        self, zjr: Zjr, emulator: Emulator, tmp_path: Path, with_evidence: bool
    ) -> None:
        plan, evidence = str(tmp_path / "plan.json"), str(tmp_path / "transfer.jsonl")
        options = ["--evidence", evidence] if with_evidence else []
        assert zjr("transfer", RUN, "--value", "Error", "--dry-run", "--plan", plan).exit_code == 0
        fault = emulator.add_fault("update:3+:status-503")
        result = zjr("transfer", "--apply", plan, *options, "--yes")
        emulator.remove_fault(fault)
        assert result.exit_code == 1
        if with_evidence:
            assert f"To continue: `zjr transfer --apply {plan} --evidence {evidence} --yes`." in result.stderr
        else:
            new = str(tmp_path / "new.json")
            again = f"zjr transfer --value Error --dry-run --plan NEW_FILE {RUN}"
            assert f"To continue: `{again}`." in result.stderr
            assert zjr(*again.replace("NEW_FILE", new).split()[1:]).exit_code == 0
            plan = new
        # One entry was transferred before, and only a user who may override that can take it back.
        assert zjr("transfer", "--apply", plan, *options, "--yes").exit_code == 3
        assert set(values(emulator).values()) == {"Error", "Yes"}

    @pytest.mark.usefixtures("somebody")
    def test_a_person_is_asked_whether_to_continue(self, zjr: Zjr, emulator: Emulator, tmp_path: Path) -> None:
        file = tmp_path / "transfer.jsonl"
        fault = emulator.add_fault("update:3+:status-503")
        assert zjr("transfer", RUN, "--evidence", str(file), stdin="y\n").exit_code == 1
        # It was killed while it wrote a line.
        file.write_bytes(file.read_bytes() + b'{"kind":"resp')
        emulator.remove_fault(fault)
        result = zjr("transfer", RUN, "--evidence", str(file), stdin="y\n")
        assert result.exit_code == 0
        assert "This was begun at 20" in result.stderr
        assert "Continue? [y/N] " in result.stderr
        assert set(values(emulator).values()) == {"Yes"}

    def test_stopping_says_how_to_continue(self, zjr: Zjr) -> None:
        def stop(_: httpx.Request) -> httpx.Response:
            raise KeyboardInterrupt

        result = zjr.responding(stop)("transfer", RUN, "--value", "Error", "--entry", TRANSFERRED, "--yes")
        assert result.exit_code == 130
        assert result.stderr == (
            f"zjr: stopped; entries of {RUN} may be marked; to continue: "
            f"`zjr transfer --value Error --entry {TRANSFERRED} --yes {RUN}`\n"
        )

    def test_a_file_of_something_else_is_refused(self, zjr: Zjr, emulator: Emulator, tmp_path: Path) -> None:
        file = tmp_path / "close.jsonl"
        assert zjr("cancel", "JR-00000073", "--yes", "--evidence", str(file)).exit_code == 0
        result = zjr("transfer", RUN, "--yes", "--evidence", str(file))
        assert result.exit_code == 2
        assert "evidence for another operation (cancel)" in result.stderr
        empty = tmp_path / "empty.jsonl"
        empty.touch()
        assert zjr("transfer", RUN, "--yes", "--evidence", str(empty)).exit_code == 0
        assert len(marks(emulator)) == 9


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no run: give its NUMBER, or --apply a plan"),
        (["JR-75"], "a run number has at least 8"),
        ([RUN, "--value", "Maybe"], "'Maybe' is not one of 'Yes', 'No', 'Processing', 'Error', 'Ignore'"),
        ([RUN, "--entry", "JE-38"], "'JE-38' is not a journal entry number"),
        ([RUN, "--notes", "x" * 2001], "it has 2,001 characters; at most 2,000 are allowed"),
        ([RUN, "--timeout", "soon"], "'soon' is not a duration"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    zjr: Zjr, emulator: Emulator, arguments: list[str], said: str
) -> None:
    result = zjr("transfer", *arguments, "--yes")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert line.endswith("See `zjr transfer --help`.")
    assert not emulator.requests


@pytest.mark.parametrize(
    ("entry", "said"), [("JE-00000001", "JE-00000001 (cancelled)"), ("JE-00000038", "JE-00000038 (not of this run)")]
)
def test_an_entry_that_cannot_be_marked_is_named(zjr: Zjr, emulator: Emulator, entry: str, said: str) -> None:
    result = zjr("transfer", "JR-00000072", "--entry", entry, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert not marks(emulator)
