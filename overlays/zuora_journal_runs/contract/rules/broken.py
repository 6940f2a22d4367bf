"""Requests that are broken in every way that we know: each is refused, in Zuora's form, and changes nothing."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.item import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.contract.bench import Bench

rules: Rules = Rules("broken-requests")

ERRORS = "Zuora, Error handling"
RUNS = "/v1/journal-runs"
ENTRIES = "/v1/journal-entries/journal-runs"
JSON = {"Content-Type": "application/json"}


@rules.rule(ERRORS)
def unknown_addresses_are_refused(bench: Bench) -> None:
    """There is nothing at an address that the contract does not have."""
    for path in (
        "/",
        "/v1",
        "/v1/journal-run",
        f"{RUNS}/",
        f"{RUNS}//",
        f"{RUNS}/JR-99999999999999/x",
        "/v2/journal-runs",
    ):
        answer = bench.raw("GET", path)
        expect(400 <= answer.status < 500, f"GET {path} was answered with {answer.wire}")


@rules.rule(ERRORS)
def odd_run_numbers_are_refused(bench: Bench) -> None:
    """What is no run's number is refused or unknown, however it is written."""
    odd = ("0", "-1", "JR-", "JR-1", "jr-99999999999999", "JR-9999999999999x", "%00", "%ff", "%2e%2e", "..%2f..", "%zz",
           "JR-%30%30", "a" * 3000, "JR-" + "9" * 400, "%F0%9F%98%80", "%0d%0a", ";", "'", "*", "$(x)")  # fmt: skip
    for number in odd:
        for path in (f"{RUNS}/{number}", f"{ENTRIES}/{number}"):
            answer = bench.raw("GET", path)
            expect(400 <= answer.status < 500, f"GET {path[:80]} was answered with {answer.wire}")


@rules.rule(ERRORS)
def odd_queries_are_no_server_errors(bench: Bench) -> None:
    """A query that is odd is refused or has no effect."""
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
        answer = bench.raw("GET", f"{ENTRIES}/{bench.readable()}?{query}")
        expect(answer.status in (200, 400), f"the query {query[:40]} was answered with {answer.wire}")


@rules.rule("Zuora, Retrieve journal entries in a journal run")
def page_sizes_have_bounds(bench: Bench) -> None:
    """A page or a page size of less than 1, or that is no number, is refused, and so is a size of more than 300."""
    number = bench.readable()
    for query in ({"pageSize": 0}, {"pageSize": -1}, {"pageSize": 301}, {"pageSize": "x"}, {"pageSize": "1.5"},
                  {"page": 0, "pageSize": 1}, {"page": "x", "pageSize": 1}):  # fmt: skip
        answer = bench.call("listJournalEntriesOfJournalRun", number, query=query)
        expect(answer.status == 400, f"{query} was answered with {answer.status}, not 400")


@rules.rule(ERRORS)
def unknown_runs_are_not_found(bench: Bench) -> None:
    """A run that there is not is not found, in category 40."""
    operations = ["getJournalRun", "listJournalEntriesOfJournalRun"]
    number = "JR-99999999999999"
    if bench.may_write:
        # That of a run that was deleted: any other might be someone's.
        number = bench.at("gone").number
        operations += ["cancelJournalRun", "deleteJournalRun"]
    for operation in operations:
        answer = bench.call(operation, number, **({"body": {}} if operation == "cancelJournalRun" else {}))
        expect(answer.status == 404, f"{operation} of an unknown run was answered with {answer.status}, not 404")


@rules.rule(ERRORS, writes=True)
def unknown_methods_are_refused(bench: Bench) -> None:
    """A method that the contract does not have for an address is refused."""
    number = bench.at("Cancelled").number
    paths = {
        RUNS: ("PUT", "DELETE", "PATCH"),
        f"{RUNS}/{number}": ("POST", "PATCH", "BREW"),
        f"{RUNS}/{number}/cancel": ("GET", "POST", "DELETE", "PATCH"),
        f"{ENTRIES}/{number}": ("PUT", "POST", "DELETE"),
        "/oauth/token": ("GET", "PUT", "DELETE"),
    }
    for path, methods in paths.items():
        for method in methods:
            answer = bench.raw(method, path, headers=JSON, data=b"{}")
            expect(400 <= answer.status < 500, f"{method} {path} was answered with {answer.wire}")
    bench.look(bench.at("Cancelled"))


@rules.rule(ERRORS, writes=True)
def broken_bodies_create_nothing(bench: Bench) -> None:
    """A body that is not JSON, or not an object, or not what its headers say, is refused and creates nothing."""
    good = json.dumps(bench.creation()).encode()
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
        bench, lambda body, headers: bench.raw("POST", RUNS, headers=JSON | headers, data=body).status, bodies
    )


@rules.rule("Zuora, Create a journal run, 2026-04-10", writes=True)
def broken_fields_create_nothing(bench: Bench) -> None:
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
    cases: tuple[tuple[Any, Any], ...] = tuple((bench.creation(**each), {}) for each in fields)
    _create_nothing(
        bench, lambda body, headers: bench.call("createJournalRun", body=body, headers=headers).status, cases
    )


@rules.rule("live answers: a PUT without a content type, or with an Idempotency-Key", writes=True)
def broken_cancellations_cancel_nothing(bench: Bench) -> None:
    """A cancellation without a content type, or with an idempotency key, is refused and cancels nothing."""
    life = bench.at("Completed")
    path = f"{RUNS}/{life.number}/cancel"
    for headers, data, status in (
        ({"Content-Type": ""}, b"", 415),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        (JSON | {"Idempotency-Key": "a-key"}, b"{}", 400),
        (JSON, b"{", 400),
    ):
        answer = bench.raw("PUT", path, headers=headers, data=data)
        expect(
            answer.status == status, f"PUT with {headers} and {data!r} was answered with {answer.wire}, not {status}"
        )
    bench.look(life)


def _create_nothing(bench: Bench, create: Callable[[Any, Any], int], cases: tuple[tuple[Any, Any], ...]) -> None:
    bench.quiet()
    known = set(bench.own)
    for body, headers in cases:
        status = create(body, headers)
        said = f"{str(body)[:200]} with {headers}"
        expect(status in (400, 413, 415), f"{said} was answered with {status}")
        expect(set(bench.own) == known, f"{said} created a run")
    bench.create()
