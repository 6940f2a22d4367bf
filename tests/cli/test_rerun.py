"""`zjr rerun`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import HELD, Emulator, RunStatus, Transfer

from .running import Zjr, meanwhile

if TYPE_CHECKING:
    from pathlib import Path

RUN = "JR-00000073"
BLOCKED = "JE-00000038"
NEW = "JR-00000076"


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "rerun.jsonl")


@pytest.fixture
def zjr(quick: Emulator) -> Zjr:
    return Zjr(quick.environ())


def live(emulator: Emulator) -> list[str]:
    """The runs that are neither cancelled nor deleted."""
    return [
        run.number for run in emulator.runs() if run.status not in (RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS)
    ]


def changes(emulator: Emulator) -> list[str]:
    methods = ("POST", "PUT", "DELETE")
    return [each.path for each in emulator.requests if each.method in methods and "oauth" not in each.path]


def creations(emulator: Emulator) -> list[str]:
    """The idempotency keys of the creations that were requested, in order."""
    return [
        request.headers["idempotency-key"] for request in emulator.requests if request.operation == "createJournalRun"
    ]


def test_a_run_is_created_in_place_of_one_that_is_cancelled(zjr: Zjr, quick: Emulator, file: str) -> None:
    before = live(quick)
    entries = zjr.json("entries", RUN, "--totals")[0]
    (record,) = zjr.json("rerun", RUN, "--evidence", file, "--yes")
    after = zjr.json("entries", NEW, "--totals")[0]

    assert [record[name] for name in ("number", "created", "ending", "remaining", "discrepancies")] == [
        *(RUN, NEW, "Completed", [], []),
    ]
    assert live(quick) == [number for number in before if number != RUN] + [NEW]
    for when, totals in (("Before", entries), ("After", after)):
        for side in ("debits", "credits"):
            listed = [float(each[f"{side}{when}"]) for each in record["totals"]]
            assert sum(listed) == pytest.approx(float(totals["currencies"][0][side]))
    assert record["same"] == all(float(each["debitsDifference"]) == 0 for each in record["totals"])
    assert zjr.json("entries", NEW)[0]["entries"][0]["accountingPeriodName"] == "Sep-2026"
    # It is judged again offline, and to call it once more changes nothing.
    (judged,) = zjr.json("evidence", file)
    assert (judged["about"], judged["verdict"], judged["created"]) == ("rerun", "complete", NEW)
    quick.clear_requests()
    assert zjr.json("rerun", RUN, "--evidence", file, "--yes") == [record]
    assert not changes(quick)


def service(before: str, after: str, *, transferred: bool = False) -> Any:
    """A service with a run of one entry, and one in its place, with these amounts.

    Args:
        before: The amount in the old run.
        after: The amount in the new run.
        transferred: Whether the entry is transferred just before it would be cancelled.
    """
    state = {"cancelled": False, "transferred": False}

    def entry(number: str, amount: str) -> dict[str, Any]:
        items = [{"type": side, "accountingCodeName": "Cash", "amount": amount} for side in ("Debit", "Credit")]
        fields = {"transactionType": "Invoice Item", "currency": "USD", "accountingPeriodName": "Oct-2026"}
        return {
            "number": number,
            "status": "Created",
            "transferredToAccounting": "No",
            "journalEntryItems": items,
            **fields,
        }

    def handler(request: httpx.Request) -> httpx.Response:
        body: dict[str, Any] = {"success": True}
        path, is_new = request.url.path, request.url.path.endswith(NEW)
        if request.method == "PUT":
            state["transferred" if transferred else "cancelled"] = True
        elif request.method == "POST":
            body["journalRunNumber"] = NEW
        elif "journal-entries" in path:
            found = entry("JE-00000002", after) if is_new else entry("JE-00000001", before)
            if not is_new:
                found["status"] = "Cancelled" if state["cancelled"] else "Created"
                found["transferredToAccounting"] = "Yes" if state["transferred"] else "No"
            body["journalEntries"] = [found]
        else:
            status = "Cancelled" if state["cancelled"] and not is_new else "Completed"
            body |= {"number": NEW if is_new else RUN, "status": status, "totalJournalEntryCount": 1}
            body |= {"journalEntryDate": "2026-10-31", "transactionTypes": [{"type": "Invoice Item"}]}
        return httpx.Response(200, json=body)

    return handler


@pytest.mark.parametrize(
    ("before", "after", "difference", "shown", "same"),
    [
        ("100.10", "100.10", "0.00", "0.00", True),
        ("100.10", "150.20", "50.10", "+50.10", False),
        ("100.10", "100.095", "-0.005", "-0.005", False),
        (
            "99999999999999999999999999999.99",
            "0.01",
            "-99999999999999999999999999999.98",
            "-99,999,999,999,999,999,999,999,999,999.98",
            False,
        ),
    ],
)
def test_old_and_new_totals_and_their_differences_are_exact(
    zjr: Zjr, file: str, before: str, after: str, difference: str, shown: str, same: bool
) -> None:
    (record,) = zjr.responding(service(before, after)).json("rerun", RUN, "--evidence", file, "--yes")
    assert record["totals"] == [
        {
            "transactionType": "Invoice Item",
            "currency": "USD",
            **{f"{side}Before": before for side in ("debits", "credits")},
            **{f"{side}After": after for side in ("debits", "credits")},
            **{f"{side}Difference": difference for side in ("debits", "credits")},
        }
    ]
    assert record["same"] is same
    result = zjr.responding(service(before, after))("rerun", RUN, "--evidence", f"{file}2", "--yes")
    head, old, new, totals, empty, heading, debits, credited = result.stdout.splitlines()
    assert (head, old, new) == (f"{RUN}  rerun", "  Old run  cancelled", f"  New run  {NEW}  Completed")
    assert totals == f"  Totals   {'the same as before' if same else 'different from before'}"
    assert empty == ""
    assert heading.split() == ["Transaction", "type", "Before", "After", "Difference"]
    assert debits.startswith("Invoice Item")
    assert debits.split()[-1] == credited.split()[-1] == shown


def test_what_is_given_is_requested_in_place_of_what_was(zjr: Zjr, file: str) -> None:
    options = ["--type", "Invoice Item", "--date", "2026-10-30", "--from", "2026-10-01", "--to", "2026-10-15"]
    assert zjr("rerun", RUN, "--evidence", file, "--yes", *options).exit_code == 0
    (new,) = zjr.json("get", NEW)
    assert {
        name: new[name] for name in ("transactionTypes", "journalEntryDate", "targetStartDate", "targetEndDate")
    } == {
        "transactionTypes": [{"type": "Invoice Item"}],
        "journalEntryDate": "2026-10-30",
        "targetStartDate": "2026-10-01",
        "targetEndDate": "2026-10-15",
    }
    # The file is for these changes alone.
    result = zjr("rerun", RUN, "--evidence", file, "--yes")
    assert result.exit_code == 2
    assert "with other parameters" in result.stderr


class TestEntriesThatStay:
    def test_nothing_is_changed(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        result = zjr("rerun", "JR-00000075", "--evidence", file, "--yes")
        assert result.exit_code == 1
        assert f"nothing was changed: {BLOCKED} (it was transferred to accounting)" in result.stderr
        assert not changes(quick)

    def test_the_plan_says_so_and_is_not_written(self, zjr: Zjr, tmp_path: Path) -> None:
        assert zjr("rerun", "JR-00000075", "--dry-run").stdout.splitlines()[-7:] == [
            f"  Stays         {BLOCKED} (Yes)",
            "  Refused       Not all entries can be cancelled: `zjr cancel JR-00000075",
            "                --dry-run` says what to do about each. To let them stay in the",
            "                old run, use --allow-remaining.",
            "  Would create  Invoice Item, Taxation Item, Electronic Payment, Revenue Event",
            "                Item; Oct-2026; entry date 2026-10-31",
            "Nothing was changed.",
        ]
        plan = tmp_path / "plan.json"
        result = zjr("rerun", "JR-00000075", "--dry-run", "--plan", str(plan))
        assert result.exit_code == 1
        assert "no plan was written, since it would be refused" in result.stderr
        assert not plan.exists()

    def test_they_may_be_allowed_to(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        result = zjr("rerun", "JR-00000075", "--evidence", file, "--yes", "--allow-remaining")
        assert result.exit_code == 0
        assert f"  Old run  cancelled, but for {BLOCKED}" in result.stdout
        assert NEW in live(quick)

    def test_those_that_stay_against_the_plan_are_status_3(self, zjr: Zjr, file: str) -> None:
        """Somebody transfers an entry while the run is being cancelled."""
        late = zjr.responding(service("1.00", "1.00", transferred=True))
        (error,) = late.json("rerun", RUN, "--evidence", file, "--yes", status=3)
        assert error["kind"] == "error"
        assert f"{RUN} is not cancelled as planned, and no run was created in its place" in error["message"]
        assert error["maybeProcessed"]


def test_a_new_run_that_ends_in_error_is_status_3(zjr: Zjr, quick: Emulator, file: str) -> None:
    quick.end_next_run(RunStatus.ERROR)
    result = zjr("rerun", RUN, "--evidence", file, "--yes")
    assert result.exit_code == 3
    assert result.stdout.splitlines()[:3] == [
        f"{RUN}  NOT rerun as planned",
        "  Old run  cancelled",
        f"  New run  {NEW}  Error",
    ]
    (judged,) = zjr.json("evidence", file, status=3)
    assert judged["summary"] == f"{RUN} was NOT rerun as planned: {NEW} was created in its place and is Error."


def test_progress_shows_both_runs(emulator: Emulator, file: str) -> None:
    result = Zjr(emulator.environ())("rerun", RUN, "--evidence", file, "--yes", "--timeout", "10m")
    assert result.exit_code == 0
    waiting, cancelling, *others = result.stderr.splitlines()
    assert waiting == f"{RUN}: waiting until it is cancelled and the new run has ended, 10 min at most"
    assert cancelling == f"{RUN}: CancelInprogress, 0 of 24 entries cancelled"
    assert others[-3:-1] == [
        f"{RUN}: cancelled; in its place, {NEW} is Pending",
        f"{RUN}: cancelled; in its place, {NEW} is Processing",
    ]


class TestInterruption:
    def test_a_deadline_is_status_4_and_the_same_command_continues(self, file: str) -> None:
        with Emulator(pacing=HELD) as emulator:
            zjr = Zjr(emulator.environ())
            command = ("rerun", RUN, "--evidence", file, "--type", "Invoice Item", "--type", "Taxation Item", "--yes")
            (error,) = zjr.json(*command, "--timeout", "5s", status=4)
            again = (
                f"To continue: `zjr rerun --type 'Invoice Item' --type 'Taxation Item' --evidence {file} --yes {RUN}`."
            )
            assert error["advice"] == again
            assert zjr("evidence", file).exit_code == 4
            emulator.release(RUN)
            (error,) = zjr.json(*command, "--timeout", "5s", status=4)
            assert live(emulator).count(NEW) == 1
            emulator.release(NEW)
            (record,) = zjr.json(*command)
            assert record["created"] == NEW
            assert len(creations(emulator)) == 1

    @pytest.mark.parametrize("lost", ["create:1:reset-after", "entries:3:reset", "get:3:reset"])
    def test_a_lost_response_leaves_one_run(self, zjr: Zjr, quick: Emulator, file: str, lost: str) -> None:
        operation, calls, effect = lost.split(":")
        fault = quick.add_fault(f"{operation}:{calls}+:{effect}")
        result = zjr("rerun", RUN, "--evidence", file, "--yes", "--timeout", "2m")
        assert result.exit_code in (1, 4), result.output
        assert f"To continue: `zjr rerun --evidence {file} --yes {RUN}`." in result.stderr
        # The key is in the file.
        assert "--idempotency-key" not in result.stderr
        quick.remove_fault(fault)
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 0
        assert [number for number in live(quick) if number >= NEW] == [NEW]
        assert RUN not in live(quick)

    def test_a_cancellation_that_the_run_shows_is_accepted(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        quick.add_fault("cancel:1+:reset-after")
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 0

    def test_a_refusal_keeps_its_own_advice(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        client_id, secret = quick.add_user({"Cancel Journal Run"})
        other = Zjr({**quick.environ(), "ZUORA_CLIENT_ID": client_id, "ZUORA_CLIENT_SECRET": secret})
        result = other("rerun", RUN, "--evidence", file, "--yes")
        assert result.exit_code == 1
        assert f"Ask an administrator for it. To continue: `zjr rerun --evidence {file} --yes {RUN}`." in result.stderr
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 0

    @pytest.mark.parametrize(
        "fault", ["token:1+:status-403", "get:1+:error-40", "entries:1+:status-503", "cancel:1+:error-30"]
    )
    def test_what_began_nothing_is_not_continued(self, zjr: Zjr, quick: Emulator, file: str, fault: str) -> None:
        number = quick.add_fault(fault)
        command = ("rerun", RUN, "--evidence", file, "--yes", "--timeout", "2m")
        result = zjr(*command)
        assert result.exit_code in (1, 4)
        assert "To continue" not in result.stderr
        quick.remove_fault(number)
        # Once it was begun, it is continued, whatever fails.
        quick.add_fault("create:1:status-503")
        number = quick.add_fault("create:2+:status-401")
        assert zjr(*command).exit_code == 1
        quick.remove_fault(number)
        quick.add_fault("get:1+:error-40")
        result = zjr(*command)
        assert f"To continue: `zjr rerun --evidence {file} --yes {RUN}`." in result.stderr

    def test_stopping_says_how_to_continue(self, zjr: Zjr, file: str) -> None:
        def stop(_: httpx.Request) -> httpx.Response:
            raise KeyboardInterrupt

        options = ("--date", "2026-10-30", "--allow-remaining")
        result = zjr.responding(stop)("rerun", RUN, "--evidence", file, "--yes", *options)
        assert result.exit_code == 130
        assert result.stderr.splitlines()[-1] == (
            f"zjr: stopped; the rerun of {RUN} may be in progress; to continue: "
            f"`zjr rerun --date 2026-10-30 --allow-remaining --evidence {file} --yes {RUN}`"
        )

    def test_a_key_of_yesterday_is_status_4(self, quick: Emulator, file: str) -> None:
        zjr = Zjr(quick.environ())
        fault = quick.add_fault("create:1+:reset-after")
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 1
        quick.remove_fault(fault)
        zjr.connect.keywords["clock"].now += 25 * 3600  # type: ignore[attr-defined]
        (error,) = zjr.json("rerun", RUN, "--evidence", file, "--yes", status=4)
        assert "Zuora has forgotten its idempotency key: look for the run in Zuora" in error["message"]
        assert error["maybeProcessed"]

    @pytest.mark.usefixtures("somebody")
    def test_a_person_is_asked_whether_to_continue(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        fault = quick.add_fault("create:1+:status-503")
        result = zjr("rerun", RUN, "--evidence", file, stdin="y\n")
        assert result.exit_code == 1
        assert f"Cancel {RUN}, and create a run in its place? [y/N] " in result.stderr
        quick.remove_fault(fault)
        declined = zjr("rerun", RUN, "--evidence", file, stdin="n\n")
        assert declined.exit_code == 1
        assert NEW not in live(quick)
        result = zjr("rerun", RUN, "--evidence", file, stdin="y\n")
        assert result.exit_code == 0
        assert "This was begun at 20" in result.stderr
        assert NEW in live(quick)

    @pytest.mark.usefixtures("somebody")
    def test_a_file_of_another_run_is_not_continued(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 0
        done = changes(quick)
        result = zjr("rerun", NEW, "--evidence", file, stdin="y\n")
        assert result.exit_code == 2
        assert "This was begun at" not in result.stderr
        assert f"evidence for the run {RUN}, not {NEW}" in result.stderr
        assert changes(quick) == done

    @pytest.mark.usefixtures("somebody")
    def test_nobody_is_asked_about_what_would_be_refused(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        result = zjr("rerun", "JR-00000075", "--evidence", file, stdin="y\n")
        assert result.exit_code == 1
        assert "[y/N]" not in result.stderr
        assert "nothing was changed: " in result.stderr
        assert not changes(quick)

    def test_nothing_else_is_cancelled_than_what_was_shown(
        self, zjr: Zjr, quick: Emulator, file: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the question and its answer, an entry is excepted from accounting."""
        entry = quick.entry_numbers(RUN)[0]
        meanwhile(monkeypatch, lambda: quick.mark_transferred(entry, Transfer.IGNORE))
        result = zjr("rerun", RUN, "--evidence", file)
        assert result.exit_code == 1
        assert f"{entry} of {RUN} is Created and transferred Ignore" in result.stderr
        assert not changes(quick)


class TestOtherRuns:
    def test_it_waits_for_another_run(self, emulator: Emulator, file: str) -> None:
        zjr = Zjr(emulator.environ())
        emulator.add_fault("create:1x2:false-30")
        result = zjr("rerun", RUN, "--evidence", file, "--yes", "--wait-for-turn", "10m")
        assert result.exit_code == 0, result.stderr
        assert f"{RUN}: refused, since another run is in the way: " in result.stderr
        assert len({*creations(emulator)}) == 3

    def test_if_it_stays_in_the_way_that_is_status_4(self, zjr: Zjr, quick: Emulator, file: str) -> None:
        fault = quick.add_fault("create:1+:false-30")
        result = zjr("rerun", RUN, "--evidence", file, "--yes", "--wait-for-turn", "10s")
        assert result.exit_code == 4
        assert f"To continue: `zjr rerun --evidence {file} --yes {RUN}`." in result.stderr
        quick.remove_fault(fault)
        assert zjr("rerun", RUN, "--evidence", file, "--yes").exit_code == 0


def test_without_yes_nothing_is_changed(zjr: Zjr, quick: Emulator, file: str) -> None:
    plan, refusal = zjr.json("rerun", RUN, "--evidence", file, status=2)
    assert (plan["kind"], plan["allowed"], refusal["kind"]) == ("rerunPlan", True, "refusal")
    assert plan["cancellable"] == quick.entry_numbers(RUN)
    assert plan["request"]["accountingPeriodName"] == "Sep-2026"
    assert zjr("rerun", RUN, "--evidence", file).exit_code == 2
    assert not changes(quick)


def test_the_plan_shows_amounts_and_organisations(zjr: Zjr) -> None:
    options = ["--organization", "Labs Asia", "--organization-id", "o1", "--from", "2026-10-01", "--to", "2026-10-31"]
    stdout = zjr("rerun", RUN, "--dry-run", "--type", "Invoice Item", *options).stdout
    debits = zjr.json("entries", RUN, "--totals")[0]["currencies"][0]["debits"]
    assert stdout.splitlines()[-4:] == [
        f"  Debits        {Decimal(debits):,.2f} USD",
        "  Then creates  Invoice Item; 2026-10-01 to 2026-10-31; entry date 2026-09-30",
        "  For           o1, Labs Asia",
        "Nothing was changed.",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no run: give its NUMBER, or --apply a plan"),
        ([RUN], "--evidence is missing: it needs a file to continue with after an interruption"),
        ([RUN, "--evidence", "r.jsonl", "--from", "2026-10-01"], "--to is missing"),
        ([RUN, "--evidence", "r.jsonl", "--type", "Invoice Itme"], "did you mean 'Invoice Item'"),
        ([RUN, "--evidence", "r.jsonl", "--wait-for-turn", "none"], "to wait for other runs needs a limit"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    zjr: Zjr, quick: Emulator, arguments: list[str], said: str
) -> None:
    result = zjr("rerun", *arguments, "--yes")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert said in line
    assert line.endswith("See `zjr rerun --help`.")
    assert not quick.requests


def test_a_run_that_cannot_be_cancelled_is_refused(zjr: Zjr, quick: Emulator, file: str) -> None:
    result = zjr("rerun", "JR-00000072", "--evidence", file, "--yes")
    assert result.exit_code == 1
    assert "JR-00000072 is Cancelled, and only a run that is Pending, Error or Completed can be rerun" in result.stderr
    assert not changes(quick)
