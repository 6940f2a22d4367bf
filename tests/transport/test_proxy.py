"""The proxy for https: what it is told, what the server is told, and what goes wrong with it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from zuora_journal_runs._http import transports
from zuora_journal_runs._http.response import connection_error
from zuora_journal_runs.errors import CallInfo, InvalidArgumentError

from .sending import BASIC, PASSWORD, TOKEN, send, tells_no_secret
from .server import keeps_answering, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport

    from .server import Conversation, Script, Server

    Serve = Callable[..., Awaitable[Server]]
    Opened = Callable[..., Awaitable[AiohttpTransport]]


def proxy_at(server: Server) -> httpx.Proxy:
    return httpx.Proxy(f"http://close:{PASSWORD}@127.0.0.1:{server.port}")


async def tunnels(peer: Conversation) -> None:
    target = (await peer.request()).split()[1].decode()
    host, port = target.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    await peer.send(b"HTTP/1.1 200 Connected\r\n\r\n")

    async def back() -> None:
        while data := await reader.read(2**16):
            await peer.send(data)

    backwards = asyncio.create_task(back())
    try:
        with contextlib.suppress(ConnectionError):
            while data := await peer.reader.read(2**16):
                writer.write(data)
    finally:
        writer.close()
        await asyncio.gather(backwards, return_exceptions=True)


async def test_https_goes_through_the_proxy(serve: Serve, opened: Opened) -> None:
    server, proxy = await serve(keeps_answering, tls=True), await serve(tunnels)
    transport = await opened(proxy=proxy_at(proxy))
    for _ in range(2):
        assert (await send(transport, server.url, content=b"{}")).body == b"ok"
    assert proxy.connections == 1
    assert proxy.requests[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert f"Proxy-Authorization: Basic {BASIC}\r\n".encode() in proxy.requests[0]
    assert TOKEN.encode() not in proxy.requests[0]
    assert not any(b"roxy" in received for received in server.requests)


async def test_a_proxy_may_need_no_password(serve: Serve, opened: Opened) -> None:
    server, proxy = await serve(keeps_answering, tls=True), await serve(tunnels)
    transport = await opened(proxy=httpx.Proxy(f"http://127.0.0.1:{proxy.port}"))
    assert (await send(transport, server.url)).body == b"ok"
    assert b"Proxy-Authorization" not in proxy.requests[0]


async def test_http_goes_past_the_proxy(serve: Serve, opened: Opened) -> None:
    server, proxy = await serve(keeps_answering), await serve(tunnels)
    transport = await opened(proxy=proxy_at(proxy))
    assert (await send(transport, server.url)).body == b"ok"
    assert proxy.connections == 0


def answers(data: bytes) -> Script:
    async def script(peer: Conversation) -> None:
        await peer.answer(data)

    return script


async def resets(peer: Conversation) -> None:
    await peer.request()
    peer.reset()


FAILURES: dict[str, Script] = {
    "no password": answers(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
    "no way": answers(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    "not HTTP": answers(b"no\r\n\r\n"),
    "hung up": answers(b""),
    "reset": resets,
}


@pytest.mark.parametrize("name", FAILURES)
async def test_nothing_was_sent_if_the_proxy_fails(name: str, serve: Serve, opened: Opened) -> None:
    server, proxy = await serve(keeps_answering, tls=True), await serve(FAILURES[name])
    transport = await opened(proxy=proxy_at(proxy))
    for _ in range(2):
        with pytest.raises(httpx.ProxyError) as caught:
            await send(transport, server.url)
        assert not connection_error(caught.value, "here", CallInfo()).maybe_processed
        assert str(caught.value)
        assert tells_no_secret(caught.value)
    assert server.connections == 0


async def test_nothing_was_sent_if_there_is_no_proxy(opened: Opened) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        transport = await opened(proxy=httpx.Proxy(f"http://close:{PASSWORD}@127.0.0.1:{bound.getsockname()[1]}"))
        with pytest.raises(httpx.ProxyError) as caught:
            await send(transport, "https://127.0.0.1/")
    assert tells_no_secret(caught.value)


async def test_nothing_was_sent_if_the_proxy_is_late(serve: Serve, opened: Opened) -> None:
    async def waits(peer: Conversation) -> None:
        await peer.ended()

    proxy = await serve(waits)
    with pytest.raises(httpx.ConnectTimeout):
        await send(await opened(proxy=proxy_at(proxy)), "https://127.0.0.1/", timeouts={"connect": 0.02})
    await turns()
    assert proxy.ended == 1


REST = httpx.URL("https://rest.zuora.com")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)

    def say(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return say


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "https://proxy"}, "https://proxy"),
        ({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "zuora.com"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "rest.zuora.com:8443"}, "http://proxy:3128"),
        ({}, None),
    ],
)
def test_the_environment_names_the_proxy(
    variables: dict[str, str], expected: str | None, environment: Callable[..., None]
) -> None:
    environment(**variables)
    proxy = transports.proxy_for(REST)
    assert (None if proxy is None else str(proxy.url)) == expected


def test_no_proxy_may_name_a_port(environment: Callable[..., None]) -> None:
    environment(HTTPS_PROXY="http://proxy:3128", NO_PROXY="rest.zuora.com:8443")
    assert transports.proxy_for(httpx.URL("https://rest.zuora.com:8443")) is None


def test_loopback_over_http_needs_no_proxy(environment: Callable[..., None]) -> None:
    environment(HTTP_PROXY="http://proxy:3128", ALL_PROXY="http://proxy:3128")
    assert transports.proxy_for(httpx.URL("http://127.0.0.1:8080")) is None


@pytest.mark.parametrize("make", [transports.default_transport, transports.default_async_transport])
@pytest.mark.parametrize(
    "address", ["socks5://u:pw@proxy:1080", "ftp://u:pw@proxy", "http://u:pw@proxy:port", "http://", ":1"]
)
def test_a_proxy_that_cannot_be_used_is_refused(
    address: str, make: Callable[[httpx.URL], object], environment: Callable[..., None]
) -> None:
    environment(HTTPS_PROXY=address)
    with pytest.raises(InvalidArgumentError, match="HTTPS_PROXY") as caught:
        make(REST)
    assert "pw" not in str(caught.value)
