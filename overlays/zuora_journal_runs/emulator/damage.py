"""What faults make of an answer."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from . import wire
from .wire import Ending, Response

if TYPE_CHECKING:
    from .faults import Kind

UNKNOWN_VALUE = "Archived"
"""What no document knows as the status of a run or an entry."""

_IN_CHECKSUM = -6
"""A byte of the checksum at the end of what is compressed, which leaves all of it to be read before it shows."""
_CATEGORY = {400: 20, 401: 11, 403: 10, 404: 40, 405: 45, 406: 45, 409: 50, 415: 45, 429: 70}


def category(status: int) -> int:
    """The category of Zuora's that goes with an HTTP status."""
    return _CATEGORY.get(status, 60 if status >= 500 else 20)


def gateway_page(status: int) -> Response:
    """What a gateway before the API says when it has no answer of the API."""
    body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>\r\n".encode()
    return Response(status, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))], body)


def damaged_body(kind: Kind, body: bytes) -> bytes:
    """The JSON of an answer with something in it that should not be, or without something that should."""
    match kind:
        case "broken-json":
            return body[: len(body) // 2]
        case "no-success":
            answer = json.loads(body)
            answer.pop("success", None)
            return wire.write_json(answer)
        case "unknown-value":
            answer = json.loads(body)
            for each in (answer, *answer.get("journalEntries", ())):
                if "status" in each:
                    each["status"] = UNKNOWN_VALUE
            return wire.write_json(answer)
        case _:
            return body


def damaged(kind: Kind, response: Response) -> Response:
    """An answer with something wrong about how it is sent."""
    match kind:
        case "truncated":
            return replace(response, ending=Ending.CUT)
        case "wrong-length":
            length = (b"content-length", b"%d" % (len(response.body) // 2))
            return replace(response, headers=[*_without(response, b"content-length"), length], ending=Ending.MORE)
        case "not-gzip" | "bad-gzip":
            return _badly_compressed(kind, response)
        case _:
            return response


def _badly_compressed(kind: Kind, response: Response) -> Response:
    compressed = (b"content-encoding", b"gzip") in response.headers
    body = gzip.decompress(response.body) if compressed else response.body
    if kind == "bad-gzip":
        packed = bytearray(wire.compress(body))
        packed[_IN_CHECKSUM] ^= 0xFF
        body = bytes(packed)
    headers = _without(response, b"content-encoding", b"content-length")
    headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(body))]
    return replace(response, headers=headers, body=body)


def _without(response: Response, *names: bytes) -> list[tuple[bytes, bytes]]:
    return [header for header in response.headers if header[0] not in names]
