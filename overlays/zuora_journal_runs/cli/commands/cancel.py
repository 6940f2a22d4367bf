"""`zjr cancel`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.parameters import JSON, TIMEOUT, YES
from zuora_journal_runs.cli.problems import Problem, complain, with_identifiers
from zuora_journal_runs.cli.progress import Board
from zuora_journal_runs.cli.session import NOTHING, connected
from zuora_journal_runs.cli.status import worst
from zuora_journal_runs.cli.terminal import asks, confirmed, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zuora_journal_runs import CancellationProgress, CancellationResult, JournalRunsClient
    from zuora_journal_runs.cli.records import CancellationRecord, FailureRecord, PlanRecord
    from zuora_journal_runs.cli.session import Session

_LOOK = 30.0
"""Seconds for a look at what is settled already."""


@click.command()
@connected
@click.argument("given", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be cancelled, what would stay, and why.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is known what the cancellation did.")
@click.option(
    "--at-once",
    metavar="N",
    type=click.IntRange(min=1),
    help="Have N runs under way at once; 1 is one after the other.  [default: all]",
)
@TIMEOUT
@YES
@JSON
def cancel(
    session: Session,
    given: tuple[str, ...],
    dry_run: bool,
    no_wait: bool,
    at_once: int | None,
    timeout: float,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel journal runs, and say what that really did.

    Several runs are cancelled side by side, within one --timeout for all of them, and told in the order of their
    numbers; one that fails stops no other. `-` reads numbers from standard input. On a terminal it shows what it would
    do, and asks first.

    To go on after an interruption, run the same command again: a run that is cancelled, or being cancelled, is only
    looked at.

    For several runs the exit status is the worst of theirs; from the worst on, these are 1, 2, 4, 3 and 0.
    """
    numbers = _distinct(given)
    with session.client() as client:
        if dry_run:
            return _plan(client, numbers, as_json)
        failures = _agreed(client, numbers) if asks(yes) else {}
        batch = _Batch(session, client, numbers, failures, timeout, not no_wait, as_json)
        ended = batch.run(at_once)
    if len(numbers) > 1 and not as_json:
        click.echo(f"{len(numbers):,} runs: {_totals(ended)}")
    return worst(record["exitStatus"] for record in ended)


def _plan(client: JournalRunsClient, numbers: Sequence[str], as_json: bool) -> int:
    statuses: list[int] = []
    for plan in _plans(client, numbers):
        statuses.append(plan["exitStatus"])
        _say(plan, as_json)
    if not as_json:
        click.echo("Nothing was changed.")
    return worst(statuses)


class _Batch:
    """Runs that are cancelled side by side, and told in the order of their numbers.

    Args:
        session: Where it is kept what is known.
        client: The client.
        numbers: The runs' numbers, each once.
        failures: Those that failed, and were told, already.
        timeout: Seconds for all of them.
        wait: Whether to wait until it is known what the cancellations did.
        as_json: Whether to answer in JSON.
    """

    def __init__(
        self,
        session: Session,
        client: JournalRunsClient,
        numbers: Sequence[str],
        failures: Mapping[str, FailureRecord],
        timeout: float,
        wait: bool,
        as_json: bool,
    ) -> None:
        self._session = session
        self._client = client
        self._numbers = numbers
        self._failures = failures
        self._timeout = timeout
        self._wait = wait
        self._as_json = as_json
        self._ended: dict[str, CancellationRecord | FailureRecord] = dict(failures)
        self._told = 0

    def run(self, at_once: int | None) -> list[CancellationRecord | FailureRecord]:
        """Cancel them; what became of each, in order."""
        self._know()
        left = [number for number in self._numbers if number not in self._failures]
        if left:
            with Board(left, self._timeout if self._wait else None) as board:

                def end(result: CancellationResult) -> None:
                    self._ended[result.number] = self._record(result)
                    self._know()
                    board.ended(result.number)
                    if self._next() is not None:
                        with board.aside():
                            self._tell()

                self._client.cancel_many(
                    left,
                    wait=self._wait,
                    timeout=self._timeout,
                    at_once=at_once,
                    on_progress=lambda progress: board.saw(progress.run.number, _seen(progress)),
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
            return records.not_settled(number, acknowledged, error, self._timeout)
        if outcome is not None:
            return records.settled(number, acknowledged, outcome)
        done = None if acknowledged else self._done(number)
        return done or records.cancellation(number, acknowledged)

    def _refused(self, number: str, error: errors.JournalRunsError) -> CancellationRecord | FailureRecord:
        """What became of a run that could not be asked for; a refusal is explained by where the run stands."""
        refused = isinstance(error, errors.RuleViolation | errors.InvalidRequest | errors.Contention)
        done = self._done(number, error) if refused else None
        if isinstance(error, errors.NotSent) and not error.track_id:
            error.add_note(f"To go on: `zjr cancel {number}`")
        return done or records.failure(number, error)

    def _done(self, number: str, refusal: errors.JournalRunsError | None = None) -> CancellationRecord | None:
        """A run that is cancelled already; None for another, of which the refusal then tells what to do."""
        try:
            run = self._client.retrieve(number)
            if run.status in ("Cancelled", "DeleteInprogress"):
                return records.settled(number, False, self._client.wait_for_cancellation(number, timeout=_LOOK))
        except errors.JournalRunsError:
            return None
        if refusal is not None:
            refusal.add_note(records.advice_when(str(run.status)))
        return None

    def _next(self) -> CancellationRecord | FailureRecord | None:
        """What is to be told next, if it is known."""
        return self._ended.get(self._numbers[self._told]) if self._told < len(self._numbers) else None

    def _tell(self) -> None:
        """Tell what is known of each run, up to the first of which it is not."""
        while (record := self._next()) is not None:
            self._told += 1
            _say(record, self._as_json, complained=record["number"] in self._failures)

    def _know(self) -> None:
        """Keep what is known, for whoever stops this."""
        total, done = len(self._numbers), len(self._ended)
        if total == 1:
            (number,) = self._numbers
            known = f"a cancellation of {number} may be under way, and what it did is not known yet"
            go_on = f"`zjr cancel {number}`"
        else:
            known = f"{done:,} of {total:,} runs are done with"
            if done:
                known += f" ({_totals(self._ended.values())})"
            known += ", and what the cancellations of the others did is not known yet"
            go_on = "run the same command again"
        if done == total:
            self._session.known = f"it is known what the cancellation did: {_totals(self._ended.values())}"
        else:
            self._session.known = f"{known}; to go on: {go_on}"


def _distinct(given: Sequence[str]) -> list[str]:
    """The numbers, with those on standard input, each once.

    Raises:
        UsageError: there are none.
    """
    numbers: list[str] = []
    for number in given:
        if number == "-":
            numbers += sys.stdin.buffer.read().decode("utf-8-sig", "replace").split() if sys.stdin else []
        else:
            numbers.append(number)
    if not numbers:
        raise click.UsageError("no run numbers on standard input")
    for number, times in Counter(numbers).items():
        if times > 1:
            complain(f"{number} is given {times:,} times, and cancelled once")
    return list(dict.fromkeys(numbers))


def _plans(client: JournalRunsClient, numbers: Sequence[str]) -> Iterator[PlanRecord | FailureRecord]:
    from zuora_journal_runs._many import side_by_side

    def planned(number: str) -> PlanRecord | FailureRecord:
        try:
            return records.plan(client.plan_cancellation(number))
        except errors.JournalRunsError as error:
            return records.failure(number, error)

    return side_by_side(planned, numbers)


def _agreed(client: JournalRunsClient, numbers: Sequence[str]) -> dict[str, FailureRecord]:
    """Show what would be done, and ask; what failed already.

    Raises:
        Problem: the answer is no.
    """
    failures: dict[str, FailureRecord] = {}
    able: list[str] = []
    for plan in _plans(client, numbers):
        _say(plan, as_json=False, err=True)
        if plan["kind"] == "failure":
            failures[plan["number"]] = plan
        elif plan["allowed"]:
            able.append(plan["number"])
    if able and not confirmed(f"Cancel {able[0] if len(able) == 1 else f'these {len(able):,} runs'}?"):
        raise Problem(NOTHING)
    return failures


def _seen(progress: CancellationProgress) -> str:
    if not progress.entries:
        return str(progress.run.status)
    return f"{progress.run.status}, {progress.cancelled:,} of {progress.total:,} entries cancelled"


def _totals(ended: Iterable[CancellationRecord | FailureRecord]) -> str:
    """How many runs came to which end."""
    return ", ".join(f"{total:,} {verdict}" for verdict, total in Counter(map(_verdict, ended)).items())


def _verdict(record: CancellationRecord | FailureRecord) -> str:
    return "failed" if record["kind"] == "failure" else _VERDICTS[record["outcome"]]


_VERDICTS = {
    "complete": "cancelled",
    "incomplete": "not completely cancelled",
    "accepted": "accepted",
    "unknown": "not known",
}


def _say(
    record: PlanRecord | CancellationRecord | FailureRecord,
    as_json: bool,
    *,
    err: bool = False,
    complained: bool = False,
) -> None:
    """Answer on standard output; what went wrong is said on standard error, unless it was already."""
    if as_json:
        click.echo(records.line(record))
    if record["kind"] == "failure":
        if not complained:
            identifiers = record["requestId"], record["trackId"]
            complain(with_identifiers(record["message"], record["advice"], *identifiers))
    elif record["kind"] == "cancellation" and record["message"]:
        complain(with_identifiers(record["message"], record["advice"], None, None))
    elif not as_json:
        from zuora_journal_runs.cli import render

        show(render.plan(record) if record["kind"] == "plan" else render.cancellation(record), err=err)
