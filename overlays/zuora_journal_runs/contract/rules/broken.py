"""Invalid requests of every known kind: each is refused in Zuora's form, and changes nothing."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.conformance import NOT_IMPLEMENTED
from zuora_journal_runs.contract.provider import ERROR_STATUSES_FROM, FIRST_VERSION
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.contract.harness import Harness

rules: RuleGroup = RuleGroup("broken-requests")

ERRORS = "Zuora, Error handling"
RUNS = "/v1/journal-runs"
ENTRIES = "/v1/journal-entries/journal-runs"
JSON = {"Content-Type": "application/json"}


@rules.rule(ERRORS)
def unknown_addresses_are_refused(harness: Harness) -> None:
    """A path that the contract does not have is refused."""
    for path in (
        "/",
        "/v1",
        "/v1/journal-run",
        f"{RUNS}/",
        f"{RUNS}//",
        f"{RUNS}/JR-99999999999999/x",
        "/v2/journal-runs",
    ):
        response = harness.raw("GET", path)
        expect(400 <= response.status < 500, f"GET {path} got the status {response.wire}")


@rules.rule(ERRORS)
def odd_run_numbers_are_refused(harness: Harness) -> None:
    """Text that is not a run number is refused or not found."""
    odd = ("0", "-1", "JR-", "JR-1", "jr-99999999999999", "JR-9999999999999x", "%00", "%ff", "%2e%2e", "..%2f..", "%zz",
           "JR-%30%30", "a" * 3000, "JR-" + "9" * 400, "%F0%9F%98%80", "%0d%0a", ";", "'", "*", "$(x)")  # fmt: skip
    for number in odd:
        for path in (f"{RUNS}/{number}", f"{ENTRIES}/{number}"):
            response = harness.raw("GET", path)
            expect(400 <= response.status < 500, f"GET {path[:80]} got the status {response.wire}")


@rules.rule(ERRORS)
def odd_queries_are_no_server_errors(harness: Harness) -> None:
    """An unusual query is refused or has no effect."""
    for query in (
        "page",
        "page=",
        "=",
        "&&",
        "%zz",
        "page=%ff",
        "page=1&page=2",
        f"page={'9' * 400}",
        "x=1",
        "page=1e3",
    ):
        response = harness.raw("GET", f"{ENTRIES}/{harness.readable()}?{query}")
        expect(response.status in (200, 400), f"the query {query[:40]} got the status {response.wire}")


@rules.rule("Zuora, Retrieve journal entries in a journal run")
def page_sizes_have_bounds(harness: Harness) -> None:
    """A page or page size below 1, a page size above 300, and one that is not a number is refused."""
    number = harness.readable()
    for query in ({"pageSize": 0}, {"pageSize": -1}, {"pageSize": 301}, {"pageSize": "x"}, {"pageSize": "1.5"},
                  {"page": 0, "pageSize": 1}, {"page": "x", "pageSize": 1}):  # fmt: skip
        response = harness.call("listJournalEntriesOfJournalRun", number, query=query)
        expect(response.status == 400, f"{query} got the status {response.status}, not 400")


@rules.rule(ERRORS)
def unknown_runs_are_not_found(harness: Harness) -> None:
    """An unknown run is not found, with category 40."""
    operations = ["getJournalRun", "listJournalEntriesOfJournalRun"]
    number = "JR-99999999999999"
    if harness.may_write:
        # That of a run that was deleted: any other might be someone's.
        number = harness.at("gone").number
        operations += ["cancelJournalRun", "deleteJournalRun"]
    for operation in operations:
        response = harness.call(operation, number, **({"body": {}} if operation == "cancelJournalRun" else {}))
        expect(response.status == 404, f"{operation} of an unknown run got the status {response.status}, not 404")


@rules.rule(ERRORS, writes=True)
def unknown_methods_are_refused(harness: Harness) -> None:
    """A method that the contract does not have for an address is refused."""
    number = harness.at("Cancelled").number
    paths = {
        RUNS: ("PUT", "DELETE", "PATCH"),
        f"{RUNS}/{number}": ("POST", "PATCH", "BREW"),
        f"{RUNS}/{number}/cancel": ("GET", "POST", "DELETE", "PATCH"),
        f"{ENTRIES}/{number}": ("PUT", "POST", "DELETE"),
        "/v1/journal-entries/x/basic-information": ("GET", "POST", "DELETE", "PATCH"),
        "/oauth/token": ("GET", "PUT", "DELETE"),
    }
    for path, methods in paths.items():
        for method in methods:
            response = harness.raw(method, path, headers=JSON, data=b"{}")
            refused = 400 <= response.status < 500 or response.status == NOT_IMPLEMENTED
            expect(refused, f"{method} {path} got the status {response.wire}")
    harness.read(harness.at("Cancelled"))


@rules.rule(ERRORS, writes=True)
def broken_bodies_create_nothing(harness: Harness) -> None:
    """A body that is not JSON, or not an object, or not what its headers say, is refused and creates nothing."""
    good = json.dumps(harness.creation()).encode()
    zipped = gzip.compress(good)
    packed = {"Content-Encoding": "gzip"}
    bodies: tuple[tuple[bytes, dict[str, str]], ...] = (
        (b"", {}), (b"null", {}), (b"[]", {}), (b"{}", {}), (b'"x"', {}), (b"0", {}), (b"{", {}),
        (good[:-1], {}), (good + b"x", {}), (good + good, {}), (b"\xff" + good, {}), (good.replace(b"It", b"\xff"), {}),
        (b"[" * 20_000, {}), (b'{"a":' * 20_000, {}), (b'{"transactionTypes": NaN}', {}),
        (good, packed), (zipped[:-1], packed), (zipped[:12], packed), (zipped, {}), (b"", packed),
        (good, {"Content-Type": "text/plain"}), (good, {"Content-Type": "application/xml"}),
        (good, {"Content-Type": "application/x-www-form-urlencoded"}), (good, {"Content-Type": ""}),
    )  # fmt: skip
    _create_nothing(
        harness, lambda body, headers: harness.raw("POST", RUNS, headers=JSON | headers, data=body).status, bodies
    )


@rules.rule("Zuora, Create a journal run, 2026-04-10", writes=True)
def broken_fields_create_nothing(harness: Harness) -> None:
    """A creation with a field that is missing or of another type, form or value is refused and creates nothing."""
    types: list[Any] = [None, [None], ["Invoice Item"], [{}], [{"type": "Invoice item"}], [{"type": 1}], {},
                        "Invoice Item", [{"type": "Invoice Item"}, {"type": "Bill"}]]  # fmt: skip
    dates: list[Any] = [
        None,
        "",
        "2026-02-30",
        "2026-13-01",
        "31.10.2026",
        "2026-10-31T00:00:00Z",
        20261031,
        ["2026-10-31"],
    ]
    fields = [
        *({"transactionTypes": each} for each in types),
        *({"journalEntryDate": each} for each in dates),
        *({"targetStartDate": each} for each in dates),
        *({"targetEndDate": each} for each in dates),
        {"accountingPeriodName": 1}, {"accountingPeriodName": ["Oct-2026"]}, {"organizationLabels": "a"},
    ]  # fmt: skip
    # A refusal that names each of many types is long, and so it is compressed.
    unknown = harness.creation(transactionTypes=[{"type": f"Unknown {number}"} for number in range(60)])
    cases: tuple[tuple[Any, Any], ...] = (
        *((harness.creation(**each), {}) for each in fields),
        *((unknown, {"Zuora-Version": version}) for version in (FIRST_VERSION, ERROR_STATUSES_FROM)),
    )
    _create_nothing(
        harness, lambda body, headers: harness.call("createJournalRun", body=body, headers=headers).status, cases
    )


@rules.rule("live responses: a PUT without a content type, or with an Idempotency-Key", writes=True)
def broken_cancellations_cancel_nothing(harness: Harness) -> None:
    """A cancellation with a broken body, or with an idempotency key, is refused and cancels nothing."""
    for headers, data, status in (
        ({"Content-Type": ""}, b"", 415),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        (JSON | {"Idempotency-Key": "a-key"}, b"{}", 400),
        (JSON, b"{", 400),
    ):
        model = harness.at("Completed")
        response = harness.raw("PUT", f"{RUNS}/{model.number}/cancel", headers=headers, data=data)
        needs_type = not headers["Content-Type"]
        if needs_type:
            harness.observe("put-needs-content-type", "yes" if response.status == 415 else "no")
        if needs_type and response.status == 200:
            # No document asks for a content type, though it was seen live that one is needed.
            model.cancelled(200)
            harness.settle(model)
            continue
        expect(
            response.status == status, f"PUT with {headers} and {data!r} got the status {response.wire}, not {status}"
        )
        harness.read(model)


def _create_nothing(harness: Harness, create: Callable[[Any, Any], int], cases: tuple[tuple[Any, Any], ...]) -> None:
    harness.quiet()
    known = set(harness.own)
    for body, headers in cases:
        status = create(body, headers)
        said = f"{str(body)[:200]} with {headers}"
        expect(status in (400, 413, 415), f"{said} got the status {status}")
        expect(set(harness.own) == known, f"{said} created a run")
    harness.create()
