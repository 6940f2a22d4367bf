"""What one response shows: every check, on exchanges that are live or recorded."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from zuora_journal_runs.contract.checks import every_check
from zuora_journal_runs.contract.conformance import Conformance
from zuora_journal_runs.contract.document import load
from zuora_journal_runs.contract.exchange import NOT_JSON, Exchange
from zuora_journal_runs.contract.session import described

RUN = "JR-00000001"
BODY = {"success": True, "number": RUN, "status": "Completed"}
HEADERS = {"content-type": ["application/json"], "zuora-request-id": ["0" * 36]}


def exchange(body: Any = BODY, status: int = 200, **more: Any) -> Exchange:
    fields: dict[str, Any] = {"headers": HEADERS, "request_headers": {}, "size": 100, "live": True}
    return Exchange("GET", f"/v1/journal-runs/{RUN}", status, body, **{**fields, **more})


def checked(*exchanges: Exchange) -> list[str]:
    checks = every_check()
    return [f"{each.check}: {each.message}" for one in exchanges for check in checks for each in check(one)]


def conforms(one: Exchange, operation: str = "getJournalRun") -> list[str]:
    return [f"{each.check}: {each.message}" for each in Conformance(load()).problems(operation, one)]


def having(**headers: str) -> dict[str, list[str]]:
    return HEADERS | {name.replace("_", "-"): [value] for name, value in headers.items()}


def entries(currency: str, *amounts: Any) -> dict[str, Any]:
    items = [{"type": "Debit" if index else "Credit", "amount": amount} for index, amount in enumerate(amounts)]
    return {"success": True, "journalEntries": [{"number": "JE-1", "currency": currency, "journalEntryItems": items}]}


@pytest.mark.parametrize(
    ("currency", "amounts", "balances"),
    [
        ("KWD", ("0.010", "0.005", "0.005"), True),
        ("KWD", ("0.004", "0.000"), False),
        ("KWD", ("0.001", "0"), False),
        ("USD", ("0.01", "0"), False),
        ("USD", ("0.004", "0"), False),
        ("JPY", (100, 99), False),
        ("JPY", (100, 100.0), True),
        ("USD", (0.3, 0.1, 0.2), True),
        ("USD", (0.1 + 0.2, 0.3), True),
        ("USD", ("12345678901234567890.12", "12345678901234567890.11"), False),
        ("", ("1.00", "1.00"), True),
        ("EUR", ("1.00", "one"), True),
        ("EUR", ("1.00", None), True),
    ],
)
def test_debits_and_credits_are_compared_exactly(currency: str, amounts: tuple[Any, ...], balances: bool) -> None:
    """What is no amount is for the schema to find."""
    assert (checked(exchange(entries(currency, *amounts))) == []) == balances


@pytest.mark.parametrize("items", [[1], "x", None, [{"type": "Neither", "amount": "1"}]])
def test_odd_items_are_for_the_schema_to_find(items: Any) -> None:
    body = {"success": True, "journalEntries": [{"number": "JE-1", "journalEntryItems": items}, 7]}
    assert checked(exchange(body)) == []


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (exchange(headers=HEADERS | {"zuora-track-id": ["a", "a"]}, request_headers={"zuora-track-id": "a"}), "came 2 times"),
        (exchange(request_headers={"zuora-track-id": "a"}), "the track id 'a' was not returned"),
        (exchange(headers=having(zuora_track_id="b"), request_headers={"zuora-track-id": "a"}), "'a' came back as 'b'"),
        (exchange(headers=having(zuora_track_id="b")), "no track id came back as 'b'"),
        (exchange(size=2000, request_headers={"accept-encoding": "gzip"}), "more than 1,000 bytes came uncompressed"),
        (exchange(headers=having(content_encoding="gzip")), "no more than 1,000 bytes came with Content-Encoding gzip"),
        (exchange(BODY | {"requestId": "x"}), "Zuora-Request-Id is"),
        (exchange(BODY | {"reasons": [{}]}), "reasons for a success"),
        (exchange({"success": False}), "no reasons for a failure"),
        (exchange(headers=having(ratelimit_limit="5", ratelimit_remaining="6", ratelimit_reset="9")), "is 6, of 5"),
    ],
)  # fmt: skip
def test_what_one_response_shows(one: Exchange, said: str) -> None:
    (found,) = checked(one)
    assert said in found


def test_what_a_recording_cannot_show_is_not_asked_of_it() -> None:
    recorded = exchange(size=2000, request_headers={"accept-encoding": "gzip", "zuora-track-id": "a"}, live=False)
    assert checked(recorded) == [
        "track-id: the track id 'a' was not returned",
    ]
    recorded.all_headers = False
    assert checked(recorded) == []
    assert checked(exchange(size=None, request_headers={"accept-encoding": "gzip"})) == []
    assert checked(exchange(headers=None, request_headers=None)) == []


def test_a_request_id_is_used_once_but_for_a_repeated_key() -> None:
    assert len(checked(exchange(), exchange())) == 1
    again: dict[str, Any] = {"request_headers": {"idempotency-key": "k"}}
    assert checked(exchange(**again), exchange(**again)) == []
    without = {"content-type": ["application/json"]}
    assert checked(exchange(headers=without), exchange(headers=without)) == []


@pytest.mark.parametrize(
    ("before", "after", "seconds", "found"),
    [(5, 4, 1, False), (5, 5, 1, True), (5, 6, 1, True), (0, 0, 1, False), (5, 19, 60, False), (5, 19, 59, True)],
)
def test_limits_fall_until_the_next_window(before: int, after: int, seconds: int, found: bool) -> None:
    first = exchange(
        headers=having(ratelimit_limit="20", ratelimit_remaining=str(before), ratelimit_reset="60"), began=0.0
    )
    reset = 60 - seconds or 60
    headers = having(
        ratelimit_limit="20", ratelimit_remaining=str(after), ratelimit_reset=str(reset), zuora_request_id="1" * 36
    )
    second = exchange(headers=headers, began=float(seconds))
    assert bool(checked(first, second)) == found


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (exchange(status=202), "status: the status 202, not one of 200, 4XX, 500"),
        (exchange(status=503), "server-error: a server error: 503"),
        (exchange(NOT_JSON), "body: the body is not JSON"),
        (exchange([]), "body: the body: [], not of the type object"),
        (exchange(headers={"content-type": ["text/html"], "zuora-request-id": ["0" * 36]}), "content-type: Content-Type is text/html, not application/json"),
        (exchange(headers={"content-type": ["application/json"]}), "headers: the header Zuora-Request-Id is missing"),
        (exchange(headers=having(ratelimit_remaining="many")), "headers: RateLimit-Remaining: 'many', not of the type integer"),
        (exchange(BODY | {"status": "Archived"}), "body: status: 'Archived', not one of Pending, Processing, Completed, Error, CancelInprogress, Cancelled, DeleteInprogress"),
        (exchange(BODY | {"success": "true"}), "body: success: 'true', not true"),
        (exchange({"success": True, "status": "Completed"}), "body: number: missing"),
        (exchange(BODY | {"journalEntryDate": "soon"}), "body: journalEntryDate: 'soon', not of the format date"),
        (exchange(BODY | {"number": "75"}), "body: number: '75': \"75\" does not match"),
        (exchange({"success": False, "reasons": []}), "body: reasons: []: [] has less than 1 item"),
    ],
)  # fmt: skip
def test_a_problem_names_the_place_the_value_and_what_is_allowed(one: Exchange, said: str) -> None:
    (found,) = conforms(one)
    assert found.startswith(said)


def test_an_error_in_a_list_is_one_problem() -> None:
    body = {"success": True, "journalEntries": [{"number": f"JE-{n}", "status": "Archived"} for n in range(300)]}
    assert conforms(exchange(body), "listJournalEntriesOfJournalRun") == [
        "body: journalEntries[0].status: 'Archived', not one of Created, Cancelled"
    ]


def test_another_method_must_be_refused_in_form() -> None:
    for status, body, found in ((405, {}, 1), (501, NOT_JSON, 0), (500, NOT_JSON, 1), (200, {}, 0)):
        trace = exchange(body, status)
        trace.method = "TRACE"
        assert len(conforms(trace)) == found


def test_what_is_wrong_with_a_connection_is_reported_in_words() -> None:
    refused = requests.ConnectionError()
    refused.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert described(refused) == "Connection refused"
    assert described(requests.exceptions.ChunkedEncodingError()) == "ChunkedEncodingError"
