"""Connections live as long as they should: event loops come and go, tasks are cancelled, transports are closed."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from zuora_journal_runs._http import transports
from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport

from .sending import send
from .server import in_a_thread, keeps_answering, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .conftest import Authority
    from .server import Conversation, Script, Server

    Serve = Callable[..., Awaitable[Server]]
    Opened = Callable[..., Awaitable[AiohttpTransport]]

BIG = b"x" * 16_000_000


async def answers_until_the_end(peer: Conversation) -> None:
    await peer.answer()
    await peer.answer()
    await peer.ended()


def make() -> AiohttpTransport:
    return AiohttpTransport(tls=httpx.create_ssl_context(verify=False))


def test_one_event_loop_after_another() -> None:
    async def main() -> None:
        for _ in range(2):
            assert (await send(transport, server.url)).body == b"ok"

    with in_a_thread(answers_until_the_end) as server:
        transport = make()
        for number in (1, 2, 3):
            asyncio.run(main())
            gc.collect()
            assert server.connections == number
        asyncio.run(transport.aclose())
        gc.collect()
        server.wait_until(lambda: server.ended == 3)


def test_two_event_loops_at_once() -> None:
    both = threading.Barrier(2)

    async def main() -> None:
        await send(transport, server.url)
        await asyncio.to_thread(both.wait)
        await send(transport, server.url)

    with in_a_thread(answers_until_the_end) as server:
        transport = make()
        other = threading.Thread(target=asyncio.run, args=(main(),))
        other.start()
        asyncio.run(main())
        other.join()
        assert server.connections == 2
        assert len(server.requests) == 4
        server.wait_until(lambda: server.ended == 2)


def test_a_transport_that_is_forgotten_ends_its_connections() -> None:
    async def main() -> None:
        await send(make(), server.url)
        gc.collect()
        await asyncio.to_thread(server.wait_until, lambda: server.ended == 1)

    async def ends(peer: Conversation) -> None:
        await peer.answer()
        await peer.ended()

    with in_a_thread(ends) as server:
        asyncio.run(main())
        gc.collect()


async def test_a_closed_transport_sends_nothing(serve: Serve) -> None:
    server, transport = await serve(answers_until_the_end), make()
    await send(transport, server.url)
    for _ in range(2):
        await transport.aclose()
        await turns()
        assert server.connections == 1
        with pytest.raises(RuntimeError, match="closed"):
            await send(transport, server.url)


async def test_a_transport_that_was_not_used_can_be_closed() -> None:
    await make().aclose()


async def test_closing_fails_what_is_in_progress(serve: Serve, opened: Opened) -> None:
    async def is_silent(peer: Conversation) -> None:
        await peer.request()
        await peer.ended()

    server, transport = await serve(is_silent), await opened()
    calls = [asyncio.create_task(send(transport, server.url)) for _ in range(3)]
    while len(server.requests) < 3:
        await turns()
    await transport.aclose()
    for failure in await asyncio.gather(*calls, return_exceptions=True):
        assert type(failure) is httpx.RemoteProtocolError
    await turns()
    assert server.ended == 3


@pytest.mark.parametrize("cancelled", [False, True])
async def test_closing_fails_what_is_to_be_connected(
    cancelled: bool, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()

    async def knows_later(*_: object, **__: object) -> None:
        looking.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", knows_later)
    transport = await opened()
    call = asyncio.create_task(send(transport, "https://rest.zuora.example/"))
    await looking.wait()
    await turns()
    if cancelled:
        call.cancel()
    await transport.aclose()
    with pytest.raises(asyncio.CancelledError if cancelled else httpx.ConnectError):
        await call


async def begins_an_answer(peer: Conversation) -> None:
    await peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
    await peer.ended()


async def is_silent(peer: Conversation) -> None:
    await peer.request()
    await peer.ended()


async def shakes_no_hands(peer: Conversation) -> None:
    await peer.reader.readexactly(1)
    peer.server.requests.append(b"")
    await peer.ended()


CANCELLED: dict[str, tuple[Script, bool, str]] = {
    "before the answer": (is_silent, False, "http:"),
    "before the answer over TLS": (is_silent, True, "https:"),
    "in the answer": (begins_an_answer, False, "http:"),
    "in the answer over TLS": (begins_an_answer, True, "https:"),
    "in the handshake": (shakes_no_hands, False, "https:"),
}


@pytest.mark.parametrize("name", CANCELLED)
async def test_cancelling_a_task_ends_its_connection(name: str, serve: Serve, opened: Opened) -> None:
    script, tls, scheme = CANCELLED[name]
    server, transport = await serve(script, tls=tls), await opened()
    for number in (1, 2):
        call = asyncio.create_task(send(transport, f"{scheme}//127.0.0.1:{server.port}/", content=b"{}"))
        while len(server.requests) < number:
            await turns()
        await turns()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await turns()
        assert server.ended == number


def test_cancelling_a_task_does_not_wait_for_what_is_left_to_send() -> None:
    begun, cancelled = threading.Event(), threading.Event()

    async def receives_no_more(peer: Conversation) -> None:
        await peer.reader.readexactly(1)
        begun.set()
        await asyncio.to_thread(cancelled.wait)

    async def main() -> None:
        async with make() as transport:
            call = asyncio.create_task(send(transport, server.url, content=BIG))
            await asyncio.to_thread(begun.wait)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    with in_a_thread(receives_no_more) as server:
        # A connection that outlives its event loop is told of by a warning.
        asyncio.run(main())
        gc.collect()
        cancelled.set()


async def test_a_response_may_be_left_unread(serve: Serve, opened: Opened) -> None:
    server, transport = await serve(begins_an_answer), await opened()
    for number in (1, 2):
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await response.aclose()
        await turns()
        assert (server.connections, server.ended) == (number, number)


def test_only_the_asynchronous_client_imports_aiohttp() -> None:
    code = """if True:
        import sys
        from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient
        JournalRunsClient("http://127.0.0.1:1", token="t").close()
        print("aiohttp" in sys.modules)
        AsyncJournalRunsClient("http://127.0.0.1:1", token="t")
        print("aiohttp" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["False", "True"], "")


@pytest.fixture
def trusting(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(transports, "tls_context", transports.tls_context.__wrapped__)


@pytest.mark.usefixtures("trusting")
async def test_both_defaults_verify_the_server(serve: Serve) -> None:
    server = await serve(keeps_answering, tls=True)
    async with transports.default_async_transport(httpx.URL(server.url)) as transport:
        assert (await send(transport, server.url)).body == b"ok"
    with httpx.Client(transport=transports.default_transport(httpx.URL(server.url))) as client:
        assert (await asyncio.to_thread(client.get, server.url)).text == "ok"


@pytest.mark.usefixtures("trusting")
async def test_the_defaults_for_http_trust_nobody(serve: Serve) -> None:
    server = await serve(keeps_answering, tls=True)
    plain = httpx.URL("http://127.0.0.1")
    async with transports.default_async_transport(plain) as transport:
        with pytest.raises(httpx.ConnectError, match="verify failed"):
            await send(transport, server.url)
    with (
        httpx.Client(transport=transports.default_transport(plain)) as client,
        pytest.raises(httpx.ConnectError, match="verify failed"),
    ):
        await asyncio.to_thread(client.get, server.url)
    assert server.requests == []


def test_certificates_are_read_once() -> None:
    assert transports.tls_context() is transports.tls_context()
