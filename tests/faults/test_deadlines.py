"""A deadline ends a call wherever it is: connecting, in the handshake, sending, in the head or body, or in a queue."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import Backoff, Timeouts, errors

from .clients import open_session
from .service import CLIENT_SECRET, READY_TOKEN, RUN
from .table import create
from .trial import ended, large

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .server import Background, Certificates

AGES = 30.0
"""Seconds that every phase may take, and that a server goes on at least."""
DEADLINE = 0.15
PAUSE = 0.005


@dataclass(frozen=True)
class Trickle:
    """A server that never stops to give or take a little, so that no single read or write takes long."""

    head: bytes
    piece: bytes = b"x"
    takes: bool = False
    """Whether it takes the request a little at a time, and gives nothing."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                for _ in range(int(AGES / PAUSE) if self.takes else 0):
                    await reader.readexactly(1)
                    await asyncio.sleep(PAUSE)
                await reader.read(2**20)
                writer.write(self.head)
                for _ in range(int(AGES / PAUSE)):
                    await asyncio.sleep(PAUSE)
                    writer.write(self.piece)
                    await writer.drain()
            finally:
                writer.transport.abort()


OK = b"HTTP/1.1 200 OK\r\n"
HEAD = Trickle(OK + b"X-Padding: ")
BODY = Trickle(OK + b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", b" ")
CHUNKS = Trickle(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")
INTERIM = Trickle(b"", b"HTTP/1.1 102 Processing\r\n\r\n")
TAKING = Trickle(b"", takes=True)
HANDSHAKE = Trickle(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x00")


@pytest.fixture
def trickling(background: Background) -> Iterator[Any]:
    """Starts servers that trickle; gives their addresses."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    def start(trickle: Trickle) -> str:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            await trickle.serve(reader, writer)

        async def listen() -> asyncio.Server:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**12)
            listener.bind(("127.0.0.1", 0))
            return await asyncio.start_server(accept, sock=listener, limit=2**12)

        servers.append(background.run(listen()))
        return f"127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    async def stop() -> None:
        for server in servers:
            server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    yield start
    background.run(stop())


def options(**more: Any) -> dict[str, Any]:
    return {
        "timeouts": Timeouts(AGES, AGES, AGES, AGES),
        "deadline": DEADLINE,
        "retry": Backoff(attempts=1),
        "compress_over": None,
        **more,
    }


class Basic(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Any:
        yield request


CELLS: dict[str, tuple[Trickle, str, dict[str, Any], type[errors.JournalRunsError]]] = {
    "head": (HEAD, "http", {"token": READY_TOKEN}, errors.ResponseLostError),
    "head, with an httpx.Auth": (HEAD, "http", {"auth": Basic()}, errors.ResponseLostError),
    "interim responses": (INTERIM, "http", {"token": READY_TOKEN}, errors.ResponseLostError),
    "body": (BODY, "http", {"token": READY_TOKEN}, errors.ResponseLostError),
    "chunks": (CHUNKS, "http", {"token": READY_TOKEN}, errors.ResponseLostError),
    "sending": (TAKING, "http", {"token": READY_TOKEN}, errors.ResponseLostError),
    "handshake": (HANDSHAKE, "https", {"token": READY_TOKEN}, errors.RequestNotSentError),
    "token, head": (HEAD, "http", {"client_id": "a", "client_secret": CLIENT_SECRET}, errors.TokenError),
    "token, body": (BODY, "http", {"client_id": "b", "client_secret": CLIENT_SECRET}, errors.TokenError),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_server_that_trickles_does_not_outlast_the_deadline(
    name: str,
    kind: str,
    trickling: Any,
    certificates: Certificates,  # noqa: ARG001 - what clients trust is read here, and not while the time runs
    count: Any,
) -> None:
    count()
    trickle, scheme, authorization, error = CELLS[name]
    with open_session(kind, f"{scheme}://{trickling(trickle)}", **options(**authorization)) as session:
        began = time.monotonic()
        _, got = ended(session, large(create) if trickle.takes else lambda client: client.retrieve(RUN))
        took = time.monotonic() - began
    assert type(got) is error, got
    assert took + 0.01 >= DEADLINE
    assert took < AGES / 2


def test_the_lookup_of_a_name_does_not_outlast_the_deadline(
    kind: str, monkeypatch: pytest.MonkeyPatch, certificates: Certificates, count: Any
) -> None:
    count()
    assert certificates
    over = threading.Event()

    def look_up(*_: object, **__: object) -> Any:
        over.wait(AGES)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with open_session(kind, "https://rest.zuora.example", token=READY_TOKEN, **options()) as session:
        began = time.monotonic()
        _, got = ended(session, lambda client: client.retrieve(RUN))
        assert time.monotonic() - began < AGES / 2
        over.set()
    assert type(got) is errors.RequestNotSentError, got


@pytest.mark.parametrize("queue", ["permit", "token"])
def test_a_queue_does_not_outlast_the_deadline(queue: str, kind: str, trickling: Any, count: Any) -> None:
    """Another call, which has more time, has the only permit, or is requesting the token."""
    count()
    url = f"http://{trickling(HEAD)}"
    authorization: dict[str, Any] = (
        {"token": READY_TOKEN} if queue == "permit" else {"client_id": f"c {kind}", "client_secret": CLIENT_SECRET}
    )
    with open_session(kind, url, **authorization, **options(deadline=1.0, concurrency=1)) as session:

        def both(client: Any) -> Any:
            def give_up() -> None:
                with contextlib.suppress(errors.CallError):
                    client.retrieve(RUN)

            other = threading.Thread(target=give_up)
            other.start()
            _wait_until_sent(client, queue)
            try:
                return client.with_options(deadline=DEADLINE).retrieve(RUN)
            finally:
                finished.append(time.monotonic())
                other.join()

        async def both_async(client: Any) -> Any:
            other = asyncio.create_task(client.retrieve(RUN))
            await asyncio.sleep(0)
            try:
                return await client.with_options(deadline=DEADLINE).retrieve(RUN)
            finally:
                finished.append(time.monotonic())
                other.cancel()

        finished: list[float] = []
        began = time.monotonic()
        _, got = ended(session, both if kind == "sync" else both_async)
    assert type(got) is (errors.RequestNotSentError if queue == "permit" else errors.TokenError), got
    assert not got.maybe_processed
    assert finished[0] - began < 0.9


def _wait_until_sent(client: Any, queue: str) -> None:
    """Wait until the other call has what this one will wait for."""
    caller = client.connection.pipeline
    while not (caller.limiter._active if queue == "permit" else caller.authorizer.cache(None)[1]._refreshing):
        time.sleep(0.001)
