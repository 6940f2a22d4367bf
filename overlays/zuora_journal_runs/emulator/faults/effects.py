"""What faults make of an answer."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from zuora_journal_runs.emulator import http
from zuora_journal_runs.emulator.http import Delivery, Response

if TYPE_CHECKING:
    from .fault import FaultKind

UNKNOWN_VALUE = "Archived"
"""What no document knows as the status of a run or an entry."""

_IN_CHECKSUM = -6
"""A byte of the checksum at the end of what is compressed, which leaves all of it to be read before it shows."""
_CATEGORY = {400: 20, 401: 11, 403: 10, 404: 40, 405: 45, 406: 45, 409: 50, 415: 45, 429: 70}


def category_of(status: int) -> int:
    """The category of Zuora's that goes with an HTTP status."""
    return _CATEGORY.get(status, 60 if status >= 500 else 20)


def gateway_page(status: int) -> Response:
    """What a gateway before the API says when it has no answer of the API."""
    body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>\r\n".encode()
    return Response(status, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))], body)


def apply_to_body(kind: FaultKind, body: bytes) -> bytes:
    """The JSON of an answer with something in it that should not be, or without something that should."""
    match kind:
        case "broken-json":
            return body[: len(body) // 2]
        case "no-success":
            answer = json.loads(body)
            answer.pop("success", None)
            return http.write_json(answer)
        case "unknown-value":
            answer = json.loads(body)
            for each in (answer, *answer.get("journalEntries", ())):
                if "status" in each:
                    each["status"] = UNKNOWN_VALUE
            return http.write_json(answer)
        case _:
            return body


def apply_to_response(kind: FaultKind, response: Response) -> Response:
    """An answer with something wrong about how it is sent."""
    match kind:
        case "truncated":
            return replace(response, delivery=Delivery.TRUNCATED)
        case "wrong-length":
            length = (b"content-length", b"%d" % (len(response.body) // 2))
            return replace(response, headers=[*_without(response, b"content-length"), length], delivery=Delivery.EXCESS)
        case "not-gzip" | "bad-gzip":
            return _badly_compressed(kind, response)
        case _:
            return response


def _badly_compressed(kind: FaultKind, response: Response) -> Response:
    compressed = (b"content-encoding", b"gzip") in response.headers
    body = gzip.decompress(response.body) if compressed else response.body
    if kind == "bad-gzip":
        packed = bytearray(http.compress(body))
        packed[_IN_CHECKSUM] ^= 0xFF
        body = bytes(packed)
    headers = _without(response, b"content-encoding", b"content-length")
    headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(body))]
    return replace(response, headers=headers, body=body)


def _without(response: Response, *names: bytes) -> list[tuple[bytes, bytes]]:
    return [header for header in response.headers if header[0] not in names]
