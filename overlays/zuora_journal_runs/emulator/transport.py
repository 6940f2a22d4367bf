"""The emulator behind httpx, without a socket."""

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

    A fault is raised as httpx raises it over HTTP: `ReadError` for a connection that is reset,
    `RemoteProtocolError` for a body that is cut off, and `ReadTimeout` for an answer that comes later than the
    request's read timeout allows. Nothing waits.
    """

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        return self._answer(request, request.read(), threading.current_thread())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, at once."""
        return self._answer(request, await request.aread(), _task())

    def _answer(self, request: httpx.Request, body: bytes, caller: object) -> httpx.Response:
        path, _, query = request.url.raw_path.partition(b"?")
        response = self._handle(
            Request.of(request.method, path, query, request.headers.raw, body, request.url.scheme, caller)
        )
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and response.delay > patience:
            raise httpx.ReadTimeout(f"the answer comes after {response.delay:g} seconds", request=request)
        if response.delivery is Delivery.RESET:
            raise httpx.ReadError("the connection was reset", request=request)
        headers = httpx.Headers(response.headers)
        stream: httpx.ByteStream = httpx.ByteStream(response.body)
        if response.delivery is Delivery.TRUNCATED:
            stream = _CutOff(response.body)
        elif response.delivery is Delivery.EXCESS:
            stream = httpx.ByteStream(response.body[: int(headers["content-length"])])
        return httpx.Response(response.status, headers=headers, stream=stream)


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # another kind of event loop
        return None


class _CutOff(httpx.ByteStream):
    """Half of a body, and then the end of the connection."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body[: len(body) // 2])
        self._missing = f"the connection was closed after {len(body) // 2} of {len(body)} bytes"

    def __iter__(self) -> Iterator[bytes]:
        yield from super().__iter__()
        raise httpx.RemoteProtocolError(self._missing)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in super().__iter__():
            yield part
        raise httpx.RemoteProtocolError(self._missing)
