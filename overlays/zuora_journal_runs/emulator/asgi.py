"""The emulator as an ASGI application."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .http import Delivery, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from .http import Response

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


def asgi_app(handle: Callable[[Request], Response], max_body_size: int) -> ASGIApp:
    """Make an ASGI application of `handle`.

    A body that is too large is not read to its end; one byte more than allowed is passed on. ASGI has no message for
    faults that break the connection: they raise ConnectionResetError.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body, more = b"", True
        while more and len(body) <= max_body_size:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        path = scope.get("raw_path") or quote(scope["path"]).encode()
        query = scope.get("query_string", b"")
        request = Request.of(
            scope["method"],
            path,
            query,
            scope["headers"],
            body[: max_body_size + 1],
            scope.get("scheme", "http"),
            scope.get("client"),
        )
        response = handle(request)
        if response.real_delay and await _disconnects(receive, response.real_delay):
            return
        if response.delivery is not Delivery.COMPLETE:
            raise ConnectionResetError(f"fault: the response {response.delivery.value}")
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

    return app


async def _disconnects(receive: Receive, within: float) -> bool:
    """Wait at most `within` seconds; return whether the caller disconnected."""
    try:
        async with asyncio.timeout(within):
            await _disconnected(receive)
    except TimeoutError:
        return False
    return True


async def _disconnected(receive: Receive) -> None:
    # The rest of a body that was too large comes first.
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
