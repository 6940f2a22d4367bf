"""The bearer token of a call: ready, given by a function, or fetched with an OAuth client's credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from . import _answers, _headers, errors
from ._flow import Await, Flow, Sleep, Transmit, Wait
from ._retry import FailedAttempt, retry_after
from ._tokens import Credentials, HeldToken, Secret, TokenCell, renewal

if TYPE_CHECKING:
    from random import Random

    from ._clock import Clock
    from ._options import Options

TokenFunction = Callable[[], str | Awaitable[str]]
Authorization = Credentials | Secret | TokenFunction | httpx.Auth
"""Credentials to fetch tokens with, a ready token, a function that gives one, or an `httpx.Auth`."""


class Authorizer(NamedTuple):
    """What has a token ready for a client's calls."""

    base_url: httpx.URL
    authorization: Authorization
    cell: TokenCell | None
    """Where the token is kept that credentials fetched; None without credentials."""
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
            TokenError: there is none to be had.
        """
        if isinstance(self.authorization, httpx.Auth):
            return None
        if isinstance(self.authorization, Secret):
            return self.authorization
        if self.cell is None or not isinstance(self.authorization, Credentials):
            given = self.authorization()  # type: ignore[operator]
            return _headers.token((yield Await(given)) if isinstance(given, Awaitable) else given)
        while True:
            claimed = self.cell.claim(self.clock.monotonic(), rejected)
            if isinstance(claimed, Secret):
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
                kind = _answers.no_answer(failure, self.base_url.netloc.decode(), **details)
                error = errors.TokenError(kind.message, **details)
            else:
                try:
                    data = body(response)
                except generated.UnreadableAnswer:
                    data = {}
                token = data.get("access_token")
                if response.status_code == 200 and isinstance(token, str) and _headers.is_token(token):
                    return HeldToken(Secret(token), renewal(began, data.get("expires_in")))
                kind = _answers.failure_of(response, **details)
                error = errors.TokenError(
                    f"no token from {request.url}: {_told(response.status_code, data)}",
                    exchange=Exchange.of(response),
                    **details,
                )
                after = retry_after(response.headers.get("Retry-After"))
            wait = None if kind is None else options.retry(FailedAttempt(kind, attempt, after, self.random))
            if wait is None or self.clock.monotonic() + wait >= deadline:
                raise error
            yield Sleep(wait)


def new_uuid(random: Random) -> str:
    """A version 4 UUID."""
    # Made by hand, since every call has one and uuid.UUID takes five times as long.
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _told(status: int, data: dict[str, Any]) -> str:
    reasons = "; ".join(f"{reason.code} {reason.message}" for reason in _answers.reasons_in(data))
    said = reasons or data.get("message") or data.get("error_description") or data.get("error") or "no reason given"
    return f"{said} (HTTP {status})"
