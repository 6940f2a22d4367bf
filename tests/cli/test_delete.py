"""`zjr delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.cli.commands import delete as command
from zuora_journal_runs.emulator import HELD, Emulator

from .running import Zjr

if TYPE_CHECKING:
    import httpx
    from click.testing import Result


def deletions(emulator: Emulator) -> int:
    return sum(request.method == "DELETE" for request in emulator.requests)


def test_what_was_accepted_is_not_called_deleted(zjr: Zjr) -> None:
    result = zjr("delete", "JR-00000072")

    assert result.exit_code == 0
    assert result.stdout == (
        "JR-00000072 is being deleted. Zuora takes its time; "
        "to wait until it is gone: `zjr delete --wait JR-00000072`.\n"
    )


def test_one_can_wait_until_it_is_gone(zjr: Zjr) -> None:
    result = zjr("delete", "JR-00000072", "--wait")

    assert result.exit_code == 0
    assert result.stdout == "JR-00000072 is deleted.\n"
    assert result.stderr.splitlines() == [
        "JR-00000072: waiting until it is gone, 600 s at most",
        "JR-00000072: DeleteInprogress",
    ]
    assert zjr("get", "JR-00000072").exit_code == 1


@pytest.mark.parametrize(("options", "outcome"), [([], "accepted"), (["--wait"], "deleted")])
def test_the_json_says_whether_it_is_gone(zjr: Zjr, options: list[str], outcome: str) -> None:
    (record,) = zjr.json("delete", "JR-00000072", *options)

    assert record["kind"] == "deletion"
    assert record["outcome"] == outcome


def test_a_run_that_is_still_there_in_the_end_is_not_called_deleted() -> None:
    with Emulator(pace=HELD) as emulator:
        zjr = Zjr(emulator.environ())
        result = zjr("delete", "JR-00000072", "--wait", "--timeout", "3")
        (record,) = zjr.json("delete", "JR-00000072", "--wait", status=4)

    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == (
        "zjr: JR-00000072 is still there after 3 s: the run was DeleteInprogress when it was seen last. "
        "Look again later. To go on waiting: `zjr delete --wait JR-00000072`."
    )
    assert record["outcome"] == "unknown"


def test_a_run_that_is_not_cancelled_is_refused_with_its_status(zjr: Zjr, emulator: Emulator) -> None:
    result = zjr("delete", "JR-00000075")

    assert result.exit_code == 1
    assert result.stderr == (
        "zjr: JR-00000075 is Completed, and only a run that is Cancelled can be deleted: cancel it first.\n"
    )
    assert not deletions(emulator)


def test_stopping_says_where_to_look(zjr: Zjr) -> None:
    def stop(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    result = zjr.answering(stop)("delete", "JR-00000072")

    assert result.exit_code == 130
    assert result.stderr == "zjr: stopped; JR-00000072 may be deleted, or not; to see: `zjr get JR-00000072`\n"


class TestAsking:
    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(command, "asks", lambda yes: not yes)

    def test_no_changes_nothing(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("delete", "JR-00000072", stdin="n\n")

        assert result.exit_code == 1
        assert result.stderr == "Delete JR-00000072 for good? [y/N] zjr: nothing was changed\n"
        assert not deletions(emulator)

    @pytest.mark.parametrize(("options", "stdin"), [([], "y\n"), (["--yes"], ""), (["-y"], "")])
    def test_yes_deletes(self, zjr: Zjr, emulator: Emulator, options: list[str], stdin: str) -> None:
        result: Result = zjr("delete", "JR-00000072", *options, stdin=stdin)

        assert result.exit_code == 0
        assert deletions(emulator) == 1

    def test_a_run_that_cannot_be_deleted_is_not_asked_about(self, zjr: Zjr) -> None:
        result = zjr("delete", "JR-00000075")

        assert result.exit_code == 1
        assert "[y/N]" not in result.stderr
