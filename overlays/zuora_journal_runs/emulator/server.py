"""HTTP server: uvicorn's protocol on one event loop for all emulators of the process.

`uvicorn.Server` itself would need a thread for each emulator, and takes a fifth of a second to stop. `_Protocol`
overrides internals of uvicorn; pyproject.toml therefore limits uvicorn to versions that were tested.
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
    InvalidHttp = Callable[[int, str], Response]

logger: logging.Logger = logging.getLogger(__name__)

BACKLOG = 2048
IDLE_SECONDS = 75
"""How long a connection stays open without a request."""
REQUEST_SECONDS = 30
"""How long a caller may take to send a request, or to read a response."""


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


class _State(ServerState):
    """State shared by the connections of a server."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._second = -1
        self.buffered = 0
        """Bytes of incomplete request bodies, over all connections."""

    def update_date_header(self) -> None:
        """Set the `Date` header to the emulator's time."""
        second = int(self._clock.timestamp())
        if second != self._second:
            self._second = second
            self.default_headers = [(b"date", formatdate(second, usegmt=True).encode())]


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol, with limits on size and time, and with errors in Zuora's form."""

    def __init__(self, invalid_http: InvalidHttp, settings: Settings, config: uvicorn.Config, state: _State) -> None:
        super().__init__(config, state, {})
        self.logger = logger
        self.access_log = False
        self._invalid_http = invalid_http
        self._state = state
        self._max_head_size = settings.max_head_size
        self._max_connections = settings.max_connections
        self._max_buffered_size = settings.max_buffered_size
        self._head_size = self._buffered = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline(IDLE_SECONDS)
        if len(self.connections) > self._max_connections:
            self._refuse(503, f"There are more than {self._max_connections} connections.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        self._release_buffered()
        super().connection_lost(exc)

    def _set_deadline(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()

    def on_message_begin(self) -> None:
        self._set_deadline(REQUEST_SECONDS)
        self._head_size = 0
        self._state.update_date_header()
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._buffered += len(body)
        self._state.buffered += len(body)
        if self._state.buffered > self._max_buffered_size and not self.cycle.response_complete:
            self._refuse(503, f"There are more than {self._max_buffered_size} bytes of incomplete request bodies.")
            # A refused request is not processed, even if this was the last part of its body.
            self.cycle.disconnected = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._cancel_deadline()
        self._release_buffered()
        super().on_message_complete()

    def _release_buffered(self) -> None:
        self._state.buffered -= self._buffered
        self._buffered = 0

    def pause_writing(self) -> None:
        self._set_deadline(REQUEST_SECONDS)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._cancel_deadline()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        # `close` would wait for a caller that does not read its response.
        self.transport.abort()

    def _count_head(self, size: int) -> None:
        # Up to twice the limit is read, so that the response can say what is too large.
        self._head_size += size
        if self._head_size > 2 * self._max_head_size:
            raise ValueError("the head of the request is too large")

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, message: str) -> None:
        response = self._invalid_http(status, message)
        self._state.update_date_header()
        head = b"".join(b"%s: %s\r\n" % header for header in (*self._state.default_headers, *response.headers))
        self.transport.write(b"HTTP/1.1 %d \r\n%sconnection: close\r\n\r\n%s" % (status, head, response.body))
        self.transport.close()


class HttpServer:
    """Serves `handle` until `stop`.

    Args:
        handle: Processes a request.
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
            return _Protocol(invalid_http, settings, config, self._state)

        self._process = os.getpid()
        _shared_loop.acquire()
        try:
            self._server = _shared_loop.execute(
                lambda loop: loop.create_server(protocol, sock=listener, backlog=BACKLOG)
            )
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
            connection.transport.abort()
        # Connections are notified in the next iteration of the loop; tasks waiting for a body end then.
        await asyncio.sleep(0)
        await asyncio.gather(*self._state.tasks)


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
