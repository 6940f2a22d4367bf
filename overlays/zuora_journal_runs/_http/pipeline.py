"""One call, from a request to its answer: headers, token, attempts, deadline. No I/O."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import response as responses
from zuora_journal_runs._http.flow import Flow, Sleep, T, Transmit
from zuora_journal_runs._http.options import Attempt
from zuora_journal_runs._http.rate_limit import PermitUnavailable
from zuora_journal_runs._http.request import Outgoing, of_request, with_conventions
from zuora_journal_runs._http.retry import FailedAttempt, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from zuora_journal_runs._http.auth import Authorizer
    from zuora_journal_runs._http.clock import Clock
    from zuora_journal_runs._http.options import Options
    from zuora_journal_runs._http.rate_limit import RateLimiter
    from zuora_journal_runs._http.token_cache import Secret

_REMEMBERED = 1000
"""Runs that a client remembers to have created."""
_LAG = 600.0
"""Seconds for which a run that was created may not be found by every replica."""
logger = logging.getLogger("zuora_journal_runs")


class Pipeline(NamedTuple):
    """What calls need beside a request."""

    base_url: httpx.URL
    authorizer: Authorizer
    limiter: RateLimiter
    clock: Clock
    random: Random
    created: dict[str, float]
    """When runs were created, by their numbers."""

    def call(self, outgoing: Outgoing, options: Options) -> Flow[httpx.Response]:
        """Send a request until it succeeds or there is no use in trying.

        Raises:
            InvalidArgumentError: the request is not one of the operations, or has an invalid header.
            CallError: it failed.
        """
        name = outgoing.operation
        outgoing = with_conventions(outgoing, options, self.random)
        began = self.clock.monotonic()
        deadline = began + options.deadline
        details: dict[str, Any] = {
            "call": name,
            "track_id": outgoing.headers["zuora-track-id"],
            "idempotency_key": outgoing.headers.get("idempotency-key"),
            "attempts": 0,
        }
        rejected: Secret | None = None
        maybe_processed = False
        while True:
            details["attempts"] += 1
            token: Secret | None = None
            response: httpx.Response | None = None
            error: errors.CallError | None = None
            hopeless = False
            try:
                token = yield from self.authorizer.token(rejected, options, deadline)
                response = yield from self._send(outgoing, token, deadline)
            except errors.TokenError as failure:
                error = errors.TokenError(failure.message, exchange=failure.exchange, **details)
            except PermitUnavailable as failure:
                error, hopeless = errors.RequestNotSentError(f"nothing was sent: {failure}", **details), True
            except httpx.HTTPError as failure:
                error = responses.no_answer(failure, self.base_url.netloc.decode(), **details)
            else:
                response.extensions |= {"attempts": details["attempts"], "track_id": details["track_id"]}
                judge = responses.failure_of if outgoing.is_operation else responses.failure_of_other
                error = judge(response, **details)
            wait = None
            if error is not None:
                if maybe_processed and isinstance(error, errors.RequestNotSentError):
                    error = errors.ResponseLostError(
                        f"an earlier attempt was lost, and then {error.message}", **details
                    )
                maybe_processed |= error.maybe_processed and outgoing.method != "GET"
                error.maybe_processed = maybe_processed
                if isinstance(error, errors.AuthenticationError) and rejected is None and self.authorizer.can_renew:
                    rejected, wait = token, 0.0
                elif not hopeless and (outgoing.repeatable or not maybe_processed):
                    wait = self._wait_after(error, response, options, deadline)
            self._tell(options, details, began, response, error, wait)
            if response is not None and error is None:
                return response
            if error is not None and wait is None:
                raise error
            if wait:
                yield Sleep(wait)

    def _wait_after(
        self, error: errors.CallError, response: httpx.Response | None, options: Options, deadline: float
    ) -> float | None:
        """Return the seconds until the next attempt; None if there is to be none."""
        now = self.clock.monotonic()
        asked: float | None = None
        if response is not None and "retry_after" in response.extensions:
            asked = response.extensions["retry_after"]
        elif response is not None:
            asked = retry_after(response.headers.get("Retry-After"))
            if asked is not None:
                self.limiter.block(asked, now)
        wait = options.retry(FailedAttempt(error, error.attempts, asked, self.random))
        return max(wait, 0.0) if wait is not None and now + wait < deadline else None

    def _send(self, outgoing: Outgoing, token: Secret | None, deadline: float) -> Flow[httpx.Response]:
        """Send a request once, as soon as the tenant's limits allow it.

        Raises:
            PermitUnavailable: they do not allow it before the deadline.
        """
        permit = self.limiter.try_acquire(self.clock.monotonic())
        if permit is None:
            permit = yield from self.limiter.acquire(self.clock, deadline)
        headers: list[tuple[bytes, bytes]] = []
        pause: float | None = None
        try:
            request = outgoing.request(self.base_url, token)
            response: httpx.Response = yield Transmit(request, deadline, authorized=token is not None)
            headers = response.headers.raw
            if response.status_code >= 400:
                # Before another caller gets the permit: what is asked of one is asked of all.
                pause = response.extensions["retry_after"] = retry_after(response.headers.get("Retry-After"))
        finally:
            self.limiter.release(permit, self.clock.monotonic(), headers, pause)
        return response

    def read(self, response: httpx.Response, parse: Callable[[httpx.Response], T]) -> T:
        """A successful answer as a model.

        Raises:
            InvalidResponseError: its fields are not what the contract says.
        """
        from zuora_journal_runs_api import errors as generated

        try:
            return parse(response)
        except generated.InvalidResponseError as unreadable:
            raise self.invalid(response, f"the answer does not match the contract: {unreadable}") from None

    def invalid(self, response: httpx.Response, problem: str) -> errors.InvalidResponseError:
        """Return the error for a successful response whose content cannot be used."""
        from zuora_journal_runs_api.types import Exchange

        exchange = Exchange.of(response)
        error = errors.InvalidResponseError(
            problem,
            cut_off=False,
            exchange=exchange,
            body=response.content,
            call=of_request(response.request, self.base_url).operation,
            track_id=exchange.track_id,
            attempts=exchange.attempts,
            idempotency_key=response.request.headers.get("Idempotency-Key"),
        )
        error.maybe_processed = response.request.method != "GET"
        return error

    def remember_created(self, number: str) -> None:
        """Remember that this run was created a moment ago, so that a wait takes "not found" for lag."""
        self.created[number] = self.clock.monotonic()
        while len(self.created) > _REMEMBERED:
            self.created.pop(next(iter(self.created)))

    def was_created(self, number: str) -> bool:
        """Return whether this client created the run a moment ago."""
        return self.clock.monotonic() - self.created.get(number, -math.inf) < _LAG

    def _tell(
        self,
        options: Options,
        details: dict[str, Any],
        began: float,
        response: httpx.Response | None,
        error: errors.CallError | None,
        wait: float | None,
    ) -> None:
        """Log a call that has ended, or an attempt that is repeated, and call the caller's hook."""
        seconds = self.clock.monotonic() - began
        if options.on_attempt is not None:
            status = None if response is None else response.status_code
            options.on_attempt(Attempt(details["call"], details["attempts"], status, seconds, error, wait))
        if wait is not None:
            logger.debug("%s: trying again in %.1f s after: %s", details["call"], wait, error)
        elif logger.isEnabledFor(logging.INFO):
            logger.info(
                "%s: %s in %.3f s, attempt %d, request %s, track %s",
                details["call"],
                "no answer" if response is None else f"status {response.status_code}",
                seconds,
                details["attempts"],
                None if response is None else response.headers.get("Zuora-Request-Id"),
                details["track_id"],
            )
