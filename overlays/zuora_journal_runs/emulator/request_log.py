"""What an emulator was asked, and what of it no caller of Zuora should do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .http import Request

_HEADERS = (
    "accept-encoding", "content-encoding", "content-type", "idempotency-key", "user-agent",
    "zuora-entity-ids", "zuora-org-ids", "zuora-track-id", "zuora-version",
)  # fmt: skip
_MOST_LAPSES = 100
_MOST_WAITS = 10_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that came. It holds neither tokens nor credentials."""

    method: str
    path: str
    query: str
    operation: str | None
    """The operation's id in the contract; None if there is none, or the request was refused before that was seen."""
    headers: Mapping[str, str]
    """Those headers that the API gives a meaning to, and `user-agent`, by their names in lower case."""
    status: int | None
    """The HTTP status of the answer; None if the connection was reset before there was one."""
    codes: tuple[str, ...]
    """The codes of the reasons, if the call was refused."""
    request_id: str
    at: float
    """When it came by the emulator's clock, as seconds since 1970."""
    faults: tuple[str, ...] = ()
    """What befell it, as in `reset-after`."""
    undocumented: tuple[str, ...] = ()
    """The fields of its body and the query parameters that no document knows."""


class MisuseKind(StrEnum):
    """What no caller of Zuora should do."""

    UNKNOWN_OPERATION = "unknown-operation"
    """To ask for what no documented operation answers."""
    UNDOCUMENTED_FIELD = "undocumented-field"
    """To send a field, or a query parameter, that is not documented; Zuora may ignore it, or refuse it later."""
    IGNORED_LIMIT = "ignored-429"
    """To go on before the time is up that a 429 asked to wait."""


@dataclass(frozen=True, slots=True)
class Misuse:
    """Something in a request that no caller of Zuora should do."""

    kind: MisuseKind
    request: RecordedRequest
    message: str

    def __str__(self) -> str:
        return self.message


class RequestLog:
    """The last requests, oldest first, and the first of their misuses."""

    def __init__(self, size: int) -> None:
        self.requests: deque[RecordedRequest] = deque(maxlen=size)
        self.misuses: list[Misuse] = []
        # Until when whom a 429 told to wait: who asked, and what was asked for.
        self._waits: dict[object, float] = {}

    def clear(self) -> None:
        """Forget all."""
        self.requests.clear()
        self.misuses.clear()
        self._waits.clear()

    def record(
        self,
        request: Request,
        *,
        operation: str | None,
        unknown: bool,
        query: str,
        status: int | None,
        codes: tuple[str, ...],
        request_id: str,
        at: float,
        faults: tuple[str, ...],
        undocumented: tuple[str, ...],
        retry_after: float,
    ) -> None:
        """Take a request in.

        `unknown` tells what no operation answers from what was refused before that was looked at. The answer tells
        its caller to wait `retry_after` seconds.
        """
        given = request.headers
        headers = MappingProxyType({name: given[name] for name in _HEADERS if name in given})
        recorded = RecordedRequest(
            request.method, request.path, query, operation, headers, status, codes, request_id, at, faults, undocumented
        )
        self.requests.append(recorded)
        if unknown:
            self._lapse(MisuseKind.UNKNOWN_OPERATION, recorded, "no documented operation answers that")
        if undocumented:
            said = f"no document knows {', '.join(undocumented)}"
            self._lapse(MisuseKind.UNDOCUMENTED_FIELD, recorded, said)
        if self._waits or retry_after:
            self._limit(recorded, request.caller, retry_after)

    def _lapse(self, kind: MisuseKind, request: RecordedRequest, said: str) -> None:
        if len(self.misuses) < _MOST_LAPSES:
            self.misuses.append(Misuse(kind, request, f"{kind}: {request.method} {request.path[:200]}: {said}"))

    def _limit(self, request: RecordedRequest, caller: object, retry_after: float) -> None:
        # What others have under way when one is told to wait is not ignorance; the same call made again is.
        asked = (request.method, request.path)
        # Tokens have limits of their own.
        keys = [asked] if caller is None else [asked, (caller, request.operation == "createToken")]
        until = max(self._waits.get(key, 0) for key in keys)
        if request.at < until:
            said = f"a 429 had asked to wait {until - request.at:.6g} seconds longer"
            self._lapse(MisuseKind.IGNORED_LIMIT, request, said)
        if self._waits and request.at >= max(self._waits.values()):
            self._waits.clear()
        if retry_after and len(self._waits) < _MOST_WAITS:
            self._waits |= dict.fromkeys(keys, request.at + retry_after)

    def lapses_but(self, allowed: Collection[MisuseKind]) -> list[Misuse]:
        """The misuses of other kinds."""
        return [misuse for misuse in self.misuses if misuse.kind not in allowed]
