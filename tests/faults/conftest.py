"""Servers and clients for the tests of faults."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from zuora_journal_runs._http import body as body_module
from zuora_journal_runs._http import transports

from .clients import KINDS
from .server import Background, Certificates, Server
from .trial import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    background = Background()
    yield background
    background.close()


@pytest.fixture
def serve(background: Background) -> Iterator[Callable[..., Server]]:
    """Starts servers, which are closed in the end."""
    servers: list[Server] = []

    def start(**arguments: Any) -> Server:
        servers.append(Server(background, **arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificates, Path]:
    """Certificates for servers, and the file that makes clients trust one of them."""
    contexts = []
    known = trustme.CA()
    for issuer in (known, trustme.CA()):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        contexts.append(context)
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    known.cert_pem.write_to_path(str(path))
    return Certificates(*contexts), path


@pytest.fixture
def certificates(authority: tuple[Certificates, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Certificates]:
    """Certificates of which clients trust one."""
    found, path = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    transports.tls_context.cache_clear()
    yield found
    transports.tls_context.cache_clear()


@pytest.fixture
def world(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    genuine = socket.getaddrinfo

    def name(server: Server) -> str:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in ("localhost", b"localhost"):
                return genuine(host, *args, **kwargs)
            if server.outage == "unresolved":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return genuine("127.0.0.1", *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        server.service.origin = server.url.replace("127.0.0.1", "localhost")
        return server.service.origin

    # As large as an answer may be; the bound itself is shown elsewhere.
    monkeypatch.setattr(body_module, "LARGEST", 2**21)
    return World(serve, name, lambda: request.getfixturevalue("certificates"))


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Callable[[], None]:
    """Counts a test as a cell."""
    return lambda: record_property("cell", "operations x faults")
