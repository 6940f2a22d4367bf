"""`zjr create`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from zuora_journal_runs.emulator import HELD, Emulator, Pacing, RunStatus

from .running import Zjr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OCTOBER = ("--type", "Invoice Item", "--date", "2026-10-31", "--period", "Oct-2026")


def creating(*then: httpx.Response | BaseException) -> Callable[[httpx.Request], httpx.Response]:
    """A service that creates a run, and then answers with these in turn, the last one for ever."""
    left = list(then)

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"success": True, "journalRunNumber": "JR-00000076"})
        given = left[0] if len(left) == 1 else left.pop(0)
        if isinstance(given, BaseException):
            raise given
        return httpx.Response(given.status_code, content=given.content)

    return handler


def run(status: str, **fields: object) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "number": "JR-00000076", "status": status, **fields})


GONE = httpx.Response(200, json={"success": False, "reasons": [{"code": 50000040, "message": "Cannot find it."}]})


def test_its_number_is_printed_and_nothing_else(zjr: Zjr) -> None:
    result = zjr("create", *OCTOBER)

    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == "JR-00000076\n"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (
            OCTOBER,
            {
                "transactionTypes": [{"type": "Invoice Item"}],
                "journalEntryDate": "2026-10-31",
                "accountingPeriodName": "Oct-2026",
            },
        ),
        (
            (*OCTOBER, "--organization", "Labs Asia", "--organization-id", "o1", "--organization-id", "o2"),
            {
                "transactionTypes": [{"type": "Invoice Item"}],
                "journalEntryDate": "2026-10-31",
                "accountingPeriodName": "Oct-2026",
                "organizationLabels": [
                    {"organizationId": "o1"},
                    {"organizationId": "o2"},
                    {"organizationName": "Labs Asia"},
                ],
            },
        ),
        (
            (
                *("--type", "Invoice Item", "--type", "Taxation Item", "--date", "2026-10-31"),
                *("--from", "2026-10-01", "--to", "2026-10-15"),
            ),
            {
                "transactionTypes": [{"type": "Invoice Item"}, {"type": "Taxation Item"}],
                "journalEntryDate": "2026-10-31",
                "targetStartDate": "2026-10-01",
                "targetEndDate": "2026-10-15",
            },
        ),
    ],
)
def test_what_is_given_is_sent(zjr: Zjr, arguments: tuple[str, ...], sent: dict[str, object]) -> None:
    bodies: list[object] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return creating()(request)

    assert zjr.responding(handler)("create", *arguments).exit_code == 0
    assert bodies == [sent]


def test_the_json_says_that_nobody_has_waited(zjr: Zjr) -> None:
    assert zjr.json("create", *OCTOBER) == [
        {
            "kind": "creation",
            "number": "JR-00000076",
            "exitStatus": 0,
            "outcome": "created",
            "status": None,
            "totalJournalEntryCount": None,
            "message": None,
            "advice": None,
        }
    ]


def test_what_became_of_it_follows_its_number(zjr: Zjr) -> None:
    result = zjr("create", *OCTOBER, "--wait")

    assert result.exit_code == 0
    number, became = result.stdout.splitlines()
    assert number == "JR-00000076"
    assert became.startswith("Completed, ")
    assert result.stderr.splitlines() == [
        "JR-00000076: waiting until it has ended, 1 h at most",
        "JR-00000076: Pending",
        "JR-00000076: Processing",
    ]


def test_what_became_of_it_is_in_the_json(zjr: Zjr) -> None:
    november = ["--type", "Invoice Item", "--date", "2026-11-30", "--period", "Nov-2026"]
    (record,) = zjr.json("create", *november, "--wait")

    assert (record["outcome"], record["status"]) == ("completed", "Completed")
    assert record["totalJournalEntryCount"] > 0


def test_a_run_that_ends_in_error_is_an_error(zjr: Zjr, emulator: Emulator) -> None:
    emulator.end_next_run(RunStatus.ERROR)

    result = zjr("create", *OCTOBER, "--wait")

    assert result.exit_code == 1
    assert result.stdout == "JR-00000076\n"
    assert result.stderr.splitlines()[-1].startswith("zjr: JR-00000076 ended in Error. ")


@pytest.mark.parametrize(
    ("then", "outcome", "status", "said"),
    [
        ([run("Pending"), run("Error")], "error", "Error", "JR-00000076 ended in Error"),
        (
            [run("CancelInprogress"), run("Cancelled")],
            *("cancelled", "Cancelled", "JR-00000076 was cancelled by somebody else meanwhile"),
        ),
        ([run("Pending"), GONE], "deleted", None, "JR-00000076 was deleted by somebody else meanwhile"),
    ],
)
def test_a_run_that_does_not_complete_says_how_it_ended(
    zjr: Zjr, then: list[httpx.Response], outcome: str, status: str | None, said: str
) -> None:
    (record,) = zjr.responding(creating(*then)).json("create", *OCTOBER, "--wait", status=1)

    assert (record["outcome"], record["status"], record["message"]) == (outcome, status, said)


@pytest.mark.parametrize(
    ("fields", "said"), [({}, "Completed"), ({"totalJournalEntryCount": 0}, "Completed, 0 entries")]
)
def test_a_completed_run_reports_how_many_entries_it_has_if_zuora_does(
    zjr: Zjr, fields: dict[str, object], said: str
) -> None:
    result = zjr.responding(creating(run("Completed", **fields)))("create", *OCTOBER, "--wait")

    assert result.stdout == f"JR-00000076\n{said}\n"


def test_a_run_that_has_not_ended_in_time_keeps_its_number() -> None:
    with Emulator(pacing=HELD) as emulator:
        zjr = Zjr(emulator.environ())
        result = zjr("create", *OCTOBER, "--wait", "--timeout", "5")

    assert result.exit_code == 4
    assert result.stdout == "JR-00000076\n"
    assert result.stderr.splitlines()[-1] == (
        "zjr: JR-00000076 has not ended after 5 s: the run was Pending when it was seen last. "
        "To check the run: `zjr get JR-00000076`."
    )


def test_a_run_that_cannot_be_retrieved_keeps_its_number(zjr: Zjr) -> None:
    denied = httpx.Response(200, json={"success": False, "reasons": [{"code": 53500010, "message": "You may not."}]})
    (record,) = zjr.responding(creating(denied)).json("create", *OCTOBER, "--wait", status=1)

    assert (record["number"], record["outcome"], record["status"]) == ("JR-00000076", "unknown", None)
    assert "You may not." in record["message"]


def test_after_a_lost_response_the_error_says_how_to_repeat_without_a_second_run(zjr: Zjr) -> None:
    keys: list[str] = []

    def lose(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        raise httpx.ReadError("reset")

    result = zjr.responding(lose)("create", *OCTOBER)

    assert result.exit_code == 1
    assert len(set(keys)) == 1
    assert (
        f"run the same command again with --idempotency-key {keys[0]}, which creates it at most once" in result.stderr
    )


def test_with_the_same_key_a_run_is_created_once(zjr: Zjr) -> None:
    first = zjr("create", *OCTOBER, "--idempotency-key", "october")
    second = zjr("create", *OCTOBER, "--idempotency-key", "october")

    assert first.stdout == second.stdout


def test_stopping_before_the_response_says_how_to_repeat(zjr: Zjr) -> None:
    def stop(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    result = zjr.responding(stop)("create", *OCTOBER, "--idempotency-key", "october")

    assert result.exit_code == 130
    assert result.stderr == (
        "zjr: stopped; the run may have been created; to create no second one, repeat the command with --idempotency-key october\n"
    )


def test_stopping_the_wait_leaves_the_number(zjr: Zjr) -> None:
    result = zjr.responding(creating(KeyboardInterrupt()))("create", *OCTOBER, "--wait", "--json")

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == (
        "zjr: stopped; JR-00000076 was created; to check it: `zjr get JR-00000076`"
    )


def test_a_period_that_is_not_there_is_reported(zjr: Zjr) -> None:
    result = zjr("create", "--type", "Invoice Item", "--date", "2026-10-31", "--period", "Foo-2026")

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "there is no accounting period 'Foo-2026'" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ["--type", "Invoice Itme", "--date", "2026-10-31", "--period", "Oct-2026"],
            "'Invoice Itme' is not a transaction type: did you mean 'Invoice Item'",
            id="near-miss",
        ),
        pytest.param(
            ["--type", "invoice item", "--date", "2026-10-31", "--period", "Oct-2026"],
            "did you mean 'Invoice Item'",
            id="other-case",
        ),
        pytest.param(
            ["--type", "xyzzy", "--date", "2026-10-31", "--period", "Oct-2026"],
            "'xyzzy' is not a transaction type: --help lists all of them",
            id="far-off",
        ),
        pytest.param(["--date", "2026-10-31", "--period", "Oct-2026"], "Missing option '--type'", id="no-type"),
        pytest.param(["--type", "Invoice Item", "--period", "Oct-2026"], "Missing option '--date'", id="no-date"),
        pytest.param(
            ["--type", "Invoice Item", "--date", "31.10.2026", "--period", "Oct-2026"],
            "'31.10.2026', which is not a date: write it as 2026-04-30",
            id="no-date-at-all",
        ),
        pytest.param(
            ["--type", "Invoice Item", "--date", "2026-10-31"],
            "no period: give either --period, or --from and --to",
            id="no-period",
        ),
        pytest.param(
            ["--type", "Invoice Item", "--date", "2026-10-31", "--from", "2026-10-01"],
            "--to is missing",
            id="half-a-period",
        ),
        pytest.param(
            ["--type", "Invoice Item", "--date", "2026-10-31", "--to", "2026-10-01"],
            "--from is missing",
            id="the-other-half",
        ),
        pytest.param(
            [*OCTOBER, "--to", "2026-10-31"], "two periods: give either --period, or --from and --to", id="two-periods"
        ),
        pytest.param(
            ["--type", "Invoice Item", "--date", "2026-10-31", "--from", "2026-10-31", "--to", "2026-10-01"],
            "--to 2026-10-01 is before --from 2026-10-31",
            id="backwards",
        ),
        pytest.param([*OCTOBER, "--wait-for-turn", "none"], "to wait for other runs needs a limit", id="endless"),
        pytest.param([*OCTOBER, "--wait-for-turn", "0"], "'0' is not a duration", id="no-time"),
        pytest.param([*OCTOBER, "--idempotency-key", "k" * 256], "at most 255 are allowed", id="long-key"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    zjr: Zjr, emulator: Emulator, arguments: list[str], said: str
) -> None:
    result = zjr("create", *arguments)

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert line.endswith("See `zjr create --help`.")
    assert not emulator.requests


def test_the_help_lists_all_types(zjr: Zjr) -> None:
    stdout = zjr("create", "--help").stdout

    listed = stdout.partition("Transaction types:\n")[2].splitlines()
    assert len(listed) == 29
    assert "  Invoice Item" in listed


class TestWaitingForOtherRuns:
    @pytest.fixture
    def busy(self) -> Iterator[Emulator]:
        """An emulator in which somebody else has started a run."""
        with Emulator(pacing=Pacing.parse("polls:3")) as emulator:
            emulator.create_run(
                {
                    "transactionTypes": [{"type": "Taxation Item"}],
                    "journalEntryDate": "2026-10-31",
                    "accountingPeriodName": "Oct-2026",
                }
            )
            yield emulator

    def test_without_it_a_run_in_the_way_is_an_error(self, busy: Emulator) -> None:
        result = Zjr(busy.environ())("create", *OCTOBER)

        assert result.exit_code == 1
        assert "JR-00000076" in result.stderr

    def test_what_is_waited_for_is_shown(self, busy: Emulator) -> None:
        result = Zjr(busy.environ())("create", *OCTOBER, "--wait-for-turn", "30m")

        assert result.exit_code == 0
        assert result.stdout == "JR-00000077\n"
        _, *keys = (
            request.headers["idempotency-key"] for request in busy.requests if request.operation == "createJournalRun"
        )
        first, *turns = result.stderr.splitlines()
        assert first == "new run: waiting until no other run is in the way, 30 min at most"
        shown = re.compile(
            "new run: JR-00000076 was in the way, and is now (.*); next try under the idempotency key (.*)"
        )
        statuses, shown_keys = zip(*(found.groups() for turn in turns if (found := shown.fullmatch(turn))), strict=True)
        assert list(dict.fromkeys(statuses)) == ["Pending", "Processing", "Completed"]
        assert list(shown_keys) == keys

    def test_when_the_time_is_up_nothing_was_created_and_the_status_is_4(self) -> None:
        with Emulator(pacing=HELD) as emulator:
            zjr = Zjr(emulator.environ())
            assert zjr("create", *OCTOBER).exit_code == 0
            (error,) = zjr.json("create", *OCTOBER, "--wait-for-turn", "20s", status=4)
            assert len(emulator.runs()) == 6

        assert "another run was in the way for 20 s, and nothing was created" in error["message"]
        assert error["advice"] == "Try again later, or with a longer --wait-for-turn"
        assert error["requestId"]
        assert not error["maybeProcessed"]

    @pytest.mark.parametrize("options", [[], ["--evidence", "close.jsonl"]])
    @pytest.mark.parametrize("refusals", [0, 2])
    def test_stopping_names_the_last_key_or_the_file(
        self, zjr: Zjr, options: list[str], refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        keys: list[str] = []

        def stop(request: httpx.Request) -> httpx.Response:
            keys.append(request.headers["idempotency-key"])
            if len(keys) > refusals:
                raise KeyboardInterrupt
            reasons = [{"code": 50000030, "message": "Another run is in progress."}]
            return httpx.Response(200, json={"success": False, "reasons": reasons})

        result = zjr.responding(stop)("create", *OCTOBER, "--wait-for-turn", "10m", *options)

        assert result.exit_code == 130
        assert len({*keys}) == len(keys) == refusals + 1
        said = "--evidence close.jsonl" if options else f"--idempotency-key {keys[-1]}"
        assert result.stderr.splitlines()[-1] == (
            f"zjr: stopped; the run may have been created; to create no second one, repeat the command with {said}"
        )
