"""What single responses prove."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.evidence import (
    Accepted,
    EntriesListed,
    EntriesRefused,
    Observation,
    Problem,
    ResponseReader,
    RunNotFound,
    RunSeen,
    is_refusal,
)

RUN = "JR-00000075"
PATH = f"/v1/journal-runs/{RUN}"
ENTRIES = f"/v1/journal-entries/journal-runs/{RUN}"
FIRST = f"{ENTRIES}?page=1&pageSize=300"
SECOND = f"{ENTRIES}?page=2&pageSize=300"


def read(
    body: object, *, method: str = "GET", path: str = PATH, status: int = 200, reader: ResponseReader | None = None
) -> Observation | None:
    content = body if isinstance(body, str) else json.dumps(body)
    return (reader or ResponseReader(RUN)).read(5.0, method, path, status, content)


def refusal(code: object, **changes: object) -> dict[str, object]:
    return {"success": False, "reasons": [{"code": code, "message": "No."}], **changes}


def entry(number: str, status: object = "Created", transferred: object = "No") -> dict[str, object]:
    return {"number": number, "status": status, "transferredToAccounting": transferred}


def page(*entries: object, **more: object) -> dict[str, object]:
    return {"success": True, "journalEntries": list(entries), **more}


NO_COUNTS: list[object] = [None, True, "10", 1.5, -1, 2**63, [], {}]
NO_STATE = "an entry has no number, no status, or a `transferredToAccounting` that is not text"
SEEN = {"success": True, "number": RUN, "status": "Cancelled"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SEEN, RunSeen(5.0, "Cancelled")),
        ({"number": RUN, "status": "Novel"}, RunSeen(5.0, "Novel")),
        ({**SEEN, "totalJournalEntryCount": 10}, RunSeen(5.0, "Cancelled", 10)),
        ({**SEEN, "totalJournalEntryCount": 10.0}, RunSeen(5.0, "Cancelled", 10)),
        ({**SEEN, "totalJournalEntryCount": 2**63 - 1}, RunSeen(5.0, "Cancelled", 2**63 - 1)),
        ({**SEEN, "totalJournalEntryCount": 0}, RunSeen(5.0, "Cancelled", 0)),
        *[({**SEEN, "totalJournalEntryCount": count}, RunSeen(5.0, "Cancelled")) for count in NO_COUNTS],
        (
            '{"number": "JR-00000075", "status": "Cancelled", "totalJournalEntryCount": 1e999}',
            RunSeen(5.0, "Cancelled"),
        ),
    ],
)
def test_a_run_is_seen(body: object, expected: Observation) -> None:
    assert read(body) == expected
    assert read(body, status=204) == expected
    assert isinstance(read(body, status=300), Problem)
    assert isinstance(read(body, status=199), Problem)


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({**SEEN, "success": None}, 200, "the response does not say `success: true`"),
        ({**SEEN, "success": False}, 200, "the response does not say `success: true`"),
        ({**SEEN, "success": "true"}, 200, "the response does not say `success: true`"),
        ({**SEEN, "number": "JR-00000076"}, 200, "the response is about another run"),
        ({**SEEN, "status": None}, 200, "the response has no run status"),
        ({**SEEN, "status": ""}, 200, "the response has no run status"),
        ({"success": True, "number": RUN}, 200, "the response has no run status"),
        ([], 200, "HTTP 200 without a JSON object"),
        ("", 404, "HTTP 404 without a JSON body"),
        ("<html>", 404, "HTTP 404 without a JSON body"),
        ("[" * 100_000, 200, "HTTP 200 without a JSON body"),
        ({"message": "no Route matched with those values"}, 404, "HTTP 404 without Zuora's error form"),
        ({"timestamp": 1, "status": 404, "error": "Not Found"}, 404, "HTTP 404 without Zuora's error form"),
        ({"success": None, "reasons": []}, 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040", success=None), 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040", reasons=[]), 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040", reasons={}), 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040", reasons=["50000040"]), 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040", reasons=[{"code": "50000040"}]), 404, "HTTP 404 without Zuora's error form"),
        (refusal("ObjectNotFound"), 404, "HTTP 404 without Zuora's error form"),
        (refusal("5000004"), 404, "HTTP 404 without Zuora's error form"),
        (refusal("50000040"), 500, "HTTP 500 without Zuora's error form"),
        (refusal("50000061"), 200, "HTTP 200, refused with category 61"),
    ],
)
def test_a_response_proves_nothing_about_the_run(body: object, status: int, problem: str) -> None:
    assert read(body, status=status) == Problem(5.0, problem)


@pytest.mark.parametrize("code", ["50000040", 50000040, "40", 40])
@pytest.mark.parametrize("status", [200, 404, 499])
def test_a_run_is_not_found(code: object, status: int) -> None:
    assert read(refusal(code), status=status) == RunNotFound(5.0)
    assert is_refusal(status, json.dumps(refusal(code)).encode())


def test_what_is_not_a_refusal() -> None:
    for body in (b"<html>", b"[]", b'{"message": "no"}', b""):
        assert not is_refusal(403, body)


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [("POST", "/v1/journal-runs", "create"), ("PUT", f"{PATH}/cancel", "cancel"), ("DELETE", PATH, "delete")],
)
def test_a_request_is_accepted(method: str, path: str, request_: str) -> None:
    assert read({"success": True}, method=method, path=path) == Accepted(5.0, request_)  # type: ignore[arg-type]
    for body, status in (({"success": True}, 300), ({}, 200), ({"success": None}, 200), ({"success": "true"}, 200)):
        found = read(body, method=method, path=path, status=status)
        assert found == Problem(5.0, f"HTTP {status} without `success: true`")
    for other in (f"{path}/x/y", f"/x{path}"):
        found = read({"success": True}, method=method, path=other)
        assert found == Problem(5.0, f"{method} {other} is not a request about JR-00000075")


def test_the_run_of_another_number_is_not_this_one() -> None:
    other = "/v1/journal-runs/JR-00000076"
    assert read(SEEN, path=other) == Problem(5.0, f"GET {other} is not a request about {RUN}")
    assert isinstance(read(page(), method="PUT", path=FIRST), Problem)
    assert isinstance(read(SEEN, method="HEAD"), Problem)


def test_entries_are_listed() -> None:
    reader = ResponseReader(RUN)
    for more in ({"nextPage": f"https://rest.zuora.com{SECOND}"}, {"nextPage": SECOND}):
        assert read(page(entry("JE-1"), **more), path=FIRST, reader=reader) is None
        assert read(page(entry("JE-2", "Cancelled", None)), path=SECOND, reader=reader) == EntriesListed(
            5.0, {"JE-1": ("Created", "No"), "JE-2": ("Cancelled", None)}
        )
    for path in (ENTRIES, FIRST, f"{ENTRIES}?pageSize=40"):
        for none in (None, "", 5):
            found = read(page(entry("JE-1"), nextPage=none), path=path)
            assert found == EntriesListed(5.0, {"JE-1": ("Created", "No")})
    assert read(page(), path=FIRST) == EntriesListed(5.0, {})
    without = {"journalEntries": [entry("JE-1")]}
    assert isinstance(read(without, path=FIRST), EntriesListed)


LISTINGS = st.lists(
    st.lists(
        st.dictionaries(
            st.integers(0, 9), st.tuples(st.sampled_from(["Created", "Cancelled"]), st.none() | st.just("No"))
        ),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=4,
)


@given(LISTINGS)
def test_a_listing_of_several_pages_is_as_one(listings: list[list[dict[int, tuple[str, str | None]]]]) -> None:
    """Whatever is shared with the listings before it; an entry on two pages makes it no listing."""
    reader = ResponseReader(RUN)
    results = []
    for pages in listings:
        expected: dict[str, tuple[str, str | None]] | None = {}
        observed: Observation | None = None
        for place, listed in enumerate(pages, 1):
            shown = {f"JE-{number}": state for number, state in listed.items()}
            following = {"nextPage": f"{ENTRIES}?page={place + 1}"} if place < len(pages) else {}
            observed = read(
                page(*(entry(number, *state) for number, state in shown.items()), **following),
                path=f"{ENTRIES}?page={place}",
                reader=reader,
            )
            if expected is None or expected.keys() & shown:
                assert isinstance(observed, Problem)
                expected = None
                continue
            expected |= shown
            if following:
                assert observed is None
        if expected is not None:
            assert isinstance(observed, EntriesListed)
            results.append((observed.entries, expected))
    # In the end: a later listing must not have changed an earlier one.
    for found, expected in results:
        assert found == expected
        assert expected == found
        assert (len(found), list(found), list(found.items())) == (len(expected), list(expected), list(expected.items()))
        assert {number: found[number] for number in expected} == expected
        assert found.get("JE-none") is None
        assert eval(repr(found)) == expected
        assert pickle.loads(pickle.dumps(found)) == expected
        for other, others in results:
            assert (found == other) is (expected == others)


def test_listings_of_a_long_wait_share_what_is_equal() -> None:
    """100,000 entries take thirty megabytes, and are listed again and again."""
    reader = ResponseReader(RUN)

    def listed(status: str) -> EntriesListed:
        read(page(entry("JE-1"), nextPage=SECOND), path=FIRST, reader=reader)
        found = read(page(entry("JE-2", status)), path=SECOND, reader=reader)
        assert isinstance(found, EntriesListed)
        return found

    first, second, third = (listed(status).entries for status in ("Created", "Created", "Cancelled"))
    assert first["JE-2"] is second["JE-2"]
    assert first["JE-1"] is third["JE-1"]
    assert third["JE-2"] == ("Cancelled", "No")
    assert first == second
    assert first != third
    with pytest.raises(KeyError, match="JE-3"):
        first["JE-3"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"journalEntries": []}, "the response does not say `success: true`"),
        ({"success": None, "journalEntries": [entry("JE-1")]}, "the response does not say `success: true`"),
        ({"success": True}, "the response has no list of entries"),
        (page("JE-1"), "an entry is not a JSON object"),
        (page(entry("JE-1"), entry("JE-1")), "an entry is listed twice on one page"),
        *[(page({**entry("JE-1"), field: 5}), NO_STATE) for field in ("number", "status", "transferredToAccounting")],
    ],
)
def test_a_page_proves_nothing(body: object, problem: str) -> None:
    assert read(body, path=FIRST) == Problem(5.0, problem)
    for status in (199, 300, 404, 500):
        assert read(page(entry("JE-1")), path=FIRST, status=status) == Problem(
            5.0, f"HTTP {status} without Zuora's error form"
        )


def test_pages_that_do_not_belong_together_prove_nothing() -> None:
    reader = ResponseReader(RUN)
    assert isinstance(read(page(entry("JE-2")), path=SECOND, reader=reader), Problem)
    assert read(page(entry("JE-1"), nextPage=SECOND), path=FIRST, reader=reader) is None
    third = read(page(entry("JE-3")), path=f"{ENTRIES}?page=3&pageSize=300", reader=reader)
    assert third == Problem(5.0, "the page is not the one that the page before it names as next")
    # A page that failed and is requested again goes on with the same listing.
    assert isinstance(read("<html>", path=SECOND, status=502, reader=reader), Problem)
    twice = read(page(entry("JE-1")), path=SECOND, reader=reader)
    assert twice == Problem(5.0, "an entry is listed on two pages")
    # A listing that begins anew forgets what came before.
    assert read(page(entry("JE-1"), nextPage=SECOND), path=FIRST, reader=reader) is None
    assert read(page(entry("JE-5")), path=FIRST, reader=reader) == EntriesListed(5.0, {"JE-5": ("Created", "No")})
    assert isinstance(read(page(entry("JE-2")), path=SECOND, reader=reader), Problem)


@pytest.mark.parametrize(("code", "kind"), [("50000040", EntriesRefused), ("50000010", EntriesRefused)])
@pytest.mark.parametrize("status", [200, 404])
def test_entries_are_refused(code: str, kind: type[Observation], status: int) -> None:
    found = read(refusal(code), path=FIRST, status=status)
    assert isinstance(found, kind)
    assert found == EntriesRefused(5.0, f"HTTP {status}, refused with category {code[-2:]}")
    for passing in ("50000050", "50000060", "50000061", "50000070", "50000099"):
        assert isinstance(read(refusal(passing), path=FIRST, status=status), Problem)
    assert isinstance(read({}, path=FIRST, status=404), Problem)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["success", "number", "status", "reasons", "code", "message", "journalEntries", "nextPage"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([PATH, FIRST, SECOND]), st.sampled_from([200, 404, 500]))
def test_any_json_is_read_without_an_exception(body: Any, path: str, status: int) -> None:
    found = read(body, path=path, status=status)
    assert not isinstance(found, RunSeen) or body["number"] == RUN
