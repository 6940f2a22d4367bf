"""`zjr cancel`."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs.cli import batch, confirmation, progress
from zuora_journal_runs.cli.terminal import Person
from zuora_journal_runs.emulator import HELD, Emulator, RunStatus, SeedRun, Transfer

from .running import Zjr, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

BLOCKED = {
    "number": "JE-00000038",
    "transactionType": "Electronic Payment",
    "currency": "USD",
    "amount": "68570.22",
    "transferredToAccounting": "Yes",
    "reason": "it was transferred to accounting",
    "advice": 'reverse it in the ledger, or ask a user who may "Override Transferred to Accounting"; then cancel again',
    "unsettled": False,
}
ACCEPTED = httpx.Response(200, json={"success": True})


def refusal(code: int, message: str) -> httpx.Response:
    return httpx.Response(200, json={"success": False, "reasons": [{"code": code, "message": message}]})


def run(status: str, number: str = "JR-00000075", **fields: object) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "number": number, "status": status, **fields})


def page(*entries: tuple[str, str]) -> httpx.Response:
    given = [
        {"number": f"JE-{place:08}", "status": status, "transferredToAccounting": transferred}
        for place, (status, transferred) in enumerate(entries, 1)
    ]
    return httpx.Response(200, json={"success": True, "journalEntries": given})


def service(**answers: Sequence[httpx.Response | BaseException]) -> Callable[[httpx.Request], httpx.Response]:
    """A service that answers to PUT, GET (of the run) and ENTRIES in turn, the last one for ever."""

    left_of = {kind: list(given) for kind, given in answers.items()}

    def handler(request: httpx.Request) -> httpx.Response:
        kind = "ENTRIES" if "journal-entries" in request.url.path else request.method
        left = left_of[kind]
        given = left[0] if len(left) == 1 else left.pop(0)
        if isinstance(given, BaseException):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return handler


def requests(emulator: Emulator, method: str) -> list[str]:
    return [request.path for request in emulator.requests if request.method == method]


class TestOneRun:
    def test_an_entry_that_stays_is_named_with_reason_and_advice(self, zjr: Zjr) -> None:
        result = zjr("cancel", "--yes", "JR-00000075")

        assert result.exit_code == 3
        assert result.stdout.splitlines() == [
            "JR-00000075  NOT everything is cancelled",
            "  Asked     to cancel the run and all of its entries",
            "  API said  success: true, which only means that the run's status allows it",
            "  Happened  9 of 10 entries cancelled, 1 not; the run is Completed",
            "  Stays     JE-00000038  Electronic Payment  68,570.22 USD",
            "            It was transferred to accounting. Reverse it in the ledger, or ask a",
            '            user who may "Override Transferred to Accounting"; then cancel',
            "            again.",
        ]

    def test_an_entry_that_stays_is_in_the_json(self, zjr: Zjr, emulator: Emulator) -> None:
        numbers = emulator.entry_numbers("JR-00000075")

        assert zjr.json("cancel", "--yes", "JR-00000075", status=3) == [
            {
                "kind": "cancellation",
                "number": "JR-00000075",
                "exitStatus": 3,
                "acknowledged": True,
                "outcome": "incomplete",
                "status": "Completed",
                "deleted": False,
                "cancelled": [number for number in numbers if number != "JE-00000038"],
                "remaining": [BLOCKED],
                "discrepancies": [],
                "message": None,
                "advice": None,
            }
        ]

    def test_a_run_that_is_wholly_cancelled_is_done(self, zjr: Zjr) -> None:
        result = zjr("cancel", "--yes", "JR-00000073")

        assert result.exit_code == 0
        assert result.stdout.splitlines()[0] == "JR-00000073  cancelled"
        assert result.stdout.splitlines()[-1] == "  Happened  all 24 entries are cancelled; the run is Cancelled"

    @pytest.mark.parametrize(
        ("entries", "said"),
        [(0, "there were no entries; the run is Cancelled"), (1, "its 1 entry is cancelled; the run is Cancelled")],
    )
    def test_one_and_two_entries_are_put_in_good_english(
        self, zjr: Zjr, emulator: Emulator, entries: int, said: str
    ) -> None:
        number = emulator.add_run(SeedRun(entries=entries))

        assert zjr("cancel", "--yes", number).stdout.splitlines()[-1] == f"  Happened  {said}"

    def test_a_reason_that_many_share_is_reported_once(self, zjr: Zjr, emulator: Emulator) -> None:
        transfers = {1: Transfer.YES, 2: Transfer.PROCESSING, 4: Transfer.YES}
        number = emulator.add_run(SeedRun(entries=4, transfers=transfers))

        stdout = zjr("cancel", "--yes", number).stdout

        assert stdout.count("It was transferred to accounting.") == 1
        assert stdout.count("It is being transferred to accounting.") == 1
        assert all(entry in stdout for entry in emulator.entry_numbers(number)[:2])

    def test_an_entry_whose_transfer_may_end_either_way_is_unsettled(self, zjr: Zjr) -> None:
        (record,) = zjr.json("cancel", "--yes", "JR-00000074", status=3)

        assert [(entry["number"], entry["unsettled"]) for entry in record["remaining"]] == [("JE-00000030", True)]

    def test_an_entry_that_nothing_blocks_any_more_needs_another_cancellation(self, zjr: Zjr) -> None:
        late = service(
            PUT=[ACCEPTED],
            GET=[run("CancelInprogress"), run("Completed")],
            ENTRIES=[page(("Cancelled", "No"), ("Created", "No"))],
        )
        (record,) = zjr.responding(late).json("cancel", "--yes", "JR-00000075", status=3)

        assert [entry["advice"] for entry in record["remaining"]] == ["cancel the run again"]

    @pytest.mark.parametrize(
        ("seen", "status", "outcome", "title", "happened"),
        [
            ("Cancelled", 0, "complete", "cancelled", "it was cancelled, then deleted by somebody else"),
            ("CancelInprogress", 3, "incomplete", "NOT shown to be cancelled", "it was never seen Cancelled"),
        ],
    )
    def test_a_run_that_is_gone_was_cancelled_only_if_it_was_seen_so(
        self, zjr: Zjr, seen: str, status: int, outcome: str, title: str, happened: str
    ) -> None:
        gone = refusal(50000040, "Cannot find entity by key: 'JR-00000075'.")
        entries = httpx.Response(503)

        def responding() -> Zjr:
            return zjr.responding(service(PUT=[ACCEPTED], GET=[run(seen), gone], ENTRIES=[entries]))

        result = responding()("cancel", "--yes", "JR-00000075")
        assert result.exit_code == status
        assert result.stdout.splitlines()[0] == f"JR-00000075  {title}"
        assert f"the run is gone: {happened}" in result.stdout
        assert ("But       The run is gone, and was never seen Cancelled" in result.stdout) == bool(status)

        (record,) = responding().json("cancel", "--yes", "JR-00000075", status=status)
        assert (record["deleted"], record["status"], record["outcome"]) == (True, None, outcome)
        assert len(record["discrepancies"]) == bool(status)

    def test_entries_that_cannot_be_read_are_not_an_empty_list(self, zjr: Zjr) -> None:
        denied = refusal(53500010, "You may not look.")
        handler = service(PUT=[ACCEPTED], GET=[run("Cancelled")], ENTRIES=[denied])
        result = zjr.responding(handler)("cancel", "--yes", "JR-00000075")

        assert result.exit_code == 3
        assert result.stdout.splitlines()[0] == "JR-00000075  NOT shown to be cancelled"
        assert "Happened  the status of the entries was not shown; the run is Cancelled" in result.stdout
        assert "But       The run is Cancelled, and its entries cannot be read." in result.stdout

    def test_each_change_of_the_status_is_a_line(self, zjr: Zjr) -> None:
        seen = [run("Completed", totalJournalEntryCount=2)] * 3 + [run("CancelInprogress")] * 2 + [run("Cancelled")]
        moving = service(
            PUT=[ACCEPTED],
            GET=seen,
            ENTRIES=[
                page(("Created", "No"), ("Created", "No")),
                page(("Cancelled", "No"), ("Created", "No")),
                page(("Cancelled", "No"), ("Created", "No")),
                page(("Cancelled", "No"), ("Cancelled", "No")),
            ],
        )
        result = zjr.responding(moving)("cancel", "--yes", "JR-00000075")

        assert result.exit_code == 0
        assert result.stderr.splitlines() == [
            "JR-00000075: waiting until the outcome is known, 1 h at most",
            "JR-00000075: Completed, 0 of 2 entries cancelled",
            "JR-00000075: CancelInprogress, 1 of 2 entries cancelled, 0.3 per second, about 3 s left",
        ]


class TestDeadline:
    def test_an_outcome_that_is_not_known_in_time_is_not_claimed(self) -> None:
        with Emulator(pacing=HELD) as emulator:
            result = Zjr(emulator.environ())("cancel", "--yes", "JR-00000075", "--timeout", "2.5")

        assert result.exit_code == 4
        assert result.stdout == ""
        assert result.stderr.splitlines()[-1] == (
            "zjr: what the cancellation of JR-00000075 did is not known after 2.5 s: the run was CancelInprogress when it "
            "was seen last. To resume waiting: `zjr cancel --yes JR-00000075`."
        )

    def test_it_is_an_object_in_json(self) -> None:
        with Emulator(pacing=HELD) as emulator:
            (record,) = Zjr(emulator.environ()).json("cancel", "--yes", "JR-00000075", status=4)

        assert record["outcome"] == "unknown"
        assert record["status"] == "CancelInprogress"
        assert record["cancelled"] is None
        assert record["remaining"] is None
        assert "not known after 3,600 s" in record["message"]

    def test_a_run_that_cannot_be_retrieved_is_unknown_and_an_error(self, zjr: Zjr) -> None:
        blind = service(PUT=[ACCEPTED], GET=[refusal(53500010, "You may not look.")])
        (record,) = zjr.responding(blind).json("cancel", "--yes", "JR-00000075", status=1)

        assert (record["acknowledged"], record["outcome"], record["status"]) == (True, "unknown", None)
        assert "You may not look." in record["message"]
        assert record["advice"] == "To resume waiting: `zjr cancel --yes JR-00000075`"


class TestStalls:
    def responding(self, zjr: Zjr) -> Zjr:
        handler = service(
            PUT=[ACCEPTED],
            GET=[run("CancelInprogress", totalJournalEntryCount=2)],
            ENTRIES=[page(("Cancelled", "No"), ("Created", "No"))],
        )
        return zjr.responding(handler)

    def test_a_cancellation_in_which_nothing_changes_any_more_is_not_waited_for(self, zjr: Zjr) -> None:
        result = self.responding(zjr)("cancel", "--yes", "JR-00000075", "--stall-after", "5m", "--timeout", "none")

        assert result.exit_code == 4
        assert result.stderr.splitlines()[0] == "JR-00000075: waiting until the outcome is known"
        assert "the cancellation of JR-00000075 has stalled: nothing has changed for 300 s" in result.stderr

    def test_the_deadline_may_come_first(self, zjr: Zjr) -> None:
        stderr = self.responding(zjr)("cancel", "--yes", "JR-00000075", "--stall-after", "never").stderr

        assert "is not known after 3,600 s" in stderr


class TestNotWaiting:
    def test_what_was_accepted_is_not_called_cancelled(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "--yes", "JR-00000075", "--no-wait")

        assert result.exit_code == 0
        assert result.stderr == ""
        assert result.stdout.splitlines() == [
            "JR-00000075  cancellation requested; outcome not known yet",
            "  Asked     to cancel the run and all of its entries",
            "  API said  success: true, which only means that the run's status allows it",
            "  Happened  not known yet",
            "  Next      `zjr cancel --yes JR-00000075` waits for the outcome; repeating the",
            "            request is safe.",
        ]
        assert not requests(emulator, "GET")

    def test_the_json_says_that_nothing_is_known(self, zjr: Zjr) -> None:
        (record,) = zjr.json("cancel", "--yes", "JR-00000075", "--no-wait")

        assert record["outcome"] == "accepted"
        assert [record[name] for name in ("status", "cancelled", "remaining")] == [None, None, None]

    def test_the_command_to_continue_does_what_this_one_did(self, zjr: Zjr, tmp_path: Path) -> None:
        options = ["--entity", "e1", "--org", "o1, o2", "--zuora-version", "2025-08-12", "--timeout", "5s"]
        file = str(tmp_path / "the close.jsonl")
        (record,) = zjr.responding(service(PUT=[ACCEPTED])).json(
            "cancel", "-y", "JR-00000075", "--no-wait", *options, "--evidence", file
        )

        command = "zjr cancel --entity e1 --org o1,o2 --zuora-version 2025-08-12"
        assert record["advice"].startswith(f"`{command} --evidence '{file}' --yes JR-00000075` waits for the outcome")

    def test_a_cancellation_in_progress_is_not_waited_for(self, zjr: Zjr) -> None:
        zjr("cancel", "--yes", "JR-00000075", "--no-wait")

        (record,) = zjr.json("cancel", "--yes", "JR-00000075", "--no-wait")

        assert (record["acknowledged"], record["outcome"]) == (False, "accepted")

    def test_a_run_that_is_cancelled_already_is_reported_at_once(self, zjr: Zjr) -> None:
        (record,) = zjr.json("cancel", "--yes", "JR-00000072", "--no-wait")

        assert (record["acknowledged"], record["outcome"], len(record["cancelled"])) == (False, "complete", 4)


class TestAgain:
    def test_a_cancellation_in_progress_is_waited_for(self, zjr: Zjr, emulator: Emulator) -> None:
        zjr("cancel", "--yes", "JR-00000075", "--no-wait")

        result = zjr("cancel", "--yes", "JR-00000075")

        assert result.exit_code == 3
        assert "API said  no success: true; but the run's status shows a cancellation" in result.stdout
        assert "JE-00000038" in result.stdout
        assert len(requests(emulator, "PUT")) == 2

    @pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS])
    def test_a_run_that_is_cancelled_is_done(self, status: RunStatus) -> None:
        with Emulator(pacing=HELD) as emulator:
            number = emulator.add_run(SeedRun(status=status, entries=2))
            (record,) = Zjr(emulator.environ()).json("cancel", "--yes", number)

        assert (record["acknowledged"], record["outcome"], record["status"]) == (False, "complete", status)

    def test_a_run_that_is_processed_cannot_be_cancelled_now(self) -> None:
        with Emulator(pacing=HELD) as emulator:
            number = emulator.add_run(SeedRun(status=RunStatus.PROCESSING))
            zjr = Zjr(emulator.environ())
            result = zjr("cancel", "--yes", number)
            (record,) = zjr.json("cancel", "--yes", number, status=1)

        assert result.exit_code == 1
        assert result.stdout == ""
        line = result.stderr.splitlines()[-1]
        assert f"{number} is Processing and cannot be cancelled." in line
        assert "Wait until processing has ended, then cancel it. [request " in line
        assert (record["kind"], record["maybeProcessed"]) == ("failure", False)
        assert record["requestId"]
        assert record["trackId"]

    def test_a_refusal_is_reported_even_if_the_run_cannot_be_retrieved(self, zjr: Zjr) -> None:
        handler = service(PUT=[refusal(53500030, "Not now.")], GET=[refusal(53500010, "You may not look.")])
        result = zjr.responding(handler)("cancel", "--yes", "JR-00000075")

        assert result.exit_code == 1
        assert "Not now." in result.stderr
        assert "You may not look." not in result.stderr

    def test_an_unknown_status_is_pointed_out(self, zjr: Zjr) -> None:
        handler = service(PUT=[refusal(53500030, "Not now.")], GET=[run("Hibernating")], ENTRIES=[page()])

        assert "Check the run in Zuora." in zjr.responding(handler)("cancel", "--yes", "JR-00000075").stderr
        plan = zjr.responding(handler)("cancel", "JR-00000075", "--dry-run").stdout
        assert "JR-00000075  Hibernating, cannot be cancelled now" in plan


class TestManyRuns:
    def test_each_is_reported_in_order_and_one_failure_stops_no_other(self, zjr: Zjr) -> None:
        result = zjr("cancel", "--yes", "JR-00000075", "JR-00000099", "JR-00000071", "JR-00000072")

        assert result.exit_code == 1
        lines = result.stdout.splitlines()
        assert [line for line in lines if line.startswith("JR-")] == [
            "JR-00000075  NOT everything is cancelled",
            "JR-00000071  cancelled",
            "JR-00000072  cancelled",
        ]
        assert lines[-1] == "4 runs: 1 not completely cancelled, 1 failed, 2 cancelled"
        (error,) = [line for line in result.stderr.splitlines() if line.startswith("zjr: ")]
        assert "Cannot find entity by key: 'JR-00000099'." in error

    def test_there_is_an_object_for_each_in_order(self, zjr: Zjr) -> None:
        found = zjr.json("cancel", "--yes", "JR-00000075", "JR-00000099", "JR-00000071", status=1)

        assert [(record["number"], record["kind"], record["exitStatus"]) for record in found] == [
            ("JR-00000075", "cancellation", 3),
            ("JR-00000099", "failure", 1),
            ("JR-00000071", "cancellation", 0),
        ]

    def test_without_a_terminal_one_line_is_enough_for_all(self, zjr: Zjr) -> None:
        stderr = zjr("cancel", "--yes", "JR-00000073", "JR-00000075", "--timeout", "90").stderr

        assert stderr == "2 runs: waiting until the outcomes are known, 90 s at most\n"

    def test_one_at_a_time_is_cancelled_when_the_one_before_it_is_settled(self, zjr: Zjr, emulator: Emulator) -> None:
        zjr("cancel", "--yes", "JR-00000075", "JR-00000073", "--at-once", "1")

        paths = [request.path for request in emulator.requests]
        second = paths.index("/v1/journal-runs/JR-00000073/cancel")
        assert not any("JR-00000075" in path for path in paths[second:])

    def test_a_run_that_does_not_settle_keeps_no_other_from_being_asked_for(self, zjr: Zjr, emulator: Emulator) -> None:
        numbers = [emulator.add_run(SeedRun(entries=1, pacing=HELD)) for _ in range(3)]
        result = zjr("cancel", "--yes", *numbers, "--timeout", "5")

        assert result.exit_code == 4
        assert set(requests(emulator, "PUT")) == {f"/v1/journal-runs/{number}/cancel" for number in numbers}

    def test_each_is_reported_as_soon_as_all_before_it_are(self, zjr: Zjr, monkeypatch: pytest.MonkeyPatch) -> None:
        told: list[tuple[str, int]] = []
        ended: list[str] = []
        end = progress.ProgressDisplay.finish

        def note(board: progress.ProgressDisplay, number: str) -> None:
            ended.append(number)
            end(board, number)

        monkeypatch.setattr(progress.ProgressDisplay, "finish", note)
        monkeypatch.setattr(batch, "_print", lambda record, _: told.append((record["number"], len(ended))))
        numbers = ["JR-00000075", "JR-00000072", "JR-00000071"]
        zjr("cancel", "--yes", *numbers)

        assert [number for number, _ in told] == numbers
        assert all(known == max(map(ended.index, numbers[: place + 1])) + 1 for place, (_, known) in enumerate(told))

    def test_what_had_no_turn_before_the_deadline_says_how_to_go_on(self, zjr: Zjr, emulator: Emulator) -> None:
        held = emulator.add_run(SeedRun(entries=1, pacing=HELD))
        result = zjr("cancel", "--yes", held, "JR-00000073", "--at-once", "1", "--timeout", "5")

        assert result.exit_code == 1
        assert (
            "zjr: cancel JR-00000073: the time was up before the request, and nothing was sent. "
            "To continue: `zjr cancel --yes JR-00000073`.\n"
        ) in result.stderr
        assert result.stdout == "2 runs: 1 outcome not known, 1 failed\n"

    @pytest.mark.parametrize("at_once", ["0", "-1", "many"])
    def test_less_than_one_at_once_is_wrong_usage(self, zjr: Zjr, emulator: Emulator, at_once: str) -> None:
        assert zjr("cancel", "--yes", "JR-00000073", "--at-once", at_once).exit_code == 2
        assert not emulator.requests

    @pytest.mark.parametrize(
        ("numbers", "status"),
        [
            (["JR-00000073", "JR-00000072"], 0),
            (["JR-00000073", "JR-00000075"], 3),
            (["JR-00000075", "JR-00000099"], 1),
        ],
    )
    def test_the_worst_status_wins(self, zjr: Zjr, numbers: list[str], status: int) -> None:
        assert zjr("cancel", "--yes", *numbers).exit_code == status

    def test_not_known_is_worse_than_incomplete(self) -> None:
        with Emulator() as emulator:
            held = emulator.add_run(SeedRun(entries=1, pacing=HELD))
            assert Zjr(emulator.environ())("cancel", "--yes", held, "JR-00000075").exit_code == 4


class TestDryRun:
    def test_the_plan_says_what_would_go_and_what_would_stay(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "JR-00000075", "--dry-run")

        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "JR-00000075  Completed, can be cancelled",
            "  Cancels  9 entries: JE-00000032, JE-00000033, JE-00000034, JE-00000035,",
            "           JE-00000036, JE-00000037, JE-00000039, JE-00000040, JE-00000041",
            "  Stays    JE-00000038  Electronic Payment  68,570.22 USD",
            "           It was transferred to accounting. Reverse it in the ledger, or ask a",
            '           user who may "Override Transferred to Accounting"; then cancel again.',
            "  Then     the run stays Completed",
            "Nothing was changed.",
        ]
        assert not requests(emulator, "PUT")

    def test_many_entries_are_counted(self, zjr: Zjr) -> None:
        stdout = zjr("cancel", "JR-00000073", "--dry-run").stdout

        assert "Cancels  24 entries: JE-" in stdout
        assert "and 14 more" in stdout
        assert "Then     the run is Cancelled" in stdout

    def test_a_run_without_entries_can_be_cancelled(self, zjr: Zjr) -> None:
        assert "Cancels  no entry" in zjr("cancel", "JR-00000071", "--dry-run").stdout

    def test_a_run_that_cannot_be_cancelled_says_why_and_what_to_do(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000072", "--dry-run")

        assert result.exit_code == 0
        assert result.stdout.splitlines()[:3] == [
            "JR-00000072  Cancelled, nothing to request",
            "  Why   It is already cancelled.",
            "  Next  Nothing to do; `zjr delete` deletes it.",
        ]

    def test_the_plan_as_json(self, zjr: Zjr, emulator: Emulator) -> None:
        allowed, refused = zjr.json("cancel", "JR-00000075", "JR-00000072", "--dry-run")

        assert allowed == {
            "kind": "plan",
            "number": "JR-00000075",
            "exitStatus": 0,
            "status": "Completed",
            "allowed": True,
            "complete": False,
            "reason": None,
            "advice": None,
            "cancellable": [number for number in emulator.entry_numbers("JR-00000075") if number != "JE-00000038"],
            "amounts": [{"currency": "USD", "amount": "925776.36"}],
            "blocked": [BLOCKED],
        }
        assert (refused["allowed"], refused["reason"]) == (False, "it is already cancelled")

    def test_what_cannot_be_planned_stops_no_other_plan(self, zjr: Zjr) -> None:
        found = zjr.json("cancel", "JR-00000099", "JR-00000075", "--dry-run", status=1)

        assert [record["kind"] for record in found] == ["failure", "plan"]

    def test_many_plans_are_summed_up(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000099", "JR-00000075", "JR-00000073", "--dry-run")

        assert result.exit_code == 1
        assert "Cannot find entity" in result.stderr
        assert "Stays    JE-00000038" in result.stdout
        total, last = result.stdout.splitlines()[-2:]
        assert total.split()[:4] == ["2", "runs", "33", "1"]
        assert last == "Nothing was changed."

    def test_plans_are_read_side_by_side_and_reported_in_order(self, zjr: Zjr) -> None:
        all_there = threading.Barrier(3)
        numbers = ["JR-00000075", "JR-00000073", "JR-00000074"]

        def handler(request: httpx.Request) -> httpx.Response:
            if "journal-entries" in request.url.path:
                return page()
            all_there.wait(timeout=10)
            return run("Completed", number=request.url.path.rpartition("/")[2])

        found = zjr.responding(handler).json("cancel", *numbers, "--dry-run")
        assert [record["number"] for record in found] == numbers


class TestAsking:
    @pytest.fixture(autouse=True)
    def _terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        @contextmanager
        def somebody() -> Iterator[Person]:
            yield Person(sys.stdin, sys.stderr)

        monkeypatch.setattr(confirmation, "person", somebody)

    def test_the_plan_is_shown_and_yes_acts(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000075", stdin="y\n")

        assert result.exit_code == 3
        assert "JR-00000075  Completed, can be cancelled" in result.stderr
        assert "Cancel JR-00000075? [y/N] " in result.stderr
        assert result.stdout.startswith("JR-00000075  NOT everything is cancelled")

    @pytest.mark.parametrize("answer", ["n\n", "\n", "", "what?\n"])
    def test_anything_but_yes_changes_nothing(self, zjr: Zjr, emulator: Emulator, answer: str) -> None:
        result = zjr("cancel", "JR-00000075", stdin=answer)

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.endswith("zjr: nothing was changed\n")
        assert not requests(emulator, "PUT")

    def test_yes_is_not_asked_for_twice(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000075", "--yes")

        assert result.exit_code == 3
        assert "[y/N]" not in result.stderr

    def test_several_runs_are_asked_about_once(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000075", "JR-00000073", stdin="yes\n")

        assert result.stderr.count("[y/N]") == 1
        assert "Cancel these 2 runs?" in result.stderr

    def test_what_failed_in_the_plan_is_reported_once_and_not_tried(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "JR-00000099", "JR-00000073", stdin="y\n")

        assert result.exit_code == 1
        assert result.stderr.count("Cannot find entity") == 1
        assert result.stdout.splitlines()[-1] == "2 runs: 1 failed, 1 cancelled"
        assert requests(emulator, "PUT") == ["/v1/journal-runs/JR-00000073/cancel"]

    def test_if_all_failed_in_the_plan_nothing_is_tried(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "JR-00000099", "JR-00000098")

        assert result.exit_code == 1
        assert result.stdout == "2 runs: 2 failed\n"
        assert not requests(emulator, "PUT")

    def test_a_run_that_becomes_possible_after_the_question_is_left_alone(self, zjr: Zjr) -> None:
        sent: list[str] = []

        def handler(request: httpx.Request) -> httpx.Response:
            number = request.url.path.split("/")[3]
            if request.method == "PUT":
                sent.append(number)
                return ACCEPTED
            if "journal-entries" in request.url.path:
                return page()
            if number in sent:
                return run("Cancelled", number)
            return run("Processing" if number == "JR-00000001" else "Completed", number)

        result = zjr.responding(handler)("cancel", "JR-00000001", "JR-00000002", stdin="y\n")

        assert sent == ["JR-00000002"]
        assert "Cancel JR-00000002? [y/N] " in result.stderr
        assert (
            "zjr: JR-00000001 is Processing and cannot be cancelled now. Wait until processing has ended, then cancel it.\n"
        ) in result.stderr
        assert result.stdout.splitlines()[-1] == "2 runs: 1 failed, 1 cancelled"
        assert result.exit_code == 1

    def test_the_plan_of_many_is_a_table(self, zjr: Zjr) -> None:
        def amount(number: str, currency: str, amount: str | None, transferred: str = "No") -> dict[str, Any]:
            items = [{"type": "Debit", "amount": amount}, {"type": "Credit", "amount": amount}]
            return {
                "number": number, "status": "Created", "transferredToAccounting": transferred,
                "currency": currency, "journalEntryItems": items,
            }  # fmt: skip

        entries = {
            "JR-00000001": [
                amount("JE-1", "USD", "0.10"),
                amount("JE-2", "EUR", "1000000"),
                amount("JE-3", "USD", "0.2"),
            ],
            "JR-00000002": [amount("JE-4", "USD", "7"), amount("JE-5", "JPY", None), amount("JE-6", "USD", "9", "Yes")],
            "JR-00000003": [],
        }

        def handler(request: httpx.Request) -> httpx.Response:
            number = request.url.path.rpartition("/")[2]
            if "journal-entries" in request.url.path:
                return httpx.Response(200, json={"success": True, "journalEntries": entries[number]})
            return run("Cancelled" if number == "JR-00000003" else "Completed", number)

        result = zjr.responding(handler)("cancel", *entries, stdin="n\n")

        assert result.stderr.splitlines() == [
            "Run          Status     Entries that go  Entries that stay  Amount that goes",
            "JR-00000001  Completed                3                  0          0.30 USD",
            "                                                            1,000,000.00 EUR",
            "JR-00000002  Completed                2                  1          7.00 USD",
            "                                                               not known JPY",
            "JR-00000003  Cancelled",
            "2 of 3                                5                  1          7.30 USD",
            "                                                            1,000,000.00 EUR",
            "                                                               not known JPY",
            "JR-00000003: It is already cancelled. Nothing to do; `zjr delete` deletes it.",
            "--dry-run lists the entries that stay, and why.",
            "Cancel these 2 runs? [y/N] zjr: nothing was changed",
        ]

    def test_if_there_is_nothing_to_cancel_nothing_is_asked(self, zjr: Zjr) -> None:
        result = zjr("cancel", "JR-00000072", "JR-00000099")

        assert result.exit_code == 1
        assert "[y/N]" not in result.stderr
        assert "JR-00000072  cancelled" in result.stdout


class TestRefusal:
    """Nobody can be asked, and nobody has said --yes."""

    def test_one_run_is_not_cancelled_and_its_plan_is_shown(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "JR-00000075", stdin="y\n")

        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith("JR-00000075  Completed, can be cancelled\n")
        assert result.stderr.splitlines()[-1] == (
            "zjr: nothing was changed: there is no terminal to ask for confirmation; "
            "to confirm, run the same command with --yes"
        )
        assert not requests(emulator, "PUT")

    def test_many_runs_are_not_cancelled_and_their_plan_is_shown(self, zjr: Zjr, emulator: Emulator) -> None:
        result = zjr("cancel", "-", stdin="JR-00000075\nJR-00000073 # and this\n")

        assert result.exit_code == 2
        assert "JR-00000073  Completed               24                  0" in result.stderr
        assert not requests(emulator, "PUT")

    def test_json_refuses_even_if_somebody_could_be_asked(
        self, zjr: Zjr, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(confirmation, "person", lambda: pytest.fail("asked"))
        result = zjr("cancel", "JR-00000075", "JR-00000099", "--json", stdin="y\n")

        assert result.exit_code == 2
        assert result.stderr == (
            "zjr: nothing was changed: --json does not ask for confirmation; to confirm, run the same command with --yes\n"
        )
        plan, failure, refusal = records(result.stdout)
        assert (plan["kind"], plan["number"], failure["kind"]) == ("plan", "JR-00000075", "failure")
        assert (refusal["kind"], refusal["exitStatus"]) == ("refusal", 2)
        assert not requests(emulator, "PUT")


class TestStopping:
    """Ctrl-C, at each point where the command may be."""

    @pytest.mark.parametrize(
        ("answers", "numbers", "known"),
        [
            pytest.param(
                {"PUT": [KeyboardInterrupt()]},
                ["JR-00000075"],
                "a cancellation of JR-00000075 may be in progress, and its outcome is not known yet; "
                "to continue: `zjr cancel --yes JR-00000075`",
                id="while-asking",
            ),
            pytest.param(
                {"PUT": [ACCEPTED], "GET": [KeyboardInterrupt()]},
                ["JR-00000075"],
                "a cancellation of JR-00000075 may be in progress, and its outcome is not known yet; "
                "to continue: `zjr cancel --yes JR-00000075`",
                id="while-waiting",
            ),
            pytest.param(
                {"PUT": [ACCEPTED], "GET": [KeyboardInterrupt()]},
                ["JR-00000074", "JR-00000075"],
                "0 of 2 runs are done, and the outcomes of the others are not known yet; "
                "to continue, run the same command again",
                id="in-the-first-of-many",
            ),
            pytest.param(
                {"PUT": [ACCEPTED], "GET": [run("Cancelled", "JR-00000074"), KeyboardInterrupt()], "ENTRIES": [page()]},
                ["JR-00000074", "JR-00000075", "--at-once", "1"],
                "1 of 2 runs are done (1 cancelled), and the outcomes of the others are not known "
                "yet; to continue, run the same command again",
                id="in-the-second-of-many",
            ),
        ],
    )
    def test_what_is_known_is_left_in_one_line(
        self, zjr: Zjr, answers: dict[str, Any], numbers: list[str], known: str
    ) -> None:
        result = zjr.responding(service(**answers))("cancel", "--yes", *numbers)

        assert result.exit_code == 130
        assert result.stderr.splitlines()[-1] == f"zjr: stopped; {known}"

    def test_a_plan_that_is_stopped_has_changed_nothing(self, zjr: Zjr) -> None:
        handler = service(GET=[KeyboardInterrupt()])
        result = zjr.responding(handler)("cancel", "JR-00000075", "--dry-run")

        assert result.exit_code == 130
        assert result.stderr == "zjr: stopped; nothing was changed\n"


def test_a_request_whose_response_is_lost_may_have_been_processed(zjr: Zjr) -> None:
    lost = zjr.responding(service(PUT=[httpx.ReadError("reset")], GET=[httpx.ReadError("reset")]))
    lost.connect = partial(lost.connect, clock=FakeClock(), random=Random(1))
    result = lost("cancel", "--yes", "JR-00000075")

    assert result.exit_code == 1
    assert "It may have been processed: check the run, or run the same command again." in result.stderr
    assert "(5 attempts)" in result.stderr
    (record,) = lost.json("cancel", "--yes", "JR-00000075", status=1)
    assert record["maybeProcessed"] is True


def test_headers_are_options(zjr: Zjr) -> None:
    seen: list[httpx.Headers] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return service(PUT=[ACCEPTED], GET=[run("Cancelled")], ENTRIES=[page()])(request)

    options = ["--entity", "e1", "--org", "o1, o2", "--track-id", "close-2026-10", "--zuora-version", "2025-08-12"]
    assert zjr.responding(handler)("cancel", "--yes", "JR-00000075", *options).exit_code == 0

    assert len(seen) == 3
    for headers in seen:
        assert headers["Zuora-Entity-Ids"] == "e1"
        assert headers["Zuora-Org-Ids"] == "o1,o2"
        assert headers["Zuora-Track-Id"] == "close-2026-10"
        assert headers["Zuora-Version"] == "2025-08-12"
