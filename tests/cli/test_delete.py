"""`zjr delete`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs import _client
from zuora_journal_runs.cli import consent
from zuora_journal_runs.cli.terminal import Person
from zuora_journal_runs.emulator import HELD, Emulator, RunStatus, SeedRun

from .running import Zjr, records

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from click.testing import Result


def deletions(emulator: Emulator) -> int:
    return sum(request.method == "DELETE" for request in emulator.requests)


def test_what_was_accepted_is_not_called_deleted(zjr: Zjr) -> None:
    result = zjr("delete", "--yes", "JR-00000072")

    assert result.exit_code == 0
    assert result.stdout == (
        "JR-00000072 is being deleted. Zuora takes its time; "
        "to wait until it is gone: `zjr delete --wait JR-00000072`.\n"
    )


def test_one_can_wait_until_it_is_gone(zjr: Zjr) -> None:
    result = zjr("delete", "--yes", "JR-00000072", "--wait")

    assert result.exit_code == 0
    assert result.stdout == "JR-00000072 is deleted.\n"
    assert result.stderr.splitlines() == [
        "JR-00000072: waiting until it is gone, 1 h at most",
        "JR-00000072: DeleteInprogress",
    ]
    assert zjr("get", "JR-00000072").exit_code == 1


@pytest.mark.parametrize(("options", "outcome"), [([], "accepted"), (["--wait"], "deleted")])
def test_the_json_says_whether_it_is_gone(zjr: Zjr, options: list[str], outcome: str) -> None:
    (record,) = zjr.json("delete", "--yes", "JR-00000072", *options)

    assert record["kind"] == "deletion"
    assert record["outcome"] == outcome


def test_a_run_that_is_still_there_in_the_end_is_not_called_deleted() -> None:
    with Emulator(pacing=HELD) as emulator:
        zjr = Zjr(emulator.environ())
        result = zjr("delete", "--yes", "JR-00000072", "--wait", "--timeout", "3")
        (record,) = zjr.json("delete", "--yes", "JR-00000072", "--wait", status=4)

    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == (
        "zjr: JR-00000072 is not known to be gone after 3 s: the run was DeleteInprogress when it was seen last. "
        "To go on waiting: `zjr delete --wait JR-00000072`."
    )
    assert record["outcome"] == "unknown"


def test_a_run_that_is_not_cancelled_is_refused_with_its_status(zjr: Zjr, emulator: Emulator) -> None:
    result = zjr("delete", "--yes", "JR-00000075")

    assert result.exit_code == 1
    assert result.stderr == (
        "zjr: JR-00000075 is Completed, and only a run that is Cancelled can be deleted: cancel it first.\n"
    )
    assert not deletions(emulator)


def test_stopping_says_where_to_look(zjr: Zjr) -> None:
    def stop(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    result = zjr.answering(stop)("delete", "--yes", "JR-00000072")

    assert result.exit_code == 130
    assert result.stderr == "zjr: stopped; JR-00000072 may be deleted, or not; to see: `zjr get JR-00000072`\n"


class TestManyRuns:
    def test_each_is_reported_in_order_and_one_failure_stops_no_other(self, zjr: Zjr, emulator: Emulator) -> None:
        other = emulator.add_run(SeedRun(status=RunStatus.CANCELLED))
        result = zjr("delete", "--yes", "--wait", "JR-00000072", "JR-00000075", "JR-00000099", other)

        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            "JR-00000072 is deleted.",
            f"{other} is deleted.",
            "4 runs: 2 deleted, 2 failed",
        ]
        waiting, wrong, missing = result.stderr.splitlines()
        assert waiting == "4 runs: waiting until they are gone, 1 h at most"
        assert wrong.startswith("zjr: JR-00000075 is Completed, and only a run that is Cancelled can be deleted")
        assert "Cannot find entity by key: 'JR-00000099'." in missing

    def test_there_is_an_object_for_each_in_order(self, zjr: Zjr, emulator: Emulator) -> None:
        found = zjr.json("delete", "--yes", "-", stdin="JR-00000099\nJR-00000072 JR-00000075\n", status=1)

        assert [(record["number"], record["kind"], record["exitStatus"]) for record in found] == [
            ("JR-00000099", "failure", 1),
            ("JR-00000072", "deletion", 0),
            ("JR-00000075", "failure", 1),
        ]
        assert deletions(emulator) == 1

    def test_runs_are_deleted_side_by_side(self) -> None:
        with Emulator(pacing=HELD) as emulator:
            numbers = [emulator.add_run(SeedRun(status=RunStatus.CANCELLED)) for _ in range(3)]
            found = Zjr(emulator.environ()).json("delete", "--yes", "--wait", "--timeout", "3", *numbers, status=4)

            assert [record["outcome"] for record in found] == ["unknown"] * 3
            assert deletions(emulator) == 3

    def test_stopping_says_how_far_it_came(self, zjr: Zjr, monkeypatch: pytest.MonkeyPatch) -> None:
        def one_then_stop(work: object, numbers: list[str]) -> Iterator[object]:
            assert callable(work)
            yield work(numbers[0])
            raise KeyboardInterrupt

        monkeypatch.setattr(_client, "side_by_side", one_then_stop)
        result = zjr("delete", "--yes", "JR-00000072", "JR-00000073")

        assert result.exit_code == 130
        assert result.stderr.splitlines()[-1] == (
            "zjr: stopped; 1 of 2 runs are done with (1 accepted), and the others may be deleted, or not; "
            "to go on: run the same command again"
        )


class TestRefusal:
    """Nobody can be asked, and nobody has said --yes."""

    def test_nothing_is_deleted_and_the_plan_is_shown(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("delete", "JR-00000072", "JR-00000075", stdin="y\n")

        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.splitlines() == [
            "Run          Status     Entries",
            "JR-00000072  Cancelled        4",
            "JR-00000075  Completed       10",
            "zjr: JR-00000075 is Completed, and only a run that is Cancelled can be deleted: cancel it first.",
            "zjr: nothing was changed, since there is no terminal to ask at; to confirm: run the same command with --yes",
        ]
        assert not deletions(emulator)

    def test_json_refuses(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("delete", "JR-00000072", "JR-00000075", "JR-00000099", "--json")

        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        *plans, failure, refusal = records(result.stdout)
        assert [(plan["kind"], plan["allowed"]) for plan in plans] == [("deletionPlan", True), ("deletionPlan", False)]
        assert (failure["kind"], refusal["kind"]) == ("failure", "refusal")
        assert not deletions(emulator)


class TestAsking:
    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @contextmanager
        def somebody() -> Iterator[Person]:
            yield Person(sys.stdin, sys.stderr)

        monkeypatch.setattr(consent, "person", somebody)

    def test_no_changes_nothing(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("delete", "JR-00000072", stdin="n\n")

        assert result.exit_code == 1
        assert result.stderr == (
            "Run          Status     Entries\n"
            "JR-00000072  Cancelled        4\n"
            "Delete JR-00000072 for good? [y/N] zjr: nothing was changed\n"
        )
        assert not deletions(emulator)

    @pytest.mark.parametrize(("options", "stdin"), [([], "y\n"), (["--yes"], ""), (["-y"], "")])
    def test_yes_deletes(self, zjr: Zjr, emulator: Emulator, options: list[str], stdin: str) -> None:
        result: Result = zjr("delete", "JR-00000072", *options, stdin=stdin)

        assert result.exit_code == 0
        assert deletions(emulator) == 1

    def test_a_run_that_cannot_be_deleted_is_not_asked_about_nor_tried(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("delete", "JR-00000075", "JR-00000099")

        assert result.exit_code == 1
        assert "[y/N]" not in result.stderr
        assert result.stdout == "2 runs: 2 failed\n"
        assert not deletions(emulator)

    def test_a_run_that_is_missing_is_not_asked_about(self, zjr: Zjr) -> None:
        result = zjr("delete", "JR-00000099")

        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert "Cannot find entity" in result.stderr

    def test_several_runs_are_asked_about_once(self, zjr: Zjr, emulator: Emulator) -> None:
        other = emulator.add_run(SeedRun(status=RunStatus.CANCELLED))
        result = zjr("delete", "-", "JR-00000075", stdin=f"JR-00000072\n{other}\n")

        assert result.stderr.count("Delete these 2 runs for good? [y/N] ") == 1
        assert not deletions(emulator)
