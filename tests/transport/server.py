"""A server on a loopback socket that treats each connection as a script says, down to the byte."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Conversation:
    """One connection, as the server has it."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self._writer = server, reader, writer

    async def request(self) -> bytes:
        """Read a request with its body, and keep it."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", head)
        received = head + await self.reader.readexactly(int(length[1]) if length else 0)
        self.server.requests.append(received)
        return received

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, data: bytes = OK) -> None:
        """Read a request and answer it."""
        await self.request()
        await self.send(data)

    async def ended(self) -> bytes:
        """What comes until the client ends the connection, which `Server.ended` then counts."""
        received = b""
        with contextlib.suppress(ConnectionError):
            while data := await self.reader.read(2**20):
                received += data
        self.server.count_end()
        return received

    def hang_up(self) -> None:
        """End the connection in this direction."""
        self._writer.write_eof()

    def reset(self) -> None:
        """End the connection as a crash does."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


async def keeps_answering(peer: Conversation) -> None:
    while True:
        await peer.answer()


async def turns() -> None:
    """Let everything else in this event loop go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


Script = Callable[[Conversation], Awaitable[object]]


class Server:
    """The server.

    Attributes:
        connections: How many there were.
        ended: How many of them the client ended, as far as the script waited for that.
        requests: All requests, as they came.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = script, tls
        self._conversations: set[asyncio.Task[None]] = set()
        self._changed = threading.Condition()
        self.connections = self.ended = 0
        self.requests: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/v1/journal-runs/JR-00000075"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations)
        await self._server.wait_closed()

    def count_end(self) -> None:
        with self._changed:
            self.ended += 1
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait, in another thread than the server's, until something is so."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout=10)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                await self._script(Conversation(self, reader, writer))
            finally:
                writer.close()
                await writer.wait_closed()
        self._conversations.discard(task)


@contextlib.contextmanager
def in_a_thread(script: Script) -> Iterator[Server]:
    """A server with an event loop and a thread of its own."""
    server, ready, loop = Server(script), threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def main() -> None:
        async with server:
            ready.set()
            await done.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
