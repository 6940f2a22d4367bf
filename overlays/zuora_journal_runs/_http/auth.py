"""The bearer token of a call: ready, given by a function, or fetched with an OAuth client's credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http import response as responses
from zuora_journal_runs._http.flow import Await, Flow, Sleep, Transmit, Wait
from zuora_journal_runs._http.retry import FailedAttempt, retry_after
from zuora_journal_runs._http.token_cache import Credentials, Refresh, Secret, Token, TokenCache, refresh_time

if TYPE_CHECKING:
    from random import Random

    from zuora_journal_runs._http.clock import Clock
    from zuora_journal_runs._http.options import Options

TokenFunction = Callable[[], str | Awaitable[str]]
Authorization = Credentials | Secret | TokenFunction | httpx.Auth
"""Credentials to fetch tokens with, a ready token, a function that gives one, or an `httpx.Auth`."""


_EARLY = 0.01
"""Seconds by which a socket's timer may be early."""
_TOO_LATE = "the deadline passed while a token was fetched"


class _OutOfTime(Exception):
    """A token request that was given up at the deadline of the call that made it."""

    def __init__(self, error: errors.TokenError) -> None:
        self.error = error
        super().__init__(error)


def _hidden(given: str | Awaitable[str]) -> Secret | Awaitable[str]:
    return Secret(given) if isinstance(given, str) else given


class Authorizer(NamedTuple):
    """What has a token ready for a client's calls."""

    base_url: httpx.URL
    authorization: Authorization
    cache: TokenCache | None
    """Keeps the token that was requested with credentials; None without credentials."""
    clock: Clock
    random: Random

    def __repr__(self) -> str:
        return f"Authorizer({str(self.base_url)!r})"  # and nothing of what is secret

    @property
    def auth(self) -> httpx.Auth | None:
        """The `httpx.Auth` that sees to it all, if there is one."""
        return self.authorization if isinstance(self.authorization, httpx.Auth) else None

    @property
    def can_renew(self) -> bool:
        """Whether there may be another token when one is refused."""
        return not isinstance(self.authorization, Secret | httpx.Auth)

    def token(self, rejected: Secret | None, options: Options, deadline: float) -> Flow[Secret | None]:
        """A bearer token other than the rejected one; None if an `httpx.Auth` sees to it.

        Raises:
            TokenError: no token could be fetched.
        """
        if isinstance(self.authorization, httpx.Auth):
            return None
        if isinstance(self.authorization, Secret):
            return self.authorization
        if self.cache is None or not isinstance(self.authorization, Credentials):
            return (yield from self._given_token(deadline))
        while True:
            found = self.cache.get(self.clock.monotonic(), rejected)
            if isinstance(found, Secret):
                return found
            try:
                if found.mine:
                    result = yield from self._refresh(self.cache, found, self.authorization, options, deadline)
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
        """Request a token for all who wait for one."""
        result: Token | errors.TokenError | None = None
        try:
            result = yield from self._fetch_token(credentials, options, deadline)
        except errors.TokenError as error:
            result = error
        except _OutOfTime as late:
            # Others may have more of it, and try for themselves.
            return late.error
        finally:
            cache.finish(refresh, result)
        return result

    def _given_token(self, deadline: float) -> Flow[Secret]:
        """The token that the caller's function gives."""
        try:
            given = _hidden(self.authorization())  # type: ignore[operator]
            if not isinstance(given, Secret):
                given = yield Await(given, deadline)
        except TimeoutError:
            raise errors.TokenError(_TOO_LATE) from None
        except errors.JournalRunsError:
            raise
        except Exception as error:
            raise errors.TokenError(f"the token function failed ({type(error).__name__}: {error})") from error
        if not header_rules.is_token(given):
            raise errors.TokenError("the token function gave what cannot stand in a header, or nothing")
        return Secret(given)

    def _fetch_token(self, credentials: Credentials, options: Options, deadline: float) -> Flow[Token]:
        """Exchange credentials for a token.

        Raises:
            TokenError: no token could be fetched.
        """
        from zuora_journal_runs_api import errors as generated
        from zuora_journal_runs_api.types import Exchange, body

        headers = {"Accept": "application/json", "Zuora-Track-Id": new_uuid(self.random)}
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
                kind = responses.no_answer(failure, self.base_url.netloc.decode(), **details)
                error = errors.TokenError(kind.message, **details)
            else:
                try:
                    data = body(response)
                except generated.InvalidResponseError:
                    data = {}
                token = data.get("access_token")
                if response.status_code == 200 and isinstance(token, str) and header_rules.is_token(token):
                    return Token(Secret(token), refresh_time(began, data.get("expires_in")))
                kind = responses.failure_of(response, **details)
                error = errors.TokenError(
                    # Some servers repeat what they were sent.
                    f"no token from {request.url}: {_told(response.status_code, data)}".replace(
                        str(credentials.client_secret), "..."
                    ),
                    exchange=Exchange.of(response),
                    **details,
                )
                after = retry_after(response.headers.get("Retry-After"))
            wait = None if kind is None else options.retry(FailedAttempt(kind, attempt, after, self.random))
            late = self.clock.monotonic() + (wait or _EARLY) >= deadline
            if late and isinstance(kind, errors.APIConnectionError):
                raise _OutOfTime(error)
            if late or wait is None:
                raise error
            yield Sleep(wait)


def new_uuid(random: Random) -> str:
    """A version 4 UUID."""
    # Made by hand, since every call has one and uuid.UUID takes five times as long.
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _told(status: int, data: dict[str, Any]) -> str:
    reasons = "; ".join(f"{reason.code} {reason.message}" for reason in responses.reasons_in(data))
    said = reasons or data.get("message") or data.get("error_description") or data.get("error") or "no reason given"
    return f"{said} (HTTP {status})"
