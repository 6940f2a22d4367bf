"""The bearer token of a call: fixed, returned by a function, or fetched with an OAuth client's credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http import response as responses
from zuora_journal_runs._http.flow import Await, Flow, Sleep, Transmit, Wait
from zuora_journal_runs._http.retry import FailedAttempt, retry_after
from zuora_journal_runs._http.token_cache import (
    Credentials,
    Refresh,
    Secret,
    Token,
    TokenCache,
    refresh_time,
    shared_token_cache,
)
from zuora_journal_runs._http.tracing import request_span

if TYPE_CHECKING:
    from random import Random

    from zuora_journal_runs._http.clock import Clock
    from zuora_journal_runs._http.options import Options

TokenFunction = Callable[[], str | Awaitable[str]]
Authorization = Credentials | Secret | TokenFunction | httpx.Auth
"""Credentials to fetch tokens with, a fixed token, a function that returns one, or an `httpx.Auth`."""


_EARLY = 0.01
"""Seconds by which a socket's timer may be early."""
_TOO_LATE = "the deadline passed while a token was fetched"


class _OutOfTime(Exception):
    """A token request that was given up at the deadline of the call that made it."""

    def __init__(self, error: errors.TokenError) -> None:
        self.error = error
        super().__init__(error)


class Authorizer:
    """Provides the bearer tokens of a client's calls.

    Args:
        base_url: The address of the API.
        authorization: Where tokens come from.
        transport: The transport that the caller passes, which has its own caches of tokens; None if there is none.
        clock: Time.
        random: The source of randomness.
    """

    __slots__ = ("_caches", "authorization", "base_url", "clock", "random", "transport")

    def __init__(
        self, base_url: httpx.URL, authorization: Authorization, transport: object | None, clock: Clock, random: Random
    ) -> None:
        self.base_url: httpx.URL = base_url
        self.authorization: Authorization = authorization
        self.transport: object | None = transport
        self.clock: Clock = clock
        self.random: Random = random
        self._caches: dict[str | None, tuple[Credentials, TokenCache]] = {}

    @property
    def auth(self) -> httpx.Auth | None:
        """The `httpx.Auth` that authorizes requests in place of tokens; None if there is none."""
        return self.authorization if isinstance(self.authorization, httpx.Auth) else None

    @property
    def can_renew(self) -> bool:
        """Whether another token can be had when one is refused."""
        return not isinstance(self.authorization, Secret | httpx.Auth)

    def token(
        self, rejected: Secret | None, options: Options, deadline: float, entity_id: str | None
    ) -> Flow[Secret | None]:
        """Return a bearer token other than the rejected one; None if an `httpx.Auth` takes its place.

        Raises:
            TokenError: No token could be fetched.
        """
        authorization = self.authorization
        if isinstance(authorization, httpx.Auth):
            return None
        if isinstance(authorization, Secret):
            return authorization
        if isinstance(authorization, Credentials):
            credentials, cache = self.cache(entity_id)
            return (yield from self._cached_token(cache, credentials, rejected, options, deadline))
        return (yield from self._function_token(authorization, deadline))

    def cache(self, entity_id: str | None) -> tuple[Credentials, TokenCache]:
        """Return the credentials for an entity, and the cache of its token: a token may be good for one entity only."""
        if (found := self._caches.get(entity_id)) is None:
            assert isinstance(self.authorization, Credentials)
            credentials = self.authorization.for_entity(entity_id)
            cache = shared_token_cache(str(self.base_url), credentials, self.transport)
            found = self._caches.setdefault(entity_id, (credentials, cache))
        return found

    def _cached_token(
        self, cache: TokenCache, credentials: Credentials, rejected: Secret | None, options: Options, deadline: float
    ) -> Flow[Secret]:
        """Return the token of the cache, once it is refreshed if need be."""
        while True:
            found = cache.get(self.clock.monotonic(), rejected)
            if isinstance(found, Secret):
                return found
            try:
                if found.mine:
                    result = yield from self._refresh(cache, found, credentials, options, deadline)
                else:
                    result = yield Wait(found.result, deadline)
            except TimeoutError:
                result = errors.TokenError(_TOO_LATE)
            if isinstance(result, Token):
                return result.token
            if result is not None:
                raise result

    def _refresh(
        self, cache: TokenCache, refresh: Refresh, credentials: Credentials, options: Options, deadline: float
    ) -> Flow[Token | errors.TokenError]:
        """Fetch a token, for all callers that wait for one."""
        result: Token | errors.TokenError | None = None
        try:
            result = yield from self._fetch_token(credentials, options, deadline)
        except errors.TokenError as error:
            result = error
        except _OutOfTime as late:
            # The other callers may have more time: one of them tries next.
            return late.error
        finally:
            cache.finish(refresh, result)
        return result

    def _function_token(self, function: TokenFunction, deadline: float) -> Flow[Secret]:
        """Return the token from the caller's function."""
        try:
            returned = _hidden(function())
            if not isinstance(returned, Secret):
                returned = yield Await(returned, deadline)
        except TimeoutError:
            raise errors.TokenError(_TOO_LATE) from None
        except errors.JournalRunsError:
            raise
        except Exception as error:
            raise errors.TokenError(f"the token function failed ({type(error).__name__}: {error})") from error
        if not header_rules.is_token(returned):
            raise errors.TokenError("the token function returned nothing, or what cannot be sent in a header")
        return Secret(returned)

    def _fetch_token(self, credentials: Credentials, options: Options, deadline: float) -> Flow[Token]:
        """Exchange credentials for a token.

        Raises:
            TokenError: No token could be fetched.
        """
        headers = {"Accept": "application/json", "Zuora-Track-Id": new_uuid(self.random)}
        if credentials.entity_id is not None:
            headers["Zuora-Entity-Ids"] = credentials.entity_id
        info = errors.CallInfo("fetch a token", headers["Zuora-Track-Id"], attempts=0)
        while True:
            info = replace(info, attempts=info.attempts + 1)
            request = httpx.Request(
                "POST",
                self.base_url.join("/oauth/token"),
                headers=headers,
                data={
                    "client_id": credentials.client_id,
                    "client_secret": credentials.client_secret,
                    "grant_type": "client_credentials",
                },
                extensions={"timeout": options.timeouts.phases()},
            )
            began, after = self.clock.monotonic(), None
            kind: errors.CallError | None
            try:
                response: httpx.Response = yield Transmit(
                    request, deadline, authorized=True, span=request_span(request, info.attempts)
                )
            except httpx.HTTPError as failure:
                kind = responses.connection_error(failure, self.base_url.netloc.decode(), info)
                error = errors.TokenError(kind.message, info)
            else:
                read = _read_token(response, credentials, began, info)
                if isinstance(read, Token):
                    return read
                error, kind = read, responses.failure_of(response, info)
                after = retry_after(response.headers.get("Retry-After"))
            wait = None if kind is None else options.retry(FailedAttempt(kind, info.attempts, after, self.random))
            late = self.clock.monotonic() + (wait or _EARLY) >= deadline
            if late and isinstance(kind, errors.APIConnectionError):
                raise _OutOfTime(error)
            if late or wait is None:
                raise error
            yield Sleep(wait)


def _read_token(
    response: httpx.Response, credentials: Credentials, began: float, info: errors.CallInfo
) -> Token | errors.TokenError:
    """Return the token in a response, or why there is none.

    Args:
        response: The response to the token request.
        credentials: What the token was requested with.
        began: The time of the request on the monotonic clock.
        info: The request.
    """
    from zuora_journal_runs_api import errors as generated
    from zuora_journal_runs_api.types import Exchange, body

    try:
        data = body(response)
    except generated.InvalidResponseError:
        data = {}
    token = data.get("access_token")
    if response.status_code == 200 and isinstance(token, str) and header_rules.is_token(token):
        return Token(Secret(token), refresh_time(began, data.get("expires_in")))
    reason = f"no token from {response.request.url}: {_reason(response.status_code, data)}"
    # Some servers repeat what they were sent.
    reason = reason.replace(str(credentials.client_secret), "...")
    return errors.TokenError(reason, info, exchange=Exchange.of(response))


def _hidden(returned: str | Awaitable[str]) -> Secret | Awaitable[str]:
    return Secret(returned) if isinstance(returned, str) else returned


def new_uuid(random: Random) -> str:
    """Return a version 4 UUID."""
    # Every call needs one, and uuid.UUID takes five times as long.
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _reason(status: int, data: dict[str, Any]) -> str:
    reasons = "; ".join(f"{reason.code} {reason.message}" for reason in responses.reasons_in(data))
    reason = reasons or data.get("message") or data.get("error_description") or data.get("error") or "no reason given"
    return f"{reason} (HTTP {status})"
