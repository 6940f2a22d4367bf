"""HTTP requests and responses as values, independent of how they are transported."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

COMPRESSED_ABOVE = 1000
"""Responses larger than this many bytes are compressed on request (Zuora, header Accept-Encoding)."""

HTTP_STATUS = {
    10: 403, 11: 401, 20: 400, 21: 400, 22: 400, 23: 400, 27: 400, 30: 400, 40: 404, 45: 405,
    50: 409, 60: 500, 61: 500, 70: 429, 90: 400, 99: 500,
}  # fmt: skip
"""The HTTP status of each of Zuora's error categories from Zuora-Version 2024-05-20; before, it is 200."""

# Unpaired surrogates cannot be stored as text; Zuora refuses four-byte UTF-8.
_REFUSED_TEXT = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. The path is percent-encoded; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    scheme: str = "http"
    caller: object = None
    """Identifies a sequential caller: a connection, a thread or a task."""

    @classmethod
    def of(
        cls,
        method: str,
        path: bytes,
        query: bytes,
        headers: Iterable[tuple[bytes, bytes]],
        body: bytes,
        scheme: str = "http",
        caller: object = None,
    ) -> Request:
        """Make a request from bytes as they were received."""
        decoded = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        return cls(method, path.decode("latin-1"), query.decode("latin-1"), decoded, body, scheme, caller)


class Delivery(Enum):
    """How a response is sent; each value completes the phrase "the response …"."""

    COMPLETE = "is sent completely"
    EXCESS = "is longer than its Content-Length"
    TRUNCATED = "ends within the body"
    RESET = "is replaced by a connection reset"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, complete with its headers."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    delivery: Delivery = Delivery.COMPLETE
    delay: float = 0.0
    """Seconds until the caller receives the response. Only `real_delay` of them really pass, and only over HTTP."""
    real_delay: float = 0.0


class RefusedError(Exception):
    """The API refuses a request.

    Args:
        reasons: At least one reason: one of Zuora's error categories, or a whole error code, and a message.
        status: The HTTP status, if it does not follow from the first category and `Zuora-Version`.
        headers: Additional headers of the response.
    """

    def __init__(
        self,
        *reasons: tuple[int, str],
        status: int | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(*(message for _, message in reasons))
        self.reasons: tuple[tuple[int, str], ...] = reasons
        self.status: int | None = status
        self.headers: tuple[tuple[bytes, bytes], ...] = tuple(headers)


def check_size(request: Request, max_head_size: int, max_body_size: int) -> None:
    """Raise RefusedError if the URL, the headers or the body have too many bytes."""
    if len(request.path) + len(request.query) > max_head_size:
        raise RefusedError((20, f"The URL is longer than {max_head_size} characters."), status=414)
    if sum(map(len, request.headers)) + sum(map(len, request.headers.values())) > max_head_size:
        raise RefusedError((20, f"The headers are longer than {max_head_size} characters."), status=431)
    if len(request.body) > max_body_size:
        raise _too_large(max_body_size)


def decompressed_body(request: Request, max_size: int) -> bytes:
    """Return the request body, decompressed if necessary.

    Raises:
        RefusedError: The body is not valid gzip, or has more than `max_size` bytes.
    """
    if not request.body or "content-encoding" not in request.headers:
        return request.body
    decompressor = zlib.decompressobj(wbits=31)
    try:
        body = decompressor.decompress(request.body, max_size + 1)
    except zlib.error:
        raise RefusedError((20, "The request body is not compressed with gzip.")) from None
    if len(body) > max_size:
        raise _too_large(max_size)
    if not decompressor.eof or decompressor.unused_data:
        raise RefusedError((20, "The compressed request body is incomplete or followed by other data."))
    return body


def _too_large(max_size: int) -> RefusedError:
    return RefusedError((20, f"The request body is larger than {max_size} bytes."), status=413)


def parse_json(body: bytes) -> Any:
    """Parse a JSON document.

    Raises:
        RefusedError: It is not JSON, or contains text that Zuora does not accept.
    """
    try:
        value = _decoder.decode(body.decode())
        text = _unescaped.encode(value)
    except (ValueError, RecursionError):
        raise RefusedError((90, "The request body is not valid JSON.")) from None
    if _REFUSED_TEXT.search(text):
        raise RefusedError((20, "The request body contains a character outside the Basic Multilingual Plane."))
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
_unescaped = json.JSONEncoder(ensure_ascii=False)
_encoder = json.JSONEncoder(separators=(",", ":"))


def to_json(value: Any) -> bytes:
    """Serialize a value as compact JSON in ASCII."""
    return _encoder.encode(value).encode()


def media_type(request: Request) -> str:
    """Return the media type of the request body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def accepts_gzip(request: Request) -> bool:
    """Whether `Accept-Encoding` allows gzip."""
    choices = request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (choice.partition(";") for choice in choices)}
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return not re.fullmatch(r"q=0(\.0*)?", weight)


def compress(body: bytes) -> bytes:
    """Compress a body with gzip, reproducibly."""
    return gzip.compress(body, 1, mtime=0)
