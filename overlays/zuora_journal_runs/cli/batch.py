"""Cancel runs side by side, and report on them in the order of their numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from zuora_journal_runs import errors

from . import records
from .failures import print_failure
from .parameters import limited
from .progress import ProgressDisplay, Seen
from .terminal import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from zuora_journal_runs import CancellationOutcome, CancellationProgress, CancellationResult, JournalRunsClient

    from .evidence_files import EvidenceFiles
    from .record_types import CancellationRecord, DeletionRecord, FailureRecord
    from .session import Session

    Result = CancellationRecord | DeletionRecord | FailureRecord

Record = TypeVar("Record")

SAME_COMMAND = "run the same command again"
GIVE_NUMBERS = "run it with the numbers of the other runs, in place of --apply"
"""How to continue after an interruption. What was changed meanwhile is no longer as it was planned."""
_CHECK_TIMEOUT = 30.0
"""Seconds for a check of a run that is already settled."""


def for_each(numbers: Sequence[str], one: Callable[[str], Record]) -> Iterator[Record | FailureRecord]:
    """Do something for each run, side by side; yield the records in order, and a failure where it failed."""
    from zuora_journal_runs._client import side_by_side

    def done(number: str) -> Record | FailureRecord:
        try:
            return one(number)
        except errors.JournalRunsError as error:
            return records.failed(number, error)

    yield from side_by_side(done, numbers)


@dataclass(frozen=True)
class Waiting:
    """How long to wait for the outcomes."""

    timeout: float = math.inf
    """Seconds for all runs together."""
    stall_after: float = math.inf
    """Seconds without a change after which a cancellation that has started counts as stalled."""


class CancellationBatch:
    """Runs that are cancelled side by side, and reported in the order of their numbers.

    Args:
        session: Where to keep what is known.
        client: The client.
        numbers: The runs' numbers, each once.
        failures: Those that failed and were reported before.
        waiting: How long to wait for the outcomes; None not to wait.
        files: Where to write evidence.
        repeat: Returns the command that repeats this one for a run.
        as_json: Whether to print JSON.
        applies: Whether the command applies a plan, so that it cannot be run again.
    """

    def __init__(
        self,
        session: Session,
        client: JournalRunsClient,
        numbers: Sequence[str],
        failures: Mapping[str, FailureRecord],
        waiting: Waiting | None,
        files: EvidenceFiles,
        repeat: Callable[[str], str],
        as_json: bool,
        applies: bool = False,
    ) -> None:
        self._session = session
        self._client = client
        self._numbers = numbers
        self._failures = failures
        self._waiting = waiting
        self._files = files
        self._repeat = repeat
        self._as_json = as_json
        self._again = GIVE_NUMBERS if applies else SAME_COMMAND
        self._ended: dict[str, CancellationRecord | FailureRecord] = dict(failures)
        self._reported = 0

    def execute(self, at_once: int | None) -> list[CancellationRecord | FailureRecord]:
        """Cancel them, and return the outcome of each, in order."""
        self._keep_known()
        left = [number for number in self._numbers if number not in self._failures]
        if left:
            waiting = self._waiting or Waiting()
            with ProgressDisplay(left, None if self._waiting is None else waiting.timeout) as display:

                def end(result: CancellationResult) -> None:
                    self._ended[result.number] = self._record(result)
                    self._keep_known()
                    display.finish(result.number)
                    if self._next() is not None:
                        with display.paused():
                            self._report()

                self._client.cancel_many(
                    left,
                    wait=self._waiting is not None,
                    timeout=limited(waiting.timeout),
                    stall_after=limited(waiting.stall_after),
                    at_once=at_once,
                    evidence=self._files.of,
                    on_progress=lambda progress: display.update(progress.run.number, seen_in(progress)),
                    on_result=end,
                )
        self._report()
        return [self._ended[number] for number in self._numbers]

    def _record(self, result: CancellationResult) -> CancellationRecord | FailureRecord:
        """Return the outcome of a run."""
        number, outcome, cancellation, error = result.number, result.outcome, result.cancellation, result.error
        if cancellation is None:
            assert error is not None
            return self._refused(number, error)
        acknowledged = cancellation.acknowledged
        if error is not None:
            return records.not_settled(number, acknowledged, error, self._repeat(number))
        if outcome is not None:
            return records.settled(number, acknowledged, outcome)
        done = None if acknowledged else self._done(number)
        return done or records.cancellation(number, acknowledged, self._repeat(number))

    def _refused(self, number: str, error: errors.JournalRunsError) -> CancellationRecord | FailureRecord:
        """Return the outcome of a run whose cancellation failed; the run's status explains a refusal."""
        refused = isinstance(error, errors.RuleViolationError | errors.InvalidRequestError | errors.ConflictError)
        done = self._done(number, error) if refused else None
        if isinstance(error, errors.RequestNotSentError) and not error.track_id:
            error.add_note(f"To continue: `{self._repeat(number)}`")
        return done or records.failed(number, error)

    def _done(self, number: str, refusal: errors.JournalRunsError | None = None) -> CancellationRecord | None:
        """Return the outcome of a run that is already cancelled; for any other, add advice to the refusal."""
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
        return self._client.wait_for_cancellation(number, timeout=_CHECK_TIMEOUT, evidence=self._files.of(number))

    def _next(self) -> CancellationRecord | FailureRecord | None:
        """Return the next record to report; None if it is not known yet."""
        return self._ended.get(self._numbers[self._reported]) if self._reported < len(self._numbers) else None

    def _report(self) -> None:
        """Report the records in order, up to the first that is not known yet."""
        while (record := self._next()) is not None:
            self._reported += 1
            if record["number"] not in self._failures:
                _print(record, self._as_json)

    def _keep_known(self) -> None:
        """Keep what is known, to report it on an interruption."""
        numbers = self._numbers
        one = f"a cancellation of {numbers[0]} may be in progress, and its outcome is not known yet"
        self._session.known = interrupted(
            self._ended.values(),
            len(numbers),
            one=f"{one}; to continue: `{self._repeat(numbers[0])}`",
            others="the outcomes of the others are not known yet",
            in_the_end="the outcome is known",
            again=self._again,
        )


def interrupted(ended: Iterable[Result], total: int, *, one: str, others: str, in_the_end: str, again: str) -> str:
    """Return what is known when a command for several runs is interrupted.

    Args:
        ended: The results so far.
        total: How many runs there are.
        one: What is known of a single run without a result.
        others: What is known of those of several without a result.
        in_the_end: What is known when all have a result.
        again: How to continue with several.
    """
    records = list(ended)
    if len(records) == total:
        return f"{in_the_end}: {summarize(records)}"
    if total == 1:
        return one
    results = f" ({summarize(records)})" if records else ""
    return f"{len(records):,} of {total:,} runs are done{results}, and {others}; to continue, {again}"


def summarize(ended: Iterable[Result]) -> str:
    """Return how many runs have which result."""
    return ", ".join(f"{total:,} {verdict}" for verdict, total in Counter(map(_verdict, ended)).items())


def _verdict(record: Result) -> str:
    return "failed" if record["kind"] == "failure" else _VERDICTS[record["outcome"]]


_VERDICTS = {
    "complete": "cancelled",
    "incomplete": "not completely cancelled",
    "accepted": "accepted",
    "unknown": "outcome not known",
    "deleted": "deleted",
}


def _print(record: CancellationRecord | FailureRecord, as_json: bool) -> None:
    """Report a run on standard output, and what went wrong on standard error."""
    if as_json:
        click.echo(records.line(record))
    if record["message"]:
        print_failure(record)
    elif not as_json and record["kind"] == "cancellation":
        from .render import cancellation

        show(cancellation(record))


def seen_in(progress: CancellationProgress) -> Seen:
    """Return what was seen of a cancellation."""
    return Seen(
        str(progress.run.status),
        progress.cancelled,
        progress.total if progress.entries else 0,
        progress.rate,
        progress.seconds_left,
    )
