"""HTTP, with uvicorn's parts on one event loop for all emulators of the process.

`uvicorn.Server` as a whole takes a thread each and a fifth of a second to stop, most of it asleep. Its protocol,
its configuration and its way to open a socket do not.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .asgi import TRANSPORT, asgi_app
from .errors import EmulatorError, PortInUseError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .clock import Clock
    from .http import Request, Response
    from .settings import Settings

    T = TypeVar("T")
    Handle = Callable[[Request], Response]
    NotHttp = Callable[[int, str], Response]

logger: logging.Logger = logging.getLogger(__name__)

BACKLOG = 2048
IDLE_SECONDS = 75
"""A connection without a request is closed after so long."""
REQUEST_SECONDS = 30
"""A request has to be complete within so long, and an answer that is waiting to be read, read."""


class _SharedLoop:
    """One event loop in one thread, while anything needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def acquire(self) -> None:
        with self._lock:
            if self._users == 0:
                self._loop = asyncio.SelectorEventLoop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="zuora-emulator", daemon=True)
                self._thread.start()
            self._users += 1

    def run(self, work: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run_coroutine_threadsafe(work(self._loop), self._loop).result()

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop.close()


_shared_loop = _SharedLoop()


class _State(ServerState):
    """What the connections of a server share."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._second = -1
        self.held = 0
        """Bytes of request bodies that are not complete yet."""

    def tell_time(self) -> None:
        """Keep the header `Date` at the emulator's time."""
        second = int(self._clock.timestamp())
        if second != self._second:
            self._second = second
            self.default_headers = [(b"date", formatdate(second, usegmt=True).encode())]


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with bounds on heads and on slowness, and with Zuora's form for what is not HTTP."""

    def __init__(self, not_http: NotHttp, settings: Settings, config: uvicorn.Config, state: _State) -> None:
        super().__init__(config, state, {})
        self.logger = logger
        self.access_log = False
        self._not_http = not_http
        self._state = state
        self._largest_head = settings.max_head_size
        self._most_connections = settings.max_connections
        self._most_held = settings.max_buffered_size
        self._head = self._held = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(IDLE_SECONDS)
        if len(self.connections) > self._most_connections:
            self._refuse(503, f"There are more than {self._most_connections} connections.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._let_go()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    def on_message_begin(self) -> None:
        self._wait(REQUEST_SECONDS)
        self._head = 0
        self._state.tell_time()
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._held += len(body)
        self._state.held += len(body)
        if self._state.held > self._most_held and not self.cycle.response_complete:
            self._refuse(503, f"There are more than {self._most_held} bytes of request bodies at a time.")
            # What is refused is not acted upon, even if this was its last part.
            self.cycle.disconnected = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_waiting()
        self._let_go()
        super().on_message_complete()

    def _let_go(self) -> None:
        self._state.held -= self._held
        self._held = 0

    def pause_writing(self) -> None:
        self._wait(REQUEST_SECONDS)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        # To close it would be to wait for a caller that does not read its answer.
        self.transport.abort()

    def _grow(self, size: int) -> None:
        # Up to twice the bound is read, so that the answer can say what is too large.
        self._head += size
        if self._head > 2 * self._largest_head:
            raise ValueError("the head of the request is too large")

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        response = self._not_http(status, message)
        self._state.tell_time()
        head = b"".join(b"%s: %s\r\n" % header for header in (*self._state.default_headers, *response.headers))
        self.transport.write(b"HTTP/1.1 %d \r\n%sconnection: close\r\n\r\n%s" % (status, head, response.body))
        self.transport.close()


class HttpServer:
    """`handle` as it is served until `stop`; `not_http` answers what cannot be handed to it."""

    def __init__(
        self, handle: Handle, not_http: NotHttp, clock: Clock, host: str, port: int, settings: Settings
    ) -> None:
        listener = _listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._state = _State(clock)
        config = uvicorn.Config(
            asgi_app(handle, settings.max_body_size),
            interface="asgi3",
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
        )
        config.load()

        def protocol() -> _Protocol:
            return _Protocol(not_http, settings, config, self._state)

        _shared_loop.acquire()
        self._server = _shared_loop.run(lambda loop: loop.create_server(protocol, sock=listener, backlog=BACKLOG))

    def stop(self) -> None:
        """Close the socket and every connection."""
        _shared_loop.run(lambda _: self._stop())
        _shared_loop.release()

    async def _stop(self) -> None:
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        # Connections learn of it in the loop's next turn; tasks that wait for a body end with them.
        await asyncio.sleep(0)
        await asyncio.gather(*self._state.tasks)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets that say they are TCP; with it, answers take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"Port {port} on {host} is in use. Choose another one, or 0 for any that is free."
            ) from error
        raise EmulatorError(f"Cannot listen on port {port} of {host}: {error.strerror}") from error
    return listener
