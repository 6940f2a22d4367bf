"""Waits, written once for both clients: poll, observe, and end when the verdict is known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from zuora_journal_runs import errors, evidence
from zuora_journal_runs._client.operations import NO_TIME
from zuora_journal_runs._http import Flow, RunNumber, Sleep, T, parse_count, parse_seconds, retry_after
from zuora_journal_runs.evidence import Verdict
from zuora_journal_runs.results import (
    Cancellation,
    CancellationOutcome,
    CancellationProgress,
    CancellationResult,
    CompletionOutcome,
    Deletion,
    Ending,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from zuora_journal_runs._client._base import EvidenceFolder, OnPoll, OnProgress
    from zuora_journal_runs._client.observer import Observer
    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs_api.models import CreateJournalRunResponse
    from zuora_journal_runs_api.types import Exchange

E = TypeVar("E", bound=errors.WaitTimeoutError)

_LAST_POLL = 1.0
"""Seconds that the last poll may take, though the deadline is near."""
_LISTING_INTERVAL = 10.0
"""Seconds between two listings of the entries while they decide nothing, but show the progress."""
_LISTING_SHARE = 10.0
"""The shortest interval between two such listings, as a multiple of the time that a listing takes."""
_LONGEST_PAUSE = 120.0
"""Seconds to pause at most for a listing that took long."""
_FINAL_POLLS = 2
"""Polls in a row at which Zuora must refuse credentials or a permission before a wait ends: one refusal may pass."""
_LISTED = ("Completed", "Error", "Cancelled", "DeleteInprogress")
"""The statuses in which the entries decide."""


class RunWait:
    """One wait for a run: its deadline, and its polls."""

    def __init__(self, operations: Operations, observer: Observer, timeout: float | None) -> None:
        self.observer = observer
        self._clock = operations.pipeline.clock
        self._operations = operations.observed_by(observer)
        self.timeout = timeout
        self._deadline = math.inf if timeout is None else self._clock.monotonic() + timeout
        self._polls = self._refusals = 0
        self._began = self._listed_at = self._clock.monotonic()
        self._listing_took = 0.0
        self._first_listing: tuple[float, int] | None = None

        self.number = RunNumber(observer.number)

    def operations(self) -> Operations:
        """Return the operations with calls that do not outlast the wait."""
        return self._operations.within(max(self._deadline - self._clock.monotonic(), _LAST_POLL))

    def poll_run(self) -> Flow[bool]:
        """Retrieve the run; return whether it was seen."""
        seen = len(self.observer.observations)
        try:
            yield from self.operations().retrieve(self.number)
        except errors.CallError as error:
            self.observer.error = error
            self._raise_if_final(error)
            return False
        self._refusals = 0
        return isinstance(self.observer.observations[seen], evidence.RunSeen)

    def poll_cancellation(self) -> Flow[bool]:
        """Retrieve the run, and its entries where they decide or a listing is due; return whether it was seen."""
        if not (yield from self.poll_run()):
            return False
        run = self.observer.run
        assert run is not None
        now = self._clock.monotonic()
        due = now - self._listed_at >= max(_LISTING_INTERVAL, _LISTING_SHARE * self._listing_took)
        if self.observer.history.status in _LISTED or run.status in _LISTED or due:
            try:
                yield from self.operations().show_entries(self.number)
            except errors.CallError as error:
                self._raise_if_final(error)
            self._listed_at = self._clock.monotonic()
            self._listing_took = min(self._listed_at - now, _LONGEST_PAUSE)
        return True

    def _raise_if_final(self, error: errors.CallError) -> None:
        """Raise an error that ends a wait: everything else may pass, once the run is known to exist."""
        self._refusals = self._refusals + 1 if _is_final(error) else 0
        if not self.observer.history.known or self._refusals >= _FINAL_POLLS:
            # The poll changed nothing, but an earlier request of this wait may have.
            error.maybe_processed |= bool(self.observer.history.accepted)
            raise error

    def poll_until(
        self, ending: Callable[[], T | None], on_poll: OnPoll | None, kind: type[E], problem: str
    ) -> Flow[T]:
        """Poll the run until it has ended, and return its ending.

        Args:
            ending: Returns the ending, or None if it is not known yet.
            on_poll: Called with the run after each poll that saw one that has not ended.
            kind: The error to raise when the time is up.
            problem: Its message.
        """
        while True:
            seen = yield from self.poll_run()
            if (found := ending()) is not None:
                return found
            if seen and on_poll is not None:
                assert self.observer.run is not None
                on_poll(self.observer.run)
            if not (yield from self.pause()):
                raise self.timeout_error(kind, f"{problem} {self.after()}")

    def timeout_error(self, kind: type[E], problem: str) -> E:
        """Return the error for a wait that ends before the outcome is known."""
        observer = self.observer
        return kind(
            f"{problem}: {self.described()}",
            number=self.number,
            run=observer.run,
            problem=observer.error,
            observations=tuple(observer.observations),
        )

    def pause(self) -> Flow[bool]:
        """Wait until the next poll is due; return false if the time is up."""
        self._polls += 1
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            return False
        run = self.observer.run
        exchange = None if run is None else run.exchange
        hint = None if exchange is None else retry_after(exchange.headers.get("Retry-After"))
        operations = self._operations
        interval = operations.options.polling.interval(self._polls, operations.pipeline.random, hint)
        # Listing the entries of a large run takes long: do not spend more than half of the time on it.
        yield Sleep(min(max(interval, self._listing_took), left))
        return True

    def progress(self) -> CancellationProgress | None:
        """Return what was seen so far; None if the run was not."""
        observer, now = self.observer, self._clock.monotonic()
        if observer.run is None:
            return None
        entries, cancelled = observer.entries.values(), observer.entries.cancelled
        if self._first_listing is None and entries:
            self._first_listing = (now, cancelled)
        rate = None
        if self._first_listing is not None and now > self._first_listing[0]:
            rate = (cancelled - self._first_listing[1]) / (now - self._first_listing[0]) or None
        total = observer.history.total
        return CancellationProgress(observer.run, entries, total, cancelled, now - self._began, rate)

    def described(self) -> str:
        """Return what was seen last, for the message of an error."""
        run, error = self.observer.run, self.observer.error
        seen = "the run was not seen" if run is None else f"the run was {run.status} when it was seen last"
        return seen if error is None else f"{seen}, and the last request failed: {error.message}"

    def after(self) -> str:
        """Return the timeout in words."""
        return "in time" if self.timeout is None or self.timeout < _LAST_POLL else f"after {self.timeout:,.4g} s"


def cancel_and_wait(
    operations: Operations,
    number: RunNumber,
    *,
    timeout: float | None,
    stall_after: float | None,
    on_progress: OnProgress | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[CancellationOutcome]:
    """Cancel a run, and wait for the outcome."""
    check_timeouts(timeout, stall_after)
    with operations.observer_of(number, "cancel", evidence) as observer:
        if observer.requested:
            observer.assume_known()
        else:
            # Whoever began the file may have requested it.
            yield from operations.observed_by(observer).cancel(number, join=observer.continued)
        wait = RunWait(operations, observer, timeout)
        return (yield from cancellation_outcome(wait, stall_after, on_progress))


def cancel_one_of_many(
    operations: Operations,
    *,
    wait: bool,
    timeout: float | None,
    stall_after: float | None,
    at_once: int | None,
    on_progress: OnProgress | None,
    evidence: EvidenceFolder,
) -> Callable[[RunNumber], Flow[CancellationResult]]:
    """Return the flow that cancels one run of many, and with `wait` waits for its outcome.

    Raises:
        InvalidArgumentError: A limit is not above 0.
    """
    check_timeouts(timeout, stall_after)
    if at_once is not None:
        parse_count("at_once", at_once)
    clock = operations.pipeline.clock
    # One deadline for all of them.
    deadline = math.inf if timeout is None else clock.monotonic() + timeout

    def cancel_many(number: RunNumber) -> Flow[CancellationResult]:
        cancellation, outcome, failure = None, None, None
        try:
            if clock.monotonic() >= deadline:
                raise errors.RequestNotSentError(
                    "the time was up before the request, and nothing was sent", errors.CallInfo(f"cancel {number}")
                )
            with operations.observer_of(number, "cancel", evidence_file(evidence, number)) as observer:
                cancellation = yield from operations.observed_by(observer).cancel(number, join=True)
                if wait:
                    observer.assume_known()
                    # First every run is requested, and then they are waited for.
                    yield Sleep(0.0)
                    # One poll, however late it is.
                    left = None if timeout is None else max(deadline - clock.monotonic(), NO_TIME)
                    waiting = RunWait(operations, observer, left)
                    outcome = yield from cancellation_outcome(waiting, stall_after, _guarded(on_progress))
        except errors.JournalRunsError as error:
            failure = error
        return CancellationResult(number, outcome, cancellation, failure)

    return cancel_many


class CallbackRaised(BaseException):
    """Carries what a callback raised through code that handles exceptions of this package.

    Args:
        error: The exception.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def _guarded(callback: OnProgress | None) -> OnProgress | None:
    if callback is None:
        return None

    def guarded(progress: CancellationProgress) -> None:
        try:
            callback(progress)
        except BaseException as error:  # noqa: BLE001 - it reaches the caller unchanged
            raise CallbackRaised(error) from None

    return guarded


def evidence_file(folder: EvidenceFolder, number: str) -> os.PathLike[str] | None:
    """Return the evidence file of one run of many, in a folder that is created if it does not exist.

    Raises:
        InvalidArgumentError: The folder cannot be created.
    """
    if folder is None:
        return None
    if callable(folder):
        return folder(number)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.InvalidArgumentError(
            f"the folder {folder} for evidence cannot be created: {error.strerror}"
        ) from None
    return Path(folder) / f"{number}.jsonl"


def wait_for_cancellation(
    operations: Operations,
    cancellation: Cancellation | str,
    *,
    timeout: float | None,
    stall_after: float | None,
    on_progress: OnProgress | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[CancellationOutcome]:
    """Wait for the outcome of a cancellation."""
    check_timeouts(timeout, stall_after)
    number = RunNumber(cancellation.number if isinstance(cancellation, Cancellation) else cancellation)
    with operations.observer_of(number, "wait", evidence) as observer:
        if isinstance(cancellation, Cancellation):
            observer.assume_known()
        wait = RunWait(operations, observer, timeout)
        return (yield from cancellation_outcome(wait, stall_after, on_progress))


def cancellation_outcome(
    wait: RunWait, stall_after: float | None, on_progress: OnProgress | None
) -> Flow[CancellationOutcome]:
    """Wait until it is known what a cancellation did."""
    observer = wait.observer
    while True:
        seen = yield from wait.poll_cancellation()
        judgement = observer.history.cancellation(stall_after)
        if judgement.verdict in (Verdict.COMPLETE, Verdict.INCOMPLETE) and observer.run is not None:
            observer.conclude("cancellation")
            return CancellationOutcome(
                observer.run,
                observer.models(judgement.cancelled),
                observer.models(judgement.remaining),
                judgement.verdict is Verdict.COMPLETE,
                judgement.gone,
                judgement.discrepancies,
                tuple(observer.observations),
            )
        if seen and on_progress is not None:
            progress = wait.progress()
            assert progress is not None
            on_progress(progress)
        if judgement.verdict is Verdict.STALLED:
            assert stall_after is not None
            problem = f"the cancellation of {wait.number} has stalled: nothing has changed for {stall_after:,.4g} s"
        elif (yield from wait.pause()):
            continue
        else:
            problem = f"what the cancellation of {wait.number} did is not known {wait.after()}"
        error = wait.timeout_error(errors.CancellationTimeoutError, problem)
        error.progress = wait.progress()
        raise error


def wait_for_completion(
    operations: Operations,
    created: CreateJournalRunResponse | str,
    *,
    timeout: float | None,
    on_poll: OnPoll | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[CompletionOutcome]:
    """Wait until a created run has ended."""
    check_timeouts(timeout)
    number = RunNumber(created if isinstance(created, str) else getattr(created, "journal_run_number", created))
    with operations.observer_of(number, "wait", evidence) as observer:
        if not isinstance(created, str) or operations.pipeline.was_created(number):
            # A run that is not found right after its creation is one that a replica does not know yet.
            observer.assume_known()
        return (yield from completion(RunWait(operations, observer, timeout), on_poll))


def completion(wait: RunWait, on_poll: OnPoll | None) -> Flow[CompletionOutcome]:
    """Wait until a run has ended."""
    observer = wait.observer
    ending = yield from wait.poll_until(
        observer.history.completion, on_poll, errors.CompletionTimeoutError, f"{wait.number} has not ended"
    )
    assert observer.run is not None
    observer.conclude("completion")
    return CompletionOutcome(Ending(ending), observer.run, tuple(observer.observations))


def delete(
    operations: Operations,
    number: RunNumber,
    *,
    wait: bool,
    timeout: float | None,
    on_poll: OnPoll | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[Deletion]:
    """Delete a cancelled run, and with `wait` wait until it is gone."""
    check_timeouts(timeout)
    with operations.observer_of(number, "delete", evidence) as observer:
        call = operations.observed_by(observer)
        deadline = call.deadline()
        run = yield from call.retrieve(number)
        if run.status not in ("Cancelled", "DeleteInprogress"):
            raise errors.RunStatusError(
                f"{number} is {run.status}, and only a run that is Cancelled can be deleted: cancel it first", run=run
            )
        exchange = run.exchange
        if run.status == "Cancelled":
            exchange = yield from _request_deletion(call, observer, deadline)
        if wait and not observer.history.deletion():
            yield from RunWait(operations, observer, timeout).poll_until(
                lambda: observer.history.deletion() or None,
                on_poll,
                errors.DeletionTimeoutError,
                f"{number} is not known to be gone",
            )
        gone = observer.history.deletion()
        if gone:
            observer.conclude("deletion")
        return Deletion(number, gone, exchange, tuple(observer.observations))


def _request_deletion(operations: Operations, observer: Observer, deadline: float) -> Flow[Exchange | None]:
    """Request a deletion. If the response is lost, the run's status shows whether the request was accepted."""
    number = RunNumber(observer.number)
    try:
        return (yield from operations.by(deadline).request_deletion(number))
    except errors.CallError as error:
        if not error.maybe_processed:
            raise
        failure = error
    wait = RunWait(operations, observer, max(deadline - operations.pipeline.clock.monotonic(), NO_TIME))
    while True:
        try:
            run = yield from operations.by(deadline).retrieve(number)
        except errors.NotFoundError as error:
            if observer.history.deletion():
                return error.exchange
        except errors.CallError:
            raise failure from None
        else:
            if run.status == "DeleteInprogress":
                return run.exchange
            raise failure
        if not (yield from wait.pause()):
            raise failure


def _is_final(error: errors.CallError) -> bool:
    """Return whether an error ends a wait: Zuora itself refuses credentials, or a permission is missing.

    A gateway's page with the same status may pass.
    """
    if isinstance(error, errors.TokenError):
        return error.status_code in (400, 401, 403)
    if isinstance(error, errors.AuthenticationError | errors.PermissionDeniedError):
        return evidence.is_refusal(error.status_code, error.body)
    return False


def check_timeouts(timeout: float | None, stall_after: float | None = None) -> None:
    """Check the limits of a wait.

    Raises:
        InvalidArgumentError: One is not a number of seconds above 0.
    """
    for name, seconds in (("timeout", timeout), ("stall_after", stall_after)):
        if seconds is not None:
            parse_seconds(name, seconds, ", or None for no limit")
