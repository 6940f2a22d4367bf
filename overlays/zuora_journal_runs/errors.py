"""What can go wrong, and what is known of it.

    JournalRunsError
    ├── InvalidInput                 refused here, before anything was sent
    ├── EvidenceError                an evidence file was changed, or cannot be written
    ├── ClientClosedError            the client was closed before
    ├── RunError
    │   ├── WrongStatus              refused here, since the run's status does not allow it
    │   └── NotSettled               the deadline passed, and the outcome is not known
    │       ├── CancellationNotSettled
    │       ├── CompletionNotSettled
    │       └── DeletionNotSettled
    ├── NoAnswer
    │   ├── NotSent                  the request never reached the server
    │   └── AnswerLost               it may have been acted upon
    ├── AnswerError                  an answer came that is not a success
    │   ├── UnreadableAnswer         not JSON, or not what the contract says
    │   └── APIError
    │       ├── InvalidRequest       a value, field or parameter is wrong (categories 20 to 27 and 90)
    │       ├── AuthenticationFailed the token was refused, and a new one too (category 11)
    │       ├── PermissionDenied     the user lacks a permission (category 10)
    │       ├── RuleViolation        a rule of Zuora's forbids it (category 30)
    │       ├── NotFound             there is no such run (category 40)
    │       ├── Unsupported          method or content type (category 45)
    │       ├── Contention           something else is at work on it (category 50)
    │       ├── IdempotencyConflict  the idempotency key was used for another call
    │       ├── TooManyRequests      a limit of the tenant's is reached (category 70)
    │       └── ServerFailure        something failed at Zuora's (categories 60, 61 and 99)
    └── TokenError                   no token could be had

Categories are the last two digits of a reason's code (Zuora, error handling, 2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zuora_journal_runs_api.models import JournalRun, Reason
    from zuora_journal_runs_api.types import Exchange

    from .evidence import Observation
    from .results import CancellationProgress


class JournalRunsError(Exception):
    """The root of everything that this package raises.

    Args:
        message: What is wrong, in one line.
    """

    maybe_processed: bool = False
    """Whether the call may have been acted upon. If true, look at the run before you repeat the call."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, for its support; None if there was no answer."""
        return None

    track_id: str | None = None
    """The `Zuora-Track-Id` of the call; None if there was none."""

    def __str__(self) -> str:
        identifiers = [("request", self.request_id), ("track", self.track_id)]
        known = ", ".join(f"{name} {value}" for name, value in identifiers if value)
        return _one_line(f"[{known}] {self._said()}" if known else self._said())

    def _said(self) -> str:
        """What is wrong, without the identifiers."""
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[JournalRunsError], args: tuple[Any, ...], state: dict[str, Any]) -> JournalRunsError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _one_line(text: str) -> str:
    """A text without line breaks and control characters, whatever a server put into it."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


class InvalidInput(JournalRunsError, ValueError):
    """A value that cannot be sent, or a setting that is missing. Nothing was sent."""


class EvidenceError(JournalRunsError):
    """An evidence file was changed since it was written, or cannot be written.

    Args:
        message: What is wrong, in one line.
        line: The line of the file that is wrong, counted from 1; None if it is none of them.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class ClientClosedError(JournalRunsError, RuntimeError):
    """The client was closed. Nothing was sent."""


class RunError(JournalRunsError):
    """Something about a run as it was seen.

    Args:
        message: What is wrong, without the identifiers.
        run: The run as it was seen last; None if it was not seen.
    """

    def __init__(self, message: str, *, run: JournalRun | None) -> None:
        super().__init__(message)
        self.run = run
        exchange = None if run is None else run.exchange
        self.track_id: str | None = None if exchange is None else exchange.track_id

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call that showed the run; None if none did."""
        return None if self.run is None or self.run.exchange is None else self.run.exchange.request_id


class WrongStatus(RunError):
    """The run's status does not allow what was asked. The request that would change it was not sent."""

    run: JournalRun


class CallError(JournalRunsError):
    """A call that failed, with what a support ticket needs.

    Args:
        message: What is wrong, without the identifiers.
        call: The call in words, such as `cancel JR-00000075`.
        track_id: The `Zuora-Track-Id` of the request.
        attempts: How many times it was sent.
        idempotency_key: The key of a POST. To repeat the call without doing it twice, repeat the key.
    """

    def __init__(
        self,
        message: str,
        *,
        call: str = "",
        track_id: str | None = None,
        attempts: int = 1,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(message)
        self.call = call
        self.track_id = track_id
        self.attempts = attempts
        self.idempotency_key = idempotency_key

    def _said(self) -> str:
        tries = f" (after {self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.call}: {self.message}{tries}" if self.call else f"{self.message}{tries}"


class NoAnswer(CallError):
    """No answer came, or not the whole of it."""


class NotSent(NoAnswer):
    """The server was not reached: nothing was done."""


class AnswerLost(NoAnswer):
    """The request was sent and its answer did not arrive: it may have been acted upon."""

    maybe_processed = True


class AnswerError(CallError):
    """An answer came that is not a success.

    Args:
        message: What is wrong, without the identifiers.
        exchange: Status and headers of the answer.
        body: The body of the answer as it came.
        details: The arguments of CallError.
    """

    def __init__(self, message: str, *, exchange: Exchange, body: bytes, **details: Any) -> None:
        super().__init__(message, **details)
        self.exchange = exchange
        self.body = body

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the call, from the header `Zuora-Request-Id`."""
        return self.exchange.request_id

    @property
    def status_code(self) -> int:
        """The status of the answer, which may be 200."""
        return self.exchange.status_code


class UnreadableAnswer(AnswerError):
    """The answer is not JSON, or not what the contract says; see `body`.

    Args:
        message: What is wrong, without the identifiers.
        cut_off: Whether it is no JSON object at all, as when it was cut off, or is a page of some proxy's.
        details: The arguments of AnswerError.
    """

    maybe_processed = True

    def __init__(self, message: str, *, cut_off: bool, **details: Any) -> None:
        super().__init__(message, **details)
        self.cut_off = cut_off


class APIError(AnswerError):
    """Zuora says that the call failed, under status 200 or one of its own.

    Args:
        message: What is wrong, without the identifiers.
        reasons: The reasons in the body, each with a code and a message.
        process_id: Zuora's identifier of the process, from the body.
        details: The arguments of AnswerError.
    """

    def __init__(self, message: str, *, reasons: list[Reason], process_id: str | None, **details: Any) -> None:
        super().__init__(message, **details)
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


class InvalidRequest(APIError):
    """A value, field or parameter of the request is wrong."""


class AuthenticationFailed(APIError):
    """The token was refused, and where it could be renewed, the new one too."""


class PermissionDenied(APIError):
    """The user lacks a permission, such as "Cancel Journal Run"."""


class RuleViolation(APIError):
    """A rule of Zuora's forbids it, such as cancelling a run that is being processed."""


class NotFound(APIError):
    """There is no such run; or it was deleted."""


class Unsupported(APIError):
    """The method or the content type is not supported there."""


class Contention(APIError):
    """Something else is at work on the same data."""


class IdempotencyConflict(APIError):
    """The idempotency key was used before, for another tenant, address or method."""


class TooManyRequests(APIError):
    """A limit of the tenant's is reached, on requests in a time or at once."""


class ServerFailure(APIError):
    """Something failed at Zuora's, or at a system that it relies on."""


class TokenError(CallError):
    """No token could be had, so that the call was not sent.

    Args:
        message: What is wrong, with the server's reason and without the secret.
        exchange: Status and headers of the answer to the token request; None if none came.
        details: The arguments of CallError.
    """

    def __init__(self, message: str, *, exchange: Exchange | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.exchange = exchange

    @property
    def request_id(self) -> str | None:
        """Zuora's identifier of the token request; None if no answer to it came."""
        return None if self.exchange is None else self.exchange.request_id

    @property
    def status_code(self) -> int | None:
        """The status of the answer to the token request; None if none came."""
        return None if self.exchange is None else self.exchange.status_code


class NotSettled(RunError):
    """The deadline passed before the outcome was known. It may be known later: wait again.

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
        run: JournalRun | None,
        problem: CallError | None = None,
        observations: tuple[Observation, ...] = (),
    ) -> None:
        super().__init__(message, run=run)
        self.number = number
        self.problem = problem
        self.observations = observations

    def _said(self) -> str:
        return f"{self.message}. Wait for it again, or look at the run"


class CancellationNotSettled(NotSettled):
    """It is not known yet what the cancellation did.

    Args:
        message: What was waited for, and what was seen last.
        number: The run's number.
        run: The run as it was seen last; None if it was not seen.
        progress: What was seen last of the run and its entries.
        details: The arguments of NotSettled.
    """

    def __init__(
        self,
        message: str,
        *,
        number: str,
        run: JournalRun | None,
        progress: CancellationProgress | None,
        **details: Any,
    ) -> None:
        super().__init__(message, number=number, run=run, **details)
        self.progress = progress


class CompletionNotSettled(NotSettled):
    """The run is neither `Completed` nor `Error` yet."""


class DeletionNotSettled(NotSettled):
    """The run is still there."""


CATEGORIES: Mapping[str, type[APIError]] = {
    "10": PermissionDenied,
    "11": AuthenticationFailed,
    "20": InvalidRequest,
    "21": InvalidRequest,
    "22": InvalidRequest,
    "23": InvalidRequest,
    "27": InvalidRequest,
    "30": RuleViolation,
    "40": NotFound,
    "45": Unsupported,
    "50": Contention,
    "60": ServerFailure,
    "61": ServerFailure,
    "70": TooManyRequests,
    "90": InvalidRequest,
    "99": ServerFailure,
}
"""The kind of error for each category that Zuora documents (error handling, 2026)."""

STATUSES: Mapping[int, type[APIError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    405: Unsupported,
    406: Unsupported,
    409: Contention,
    415: Unsupported,
    422: IdempotencyConflict,
    429: TooManyRequests,
}
"""The kind of error for each status, where a code does not say more."""

_FAILED_INSIDE = frozenset({"60", "61", "99"})


def category_of(codes: list[str]) -> str | None:
    """The category in the first code that has one."""
    for code in codes:
        if code[-2:] in CATEGORIES and code.isdecimal() and len(code) in (2, 8):
            return code[-2:]
    return None


def kind_of(status_code: int, codes: list[str]) -> type[APIError]:
    """The kind of error that a status and codes stand for.

    A status that says something goes first, since gateways before Zuora's own code set it; codes that begin with 9
    speak of authentication and have no category (Zuora, error handling, 2026).
    """
    if status_code in (401, 403, 409, 422, 429):
        return STATUSES[status_code]
    if any(code.startswith("9000") for code in codes):
        return AuthenticationFailed
    category = category_of(codes)
    if category is not None:
        return CATEGORIES[category]
    if status_code in STATUSES:
        return STATUSES[status_code]
    return ServerFailure if status_code >= 500 else APIError
