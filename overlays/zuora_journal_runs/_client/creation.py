"""Creating a run: under one idempotency key until it is refused for good, and after other runs if the caller waits."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from zuora_journal_runs import errors, evidence
from zuora_journal_runs._client.observer import new_key
from zuora_journal_runs._http import Flow, RunNumber, Sleep, parse_seconds, retry_after
from zuora_journal_runs.close import TurnProgress

if TYPE_CHECKING:
    import os

    from zuora_journal_runs._client._base import OnTurn
    from zuora_journal_runs._client.observer import Observer
    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs._http import FailedAttempt, Options
    from zuora_journal_runs_api.models import CreateJournalRunRequest, CreateJournalRunResponse

_RUN = re.compile(r"\bJR-[0-9]{8,}\b")
_BUSY = re.compile(
    r"\bJR-[0-9]{8,}\b|\b(another|other) (journal )?run\b|\b(in progress|already running)\b", re.IGNORECASE
)
"""What a refusal may say of another run that is in the way."""


def create(
    operations: Operations,
    body: CreateJournalRunRequest,
    *,
    wait_for_turn: float | None,
    on_turn: OnTurn | None,
    evidence: str | os.PathLike[str] | None,
) -> Flow[CreateJournalRunResponse]:
    """Create a run, or return what the evidence file says was created."""
    check_turn(wait_for_turn)
    with operations.observer_of("", "create", evidence, body.to_dict()) as observer:
        recorded = observer.recorded_creation()
        if recorded is not None:
            from zuora_journal_runs_api.models import CreateJournalRunResponse

            return CreateJournalRunResponse.from_dict(recorded)
        return (yield from submit(operations, observer, body, wait_for_turn=wait_for_turn, on_turn=on_turn))


def submit(
    operations: Operations,
    observer: Observer,
    body: CreateJournalRunRequest,
    *,
    wait_for_turn: float | None,
    on_turn: OnTurn | None,
) -> Flow[CreateJournalRunResponse]:
    """Send a creation; while another run is in the way, send it again, each time under a new idempotency key."""
    from zuora_journal_runs_api.api.journal_runs import create_journal_run

    clock = operations.pipeline.clock
    began = clock.monotonic()
    deadline = -math.inf if wait_for_turn is None else began + wait_for_turn
    polls = 0
    key = observer.creation_key(operations.options.idempotency_key)
    while True:
        # No attempt is made with a key that Zuora may have forgotten.
        lifetime = observer.history.key_since + evidence.KEY_LIFETIME - observer.now()
        sending = operations.observed_by(observer).within(lifetime)
        sending.options = _under(key, sending.options, turns=wait_for_turn is not None)
        try:
            created, _ = yield from sending.send(create_journal_run, create_journal_run.get_kwargs(body=body))
        except errors.APIError as error:
            refusal = error
        else:
            operations.pipeline.remember_created(created.journal_run_number)
            found: CreateJournalRunResponse = created
            return found
        if not _is_definite(refusal):
            raise refusal
        assert observer.history.creation is not None
        observer.note(evidence.CreationNoted(observer.now(), "refused", observer.history.creation.key))
        if wait_for_turn is None or not _is_about_another_run(refusal):
            raise refusal
        left = deadline - clock.monotonic()
        if left <= 0:
            raise errors.TurnTimeoutError(
                f"another run was in the way for {wait_for_turn:,.4g} s, and nothing was created: {refusal.message}",
                refusal=refusal,
            )
        # Zuora would repeat the refusal under the same key.
        key = new_key()
        if on_turn is not None:
            on_turn((yield from _progress(operations.within(left), refusal, clock.monotonic() - began, key)))
        polls += 1
        hint = retry_after(refusal.exchange.headers.get("Retry-After"))
        interval = operations.options.polling.interval(polls, operations.pipeline.random, hint)
        yield Sleep(min(interval, left))
        observer.begin_creation(key)


def check_turn(wait_for_turn: float | None) -> None:
    """Check the time to wait for other runs.

    Raises:
        InvalidArgumentError: It is not a number of seconds above 0.
    """
    if wait_for_turn is not None:
        parse_seconds("wait_for_turn", wait_for_turn, ", or None not to wait")


def _under(key: str, options: Options, *, turns: bool) -> Options:
    """Return options to send a creation with; if it waits for its turn, a refusal is not retried under the same key."""

    def retry(failed: FailedAttempt) -> float | None:
        return None if turns and _is_definite(failed.error) else options.retry(failed)

    return replace(options, idempotency_key=key, retry=retry)


def _is_definite(error: errors.CallError) -> bool:
    """Return whether Zuora itself has refused a request, and will repeat that as long as it knows the key."""
    return (
        isinstance(error, errors.APIError)
        and not error.maybe_processed
        and not isinstance(error, errors.RateLimitError | errors.AuthenticationError)
        and evidence.is_refusal(error.status_code, error.body)
    )


def _is_about_another_run(refusal: errors.APIError) -> bool:
    """Return whether a refusal may be because of another run. No document says with which code Zuora refuses then."""
    if isinstance(refusal, errors.RuleViolationError | errors.ConflictError):
        return True
    return isinstance(refusal, errors.InvalidRequestError) and _BUSY.search(refusal.message) is not None


def _progress(operations: Operations, refusal: errors.APIError, seconds: float, key: str) -> Flow[TurnProgress]:
    """Return what is waited for: the run that the refusal names, if it names one that can be retrieved."""
    run = None
    named = _RUN.search(refusal.message)
    if named is not None:
        try:
            run = yield from operations.retrieve(RunNumber(named[0]))
        except errors.CallError:
            run = None
    return TurnProgress(refusal, run, seconds, key)
