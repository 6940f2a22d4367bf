"""Faults on demand: their text form, which calls they hit, and what the caller gets, in process and over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any, get_args

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.emulator import AT_ONCE, Emulator, EntryStatus, Fault
from zuora_journal_runs.emulator.faults import (
    FAULT_OPERATIONS,
    MAX_FAULTS,
    REPLACES_RESPONSE,
    FaultKind,
    FaultOperation,
    FaultSchedule,
)
from zuora_journal_runs.emulator.http import HTTP_STATUS
from zuora_journal_runs.emulator.openapi import contract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.emulator.conftest import Api

    Until = Callable[[Callable[[], object]], None]

RUN = "JR-00000075"
PATH = f"/v1/journal-runs/{RUN}"
ENTRIES = f"/v1/journal-entries/journal-runs/{RUN}"

# Text form

_values: dict[str, st.SearchStrategy[float | None]] = {
    "status": st.integers(400, 599).map(float),
    "html": st.integers(400, 599).map(float),
    "error": st.sampled_from(sorted(HTTP_STATUS)).map(float),
    "false": st.sampled_from(sorted(HTTP_STATUS)).map(float),
    "too-many": st.integers(0, 86_400).map(float),
    "delay": st.integers(0, 86_400_000).map(lambda n: n / 1000),
    "real-delay": st.integers(0, 86_400_000).map(lambda n: n / 1000),
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind: FaultKind = draw(st.sampled_from(get_args(FaultKind)))
    operation: FaultOperation = draw(st.sampled_from(["any", "get"]))
    which: dict[str, Any] = draw(
        st.one_of(
            st.builds(dict, nth=st.integers(1, 10**9 - 1)),
            st.builds(dict, every=st.integers(1, 10**9 - 1)),
            st.builds(dict, chance=st.integers(1, 10**8).map(lambda n: n / 10**8), seed=st.integers(0, 10**18 - 1)),
        )
    )
    return Fault(
        kind,
        operation,
        draw(_values.get(kind, st.none())),
        after=kind in REPLACES_RESPONSE and draw(st.booleans()),
        times=draw(st.none() | st.integers(1, 10**9 - 1)),
        **which,
    )


@given(faults())
def test_a_fault_survives_conversion_to_text(fault: Fault) -> None:
    assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("cancel:2:reset-after", Fault("reset", "cancel", nth=2, after=True)),
        ("cancel:reset", Fault("reset", "cancel")),
        ("get:2x3:status-503", Fault("status", "get", 503, nth=2, times=3)),
        ("get:2+:html", Fault("html", "get", 502, nth=2, times=None)),
        ("any:every-2:too-many-0", Fault("too-many", value=0, every=2, times=None)),
        ("any:every-2x5:too-many", Fault("too-many", value=60, every=2, times=5)),
        ("token:25%:error-61", Fault("error", "token", 61, chance=0.25, times=None)),
        ("token:25%@7x2:real-delay-0.5", Fault("real-delay", "token", 0.5, chance=0.25, seed=7, times=2)),
    ],
)
def test_text_of_a_fault(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "write OPERATION:CALLS:EFFECT, such as cancel:2:reset-after"),
        ("reset", "write OPERATION:CALLS:EFFECT"),
        ("cancel:1:2:reset", "write OPERATION:CALLS:EFFECT"),
        ("retrieve:reset", "unknown operation 'retrieve': use one of any, create, get,"),
        ("get:0:reset", "'0' does not say which calls"),
        ("get:-1:reset", "'-1' does not say which calls"),
        ("get:150%:reset", "a chance must be more than 0 and at most 100 %"),
        ("get:0%:reset", "a chance must be more than 0"),
        ("get:explode", "unknown kind of fault 'explode': use one of reset, status,"),
        ("get:reset-before", "unknown kind of fault 'reset-before'"),
        ("get:status", "status needs an HTTP status from 400 to 599, such as status-503"),
        ("get:status-200", "status needs an HTTP status from 400 to 599, not 200"),
        ("get:status-500.5", "not 500.5"),
        ("get:error-12", "error needs one of Zuora's error categories: 10, 11, 20"),
        ("get:delay", "delay needs a number of seconds from 0 to 86400, such as delay-5"),
        ("get:delay-86401", "not 86401"),
        ("get:reset-5", "reset has no value"),
        ("get:delay-5-after", "delay cannot have -after"),
        ("cancel:unknown-value", "unknown-value does not apply to cancel"),
        ("token:no-success", "no-success does not apply to token"),
    ],
)
def test_invalid_faults_are_explained(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match="is not a fault: ") as caught:
        Fault.parse(text)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"kind": "boom"}, "unknown kind of fault 'boom'"),
        ({"operation": "list"}, "unknown operation 'list'"),
        ({"nth": 0}, "counted from 1"),
        ({"times": 0}, "counted from 1"),
        ({"every": 0}, "counted from 1"),
        ({"nth": 2, "every": 2}, "exclude each other"),
        ({"chance": 0.5, "every": 2}, "exclude each other"),
    ],
)
def test_contradictory_arguments_of_a_fault(arguments: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Fault(**{"kind": "reset"} | arguments)


# Whom they strike


def strikes(text: str, calls: int, operation: FaultOperation = "get") -> list[int]:
    waiting = FaultSchedule([Fault.parse(text)])
    return [call for call in range(1, calls + 1) if waiting.next_call(operation)]


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        ("get:reset", [1]),
        ("get:3:reset", [3]),
        ("get:3x2:reset", [3, 4]),
        ("get:8+:reset", [8, 9, 10]),
        ("get:every-4:reset", [4, 8]),
        ("get:every-3x2:reset", [3, 6]),
        ("get:100%x3:reset", [1, 2, 3]),
        ("any:9:reset", [9]),
        ("cancel:reset", []),
        ("any:no-success", [1]),
    ],
)
def test_the_calls_that_a_fault_hits(text: str, struck: list[int]) -> None:
    assert strikes(text, 10) == struck


def test_a_fault_of_any_operation_skips_those_that_it_does_not_apply_to() -> None:
    assert strikes("any:no-success", 10, "token") == []


@given(st.integers(0, 10**18 - 1), st.integers(1, 99))
def test_chance_is_the_same_for_the_same_seed(seed: int, percent: int) -> None:
    text = f"get:{percent}%@{seed}:reset"
    assert strikes(text, 30) == strikes(text, 30)


def test_chance_hits_as_often_as_its_probability() -> None:
    assert 2400 < len(strikes("get:25%@1:reset", 10_000)) < 2600
    assert strikes("get:25%@1:reset", 50) != strikes("get:25%@2:reset", 50)


def test_the_first_of_several_faults_hits_and_the_others_wait() -> None:
    waiting = FaultSchedule(map(Fault.parse, ["get:delay-2", "get:1+:delay-3", "get:1x2:reset", "get:1+:html"]))
    first, second, third = (waiting.next_call("get") for _ in range(3))
    assert first is not None
    assert (first.delay, first.effects) == (5, ("delay-2", "delay-3", "reset"))
    assert second is not None
    assert second.effects == ("delay-3", "reset")
    assert third is not None
    assert third.effects == ("delay-3", "html-502")
    assert [str(each.fault) for each in waiting.active] == ["get:1+:delay-3", "get:1+:html-502"]


def test_every_operation_has_a_name_for_faults() -> None:
    ids = {operation.id for route in contract().routes for operation in route.operations.values()}
    assert ids == {*FAULT_OPERATIONS}
    assert {*FAULT_OPERATIONS.values(), "any"} == {*get_args(FaultOperation)}


# Effects


class Wire:
    """Calls an emulator, in process or over HTTP."""

    def __init__(self, emulator: Emulator, http: httpx.Client) -> None:
        self.emulator = emulator
        self.http = http
        form = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
        response = http.post("/oauth/token", data=form | {"grant_type": "client_credentials"}).json()
        http.headers["Authorization"] = f"Bearer {response['access_token']}"

    def get(self, fault: str | None = None, **options: Any) -> httpx.Response:
        if fault:
            self.emulator.add_fault(f"get:{fault}")
        return self.http.get(PATH, **options)

    def cancel(self, fault: str) -> httpx.Response:
        self.emulator.add_fault(f"cancel:{fault}")
        return self.http.put(f"{PATH}/cancel", json={})

    @property
    def cancelled(self) -> bool:
        """Whether the cancellation was processed."""
        entries = self.http.get(ENTRIES).json()["journalEntries"]
        return bool(entries[0]["status"] == "Cancelled")


@pytest.fixture(params=["in process", "over HTTP"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(contextlib.closing(Emulator(pacing=AT_ONCE)))
        transport = emulator.transport() if request.param == "in process" else None
        emulator.start()
        yield Wire(emulator, stack.enter_context(httpx.Client(transport=transport, base_url=emulator.url)))


@pytest.mark.parametrize(
    ("fault", "error"),
    [("reset", httpx.ReadError), ("truncated", httpx.RemoteProtocolError)],
)
def test_a_connection_that_breaks(wire: Wire, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        wire.get(fault)
    assert wire.get().json()["status"] == "Completed"


@pytest.mark.parametrize("how", ["reset", "html", "status-503", "error-61", "false-99"])
@pytest.mark.parametrize("after", [False, True])
def test_before_or_after_the_change(wire: Wire, how: str, after: bool) -> None:
    with contextlib.suppress(httpx.ReadError):
        assert "true" not in wire.cancel(f"{how}-after" if after else how).text
    assert wire.cancelled == after


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 415, 422, 429, 500, 502, 503, 504])
def test_every_http_status_in_zuoras_form(wire: Wire, status: int) -> None:
    response = wire.get(f"status-{status}", headers={"Zuora-Track-Id": "t-1"})
    body = response.json()
    assert response.status_code == status
    assert set(body) == {"success", "processId", "reasons", "requestId"}
    assert body["success"] is False
    category = int(str(body["reasons"][0]["code"])[-2:])
    assert HTTP_STATUS[category] == {406: 405, 415: 405, 422: 400, 502: 500, 503: 500, 504: 500}.get(status, status)
    assert body["requestId"] == response.headers["zuora-request-id"]
    assert response.headers["zuora-track-id"] == "t-1"
    assert f"get:1:status-{status}" in body["reasons"][0]["message"]


@pytest.mark.parametrize("category", sorted(HTTP_STATUS))
def test_every_category_with_its_status_and_with_200(wire: Wire, category: int) -> None:
    code = "90000011" if category == 11 else 53500000 + category
    for fault, status in ((f"error-{category}", HTTP_STATUS[category]), (f"false-{category}", 200)):
        response = wire.cancel(fault)
        assert response.status_code == status
        assert response.json()["success"] is False
        assert response.json()["reasons"][0]["code"] == code
    assert not wire.cancelled


def test_too_many_requests(wire: Wire) -> None:
    response = wire.get("too-many-7")
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.json()["reasons"][0]["code"] == 50000070


def test_an_html_page_of_a_gateway(wire: Wire) -> None:
    response = wire.get("html-504")
    assert (response.status_code, response.headers["content-type"]) == (504, "text/html")
    assert response.text.startswith("<html>")
    assert "zuora-request-id" not in response.headers


def test_half_of_the_json(wire: Wire) -> None:
    response = wire.get("broken-json")
    assert len(response.content) == int(response.headers["content-length"])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_a_content_length_that_is_too_small(wire: Wire) -> None:
    whole = wire.get().content
    response = wire.get("wrong-length", headers={"Connection": "close"})
    assert response.content == whole[: len(whole) // 2]
    assert wire.get().content == whole


@pytest.mark.parametrize("fault", ["not-gzip", "bad-gzip"])
@pytest.mark.parametrize("path", [PATH, ENTRIES])
def test_wrong_compression(wire: Wire, fault: str, path: str) -> None:
    wire.emulator.add_fault(f"any:{fault}")
    with pytest.raises(httpx.DecodingError):
        wire.http.get(path)
    with wire.http.stream("GET", path) as response:
        assert response.read()


def test_a_body_that_is_not_gzip_is_the_plain_one(wire: Wire) -> None:
    wire.emulator.add_fault("entries:not-gzip")
    with wire.http.stream("GET", ENTRIES) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert b"".join(response.iter_raw()).startswith(b'{"journalEntries":')


def test_a_status_that_no_document_knows(wire: Wire) -> None:
    assert wire.get("unknown-value").json()["status"] == "Archived"
    wire.emulator.add_fault("entries:unknown-value")
    entries = wire.http.get(ENTRIES).json()["journalEntries"]
    assert {entry["status"] for entry in entries} == {"Archived"}
    assert wire.get().json()["status"] == "Completed"


def test_a_response_without_success(wire: Wire) -> None:
    response = wire.cancel("no-success")
    assert (response.status_code, response.json()) == (200, {})
    assert wire.cancelled


def test_a_token_that_expires_in_between(wire: Wire) -> None:
    assert wire.get().status_code == 200
    assert wire.get("2:expired-token").status_code == 200
    assert wire.get().status_code == 401
    assert wire.get().status_code == 401


def test_token_requests_can_fail(wire: Wire) -> None:
    wire.emulator.add_fault("token:2x2:status-503")
    form = {
        "client_id": wire.emulator.client_id,
        "client_secret": wire.emulator.client_secret,
        "grant_type": "client_credentials",
    }
    assert [wire.http.post("/oauth/token", data=form).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_delay_by_the_emulators_clock(wire: Wire) -> None:
    wire.emulator.clock.freeze()
    before = wire.emulator.clock.timestamp()
    assert wire.get("delay-3600", timeout=None).status_code == 200
    assert wire.emulator.clock.timestamp() == before + 3600
    assert wire.get(timeout=None).status_code == 401


def test_a_real_delay_passes_only_over_http(wire: Wire) -> None:
    began = time.monotonic()
    assert wire.get("real-delay-0.02").status_code == 200
    over_http = wire.http.base_url.port is not None and not hasattr(wire.http._transport, "_handle")
    assert (time.monotonic() - began >= 0.02) == over_http


@pytest.mark.parametrize("fault", ["delay-5", "real-delay-5"])
def test_in_process_a_delay_that_is_too_long_for_the_caller(make: Callable[..., Api], fault: str) -> None:
    api = make(pacing=AT_ONCE, faults=[f"cancel:{fault}"])
    with pytest.raises(httpx.ReadTimeout, match="delayed by 5 seconds"):
        api.http.put(f"{PATH}/cancel", json={}, timeout=4)
    assert "Cancelled" in api.entry_statuses()


async def test_in_process_for_tasks(api: Api) -> None:
    headers = {"Authorization": api.http.headers["Authorization"]}
    transport = api.emulator.transport()
    async with httpx.AsyncClient(transport=transport, base_url=api.emulator.url, headers=headers) as http:
        for fault, error in (("reset", httpx.ReadError), ("truncated", httpx.RemoteProtocolError)):
            api.emulator.add_fault(f"get:{fault}")
            with pytest.raises(error):
                await http.get(PATH)
        assert (await http.get(PATH)).status_code == 200


@pytest.fixture
def delayed(until: Until) -> Iterator[tuple[Emulator, socket.socket]]:
    """An emulator over HTTP that delays the response to a request."""
    with (
        Emulator(faults=["get:real-delay-3600"]) as emulator,
        socket.create_connection(("127.0.0.1", httpx.URL(emulator.url).port or 0), timeout=10) as connection,
    ):
        connection.sendall(b"GET /v1/journal-runs/x HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: emulator.requests)
        yield emulator, connection


def test_stopping_does_not_wait_for_a_delay(delayed: tuple[Emulator, socket.socket]) -> None:
    emulator, connection = delayed
    emulator.stop()
    with contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


def test_disconnecting_ends_a_delay(delayed: tuple[Emulator, socket.socket], until: Until) -> None:
    emulator, connection = delayed
    assert emulator._server is not None
    connections = emulator._server._state.connections
    [kept] = connections
    until(lambda: kept._delayed)
    assert kept._delayed is not None
    connection.close()
    until(lambda: not connections)
    assert kept._delayed.cancelled()


async def test_another_asgi_server_gets_an_error(api: Api) -> None:
    api.emulator.add_fault("get:reset")
    transport = httpx.ASGITransport(api.emulator.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="http://zuora.test") as http:
        with pytest.raises(ConnectionResetError, match="is replaced by a connection reset"):
            await http.get(PATH)


async def test_a_delay_reads_the_rest_of_a_body_that_was_too_large(api: Api) -> None:
    api.emulator.add_fault("create:real-delay-0.01")
    sent: list[Any] = []
    incoming = [{"type": "http.request", "body": b"x" * (1 << 20), "more_body": True}] * 3

    async def receive() -> Any:
        if incoming:
            return incoming.pop()
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    await api.emulator.asgi()(
        {"type": "http", "method": "POST", "path": "/v1/journal-runs", "headers": []}, receive, send
    )
    assert sent[0]["status"] == 413


async def test_disconnecting_from_another_asgi_server_ends_a_delay(api: Api) -> None:
    api.emulator.add_fault("get:real-delay-3600")
    incoming = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        await asyncio.sleep(0)
        return incoming.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    await api.emulator.asgi()({"type": "http", "method": "GET", "path": PATH, "headers": []}, receive, send)
    assert [request.faults for request in api.emulator.requests][-1] == ("real-delay-3600",)


# Configuration


def test_faults_wait_until_they_have_struck_or_are_removed(make: Callable[..., Api]) -> None:
    api = make(faults=["get:2:reset", Fault("html", "any", nth=9)])
    emulator = api.emulator
    number = emulator.add_fault("cancel:reset-after")
    assert [str(fault) for fault in emulator.faults.values()] == [
        "get:2:reset",
        "any:9:html-502",
        "cancel:1:reset-after",
    ]
    emulator.remove_fault(number)
    with pytest.raises(ValueError, match=f"no fault {number}"):
        emulator.remove_fault(number)
    assert api.cancel().json()["success"] is True
    emulator.clear_faults()
    assert emulator.faults == {}
    assert [api.get().status_code for _ in range(9)] == [200] * 9


def test_reset_brings_back_the_first_faults_and_no_others(make: Callable[..., Api]) -> None:
    api = make(faults=["get:2:status-503"])
    api.emulator.add_fault("get:1+:status-504")
    api.emulator.reset()
    assert [api.get().status_code for _ in range(3)] == [200, 503, 200]
    api.emulator.reset()
    assert [api.get().status_code for _ in range(3)] == [200, 503, 200]


def test_the_number_of_faults_is_limited(api: Api) -> None:
    for _ in range(MAX_FAULTS):
        api.emulator.add_fault("get:1000:reset")
    with pytest.raises(ValueError, match=f"more than {MAX_FAULTS} faults"):
        api.emulator.add_fault("get:reset")


def test_the_request_log_shows_faults(api: Api) -> None:
    api.emulator.add_fault("cancel:reset-after")
    api.emulator.add_fault("get:delay-1")
    with contextlib.suppress(httpx.ReadError):
        api.cancel()
    api.get()
    *_, cancel, get = api.emulator.requests
    assert (cancel.operation, cancel.status, cancel.faults) == ("cancelJournalRun", None, ("reset-after",))
    assert (get.status, get.faults) == (200, ("delay-1",))


def test_unknown_operations_are_not_hit_by_faults(api: Api) -> None:
    api.emulator.add_fault("any:reset")
    assert api.http.get("/v1/bill-runs").status_code == 404
    assert api.http.patch(PATH).status_code == 405
    with pytest.raises(httpx.ReadError):
        api.get()


# This package's client


@pytest.mark.parametrize(
    "what",
    [
        *("reset", "reset-after", "status-500", "status-503-after", "error-61", "error-70", "html", "html-504-after"),
        *("false-50", "false-61-after", "false-99", "too-many-5", "truncated", "wrong-length", "broken-json"),
        *("not-gzip", "bad-gzip", "delay-100", "real-delay-100"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_client_reports_the_true_outcome_in_spite_of_faults(api: Api, what: str, seed: int) -> None:
    api.emulator.add_fault(f"any:50%@{seed}x2:{what}")
    with api.emulator.client() as client:
        outcome = client.cancel_and_wait(RUN)
    assert sum(request.faults != () for request in api.emulator.requests) >= 1
    assert [entry.status for entry in api.emulator.run(RUN).entries].count(EntryStatus.CANCELLED) == 9
    assert len(outcome.cancelled) == 9
    assert [entry.number for entry in outcome.blocked] == [api.emulator.entry_numbers(RUN)[6]]
    assert api.emulator.misuses() == []
