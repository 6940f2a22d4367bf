"""Headers, API versions, encodings and invalid requests."""

from __future__ import annotations

import gzip
import json
import re
import uuid
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.emulator import PERMISSIONS, Settings
from zuora_journal_runs.emulator.http import HTTP_STATUS, Request
from zuora_journal_runs.emulator.openapi import contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api

RUN = "JR-00000075"
PATH = f"/v1/journal-runs/{RUN}"
JSON_TYPE = {"Content-Type": "application/json"}


def codes(response: Any) -> list[str]:
    return [str(each["code"]) for each in response.json()["reasons"]]


# Errors


def test_the_form_of_an_error(api: Api) -> None:
    response = api.get("JR-00000041")
    body = response.json()
    assert response.headers["content-type"] == "application/json;charset=UTF-8"
    assert set(body) == {"success", "processId", "reasons", "requestId"}
    assert body["success"] is False
    assert re.fullmatch("[0-9A-F]{16}", body["processId"])
    assert body["requestId"] == response.headers["zuora-request-id"]
    assert uuid.UUID(body["requestId"]).version == 4
    assert len(body["requestId"]) == 36
    assert body["reasons"] == [{"code": 50000040, "message": "Cannot find entity by key: 'JR-00000041'."}]


def test_codes_may_be_text(make: Callable[..., Api]) -> None:
    api = make(numeric_codes=False)
    assert api.get("JR-00000041").json()["reasons"][0]["code"] == "50000040"
    assert api.cancel("JR-00000072").json()["reasons"][0]["code"] == "53500030"


def test_every_category_has_the_status_of_the_guide() -> None:
    expected = {
        400: {20, 21, 22, 23, 27, 30, 90},
        401: {11},
        403: {10},
        404: {40},
        405: {45},
        409: {50},
        429: {70},
        500: {60, 61, 99},
    }
    assert {category: status for status, categories in expected.items() for category in categories} == HTTP_STATUS


# API versions

REFUSALS: dict[str, tuple[Callable[[Api], Any], str, int, int]] = {
    "unknown run": (lambda api: api.get("JR-00000041"), "50000040", 404, 200),
    "malformed run number": (lambda api: api.get("75"), "50000040", 404, 200),
    "entries of an unknown run": (lambda api: api.entries("JR-1"), "50000040", 404, 200),
    "deletion of an unknown run": (lambda api: api.delete("JR-1"), "50000040", 404, 200),
    "cancellation of an unknown run": (lambda api: api.cancel("JR-1"), "53500040", 404, 200),
    "status forbids it": (lambda api: api.cancel("JR-00000072"), "53500030", 400, 200),
    "wrong value": (lambda api: api.create(journalEntryDate="today"), "53500020", 400, 200),
    "missing field": (lambda api: api.create(journalEntryDate=None), "53500022", 400, 200),
    "wrong query": (lambda api: api.entries(pageSize=0), "50000020", 400, 200),
    "broken JSON": (
        lambda api: api.http.post("/v1/journal-runs", content="{", headers=JSON_TYPE),
        "53500090",
        400,
        200,
    ),
    "bad track id": (lambda api: api.get(**{"Zuora-Track-Id": "a;b"}), "50000020", 400, 200),
    "no permission": (
        lambda api: api.sign_in(api.emulator.add_user(())).cancel(),
        "53500010",
        403,
        200,
    ),
    "no token": (lambda api: api.get(Authorization=""), "90000011", 401, 401),
    "no endpoint": (lambda api: api.http.get("/v1/bill-runs"), "50000040", 404, 404),
    "wrong method": (lambda api: api.http.post(PATH, json={}), "53500045", 405, 405),
    "wrong content type": (lambda api: api.http.put(f"{PATH}/cancel"), "53500045", 415, 415),
    "key on PUT": (lambda api: api.cancel(**{"Idempotency-Key": "k"}), "53500020", 400, 400),
    "key on GET": (lambda api: api.get(**{"Idempotency-Key": "k"}), "50000020", 400, 400),
    "long address": (lambda api: api.http.get(f"{PATH}?{'x' * 20_000}"), "50000020", 414, 414),
    "long headers": (lambda api: api.get(Cookie="x" * 20_000), "50000020", 431, 431),
    "large body": (
        lambda api: api.http.post("/v1/journal-runs", content=b" " * (1 << 21), headers=JSON_TYPE),
        "53500020",
        413,
        413,
    ),
}


@pytest.mark.parametrize("version", ["2024-05-20", "2025-08-12", "2030-01-01"])
@pytest.mark.parametrize("name", REFUSALS)
def test_from_2024_05_20_errors_have_a_status_of_their_own(api: Api, name: str, version: str) -> None:
    call, code, status, _ = REFUSALS[name]
    api.http.headers["Zuora-Version"] = version
    response = call(api)
    assert (response.status_code, codes(response)) == (status, [code])


@pytest.mark.parametrize("version", [None, "186.0", "341.0", "999", "2024-05-19", "today"])
@pytest.mark.parametrize("name", REFUSALS)
def test_before_2024_05_20_errors_have_status_200(api: Api, name: str, version: str | None) -> None:
    call, code, _, status = REFUSALS[name]
    del api.http.headers["Zuora-Version"]
    if version:
        api.http.headers["Zuora-Version"] = version
    response = call(api)
    assert (response.status_code, codes(response)) == (status, [code])
    assert response.json()["success"] is False


def test_a_tenant_may_have_a_later_version_by_default(make: Callable[..., Api]) -> None:
    api = make(tenant_version="2025-08-12")
    del api.http.headers["Zuora-Version"]
    assert api.get("JR-00000041").status_code == 404


# Response headers


@pytest.mark.parametrize("track_id", ["A", "close-2026-04 cancel 75", "~" * 64, "!#$%&()*+,-./<=>?@[]^_`{|}~"])
def test_a_track_id_comes_back(api: Api, track_id: str) -> None:
    for response in (api.get(**{"Zuora-Track-Id": track_id}), api.get("JR-1", **{"Zuora-Track-Id": track_id})):
        assert response.headers["zuora-track-id"] == track_id


def test_without_a_track_id_none_comes_back(api: Api) -> None:
    assert "zuora-track-id" not in api.get().headers


@pytest.mark.parametrize("track_id", ["", "x" * 65, "a:b", "a;b", 'a"b', "a'b", "caf\u00e9", "a\tb"])
def test_a_track_id_that_is_refused(api: Api, track_id: str) -> None:
    response = api.http.get(PATH, headers={b"Zuora-Track-Id": track_id.encode("latin-1")})
    assert (response.status_code, set(codes(response))) == (400, {"50000020"})
    assert "zuora-track-id" not in response.headers


def test_rate_limits_count_down_and_start_anew(api: Api) -> None:
    first, second = api.get().headers, api.entries().headers
    assert first["ratelimit-limit"] == "50000, 50000;w=60, 2250000;w=3600, 27000000;w=86400"
    assert int(first["ratelimit-remaining"]) - int(second["ratelimit-remaining"]) == 1
    assert first["ratelimit-reset"] == "60"
    api.emulator.clock.advance(59)
    assert api.get().headers["ratelimit-reset"] == "1"
    api.emulator.clock.advance(1)
    assert api.get().headers["ratelimit-remaining"] == "49999"


def test_concurrency_limits_are_in_the_headers(api: Api) -> None:
    headers = api.get().headers
    assert headers["concurrency-limit-type"] == "Default"
    assert (headers["concurrency-limit-limit"], headers["concurrency-limit-remaining"]) == ("40", "39")


def test_beyond_the_rate_limit_calls_are_refused_for_the_rest_of_the_minute(make: Callable[..., Api]) -> None:
    api = make(calls_per_minute=2)
    api.get()
    api.emulator.clock.advance(20)
    last = api.get()
    assert (last.status_code, last.headers["ratelimit-remaining"]) == (200, "0")
    response = api.cancel()
    assert (response.status_code, codes(response), response.headers["retry-after"]) == (429, ["53500070"], "40")
    api.emulator.clock.advance(40)
    assert api.status() == "Completed"


def test_token_requests_are_limited_too(make: Callable[..., Api]) -> None:
    api = make(token_calls_per_minute=2)
    last = api.token()
    assert (last.status_code, last.headers["x-ratelimit-remaining-minute"]) == (200, "0")
    response = api.token()
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    assert response.headers["x-ratelimit-limit-minute"] == "2"
    assert api.status() == "Completed"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", PATH, "DELETE, GET"),
        ("HEAD", PATH, "DELETE, GET"),
        ("OPTIONS", "/v1/journal-runs", "POST"),
        ("GET", "/v1/journal-runs", "POST"),
        ("PATCH", f"{PATH}/cancel", "PUT"),
        ("GET", "/oauth/token", "POST"),
        ("DELETE", f"/v1/journal-entries/journal-runs/{RUN}", "GET"),
    ],
)
def test_a_method_that_is_not_supported(api: Api, method: str, path: str, allow: str) -> None:
    response = api.http.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    assert (response.content == b"") == (method == "HEAD")


# Compression


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=1.0", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
        ("br", False),
        ("", False),
        (None, False),
    ],
)
def test_long_responses_are_compressed_on_request(api: Api, accept: str | None, compressed: bool) -> None:
    plain = api.entries()
    request = api.http.build_request("GET", plain.request.url, headers={"Accept-Encoding": accept} if accept else {})
    response = api.http.send(request)
    assert len(plain.content) > 1000
    assert response.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert (int(response.headers["content-length"]) < len(plain.content)) == compressed
    assert response.json() == plain.json()


def test_short_responses_are_not_compressed(api: Api) -> None:
    assert "content-encoding" not in api.get(**{"Accept-Encoding": "gzip"}).headers


BODY = {
    "accountingPeriodName": "Nov-2014",
    "journalEntryDate": "2014-11-04",
    "transactionTypes": [{"type": "Invoice Item"}],
}
PACKED = gzip.compress(json.dumps(BODY).encode())


def post(api: Api, content: bytes, **headers: str) -> Any:
    return api.http.post("/v1/journal-runs", content=content, headers=JSON_TYPE | headers)


def test_a_compressed_request_is_understood(api: Api) -> None:
    assert post(api, PACKED, **{"Content-Encoding": "gzip"}).json()["success"] is True


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (json.dumps(BODY).encode(), 400),
        (PACKED[:-4], 400),
        (PACKED + b"x", 400),
        (PACKED[:20] + b"\0\0\0\0" + PACKED[24:], 400),
        (zlib.compress(json.dumps(BODY).encode()), 400),
        (gzip.compress(b" " * (1 << 24)), 413),
        (gzip.compress(json.dumps(BODY).encode() + b" " * (1 << 20)), 413),
    ],
    ids=["plain", "cut off", "with a tail", "damaged", "zlib", "bomb", "a little too large"],
)
def test_a_body_declared_as_gzip_that_is_not(api: Api, content: bytes, status: int) -> None:
    response = post(api, content, **{"Content-Encoding": "gzip"})
    assert (response.status_code, codes(response)) == (status, ["53500020"])


def test_an_unknown_content_encoding(api: Api) -> None:
    assert post(api, PACKED, **{"Content-Encoding": "br"}).status_code == 400


def test_an_empty_compressed_body_is_no_body(api: Api) -> None:
    response = api.http.put(f"{PATH}/cancel", headers=JSON_TYPE | {"Content-Encoding": "gzip"})
    assert response.json() == {"success": True}


# Bodies


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\0",
        b'{"a":1}\0',
        b"\xff\xfe",
        b'{"a":NaN}',
        b"[" * 100_000,
        b"1" * 5000,
        b"{'a':1}",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda content: repr(content[:10]),
)
def test_what_is_not_json(api: Api, content: bytes) -> None:
    response = post(api, content)
    assert (response.status_code, codes(response)) == (400, ["53500090"])


def test_a_cancellation_with_a_body_that_is_not_json(api: Api) -> None:
    response = api.http.put(f"{PATH}/cancel", content=b"{", headers=JSON_TYPE)
    assert (response.status_code, codes(response)) == (400, ["53500090"])
    assert api.status() == "Completed"


@pytest.mark.parametrize(
    "content",
    [b"[]", b"null", b"1e400", b'"text"', b'{"accountingPeriodName":"\\ud800"}', b"[" * 500 + b"]" * 500, b"1" * 400],
    ids=lambda content: repr(content[:10]),
)
def test_json_that_is_no_request(api: Api, content: bytes) -> None:
    response = post(api, content)
    assert response.status_code == 400
    assert codes(response)[0] == "53500020"


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
def test_a_cancellation_needs_a_json_content_type_and_nothing_else(api: Api, kind: str) -> None:
    assert api.http.put(f"{PATH}/cancel", headers={"Content-Type": kind}).json() == {"success": True}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    response = api.http.post("/v1/journal-runs", content=json.dumps(BODY), headers={"Content-Type": kind})
    assert response.status_code == 415
    assert api.status() == "Completed"


def test_a_put_without_a_content_type_can_be_allowed(make: Callable[..., Api]) -> None:
    api = make(put_needs_content_type=False)
    assert api.http.put(f"{PATH}/cancel").json() == {"success": True}
    for response in (
        api.http.put(f"{PATH}/cancel", headers={"Content-Type": "text/plain"}),
        api.http.post("/v1/journal-runs", headers={"Content-Type": ""}),
    ):
        assert response.status_code == 415


def test_unknown_fields_are_not_refused(api: Api) -> None:
    assert api.create(colour="green").json()["success"] is True


# Authorization


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic Zm9vOmJhcg==", "Bearer \u00e9"]
)
def test_without_a_valid_token_the_response_is_always_the_same(api: Api, authorization: str) -> None:
    headers = {b"Authorization": authorization.encode("latin-1")}
    response = api.http.get(PATH, headers=headers)
    assert response.status_code == 401
    assert response.json()["reasons"] == [{"code": "90000011", "message": "Authentication error"}]


def test_the_word_bearer_may_be_written_in_any_case(api: Api) -> None:
    token = api.http.headers["Authorization"].partition(" ")[2]
    assert api.get(Authorization=f"bearer {token}").status_code == 200


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_permissions(api: Api, permission: str) -> None:
    api.sign_in(api.emulator.add_user({permission}))
    responses = {
        "Create Journal Run": api.create(),
        "Cancel Journal Run": api.cancel(),
        "Delete Cancelled Journal Run": api.delete("JR-00000072"),
    }
    for needed, response in responses.items():
        if needed == permission:
            assert response.json()["success"] is True
        else:
            assert response.status_code == 403
            assert needed in response.json()["reasons"][0]["message"]
    assert api.get().status_code == api.entries().status_code == 200


def test_an_unknown_permission(api: Api) -> None:
    with pytest.raises(ValueError, match="Rule The World"):
        api.emulator.add_user({"Rule The World"})


def test_entities(make: Callable[..., Api]) -> None:
    api = make(entity_ids=frozenset({"e1", "e2"}))
    assert api.get(**{"Zuora-Entity-Ids": "e2"}).status_code == 200
    response = api.get(**{"Zuora-Entity-Ids": "e3"})
    assert (response.status_code, codes(response)) == (400, ["90000020"])
    assert api.get(**{"Zuora-Entity-Ids": "e1,e2"}).status_code == 400
    api.http.headers["Zuora-Entity-Ids"] = "e3"
    assert api.token().status_code == 400


def test_organisations(make: Callable[..., Api]) -> None:
    api = make(organization_ids=frozenset({"o1", "o2"}))
    assert api.get(**{"Zuora-Org-Ids": "o1, o2"}).status_code == 200
    response = api.get(**{"Zuora-Org-Ids": "o1,o3"})
    assert (response.status_code, codes(response)) == (403, ["50000010"])


def test_entities_and_organisations_are_accepted_where_they_mean_nothing(api: Api) -> None:
    assert api.get(**{"Zuora-Entity-Ids": "any", "Zuora-Org-Ids": "any,other"}).status_code == 200


# Odd paths


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/journal-runs/",
        f"{PATH}/",
        f"//v1/journal-runs/{RUN}",
        f"{PATH}/cancel/now",
        "/V1/journal-runs/x",
        f"{PATH}%2Fcancel/x",
        "/v1/journal-runs/a/b/c",
    ],
)
def test_unknown_paths(api: Api, path: str) -> None:
    response = api.emulator._api.handle(Request.of("PUT", path.encode(), b"", (), b""))
    assert response.status == 404
    assert json.loads(response.body)["reasons"][0]["code"] == 53500040


@pytest.mark.parametrize(
    "number", ["%00", "%ff", "..", "%2e%2e", "JR-00000075%2Fcancel", "JR-00000075%20", "'; --", "x" * 900]
)
def test_invalid_run_numbers(api: Api, number: str) -> None:
    path = f"/v1/journal-runs/{number}".encode()
    headers = [(b"authorization", api.http.headers["authorization"].encode())]
    response = api.emulator._api.handle(Request.of("GET", path, b"", headers, b""))
    assert json.loads(response.body)["reasons"][0]["code"] == 50000040


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("zuora.test:8443", "http://zuora.test:8443"),
        ("[::1]:80", "http://[::1]:80"),
        ("evil/..", "http://localhost"),
        ('a"b', "http://localhost"),
        ("", "http://localhost"),
    ],
)
def test_the_next_page_is_where_the_caller_came_from(api: Api, host: str, origin: str) -> None:
    response = api.http.get(f"/v1/journal-entries/journal-runs/{RUN}", headers={"Host": host})
    assert response.json()["nextPage"] == f"{origin}/v1/journal-entries/journal-runs/{RUN}?page=2&pageSize=8"


# The request log


def test_the_request_log_shows_requests(api: Api) -> None:
    api.cancel(**{"Zuora-Track-Id": "t-1"})
    api.http.get("/v1/bill-runs?x=1")
    *_, cancelled, unknown = api.emulator.requests
    assert (cancelled.method, cancelled.path, cancelled.operation) == ("PUT", f"{PATH}/cancel", "cancelJournalRun")
    assert (cancelled.status, cancelled.codes, cancelled.headers["zuora-track-id"]) == (200, (), "t-1")
    assert (unknown.operation, unknown.status, unknown.query) == (None, 404, "x=1")
    assert unknown.codes == ("50000040",)


def test_the_request_log_contains_no_secret(api: Api) -> None:
    emulator = api.emulator
    token = api.http.headers["Authorization"].partition(" ")[2]
    api.http.post(f"/oauth/token?client_secret={emulator.client_secret}", headers={"Cookie": emulator.client_secret})
    api.get()
    logged = repr(emulator.requests)
    assert emulator.client_secret not in logged
    assert token not in logged


def test_the_request_log_is_bounded(make: Callable[..., Api]) -> None:
    api = make(request_log_size=3)
    for _ in range(5):
        api.get()
    assert len(api.emulator.requests) == 3


# Unexpected errors


def test_an_unexpected_error_is_logged_reported_and_changes_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room left")

    with monkeypatch.context() as patch:
        patch.setattr(api.emulator._store, "save_run", fail)
        response = api.create()
    assert (response.status_code, codes(response)) == (500, ["53500060"])
    assert "no room left" in caplog.text
    assert api.created() == "JR-00000076"


# The contract


def test_every_operation_of_the_contract_exists(api: Api) -> None:
    operations = {operation.id for route in contract().routes for operation in route.operations.values()}
    assert operations == {*api.emulator._api._operations, "createToken"}


def test_the_settings_name_the_largest_page_of_the_contract() -> None:
    validator = next(
        operation.query["pageSize"].schema.validator
        for route in contract().routes
        for operation in route.operations.values()
        if operation.query
    )
    assert validator.is_valid(Settings().max_page_size)
    assert not validator.is_valid(Settings().max_page_size + 1)
