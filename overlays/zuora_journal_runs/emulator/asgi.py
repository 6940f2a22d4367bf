"""The emulator as an ASGI application."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
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


TRANSPORT = "zuora_emulator.transport"
"""The scope key under which `server.py` passes the asyncio transport, for effects that ASGI has no message for."""


def asgi_app(handle: Callable[[Request], Response], max_body_size: int) -> ASGIApp:
    """Make an ASGI application of `handle`.

    A body that is too large is not read to its end; one byte more than allowed is passed on. With a server other than
    `server.py`, faults that break the connection raise ConnectionResetError.
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
            await _break_connection(response, scope.get(TRANSPORT), receive)
            return
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


async def _break_connection(response: Response, transport: asyncio.Transport | None, receive: Receive) -> None:
    if transport is None:
        raise ConnectionResetError(f"fault: the response {response.delivery.value}")
    if response.delivery is Delivery.RESET:
        # Closing a connection with a linger time of zero resets it.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
        transport.abort()
    else:
        body = response.body[: len(response.body) // 2] if response.delivery is Delivery.TRUNCATED else response.body
        head = b"".join(b"%s: %s\r\n" % header for header in response.headers)
        transport.write(b"HTTP/1.1 %d \r\n%s\r\n%s" % (response.status, head, body))
        transport.close()
    await _disconnected(receive)


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
