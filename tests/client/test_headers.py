"""The header conventions, on every request of either client."""

from __future__ import annotations

import gzip
import json
import re
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import JournalRunsClient, Timeouts, errors
from zuora_journal_runs._http import RunNumber
from zuora_journal_runs_api.api.journal_runs import create_journal_run, get_journal_run
from zuora_journal_runs_api.models import ContentEncoding, CreateJournalRunRequest, JournalRun

from .world import REQUEST_ID, URL, Script, answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind

CREATED = answer(body={"success": True, "journalRunNumber": "JR-00000008"})
PAGE = answer(body={"success": True, "journalEntries": []})
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def create(client: Any, **options: Any) -> Any:
    return client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026", **options)


OPERATIONS: dict[str, tuple[Callable[[Any], Any], httpx.Response, str, str]] = {
    "create": (create, CREATED, "POST", "/v1/journal-runs"),
    "retrieve": (lambda c: c.retrieve("JR-00000075"), run(), "GET", "/v1/journal-runs/JR-00000075"),
    "entries": (lambda c: c.entries("JR-00000075"), PAGE, "GET", "/v1/journal-entries/journal-runs/JR-00000075"),
    "cancel": (lambda c: c.cancel("JR-00000075"), answer(), "PUT", "/v1/journal-runs/JR-00000075/cancel"),
}


@pytest.mark.parametrize("verb", OPERATIONS)
def test_what_every_request_bears(kind: Kind, verb: str) -> None:
    work, given_answer, method, path = OPERATIONS[verb]
    script = Script(given_answer)
    kind.use(script, work)
    (request,) = script.requests
    assert (request.method, request.url.path) == (method, path)
    headers = request.headers
    assert headers["Authorization"] == "Bearer a-token"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"].startswith("zuora-journal-runs/")
    assert UUID.fullmatch(headers["Zuora-Track-Id"])
    assert ("Idempotency-Key" in headers) == (method == "POST")
    assert not {"Zuora-Entity-Ids", "Zuora-Org-Ids", "Zuora-Version", "Content-Encoding"} & headers.keys()


def test_a_put_carries_an_empty_object(kind: Kind) -> None:
    script = Script(answer())
    kind.use(script, lambda client: client.cancel("JR-00000075"))
    (request,) = script.requests
    assert (request.content, request.headers["Content-Type"]) == (b"{}", "application/json")
    assert request.headers["Content-Length"] == "2"


def test_options_of_the_client_and_of_a_call(kind: Kind) -> None:
    script = Script(run())

    def work(client: Any) -> Any:
        one = client.with_options(track_id="close-2026-10", entity_id="entity-2", org_ids=["a", "b"])
        return one.retrieve("JR-00000075")

    kind.use(script, work, entity_id="entity-1", zuora_version="2025-08-12")
    headers = script.requests[0].headers
    assert headers["Zuora-Track-Id"] == "close-2026-10"
    assert headers["Zuora-Entity-Ids"] == "entity-2"
    assert headers["Zuora-Org-Ids"] == "a,b"
    assert headers["Zuora-Version"] == "2025-08-12"


def test_with_options_leaves_the_client_as_it_was(kind: Kind) -> None:
    script = Script(run())

    def work(client: Any) -> Any:
        client.with_options(track_id="one-call", entity_id="other", timeouts=Timeouts(connect=1.0))
        return client.retrieve("JR-00000075")

    kind.use(script, work)
    assert UUID.fullmatch(script.requests[0].headers["Zuora-Track-Id"])
    assert "Zuora-Entity-Ids" not in script.requests[0].headers


def test_identifiers_are_the_same_for_all_attempts_of_a_call_and_differ_between_calls(kind: Kind) -> None:
    script = Script(refusal("50000061"), CREATED)
    kind.use(script, create)
    again = Script(CREATED)
    kind.use(again, create, random=Random(2))
    first, second = script.requests
    for name in ("Zuora-Track-Id", "Idempotency-Key"):
        assert first.headers[name] == second.headers[name] != again.requests[0].headers[name]
    assert first.headers["Zuora-Track-Id"] != first.headers["Idempotency-Key"]
    assert first.content == second.content


def test_an_idempotency_key_of_the_callers_own(kind: Kind) -> None:
    script = Script(CREATED)
    kind.use(script, lambda client: create(client.with_options(idempotency_key="close-10")))
    assert script.requests[0].headers["Idempotency-Key"] == "close-10"


def test_what_a_response_says_is_readable_from_the_result(kind: Kind) -> None:
    script = Script(
        answer(
            body={"success": True, "number": "JR-00000075", "status": "Pending"},
            RateLimit_Limit="2250000, 50000;w=60",
            RateLimit_Remaining="399",
            RateLimit_Reset="1200",
            Concurrency_Limit_Type="Default",
            Concurrency_Limit_Limit="40",
            Concurrency_Limit_Remaining="n/a",
        )
    )
    found: JournalRun = kind.use(script, lambda c: c.with_options(track_id="mine").retrieve("JR-00000075"))
    exchange = found.exchange
    assert exchange is not None
    assert (exchange.status_code, exchange.attempts) == (200, 1)
    assert (exchange.request_id, exchange.track_id) == (REQUEST_ID, "mine")
    assert (exchange.rate_limit, exchange.rate_limit_remaining, exchange.rate_limit_reset) == (
        "2250000, 50000;w=60",
        399,
        1200,
    )
    assert (exchange.concurrency_limit_type, exchange.concurrency_limit) == ("Default", 40)
    assert exchange.concurrency_limit_remaining is None


def test_the_response_to_another_call_is_not_taken_for_ones_own(kind: Kind) -> None:
    script = Script(answer(Zuora_Track_Id="of-another-call"))
    with pytest.raises(errors.InvalidResponseError, match="of-another-call") as caught:
        kind.use(script, lambda client: client.cancel("JR-00000075"))
    assert caught.value.maybe_processed
    assert [request.method for request in script.requests] == ["PUT", "GET"]


# What cannot be sent


REFUSED = {
    "track id too long": {"track_id": "x" * 65},
    "track id with a colon": {"track_id": "a:b"},
    "track id not ASCII": {"track_id": "café"},
    "track id with a line break": {"track_id": "a\r\nX: 1"},
    "track id folded": {"track_id": "a\r\n X: 1"},
    "track id empty": {"track_id": ""},
    "track id with a blank at its end": {"track_id": "a "},
    "two entities": {"entity_id": "a,b"},
    "no organisation": {"org_ids": []},
    "an empty organisation": {"org_ids": "a,,b"},
    "version with a line break": {"zuora_version": "1\n2"},
    "idempotency key too long": {"idempotency_key": "k" * 256},
    "idempotency key with NUL": {"idempotency_key": "k\0"},
    "a deadline of zero": {"deadline": 0.0},
    "a deadline that is none": {"deadline": float("nan")},
    "an endless timeout": {"timeouts": Timeouts(read=float("inf"))},
    "a page too large": {"page_size": 301},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
def test_a_value_that_cannot_be_sent_is_refused_at_once(kind: Kind, options: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.use(Script(run()), lambda client: client.with_options(**options))
    assert "\n" not in str(caught.value)
    with pytest.raises(errors.InvalidArgumentError):
        kind.use(Script(run()), lambda _: None, **options)


@pytest.mark.parametrize("name", ["zuora_track_id", "zuora_entity_ids", "zuora_org_ids", "idempotency_key"])
def test_generated_functions_are_held_to_the_same_rules(name: str) -> None:
    script = Script(CREATED)
    body = CreateJournalRunRequest.from_dict({"transactionTypes": [], "journalEntryDate": "2026-10-31"})
    with JournalRunsClient(URL, token="t", transport=httpx.MockTransport(script)) as client:
        arguments: dict[str, Any] = {name: " , "}
        with pytest.raises(errors.InvalidArgumentError):
            create_journal_run.sync(client=client.api, body=body, **arguments)
    assert script.requests == []


NUMBERS = st.from_regex(r"JR-[0-9]{8,12}", fullmatch=True, alphabet=st.characters(codec="ascii"))


@given(NUMBERS)
def test_run_numbers_pass(number: str) -> None:
    assert RunNumber(number) == number


@given(
    st.one_of(st.text(), st.sampled_from(["..", ".", "", "JR-1", "JR-0000007x", "JR-00000075/cancel", " JR-00000075"]))
)
def test_anything_else_is_no_run_number(text: str) -> None:
    if not re.fullmatch(r"JR-[0-9]{8,}", text, re.ASCII):
        with pytest.raises(errors.InvalidArgumentError, match="JR-00000075"):
            RunNumber(text)


@pytest.mark.parametrize(
    "number",
    [
        "..",
        ".",
        "",
        "JR-1",
        "%2e%2e",
        "JR-00000075/cancel",
        "JR-00000075?x=1",
        "JR-\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660",
    ],
)
@pytest.mark.parametrize(
    "verb", ["retrieve", "entries", "cancel", "delete", "plan_cancellation", "wait_for_cancellation"]
)
def test_what_is_no_run_number_is_not_sent(kind: Kind, verb: str, number: str) -> None:
    script = Script(run())
    with pytest.raises(errors.InvalidArgumentError):
        kind.use(script, lambda client: getattr(client, verb)(number))
    assert script.requests == []


@pytest.mark.parametrize("number", ["..", ".", "", "JR-1"])
def test_generated_functions_cannot_leave_the_operations(number: str) -> None:
    script = Script(run())
    with (
        JournalRunsClient(URL, token="t", transport=httpx.MockTransport(script)) as client,
        pytest.raises(errors.InvalidArgumentError, match="none of the operations"),
    ):
        get_journal_run.sync(number, client=client.api)
    assert script.requests == []


def test_the_token_goes_nowhere_else(kind: Kind) -> None:
    script = Script(run())
    with pytest.raises(errors.InvalidArgumentError, match=r"elsewhere\.example"):
        kind.use(script, lambda c: c.connection.get("https://elsewhere.example/v1/journal-runs/JR-00000075"))
    assert script.requests == []


# Compression


def test_a_large_request_is_compressed_and_a_small_one_is_not(kind: Kind) -> None:
    script = Script(CREATED)
    labels = [{"organizationName": f"Organisation {number}"} for number in range(100)]
    kind.use(script, lambda client: create(client, organization_labels=labels))
    kind.use(script, create)
    large, small = script.requests
    assert large.headers["Content-Encoding"] == "gzip"
    assert large.headers["Content-Length"] == str(len(large.content))
    assert json.loads(gzip.decompress(large.content))["organizationLabels"] == labels
    assert "Content-Encoding" not in small.headers
    assert json.loads(small.content)["accountingPeriodName"] == "Oct-2026"


def test_compression_can_be_switched_off(kind: Kind) -> None:
    script = Script(CREATED)
    labels = [{"organizationName": f"Organisation {number}"} for number in range(100)]
    kind.use(script, lambda client: create(client, organization_labels=labels), compress_over=None)
    assert "Content-Encoding" not in script.requests[0].headers


def test_gzip_is_announced_only_with_a_compressed_body() -> None:
    script = Script(CREATED, run())
    body = CreateJournalRunRequest.from_dict({"transactionTypes": [], "journalEntryDate": "2026-10-31"})
    with JournalRunsClient(URL, token="t", transport=httpx.MockTransport(script)) as client:
        create_journal_run.sync(client=client.api, body=body, content_encoding=ContentEncoding.GZIP)
        get_journal_run.sync("JR-00000075", client=client.api, content_encoding=ContentEncoding.GZIP)
    posted, got = script.requests
    assert json.loads(gzip.decompress(posted.content)) == body.to_dict()
    assert "Content-Encoding" not in got.headers


def test_a_compressed_response_is_read(kind: Kind) -> None:
    compressed = gzip.compress(run().content)

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(compressed))

    found: JournalRun = kind.use(handler, lambda client: client.retrieve("JR-00000075"))
    assert found.status == "Completed"
    assert found.exchange is not None
    assert found.exchange.headers["Content-Encoding"] == "gzip"
