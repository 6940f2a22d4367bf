"""The emulator behind httpx, without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .wire import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from .wire import Response


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client` and `httpx.AsyncClient` alike."""

    def __init__(self, handle: Callable[[Request], Response]) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, at once."""
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = request.url.raw_path.partition(b"?")
        response = self._handle(Request.of(request.method, path, query, request.headers.raw, body, request.url.scheme))
        return httpx.Response(response.status, headers=response.headers, stream=httpx.ByteStream(response.body))
