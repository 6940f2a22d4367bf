"""A request goes out as it is and once, and its answer comes back as it is."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport, _Body

from .sending import PATIENCE, send
from .server import OK, in_a_thread, keeps_answering, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .server import Conversation, Server

    Serve = Callable[..., Awaitable[Server]]
    Opened = Callable[..., Awaitable[AiohttpTransport]]

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True).filter(
    lambda name: name.lower() not in ("host", "content-length", "transfer-encoding", "connection", "expect", "upgrade")
)
VALUES = st.from_regex(r"[!-~\xa1-\u20ac]([ -~\xa1-\u20ac]{0,40}[!-~\xa1-\u20ac])?", fullmatch=True)
TARGETS = st.from_regex(
    r"/v1/[A-Za-z0-9/._~%!$&'()*+,;=:@-]{0,30}(\?[A-Za-z0-9/._~%!$&'()*+,;=:@?-]{1,30})?", fullmatch=True
)


@settings(deadline=None, max_examples=50)
@given(
    exchanges=st.lists(
        st.tuples(st.sampled_from(METHODS), TARGETS, st.lists(st.tuples(NAMES, VALUES)), st.binary(max_size=200)),
        min_size=5,
        max_size=20,
    )
)
def test_a_request_goes_out_as_it_is(exchanges: list[tuple[str, str, list[tuple[str, str]], bytes]]) -> None:
    async def main() -> list[httpx.Request]:
        sent = []
        async with AiohttpTransport(tls=httpx.create_ssl_context(verify=False)) as transport:
            for method, target, headers, content in exchanges:
                pairs = [(name.encode(), value.encode()) for name, value in headers]
                request = httpx.Request(
                    method,
                    f"http://127.0.0.1:{server.port}{target}",
                    headers=pairs,
                    content=b"" if method in ("GET", "HEAD") else content,
                    extensions={"timeout": PATIENCE},
                )
                response = await transport.handle_async_request(request)
                await response.aread()
                await response.aclose()
                sent.append(request)
        return sent

    async def answers(peer: Conversation) -> None:
        while True:
            received = await peer.request()
            await peer.send(b"HTTP/1.1 204 No Content\r\n\r\n" if received.startswith(b"HEAD") else OK)

    with in_a_thread(answers) as server:
        sent = asyncio.run(main())
    for received, request in zip(server.requests, sent, strict=True):
        lines = [f"{request.method} ".encode() + request.url.raw_path + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in request.headers.raw]
        assert received == b"\r\n".join([*lines, b"", b""]) + request.content
    assert server.connections == 1


async def test_a_large_body_goes_out_whole(serve: Serve, opened: Opened) -> None:
    content = bytes(range(256)) * 20_000
    server, transport = await serve(keeps_answering), await opened()
    await send(transport, server.url, content=content)
    assert server.requests[0].endswith(b"\r\n\r\n" + content)


def test_a_body_can_be_shown() -> None:
    assert _Body("Zinsen für April".encode(), None).decode() == "Zinsen für April"


async def test_the_response_comes_back_as_it_is(serve: Serve, opened: Opened) -> None:
    packed = gzip.compress(b"{}")

    async def answers(peer: Conversation) -> None:
        head = (
            "HTTP/1.1 299 Schön\r\nContent-Encoding: gzip\r\nzuora-Request-Id: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d"
        )
        await peer.answer(f"{head}\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed)

    server, transport = await serve(answers), await opened()
    response = await transport.handle_async_request(httpx.Request("GET", server.url))
    assert isinstance(response.stream, httpx.AsyncByteStream)
    assert b"".join([chunk async for chunk in response.stream]) == packed
    await response.aclose()
    assert response.status_code == 299
    assert response.extensions == {"http_version": b"HTTP/1.1", "reason_phrase": "Schön".encode()}
    assert response.headers.raw == [
        (b"Content-Encoding", b"gzip"),
        (b"zuora-Request-Id", b"1"),
        (b"Set-Cookie", b"a=b"),
        (b"Set-Cookie", b"c=d"),
        (b"Content-Length", str(len(packed)).encode()),
    ]


async def test_cookies_are_not_sent_back(serve: Serve, opened: Opened) -> None:
    async def sets_a_cookie(peer: Conversation) -> None:
        while True:
            await peer.answer(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n")

    server, transport = await serve(sets_a_cookie), await opened()
    for _ in range(2):
        await send(transport, server.url)
    assert b"ookie" not in server.requests[1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int, serve: Serve, opened: Opened) -> None:
    async def redirects(peer: Conversation) -> None:
        await peer.answer(b"HTTP/1.1 %d Elsewhere\r\nLocation: /\r\nContent-Length: 0\r\n\r\n" % status)

    server, transport = await serve(redirects), await opened()
    assert (await send(transport, server.url)).status == status
    assert len(server.requests) == 1


async def test_interim_responses_are_skipped(serve: Serve, opened: Opened) -> None:
    async def answers(peer: Conversation) -> None:
        await peer.answer(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)

    server, transport = await serve(answers), await opened()
    assert (await send(transport, server.url)).status == 200


async def test_a_body_may_end_with_the_connection(serve: Serve, opened: Opened) -> None:
    async def answers(peer: Conversation) -> None:
        await peer.answer(b"HTTP/1.0 200 OK\r\n\r\n{}")

    server, transport = await serve(answers), await opened()
    assert (await send(transport, server.url)).body == b"{}"


@pytest.mark.parametrize("content", [b"", b"{}"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("crash", [False, True], ids=["hung up", "reset"])
async def test_a_request_is_sent_once(method: str, content: bytes, crash: bool, serve: Serve, opened: Opened) -> None:
    """Also where aiohttp by itself sends it again: on a connection that was used before."""

    async def answers_once(peer: Conversation) -> None:
        await peer.answer(b"HTTP/1.1 204 No Content\r\n\r\n")
        await peer.request()
        if crash:
            peer.reset()

    server, transport = await serve(answers_once), await opened()
    await send(transport, server.url)
    with pytest.raises(httpx.ReadError if crash else httpx.RemoteProtocolError):
        await send(transport, server.url, method, content=content)
    await turns()
    assert [received.split()[0] for received in server.requests] == [b"PUT", method.encode()]
    assert server.connections == 1


async def test_a_connection_that_the_server_ended_is_not_used(serve: Serve, opened: Opened) -> None:
    async def answers_once(peer: Conversation) -> None:
        await peer.answer()
        peer.hang_up()
        await peer.ended()

    server, transport = await serve(answers_once), await opened()
    for number in (1, 2, 3):
        assert (await send(transport, server.url)).body == b"ok"
        await turns()
        assert (server.connections, server.ended) == (number, number)


async def test_a_response_without_a_request_is_not_taken_for_one(serve: Serve, opened: Opened) -> None:
    async def speaks_unasked(peer: Conversation) -> None:
        await peer.answer()
        if server.connections == 1:
            await turns()
            await peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nno")
        await peer.answer()

    server = await serve(speaks_unasked)
    transport = await opened()
    await send(transport, server.url)
    await turns()
    await turns()
    assert (await send(transport, server.url)).status == 200
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_a_hundred_at_once_on_connections_that_are_kept(serve: Serve, opened: Opened) -> None:
    all_here = asyncio.Barrier(100)

    async def waits_for_all(peer: Conversation) -> None:
        while True:
            await peer.request()
            await all_here.wait()
            await peer.send(OK)

    server, transport = await serve(waits_for_all), await opened()
    for _ in range(2):
        await asyncio.gather(*(send(transport, server.url) for _ in range(100)))
    assert server.connections == 100


async def test_over_tls(serve: Serve, opened: Opened) -> None:
    server, transport = await serve(keeps_answering, tls=True), await opened()
    for _ in range(2):
        assert (await send(transport, server.url, content=b"{}")).body == b"ok"
    assert server.connections == 1
