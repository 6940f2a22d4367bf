"""Misuses of Zuora's API in the request log."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from zuora_journal_runs.emulator import Emulator, MisuseKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api

RUN = "JR-00000075"
PATH = f"/v1/journal-runs/{RUN}"
OTHER = "/v1/journal-runs/JR-00000074"


def kinds(emulator: Emulator) -> list[str]:
    return [misuse.kind.value for misuse in emulator.misuses()]


def test_documented_calls_are_no_misuse(api: Api) -> None:
    api.get()
    api.entries(page=1, pageSize=4)
    api.create(targetStartDate=None)
    api.cancel()
    api.delete()
    api.http.put(f"{PATH}/cancel", headers={"Content-Type": "application/json"})
    assert api.emulator.misuses() == []


@pytest.mark.parametrize("version", ["186.0", "2025-08-12"])
def test_refused_calls_are_no_misuse(api: Api, version: str) -> None:
    api.http.headers["Zuora-Version"] = version
    api.get("JR-00000041")
    api.get(**{"Zuora-Track-Id": "a;b"})
    api.http.get(f"{PATH}?{'x' * 20_000}")
    api.create(journalEntryDate="today")
    api.http.post("/v1/journal-runs", content="[" * 5000, headers={"Content-Type": "application/json"})
    api.http.get(PATH, headers={"Authorization": ""})
    assert api.emulator.misuses() == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/bill-runs"), ("GET", "/v1/journal-runs"), ("HEAD", PATH), ("GET", "/")]
)
def test_unknown_operations_are_a_misuse(api: Api, method: str, path: str) -> None:
    api.http.request(method, path)
    (misuse,) = api.emulator.misuses()
    assert misuse.kind is MisuseKind.UNKNOWN_OPERATION
    assert str(misuse) == f"unknown-operation: {method} {path}: there is no such operation in the contract"
    assert misuse.request == api.emulator.requests[-1]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda api: api.create(colour="green", size=1), {"colour", "size"}),
        (lambda api: api.create(transactionTypes=[{"type": "Invoice Item", "id": 1}]), {"transactionTypes.0.id"}),
        (lambda api: api.entries(pagesize=8), {"pagesize"}),
        (lambda api: api.http.get(f"{PATH}?expand=entries&x"), {"expand", "x"}),
        (lambda api: api.http.put(f"{PATH}/cancel", json={"reason": "close"}), {"reason"}),
        (lambda api: api.token(scope="all"), {"scope"}),
    ],
)
def test_undocumented_fields_are_a_misuse(api: Api, call: Callable[[Api], Any], names: set[str]) -> None:
    call(api)
    (misuse,) = api.emulator.misuses()
    assert misuse.kind is MisuseKind.UNDOCUMENTED_FIELD
    assert set(api.emulator.requests[-1].undocumented) == names
    assert all(name in str(misuse) for name in names)


def test_many_names_are_cut_short(api: Api) -> None:
    fields: dict[str, Any] = {f"{number}{'x' * 500}": 1 for number in range(100)}
    api.create(**fields)
    api.http.get(PATH, params=dict.fromkeys(map(str, range(100)), 1))
    for request in api.emulator.requests[-2:]:
        assert len(request.undocumented) == 20
        assert all(len(name) <= 300 for name in request.undocumented)


# After a 429


def test_waiting_as_long_as_requested_is_no_misuse(api: Api) -> None:
    api.emulator.add_fault("get:too-many-30")
    api.get()
    api.emulator.clock.advance(30)
    api.get()
    api.cancel()
    assert kinds(api.emulator) == []


@pytest.mark.parametrize(
    "again",
    [lambda api: api.get(), lambda api: api.cancel(), lambda api: api.http.get(OTHER)],
    ids=["the same", "another call", "another run"],
)
def test_not_waiting_is_a_misuse(api: Api, again: Callable[[Api], Any]) -> None:
    api.emulator.add_fault("get:too-many-30")
    api.get()
    api.emulator.clock.advance(20)
    again(api)
    (misuse,) = api.emulator.misuses()
    assert misuse.kind is MisuseKind.IGNORED_LIMIT
    assert "a 429 response asked to wait 10 seconds longer" in str(misuse)
    api.emulator.clock.advance(10)
    again(api)
    assert len(api.emulator.misuses()) == 1


def test_the_emulators_own_limit_counts_as_well(make: Callable[..., Api]) -> None:
    api = make(calls_per_minute=1, token_calls_per_minute=2)
    assert [api.get().status_code for _ in range(3)] == [200, 429, 429]
    assert kinds(api.emulator) == ["ignored-429"]
    assert [api.token().status_code for _ in range(3)] == [200, 429, 429]
    assert kinds(api.emulator) == ["ignored-429"] * 2


def test_tokens_may_be_requested_while_calls_have_to_wait(api: Api) -> None:
    api.emulator.add_fault("get:too-many-30")
    api.get()
    api.token()
    assert kinds(api.emulator) == []


def test_calls_of_another_thread_are_no_misuse(api: Api) -> None:
    api.emulator.add_fault("get:too-many-30")
    api.get()
    thread = threading.Thread(target=api.http.get, args=[OTHER])
    thread.start()
    thread.join()
    assert kinds(api.emulator) == []
    thread = threading.Thread(target=api.http.get, args=[PATH])
    thread.start()
    thread.join()
    assert kinds(api.emulator) == ["ignored-429"]


async def test_calls_of_another_task_are_no_misuse(api: Api) -> None:
    headers = {"Authorization": api.http.headers["Authorization"]}
    transport = api.emulator.transport()
    async with httpx.AsyncClient(transport=transport, base_url=api.emulator.url, headers=headers) as http:
        api.emulator.add_fault("get:too-many-30")
        await asyncio.gather(http.get(PATH), http.get(OTHER))
        assert kinds(api.emulator) == []
        api.emulator.clock.advance(30)
        api.emulator.add_fault("get:too-many-30")
        await http.get(PATH)
        await http.get(OTHER)
        assert kinds(api.emulator) == ["ignored-429"]


def test_a_task_of_another_event_loop(api: Api) -> None:
    api.emulator.add_fault("get:1+:too-many-30")
    for _ in range(2):
        request = httpx.Request("GET", f"http://localhost{PATH}", content=b"")
        with pytest.raises(StopIteration):
            api.emulator.transport().handle_async_request(request).send(None)
    assert kinds(api.emulator) == ["ignored-429"]


def test_over_http_a_caller_is_a_connection() -> None:
    with Emulator(faults=["get:too-many-30"]) as emulator, httpx.Client(base_url=emulator.url) as http:
        http.get(PATH)
        httpx.get(f"{emulator.url}{OTHER}")
        assert kinds(emulator) == []
        http.get(OTHER)
        assert kinds(emulator) == ["ignored-429"]


# As a whole


def test_allowed_kinds_are_left_out(api: Api) -> None:
    api.http.get("/v1/bill-runs")
    api.http.get(f"{PATH}?x=1")
    assert kinds(api.emulator) == ["unknown-operation", "undocumented-field"]
    assert [misuse.kind for misuse in api.emulator.misuses(allow=["unknown-operation"])] == ["undocumented-field"]
    assert api.emulator.misuses(allow=list(MisuseKind)) == []
    with pytest.raises(ValueError, match="everything"):
        api.emulator.misuses(allow=["everything"])


def test_misuses_outlast_the_requests_and_are_bounded(make: Callable[..., Api]) -> None:
    api = make(request_log_size=1)
    for number in range(105):
        api.http.get(f"/v1/bill-runs/{number}")
    api.get()
    assert len(api.emulator.requests) == 1
    assert len(api.emulator.misuses()) == 100
    assert api.emulator.misuses()[0].request.path == "/v1/bill-runs/0"
    api.emulator.clear_requests()
    assert len(api.emulator.requests) == len(api.emulator.misuses()) == 0


def test_the_number_of_waiting_callers_is_bounded(api: Api) -> None:
    api.emulator._api.request_log._waits = dict.fromkeys(range(10_000), api.emulator.clock.timestamp() + 60.0)
    api.emulator.add_fault("get:too-many-30")
    api.get()
    assert len(api.emulator._api.request_log._waits) == 10_000


def test_requests_have_the_emulators_time(api: Api) -> None:
    api.emulator.clock.advance(60)
    api.get()
    assert api.emulator.requests[-1].at == api.emulator.clock.timestamp()


def test_it_contains_no_secret_of_an_invalid_call(api: Api) -> None:
    secret = api.emulator.client_secret
    form = {"client_id": api.emulator.client_id, "secret": secret, "grant_type": "client_credentials"}
    api.http.post(f"/oauth/token?client_secret={secret}", data=form)
    api.http.post("/oauth/token", content=json.dumps(form))
    logged = f"{api.emulator.requests} {api.emulator.misuses()}"
    assert secret not in logged
    assert "not documented: client_secret, secret" in logged


SECRET = "s3cret-" * 4


@given(
    header=st.sampled_from(["Authorization", "Cookie", "X-Api-Token", "Client-Secret", "apiSecretAccessKey", "Proxy-Authorization"]),
    scheme=st.sampled_from(["Bearer ", "Basic ", "bearer ", "", "Token "]),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "application/json", "text/plain", ""]),
    body=st.sampled_from(
        [
            f"client_secret={SECRET}", f"client_id=me&client_secret={SECRET}&grant_type=x", SECRET, f"a&{SECRET}&b",
            f"client%5Fsecret={SECRET}", json.dumps({"client_secret": SECRET}), json.dumps({"x": {"access_token": SECRET}}),
            json.dumps({"Password": f'"{SECRET}'}), f'{{"client_secret" :\n"{SECRET}',
        ]
    ),
    packed=st.booleans(),
    fault=st.sampled_from([None, "any:broken-json", "any:reset-after", "any:truncated", "any:bad-gzip"]),
)  # fmt: skip
@settings(max_examples=100, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_contains_no_secret(
    api: Api, header: str, scheme: str, kind: str, body: str, packed: bool, fault: str | None
) -> None:
    emulator = api.emulator
    path = "/oauth/token" if not body.startswith("{") else "/v1/journal-runs"
    headers = {header: f"{scheme}{SECRET}", "Content-Type": kind} | ({"Content-Encoding": "gzip"} if packed else {})
    if fault:
        emulator.add_fault(fault)
    with contextlib.suppress(httpx.TransportError, httpx.DecodingError):
        api.http.post(path, content=gzip.compress(body.encode()) if packed else body, headers=headers)
    with contextlib.suppress(httpx.TransportError, httpx.DecodingError):
        api.token()
    logged = repr(emulator.requests)
    assert SECRET not in logged
    assert emulator.client_secret not in logged
    for token, *_ in emulator._store._sql.execute("SELECT token FROM tokens"):
        assert token not in logged
    emulator.clear_faults()
    emulator.clear_requests()


def test_bodies_are_logged_as_they_were_before_compression(api: Api) -> None:
    text = json.dumps({"journalEntryDate": "2026-10-31", "transactionTypes": []})
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    api.http.post("/v1/journal-runs", content=gzip.compress(text.encode()), headers=headers)
    api.http.get(f"/v1/journal-entries/journal-runs/{RUN}", headers={"Accept-Encoding": "gzip"})
    created, listed = api.emulator.requests[-2:]
    assert created.body == text
    assert listed.response_headers["content-encoding"] == "gzip"
    assert len(json.loads(listed.response_body)["journalEntries"]) == 8
    api.http.post("/v1/journal-runs", content=b"\0" * 9, headers=headers)
    assert api.emulator.requests[-1].body == "(9 bytes, compressed)"
    api.http.post("/v1/journal-runs", content=b"x" * 20_000)
    assert api.emulator.requests[-1].body == "x" * 16_384


def test_a_response_that_a_fault_replaces_is_logged_as_it_was_sent(api: Api) -> None:
    for fault in ("get:reset", "get:html-502", "get:false-50"):
        api.emulator.add_fault(fault)
        with contextlib.suppress(httpx.TransportError):
            api.get()
    reset, page, refused = api.emulator.requests[-3:]
    assert (reset.response_body, dict(reset.response_headers), reset.status, reset.failed) == ("", {}, None, True)
    assert "<h1>502</h1>" in page.response_body
    assert page.failed
    assert (refused.status, refused.failed) == (200, True)
    api.get()
    assert not api.emulator.requests[-1].failed


# This package's clients


def test_a_client_waits_by_the_emulators_clock(api: Api) -> None:
    before = api.emulator.clock.timestamp()
    api.emulator.add_fault("get:too-many-45")
    with api.emulator.client() as client:
        assert client.retrieve(RUN).status == "Completed"
    assert 45 <= api.emulator.clock.timestamp() - before < 60
    assert kinds(api.emulator) == []


async def test_an_async_client_waits_by_the_emulators_clock_too(api: Api) -> None:
    api.emulator.add_fault("get:too-many-45")
    async with api.emulator.async_client(entity_id="e-1") as client:
        outcome = await client.cancel_and_wait(RUN)
    assert len(outcome.cancelled) == 9
    assert api.emulator.requests[-1].headers["zuora-entity-ids"] == "e-1"
