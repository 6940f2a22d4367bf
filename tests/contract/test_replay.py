"""Recorded traffic: honest traffic is never blamed, whatever happened unseen, and what responses show is found."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract import Options, Report
from zuora_journal_runs.contract.document import load
from zuora_journal_runs.contract.exchange import NOT_JSON, UNKNOWN, Exchange
from zuora_journal_runs.contract.replay import RULES, Judge, Unreadable, judge_files, read
from zuora_journal_runs.contract.replay.history import Event, History
from zuora_journal_runs.contract.run_model import ABSENT, CANCELABLE, GONE, State, later

from .mutants import MUTANTS
from .provider import emulator_for_the_suite, report_of, suite_for
from .recorder import Recorder, judged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zuora_journal_runs.contract.harness import Harness

RUN = "JR-00000001"
ENTRIES = "/v1/journal-entries/journal-runs"
SECRET = "a-secret-of-somebody-which-is-long"
TOKEN = "a-token-of-somebody"


def recorded(mutant: str | None = None, **options: Any) -> Recorder:
    emulator = emulator_for_the_suite()
    honest = emulator.transport().handle_request
    recorder = Recorder(MUTANTS[mutant][1](emulator, honest) if mutant else honest)
    report_of(suite_for(emulator, Options(**options), recorder))
    return recorder


def titles(judge: Judge) -> list[str]:
    return [finding.title for finding in judge.findings]


def test_honest_traffic_is_not_blamed() -> None:
    judge = judged(recorded(only=("cancellation/", "broken-requests", "stateful/people"), examples=5))
    assert titles(judge) == []
    assert judge.judged > 500
    assert judge.others > 10


@pytest.mark.parametrize(
    ("mutant", "said"),
    [
        ("an unknown status", "status: 'Canceled', not one of Pending"),
        ("a run that comes back", "and can only be gone"),
        ("a cancelled entry comes back", "is Cancelled, and its entry JE-00000001 is Created"),
        ("Cancelled, with an entry left", "is Cancelled, and its entry"),
        ("cancels what is cancelled", "a cancellation was accepted, and can only be"),
        ("the run that was asked for first", "was requested, and JR-00000001 was returned"),
        ("entries of a run that is gone", "its entries are listed, and can only be gone"),
    ],
)
def test_what_responses_show_is_found(mutant: str, said: str) -> None:
    found = titles(judged(recorded(mutant, only=("cancellation/a-whole-life", "cancellation/other"))))
    assert any(said in each for each in found), found


# The life of a run


def event(outcome: str, operation: str = "getJournalRun", *, at: float = 0.0, until: float | None = None) -> Event:
    return Event(at, at if until is None else until, operation, "", outcome)


CANCEL, DELETE, CREATE = "cancelJournalRun", "deleteJournalRun", "createJournalRun"


@pytest.mark.parametrize(
    "events",
    [
        [("Completed",), ("Pending",)],
        [("Cancelled",), ("Completed",)],
        [("Cancelled",), ("accepted", CANCEL)],
        [("accepted", DELETE), ("Completed",)],
        [("accepted", CANCEL), ("accepted", DELETE), ("Processing",)],
        [("Completed",), ("not found",), ("Completed",)],
        [("Processing",), ("accepted", DELETE), ("Processing",)],
        [("Completed",), ("created", CREATE)],
        [("created", CREATE), ("not found",), ("Pending",)],
        [("DeleteInprogress",), ("refused", CANCEL), ("CancelInprogress",)],
        [("Cancelled",), ("not found", CANCEL), ("Cancelled",)],
    ],
)
def test_what_no_order_of_events_explains_is_found_once(events: list[tuple[str, ...]]) -> None:
    history = History(RUN)
    found = [said for at, each in enumerate(events) for said in history.learn(event(*each, at=at))]
    assert len(found) == 1


def test_requests_at_the_same_time_may_have_had_any_order() -> None:
    for late in (1.0, 3.0):
        history = History(RUN)
        assert list(history.learn(event("Cancelled", at=0, until=2))) == []
        assert bool(list(history.learn(event("Completed", at=late, until=4)))) == (late == 3.0)


def test_what_is_impossible_in_any_order_is_found() -> None:
    history = History(RUN)
    said = [
        list(history.learn(event(each, operation, at=0, until=9)))
        for each, operation in (
            ("Cancelled", "getJournalRun"),
            ("Completed", "getJournalRun"),
            ("Pending", "getJournalRun"),
            ("created", CREATE),
        )
    ]
    assert said[:2] == [[], []]


def test_entries_and_dates_stay_what_they_are() -> None:
    history = History(RUN)

    def listed(began: float, ended: float, *entries: tuple[str, str]) -> Event:
        return Event(began, ended, "listJournalEntriesOfJournalRun", "", "entries", entries)

    created = Event(0, 1, CREATE, "", "created", dates=(("journalEntryDate", "2026-10-31"),))
    for number, (each, said) in enumerate(
        [
            (created, []),
            (Event(2, 3, "getJournalRun", "", "Completed", dates=(("journalEntryDate", "2026-10-31"),)), []),
            (listed(4, 5, ("JE-1", "Created"), ("JE-2", "Cancelled")), []),
            (listed(4.5, 6, ("JE-2", "Created")), []),
            (listed(7, 8, ("JE-2", "Created")), ["JE-2 was Cancelled, and is Created again"]),
            (
                Event(9, 9, "getJournalRun", "", "Cancelled", dates=(("journalEntryDate", "2026-11-01"),)),
                [f"journalEntryDate of {RUN} is 2026-11-01, not 2026-10-31"],
            ),
            (
                listed(10, 10, ("JE-1", "Created")),
                [f"{RUN} is Cancelled, and its entry JE-1 is Created"],
            ),
        ]
    ):
        assert list(history.learn(each)) == said, number


def test_a_creation_that_is_repeated_under_its_key_says_nothing_new() -> None:
    history = History(RUN)
    created = Event(0, 1, CREATE, "", "created", key="k")
    assert list(history.learn(created)) == []
    assert list(history.learn(event("Completed", at=2))) == []
    assert list(history.learn(created._replace(began=3, ended=4))) == []
    assert len(list(history.learn(created._replace(began=5, ended=6, key="another")))) == 1


def test_bodies_may_be_missing_or_no_json(tmp_path: Path) -> None:
    missing = edited(lambda each: each["response"].update(content={"size": 0}))
    words = edited(lambda each: each["response"].update(content={"text": "<html>"}))
    words["request"]["postData"] = {"text": "{"}
    path = tmp_path / "a.har"
    path.write_text(har(missing, words))
    one, other = read(path)
    assert isinstance(one, Exchange)
    assert isinstance(other, Exchange)
    assert (one.body, one.size) == (UNKNOWN, None)
    assert (other.body, other.size, other.request_body) == (NOT_JSON, 6, "{")


def test_rules_for_recordings_need_no_provider() -> None:
    with pytest.raises(NotImplementedError):
        RULES[0].check(cast("Harness", None))


def test_a_list_that_holds_no_entries_says_nothing_of_them() -> None:
    judge = Judge(load())
    body = {"success": True, "journalEntries": [7, {"number": 1, "status": "Created"}, {"number": "JE-1", "status": 1}]}
    judge.add(Exchange("GET", f"{ENTRIES}/{RUN}", 200, body))
    judge.finish()
    assert {finding.check for finding in judge.findings} == {"body"}


def observed(state: State, operation: str, shows_progress: bool) -> tuple[str, State]:
    """What an honest provider responds to a request in a state, and the state after that."""
    missing = state.status in (GONE, ABSENT)
    if operation == "getJournalRun":
        shown = state.status if shows_progress or not state.before else state.before
        return ("not found" if missing else shown), state
    if operation == "listJournalEntriesOfJournalRun":
        return ("not found" if missing else "entries"), state
    if missing:
        return "not found", state
    if operation == CANCEL and state.status in CANCELABLE:
        return "accepted", State("CancelInprogress", state.status)
    if operation == DELETE and state.status == "Cancelled":
        return "accepted", State("DeleteInprogress")
    return "refused", state


OPERATIONS = ["getJournalRun", "listJournalEntriesOfJournalRun", CANCEL, DELETE]


@given(
    data=st.data(),
    steps=st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.floats(0, 5), st.floats(0, 5), st.booleans()), max_size=20
    ),
    shows_progress=st.booleans(),
)
@settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_honest_history_is_blamed(
    data: st.DataObject, steps: list[tuple[str, float, float, bool]], shows_progress: bool
) -> None:
    """Other people act, time passes, requests overlap, and some are not recorded."""
    state, events = State(data.draw(st.sampled_from([ABSENT, "Pending", "Completed", "Error", "Cancelled"]))), []
    for at, (operation, before, after, is_recorded) in enumerate(steps):
        state = data.draw(st.sampled_from(sorted(later(frozenset({state}), others=True))))
        outcome, state = observed(state, operation, shows_progress)
        if is_recorded:
            events.append(event(outcome, operation, at=at - before, until=at + after))
    history = History(RUN)
    found = [said for each in sorted(events, key=lambda each: each.began) for said in history.learn(each)]
    assert found == []


# Files


def entry(**changes: Any) -> dict[str, Any]:
    body = {"success": True, "number": RUN, "status": "Completed", "totalJournalEntryCount": 2,
            "journalEntryDate": "2026-10-31", "transactionTypes": [{"type": "Invoice Item"}]}  # fmt: skip
    return {
        "startedDateTime": "2026-11-01T02:00:00Z",
        "time": 12.5,
        "request": {
            "method": "get",
            "url": f"https://somebody:password@rest.example.com/proxy/v1/journal-runs/{RUN}",
            "headers": [{"name": "Authorization", "value": f"Bearer {TOKEN}"}],
        },
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Zuora-Request-Id", "value": "0" * 36},
            ],
            "content": {"text": json.dumps(body)},
        },
        **changes,
    }


def har(*entries: Any) -> str:
    return json.dumps({"log": {"entries": entries}})


def edited(change: Callable[[Any], object]) -> Any:
    made = copy.deepcopy(entry())
    change(made)
    return made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda each: each.pop("request"), "'request' is missing"),
        (lambda each: each.update(response=[]), "response is not an object"),
        (lambda each: each["response"].pop("status"), "'status' is missing"),
        (lambda each: each["response"].update(status="200"), "response.status is '200', not a number"),
        (lambda each: each.update(startedDateTime="yesterday"), "startedDateTime is 'yesterday', not a date and time"),
        (lambda each: each["request"].update(url=1), "url is not text"),
        (lambda each: each["request"].update(headers=["a"]), "indices must be integers"),
        (lambda each: each["response"].update(content={"text": "?", "encoding": "base64"}), "is not base64"),
    ],
)
def test_bad_entries_are_named_and_the_others_judged(
    tmp_path: Path, change: Callable[[Any], object], said: str
) -> None:
    path = tmp_path / "night.har"
    path.write_text(har(entry(), edited(change), 7, entry()))
    good, bad, worse, again = read(path)
    assert isinstance(good, Exchange)
    assert isinstance(again, Exchange)
    assert isinstance(bad, Unreadable)
    assert bad.source == f"{path}, entry 2"
    assert said in bad.message
    assert isinstance(worse, Unreadable)
    assert worse.message == "it is not an object"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "it is not JSON"), ("[" * 100_000, "it is not JSON"), ("[]", "neither an evidence file nor a HAR file"), ('{"log": 1}', "neither an evidence file nor a HAR file"),
     ('{"log": {"entries": {}}}', "neither an evidence file nor a HAR file")],
)  # fmt: skip
def test_bad_files_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "night.har"
    path.write_text(text)
    (bad,) = read(path)
    assert isinstance(bad, Unreadable)
    assert said in bad.message
    (missing,) = read(tmp_path / "missing.har")
    assert missing == Unreadable(str(tmp_path / "missing.har"), "No such file or directory")


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(zjr, ["contract", "replay", *arguments])


def test_files_are_judged_together_and_reported(tmp_path: Path) -> None:
    first, second = tmp_path / "a.har", tmp_path / "b.har"
    later_on = {"startedDateTime": "2026-11-01T03:00:00Z"}
    pending = edited(
        lambda each: each["response"].update(
            content={"text": each["response"]["content"]["text"].replace("Completed", "Pending")}
        )
    )
    pending["response"]["headers"][1]["value"] = "1" * 36
    first.write_text(har(pending | later_on))
    second.write_text(
        har(entry(), {**entry(), "request": {"method": "GET", "url": "https://example.com/", "headers": []}})
    )
    done = replay(str(first), str(second), "--report", "json", "--report", "html", "--output", str(tmp_path))
    assert done.exit_code == 1
    assert f"FAILED F1 run-model: {RUN}: it is Pending, and can only be" in done.stdout
    assert f"{first}, entry 1: getJournalRun {RUN}" in done.stdout
    report = Report.from_json((tmp_path / "contract.json").read_text())
    assert (report.calls, report.kind) == (2, "recorded, with 1 other exchanges")
    passing = replay(str(second), "--coverage")
    assert passing.exit_code == 0
    assert "10 passed, 0 failed" in passing.stdout
    assert "Not reached:" in passing.stdout


def test_a_known_deviation_is_one_in_recordings_too(tmp_path: Path) -> None:
    path, known = tmp_path / "a.har", tmp_path / "known.toml"
    path.write_text(har(edited(lambda each: each["response"].update(status=202))))
    known.write_text('[[deviation]]\nrule = "status"\nreason = "case 1"\n')
    assert replay(str(path)).exit_code == 1
    done = replay(str(path), "--deviations", str(known))
    assert (done.exit_code, "1 known deviation," in done.stdout) == (0, True)
    known.write_text('[[deviation]]\nrule = "replay/nosuch"\nreason = "case 1"\n')
    assert replay(str(path), "--deviations", str(known)).exit_code == 2


def test_what_cannot_be_read_is_exit_status_2(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har(entry(), *[7] * 30))
    done = replay(str(path))
    assert done.exit_code == 2
    assert f"{path}, entry 2: it is not an object" in done.stderr
    assert "10 more entries cannot be read" in done.stderr
    assert "10 passed" in done.stdout
    path.write_text(har())
    nothing = replay(str(path))
    assert nothing.exit_code == 2
    assert "no recorded exchange is about journal runs" in nothing.stdout


def test_no_secret_is_printed(tmp_path: Path) -> None:
    def leak(each: Any) -> None:
        each["request"] = {"method": "POST", "url": "https://rest.example.com/oauth/token",
                           "headers": [], "postData": {"text": f"client_secret={SECRET}&grant_type=client_credentials"}}  # fmt: skip
        each["response"]["content"] = {
            "text": json.dumps({"access_token": TOKEN, "token_type": [SECRET], "expires_in": [TOKEN]})
        }

    def echo(each: Any) -> None:
        each["response"]["content"] = {
            "text": json.dumps({"success": True, "number": RUN, "status": f"{TOKEN} {SECRET}"})
        }

    path = tmp_path / "a.har"
    path.write_text(har(edited(leak), edited(echo)))
    done = replay(str(path), "--report", "json", "--report", "html", "--report", "junit", "--output", str(tmp_path))
    assert done.exit_code == 1
    for text in (done.output, *(each.read_text() for each in tmp_path.glob("contract.*"))):
        assert TOKEN not in text
        assert SECRET not in text
        assert "password" not in text
    assert "[secret]" in done.stdout


def test_a_recording_may_lack_almost_everything() -> None:
    """As files of evidence do: a body may be a digest, and of the headers only the identifiers are kept."""
    judge = Judge(load())
    judge.add(Exchange("GET", f"/v1/journal-runs/{RUN}", 200, UNKNOWN))
    judge.add(Exchange("PUT", f"/v1/journal-runs/{RUN}/cancel", 0))
    judge.add(Exchange("GET", f"/v1/journal-runs/{RUN}", 503, UNKNOWN))
    headers = {"zuora-request-id": ["0" * 36]}
    body = {"success": True, "number": RUN, "status": "Completed"}
    judge.add(Exchange("GET", f"/v1/journal-runs/{RUN}", 200, body, headers=headers, all_headers=False))
    judge.finish()
    assert [title for title in titles(judge) if "missing" not in title] == []


def test_the_time_of_a_replay_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(har(entry()))
    ticks = iter([1.0, 3.5])
    today = datetime(2026, 11, 26, tzinfo=UTC) + timedelta(hours=1)
    report = judge_files([path], now=lambda: next(ticks), today=lambda: today)
    assert (report.seconds, report.began) == (2.5, "2026-11-26T01:00:00+00:00")
