"""One call, from a request to its response: headers, token, attempts, deadline. No I/O."""

from __future__ import annotations

import functools
import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import response as responses
from zuora_journal_runs._http.flow import Flow, Sleep, T, Transmit
from zuora_journal_runs._http.options import Attempt
from zuora_journal_runs._http.rate_limit import PermitUnavailable
from zuora_journal_runs._http.request import Request
from zuora_journal_runs._http.retry import FailedAttempt, retry_after
from zuora_journal_runs._http.tracing import request_span

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from zuora_journal_runs._http.auth import Authorizer
    from zuora_journal_runs._http.clock import Clock
    from zuora_journal_runs._http.options import Options
    from zuora_journal_runs._http.rate_limit import RateLimiter
    from zuora_journal_runs._http.token_cache import Secret

_REMEMBERED = 1000
"""How many runs a client remembers to have created."""
_LAG = 600.0
"""Seconds for which some replicas may not find a run that was created."""
logger = logging.getLogger("zuora_journal_runs")


class _Result:
    """The result of one attempt: a response, an error, or both."""

    __slots__ = ("error", "response", "retryable", "token")

    def __init__(
        self,
        token: Secret | None,
        response: httpx.Response | None,
        error: errors.CallError | None,
        *,
        retryable: bool = True,
    ) -> None:
        self.token, self.response, self.error, self.retryable = token, response, error, retryable


class Pipeline:
    """Sends the calls of a client: each with all conventions, within its deadline, and again if it may succeed then.

    Args:
        base_url: The address of the API.
        authorizer: Provides tokens.
        limiter: Limits rate and concurrency.
        clock: Time.
        random: The source of randomness.
    """

    __slots__ = ("_created", "_host", "_url_of", "authorizer", "base_url", "clock", "limiter", "random")

    def __init__(
        self, base_url: httpx.URL, authorizer: Authorizer, limiter: RateLimiter, clock: Clock, random: Random
    ) -> None:
        self.base_url: httpx.URL = base_url
        self.authorizer: Authorizer = authorizer
        self.limiter: RateLimiter = limiter
        self.clock: Clock = clock
        self.random: Random = random
        # A run that is waited for is polled again and again, and to parse its URL takes time.
        self._url_of = functools.lru_cache(maxsize=1024)(base_url.join)
        self._host = base_url.netloc.decode("ascii")
        self._created: dict[str, float] = {}
        """When runs were created, by their numbers."""

    def call(self, request: Request, options: Options) -> Flow[httpx.Response]:
        """Send a request until it succeeds, or trying again is of no use.

        Raises:
            InvalidArgumentError: The request is for none of the operations, and has to be, or has an invalid header.
            CallError: The call failed.
        """
        call = request.operation
        request = request.with_conventions(options, self.random)
        began = self.clock.monotonic()
        deadline = began + options.deadline
        info = errors.CallInfo(call, request.headers["zuora-track-id"], 1, request.headers.get("idempotency-key"))
        rejected: Secret | None = None
        maybe_processed = False
        while True:
            result = yield from self._attempt(request, info, rejected, options, deadline)
            response, error, wait = result.response, result.error, None
            if error is not None:
                if maybe_processed and isinstance(error, errors.RequestNotSentError):
                    error = errors.ResponseLostError(f"an earlier attempt was lost, and then {error.message}", info)
                maybe_processed |= error.maybe_processed and request.method != "GET"
                error.maybe_processed = maybe_processed
                if isinstance(error, errors.AuthenticationError) and rejected is None and self.authorizer.can_renew:
                    rejected, wait = result.token, 0.0
                elif result.retryable and (request.repeatable or not maybe_processed):
                    wait = self._wait_after(error, response, options, deadline)
            self._report(options, info, began, response, error, wait)
            if error is None:
                assert response is not None
                return response
            if wait is None:
                raise error
            if wait:
                yield Sleep(wait)
            info = replace(info, attempts=info.attempts + 1)

    def _attempt(
        self, request: Request, info: errors.CallInfo, rejected: Secret | None, options: Options, deadline: float
    ) -> Flow[_Result]:
        """Send a request once, with a token other than the rejected one."""
        token: Secret | None = None
        try:
            entity_id = request.headers.get("zuora-entity-ids")
            token = yield from self.authorizer.token(rejected, options, deadline, entity_id)
            response = yield from self._send(request, info.attempts, token, deadline)
        except errors.TokenError as failure:
            return _Result(token, None, errors.TokenError(failure.message, info, exchange=failure.exchange))
        except PermitUnavailable as failure:
            error = errors.RequestNotSentError(f"nothing was sent: {failure}", info)
            return _Result(token, None, error, retryable=False)
        except httpx.HTTPError as failure:
            return _Result(token, None, responses.connection_error(failure, self.base_url.netloc.decode(), info))
        response.extensions |= {"attempts": info.attempts, "track_id": info.track_id}
        failure_of = responses.failure_of if request.is_operation else responses.failure_of_other
        return _Result(token, response, failure_of(response, info))

    def _wait_after(
        self, error: errors.CallError, response: httpx.Response | None, options: Options, deadline: float
    ) -> float | None:
        """Return the seconds until the next attempt; None if there is to be none."""
        now = self.clock.monotonic()
        hint: float | None = None
        if response is not None and "retry_after" in response.extensions:
            hint = response.extensions["retry_after"]
        elif response is not None:
            hint = retry_after(response.headers.get("Retry-After"))
            if hint is not None:
                self.limiter.block(hint, now)
        wait = options.retry(FailedAttempt(error, error.attempts, hint, self.random))
        return max(wait, 0.0) if wait is not None and now + wait < deadline else None

    def _send(self, request: Request, attempt: int, token: Secret | None, deadline: float) -> Flow[httpx.Response]:
        """Send a request once, as soon as the tenant's limits allow it.

        Raises:
            PermitUnavailable: They do not allow it before the deadline.
        """
        permit = self.limiter.try_acquire(self.clock.monotonic())
        if permit is None:
            permit = yield from self.limiter.acquire(self.clock, deadline)
        headers: list[tuple[bytes, bytes]] = []
        pause: float | None = None
        try:
            sent = request.to_httpx(self._url_of(request.path), self._host, token)
            response: httpx.Response = yield Transmit(
                sent, deadline, authorized=token is not None, span=request_span(sent, attempt)
            )
            headers = response.headers.raw
            if response.status_code >= 400:
                # Before another caller gets the permit: a Retry-After holds for all callers.
                pause = response.extensions["retry_after"] = retry_after(response.headers.get("Retry-After"))
        finally:
            self.limiter.release(permit, self.clock.monotonic(), headers, pause)
        return response

    def read(self, response: httpx.Response, parse: Callable[[httpx.Response], T]) -> T:
        """Return the model in a successful response.

        Raises:
            InvalidResponseError: Its fields are not what the contract says.
        """
        from zuora_journal_runs_api import errors as generated

        try:
            return parse(response)
        except generated.InvalidResponseError as unreadable:
            raise self.invalid(response, f"the response does not match the contract: {unreadable}") from None

    def invalid(self, response: httpx.Response, problem: str) -> errors.InvalidResponseError:
        """Return the error for a successful response whose content cannot be used."""
        from zuora_journal_runs_api.types import Exchange

        exchange = Exchange.of(response)
        request = response.request
        info = errors.CallInfo(
            Request.from_httpx(request, self.base_url).operation,
            exchange.track_id,
            exchange.attempts,
            request.headers.get("Idempotency-Key"),
        )
        error = errors.InvalidResponseError(problem, info, exchange=exchange, body=response.content, cut_off=False)
        error.maybe_processed = request.method != "GET"
        return error

    def remember_created(self, number: str) -> None:
        """Remember that this run was created now, so that a wait does not mistake a lagging replica for a deletion."""
        self._created[number] = self.clock.monotonic()
        while len(self._created) > _REMEMBERED:
            self._created.pop(next(iter(self._created)))

    def was_created(self, number: str) -> bool:
        """Return whether this client created the run within the last minutes."""
        return self.clock.monotonic() - self._created.get(number, -math.inf) < _LAG

    def _report(
        self,
        options: Options,
        info: errors.CallInfo,
        began: float,
        response: httpx.Response | None,
        error: errors.CallError | None,
        wait: float | None,
    ) -> None:
        """Log a call that has ended, or an attempt that is repeated, and call the caller's hook."""
        seconds = self.clock.monotonic() - began
        if options.on_attempt is not None:
            status = None if response is None else response.status_code
            options.on_attempt(Attempt(info.call, info.attempts, status, seconds, error, wait))
        if wait is not None:
            logger.debug("%s: trying again in %.1f s after: %s", info.call, wait, error)
        elif logger.isEnabledFor(logging.INFO):
            logger.info(
                "%s: %s in %.3f s, attempt %d, request %s, track %s",
                info.call,
                "no response" if response is None else f"status {response.status_code}",
                seconds,
                info.attempts,
                None if response is None else response.headers.get("Zuora-Request-Id"),
                info.track_id,
            )
