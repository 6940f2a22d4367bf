"""Cancelling runs side by side, and reporting on them in the order of their numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors

from . import records
from .error_messages import compose, print_error
from .formatting import format_duration
from .parameters import limited
from .progress import ProgressDisplay
from .terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zuora_journal_runs import CancellationOutcome, CancellationProgress, CancellationResult, JournalRunsClient

    from .evidence_files import EvidenceFiles
    from .records import CancellationRecord, DeletionRecord, FailureRecord
    from .session import Session

    Result = CancellationRecord | DeletionRecord | FailureRecord

_LOOK = 30.0
"""Seconds for a look at what is settled already."""


@dataclass(frozen=True)
class Waiting:
    """How long to wait for the outcomes."""

    timeout: float = math.inf
    """Seconds for all runs together."""
    stall_after: float = math.inf
    """Seconds without a change after which a cancellation that has begun counts as stalled."""


class CancellationBatch:
    """Runs that are cancelled side by side, and told in the order of their numbers.

    Args:
        session: Where it is kept what is known.
        client: The client.
        numbers: The runs' numbers, each once.
        failures: Those that failed, and were reported, already.
        waiting: How long to wait for the outcomes; None not to wait.
        files: Where evidence is written.
        as_json: Whether to answer in JSON.
    """

    def __init__(
        self,
        session: Session,
        client: JournalRunsClient,
        numbers: Sequence[str],
        failures: Mapping[str, FailureRecord],
        waiting: Waiting | None,
        files: EvidenceFiles,
        as_json: bool,
    ) -> None:
        self._session = session
        self._client = client
        self._numbers = numbers
        self._failures = failures
        self._waiting = waiting
        self._files = files
        self._as_json = as_json
        self._ended: dict[str, CancellationRecord | FailureRecord] = dict(failures)
        self._told = 0

    def run(self, at_once: int | None) -> list[CancellationRecord | FailureRecord]:
        """Cancel them; what became of each, in order."""
        self._know()
        left = [number for number in self._numbers if number not in self._failures]
        if left:
            waiting = self._waiting or Waiting()
            with ProgressDisplay(left, None if self._waiting is None else waiting.timeout) as board:

                def end(result: CancellationResult) -> None:
                    self._ended[result.number] = self._record(result)
                    self._know()
                    board.ended(result.number)
                    if self._next() is not None:
                        with board.aside():
                            self._tell()

                self._client.cancel_many(
                    left,
                    wait=self._waiting is not None,
                    timeout=limited(waiting.timeout),
                    stall_after=limited(waiting.stall_after),
                    at_once=at_once,
                    evidence=self._files.of,
                    on_progress=lambda progress: board.saw(progress.run.number, *_seen(progress)),
                    on_result=end,
                )
        self._tell()
        return [self._ended[number] for number in self._numbers]

    def _record(self, result: CancellationResult) -> CancellationRecord | FailureRecord:
        """What became of a run."""
        number, outcome, cancellation, error = result.number, result.outcome, result.cancellation, result.error
        if cancellation is None:
            assert error is not None
            return self._refused(number, error)
        acknowledged = cancellation.acknowledged
        if error is not None:
            return records.not_settled(number, acknowledged, error)
        if outcome is not None:
            return records.settled(number, acknowledged, outcome)
        done = None if acknowledged else self._done(number)
        return done or records.cancellation(number, acknowledged)

    def _refused(self, number: str, error: errors.JournalRunsError) -> CancellationRecord | FailureRecord:
        """What became of a run that could not be asked for; a refusal is explained by where the run stands."""
        refused = isinstance(error, errors.RuleViolationError | errors.InvalidRequestError | errors.ConflictError)
        done = self._done(number, error) if refused else None
        if isinstance(error, errors.RequestNotSentError) and not error.track_id:
            error.add_note(f"To go on: `zjr cancel {number}`")
        return done or records.failure(number, error)

    def _done(self, number: str, refusal: errors.JournalRunsError | None = None) -> CancellationRecord | None:
        """A run that is cancelled already; None for another, of which the refusal then tells what to do."""
        try:
            run = self._client.retrieve(number)
            if run.status in ("Cancelled", "DeleteInprogress"):
                return records.settled(number, False, self._wait(number))
        except errors.JournalRunsError:
            return None
        if refusal is not None:
            refusal.add_note(records.advice_when(str(run.status)))
        return None

    def _wait(self, number: str) -> CancellationOutcome:
        return self._client.wait_for_cancellation(number, timeout=_LOOK, evidence=self._files.of(number))

    def _next(self) -> CancellationRecord | FailureRecord | None:
        """What is to be told next, if it is known."""
        return self._ended.get(self._numbers[self._told]) if self._told < len(self._numbers) else None

    def _tell(self) -> None:
        """Tell what is known of each run, up to the first of which it is not."""
        while (record := self._next()) is not None:
            self._told += 1
            if record["number"] not in self._failures:
                _say(record, self._as_json)

    def _know(self) -> None:
        """Keep what is known, for whoever stops this."""
        numbers = self._numbers
        one = f"a cancellation of {numbers[0]} may be under way, and what it did is not known yet"
        self._session.known = interrupted(
            self._ended.values(),
            len(numbers),
            one=f"{one}; to go on: `zjr cancel {numbers[0]}`",
            others="what the cancellations of the others did is not known yet",
            in_the_end="it is known what the cancellation did",
        )


def interrupted(ended: Iterable[Result], total: int, *, one: str, others: str, in_the_end: str) -> str:
    """Return what is known when a command for several runs is stopped.

    Args:
        ended: The results so far.
        total: How many runs there are.
        one: What is known of a single run that has no result.
        others: What is known of those of several that have none.
        in_the_end: What is known when all have one.
    """
    records = list(ended)
    if len(records) == total:
        return f"{in_the_end}: {summarize(records)}"
    if total == 1:
        return one
    results = f" ({summarize(records)})" if records else ""
    return (
        f"{len(records):,} of {total:,} runs are done with{results}, and {others}; to go on: run the same command again"
    )


def summarize(ended: Iterable[Result]) -> str:
    """Return how many runs came to which end."""
    return ", ".join(f"{total:,} {verdict}" for verdict, total in Counter(map(_verdict, ended)).items())


def _verdict(record: Result) -> str:
    return "failed" if record["kind"] == "failure" else _VERDICTS[record["outcome"]]


_VERDICTS = {
    "complete": "cancelled",
    "incomplete": "not completely cancelled",
    "accepted": "accepted",
    "unknown": "not known",
    "deleted": "deleted",
}


def print_failure(record: CancellationRecord | DeletionRecord | FailureRecord) -> None:
    """Say on standard error what went wrong for a run."""
    identifiers = (record["requestId"], record["trackId"]) if record["kind"] == "failure" else (None, None)
    print_error(compose(str(record["message"]), record["advice"], *identifiers))


def _say(record: CancellationRecord | FailureRecord, as_json: bool) -> None:
    """Report on standard output; what went wrong is said on standard error."""
    if as_json:
        click.echo(records.line(record))
    if record["message"]:
        print_failure(record)
    elif not as_json and record["kind"] == "cancellation":
        from .render import cancellation

        show(cancellation(record))


def _seen(progress: CancellationProgress) -> tuple[str, str]:
    """Return how far a cancellation is, and how fast it goes on."""
    status = str(progress.run.status)
    if not progress.entries:
        return status, ""
    seen = f"{status}, {progress.cancelled:,} of {progress.total:,} entries cancelled"
    if progress.rate is None or not progress.seconds_left:
        return seen, ""
    return seen, f", {progress.rate:,.1f} a second, about {format_duration(max(round(progress.seconds_left), 1))} left"
