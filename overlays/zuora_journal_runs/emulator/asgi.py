"""The emulator as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .wire import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from .wire import Response

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def asgi_app(handle: Callable[[Request], Response], largest_body: int) -> ASGIApp:
    """Wrap `handle`. Of a larger body no more than one byte too many is handed on, and the rest is not read."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body, more = b"", True
        while more and len(body) <= largest_body:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        query = scope.get("query_string", b"")
        request = Request.of(
            scope["method"], path, query, scope["headers"], body[: largest_body + 1], scope.get("scheme", "http")
        )
        response = handle(request)
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
