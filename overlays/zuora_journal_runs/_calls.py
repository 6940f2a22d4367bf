"""One call, from a request to its answer: headers, token, attempts, deadline. No I/O."""

from __future__ import annotations

import gzip
import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from . import _answers, _headers, errors
from ._flow import Await, Flow, Sleep, T, Transmit, Wait
from ._retry import FailedAttempt, retry_after
from ._tokens import Credentials, HeldToken, TokenCell, renewal

if TYPE_CHECKING:
    from random import Random

    from ._clock import Clock
    from ._options import Options

logger = logging.getLogger("zuora_journal_runs")

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_ROUTES = (
    ("POST", re.compile(rb"/v1/journal-runs"), "create a journal run"),
    ("GET", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})"), "retrieve"),
    ("DELETE", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})"), "delete"),
    ("PUT", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})/cancel"), "cancel"),
    ("GET", re.compile(rb"/v1/journal-entries/journal-runs/(JR-[0-9]{8,})"), "list the entries of"),
)

TokenFunction = Callable[[], str | Awaitable[str]]
Authorization = Credentials | str | TokenFunction | httpx.Auth
"""Credentials to fetch tokens with, a ready token, a function that gives one, or an `httpx.Auth`."""


class Caller(NamedTuple):
    """What calls need beside a request."""

    base_url: httpx.URL
    authorization: Authorization
    cell: TokenCell | None
    """Where the token is kept that credentials fetched; None without credentials."""
    clock: Clock
    random: Random

    def call(self, request: httpx.Request, options: Options) -> Flow[httpx.Response]:
        """Send a request of one of the operations until it succeeds or there is no use in trying.

        Raises:
            InvalidInput: the request is none of the operations, or a header of it cannot be sent.
            CallError: it failed.
        """
        name = operation(request)
        self._check_origin(request.url)
        request = prepared(request, options, self._uuid)
        began = self.clock.monotonic()
        deadline = began + options.deadline
        details: dict[str, Any] = {
            "call": name,
            "track_id": request.headers["Zuora-Track-Id"],
            "idempotency_key": request.headers.get("Idempotency-Key"),
        }
        attempt, token, rejected, maybe_processed = 0, None, None, False
        while True:
            attempt += 1
            details["attempts"] = attempt
            token = yield from self._token(rejected, options, deadline)
            if token is not None:
                request.headers["Authorization"] = f"Bearer {token}"
            error: errors.CallError | None
            after = None
            try:
                response: httpx.Response = yield Transmit(request, deadline, token is not None)
            except httpx.HTTPError as failure:
                error = no_answer(failure, self.base_url.host, **details)
            else:
                response.extensions["attempts"] = attempt
                error = _answers.failure_of(response, **details)
                if error is None:
                    self._log(name, began, details, response)
                    return response
                after = retry_after(response.headers.get("Retry-After"))
            maybe_processed |= error.maybe_processed and request.method != "GET"
            error.maybe_processed = maybe_processed
            if isinstance(error, errors.AuthenticationFailed) and token is not None and rejected is None:
                rejected, wait = token, 0.0
            else:
                policy = options.retry(FailedAttempt(error, attempt, after, self.random))
                if policy is None or self.clock.monotonic() + policy >= deadline:
                    self._log(name, began, details, error)
                    raise error
                wait = policy
            logger.debug("%s: trying again in %.1f s after: %s", name, wait, error)
            if wait > 0:
                yield Sleep(wait)

    def read(self, response: httpx.Response, parse: Callable[[httpx.Response], T]) -> T:
        """A successful answer as a model.

        Raises:
            UnreadableAnswer: its fields are not what the contract says.
        """
        from zuora_journal_runs_api import errors as generated
        from zuora_journal_runs_api.types import Exchange

        try:
            return parse(response)
        except generated.UnreadableAnswer as unreadable:
            exchange = Exchange.of(response)
            raise errors.UnreadableAnswer(
                f"the answer does not match the contract: {unreadable}",
                cut_off=False,
                exchange=exchange,
                body=response.content,
                call=operation(response.request),
                track_id=exchange.track_id,
                attempts=exchange.attempts,
                idempotency_key=response.request.headers.get("Idempotency-Key"),
            ) from None

    def _token(self, rejected: str | None, options: Options, deadline: float) -> Flow[str | None]:
        """A bearer token other than the rejected one; None if an `httpx.Auth` sees to it."""
        if isinstance(self.authorization, httpx.Auth):
            return None
        if isinstance(self.authorization, str):
            return self.authorization
        if self.cell is None or not isinstance(self.authorization, Credentials):
            given = self.authorization()  # type: ignore[operator]
            return _headers.token((yield Await(given)) if isinstance(given, Awaitable) else given)
        while True:
            claimed = self.cell.claim(self.clock.monotonic(), rejected)
            if isinstance(claimed, str):
                return claimed
            result: HeldToken | errors.JournalRunsError | None = None
            if claimed is None:
                try:
                    result = yield from self._fetch_token(self.authorization, options, deadline)
                except errors.JournalRunsError as error:
                    result = error
                finally:
                    self.cell.settle(result)
            else:
                try:
                    result = yield Wait(claimed, deadline)
                except TimeoutError:
                    result = errors.TokenError("the deadline passed while a token was fetched")
            if isinstance(result, HeldToken):
                return result.token
            if result is not None:
                raise result

    def _fetch_token(self, credentials: Credentials, options: Options, deadline: float) -> Flow[HeldToken]:
        """Exchange credentials for a token.

        Raises:
            TokenError: there is none to be had.
        """
        from zuora_journal_runs_api import errors as generated
        from zuora_journal_runs_api.types import body

        headers = {"Accept": "application/json", "Zuora-Track-Id": self._uuid()}
        if credentials.entity_id is not None:
            headers["Zuora-Entity-Ids"] = credentials.entity_id
        details: dict[str, Any] = {"call": "fetch a token", "track_id": headers["Zuora-Track-Id"]}
        attempt = 0
        while True:
            attempt += 1
            details["attempts"] = attempt
            request = httpx.Request(
                "POST",
                self.base_url.join("/oauth/token"),
                headers=headers,
                data={
                    "client_id": credentials.client_id,
                    "client_secret": credentials.client_secret,
                    "grant_type": "client_credentials",
                },
                extensions={"timeout": options.timeouts._asdict()},
            )
            began, after = self.clock.monotonic(), None
            kind: errors.CallError | None
            try:
                response: httpx.Response = yield Transmit(request, deadline, authorized=True)
            except httpx.HTTPError as failure:
                kind = no_answer(failure, self.base_url.host, **details)
                error = errors.TokenError(kind.message, **details)
            else:
                try:
                    data = body(response)
                except generated.UnreadableAnswer:
                    data = {}
                token = data.get("access_token")
                if response.status_code == 200 and isinstance(token, str) and token:
                    return HeldToken(_headers.token(token), renewal(began, data.get("expires_in")))
                kind = _answers.failure_of(response, **details)
                error = errors.TokenError(
                    f"no token from {request.url}: {_told(response.status_code, data)}",
                    status_code=response.status_code,
                    **details,
                )
                after = retry_after(response.headers.get("Retry-After"))
            wait = None if kind is None else options.retry(FailedAttempt(kind, attempt, after, self.random))
            if wait is None or self.clock.monotonic() + wait >= deadline:
                raise error
            yield Sleep(wait)

    def _check_origin(self, url: httpx.URL) -> None:
        if (url.scheme, url.host, url.port) != (self.base_url.scheme, self.base_url.host, self.base_url.port):
            raise errors.InvalidInput(f"{url} is not on {self.base_url}: the token is sent nowhere else")

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def _log(self, name: str, began: float, details: dict[str, Any], end: httpx.Response | errors.CallError) -> None:
        if not logger.isEnabledFor(logging.INFO):
            return
        took = self.clock.monotonic() - began
        if isinstance(end, httpx.Response):
            said, request_id = f"status {end.status_code}", end.headers.get("Zuora-Request-Id")
        else:
            said, request_id = type(end).__name__, end.request_id
        logger.info(
            "%s: %s in %.3f s, attempt %d, request %s, track %s",
            name, said, took, details["attempts"], request_id, details["track_id"],
        )  # fmt: skip


def operation(request: httpx.Request) -> str:
    """The name of the operation that a request is of, in words.

    Raises:
        InvalidInput: it is of none.
    """
    path = request.url.raw_path.partition(b"?")[0]
    for method, route, name in _ROUTES:
        if method == request.method and (match := route.fullmatch(path)):
            return f"{name} {match[1].decode()}" if match.lastindex else name
    raise errors.InvalidInput(
        f"{request.method} {path.decode()} is none of the operations on journal runs; "
        "a journal run number has the form JR-00000075"
    )


def prepared(request: httpx.Request, options: Options, make_id: Callable[[], str]) -> httpx.Request:
    """The request with all header conventions applied.

    Raises:
        InvalidInput: a header of it cannot be sent.
    """
    headers = request.headers
    for name, check in _CHECKS:
        value = headers.get(name)
        if value is not None:
            check(value)
    if "Zuora-Track-Id" not in headers:
        headers["Zuora-Track-Id"] = options.track_id or make_id()
    if request.method == "POST":
        if "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = options.idempotency_key or make_id()
    else:
        headers.pop("Idempotency-Key", None)
    content = request.content
    if request.method == "PUT" and not content:
        # A tenant answers a PUT without a content type with 415.
        headers["Content-Type"] = "application/json"
        content = b"{}"
    asked = headers.pop("Content-Encoding", None) is not None
    if content and (asked or (options.compress_over is not None and len(content) > options.compress_over)):
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, mtime=0)
    if content != request.content:
        del headers["Content-Length"]
        return httpx.Request(
            request.method, request.url, headers=headers, content=content, extensions=request.extensions
        )
    return request


_CHECKS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Zuora-Track-Id", _headers.track_id),
    ("Zuora-Entity-Ids", _headers.entity_id),
    ("Zuora-Org-Ids", _headers.org_ids),
    ("Zuora-Version", _headers.zuora_version),
    ("Idempotency-Key", _headers.idempotency_key),
)


def no_answer(failure: httpx.HTTPError, host: str, **details: Any) -> errors.NoAnswer:
    """The error for a failure of the transport."""
    said = str(failure) or type(failure).__name__
    if isinstance(failure, _NEVER_SENT):
        return errors.NotSent(f"{host} cannot be reached, and nothing was sent ({said})", **details)
    if isinstance(failure, httpx.TimeoutException):
        said = f"no answer in time: {type(failure).__name__}"
    return errors.AnswerLost(f"the answer of {host} was lost ({said})", **details)


def _told(status: int, data: dict[str, Any]) -> str:
    reasons = "; ".join(f"{reason.code} {reason.message}" for reason in _answers.reasons_in(data))
    said = reasons or data.get("message") or data.get("error_description") or data.get("error") or "no reason given"
    return f"{said} (HTTP {status})"
