"""Rules that no schema holds, on the emulator: dates against the period, compression, repeated keys, pages, tokens."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from zuora_journal_runs.emulator import AT_ONCE, Emulator

from .checks import COMPRESSED_ABOVE, body_of
from .lifecycle import ALLOWED
from .provider import suite_for, token_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .suite import Suite

RUN = "JR-00000073"
OCTOBER = {"accountingPeriodName": "Oct-2026"}
IN_OCTOBER = {"targetStartDate": "2026-10-01", "targetEndDate": "2026-10-31"}
REVENUE = {"transactionTypes": [{"type": "Revenue Event Item"}]}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    emulator = Emulator(pace=AT_ONCE)
    yield emulator
    emulator.close()


@pytest.fixture(scope="module")
def suite(emulator: Emulator, fragment: Mapping[str, Any]) -> Suite:
    return suite_for(emulator, fragment)


def creation(**fields: Any) -> dict[str, Any]:
    return {"journalEntryDate": "2026-10-31", "transactionTypes": [{"type": "Invoice Item"}], **fields}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (OCTOBER, 200),
        (IN_OCTOBER, 200),
        (OCTOBER | IN_OCTOBER, 200),
        (OCTOBER | REVENUE, 200),
        ({}, 400),
        (OCTOBER | {"targetStartDate": "2026-10-01"}, 200),
        ({"targetStartDate": "2026-10-01"}, 400),
        ({"targetEndDate": "2026-10-31"}, 400),
        (OCTOBER | {"targetEndDate": "2026-10-31"}, 400),
        ({"accountingPeriodName": "Oct-1926"}, 400),
        (OCTOBER | {"targetStartDate": "2026-10-02", "targetEndDate": "2026-10-31"}, 400),
        ({"targetStartDate": "2026-10-31", "targetEndDate": "2026-10-01"}, 400),
        ({"targetStartDate": "2026-09-30", "targetEndDate": "2026-10-01"}, 400),
        (IN_OCTOBER | REVENUE, 409),
        (OCTOBER | {"note": "\N{ABACUS}"}, 400),
    ],
)
def test_a_period_and_dates_have_to_agree(suite: Suite, fields: dict[str, Any], status: int) -> None:
    assert suite.call("createJournalRun", body=creation(**fields)).status_code == status


@pytest.mark.parametrize("authorization", [None, "Bearer of-nothing", "Basic YTpi", "Bearer"])
@pytest.mark.parametrize("operation", ["createJournalRun", *ALLOWED])
def test_every_operation_needs_a_token(suite: Suite, operation: str, authorization: str | None) -> None:
    headers = {"Authorization": authorization}
    if operation == "createJournalRun":
        response = suite.call(operation, headers=headers, body=creation(**OCTOBER))
    else:
        response = suite.call(operation, RUN, headers=headers)
    assert response.status_code == 401


def test_a_cancellation_needs_a_content_type(suite: Suite, emulator: Emulator) -> None:
    emulator.reset()
    assert suite.call("cancelJournalRun", RUN, headers={"Content-Type": None}).status_code == 415
    assert suite.call("cancelJournalRun", RUN).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "identity", "deflate, gzip", "gzip;q=0", ""])
def test_only_a_long_answer_is_compressed_and_only_if_asked(suite: Suite, accepted: str) -> None:
    asked = "gzip" in accepted and "q=0" not in accepted
    for operation, is_long in (("getJournalRun", False), ("listJournalEntriesOfJournalRun", True)):
        response = suite.call(operation, RUN, headers={"Accept-Encoding": accepted})
        assert (len(response.content) > COMPRESSED_ABOVE) == is_long
        assert ("content-encoding" in response.headers) == (asked and is_long)


def test_a_body_may_be_compressed_and_then_has_to_be(suite: Suite) -> None:
    plain = json.dumps(creation(**OCTOBER)).encode()
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for body, status in ((gzip.compress(plain), 200), (plain, 400), (gzip.compress(plain)[:-1], 400)):
        assert suite.call("createJournalRun", headers=headers, data=body).status_code == status


@pytest.mark.parametrize("character", [chr(code) for code in range(0x20, 0x7F)])
def test_a_track_id_has_no_character_but_those_allowed(suite: Suite, character: str) -> None:
    response = suite.call("getJournalRun", RUN, headers={"Zuora-Track-Id": f"a{character}b"})
    assert response.status_code == (400 if character in ":;\"'" else 200)


def test_a_repeated_key_changes_nothing(suite: Suite, emulator: Emulator) -> None:
    emulator.reset()
    first, again = (
        suite.call("createJournalRun", body=creation(**OCTOBER), headers={"Idempotency-Key": "a-key"}) for _ in range(2)
    )
    assert body_of(again) == body_of(first)
    other = suite.call("createJournalRun", body=creation(**OCTOBER), headers={"Idempotency-Key": "another-key"})
    assert body_of(other)["journalRunNumber"] != body_of(first)["journalRunNumber"]


@pytest.mark.parametrize("operation", ALLOWED)
def test_only_a_creation_may_have_a_key(suite: Suite, operation: str) -> None:
    assert suite.call(operation, RUN, headers={"Idempotency-Key": "a-key"}).status_code == 400


@pytest.mark.parametrize("size", [None, 1, 7, 23, 24, 25, 300])
def test_pages_hold_every_entry_once(suite: Suite, emulator: Emulator, size: int | None) -> None:
    emulator.reset()
    query: dict[str, str | int] | None = {} if size is None else {"pageSize": size}
    pages: list[list[str]] = []
    while query is not None:
        body = body_of(suite.call("listJournalEntriesOfJournalRun", RUN, query=query))
        pages.append([entry["number"] for entry in body["journalEntries"]])
        query = dict(parse_qsl(urlsplit(body["nextPage"]).query)) if "nextPage" in body else None
    whole, rest = divmod(len(emulator.entry_numbers(RUN)), size or 8)
    assert [len(page) for page in pages] == [size or 8] * whole + ([rest] if rest else [])
    assert [number for page in pages for number in page] == emulator.entry_numbers(RUN)


def test_a_page_without_a_page_size_has_no_effect(suite: Suite) -> None:
    first, second = (
        body_of(suite.call("listJournalEntriesOfJournalRun", RUN, query=query)) for query in ({}, {"page": 2})
    )
    assert first["journalEntries"] == second["journalEntries"]


@pytest.mark.parametrize("query", ["page", "page=", "=", "&&", "%zz", "page=%ff", "page=1&page=2", f"page={'9' * 400}"])
def test_an_odd_query_is_no_server_error(emulator: Emulator, query: str) -> None:
    headers = {"Authorization": f"Bearer {token_of(emulator)}", "Zuora-Version": "2025-08-12"}
    with httpx.Client(transport=emulator.transport(), base_url=emulator.url, headers=headers) as client:
        response = client.get(f"/v1/journal-entries/journal-runs/{RUN}?{query}")
    assert response.status_code in (200, 400)
    assert response.json()["success"] == (response.status_code == 200)
