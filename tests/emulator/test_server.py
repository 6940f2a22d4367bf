"""A connection of the server: from bytes to requests, in whatever pieces they arrive, and from responses to bytes."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import TYPE_CHECKING, Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.emulator import Clock, Settings
from zuora_journal_runs.emulator import server as server_module
from zuora_journal_runs.emulator.http import Response
from zuora_journal_runs.emulator.server import _Connection, _State

from .conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zuora_journal_runs.emulator.http import Request

SETTINGS = Settings(max_body_size=100, max_head_size=400)


class Loop:
    """Timers that a test lets expire."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[asyncio.TimerHandle] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self)  # type: ignore[arg-type]
        heapq.heappush(self._timers, timer)
        return timer

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        return self.call_at(self.now + delay, callback, *args)

    def get_debug(self) -> bool:
        return False

    def _timer_handle_cancelled(self, _: asyncio.TimerHandle) -> None:
        """Do nothing: a cancelled timer is left out when it is due."""

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self._timers and self._timers[0].when() <= end:
            timer = heapq.heappop(self._timers)
            self.now = timer.when()
            if not timer.cancelled():
                timer._run()
        self.now = end


class Transport(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reading = True
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Server:
    """A connection to a server that responds with what it was sent; `/delay` takes ten seconds."""

    def __init__(self) -> None:
        self.loop, self.transport = Loop(), Transport()
        self.requests: list[Request] = []
        self.connection = _Connection(
            self.loop,  # type: ignore[arg-type]
            self._handle,
            lambda status, message: Response(status, [(b"content-length", b"%d" % len(message))], message.encode()),
            SETTINGS,
            _State(Clock(NOON, running=False)),
        )
        self.connection.connection_made(self.transport)

    def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        body = b"" if request.method == "HEAD" else echo(request)
        delay = 10.0 if request.path == "/delay" else 0.0
        return Response(200, [(b"content-length", b"%d" % len(echo(request)))], body, real_delay=delay)

    def receive(self, parts: Sequence[bytes]) -> None:
        for part in parts:
            if not self.transport.closed:
                self.connection.data_received(part)

    def responses(self, methods: Sequence[str]) -> list[tuple[int, bytes]]:
        """Return status and body of each response, as another implementation of HTTP reads them."""
        client = h11.Connection(h11.CLIENT)
        found: list[tuple[int, bytes]] = []
        client.receive_data(self.transport.written)
        for method in methods:
            client.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
            client.send(h11.EndOfMessage())
            status, body = 0, b""
            while not isinstance(event := client.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Response):
                    status = event.status_code
                    assert dict(event.headers)[b"date"] == b"Sun, 22 Nov 2026 12:00:00 GMT"
                elif isinstance(event, h11.Data):
                    body += event.data
                else:
                    assert isinstance(event, h11.InformationalResponse), event
            found.append((status, body))
            if client.our_state is h11.DONE and client.their_state is h11.DONE:
                client.start_next_cycle()
        assert client.trailing_data[0] == b""
        return found


def echo(request: Request) -> bytes:
    headers = {name: value for name, value in request.headers.items() if name.startswith("x-")}
    return f"{request.method} {request.path} {request.query} {headers} {len(request.body)}".encode()


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Return the method of a request, its bytes, and the response that `echo` makes of it."""
    method = draw(st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"]))
    path = "/" + draw(st.text("abc%2F/~", max_size=20))
    query = draw(st.text("ab=&", max_size=10))
    value = draw(st.text("abc: ,\u00e9", max_size=10)).strip()
    lines = [f"{method} {path}{'?' if query else ''}{query} HTTP/1.1", "Host: x", f"X-One: {value}"]
    body = b"" if method in ("GET", "HEAD") else draw(st.binary(max_size=150))
    # The parser takes what follows an offer to upgrade for another protocol, even a body.
    upgrade = [] if body else [["Connection: Upgrade", "Upgrade: h2c"]]
    lines += draw(st.sampled_from([[], ["Connection: keep-alive"], *upgrade]))
    payload = body
    if body and draw(st.booleans()):
        lines += ["Transfer-Encoding: chunked"]
        payload = b"%x\r\n%s\r\n0\r\n" % (len(body), body) + draw(st.sampled_from([b"", b"X-Two: late\r\n"])) + b"\r\n"
    elif body:
        lines += [f"Content-Length: {len(body)}"]
    size = min(len(body), SETTINGS.max_body_size + 1)
    expected = f"{method} {path} {query} { {'x-one': value} } {size}".encode()
    return method, "\r\n".join([*lines, "", ""]).encode("latin-1") + payload, expected


@given(st.lists(messages(), min_size=1, max_size=5), st.lists(st.integers(0, 2000), max_size=8))
def test_requests_are_the_same_in_whatever_pieces_they_arrive(
    sent: list[tuple[str, bytes, bytes]], cuts: list[int]
) -> None:
    server, data = Server(), b"".join(each for _, each, _ in sent)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    server.receive([data[start:end] for start, end in itertools.pairwise(places)])
    expected = [(200, b"" if method == "HEAD" else body) for method, _, body in sent]
    assert server.responses([method for method, _, _ in sent]) == expected
    assert not server.transport.closed
    assert server.connection._state.buffered == 0


@given(st.lists(st.binary(max_size=60) | messages().map(lambda each: each[1]), min_size=1, max_size=6), st.data())
def test_whatever_arrives_gets_valid_responses_and_the_first_error_is_the_last(
    parts: list[bytes], data: st.DataObject
) -> None:
    server = Server()
    whole = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(0, 3)) if whole else 0):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    server.receive([bytes(whole)])
    methods = [request.method for request in server.requests] + ["GET"] * (b"Invalid" in server.transport.written)
    statuses = [status for status, _ in server.responses([each if each == "HEAD" else "GET" for each in methods])]
    assert set(statuses[:-1]) <= {200}
    assert len(statuses) == len(methods)
    assert server.transport.closed or statuses[-1:] != [400]
    server.connection.connection_lost(None)
    assert server.connection._state.buffered == 0


GET = b"GET /%s HTTP/1.1\r\nhost: x\r\n\r\n"


def test_requests_wait_for_the_response_before_them() -> None:
    server = Server()
    server.receive([GET % b"delay", GET % b"1" + GET % b"2"])
    assert [request.path for request in server.requests] == ["/delay"]
    assert not server.transport.reading
    server.loop.advance(9.9)
    assert server.transport.written == b""
    server.loop.advance(0.2)
    assert [body.split()[1] for _, body in server.responses(["GET"] * 3)] == [b"/delay", b"/1", b"/2"]
    assert server.transport.reading


def test_the_deadline_of_a_request_starts_after_a_delayed_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 5)
    server = Server()
    server.receive([GET % b"delay" + GET[:-2] % b"1"])
    server.loop.advance(14.9)
    assert not server.transport.closed
    server.receive([b"\r\n"])
    assert len(server.responses(["GET"] * 2)) == 2
    server.loop.advance(server_module.IDLE_SECONDS - 0.1)
    assert not server.transport.closed
    server.loop.advance(0.2)
    assert server.transport.closed


def test_a_request_has_to_be_complete_in_time_however_often_a_part_of_it_arrives() -> None:
    server = Server()
    for letter in GET % b"slow":
        if not server.transport.closed:
            server.receive([bytes([letter])])
            server.loop.advance(server_module.REQUEST_SECONDS / 10)
    assert server.transport.closed
    assert server.requests == []


def test_expect_100_continue() -> None:
    server = Server()
    head = b"PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-Continue\r\n\r\n"
    server.receive([head])
    assert server.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    server.receive([b"{}"])
    assert server.responses(["PUT"]) == [(200, b"PUT /  {} 2")]
    # While a response is awaited, a sign would be taken for a part of it.
    server.receive([GET % b"delay" + head])
    server.loop.advance(10)
    server.receive([b"{}"])
    assert len(server.responses(["PUT", "GET", "PUT"])) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n" + GET % b"1",
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\nnonsense\r\n\r\n",
    ],
)
def test_the_last_response_of_a_connection_says_close(data: bytes) -> None:
    server = Server()
    server.receive([data])
    assert server.responses(["GET"]) == [(200, b"GET /  {} 0")]
    assert b"connection: close\r\n" in server.transport.written
    assert server.transport.closed


def test_after_requests_an_error_comes_last() -> None:
    server = Server()
    server.receive([GET % b"1" + b"nonsense\r\n\r\n"])
    assert [status for status, _ in server.responses(["GET", "GET"])] == [200, 400]
    assert server.transport.closed


def test_nothing_follows_the_response_that_closes_a_connection() -> None:
    server = Server()
    head = b"PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    server.receive([head + b"%x\r\n%s\r\n" % (150, bytes(150)) + b"nonsense\r\n"])  # more than is read of a body
    assert server.responses(["PUT"]) == [(200, b"PUT /  {} 101")]
    assert server.transport.closed


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://zuora.test/v1?a=1", "GET /v1 a=1 {} 0"),
        (b"//v1/x", "GET //v1/x  {} 0"),
        (b"/v1?a=?b", "GET /v1 a=?b {} 0"),
    ],
)
def test_forms_of_a_request_target(target: bytes, expected: str) -> None:
    server = Server()
    server.receive([b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % target])
    assert server.responses(["GET"]) == [(200, expected.encode())]
