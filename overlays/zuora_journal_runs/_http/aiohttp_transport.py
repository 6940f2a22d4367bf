"""The transport for asyncio: httpx's interface over aiohttp's connections.

httpx has one of its own, but forty requests at once take nine times as long with it. What matters most here is that a
failure shows whether the request may have been processed, and that no request is sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
from typing import TYPE_CHECKING, Any

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
"""The exceptions of aiohttp when a request fails. A TimeoutError is an OSError."""
_UNLIMITED = aiohttp.ClientTimeout()
_PIECE = 2**16
"""Bytes of a body that are sent at once."""
_UNDELAYED = 2**14
"""Bytes that a connection accepts without a wait when it has nothing else to send."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Send each request once and unchanged, and return the response unchanged: no redirect, cookie or decompression.

    After `ConnectError`, `ConnectTimeout`, `ProxyError`, `UnsupportedProtocol` and `LocalProtocolError` nothing was
    sent; after other errors the request may have been processed. One transport works for several event loops, one after
    another or at the same time. It does not limit concurrency: the rate limiter does.

    Args:
        tls: How servers and the proxy are verified.
        proxy: A proxy for https; http requests do not use it.
        keepalive: Seconds for which an idle connection is kept.
    """

    def __init__(self, *, tls: ssl.SSLContext, proxy: httpx.Proxy | None = None, keepalive: float = 30.0) -> None:
        self._tls, self._proxy, self._keepalive = tls, proxy, keepalive
        self._opened: dict[asyncio.AbstractEventLoop, _Opened] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the response as soon as its headers are there.

        Raises:
            httpx.TransportError: It failed.
            RuntimeError: The transport was closed.
        """
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise httpx.UnsupportedProtocol(f"{request.url} is not an http or https URL", request=request)
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
            # aiohttp sends PUT, DELETE and GET again when a connection is lost, though they may have been processed,
            # but only after errors of its own, which therefore do not leave this middleware. Nor do they become the
            # context of the failure, since they hold the headers.
            raise failure

        try:
            response = await session.request(
                request.method,
                _address(str(request.url)),
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
        """Give a request of aiohttp the headers of httpx and no others, and the proxy."""
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


@functools.lru_cache(maxsize=1024)
def _address(url: str) -> yarl.URL:
    """Return a URL as aiohttp takes it. A run that is waited for is polled again and again, and parsing takes time."""
    return yarl.URL(url, encoded=True)


class _Opened:
    """A session of an event loop.

    Args:
        session: The session.
        life: The generator that closes it.
    """

    __slots__ = ("life", "session")

    def __init__(self, session: aiohttp.ClientSession, life: AsyncGenerator[aiohttp.ClientSession]) -> None:
        self.session, self.life = session, life


async def _life(connector: _Connector) -> AsyncGenerator[aiohttp.ClientSession]:
    """Yield a session that is closed when the generator ends. An event loop ends its generators before itself."""
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
    """Makes and keeps connections. If it fails, nothing was sent."""

    def __init__(self, tls: ssl.SSLContext, keepalive: float) -> None:
        # aiohttp would use another resolver if one is installed; names should resolve alike in both clients.
        super().__init__(ssl=tls, limit=0, keepalive_timeout=keepalive, resolver=aiohttp.ThreadedResolver())

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        """Return a connection for a request.

        Args:
            req: The request.
            traces: Passed on to aiohttp.
            timeout: The seconds to connect, in `sock_connect`.

        Raises:
            httpx.TransportError: There is no connection.
        """
        try:
            connection = await super().connect(req, traces, timeout)
            # A server that closes an idle connection may send a message, which aiohttp would take for the response to
            # the next request.
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
        """Open a connection; lookup, proxy and handshake share the time."""
        async with asyncio.timeout(timeout.sock_connect):
            return await super()._create_connection(req, traces, _UNLIMITED)


class _Request(aiohttp.ClientRequest):
    """A request that is sent at once.

    Before Python 3.12 aiohttp sends a body in a task of its own. That is one more turn of the event loop, in which the
    requests of many tasks go out in one burst, and so come the responses: forty at once took a tenth longer.
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
    """No-op: the body is already written."""


class _Response(aiohttp.ClientResponse):
    """A response whose connection is closed at once if it is not read to its end."""

    def close(self) -> None:
        """Close the connection, unless the whole response was read and the connection was returned to the pool.

        aiohttp's own close would first send what is left to send, and over TLS wait for the server.
        """
        if self.connection is not None and self.connection.transport is not None:
            self.connection.transport.abort()
        super().close()


class _Body(aiohttp.Payload):
    """The body of a request. The connection has to accept each piece within some seconds."""

    sent = False
    """Whether the connection accepted all of it."""

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
    """The body of a response, as it arrives."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request, seconds: float | None) -> None:
        self._response, self._request, self._seconds = response, request, seconds

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        content = self._response.content
        try:
            chunk = content.read_nowait()
            if not chunk and not content.at_eof():
                # aiohttp stops its own timer when a chunk is malformed, and then waits forever.
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
    """Return the error for a failure before anything was sent."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return httpx.ProxyError(f"the proxy responded {error.status} {error.message}")
    if isinstance(error, aiohttp.ClientConnectorError):
        kind = httpx.ProxyError if isinstance(error, aiohttp.ClientProxyConnectionError) else httpx.ConnectError
        return kind(str(error.__cause__ or error))
    if isinstance(error, TimeoutError):
        return httpx.ConnectTimeout("no connection in time")
    if proxied:
        return httpx.ProxyError(f"the proxy sent no valid response: {_message(error)}")
    return httpx.ConnectError(_message(error))


def _failure_to_send(error: Exception, body: _Body | None) -> httpx.TransportError:
    """Return the error for a failure between the first byte of the request and the last of the response's headers."""
    if body is not None and not body.sent and isinstance(error, OSError):
        if isinstance(error, TimeoutError):
            return httpx.WriteTimeout("the request was not accepted in time")
        return httpx.WriteError(_message(error))
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return _failure_to_read(error)
    return httpx.LocalProtocolError(f"the request cannot be sent: {error}")


def _failure_to_read(error: Exception) -> httpx.TransportError:
    """Return the error for a failure to receive a response."""
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout("nothing was received in time")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return httpx.RemoteProtocolError("the server closed the connection without a response")
    if isinstance(error, aiohttp.ClientPayloadError):
        return httpx.RemoteProtocolError("the response was cut off")
    if isinstance(error, OSError):
        return httpx.ReadError(_message(error))
    return httpx.RemoteProtocolError(_message(error))


def _message(error: Exception) -> str:
    """Return the message of an aiohttp error, without the headers and addresses that it may hold."""
    if isinstance(error, (aiohttp.ClientResponseError, HttpProcessingError)):
        return error.message.partition("\n")[0].rstrip(":")
    return str(error) or type(error).__name__


def _proxy_headers(proxy: httpx.Proxy) -> dict[str, str]:
    if proxy.raw_auth is None:
        return {}
    return {"Proxy-Authorization": f"Basic {base64.b64encode(b':'.join(proxy.raw_auth)).decode()}"}
