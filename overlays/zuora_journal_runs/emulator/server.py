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
from typing import TYPE_CHECKING, Any, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .asgi import asgi_app
from .errors import EmulatorError, PortInUse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .app import App
    from .settings import Settings

    T = TypeVar("T")

logger = logging.getLogger(__name__)

BACKLOG = 2048
IDLE_SECONDS = 75
"""A connection without a request is closed after so long."""
REQUEST_SECONDS = 30
"""A request has to be complete within so long."""


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


class _Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with bounds on heads and on slowness, and with Zuora's form for what is not HTTP."""

    def __init__(self, app: App, largest_head: int, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        self.logger = logger
        self.access_log = False
        self._emulator = app
        self._largest_head = largest_head
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(IDLE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
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
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._grow(len(name) + len(value))
        super().on_header(name, value)

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def _grow(self, size: int) -> None:
        # Up to twice the bound is read, so that the answer can say what is too large.
        self._head += size
        if self._head > 2 * self._largest_head:
            raise ValueError("the head of the request is too large")

    def send_400_response(self, msg: str) -> None:
        response = self._emulator.not_http(msg)
        head = b"".join(b"%s: %s\r\n" % header for header in response.headers)
        self.transport.write(
            b"HTTP/1.1 %d Bad Request\r\n%sconnection: close\r\n\r\n%s" % (response.status, head, response.body)
        )
        self.transport.close()


class HttpServer:
    """An application that is served until `stop`."""

    def __init__(self, app: App, host: str, port: int, settings: Settings) -> None:
        listener = _listen(host, port)
        self.port: int = listener.getsockname()[1]
        self._state = ServerState()
        config = uvicorn.Config(
            asgi_app(app.handle, settings.largest_body),
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
            return _Protocol(app, settings.largest_head, config, self._state)

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
            raise PortInUse(
                f"Port {port} on {host} is in use. Choose another one, or 0 for any that is free."
            ) from error
        raise EmulatorError(f"Cannot listen on port {port} of {host}: {error.strerror}") from error
    return listener
