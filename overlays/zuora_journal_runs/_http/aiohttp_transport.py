"""The transport for asyncio: httpx's interface over aiohttp's connections.

httpx has one of its own, but forty requests at once take nine times as long with it. What matters most here is that a
failure tells whether the request may have been acted upon, and that no request is sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx
import yarl
from aiohttp.http_exceptions import HttpProcessingError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Coroutine

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)
"""What aiohttp raises when a request fails. A TimeoutError is an OSError."""
_UNLIMITED = aiohttp.ClientTimeout()
_PIECE = 2**16
"""Bytes of a body to be sent at once."""
_UNDELAYED = 2**14
"""Bytes that a connection takes without a wait when it has nothing else to send."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends each request once and as it is, and gives the answer as it came: no redirect, cookie or decompression.

    The errors mean what they say: after `ConnectError`, `ConnectTimeout`, `ProxyError`,
    `UnsupportedProtocol` and `LocalProtocolError` nothing was sent; after the others the request may have been acted
    upon. One transport serves event loops one after another, or at the same time. Who sends keeps the number of
    requests at once within bounds; it is not limited here.

    Args:
        tls: How servers and the proxy are verified.
        proxy: A proxy for https; http goes past it.
        keepalive: Seconds for which an idle connection is kept.
    """

    def __init__(self, *, tls: ssl.SSLContext, proxy: httpx.Proxy | None = None, keepalive: float = 30.0) -> None:
        self._tls, self._proxy, self._keepalive = tls, proxy, keepalive
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and give its answer as soon as the headers are there.

        Raises:
            httpx.TransportError: it failed.
            RuntimeError: the transport was closed.
        """
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise httpx.UnsupportedProtocol(f"{request.url} is no address of http or https", request=request)
        opened = self._opened.get(asyncio.get_running_loop())
        session = await self._session() if opened is None else opened.session
        timeouts = request.extensions.get("timeout", {})
        body = _Body(request.content, timeouts.get("write")) if request.content else None

        async def send(outgoing: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
            self._prepare(outgoing, request)
            try:
                return await handler(outgoing)
            except _FAILURES as error:
                failure = _failure_to_send(error, body)
            # aiohttp sends PUT, DELETE and GET again when a connection is lost, though they may have been acted upon;
            # but only for errors of its own, so none gets past this middleware. Nor does its context, for those
            # errors hold the headers.
            raise failure

        try:
            response = await session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=timeouts.get("connect"), sock_read=timeouts.get("read")),
                middlewares=(send,),
            )
        except _FAILURES as error:
            failure: httpx.TransportError = httpx.LocalProtocolError(f"the request cannot be sent: {error}")
        except httpx.TransportError as error:
            failure = error
        else:
            reason = (response.reason or "").encode(errors="surrogateescape")
            return httpx.Response(
                response.status,
                headers=response.raw_headers,
                stream=_Stream(response, request, timeouts.get("read")),
                extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
            )
        failure.request = request
        raise failure

    async def aclose(self) -> None:
        """Close the connections of this event loop. Those of another are closed when that one ends."""
        self._closed = True
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.life.aclose()

    def _prepare(self, outgoing: aiohttp.ClientRequest, request: httpx.Request) -> None:
        """Give a request of aiohttp's the headers of httpx's and no others, and the proxy."""
        headers = [(name.decode("ascii"), value.decode()) for name, value in request.headers.raw]
        outgoing.headers.clear()
        outgoing.headers.extend(headers)
        if self._proxy is not None and outgoing.is_ssl():
            outgoing.update_proxy(yarl.URL(str(self._proxy.url)), None, _proxy_headers(self._proxy))

    async def _session(self) -> aiohttp.ClientSession:
        """Open the session of this event loop."""
        if self._closed:
            raise RuntimeError("the client has been closed")
        for ended in [other for other in self._opened if other.is_closed()]:
            del self._opened[ended]
        life = _life(_Connector(self._tls, self._keepalive))
        session = await anext(life)
        self._opened[asyncio.get_running_loop()] = _Opened(session, life)
        return session


class _Opened(NamedTuple):
    """What is open in an event loop."""

    session: aiohttp.ClientSession
    life: AsyncGenerator[aiohttp.ClientSession]


async def _life(connector: _Connector) -> AsyncGenerator[aiohttp.ClientSession]:
    """A session, closed at the end of this generator; and an event loop ends the generators in it before it ends."""
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        request_class=_Request,
        response_class=_Response,
    ) as session:
        yield session


class _Connector(aiohttp.TCPConnector):
    """Makes and keeps connections. What fails here fails before anything was sent."""

    def __init__(self, tls: ssl.SSLContext, keepalive: float) -> None:
        # aiohttp would take another resolver if it found one; names should mean the same to both clients.
        super().__init__(ssl=tls, limit=0, keepalive_timeout=keepalive, resolver=aiohttp.ThreadedResolver())

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """A connection for a request.

        Args:
            req: The request.
            traces: aiohttp's own business.
            timeout: In `sock_connect` the seconds to make one.

        Raises:
            httpx.TransportError: there is none to be had.
        """
        try:
            connection = await super().connect(req, traces, timeout)
            # A server that gives up on an idle connection may say so, and aiohttp would take what it says for the
            # answer to the next request.
            while connection.protocol is not None and connection.protocol.should_close:
                connection.close()
                connection = await super().connect(req, traces, timeout)
        except _FAILURES as error:
            failure = _failure_to_connect(error, proxied=req.proxy is not None)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self.closed or task is None or task.cancelling():
                raise
            failure = httpx.ConnectError("the client was closed")
        else:
            return connection
        raise failure

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        """A new connection, in which name, proxy and handshake share the time."""
        async with asyncio.timeout(timeout.sock_connect):
            return await super()._create_connection(req, traces, _UNLIMITED)


class _Request(aiohttp.ClientRequest):
    """A request that goes out at once.

    Before Python 3.12 aiohttp leaves a body to a task of its own. That is one more turn of the event loop, in which the
    requests of many tasks go out in one burst, so that their answers come in one: forty at once took a tenth longer.
    """

    def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> Coroutine[Any, Any, None]:
        writing = super().write_bytes(writer, conn, content_length)
        if not isinstance(self._body, _Body) or self._body.size > _UNDELAYED:
            return writing
        with contextlib.suppress(StopIteration):
            writing.send(None)
        return _nothing()


async def _nothing() -> None:
    """What is left to do."""


class _Response(aiohttp.ClientResponse):
    """An answer whose connection ends at once when it is not read to its end."""

    def close(self) -> None:
        """End the connection, unless the whole answer came and it was given back.

        A mere close would first send what is left to send, and over TLS wait for the server.
        """
        if self.connection is not None and self.connection.transport is not None:
            self.connection.transport.abort()
        super().close()


class _Body(aiohttp.Payload):
    """The body of a request, each piece of which is to be taken within some seconds."""

    sent = False
    """Whether the connection took all of it."""

    def __init__(self, content: bytes, seconds: float | None) -> None:
        super().__init__(content)
        self._content, self._seconds = content, seconds

    @property
    def size(self) -> int:
        return len(self._content)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._content.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        if len(self._content) <= _UNDELAYED:
            await writer.write(self._content)
        else:
            for start in range(0, len(self._content), _PIECE):
                async with asyncio.timeout(self._seconds):
                    await writer.write(self._content[start : start + _PIECE])
        self.sent = True


class _Stream(httpx.AsyncByteStream):
    """The body of an answer, as it comes."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request, seconds: float | None) -> None:
        self._response, self._request, self._seconds = response, request, seconds

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        content = self._response.content
        try:
            chunk = content.read_nowait()
            if not chunk and not content.at_eof():
                # aiohttp stops its own clock when a chunk is malformed, and then waits for ever.
                async with asyncio.timeout(self._seconds):
                    chunk = await content.readany()
        except _FAILURES as error:
            failure = _failure_to_read(error)
        else:
            if not chunk:
                raise StopAsyncIteration
            return chunk
        failure.request = self._request
        raise failure

    async def aclose(self) -> None:
        self._response.close()


def _failure_to_connect(error: Exception, *, proxied: bool) -> httpx.TransportError:
    """The error for a failure before anything was sent."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return httpx.ProxyError(f"the proxy answered {error.status} {error.message}")
    if isinstance(error, aiohttp.ClientConnectorError):
        kind = httpx.ProxyError if isinstance(error, aiohttp.ClientProxyConnectionError) else httpx.ConnectError
        return kind(str(error.__cause__ or error))
    if isinstance(error, TimeoutError):
        return httpx.ConnectTimeout("no connection in time")
    if proxied:
        return httpx.ProxyError(f"the proxy gave no proper answer: {_said(error)}")
    return httpx.ConnectError(_said(error))


def _failure_to_send(error: Exception, body: _Body | None) -> httpx.TransportError:
    """The error for a failure from the first byte of the request to the last of the answer's headers."""
    if body is not None and not body.sent and isinstance(error, OSError):
        if isinstance(error, TimeoutError):
            return httpx.WriteTimeout("the request was not taken in time")
        return httpx.WriteError(_said(error))
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return _failure_to_read(error)
    return httpx.LocalProtocolError(f"the request cannot be sent: {error}")


def _failure_to_read(error: Exception) -> httpx.TransportError:
    """The error for a failure to receive an answer."""
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout("nothing was received in time")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return httpx.RemoteProtocolError("the server closed the connection without an answer")
    if isinstance(error, aiohttp.ClientPayloadError):
        return httpx.RemoteProtocolError("the answer was cut off")
    if isinstance(error, OSError):
        return httpx.ReadError(_said(error))
    return httpx.RemoteProtocolError(_said(error))


def _said(error: Exception) -> str:
    """What an error of aiohttp's says, without the headers and addresses that it may hold."""
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return error.message.partition("\n")[0].rstrip(":")
    return str(error) or type(error).__name__


def _proxy_headers(proxy: httpx.Proxy) -> dict[str, str]:
    if proxy.raw_auth is None:
        return {}
    return {"Proxy-Authorization": f"Basic {base64.b64encode(b':'.join(proxy.raw_auth)).decode()}"}
