"""Fixtures for the tests of the transports."""

from __future__ import annotations

import ssl
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import trustme

from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport

from .server import Script, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path


class Authority(NamedTuple):
    """Who says that the server is who it is."""

    server: ssl.SSLContext
    """The server's side."""
    client: ssl.SSLContext
    """The side of a client that trusts the authority."""
    file: str
    """The authority's certificate."""


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made, folder = trustme.CA(), tmp_path_factory.mktemp("authority")
    file: Path = folder / "authority.pem"
    made.cert_pem.write_to_path(str(file))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("127.0.0.1").configure_cert(server)
    return Authority(server, ssl.create_default_context(cafile=str(file)), str(file))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


@pytest.fixture
def serve(stack: AsyncExitStack, authority: Authority) -> Callable[..., Awaitable[Server]]:
    """Starts a server; and one with TLS if `tls=True`."""

    async def start(script: Script, *, tls: bool = False) -> Server:
        return await stack.enter_async_context(Server(script, authority.server if tls else None))

    return start


@pytest.fixture
def opened(stack: AsyncExitStack, authority: Authority) -> Callable[..., Awaitable[AiohttpTransport]]:
    """Opens a transport that trusts the authority."""

    async def make(**arguments: Any) -> AiohttpTransport:
        return await stack.enter_async_context(AiohttpTransport(**{"tls": authority.client, **arguments}))

    return make
