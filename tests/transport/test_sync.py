"""What the transport for threads does itself: addresses, the deadline of each read and write, TLS within TLS."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs._http.deadline import Bounded
from zuora_journal_runs._http.response import connection_error
from zuora_journal_runs._http.sync_transport import SyncTransport
from zuora_journal_runs.errors import CallInfo

from .sending import PATIENCE
from .server import OK, keeps_answering, turns
from .test_proxy import tunnels

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    from .conftest import Authority
    from .server import Conversation, Server

    Serve = Callable[..., Awaitable[Server]]

AGES = 20.0
"""Seconds that pass only if a deadline is not kept."""


class Clock:
    """The clock of a deadline, which the server sets while a request is in progress."""

    def __init__(self) -> None:
        self.now = 0.0

    def bounded(self) -> Bounded:
        """Return a timeout of AGES that the deadline at AGES cuts short."""
        return Bounded(AGES, AGES, lambda: self.now)


def send(
    transport: SyncTransport, url: str, *, content: bytes = b"", timeouts: Mapping[str, float] = PATIENCE
) -> bytes:
    """Send a request and return the body of its response."""
    extensions: dict[str, Any] = {"timeout": {**PATIENCE, **timeouts}}
    with transport:
        response = transport.handle_request(httpx.Request("PUT", url, content=content, extensions=extensions))
        return response.read()


def through(proxy: Server, tls: ssl.SSLContext) -> SyncTransport:
    """Return a transport that uses a proxy over TLS."""
    return SyncTransport(tls=tls, proxy=httpx.Proxy(f"https://127.0.0.1:{proxy.port}", ssl_context=tls))


async def test_a_request_goes_through_a_proxy_over_tls(serve: Serve, authority: Authority) -> None:
    """TLS within TLS; the body takes many records each way."""
    content = bytes(range(256)) * 2**10

    async def echoes(peer: Conversation) -> None:
        _, body = (await peer.request()).split(b"\r\n\r\n", 1)
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server, proxy = await serve(echoes, tls=True), await serve(tunnels, tls=True)
    echoed = await asyncio.to_thread(send, through(proxy, authority.client), server.url, content=content)
    assert echoed == content
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert len(proxy.requests) == len(server.requests) == 1


async def test_a_read_through_a_proxy_over_tls_keeps_to_the_deadline(serve: Serve, authority: Authority) -> None:
    clock = Clock()

    async def begins(peer: Conversation) -> None:
        await peer.request()
        clock.now = AGES - 0.02
        await peer.send(OK[:1])
        await peer.ended()

    server, proxy = await serve(begins, tls=True), await serve(tunnels, tls=True)
    began = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        await asyncio.to_thread(send, through(proxy, authority.client), server.url, timeouts={"read": clock.bounded()})
    assert time.monotonic() - began < AGES / 2


async def test_nothing_is_written_through_a_proxy_over_tls_after_the_deadline(
    serve: Serve, authority: Authority
) -> None:
    """The deadline passes during the handshake with the server."""
    clock = Clock()

    async def delays(peer: Conversation) -> None:
        send_at_once = peer.send

        async def send_late(data: bytes) -> None:
            if not data.startswith(b"HTTP/"):
                clock.now = AGES + 1.0
            await send_at_once(data)

        peer.send = send_late  # type: ignore[method-assign]
        await tunnels(peer)

    server, proxy = await serve(keeps_answering, tls=True), await serve(delays, tls=True)
    with pytest.raises(httpx.WriteTimeout):
        await asyncio.to_thread(send, through(proxy, authority.client), server.url, timeouts={"write": clock.bounded()})
    await turns()
    assert server.connections == 1
    assert server.requests == []


@pytest.mark.parametrize(
    ("phase", "error"),
    [("connect", httpx.ConnectTimeout), ("write", httpx.WriteTimeout), ("read", httpx.ReadTimeout)],
)
async def test_nothing_is_done_after_the_deadline(
    phase: str, error: type[Exception], serve: Serve, authority: Authority
) -> None:
    """Although each phase could still take long, and the server responds at once."""
    server, clock = await serve(keeps_answering), Clock()
    clock.now = AGES
    with pytest.raises(error):
        await asyncio.to_thread(
            send, SyncTransport(tls=authority.client), server.url, timeouts={phase: clock.bounded()}
        )
    await turns()
    assert (server.connections, len(server.requests)) == {"connect": (0, 0), "write": (1, 0), "read": (1, 1)}[phase]


async def test_a_connection_that_is_reset_while_a_request_is_sent(serve: Serve, authority: Authority) -> None:
    async def resets(peer: Conversation) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        peer.reset()

    server = await serve(resets)
    # More than the buffers of both sides hold.
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)) as caught:
        await asyncio.to_thread(send, SyncTransport(tls=authority.client), server.url, content=bytes(2**25))
    assert connection_error(caught.value, "here", CallInfo()).maybe_processed


def test_a_host_without_addresses(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(httpx.ConnectError, match=r"nowhere\.example has no address") as caught:
        send(SyncTransport(tls=authority.client), "https://nowhere.example/")
    assert not connection_error(caught.value, "here", CallInfo()).maybe_processed
