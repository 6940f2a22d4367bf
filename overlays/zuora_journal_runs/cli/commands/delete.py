"""`zjr delete`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import complain_about, so_far, totals
from zuora_journal_runs.cli.consent import agreed
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.numbers import NUMBERS, run_numbers
from zuora_journal_runs.cli.parameters import EVIDENCE, JSON, TIMEOUT, YES, limited
from zuora_journal_runs.cli.progress import Board
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.status import worst
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.cli.records import DeletionPlanRecord, DeletionRecord, FailureRecord
    from zuora_journal_runs.cli.session import Session

_LEAST = 1.0
"""Seconds to wait for a run whose deletion was requested late, when many runs are deleted."""
_AWAITED = ("it is gone", "they are gone")


@click.command()
@connected
@NUMBERS
@click.option("--wait", is_flag=True, help="Wait until they are gone.")
@TIMEOUT
@EVIDENCE
@YES
@JSON
def delete(
    session: Session, given: tuple[str, ...], wait: bool, timeout: float, evidence: str | None, yes: bool, as_json: bool
) -> int:
    """Delete cancelled journal runs.

    Several runs are deleted side by side, within one --timeout for all of them, and reported in the order of their
    numbers; one that fails stops no other. `-` reads numbers from standard input, where # begins a comment.

    At a terminal it shows what it would delete, and asks first. Without one, or with --json, it needs --yes.
    """
    numbers = run_numbers(given)
    with EvidenceFiles(evidence, numbers) as files, session.client() as client:
        failures = {} if yes else _not_possible(agreed(_plans(client, numbers), _show, _question, as_json=as_json))
        left = [number for number in numbers if number not in failures]
        ended: list[DeletionRecord | FailureRecord] = list(failures.values())
        _know(session, numbers, ended)
        for record in _deleted(client, left, timeout if wait else None, files):
            ended.append(record)
            _know(session, numbers, ended)
            _say(record, as_json)
    if len(numbers) > 1 and not as_json:
        click.echo(f"{len(numbers):,} runs: {totals(ended)}")
    return worst(record["exitStatus"] for record in ended)


def _plans(client: JournalRunsClient, numbers: Sequence[str]) -> Iterator[DeletionPlanRecord | FailureRecord]:
    from zuora_journal_runs._client import side_by_side

    def planned(number: str) -> DeletionPlanRecord | FailureRecord:
        try:
            return records.deletion_plan(client.retrieve(number))
        except errors.JournalRunsError as error:
            return records.failure(number, error)

    yield from side_by_side(planned, numbers)


def _show(plans: list[DeletionPlanRecord | FailureRecord], screen: TextIO) -> None:
    """Show a table of what would be deleted, and complain about what cannot be."""
    from zuora_journal_runs.cli import render

    possible = [plan for plan in plans if plan["kind"] == "deletionPlan"]
    if possible:
        show(render.deletion_plans(possible), to=screen, table=True)
    for failure in _not_possible(plans).values():
        complain_about(failure)


def _question(plans: list[DeletionPlanRecord | FailureRecord]) -> str | None:
    able = [plan["number"] for plan in plans if plan["kind"] == "deletionPlan" and plan["allowed"]]
    if not able:
        return None
    return f"Delete {able[0] if len(able) == 1 else f'these {len(able):,} runs'} for good?"


def _not_possible(plans: list[DeletionPlanRecord | FailureRecord]) -> dict[str, FailureRecord]:
    failures = [records.not_deletable(plan) if plan["kind"] == "deletionPlan" else plan for plan in plans]
    return {failure["number"]: failure for failure in failures if failure is not None}


def _deleted(
    client: JournalRunsClient, numbers: Sequence[str], timeout: float | None, files: EvidenceFiles
) -> Iterator[DeletionRecord | FailureRecord]:
    """Delete runs side by side; what became of each, in order.

    Args:
        client: The client.
        numbers: The runs' numbers.
        timeout: Seconds to wait until all of them are gone; None not to wait.
        files: Where evidence is written.
    """
    from zuora_journal_runs._client import side_by_side

    began = time.monotonic()

    def deleted(number: str) -> DeletionRecord | FailureRecord:
        try:
            if timeout is None:
                return records.deletion(client.delete(number, evidence=files.of(number)))
            # Whole seconds pass, so that an error names the timeout as it was given.
            left = max(timeout - int(time.monotonic() - began), min(timeout, _LEAST))
            done = client.delete(
                number,
                wait=True,
                timeout=limited(left),
                on_poll=lambda run: board.saw(number, str(run.status)),
                evidence=files.of(number),
            )
            return records.deletion(done)
        except errors.DeletionTimeoutError as error:
            return records.not_deleted(number, error)
        except errors.JournalRunsError as error:
            return records.failure(number, error)

    if numbers:
        with Board(numbers, timeout, awaited=_AWAITED) as board:
            for record in side_by_side(deleted, numbers):
                board.ended(record["number"])
                with board.aside():
                    yield record


def _know(session: Session, numbers: Sequence[str], ended: Sequence[DeletionRecord | FailureRecord]) -> None:
    """Keep what is known, for whoever stops this."""
    session.known = so_far(
        ended,
        len(numbers),
        one=f"{numbers[0]} may be deleted, or not; to see: `zjr get {numbers[0]}`",
        others="the others may be deleted, or not",
        in_the_end="it is known what became of each",
    )


def _say(record: DeletionRecord | FailureRecord, as_json: bool) -> None:
    if as_json:
        click.echo(records.line(record))
    if record["message"]:
        complain_about(record)
    elif not as_json and record["kind"] == "deletion":
        stands = "deleted" if record["outcome"] == "deleted" else f"being deleted. {record['advice']}"
        click.echo(f"{record['number']} is {stands}.")
