"""HTTP server: one event loop for all emulators of the process.

llhttp, through httptools, parses the requests. An ASGI server would start a task for each of them, although `handle`
never waits: that takes twice as long as all the rest of a response, and a fifth of a second to start and to stop.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import os
import socket
import struct
import threading
from collections import deque
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import httptools

from .errors import EmulatorError, PortInUseError
from .http import Delivery, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .clock import Clock
    from .http import Response
    from .settings import Settings

    T = TypeVar("T")
    Handle = Callable[[Request], Response]
    InvalidHttp = Callable[[int, str], Response]

BACKLOG = 2048
IDLE_SECONDS = 75
"""How long a connection stays open without a request."""
REQUEST_SECONDS = 30
"""How long a caller may take to send a request, or to read a response."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES = {each.value: each.phrase for each in HTTPStatus}


class _SharedLoop:
    """One event loop in one thread, which exists while it has users."""

    def __init__(self) -> None:
        self._inherited: list[asyncio.AbstractEventLoop] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.renew()

    def renew(self) -> None:
        """Restart in a forked child, which does not have the thread."""
        if self._loop is not None:
            # It is kept, and never closed: its selector is the parent's too, and would forget the parent's sockets.
            self._inherited.append(self._loop)
        self._lock = threading.Lock()
        self._loop = None
        self._users = 0

    def acquire(self) -> None:
        with self._lock:
            if self._users == 0:
                self._loop = asyncio.SelectorEventLoop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="zuora-emulator", daemon=True)
                self._thread.start()
            self._users += 1

    def execute(self, work: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, T]]) -> T:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work(self._loop), self._loop).result()

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                assert self._loop is not None
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop.close()
                self._loop = None


_shared_loop = _SharedLoop()
if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_shared_loop.renew)


class _State:
    """State shared by the connections of a server."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._date = b""
        self.connections: set[_Connection] = set()
        self.buffered = 0
        """Bytes of incomplete request bodies, over all connections."""

    def date(self) -> bytes:
        """Return the `Date` header with the emulator's time."""
        second = int(self._clock.timestamp())
        if second != self._second:
            self._second = second
            self._date = f"date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._date


class _Connection(asyncio.Protocol):
    """HTTP/1.1 on a connection: requests are processed one at a time, in the order in which they arrive."""

    transport: asyncio.Transport

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handle: Handle,
        invalid_http: InvalidHttp,
        settings: Settings,
        state: _State,
    ) -> None:
        self._loop = loop
        self._handle = handle
        self._invalid_http = invalid_http
        self._settings = settings
        self._state = state
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.client: Any = None
        """The caller's address."""
        # The request that is being received.
        self._receiving = False
        self._is_complete = False
        self._head_size = 0
        self._url = b""
        self._headers: dict[str, str] = {}
        self._target = "", ""
        self._head: dict[str, str] = {}
        self._body = b""
        # Complete requests that are not processed yet, each with whether the connection stays open after it.
        self._requests: deque[tuple[Request, bool]] = deque()
        self._is_writing = False
        self._delayed: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.client = transport.get_extra_info("peername")
        self._state.connections.add(self)
        self._set_deadline(IDLE_SECONDS)
        if len(self._state.connections) > self._settings.max_connections:
            self._refuse(503, f"There are more than {self._settings.max_connections} connections.")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._state.connections.discard(self)
        self._release_body()
        for timer in filter(None, (self._timer, self._delayed)):
            timer.cancel()
        del self._parser  # which refers to this connection

    def data_received(self, data: bytes) -> None:
        valid = self._parse(data)
        self._process()
        if not valid:
            self._refuse(400, "Invalid HTTP request received.")
        self._watch_deadline()

    def pause_writing(self) -> None:
        self._is_writing = True
        self._set_deadline(REQUEST_SECONDS)

    def resume_writing(self) -> None:
        self._is_writing = False
        self._resume()

    # What the parser calls

    def on_message_begin(self) -> None:
        self._receiving, self._is_complete = True, False
        self._head_size = 0
        self._url, self._headers = b"", {}
        self._expect(REQUEST_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._count_head(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._target = _target(self._url)
        # Headers after the body are ignored.
        self._head, self._headers = self._headers, {}
        if self._head.get("expect", "").lower() == "100-continue" and not self._is_busy and not self._requests:
            self.transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        if self._is_complete:
            return
        self._body += body
        self._state.buffered += len(body)
        if self._state.buffered > self._settings.max_buffered_size:
            self._refuse(
                503, f"There are more than {self._settings.max_buffered_size} bytes of incomplete request bodies."
            )
        if len(self._body) > self._settings.max_body_size:
            self._complete()

    def on_message_complete(self) -> None:
        if not self._is_complete:
            self._complete()
        self._receiving = False
        self._expect(IDLE_SECONDS)

    def _count_head(self, size: int) -> None:
        # Up to twice the limit is read, so that the response can say what is too large.
        self._head_size += size
        if self._head_size > 2 * self._settings.max_head_size:
            raise ValueError("the head of the request is too large")

    # From data to requests, and from responses to data

    def _parse(self, data: bytes) -> bool:
        """Parse data; return whether it is valid."""
        while data:
            try:
                self._parser.feed_data(data)
                data = b""
            except httptools.HttpParserUpgrade as upgrade:
                # An offer to upgrade is ignored: another request may follow.
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError:
                return False
        return True

    def _complete(self) -> None:
        """Queue the request that is being received: it is complete, or too large to be read to its end."""
        request = Request(
            self._parser.get_method().decode("latin-1"),
            *self._target,
            self._head,
            self._body[: self._settings.max_body_size + 1],
            caller=self.client,
        )
        stays_open = self._parser.should_keep_alive() and self._parser.get_http_version() == "1.1"
        self._requests.append((request, stays_open))
        self._is_complete = True
        self._release_body()

    def _release_body(self) -> None:
        self._state.buffered -= len(self._body)
        self._body = b""

    @property
    def _is_busy(self) -> bool:
        """Whether a response is delayed, or waits for its caller to read it."""
        return self._is_writing or self._delayed is not None

    def _process(self) -> None:
        """Process requests until one of them takes time."""
        while self._requests and not self._is_busy and not self.transport.is_closing():
            request, stays_open = self._requests.popleft()
            response = self._handle(request)
            if response.real_delay:
                self._delayed = self._loop.call_later(response.real_delay, self._end_delay, response, stays_open)
                self._set_deadline(response.real_delay + REQUEST_SECONDS)
            else:
                self._send(response, stays_open)
        if self._requests:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _end_delay(self, response: Response, stays_open: bool) -> None:
        self._delayed = None
        self._send(response, stays_open)
        self._resume()

    def _resume(self) -> None:
        self._set_deadline(REQUEST_SECONDS if self._receiving else IDLE_SECONDS)
        self._process()

    def _send(self, response: Response, stays_open: bool) -> None:
        if response.delivery is Delivery.RESET:
            # Closing a connection with a linger time of zero resets it.
            linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()
            return
        body = response.body[: len(response.body) // 2] if response.delivery is Delivery.TRUNCATED else response.body
        self._write(response, body, b"" if stays_open else b"connection: close\r\n")
        if not stays_open or response.delivery is not Delivery.COMPLETE:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Send an error, and close the connection; nothing else that was received is processed."""
        if not self.transport.is_closing():
            response = self._invalid_http(status, message)
            self._write(response, response.body, b"connection: close\r\n")
            self.transport.close()

    def _write(self, response: Response, body: bytes, last_header: bytes) -> None:
        head = b"".join([b"%s: %s\r\n" % header for header in response.headers])
        parts = _status_line(response.status), self._state.date(), head, last_header, b"\r\n", body
        self.transport.write(b"".join(parts))

    # Deadlines

    def _expect(self, seconds: float) -> None:
        """Set the deadline for what the caller does next, unless it is the caller who waits."""
        if not self._is_busy:
            self._deadline = self._loop.time() + seconds

    def _set_deadline(self, seconds: float) -> None:
        self._deadline = self._loop.time() + seconds
        self._watch_deadline()

    def _watch_deadline(self) -> None:
        """Have the deadline checked when it comes, or before: a timer for each request would take longer."""
        if self._timer is None or self._deadline < self._timer.when():
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._check_deadline)

    def _check_deadline(self) -> None:
        self._timer = None
        if self._loop.time() < self._deadline:
            self._watch_deadline()
        else:
            # `close` would wait for a caller that does not read its response.
            self.transport.abort()


class HttpServer:
    """Serves `handle` until `stop`.

    Args:
        handle: Processes a request, without waiting.
        invalid_http: Makes the response to what cannot be parsed as a request, of an HTTP status and a message.
        clock: The source of the `Date` header.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.
        settings: The limits.

    Raises:
        PortInUseError: Another program is listening on the port.
        EmulatorError: The address cannot be listened on.
    """

    def __init__(
        self, handle: Handle, invalid_http: InvalidHttp, clock: Clock, host: str, port: int, settings: Settings
    ) -> None:
        listener = _listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._state = _State(clock)

        async def serve(loop: asyncio.AbstractEventLoop) -> asyncio.Server:
            def connection() -> _Connection:
                return _Connection(loop, handle, invalid_http, settings, self._state)

            return await loop.create_server(connection, sock=listener, backlog=BACKLOG)

        self._process = os.getpid()
        _shared_loop.acquire()
        try:
            self._server = _shared_loop.execute(serve)
        except BaseException:
            _shared_loop.release()
            listener.close()
            raise

    def stop(self) -> None:
        """Close the socket and every connection; in a child that was forked, leave them to the parent."""
        if self._process != os.getpid():
            return
        _shared_loop.execute(lambda _: self._stop())
        _shared_loop.release()

    async def _stop(self) -> None:
        self._server.close()
        for connection in list(self._state.connections):
            connection.abort()
        # Connections are notified in the next iteration of the loop.
        await asyncio.sleep(0)


def _target(url: bytes) -> tuple[str, str]:
    """Return path and query of a request target; raise an error of the parser if it is invalid."""
    if url.startswith(b"/"):
        path, _, query = url.decode("latin-1").partition("?")
        return path, query
    parsed = httptools.parse_url(url)
    return (parsed.path or b"").decode("latin-1"), (parsed.query or b"").decode("latin-1")


@functools.cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n".encode()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only on sockets declared as TCP; with it, responses take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"Port {port} on {host} is in use. Choose another one, or 0 for any free one."
            ) from error
        raise EmulatorError(f"Cannot listen on port {port} of {host}: {error.strerror}") from error
    return listener
