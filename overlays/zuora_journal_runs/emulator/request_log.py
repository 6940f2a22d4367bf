"""The requests that an emulator received, and misuses of Zuora's API among them."""

from __future__ import annotations

import functools
import re
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from . import http
from .errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

MASK = "***"
"""What is logged in place of a secret."""
MAX_LOGGED_BODY = 16_384
"""How many bytes of a body are logged."""

_SECRET_HEADER = re.compile("authorization|cookie|secret|password|token|access-?key", re.IGNORECASE)
_SECRET_NAME = re.compile("secret|password|(access|refresh)_?token|^jti$", re.IGNORECASE)
_SECRET_WORDS = ("secret", "password", "token", "jti")
"""One of them is in each name that `_SECRET_NAME` matches."""
_TEXT_FIELD = re.compile(r"""("([^"\\]{1,100})"\s*:\s*")((?:[^"\\]|\\.)*)""", re.DOTALL)
_FORM = "application/x-www-form-urlencoded"
_MAX_MISUSES = 100
_MAX_WAITS = 10_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request to the API, and its response. Tokens and credentials are masked."""

    number: int
    """Requests are numbered from 1, and do not start again when the log is cleared."""
    method: str
    """The HTTP method."""
    path: str
    """The path of the URL, without the query."""
    query: str
    """The query of the URL."""
    operation: str | None
    """The operation's id in the contract; None if there is none, or the request was refused before it was known."""
    headers: Mapping[str, str]
    """The request's headers, by their names in lower case."""
    body: str
    """The request's body, decompressed, up to its first 16 KB; empty for a token request that is not a form."""
    status: int | None
    """The HTTP status of the response; None if the connection was reset instead."""
    codes: tuple[str, ...]
    """The error codes of the response."""
    request_id: str
    """The `Zuora-Request-Id` of the response."""
    at: float
    """When the request arrived, by the emulator's clock, as seconds since 1970."""
    faults: tuple[str, ...]
    """The faults that hit the request, such as `reset-after`."""
    undocumented: tuple[str, ...]
    """Undocumented body fields and query parameters of the request."""
    # Decoding these for every request would take longer than responding to it.
    raw_response_headers: Sequence[tuple[bytes, bytes]]
    """The response's headers, as bytes."""
    raw_response_body: bytes
    """The start of the response's body before it is compressed, as bytes."""

    @property
    def response_headers(self) -> dict[str, str]:
        """The response's headers, by their names in lower case."""
        return {name.decode(): value.decode() for name, value in self.raw_response_headers}

    @property
    def response_body(self) -> str:
        """The response's body before it is compressed, up to its first 16 KB."""
        return self.raw_response_body.decode(errors="replace")

    @property
    def failed(self) -> bool:
        """Whether the response was an error, whatever its HTTP status, or there was none."""
        return self.status is None or self.status >= 400 or bool(self.codes)


def masked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers without secrets."""
    return MappingProxyType({name: _mask(value) if _is_secret(name) else value for name, value in headers.items()})


@functools.lru_cache(256)
def _is_secret(header: str) -> bool:
    return _SECRET_HEADER.search(header) is not None


def _mask(value: str) -> str:
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {MASK}" if blank and scheme.lower() in ("bearer", "basic") else MASK


def masked_body(body: bytes) -> bytes:
    """Return the beginning of a body, without secrets in JSON."""
    return _masked(body[:MAX_LOGGED_BODY].decode(errors="replace")).encode()


def _masked(text: str) -> str:
    folded = text.casefold()
    # Most bodies have no such field: to search for words is much faster than to go through all fields.
    return _TEXT_FIELD.sub(_masked_field, text) if any(word in folded for word in _SECRET_WORDS) else text


def _masked_field(field: re.Match[str]) -> str:
    return f"{field[1]}{MASK}" if _SECRET_NAME.search(field[2]) else field[0]


def masked_request_body(request: http.Request, *, token: bool) -> str:
    """Return the beginning of a request's body, without secrets.

    Args:
        request: The request.
        token: Whether it is a token request, whose form consists of secrets.
    """
    body = request.body
    if not body:
        return ""
    if "content-encoding" in request.headers:
        try:
            body = http.decompressed_body(request, MAX_LOGGED_BODY)
        except http.RefusedError:
            return f"({len(body)} bytes, compressed)"
    if not token:
        return _masked(body[:MAX_LOGGED_BODY].decode(errors="replace"))
    if http.media_type(request) != _FORM:
        return ""
    return "&".join(map(_mask_field, body[:MAX_LOGGED_BODY].decode(errors="replace").split("&")))


def _mask_field(field: str) -> str:
    name, separator, _ = field.partition("=")
    if name in ("client_id", "grant_type"):
        return field
    return f"{name}={MASK}" if separator else MASK


class MisuseKind(StrEnum):
    """A kind of misuse of Zuora's API."""

    UNKNOWN_OPERATION = "unknown-operation"
    """A request that matches no documented operation."""
    UNDOCUMENTED_FIELD = "undocumented-field"
    """An undocumented field or query parameter; Zuora may ignore it, or refuse it in future."""
    IGNORED_LIMIT = "ignored-429"
    """A request before the time has passed that a 429 response asked to wait."""


def misuse_kinds(allow: Iterable[MisuseKind | str]) -> frozenset[MisuseKind]:
    """Parse kinds of misuse.

    Raises:
        TypeError: They are not a list.
        ValueError: A kind is unknown.
    """
    if isinstance(allow, str):
        raise TypeError(f"allow is not a list; write allow=[{str(allow)!r}]")
    given, known = [*allow], [*map(str, MisuseKind)]
    for each in given:
        if each not in known:
            raise ValueError(unknown_name("kind of misuse", str(each), known))
    return frozenset(map(MisuseKind, given))


@dataclass(frozen=True, slots=True)
class Misuse:
    """A misuse of Zuora's API, which no caller should be guilty of."""

    kind: MisuseKind
    """What kind of misuse it is."""
    request: RecordedRequest
    """The request."""
    message: str
    """What is wrong with it, in one line."""

    def __str__(self) -> str:
        return self.message


class RequestLog:
    """The last requests, oldest first, and the first misuses among all requests."""

    def __init__(self, size: int) -> None:
        self.last_number: int = 0
        self.requests: deque[RecordedRequest] = deque(maxlen=size)
        self.misuses: list[Misuse] = []
        # Until when 429 responses asked to wait, by call and by caller.
        self._waits: dict[object, float] = {}

    def clear(self) -> None:
        """Forget all requests and misuses."""
        self.requests.clear()
        self.misuses.clear()
        self._waits.clear()

    def record(self, request: RecordedRequest, *, caller: object, unknown: bool, retry_after: float) -> None:
        """Add a request.

        Args:
            request: The request.
            caller: Whoever sends one request after another: a connection, a thread or a task; None if unknown.
            unknown: Whether no documented operation matches, as opposed to a request refused before that was known.
            retry_after: Seconds that the response asks the caller to wait.
        """
        self.last_number = request.number
        self.requests.append(request)
        if unknown:
            self._add_misuse(MisuseKind.UNKNOWN_OPERATION, request, "there is no such operation in the contract")
        if request.undocumented:
            message = f"not documented: {', '.join(request.undocumented)}"
            self._add_misuse(MisuseKind.UNDOCUMENTED_FIELD, request, message)
        if self._waits or retry_after:
            self._check_limit(request, caller, retry_after)

    def _add_misuse(self, kind: MisuseKind, request: RecordedRequest, message: str) -> None:
        if len(self.misuses) < _MAX_MISUSES:
            self.misuses.append(Misuse(kind, request, f"{kind}: {request.method} {request.path[:200]}: {message}"))

    def _check_limit(self, request: RecordedRequest, caller: object, retry_after: float) -> None:
        # Requests that other callers have in progress are no misuse, but repeating the same call is.
        call = (request.method, request.path)
        # Token requests have limits of their own.
        keys = [call] if caller is None else [call, (caller, request.operation == "createToken")]
        until = max(self._waits.get(key, 0) for key in keys)
        if request.at < until:
            message = f"a 429 response asked to wait {until - request.at:.6g} seconds longer"
            self._add_misuse(MisuseKind.IGNORED_LIMIT, request, message)
        if self._waits and request.at >= max(self._waits.values()):
            self._waits.clear()
        if retry_after and len(self._waits) < _MAX_WAITS:
            self._waits |= dict.fromkeys(keys, request.at + retry_after)

    def misuses_except(self, allowed: Collection[MisuseKind]) -> list[Misuse]:
        """Return the misuses whose kind is not allowed."""
        return [misuse for misuse in self.misuses if misuse.kind not in allowed]
