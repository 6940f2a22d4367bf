"""The requests that an emulator received, and misuses of Zuora's API among them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_LOGGED_HEADERS = (
    "accept-encoding", "content-encoding", "content-type", "idempotency-key", "user-agent",
    "zuora-entity-ids", "zuora-org-ids", "zuora-track-id", "zuora-version",
)  # fmt: skip
_MAX_MISUSES = 100
_MAX_WAITS = 10_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request to the API. It contains neither tokens nor credentials."""

    method: str
    """The HTTP method."""
    path: str
    """The path of the URL, without the query."""
    query: str
    """The query of the URL."""
    operation: str | None
    """The operation's id in the contract; None if there is none, or the request was refused before it was known."""
    headers: Mapping[str, str]
    """The headers that have a meaning in the API, and `user-agent`, by their names in lower case."""
    status: int | None
    """The HTTP status of the response; None if the connection was reset instead."""
    codes: tuple[str, ...]
    """The error codes of the response."""
    request_id: str
    """The `Zuora-Request-Id` of the response."""
    at: float
    """When the request arrived, by the emulator's clock, as seconds since 1970."""
    faults: tuple[str, ...] = ()
    """The faults that hit the request, such as `reset-after`."""
    undocumented: tuple[str, ...] = ()
    """Undocumented body fields and query parameters of the request."""


def logged_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return those headers that may be logged: none with secrets."""
    return MappingProxyType({name: headers[name] for name in _LOGGED_HEADERS if name in headers})


class MisuseKind(StrEnum):
    """A kind of misuse of Zuora's API."""

    UNKNOWN_OPERATION = "unknown-operation"
    """A request that matches no documented operation."""
    UNDOCUMENTED_FIELD = "undocumented-field"
    """An undocumented field or query parameter; Zuora may ignore it, or refuse it in future."""
    IGNORED_LIMIT = "ignored-429"
    """A request before the time has passed that a 429 response asked to wait."""


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
        # Requests that other callers have under way are no misuse, but repeating the same call is.
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
