"""httpx transport that calls an emulator in process, without a socket."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import httpx

from .http import Delivery, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from .http import Response


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client` and `httpx.AsyncClient` alike.

    Faults raise what httpx raises over HTTP: `ReadError` for a connection reset, `RemoteProtocolError` for a truncated
    body, and `ReadTimeout` for a response that is delayed longer than the request's read timeout. Nothing really waits.
    """

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request."""
        return self._respond(request, request.read(), threading.current_thread())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request without waiting."""
        return self._respond(request, await request.aread(), _task())

    def _respond(self, request: httpx.Request, body: bytes, caller: object) -> httpx.Response:
        path, _, query = request.url.raw_path.partition(b"?")
        response = self._handle(
            Request.of(request.method, path, query, request.headers.raw, body, request.url.scheme, caller)
        )
        timeout = request.extensions.get("timeout", {}).get("read")
        if timeout is not None and response.delay > timeout:
            raise httpx.ReadTimeout(f"the response is delayed by {response.delay:g} seconds", request=request)
        if response.delivery is Delivery.RESET:
            raise httpx.ReadError("the connection was reset", request=request)
        headers = httpx.Headers(response.headers)
        stream: httpx.ByteStream = httpx.ByteStream(response.body)
        if response.delivery is Delivery.TRUNCATED:
            stream = _Truncated(response.body)
        elif response.delivery is Delivery.EXCESS:
            stream = httpx.ByteStream(response.body[: int(headers["content-length"])])
        return httpx.Response(response.status, headers=headers, stream=stream)


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # not in an asyncio event loop
        return None


class _Truncated(httpx.ByteStream):
    """A body whose connection is closed half-way."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body[: len(body) // 2])
        self._message = f"the connection was closed after {len(body) // 2} of {len(body)} bytes"

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        raise httpx.RemoteProtocolError(self._message)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in super().__iter__():
            yield part
        raise httpx.RemoteProtocolError(self._message)
