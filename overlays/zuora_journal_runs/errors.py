"""The exceptions that this package raises.

    JournalRunsError
    ├── InvalidArgumentError             refused before anything was sent (also a ValueError)
    │   └── KeyExpiredError              a creation of a day ago, whose outcome is not known, is not repeated
    ├── EvidenceError                    an evidence file was changed, or cannot be written
    ├── ClientClosedError                the client was closed (also a RuntimeError)
    ├── TurnTimeoutError                 another run was in the way of a creation (also a TimeoutError)
    ├── PostingInDoubtError              raised by your `post`, if the entry may have been posted
    ├── PlanError                        a run or an entry is not as it was planned; nothing was changed
    ├── RunError
    │   ├── RunStatusError               the run's status does not allow the request, which was not sent
    │   ├── EntriesRemainError           entries of the run are not cancelled, or would not be
    │   ├── IncompleteEntriesError       the entries changed while they were listed, or not all were listed
    │   └── WaitTimeoutError             the outcome is not known yet (also a TimeoutError)
    │       ├── CancellationTimeoutError
    │       ├── CompletionTimeoutError
    │       └── DeletionTimeoutError
    └── CallError
        ├── APIConnectionError
        │   ├── RequestNotSentError      the request never reached the server
        │   └── ResponseLostError        the request may have been processed
        ├── ResponseError                a response that is not a success
        │   ├── InvalidResponseError     not JSON, or not what the contract says
        │   └── APIError
        │       ├── InvalidRequestError      a value, field or parameter is wrong (categories 20 to 27 and 90)
        │       ├── AuthenticationError      the token was refused, and so was a new one (category 11)
        │       ├── PermissionDeniedError    the user lacks a permission (category 10)
        │       ├── RuleViolationError       a business rule of Zuora forbids it (category 30)
        │       ├── NotFoundError            the run does not exist (category 40)
        │       ├── UnsupportedRequestError  the method or content type is not supported (category 45)
        │       ├── ConflictError            the data is locked by another operation (category 50)
        │       ├── IdempotencyError         the idempotency key was used for another call
        │       ├── RateLimitError           a limit of the tenant is reached (category 70)
        │       └── ServerError              Zuora failed (categories 60, 61 and 99)
        └── TokenError                   no access token could be fetched

Categories are the last two digits of a reason's code (Zuora, error handling, 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zuora_journal_runs._generated import models, types

if TYPE_CHECKING:
    from . import _observations, _progress
else:
    from ._lazy import LazyModule

    _observations = LazyModule("zuora_journal_runs._observations")
    _progress = LazyModule("zuora_journal_runs._progress")


__all__ = [
    "CATEGORIES",
    "STATUSES",
    "APIConnectionError",
    "APIError",
    "AuthenticationError",
    "CallError",
    "CallInfo",
    "CancellationTimeoutError",
    "ClientClosedError",
    "CompletionTimeoutError",
    "ConflictError",
    "DeletionTimeoutError",
    "EntriesRemainError",
    "EvidenceError",
    "IdempotencyError",
    "IncompleteEntriesError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "InvalidResponseError",
    "JournalRunsError",
    "KeyExpiredError",
    "NotFoundError",
    "PermissionDeniedError",
    "PlanError",
    "PostingInDoubtError",
    "RateLimitError",
    "RequestNotSentError",
    "ResponseError",
    "ResponseLostError",
    "RuleViolationError",
    "RunError",
    "RunStatusError",
    "ServerError",
    "TokenError",
    "TurnTimeoutError",
    "UnsupportedRequestError",
    "WaitTimeoutError",
    "category_of",
    "kind_of",
]


class JournalRunsError(Exception):
    """Base class of all exceptions that this package raises.

    Args:
        message: What is wrong, in one line.
    """

    maybe_processed: bool = False
    """Whether the request may have been processed. If true, look at the run before you repeat it."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, for its support; None if there was no response."""
        return None

    track_id: str | None = None
    """The `Zuora-Track-Id` of the call, if it had one."""

    def __str__(self) -> str:
        identifiers = [("request", self.request_id), ("track", self.track_id)]
        known = ", ".join(f"{name} {value}" for name, value in identifiers if value)
        return _one_line(f"[{known}] {self._description()}" if known else self._description())

    def _description(self) -> str:
        """Return what is wrong, without the identifiers."""
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[JournalRunsError], args: tuple[Any, ...], state: dict[str, Any]) -> JournalRunsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _one_line(text: str) -> str:
    """Return a text without the line breaks and control characters that a server may have sent."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


class InvalidArgumentError(JournalRunsError, ValueError):
    """An argument or setting is invalid or missing. Nothing was sent."""


class KeyExpiredError(InvalidArgumentError):
    """A creation was begun a day ago and may have been processed, and Zuora has forgotten its idempotency key."""

    maybe_processed = True


class EvidenceError(JournalRunsError):
    """An evidence file was changed since it was written, or cannot be written.

    Args:
        message: What is wrong, in one line.
        line: The line of the file that is wrong, counted from 1; None if no single line is.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ClientClosedError(JournalRunsError, RuntimeError):
    """The client was closed. Nothing was sent."""


class TurnTimeoutError(JournalRunsError, TimeoutError):
    """Another run was in the way until the time was up. Nothing was created.

    Args:
        message: What was waited for.
        refusal: How Zuora refused the creation last.
    """

    def __init__(self, message: str, *, refusal: APIError) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.track_id: str | None = refusal.track_id

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call that was refused last."""
        return self.refusal.request_id


class PlanError(JournalRunsError):
    """A run or an entry is not as it was planned. Nothing was changed.

    Args:
        message: What is wrong, in one line.
        deviations: What is not as it was planned, a sentence each.
    """

    def __init__(self, message: str, *, deviations: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.deviations = deviations


class PostingInDoubtError(JournalRunsError):
    """For your own `post` to raise: the entry may have been posted, as after a timeout of the ledger.

    It is then not marked as `Error`, and not posted again, until `was_posted` tells.
    """

    maybe_processed = True


class RunError(JournalRunsError):
    """Base class of errors about the state of a run.

    Args:
        message: What is wrong, without the identifiers.
        run: The run as it was seen last; None if it was not seen.
    """

    def __init__(self, message: str, *, run: models.JournalRun | None) -> None:
        super().__init__(message)
        self.run = run
        exchange = None if run is None else run.exchange
        self.track_id: str | None = None if exchange is None else exchange.track_id

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call that showed the run; None if none did."""
        return None if self.run is None or self.run.exchange is None else self.run.exchange.request_id


class RunStatusError(RunError):
    """The run's status does not allow the request, which was not sent."""

    run: models.JournalRun


class EntriesRemainError(RunError):
    """Entries of the run are not cancelled, or would not be; no run was created in its place.

    Args:
        message: Which entries, and what to do.
        run: The run as it was seen last.
        entries: The entries.
        maybe_processed: Whether the cancellation was requested.
    """

    def __init__(
        self,
        message: str,
        *,
        run: models.JournalRun,
        entries: tuple[models.JournalEntry, ...],
        maybe_processed: bool,
    ) -> None:
        super().__init__(message, run=run)
        self.entries = entries
        self.maybe_processed = maybe_processed


class IncompleteEntriesError(RunError):
    """The entries that were listed are not shown to be all of the run's: list them again.

    They changed between two pages, so that one may have been left out; or fewer are listed than the run counts.

    Args:
        message: What does not fit together.
        run: The run as it was seen before its entries were listed.
        listed: How many entries were listed.
    """

    def __init__(self, message: str, *, run: models.JournalRun | None, listed: int) -> None:
        super().__init__(message, run=run)
        self.listed = listed


@dataclass(frozen=True, slots=True, eq=False)
class CallInfo:
    """Which call failed: what a support ticket needs."""

    call: str = ""
    """The call in words, such as `cancel JR-00000075`."""
    track_id: str | None = None
    """The `Zuora-Track-Id` of the request."""
    attempts: int = 1
    """How many times it was sent."""
    idempotency_key: str | None = None
    """The key of a POST. To repeat the call without doing it twice, repeat the key."""


_NO_CALL = CallInfo()


class CallError(JournalRunsError):
    """A call failed; the attributes are what a support ticket needs.

    Args:
        message: What is wrong, without the identifiers.
        info: Which call failed. Its fields are attributes of the error.
    """

    def __init__(self, message: str, info: CallInfo = _NO_CALL) -> None:
        super().__init__(message)
        self.call: str = info.call
        self.track_id: str | None = info.track_id
        self.attempts: int = info.attempts
        self.idempotency_key: str | None = info.idempotency_key

    def _description(self) -> str:
        tries = f" (after {self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.call}: {self.message}{tries}" if self.call else f"{self.message}{tries}"


class APIConnectionError(CallError):
    """No response was received, or only a part of it."""


class RequestNotSentError(APIConnectionError):
    """The request did not reach the server: nothing was done."""


class ResponseLostError(APIConnectionError):
    """The request was sent and its response was lost: it may have been processed."""

    maybe_processed = True


class ResponseError(CallError):
    """A response was received that is not a success.

    Args:
        message: What is wrong, without the identifiers.
        info: Which call failed.
        exchange: Status and headers of the response.
        body: The body of the response as it was received.
    """

    def __init__(self, message: str, info: CallInfo = _NO_CALL, *, exchange: types.Exchange, body: bytes) -> None:
        super().__init__(message, info)
        self.exchange = exchange
        self.body = body

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, from the header `Zuora-Request-Id`."""
        return self.exchange.request_id

    @property
    def status_code(self) -> int:
        """The HTTP status of the response, which may be 200."""
        return self.exchange.status_code


class InvalidResponseError(ResponseError):
    """The response is not JSON, or not what the contract says; see `body`.

    Args:
        message: What is wrong, without the identifiers.
        info: Which call failed.
        exchange: Status and headers of the response.
        body: The body of the response as it was received.
        cut_off: Whether it is not a JSON object at all, for example truncated, or the page of a proxy.
    """

    maybe_processed = True

    def __init__(
        self, message: str, info: CallInfo = _NO_CALL, *, exchange: types.Exchange, body: bytes, cut_off: bool
    ) -> None:
        super().__init__(message, info, exchange=exchange, body=body)
        self.cut_off = cut_off


class APIError(ResponseError):
    """Zuora says that the call failed, under status 200 or one of its own.

    Args:
        message: What is wrong, without the identifiers.
        info: Which call failed.
        exchange: Status and headers of the response.
        body: The body of the response as it was received.
        reasons: The reasons in the body, each with a code and a message.
        process_id: Zuora's identifier of the process, from the body.
    """

    def __init__(
        self,
        message: str,
        info: CallInfo = _NO_CALL,
        *,
        exchange: types.Exchange,
        body: bytes,
        reasons: list[models.Reason],
        process_id: str | None,
    ) -> None:
        super().__init__(message, info, exchange=exchange, body=body)
        self.reasons = reasons
        self.process_id = process_id
        self.maybe_processed: bool = self.status_code >= 500 or self.category in _FAILED_INSIDE

    @property
    def codes(self) -> list[str]:
        """The codes of the reasons, as text."""
        return [str(reason.code) for reason in self.reasons]

    @property
    def category(self) -> str | None:
        """The last two digits of the first code; None if there is no such code."""
        return category_of(self.codes)


class InvalidRequestError(APIError):
    """A value, field or parameter of the request is wrong."""


class AuthenticationError(APIError):
    """The access token was refused, and so was a new one if it could be renewed."""


class PermissionDeniedError(APIError):
    """The user lacks a permission, such as "Cancel Journal Run"."""


class RuleViolationError(APIError):
    """A business rule of Zuora forbids it, such as cancelling a run that is being processed."""


class NotFoundError(APIError):
    """The run does not exist, or was deleted."""


class UnsupportedRequestError(APIError):
    """The method or the content type is not supported."""


class ConflictError(APIError):
    """The data is locked by another operation."""


class IdempotencyError(APIError):
    """The idempotency key was used before for another tenant, URL or method."""


class RateLimitError(APIError):
    """A limit of the tenant is reached, on its request rate or on concurrent requests."""


class ServerError(APIError):
    """Zuora failed, or a system that it relies on."""


class TokenError(CallError):
    """No access token could be fetched, so that the request was not sent.

    Args:
        message: What is wrong, with the server's reason and without the secret.
        info: Which call failed.
        exchange: Status and headers of the response to the token request, if there was one.
    """

    def __init__(self, message: str, info: CallInfo = _NO_CALL, *, exchange: types.Exchange | None = None) -> None:
        super().__init__(message, info)
        self.exchange = exchange

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the token request; None if it had no response."""
        return None if self.exchange is None else self.exchange.request_id

    @property
    def status_code(self) -> int | None:
        """The HTTP status of the token response; None if there was none."""
        return None if self.exchange is None else self.exchange.status_code


class WaitTimeoutError(RunError, TimeoutError):
    """The wait ended before the outcome was known. It may be known later: wait again.

    Args:
        message: What was waited for, and what was seen last.
        number: The run's number.
        run: The run as it was seen last; None if it was not seen.
        problem: Why the last request failed; None if it did not.
        observations: What was observed, in order: see `zuora_journal_runs.evidence`.
    """

    maybe_processed = True

    def __init__(
        self,
        message: str,
        *,
        number: str,
        run: models.JournalRun | None,
        problem: CallError | None = None,
        observations: tuple[_observations.Observation, ...] = (),
    ) -> None:
        super().__init__(message, run=run)
        self.number = number
        self.problem = problem
        self.observations = observations

    def _description(self) -> str:
        return f"{self.message}. Wait for it again, or look at the run"


class CancellationTimeoutError(WaitTimeoutError):
    """The outcome of the cancellation is not known yet.

    Args:
        message: What was waited for, and what was seen last.
        number: The run's number.
        run: The run as it was seen last; None if it was not seen.
        problem: Why the last request failed; None if it did not.
        observations: What was observed, in order: see `zuora_journal_runs.evidence`.
        progress: What was seen last of the run and its entries.
    """

    def __init__(
        self,
        message: str,
        *,
        number: str,
        run: models.JournalRun | None,
        problem: CallError | None = None,
        observations: tuple[_observations.Observation, ...] = (),
        progress: _progress.CancellationProgress | None = None,
    ) -> None:
        super().__init__(message, number=number, run=run, problem=problem, observations=observations)
        self.progress = progress


class CompletionTimeoutError(WaitTimeoutError):
    """The run is neither `Completed` nor `Error` yet."""


class DeletionTimeoutError(WaitTimeoutError):
    """The run is not known to be gone yet."""


CATEGORIES: Mapping[str, type[APIError]] = {
    "10": PermissionDeniedError,
    "11": AuthenticationError,
    "20": InvalidRequestError,
    "21": InvalidRequestError,
    "22": InvalidRequestError,
    "23": InvalidRequestError,
    "27": InvalidRequestError,
    "30": RuleViolationError,
    "40": NotFoundError,
    "45": UnsupportedRequestError,
    "50": ConflictError,
    "60": ServerError,
    "61": ServerError,
    "70": RateLimitError,
    "90": InvalidRequestError,
    "99": ServerError,
}
"""The exception for each category that Zuora documents (error handling, 2026)."""

STATUSES: Mapping[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: UnsupportedRequestError,
    406: UnsupportedRequestError,
    409: ConflictError,
    415: UnsupportedRequestError,
    422: IdempotencyError,
    429: RateLimitError,
}
"""The exception for each HTTP status, where the reasons have no known category."""

_FAILED_INSIDE = frozenset({"60", "61", "99"})


def category_of(codes: list[str]) -> str | None:
    """Return the category of the first code that has one."""
    for code in codes:
        if code[-2:] in CATEGORIES and code.isdecimal() and len(code) in (2, 8):
            return code[-2:]
    return None


def kind_of(status_code: int, codes: list[str]) -> type[APIError]:
    """Return the exception for an HTTP status and the codes of the reasons.

    A specific status decides first, since gateways in front of Zuora set it; codes that begin with 9 are about
    authentication and have no category (Zuora, error handling, 2026).
    """
    if status_code in (401, 403, 409, 422, 429):
        return STATUSES[status_code]
    if any(code.startswith("9000") for code in codes):
        return AuthenticationError
    category = category_of(codes)
    if category is not None:
        return CATEGORIES[category]
    if status_code in STATUSES:
        return STATUSES[status_code]
    return ServerError if status_code >= 500 else APIError
