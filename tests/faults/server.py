"""A server on sockets of this machine that does to requests what a script says."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from .service import Request, Service

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine, Iterator

    from .service import Answer

T = TypeVar("T")

Outage = Literal["refused", "unresolved", "untrusted", "mute"]
"""Nobody listens; the name is unknown; the certificate is a stranger's; a TLS handshake is not answered."""

_HOST = "127.0.0.1"
_RECEIVE_BUFFER = 2**14
_ENOUGH = 100
"""Requests after which a client that would never stop is cut off, so that its test fails."""


class Certificates(NamedTuple):
    trusted: ssl.SSLContext
    stranger: ssl.SSLContext


class Exchange:
    """A request on its way, for a behaviour to deal with."""

    def __init__(
        self, server: Server, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.request = server, request
        self.last = False
        """Whether the connection ends with it."""
        self._reader, self._writer = reader, writer

    async def read(self) -> None:
        """Read the request's body."""
        self.request.body = await self._reader.readexactly(int(self.request.headers.get("content-length", "0")))

    def act(self) -> Answer:
        """Do what the request asks for."""
        return self.server.service.answer(self.request)

    async def send(self, answer: Answer) -> None:
        self.last |= answer.close
        await self.write(replace(answer, close=self.last).encoded())

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def keep_silent(self) -> None:
        """Do no more with the request."""
        with self.server.silence:
            self.server.silences += 1
            self.server.silence.notify_all()
        await asyncio.Event().wait()

    def reset(self) -> None:
        """End the connection with RST, which also discards what the client has not read yet."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        self.last = True


Behaviour = Callable[[Exchange], Awaitable[None]]


async def healthy(exchange: Exchange) -> None:
    """Act and answer."""
    await exchange.read()
    await exchange.send(exchange.act())


class Server:
    """A server whose truth is a `Service`.

    Args:
        loop: Where it runs.
        certificates: With which it speaks TLS.
        script: For each operation the behaviours of its requests in turn; the healthy one after the last.
        outage: Why it cannot be reached.
        outage_after: The operation whose first answer is the last thing before the outage; from the start by default.
        elsewhere: The address of another server, for behaviours that try to lead there.
    """

    def __init__(
        self,
        loop: Background,
        certificates: Certificates | None = None,
        script: dict[str, Iterator[Behaviour]] | None = None,
        outage: Outage | None = None,
        outage_after: str | None = None,
        elsewhere: str = "",
    ) -> None:
        self.service = Service()
        self.requests: list[Request] = []
        self.elsewhere = elsewhere
        self.outage: Outage | None = None
        self.healed = False
        self.silences = 0
        """How many requests got no answer for good."""
        self.silence = threading.Condition()
        self._loop, self._certificates = loop, certificates
        self._script = script or {}
        self._coming, self._coming_after = outage, outage_after
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._closed = False
        self._listener: asyncio.Server | None = None
        # Holds the port while nobody listens.
        self._placeholder = _bound(0)
        self._port: int = self._placeholder.getsockname()[1]
        self.url = self.service.origin = f"{'https' if certificates else 'http'}://{_HOST}:{self._port}"
        loop.run(self._set_outage(None if outage_after else outage))

    def seen(self, operation: str) -> list[Request]:
        """The requests of an operation that arrived."""
        return [request for request in self.requests if request.operation == operation]

    def heal(self) -> None:
        """End all faults."""
        self.healed, self._script = True, {}
        self.end_outage()

    def wait_for_silences(self, count: int) -> None:
        """Wait until so many requests were dealt with that get no answer, as their sender may know before this does."""
        with self.silence:
            assert self.silence.wait_for(lambda: self.silences >= count, timeout=30)

    def end_outage(self) -> None:
        if self.outage is not None:
            self._loop.run(self._set_outage(None))

    def close(self) -> None:
        self._loop.run(self._close())
        self._placeholder.close()

    async def _set_outage(self, outage: Outage | None) -> None:
        self.outage = outage
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if outage == "refused":
            return
        tls = None
        if self._certificates is not None and outage != "mute":
            tls = self._certificates.stranger if outage == "untrusted" else self._certificates.trusted
        self._listener = await asyncio.start_server(self._accept, sock=_bound(self._port), ssl=tls)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._closed:
            writer.close()
            return
        self._writers.append(writer)
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The peer may go away at any time.
        with suppress(asyncio.IncompleteReadError, OSError):
            try:
                if self.outage == "mute":
                    await asyncio.Event().wait()
                while await self._serve_one(reader, writer):
                    pass
            finally:
                writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = Request.parse(await reader.readuntil(b"\r\n\r\n"))
        self.requests.append(request)
        exchange = Exchange(self, request, reader, writer)
        if request.operation == self._coming_after:
            self._coming_after = None
            await self._set_outage(self._coming)
            exchange.last = True
        if len(self.requests) > _ENOUGH:
            exchange.reset()
            return False
        behaviour = next(self._script.get(request.operation, iter(())), healthy)
        await behaviour(exchange)
        return not exchange.last

    async def _close(self) -> None:
        self._closed = True
        if self._listener is not None:
            self._listener.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # A task that was cancelled before it began has closed nothing.
        for writer in self._writers:
            writer.transport.abort()


class Background:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted server", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _bound(port: int) -> socket.socket:
    """A socket that has the port and does not listen; several may have the same."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    sock.bind((_HOST, port))
    return sock
