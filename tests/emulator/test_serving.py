"""The emulator over HTTP, in ASGI servers, and behind httpx."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import threading
from datetime import UTC, datetime
from http.client import HTTPResponse
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import (
    Clock,
    Emulator,
    EmulatorError,
    PortInUseError,
    RunStatus,
    SeedRun,
    Settings,
    process,
    serve,
)
from zuora_journal_runs.emulator import server as server_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.emulator.conftest import Api

    Until = Callable[[Callable[[], object]], None]

RUN = "JR-00000075"
PATH = f"/v1/journal-runs/{RUN}"


def bearer(emulator: Emulator, http: httpx.Client) -> dict[str, str]:
    form = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    response = http.post("/oauth/token", data=form | {"grant_type": "client_credentials"}).json()
    return {"Authorization": f"Bearer {response['access_token']}"}


def address(emulator: Emulator) -> tuple[str, int]:
    url = httpx.URL(emulator.url)
    assert url.port is not None
    return url.host, url.port


def exchange(emulator: Emulator, *parts: bytes) -> tuple[int, httpx.Headers, Any]:
    """Send bytes and read one response: its status, headers and JSON."""
    with socket.create_connection(address(emulator), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, httpx.Headers(response.getheaders()), json.loads(response.read())


@pytest.fixture
def served() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def test_it_is_served_from_start_to_stop() -> None:
    emulator = Emulator()
    assert emulator.url == "http://localhost"
    with emulator, httpx.Client(base_url=emulator.url) as http:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", emulator.url)
        assert emulator.environ() == {
            "ZUORA_BASE_URL": emulator.url,
            "ZUORA_CLIENT_ID": emulator.client_id,
            "ZUORA_CLIENT_SECRET": emulator.client_secret,
        }
        headers = bearer(emulator, http)
        assert http.get(PATH, headers=headers).json()["status"] == "Completed"
        url = emulator.url
    with pytest.raises(httpx.TransportError):
        httpx.get(url)
    assert emulator.url == "http://localhost"
    assert [each.operation for each in emulator.requests] == ["createToken", "getJournalRun"]


def test_it_keeps_its_state_between_two_servings() -> None:
    emulator = Emulator(pacing="at-once")
    try:
        with httpx.Client(base_url=emulator.start().url) as http:
            headers = bearer(emulator, http)
            http.put(f"{PATH}/cancel", json={}, headers=headers)
        emulator.stop()
        emulator.stop()
        with httpx.Client(base_url=emulator.start().start().url) as http:
            entries = http.get(f"/v1/journal-entries/journal-runs/{RUN}", headers=headers).json()["journalEntries"]
            assert entries[0]["status"] == "Cancelled"
    finally:
        emulator.close()


def test_many_at_once_share_one_thread_and_nothing_else() -> None:
    with contextlib.ExitStack() as stack:
        emulators = [stack.enter_context(Emulator(pacing="at-once")) for _ in range(5)]
        assert len({emulator.url for emulator in emulators}) == 5
        clients = [stack.enter_context(httpx.Client(base_url=emulator.url)) for emulator in emulators]
        tokens = [bearer(*pair) for pair in zip(emulators, clients, strict=True)]
        clients[0].put(f"{PATH}/cancel", json={}, headers=tokens[0])
        entries = f"/v1/journal-entries/journal-runs/{RUN}"
        first = [
            http.get(entries, headers=token).json()["journalEntries"][0]["status"]
            for http, token in zip(clients, tokens, strict=True)
        ]
        assert first == ["Cancelled", "Created", "Created", "Created", "Created"]
        assert [thread.name for thread in threading.enumerate()].count("zuora-emulator") == 1


def test_stopping_ends_idle_and_half_sent_connections() -> None:
    emulator = Emulator().start()
    with contextlib.ExitStack() as stack:
        sent = [b"", b"GET /v1/jour", b"PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc"]
        connections = []
        for data in sent:
            connection = stack.enter_context(socket.create_connection(address(emulator), timeout=10))
            connection.sendall(data)
            connections.append(connection)
        with httpx.Client(base_url=emulator.url) as http:
            bearer(emulator, http)
        emulator.close()
        for connection in connections:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_a_port_that_is_in_use(served: Emulator) -> None:
    _, port = address(served)
    with contextlib.closing(Emulator(port=port)) as other:
        with pytest.raises(PortInUseError, match=f"Port {port} on 127.0.0.1 is in use. Choose another"):
            other.start()
        served.stop()
        assert other.start().url == f"http://127.0.0.1:{port}"


def test_an_address_that_cannot_be_listened_on() -> None:
    with (
        contextlib.closing(Emulator(host="192.0.2.1")) as emulator,
        pytest.raises(EmulatorError, match=r"192\.0\.2\.1"),
    ):
        emulator.start()


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
def test_ipv6() -> None:
    try:
        with Emulator(host="::1") as emulator:
            assert re.fullmatch(r"http://\[::1\]:\d+", emulator.url)
            assert httpx.get(emulator.url).status_code == 404
    except EmulatorError:
        pytest.skip("there is no IPv6 loopback address")


def test_the_next_page_is_on_the_same_server(served: Emulator) -> None:
    with httpx.Client(base_url=served.url) as http:
        headers = bearer(served, http)
        following = http.get(f"/v1/journal-entries/journal-runs/{RUN}", headers=headers).json()["nextPage"]
        assert following.startswith(served.url)
        assert len(http.get(following, headers=headers).json()["journalEntries"]) == 2


def test_responses_are_sent_without_delay(served: Emulator) -> None:
    with httpx.Client(base_url=served.url) as http:
        http.get("/")
        assert served._server is not None
        [connection] = served._server._state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_threads_take_turns(served: Emulator) -> None:
    runs = [served.add_run(SeedRun(status=RunStatus.CANCELLED, entries=1)) for _ in range(20)]
    with httpx.Client(base_url=served.url) as http:
        headers = bearer(served, http)
    responses: list[bool] = []

    def work() -> None:
        with httpx.Client(base_url=served.url, headers=headers) as http:
            responses.extend(http.delete(f"/v1/journal-runs/{run}").json()["success"] for run in runs)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert responses.count(True) == len(runs)
    assert responses.count(False) == 3 * len(runs)


# What is not quite HTTP


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 50_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /" + b"y" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\0b\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\0" * 100,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_invalid_http_gets_an_error_in_zuoras_form(served: Emulator, data: bytes) -> None:
    status, headers, body = exchange(served, data)
    assert status == 400
    assert body["success"] is False
    assert body["requestId"] == headers["zuora-request-id"]
    assert headers["connection"] == "close"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read_to_its_end(served: Emulator, chunked: bool) -> None:
    length = b"transfer-encoding: chunked" if chunked else b"content-length: 1000000000"
    head = b"POST /v1/journal-runs HTTP/1.1\r\nhost: x\r\n" + length + b"\r\n\r\n"
    data = b"x" * (1 << 21)
    part = b"%x\r\n%s\r\n" % (len(data), data) if chunked else data
    status, _, body = exchange(served, head, part)
    assert status == 413
    assert body["success"] is False


def test_a_connection_is_used_again_after_a_body_that_was_too_large(served: Emulator) -> None:
    with httpx.Client(base_url=served.url) as http:
        assert http.post("/v1/journal-runs", content=b"x" * (1 << 22)).status_code == 413
        assert http.get("/").status_code == 404


def test_an_offer_to_upgrade_is_ignored(served: Emulator) -> None:
    headers = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"}
    with httpx.Client(base_url=served.url, headers=headers) as http:
        assert [http.get("/").status_code for _ in range(3)] == [404, 404, 404]


def test_an_address_without_a_path(served: Emulator) -> None:
    assert exchange(served, b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n")[0] == 404


def test_head_has_no_body(served: Emulator) -> None:
    response = httpx.head(f"{served.url}{PATH}")
    assert (response.status_code, response.content) == (405, b"")
    assert int(response.headers["content-length"]) > 0


def test_a_request_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch, served: Emulator) -> None:
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0)
    with socket.create_connection(address(served), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_a_connection_without_a_request_is_given_up(monkeypatch: pytest.MonkeyPatch, served: Emulator) -> None:
    monkeypatch.setattr(server_module, "IDLE_SECONDS", 0)
    with socket.create_connection(address(served), timeout=10) as connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


# Bounded and calm


def test_the_date_is_the_emulators_time() -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with (
        Emulator(clock=Clock(noon, running=False)) as emulator,
        httpx.Client(base_url=emulator.url) as http,
    ):
        assert http.get("/").headers.get_list("date") == ["Sun, 22 Nov 2026 12:00:00 GMT"]
        emulator.clock.advance(61.5)
        assert http.get("/health").headers["date"] == "Sun, 22 Nov 2026 12:01:01 GMT"
        assert exchange(emulator, b"nonsense\r\n\r\n")[1]["date"] == "Sun, 22 Nov 2026 12:01:01 GMT"


def test_connections_beyond_the_bound_are_refused(until: Until) -> None:
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(Emulator(settings=Settings(max_connections=3)))
        kept = [stack.enter_context(socket.create_connection(address(emulator), timeout=10)) for _ in range(3)]
        status, headers, body = exchange(emulator)
        assert (status, headers["connection"], body["success"]) == (503, "close", False)
        assert body["requestId"] == headers["zuora-request-id"]
        kept[0].close()
        assert emulator._server is not None
        connections = emulator._server._state.connections
        until(lambda: len(connections) < 3)
        assert httpx.get(f"{emulator.url}/health").status_code == 200


def test_a_thousand_connections_leave_room_for_one_more(served: Emulator) -> None:
    with contextlib.ExitStack() as stack:
        # The other half of each is open in this process as well.
        for _ in range(min(1000, open_files() // 4)):
            connection = stack.enter_context(socket.create_connection(address(served), timeout=10))
            connection.sendall(
                b"PUT /v1/journal-runs/JR-00000075/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"
            )
        assert httpx.get(f"{served.url}/health").status_code == 200
        served.stop()


def open_files() -> int:
    resource = pytest.importorskip("resource")
    return int(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


HALF = b"PUT /v1/journal-runs/JR-00000075/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


def test_bodies_that_wait_to_be_complete_are_bounded_together(until: Until) -> None:
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(Emulator(settings=Settings(max_buffered_size=1000)))
        assert emulator._server is not None
        state = emulator._server._state
        first = stack.enter_context(socket.create_connection(address(emulator), timeout=10))
        first.sendall(HALF % 801 + b" " * 800)
        until(lambda: state.buffered == 800)
        status, _, body = exchange(emulator, HALF % 201 + b" " * 201)
        assert (status, body["success"]) == (503, False)
        assert exchange(emulator, HALF % 100 + b" " * 100)[0] == 401
        first.close()
        until(lambda: state.buffered == 0)
        assert exchange(emulator, HALF % 201 + b" " * 201)[0] == 401
        assert [request.status for request in emulator.requests] == [401, 401]


PAGE = b"GET /v1/journal-entries/journal-runs/JR-00000076?pageSize=300 HTTP/1.1\r\nhost: x\r\nauthorization: %s\r\n\r\n"


@contextlib.contextmanager
def reluctant(emulator: Emulator, pages: int, until: Until) -> Iterator[socket.socket]:
    """A caller that requested more than all buffers can hold, and reads nothing yet."""
    emulator.add_run(SeedRun(entries=300))
    with httpx.Client(base_url=emulator.url) as http:
        page = PAGE % bearer(emulator, http)["Authorization"].encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(address(emulator))
        assert emulator._server is not None
        connections: Any = emulator._server._state.connections
        until(lambda: any(each.client == connection.getsockname() for each in set(connections)))
        [kept] = [each for each in set(connections) if each.client == connection.getsockname()]
        kept.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection.sendall(page * pages)
        yield connection


def test_a_caller_that_does_not_read_is_given_up(
    monkeypatch: pytest.MonkeyPatch, served: Emulator, until: Until
) -> None:
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.1)
    assert served._server is not None
    with reluctant(served, 100, until):
        connections = served._server._state.connections
        until(lambda: not connections)
    assert len(served.requests) < 100


def test_a_caller_that_reads_slowly_gets_everything(served: Emulator, until: Until) -> None:
    with reluctant(served, 20, until) as connection, connection.makefile("rb") as reader:
        for _ in range(20):
            length = 0
            while (line := reader.readline()) != b"\r\n":
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            assert json.loads(reader.read(length))["success"] is True
        assert served._server is not None
        [kept] = served._server._state.connections
        # It has as long for its next request as any other caller.
        until(lambda: kept._deadline > kept._loop.time() + server_module.REQUEST_SECONDS)
        assert served._server._state.connections == {kept}


def test_a_connection_that_is_not_used_again_is_given_up(
    monkeypatch: pytest.MonkeyPatch, served: Emulator, until: Until
) -> None:
    assert served._server is not None
    connections = served._server._state.connections
    with socket.create_connection(address(served), timeout=10) as connection:
        until(lambda: connections)
        monkeypatch.setattr(server_module, "IDLE_SECONDS", 0)
        connection.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(1 << 16):
                pass


# Without a server


async def test_the_transport_serves_both_kinds_of_client(api: Api) -> None:
    transport = api.emulator.transport()
    headers = {"Authorization": api.http.headers["Authorization"], "Accept-Encoding": "gzip"}
    with httpx.Client(transport=transport, base_url=api.emulator.url, headers=headers) as http:
        one = await asyncio.to_thread(http.get, f"/v1/journal-entries/journal-runs/{RUN}")
    async with httpx.AsyncClient(transport=transport, base_url=api.emulator.url, headers=headers) as asynchronous:
        other = await asynchronous.get(f"/v1/journal-entries/journal-runs/{RUN}")
        created = await asynchronous.put(f"{PATH}/cancel", json={})
    assert one.headers["content-encoding"] == other.headers["content-encoding"] == "gzip"
    assert one.json() == other.json()
    assert created.json() == {"success": True}


async def test_as_an_asgi_application(api: Api) -> None:
    transport = httpx.ASGITransport(api.emulator.asgi())
    async with httpx.AsyncClient(transport=transport, base_url="http://zuora.test") as http:
        http.headers["Authorization"] = api.http.headers["Authorization"]
        assert (await http.get(PATH)).json()["number"] == RUN
        assert (await http.get(f"{PATH}%2Fcancel")).json()["reasons"][0]["code"] == 50000040


async def call(app: Any, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    incoming, sent = list(messages), []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return incoming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_an_asgi_server_that_gives_no_raw_path(api: Api) -> None:
    scope = {"type": "http", "method": "GET", "path": "/v1/jo\u00fcrnal-runs", "headers": []}
    start, body = await call(api.emulator.asgi(), scope, {"type": "http.request"})
    assert start["status"] == 404
    assert b"%C3%BC" in body["body"]


async def test_a_caller_that_disconnects_gets_no_response(api: Api) -> None:
    before = api.emulator.requests
    scope = {"type": "http", "method": "PUT", "path": f"{PATH}/cancel", "headers": []}
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    assert await call(api.emulator.asgi(), scope, *messages) == []
    assert api.emulator.requests == before


async def test_an_asgi_server_may_ask_for_its_life_span(api: Api) -> None:
    messages: list[dict[str, Any]] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = await call(api.emulator.asgi(), {"type": "lifespan"}, *messages)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# For a command


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_until_a_signal_comes(number: signal.Signals) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    urls: list[str] = []

    def ready(emulator: Emulator) -> None:
        urls.append(emulator.url)
        assert httpx.get(emulator.url).status_code == 404
        signal.raise_signal(number)

    emulator = Emulator()
    serve(emulator, ready)
    assert len(urls) == 1
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    with pytest.raises(httpx.TransportError):
        httpx.get(urls[0])


def test_serving_wakes_up_now_and_then_since_windows_looks_for_signals_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float | None] = []

    class Impatient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            if len(waits) == 2:
                signal.raise_signal(signal.SIGINT)
            return self.is_set()

    monkeypatch.setattr(process, "threading", SimpleNamespace(Event=Impatient))
    serve(Emulator(), lambda _: None)
    assert len(waits) == 2
    assert None not in waits


def test_serving_ends_when_its_caller_fails() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        serve(Emulator(), lambda _: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def test_bounds_can_be_set(make: Callable[..., Api]) -> None:
    api = make(max_head_size=2000, max_body_size=130)
    assert api.get(Cookie="x" * 2000).status_code == 431
    assert api.create().status_code == 413
    assert Settings().max_body_size == 1 << 20


def test_a_server_that_cannot_be_made_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise OSError("no server")

    users = server_module._shared_loop._users
    monkeypatch.setattr(asyncio.SelectorEventLoop, "create_server", fails)
    with pytest.raises(OSError, match="no server"):
        Emulator().start()
    assert server_module._shared_loop._users == users
