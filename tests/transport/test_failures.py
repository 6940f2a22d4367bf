"""Every failure tells whether the request may have been acted upon."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from zuora_journal_runs._http.response import connection_error
from zuora_journal_runs.errors import CallInfo

from .sending import send, tells_no_secret
from .server import turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport

    from .server import Conversation, Script, Server

    Serve = Callable[..., Awaitable[Server]]
    Opened = Callable[..., Awaitable[AiohttpTransport]]

BIG = b"x" * 16_000_000
"""More than the buffers between two sockets hold."""
SOON = 0.02
"""Seconds, where something is expected to be late."""


async def hangs_up(peer: Conversation) -> None:
    await peer.request()


async def resets(peer: Conversation) -> None:
    await peer.request()
    peer.reset()


async def resets_while_it_receives(peer: Conversation) -> None:
    await peer.reader.readexactly(100_000)
    peer.reset()


async def is_silent(peer: Conversation) -> None:
    await peer.request()
    await peer.ended()


async def receives_nothing(_: Conversation) -> None:
    await asyncio.Event().wait()


def says(*pieces: bytes, then: Callable[[Conversation], Awaitable[object]] | None = None) -> Script:
    """Answers piece by piece, then does something else or hangs up."""

    async def script(peer: Conversation) -> None:
        await peer.request()
        for piece in pieces:
            await peer.send(piece)
            await turns()
        if then is not None:
            await then(peer)

    return script


async def resets_now(peer: Conversation) -> None:
    peer.reset()


async def waits(peer: Conversation) -> None:
    await peer.ended()


HEAD = b"HTTP/1.1 200 OK\r\n"
SIZED, CHUNKED = HEAD + b"Content-Length: 9\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

Expected = type[httpx.TransportError] | tuple[type[httpx.TransportError], ...]
MAYBE_PROCESSED: dict[str, tuple[Script, Expected, dict[str, float], bytes]] = {
    "no answer, hung up": (hangs_up, httpx.RemoteProtocolError, {}, b""),
    "no answer, hung up after a body": (hangs_up, httpx.RemoteProtocolError, {}, b"{}"),
    "no answer, reset": (resets, httpx.ReadError, {}, b""),
    "no answer, reset after a body": (resets, httpx.ReadError, {}, b"{}"),
    "no answer in time": (is_silent, httpx.ReadTimeout, {"read": SOON}, b""),
    "no answer in time after a body": (is_silent, httpx.ReadTimeout, {"read": SOON}, b"{}"),
    "reset in the middle of the request": (resets_while_it_receives, httpx.WriteError, {}, BIG),
    "request not taken in time": (receives_nothing, httpx.WriteTimeout, {"write": SOON}, BIG),
    "status line cut off": (says(b"HTTP/1.1 20"), httpx.RemoteProtocolError, {}, b""),
    "headers cut off": (says(HEAD + b"Content-Le"), httpx.RemoteProtocolError, {}, b""),
    "headers cut off by a reset": (says(HEAD + b"Content-Le", then=resets_now), httpx.ReadError, {}, b""),
    "headers late": (says(HEAD, then=waits), httpx.ReadTimeout, {"read": SOON}, b""),
    "not HTTP": (says(b"220 mail.example ESMTP\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "TLS": (says(b"\x15\x03\x01\x00\x02\x02\x46"), httpx.RemoteProtocolError, {}, b""),
    "header without a colon": (says(HEAD + b"Zuora\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "header too long": (says(HEAD + b"A: " + b"a" * 9000 + b"\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "too many headers": (says(HEAD + b"A: a\r\n" * 500 + b"\r\n"), httpx.RemoteProtocolError, {}, b""),
    "reason too long": (says(b"HTTP/1.1 200 " + b"a" * 9000 + b"\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "two lengths": (says(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "length that is none": (says(HEAD + b"Content-Length: -1\r\n\r\n"), httpx.RemoteProtocolError, {}, b""),
    "body cut off": (says(SIZED + b"{"), httpx.RemoteProtocolError, {}, b""),
    "body cut off later": (says(SIZED, b"{"), httpx.RemoteProtocolError, {}, b""),
    "body cut off by a reset": (says(SIZED, b"{", then=resets_now), httpx.RemoteProtocolError, {}, b""),
    "body late": (says(SIZED, b"{", then=waits), httpx.ReadTimeout, {"read": SOON}, b""),
    "chunk cut off": (says(CHUNKED + b"9\r\n{"), httpx.RemoteProtocolError, {}, b""),
    "last chunk missing": (says(CHUNKED, b"1\r\n{\r\n"), httpx.RemoteProtocolError, {}, b""),
    "malformed chunk": (says(CHUNKED + b"nine\r\n{"), httpx.RemoteProtocolError, {}, b""),
    # aiohttp does not tell who waits for the rest of such a body, which is then just late.
    "malformed chunk later": (
        says(CHUNKED, b"nine\r\n{"),
        (httpx.ReadTimeout, httpx.RemoteProtocolError),
        {"read": SOON},
        b"",
    ),
}


@pytest.mark.parametrize("name", MAYBE_PROCESSED)
async def test_maybe_processed(name: str, serve: Serve, opened: Opened) -> None:
    script, expected, timeouts, content = MAYBE_PROCESSED[name]
    server, transport = await serve(script), await opened()
    for attempt in (1, 2):
        with pytest.raises(expected) as caught:
            await send(transport, server.url, content=content, timeouts=timeouts)
        assert caught.value.request.url == server.url
        assert tells_no_secret(caught.value)
        assert connection_error(caught.value, "here", CallInfo()).maybe_processed
        assert server.connections == attempt
    await turns()
    assert len(server.requests) in (0, 2)


TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


async def hangs_up_at_once(_: Conversation) -> None: ...


async def is_no_tls(peer: Conversation) -> None:
    await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def refuses_the_handshake(peer: Conversation) -> None:
    await peer.reader.read(1)
    await peer.send(TLS_ALERT)


async def resets_at_once(peer: Conversation) -> None:
    await peer.reader.read(1)
    peer.reset()


HANDSHAKES: dict[str, tuple[Script, type[httpx.TransportError]]] = {
    "hung up": (hangs_up_at_once, httpx.ConnectError),
    "reset": (resets_at_once, httpx.ConnectError),
    "refused": (refuses_the_handshake, httpx.ConnectError),
    "no TLS": (is_no_tls, httpx.ConnectError),
    "late": (waits, httpx.ConnectTimeout),
}


async def fails_unsent(transport: AiohttpTransport, url: str, *, connect: float = 10.0) -> httpx.TransportError:
    """How a request fails, each time anew, without the server being told anything of it."""
    failures = []
    for _ in range(2):
        with pytest.raises(httpx.TransportError) as caught:
            await send(transport, url, timeouts={"connect": connect}, content=b"{}")
        assert not connection_error(caught.value, "here", CallInfo()).maybe_processed
        assert caught.value.request.url == url
        assert tells_no_secret(caught.value)
        failures.append(caught.value)
    assert type(failures[0]) is type(failures[1])
    return failures[0]


@pytest.mark.parametrize("name", HANDSHAKES)
async def test_never_sent_if_the_handshake_fails(name: str, serve: Serve, opened: Opened) -> None:
    script, expected = HANDSHAKES[name]
    server = await serve(script)
    error = await fails_unsent(
        await opened(), server.url.replace("http:", "https:"), connect=SOON if name == "late" else 10.0
    )
    assert type(error) is expected


async def test_never_sent_to_a_server_that_is_not_known(serve: Serve, opened: Opened) -> None:
    server = await serve(hangs_up, tls=True)
    stranger = ssl.create_default_context()
    error = await fails_unsent(await opened(tls=stranger), server.url)
    assert type(error) is httpx.ConnectError
    assert "certificate verify failed" in str(error)
    assert server.requests == []


async def test_never_sent_to_a_server_of_another_name(serve: Serve, opened: Opened) -> None:
    server = await serve(hangs_up, tls=True)
    error = await fails_unsent(await opened(), server.url.replace("127.0.0.1", "localhost"))
    assert "certificate verify failed" in str(error)
    assert server.requests == []


async def test_never_sent_where_nobody_listens(opened: Opened) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        error = await fails_unsent(await opened(), f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert type(error) is httpx.ConnectError
    assert "refused" in str(error) or "Connect call failed" in str(error)


async def test_never_sent_to_a_name_without_an_address(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async def knows_none(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", knows_none)
    error = await fails_unsent(await opened(), "https://rest.zuora.example/")
    assert type(error) is httpx.ConnectError
    assert "Name or service not known" in str(error)


async def test_never_sent_to_what_is_no_name(opened: Opened) -> None:
    assert type(await fails_unsent(await opened(), f"https://{'a' * 64}.example/")) is httpx.ConnectError


async def test_never_sent_while_a_name_is_looked_up(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async def knows_later(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", knows_later)
    error = await fails_unsent(await opened(), "https://rest.zuora.example/", connect=SOON)
    assert type(error) is httpx.ConnectTimeout


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "ws://127.0.0.1/", "/v1/journal-runs", "http:///v1/journal-runs"])
async def test_never_sent_by_another_protocol(url: str, opened: Opened) -> None:
    assert type(await fails_unsent(await opened(), url)) is httpx.UnsupportedProtocol


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("PUT", {"Zuora-Track-Id": "a\r\nZuora-Entity-Ids: b"}),
        ("PUT", {"Zuora-Track-Id": "a\nb"}),
        ("PUT", {"Zuora-Track-Id": "a\x00b"}),
        ("PUT", [(b"Zuora-Track-Id", b"\xe9")]),
        ("PUT", [(b"Zuora-\xe9", b"a")]),
        ("PUT /", {}),
    ],
)
async def test_never_sent_if_it_is_no_http(
    method: str, headers: httpx._types.HeaderTypes, serve: Serve, opened: Opened
) -> None:
    server, transport = await serve(hangs_up), await opened()
    for _ in range(2):
        with pytest.raises(httpx.LocalProtocolError) as caught:
            await transport.handle_async_request(httpx.Request(method, server.url, headers=headers))
        assert not connection_error(caught.value, "here", CallInfo()).maybe_processed
    await turns()
    assert server.requests == []
