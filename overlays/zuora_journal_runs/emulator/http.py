"""Requests, answers and refusals, apart from how they travel."""

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
"""Answers of more than so many bytes are compressed for those who ask (Zuora, header Accept-Encoding)."""

HTTP_STATUS = {
    10: 403, 11: 401, 20: 400, 21: 400, 22: 400, 23: 400, 27: 400, 30: 400, 40: 404, 45: 405,
    50: 409, 60: 500, 61: 500, 70: 429, 90: 400, 99: 500,
}  # fmt: skip
"""The HTTP status of each category of error from Zuora-Version 2024-05-20; before, it is 200."""

# What cannot be stored as text: halves of surrogate pairs; what Zuora refuses in text: four-byte UTF-8.
_REFUSED_TEXT = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request: the path still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    scheme: str = "http"
    caller: object = None
    """What tells callers apart who do one thing after another: a connection, a thread, a task."""

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
        """A request from the bytes on the http."""
        decoded = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
        return cls(method, path.decode("latin-1"), query.decode("latin-1"), decoded, body, scheme, caller)


class Delivery(Enum):
    """How the sending of a response ends."""

    COMPLETE = "as it should"
    EXCESS = "with more than the headers say"
    TRUNCATED = "within the body"
    RESET = "before it begins"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, complete with its headers."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    delivery: Delivery = Delivery.COMPLETE
    delay: float = 0.0
    """Seconds that the caller is let wait; only a server does so, and only as far as `real`."""
    real_delay: float = 0.0
    """Seconds of it that pass."""


class RefusedError(Exception):
    """A call is refused, for one or more reasons: each a category of Zuora's, or a whole code, and a message.

    `status` is given for what a gateway says no to; otherwise the first category and `Zuora-Version` queue_outcome.
    """

    def __init__(
        self,
        *reasons: tuple[int, str],
        status: int | None = None,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(*(message for _, message in reasons))
        self.reasons = reasons
        self.status = status
        self.headers: tuple[tuple[bytes, bytes], ...] = tuple(headers)


def check_size(request: Request, max_head_size: int, max_body_size: int) -> None:
    """Raise RefusedError for a request that is too large, in bytes of address and headers or of its body."""
    if len(request.path) + len(request.query) > max_head_size:
        raise RefusedError((20, f"The address is longer than {max_head_size} characters."), status=414)
    if sum(map(len, request.headers)) + sum(map(len, request.headers.values())) > max_head_size:
        raise RefusedError((20, f"The headers are longer than {max_head_size} characters."), status=431)
    if len(request.body) > max_body_size:
        raise too_large(max_body_size)


def plain_body(request: Request, most: int) -> bytes:
    """The body as it was before compression. Raises RefusedError for one that is damaged, or larger than `most`."""
    if not request.body or "content-encoding" not in request.headers:
        return request.body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(request.body, most + 1)
    except zlib.error:
        raise RefusedError((20, "The request body is not compressed with gzip.")) from None
    if len(body) > most:
        raise too_large(most)
    if not unpacker.eof or unpacker.unused_data:
        raise RefusedError((20, "The compressed request body is incomplete or has something behind it."))
    return body


def too_large(most: int) -> RefusedError:
    """The refusal of a body of more than so many bytes."""
    return RefusedError((20, f"The request body is larger than {most} bytes."), status=413)


def read_json(body: bytes) -> Any:
    """A JSON document. Raises RefusedError for what is not one, and for text that Zuora does not take."""
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
        text = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        raise RefusedError((90, "The request body is not valid JSON.")) from None
    if _REFUSED_TEXT.search(text):
        raise RefusedError((20, "The request body has a character outside the Basic Multilingual Plane."))
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def write_json(value: Any) -> bytes:
    """A JSON document in ASCII, without blanks."""
    return json.dumps(value, separators=(",", ":")).encode()


def media_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def wants_gzip(request: Request) -> bool:
    """Whether `Accept-Encoding` names gzip, and not as unacceptable."""
    choices = request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (choice.partition(";") for choice in choices)}
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return not re.fullmatch(r"q=0(\.0*)?", weight)


def compress(body: bytes) -> bytes:
    """The body in gzip, always the same for the same body."""
    return gzip.compress(body, 1, mtime=0)
