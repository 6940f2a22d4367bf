"""`zjr cancel`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import Cancellation, errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.parameters import JSON, TIMEOUT, YES
from zuora_journal_runs.cli.problems import Problem, complain, with_identifiers
from zuora_journal_runs.cli.progress import waiting
from zuora_journal_runs.cli.session import NOTHING, connected
from zuora_journal_runs.cli.status import worst
from zuora_journal_runs.cli.terminal import asks, confirmed, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zuora_journal_runs import CancellationProgress, JournalRun, JournalRunsClient
    from zuora_journal_runs.cli.records import CancellationRecord, FailureRecord, PlanRecord
    from zuora_journal_runs.cli.session import Session

_CANCELLED_ALREADY = ("CancelInprogress", "Cancelled", "DeleteInprogress")
_LOOK = 30.0
"""Seconds for a look at what is settled already."""
_NAMED = 5
"""Runs that a line names; of more it says how many."""


@click.command()
@connected
@click.argument("given", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Only say what would be cancelled, what would stay, and why.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is known what the cancellation did.")
@TIMEOUT
@YES
@JSON
def cancel(
    session: Session, given: tuple[str, ...], dry_run: bool, no_wait: bool, timeout: float, yes: bool, as_json: bool
) -> int:
    """Cancel journal runs, and say what that really did.

    Several runs are cancelled one after another; `-` reads their numbers from standard input. On a terminal it shows
    what it would do, and asks first.

    For several runs the exit status is the worst of theirs; from the worst on, these are 1, 2, 4, 3 and 0.
    """
    numbers = _distinct(given)
    with session.client() as client:
        if dry_run:
            return _plan(client, numbers, as_json)
        failures = _agreed(client, numbers) if asks(yes) else {}
        ended: list[CancellationRecord | FailureRecord] = []
        for index, number in enumerate(numbers):
            record = failures.get(number)
            if record is None:
                ended.append(_Cancelling(session, client, numbers, index).run(None if no_wait else timeout))
                _say(ended[-1], as_json)
            else:
                ended.append(record)
                _say(record, as_json, complained=True)
    if len(numbers) > 1 and not as_json:
        totals = Counter(map(_verdict, ended))
        click.echo(f"{len(numbers):,} runs: {', '.join(f'{total:,} {verdict}' for verdict, total in totals.items())}")
    return worst(record["exitStatus"] for record in ended)


def _plan(client: JournalRunsClient, numbers: Sequence[str], as_json: bool) -> int:
    statuses: list[int] = []
    for number in numbers:
        plan = _planned(client, number)
        statuses.append(plan["exitStatus"])
        _say(plan, as_json)
    if not as_json:
        click.echo("Nothing was changed.")
    return worst(statuses)


class _Cancelling:
    """The cancellation of one of several runs."""

    def __init__(self, session: Session, client: JournalRunsClient, numbers: Sequence[str], index: int) -> None:
        self._session = session
        self._client = client
        self._number = numbers[index]
        self._left = numbers[index:]
        self._place = f"[{index + 1}/{len(numbers)}] " if len(numbers) > 1 else ""

    def run(self, timeout: float | None) -> CancellationRecord | FailureRecord:
        """Ask for it, and unless the timeout is None, wait."""
        number = self._number
        self._know(f"whether {number} was asked to be cancelled is not known", self._left)
        try:
            found = _ask(self._client, number)
        except errors.JournalRunsError as error:
            record: CancellationRecord | FailureRecord = records.failure(number, error)
        else:
            accepted = found if isinstance(found, Cancellation) else None
            answer: records.Answer = "accepted" if accepted else "already"
            self._know(f"what the cancellation of {number} did is not known yet", self._left)
            if timeout is None and (isinstance(found, Cancellation) or found.status == "CancelInprogress"):
                record = records.cancellation(number, answer)
            else:
                record = self._settled(accepted or number, answer, timeout or _LOOK)
        self._know(f"{number} is done with: {_verdict(record)}", self._left[1:])
        return record

    def _settled(self, cancellation: Cancellation | str, answer: records.Answer, timeout: float) -> CancellationRecord:
        number, place = self._number, self._place
        try:
            with waiting(f"{place}{number}: waiting until the outcome is known, {timeout:g} s at most") as say:
                outcome = self._client.wait_for_cancellation(
                    cancellation, timeout=timeout, on_progress=lambda seen: say(f"{place}{number}: {_seen(seen)}")
                )
        except errors.JournalRunsError as error:
            return records.not_settled(number, answer, error)
        return records.settled(number, answer, outcome)

    def _know(self, what: str, left: Sequence[str]) -> None:
        """Keep what is known, and what is left to do."""
        more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
        go_on = f"; to go on: `zjr cancel {' '.join(left[:_NAMED])}`{more}" if left else ""
        self._session.known = what + go_on


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


def _ask(client: JournalRunsClient, number: str) -> Cancellation | JournalRun:
    """Ask for a cancellation; or the run, if it is cancelled or being cancelled already.

    Raises:
        JournalRunsError: it was refused for another reason, or failed.
    """
    try:
        return client.cancel(number)
    except (errors.RuleViolation, errors.InvalidRequest, errors.Contention) as refusal:
        try:
            run = client.retrieve(number)
        except errors.JournalRunsError:
            raise refusal from None
        if run.status not in _CANCELLED_ALREADY:
            refusal.add_note(records.advice_when(str(run.status)))
            raise
        return run


def _planned(client: JournalRunsClient, number: str) -> PlanRecord | FailureRecord:
    try:
        return records.plan(client.plan_cancellation(number))
    except errors.JournalRunsError as error:
        return records.failure(number, error)


def _agreed(client: JournalRunsClient, numbers: Sequence[str]) -> dict[str, FailureRecord]:
    """Show what would be done, and ask; what failed already.

    Raises:
        Problem: the answer is no.
    """
    failures: dict[str, FailureRecord] = {}
    able: list[str] = []
    for number in numbers:
        plan = _planned(client, number)
        _say(plan, as_json=False, err=True)
        if plan["kind"] == "failure":
            failures[number] = plan
        elif plan["allowed"]:
            able.append(number)
    if able and not confirmed(f"Cancel {able[0] if len(able) == 1 else f'these {len(able):,} runs'}?"):
        raise Problem(NOTHING)
    return failures


def _seen(progress: CancellationProgress) -> str:
    run, entries = progress
    if not entries or not run.total_journal_entry_count:
        return str(run.status)
    cancelled = sum(entry.status == "Cancelled" for entry in entries)
    return f"{run.status}, {cancelled:,} of {run.total_journal_entry_count:,} entries cancelled"


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
