"""The control API, validated against its OpenAPI document."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from zuora_journal_runs.emulator import (
    AT_ONCE,
    HELD,
    Emulator,
    EntryStatus,
    Pacing,
    ResourceNotFoundError,
    RunStatus,
    SeedRun,
    Transfer,
)
from zuora_journal_runs.emulator.http import Request
from zuora_journal_runs.emulator.openapi import control_api

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api

RUN = "JR-00000075"
OF_DECEMBER = {"journalEntryDate": "2024-12-31", "transactionTypes": [{"type": "Invoice Item"}]}
DOCUMENT = yaml.safe_load(control_api().text)
JSON_TYPE = {"Content-Type": "application/json"}


class Control:
    """Calls the control API, and validates each response against the document."""

    def __init__(self, emulator: Emulator) -> None:
        self.http = httpx.Client(transport=emulator.transport(), base_url=emulator.url)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {} if method in ("GET", "DELETE") else JSON_TYPE
        response = self.http.request(method, path, json=body, headers=given | headers)
        self.hold(method, path, response)
        return response

    def hold(self, method: str, path: str, response: httpx.Response) -> None:
        found = control_api().route(path)
        responses = {"default": {"$ref": "#/components/responses/Refused"}}
        if found and method in found[0].operations:
            responses = DOCUMENT["paths"][found[0].operations[method].path][method.lower()]["responses"]
        documented: Any = responses.get(str(response.status_code), responses["default"])
        assert str(response.status_code) in responses or response.status_code >= 400
        if "$ref" in documented:
            documented = DOCUMENT["components"]["responses"][documented["$ref"].rpartition("/")[2]]
        if "content" not in documented:
            assert response.content == b""
            return
        ((kind, content),) = documented["content"].items()
        assert response.headers["content-type"] == kind
        if kind == "application/json":
            schema = {"components": DOCUMENT["components"], "allOf": [content["schema"]]}
            Draft202012Validator(schema, validate_formats=True).validate(response.json())


@pytest.fixture
def held(make: Callable[..., Api]) -> Api:
    return make(pacing=HELD)


@pytest.fixture
def control_of(held: Api) -> Control:
    return Control(held.emulator)


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_every_operation_of_the_document_is_there_and_no_other(api: Api) -> None:
    documented = {operation.id for route in control_api().routes for operation in route.operations.values()}
    assert documented == {*api.emulator._control._operations}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_schemathesis_finds_nothing(method: str) -> None:
    with Emulator() as emulator:
        schema = schemathesis.openapi.from_url(f"{emulator.url}/_emulator/openapi.yaml").include(method=method)
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)

            @settings(
                max_examples=10,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=[*HealthCheck],
            )
            @given(result.ok().as_strategy())
            def check(case: Any) -> None:
                headers = JSON_TYPE if case.body is schemathesis.core.NOT_SET else None
                # The schema cannot express everything about pacing, faults and runs.
                case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

            check()


# Host and origin


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "127.8.9.1", "[::1]:9", "a.localhost"])
def test_loopback_names_may_call(api: Api, host: str) -> None:
    assert Control(api.emulator)("GET", "/health", Host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.2", "emulator", "", "localhost.evil.example", "127.0.0.1.x"]
)
def test_no_other_name_may_call_what_listens_on_loopback(api: Api, host: str) -> None:
    response = Control(api.emulator)("POST", "/_emulator/reset", Host=host)
    assert response.status_code == 403
    assert "is not a name of this emulator" in response.json()["error"]


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("0.0.0.0", "192.168.1.2:8080", 200),
        ("0.0.0.0", "emulator:8080", 200),
        ("0.0.0.0", "0.0.0.0:8080", 200),
        ("::", "[fd00::1]:8080", 200),
        ("0.0.0.0", "evil.example", 403),
        ("0.0.0.0", "", 403),
        ("emulator.test", "Emulator.test:80", 200),
        ("emulator.test", "other.test", 403),
    ],
)
def test_who_may_call_what_listens_elsewhere(make: Callable[..., Api], bound: str, host: str, status: int) -> None:
    assert Control(make(host=bound).emulator)("GET", "/health", Host=host).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 200),
        ("http://localhost:3000", 403),
        ("https://localhost", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_no_page_of_another_origin_may_call(control_of: Control, origin: str, status: int) -> None:
    assert control_of("GET", "/health", Origin=origin).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_requests_without_a_preflight_change_nothing(held: Api, control_of: Control, kind: str) -> None:
    held.cancel()
    assert control_of("POST", "/_emulator/reset", **{"Content-Type": kind}).status_code == 415
    assert held.status() == "CancelInprogress"


# Refusals


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_emulator/", 404),
        ("GET", "/_emulator/nonsense", 404),
        ("POST", "/health", 405),
        ("PUT", "/_emulator/runs", 405),
        ("GET", "/_emulator/reset", 405),
        ("GET", "/_emulator/runs/JR-1", 404),
        ("POST", "/_emulator/runs/JR-1/release", 404),
        ("POST", "/_emulator/runs/JR-1/step", 404),
        ("POST", "/_emulator/snapshots/none/restore", 404),
        ("DELETE", "/_emulator/snapshots/none", 404),
        ("DELETE", "/_emulator/faults/1", 404),
        ("DELETE", "/_emulator/faults/one", 404),
        ("DELETE", f"/_emulator/faults/{'9' * 20}", 404),
        ("GET", f"/_emulator/{'x' * 20_000}", 414),
    ],
)
def test_unknown_paths_and_methods_of_the_control_api(control_of: Control, method: str, path: str, status: int) -> None:
    response = control_of(method, path)
    assert response.status_code == status
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/_emulator/runs", {"runs": [{"status": "Done"}]}, "runs.0.status"),
        ("POST", "/_emulator/runs", {"runs": [{"colour": "green"}]}, "colour"),
        ("POST", "/_emulator/runs", {"runs": [{"number": RUN}]}, "there is a run JR-00000075 already"),
        ("POST", "/_emulator/runs", {"runs": [{"pacing": "fast"}]}, "'fast' is not a pacing"),
        ("POST", "/_emulator/runs", {"runs": [{"entries": 100_000}, {"entries": 1}]}, "more than 100000 entries"),
        ("PUT", "/_emulator/seed", {}, "less than 1 property"),
        ("POST", "/_emulator/runs", {}, "runs: it is required"),
        ("POST", "/_emulator/periods", {"periods": [{"name": "a", "start": "2024-12-32"}]}, "periods.0.start"),
        ("POST", "/_emulator/periods", {"periods": [{"name": "", "start": "2024-12-01"}]}, "periods.0.name"),
        (
            "POST",
            "/_emulator/periods",
            {"periods": [{"name": "a", "start": "2024-12-31", "end": "2024-12-01"}]},
            "before",
        ),
        (
            "POST",
            "/_emulator/transactions",
            {"transactions": [{"type": "x", "date": "2024-12-01", "amount": 1}]},
            "'x' is not",
        ),
        ("POST", "/_emulator/transactions", {"transactions": [{"type": "x", "date": "2024-12-01"}]}, "0.amount: it is"),
        ("PUT", "/_emulator/seed", {"runs": [{"transferredToAccounting": {"1": "Yes"}}]}, "does not have"),
        ("POST", "/_emulator/faults", {"fault": "cancel:boom"}, "unknown kind of fault 'boom'"),
        ("POST", "/_emulator/outcomes", {"outcome": "Pending"}, "outcome"),
        ("PATCH", "/_emulator/clock", {"advance": -1}, "advance"),
        ("PATCH", "/_emulator/clock", {"advance": "1h"}, "advance"),
        ("PATCH", "/_emulator/entries/JE-00000005", {"transferredToAccounting": "Maybe"}, "transferredToAccounting"),
        ("PATCH", "/_emulator/entries/JE-00000001", {"transferredToAccounting": "Yes"}, "is cancelled"),
        ("POST", "/_emulator/users", {"permissions": ["Rule The World"]}, "permissions.0"),
    ],
)
def test_invalid_bodies_are_explained(control_of: Control, method: str, path: str, body: Any, expected: str) -> None:
    response = control_of(method, path, body)
    assert response.status_code == 400
    assert expected in response.json()["error"]


def test_bodies_that_are_not_json(control_of: Control) -> None:
    for content in (b"{", b"\0", b"\xff", b"[" * 100_000):
        response = control_of.http.post("/_emulator/faults", content=content, headers=JSON_TYPE)
        control_of.hold("POST", "/_emulator/faults", response)
        assert response.status_code == 400
    response = control_of.http.post("/_emulator/faults", content=b" " * (1 << 21), headers=JSON_TYPE)
    assert response.status_code == 413
    assert control_of.http.head("/health").content == b""


def test_an_unexpected_error_is_logged_and_reported(
    held: Api, control_of: Control, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room left")

    monkeypatch.setattr(held.emulator._tenant, "insert_seed", fail)
    assert control_of("POST", "/_emulator/reset").status_code == 500
    assert "no room left" in caplog.text


def test_control_requests_are_neither_logged_nor_limited(make: Callable[..., Api]) -> None:
    api = make(calls_per_minute=1)
    before = api.emulator.requests
    for _ in range(3):
        assert Control(api.emulator)("GET", "/health").status_code == 200
    assert api.emulator.requests == before


# Operations


def test_health_and_the_document(control_of: Control) -> None:
    assert control_of("GET", "/health").json() == {"status": "ok", "now": "2026-11-22T12:00:00Z"}
    assert yaml.safe_load(control_of("GET", "/_emulator/openapi.yaml").text) == DOCUMENT


def test_reset_and_seed(held: Api, control_of: Control) -> None:
    held.cancel()
    assert control_of("POST", "/_emulator/reset").status_code == 204
    assert held.status() == "Completed"
    seed = {
        "runs": [
            {"number": "JR-00000100", "entries": 2, "transferredToAccounting": {"2": "Yes"}, "accountingPeriodName": "Sep-2026"},
            {"status": "Pending", "outcome": "Error", "pacing": "polls:2", "executedOn": "2026-11-01 10:00:00", "transactionTypes": ["Taxation Item"]},
        ]
    }  # fmt: skip
    assert control_of("PUT", "/_emulator/seed", seed).json() == {"numbers": ["JR-00000100", "JR-00000101"]}
    held.emulator.reset()
    assert [run.number for run in held.emulator.runs()] == ["JR-00000100", "JR-00000101"]
    assert [entry.transfer for entry in held.emulator.run("JR-00000100").entries] == ["No", "Yes"]
    assert held.get("JR-00000101").json()["transactionTypes"] == [{"type": "Taxation Item"}]
    assert [held.status("JR-00000101") for _ in range(4)] == ["Pending", "Processing", "Processing", "Error"]


def test_periods_and_transactions(held: Api, control_of: Control) -> None:
    period = {"name": "December 2024", "start": "2024-12-01", "end": "2024-12-31", "status": "Closed"}
    open_ended = {"name": "Open-Ended", "start": "2030-01-01", "end": None, "status": "Open"}
    given = {"type": "Invoice Item", "date": "2024-12-03", "amount": 1200.5}
    seed = {"periods": [period], "transactions": [given], "runs": [{"entries": 2}]}
    assert control_of("PUT", "/_emulator/seed", seed).json() == {"numbers": ["JR-00000001"]}
    assert control_of("POST", "/_emulator/periods", {"periods": [open_ended]}).status_code == 204
    periods = control_of("GET", "/_emulator/periods").json()["periods"]
    assert periods[-1] == open_ended
    assert [each for each in periods if each["start"].startswith("2024-12")] == [period]
    more = {**given, "amount": "0.125", "currency": "KWD", "debit": "A", "credit": "B", "segment": "C"}
    assert control_of("POST", "/_emulator/transactions", {"transactions": [more]}).status_code == 204
    usual = {"currency": "USD", "debit": "Accounts Receivable", "credit": "Deferred Revenue", "segment": "East"}
    listed = control_of("GET", "/_emulator/transactions").json()["transactions"]
    free = [each for each in listed if each["entry"] is None]
    assert free == [{**given, **usual, "amount": "1200.5", "entry": None}, {**more, "entry": None}]
    assert control_of.http.get("/_emulator/transactions?limit=1").json()["transactions"] == listed[:1]
    taken = [each for each in listed if each["entry"] == "JE-00000002"]
    assert control_of.http.get("/_emulator/transactions?entry=JE-00000002").json()["transactions"] == taken != []
    body = {**OF_DECEMBER, "accountingPeriodName": "December 2024"}
    number = control_of("POST", "/_emulator/creations", body).json()["number"]
    held.emulator.release(number)
    assert len(held.emulator.entry_numbers(number)) == 2


def test_a_seed_that_is_refused_changes_nothing(held: Api) -> None:
    before = held.emulator.runs()
    with pytest.raises(ValueError, match="already"):
        held.emulator.reset([SeedRun(number=RUN), SeedRun(number=RUN)])
    assert held.emulator.runs() == before
    held.emulator.reset()
    assert held.emulator.runs() == before


def test_users(held: Api, control_of: Control) -> None:
    made = control_of("POST", "/_emulator/users", {"permissions": ["Cancel Journal Run"]})
    assert made.status_code == 201
    held.sign_in((made.json()["clientId"], made.json()["clientSecret"]))
    assert held.create().status_code == 403
    assert held.cancel().status_code == 200
    everything = control_of("POST", "/_emulator/users", {}).json()
    held.sign_in((everything["clientId"], everything["clientSecret"]))
    assert held.create().status_code == 200


def test_runs_are_shown_and_added_and_pushed(held: Api, control_of: Control) -> None:
    added = control_of("POST", "/_emulator/runs", {"runs": [{"entries": 3.0, "pacing": "held"}, {}]})
    assert (added.status_code, added.json()) == (201, {"numbers": ["JR-00000076", "JR-00000077"]})
    held.cancel("JR-00000076")
    for _ in range(2):
        assert control_of("POST", "/_emulator/runs/JR-00000076/step").status_code == 204
    shown = control_of("GET", "/_emulator/runs/JR-00000076").json()
    assert shown["status"] == "CancelInprogress"
    assert [entry["status"] for entry in shown["entries"]] == ["Cancelled", "Cancelled", "Created"]
    assert {entry["transferredToAccounting"] for entry in shown["entries"]} == {"No"}
    listed = control_of("GET", "/_emulator/runs").json()["runs"]
    assert [run["number"] for run in listed][-3:] == [RUN, "JR-00000076", "JR-00000077"]
    assert listed[-2] == {
        "number": "JR-00000076",
        "status": "CancelInprogress",
        "accountingPeriodName": "Oct-2026",
        "executedOn": "2026-11-22 12:00:00",
        "entries": 3,
        "cancelledEntries": 2,
        "remainingEntries": {"No": 1},
    }
    assert (listed[1]["status"], listed[1]["accountingPeriodName"]) == ("Cancelled", "Sep-2026")
    assert (listed[1]["entries"], listed[1]["cancelledEntries"]) == (4, 4)
    assert control_of("POST", "/_emulator/runs/JR-00000076/release").status_code == 204
    assert held.status("JR-00000076") == "Cancelled"


def test_amounts_are_those_of_the_api(make: Callable[..., Api]) -> None:
    api = make(pacing="at-once")
    api.cancel()
    shown = Control(api.emulator)("GET", f"/_emulator/runs/{RUN}").json()
    run, entries = api.get().json(), api.entries(pageSize=300).json()["journalEntries"]
    for name in ("status", "executedOn", "journalEntryDate", "targetStartDate", "targetEndDate"):
        assert shown[name] == run[name]
    assert shown["accountingPeriodName"] == entries[0]["accountingPeriodName"]
    for mine, entry in zip(shown["entries"], entries, strict=True):
        debits = [Decimal(str(item["amount"])) for item in entry["journalEntryItems"] if item["type"] == "Debit"]
        assert Decimal(mine.pop("amount")) == sum(debits)
        assert mine == {name: entry.get(name) for name in mine}
    (total,) = shown["totals"]
    sums = [Decimal(total[name]) for name in ("amount", "cancelledAmount", "remainingAmount")]
    assert sums == [Decimal("994346.58"), Decimal("925776.36"), Decimal("68570.22")]
    assert api.emulator.run_details(RUN, 1)["totals"][0]["amount"] == "55262.89"


def test_a_request_is_shown_with_its_response(held: Api, control_of: Control) -> None:
    held.cancel()
    held.cancel()
    first, last = held.emulator.requests[-2:]
    assert last.number == first.number + 1
    shown = control_of("GET", f"/_emulator/requests/{last.number}").json()
    assert (shown["number"], shown["body"], shown["failed"]) == (last.number, "{}", True)
    assert shown["headers"]["authorization"] == "Bearer ***"
    assert shown["response"]["headers"]["zuora-request-id"] == last.request_id
    assert json.loads(shown["response"]["body"])["requestId"] == last.request_id
    listed = control_of.http.get("/_emulator/requests?limit=1").json()["requests"]
    assert listed == [{name: value for name, value in shown.items() if name not in ("body", "response")}]
    for number in ("0", f"{last.number + 1}", "x"):
        refused = control_of("GET", f"/_emulator/requests/{number}")
        assert (refused.status_code, refused.json()) == (404, {"error": f"there is no request {number}"})
    held.emulator.clear_requests()
    held.get()
    assert held.emulator.requests[0].number == last.number + 1


def test_lists_can_be_limited(held: Api, control_of: Control) -> None:
    def numbers(query: str) -> list[str]:
        return [run["number"] for run in control_of.http.get(f"/_emulator/runs{query}").json()["runs"]]

    assert numbers("?limit=2") == ["JR-00000074", RUN]
    assert numbers("?limit=2&search=sep") == ["JR-00000072", "JR-00000073"]
    assert numbers("?search=73&colour=green") == ["JR-00000073"]
    assert numbers("?search=error") == ["JR-00000071"]
    assert numbers("?search=%25") == numbers("?search=.") == []
    assert len(control_of.http.get(f"/_emulator/runs/{RUN}?limit=3").json()["entries"]) == 3
    assert len(held.emulator.run(RUN, limit=3).entries) == 3
    held.get()
    asked = control_of.http.get("/_emulator/requests?limit=1").json()["requests"]
    assert [each["operation"] for each in asked] == ["getJournalRun"]


@pytest.mark.parametrize(
    "query", ["runs?limit=0", "runs?limit=1001", "runs?limit=all", f"runs?search={'7' * 101}", "requests?limit=-1"]
)
def test_invalid_limits_are_refused(control_of: Control, query: str) -> None:
    response = control_of.http.get(f"/_emulator/{query}")
    assert response.status_code == 400
    assert query.partition("?")[2].partition("=")[0] in response.json()["error"]


def test_runs_are_created_cancelled_and_deleted_as_by_hand(make: Callable[..., Api]) -> None:
    api = make(pacing="at-once")
    control_of, asked = Control(api.emulator), api.emulator.requests
    api.emulator.add_fault("any:1+:status-503")
    wanted = {
        "accountingPeriodName": "Nov-2026",
        "journalEntryDate": "2026-11-30",
        "transactionTypes": [{"type": "Invoice Item"}],
    }
    created = control_of("POST", "/_emulator/creations", wanted)
    assert (created.status_code, created.json()) == (201, {"number": "JR-00000076"})
    assert control_of("POST", "/_emulator/runs/JR-00000076/cancel").status_code == 204
    assert api.emulator.run("JR-00000076").status is RunStatus.CANCELLED
    assert control_of("DELETE", "/_emulator/runs/JR-00000076").status_code == 204
    assert control_of("DELETE", "/_emulator/runs/JR-00000076").status_code == 404
    assert api.emulator.requests == asked


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("POST", "creations", {}, 400, "transactionTypes: it is required; journalEntryDate: it is required"),
        ("POST", "creations", None, 400, "request body"),
        ("POST", "runs/JR-00000072/cancel", None, 400, "JR-00000072 is Cancelled and cannot be cancelled."),
        ("POST", "runs/JR-00000001/cancel", None, 404, "Cannot find entity by key: 'JR-00000001'."),
        ("DELETE", f"runs/{RUN}", None, 400, f"{RUN} is Completed; only a cancelled one can be deleted."),
    ],
)
def test_what_zuora_would_refuse_is_refused(
    control_of: Control, method: str, path: str, body: Any, status: int, expected: str
) -> None:
    response = control_of(method, f"/_emulator/{path}", body)
    assert response.status_code == status
    assert expected in response.json()["error"]


def test_inspection_does_not_count_as_a_read(make: Callable[..., Api]) -> None:
    api = make(pacing="polls:1")
    api.cancel()
    for _ in range(5):
        assert api.emulator.run(RUN).status is RunStatus.CANCEL_IN_PROGRESS
        api.emulator.runs()
    assert all(entry.status is EntryStatus.CREATED for entry in api.emulator.run(RUN).entries)


def test_inspection_shows_the_effect_of_time(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:1")
    api.cancel()
    api.emulator.clock.advance(3)
    assert [run.cancelled_entries for run in api.emulator.runs() if run.number == RUN] == [3]
    api.emulator.clock.advance(30)
    assert api.emulator.run(RUN).status is RunStatus.COMPLETED
    api.delete("JR-00000072")
    api.emulator.clock.advance(1)
    with pytest.raises(ResourceNotFoundError, match="JR-00000072"):
        api.emulator.run("JR-00000072")


def test_how_the_next_run_ends(held: Api, control_of: Control) -> None:
    assert control_of("POST", "/_emulator/outcomes", {"outcome": "Error"}).status_code == 204
    number = held.created()
    held.emulator.release(number)
    assert held.status(number) == "Error"


@pytest.mark.parametrize("value", Transfer)
def test_an_entry_is_marked(held: Api, control_of: Control, value: Transfer) -> None:
    entry = held.emulator.entry_numbers(RUN)[0]
    body = {"transferredToAccounting": value, "transferredBy": 'the "ledger"'}
    assert control_of("PATCH", f"/_emulator/entries/{entry}", body).status_code == 204
    shown = held.entries().json()["journalEntries"][0]
    assert shown["transferredToAccounting"] == value
    assert shown.get("transferredBy") == ('the "ledger"' if value is Transfer.YES else None)
    assert control_of("PATCH", f"/_emulator/entries/{entry}", {"transferredToAccounting": "No"}).status_code == 204


def test_snapshots(held: Api, control_of: Control) -> None:
    held.cancel()
    held.emulator.step(RUN)
    key = {"Idempotency-Key": "k"}
    created = held.create(key).json()
    before = held.emulator.runs(), held.emulator.run(RUN)
    assert control_of("PUT", "/_emulator/snapshots/half-way").status_code == 204
    held.emulator.release(RUN)
    held.emulator.release("JR-00000076")
    held.emulator.end_next_run()
    held.emulator.add_run(SeedRun(entries=1))
    assert control_of("GET", "/_emulator/snapshots").json() == {"snapshots": ["half-way"]}
    assert control_of("POST", "/_emulator/snapshots/half-way/restore").status_code == 204
    assert (held.emulator.runs(), held.emulator.run(RUN)) == before
    assert held.create(key).json() == created
    assert held.emulator.add_run(SeedRun(entries=1)) == "JR-00000077"
    assert control_of("DELETE", "/_emulator/snapshots/half-way").status_code == 204
    assert held.emulator.snapshots == ()


def test_time_since_a_snapshot_does_not_count(make: Callable[..., Api]) -> None:
    api = make(pacing=Pacing.parse("seconds:10"))
    api.cancel()
    created = api.create({"Idempotency-Key": "k"}).json()
    api.emulator.clock.advance(15)
    api.emulator.take_snapshot("s")
    api.emulator.clock.advance(90_000)
    api.emulator.restore("s")
    assert sum(entry.status is EntryStatus.CANCELLED for entry in api.emulator.run(RUN).entries) == 1
    api.emulator.clock.advance(5)
    assert sum(entry.status is EntryStatus.CANCELLED for entry in api.emulator.run(RUN).entries) == 2
    api.sign_in()
    assert api.create({"Idempotency-Key": "k"}).json() == created


def test_the_number_of_snapshots_is_limited(api: Api) -> None:
    for number in range(100):
        api.emulator.take_snapshot(f"{number}")
    api.emulator.take_snapshot("0")
    with pytest.raises(ValueError, match="more than 100 snapshots"):
        api.emulator.take_snapshot("100")


def test_the_clock(held: Api, control_of: Control) -> None:
    frozen = {"now": "2026-11-22T12:00:00Z", "frozen": True, "advanceOnPoll": 0}
    assert control_of("GET", "/_emulator/clock").json() == frozen
    moved = control_of("PATCH", "/_emulator/clock", {"advance": 3600.5, "advanceOnPoll": 60, "frozen": True}).json()
    assert moved == {"now": "2026-11-22T13:00:00.500000Z", "frozen": True, "advanceOnPoll": 60}
    held.sign_in()
    held.get()
    held.entries()
    assert control_of("GET", "/_emulator/clock").json()["now"] == "2026-11-22T13:02:00.500000Z"
    assert control_of("PATCH", "/_emulator/clock", {"frozen": False}).json()["frozen"] is False
    assert control_of("PATCH", "/_emulator/clock", {"frozen": True}).json()["frozen"] is True
    *_, refused = [control_of("PATCH", "/_emulator/clock", {"advance": 1e10}) for _ in range(23)]
    assert refused.status_code == 400
    assert "beyond the year 9000" in refused.json()["error"]


def test_faults(held: Api, control_of: Control) -> None:
    added = control_of("POST", "/_emulator/faults", {"fault": "get:status-503"})
    assert (added.status_code, added.json()) == (201, {"number": 1, "fault": "get:1:status-503"})
    control_of("POST", "/_emulator/faults", {"fault": "cancel:1+:reset-after"})
    assert held.get().status_code == 503
    assert control_of("GET", "/_emulator/faults").json() == {
        "faults": [{"number": 2, "fault": "cancel:1+:reset-after"}]
    }
    assert control_of("DELETE", "/_emulator/faults/2").status_code == 204
    assert held.cancel().status_code == 200
    control_of("POST", "/_emulator/faults", {"fault": "get:reset"})
    assert control_of("DELETE", "/_emulator/faults").status_code == 204
    assert held.get().status_code == 200


def test_the_request_log(held: Api, control_of: Control) -> None:
    held.get(**{"Zuora-Track-Id": "t-1"})
    held.http.get("/v1/bill-runs?x=1")
    *_, run, unknown = control_of("GET", "/_emulator/requests").json()["requests"]
    assert (run["operation"], run["status"], run["headers"]["zuora-track-id"]) == ("getJournalRun", 200, "t-1")
    assert (unknown["operation"], unknown["status"], unknown["codes"]) == (None, 404, ["50000040"])
    (misuse,) = control_of("GET", "/_emulator/misuses").json()["misuses"]
    assert (misuse["kind"], misuse["requestId"]) == ("unknown-operation", unknown["requestId"])
    assert control_of("DELETE", "/_emulator/requests").status_code == 204
    assert control_of("GET", "/_emulator/requests").json() == {"requests": []}
    assert control_of("GET", "/_emulator/misuses").json() == {"misuses": []}


def test_what_a_call_of_the_api_may_not_do(api: Api) -> None:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    request = Request.of("POST", b"/_emulator%2freset", b"", headers, b"")
    assert api.emulator._handle(request).status == 404


def test_over_http(tmp_path: Any) -> None:
    with Emulator(pacing=AT_ONCE, database=tmp_path / "db") as emulator, httpx.Client(base_url=emulator.url) as http:
        assert http.get("/health").json()["status"] == "ok"
        assert http.post("/_emulator/reset", json={}).status_code == 204
        assert http.get("/_emulator/runs").json()["runs"][-1]["number"] == RUN
