"""What faults do to responses."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from zuora_journal_runs.emulator.http import Delivery, Response, compress, to_json

if TYPE_CHECKING:
    from .kinds import FaultKind

UNDOCUMENTED_STATUS = "Archived"

_IN_CHECKSUM = -6
"""Position of a byte in the checksum at the end of gzip data: the corruption shows only once everything was read."""
_CATEGORY = {400: 20, 401: 11, 403: 10, 404: 40, 405: 45, 406: 45, 409: 50, 415: 45, 429: 70}


def category_of(status: int) -> int:
    """Return Zuora's error category for an HTTP status."""
    return _CATEGORY.get(status, 60 if status >= 500 else 20)


def gateway_page(status: int) -> Response:
    """Return the HTML page of a gateway in front of the API."""
    body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>\r\n".encode()
    return Response(status, [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))], body)


def apply_to_body(kind: FaultKind, body: bytes) -> bytes:
    """Return the JSON body of a response as a fault changes it."""
    match kind:
        case "broken-json":
            return body[: len(body) // 2]
        case "no-success":
            document = json.loads(body)
            document.pop("success", None)
            return to_json(document)
        case "unknown-value":
            document = json.loads(body)
            for each in (document, *document.get("journalEntries", ())):
                if "status" in each:
                    each["status"] = UNDOCUMENTED_STATUS
            return to_json(document)
        case _:
            return body


def apply_to_response(kind: FaultKind, response: Response) -> Response:
    """Return a response with its headers and delivery as a fault changes them."""
    match kind:
        case "truncated":
            return replace(response, delivery=Delivery.TRUNCATED)
        case "wrong-length":
            length = (b"content-length", b"%d" % (len(response.body) // 2))
            headers = [*_headers_without(response, b"content-length"), length]
            return replace(response, headers=headers, delivery=Delivery.EXCESS)
        case "not-gzip" | "bad-gzip":
            return _wrongly_compressed(kind, response)
        case _:
            return response


def _wrongly_compressed(kind: FaultKind, response: Response) -> Response:
    compressed = (b"content-encoding", b"gzip") in response.headers
    body = gzip.decompress(response.body) if compressed else response.body
    if kind == "bad-gzip":
        corrupt = bytearray(compress(body))
        corrupt[_IN_CHECKSUM] ^= 0xFF
        body = bytes(corrupt)
    headers = _headers_without(response, b"content-encoding", b"content-length")
    headers += [(b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(body))]
    return replace(response, headers=headers, body=body)


def _headers_without(response: Response, *names: bytes) -> list[tuple[bytes, bytes]]:
    return [header for header in response.headers if header[0] not in names]
