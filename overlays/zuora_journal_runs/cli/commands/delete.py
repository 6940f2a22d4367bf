"""`zjr delete`."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import GIVE_NUMBERS, SAME_COMMAND, for_each, interrupted, summarize
from zuora_journal_runs.cli.confirmation import confirm
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.exit_status import worst
from zuora_journal_runs.cli.failures import print_failure
from zuora_journal_runs.cli.parameters import EVIDENCE, JSON, TIMEOUT, YES, limited
from zuora_journal_runs.cli.plan_files import (
    APPLY,
    DRY_RUN,
    NOTHING_CHANGED,
    PLAN,
    check_plan_file,
    confirmed,
    numbers_or_plan,
    report_plans,
)
from zuora_journal_runs.cli.progress import ProgressDisplay, Seen
from zuora_journal_runs.cli.run_numbers import NUMBERS
from zuora_journal_runs.cli.session import connected, repetition
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from zuora_journal_runs import JournalRunsClient, Plan
    from zuora_journal_runs.cli.record_types import DeletionPlanRecord, DeletionRecord, FailureRecord
    from zuora_journal_runs.cli.session import Session

_LEAST = 1.0
"""Seconds to wait for a run whose deletion was requested late, when many runs are deleted."""
_AWAITED = ("it is gone", "they are gone")


@click.command()
@connected
@NUMBERS
@DRY_RUN
@PLAN
@APPLY
@click.option("--wait", is_flag=True, help="Wait until the runs are gone.")
@TIMEOUT
@EVIDENCE
@YES
@JSON
def delete(
    session: Session,
    given: tuple[str, ...],
    dry_run: bool,
    plan_file: str | None,
    plan_to_apply: str | None,
    wait: bool,
    timeout: float,
    evidence: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Delete cancelled journal runs.

    Several runs are deleted side by side, with one --timeout for all of them, and reported in the order of their
    numbers; if one fails, the others continue. `-` reads numbers from standard input, where # starts a comment.

    On a terminal, it shows what it would delete and asks for confirmation. Without a terminal, or with --json, it needs
    --yes.
    """
    check_plan_file(plan_file, dry_run=dry_run)
    numbers, plan = numbers_or_plan(given, plan_to_apply, "delete")
    with EvidenceFiles(None if dry_run else evidence, numbers) as files, session.client() as client:
        if dry_run:
            report = partial(_dry_run, _plans(client, numbers), as_json)
            return report_plans(client, "delete", numbers, plan_file, report, as_json=as_json)

        def ask() -> dict[str, FailureRecord]:
            return _not_possible(confirm(_plans(client, numbers), _show, _question, as_json=as_json))

        failures = confirmed(client, plan, None if yes else ask)
        left = [number for number in numbers if number not in failures]
        ended: list[DeletionRecord | FailureRecord] = list(failures.values())
        again = SAME_COMMAND if plan is None else GIVE_NUMBERS
        _keep_known(session, numbers, ended, again)
        for record in _delete(client, left, timeout if wait else None, files):
            ended.append(record)
            _keep_known(session, numbers, ended, again)
            _print(record, as_json)
    if len(numbers) > 1 and not as_json:
        click.echo(f"{len(numbers):,} runs: {summarize(ended)}")
    return worst(record["exitStatus"] for record in ended)


def _plans(client: JournalRunsClient, numbers: Sequence[str]) -> Iterator[DeletionPlanRecord | FailureRecord]:
    return for_each(numbers, lambda number: records.deletion_plan(client.retrieve(number)))


def _dry_run(plans: Iterator[DeletionPlanRecord | FailureRecord], as_json: bool, _: Plan | None) -> int:
    found = list(plans)
    if as_json:
        for plan in found:
            click.echo(records.line(plan))
    else:
        _show(found, sys.stdout)
        click.echo(NOTHING_CHANGED)
    return worst(plan["exitStatus"] for plan in found)


def _show(plans: list[DeletionPlanRecord | FailureRecord], screen: TextIO) -> None:
    """Show what would be deleted as a table, and report what cannot be."""
    from zuora_journal_runs.cli import render

    possible = [plan for plan in plans if plan["kind"] == "deletionPlan"]
    if possible:
        show(render.deletion_plans(possible), to=screen, table=True)
    for failure in _not_possible(plans).values():
        print_failure(failure)


def _question(plans: list[DeletionPlanRecord | FailureRecord]) -> str | None:
    able = [plan["number"] for plan in plans if plan["kind"] == "deletionPlan" and plan["allowed"]]
    if not able:
        return None
    return f"Delete {able[0] if len(able) == 1 else f'these {len(able):,} runs'} for good?"


def _not_possible(plans: list[DeletionPlanRecord | FailureRecord]) -> dict[str, FailureRecord]:
    failures = [records.not_deletable(plan) if plan["kind"] == "deletionPlan" else plan for plan in plans]
    return {failure["number"]: failure for failure in failures if failure is not None}


def _delete(
    client: JournalRunsClient, numbers: Sequence[str], timeout: float | None, files: EvidenceFiles
) -> Iterator[DeletionRecord | FailureRecord]:
    """Delete runs side by side, and yield the outcome of each, in order.

    Args:
        client: The client.
        numbers: The runs' numbers.
        timeout: Seconds to wait until all of them are gone; None not to wait.
        files: Where to write evidence.
    """
    started = time.monotonic()
    repeat = repetition()

    def delete_one(number: str) -> DeletionRecord:
        try:
            if timeout is None:
                return records.deletion(client.delete(number, evidence=files.of(number)), repeat(number, "--wait"))
            # Whole seconds pass, so that an error names the timeout as it was given.
            left = max(timeout - int(time.monotonic() - started), min(timeout, _LEAST))
            done = client.delete(
                number,
                wait=True,
                timeout=limited(left),
                on_poll=lambda run: display.update(number, Seen(str(run.status))),
                evidence=files.of(number),
            )
            return records.deletion(done, repeat(number, "--wait"))
        except errors.DeletionTimeoutError as error:
            return records.not_deleted(number, error, repeat(number, "--wait"))

    if numbers:
        with ProgressDisplay(numbers, timeout, awaited=_AWAITED) as display:
            for record in for_each(numbers, delete_one):
                display.finish(record["number"])
                with display.paused():
                    yield record


def _keep_known(
    session: Session, numbers: Sequence[str], ended: Sequence[DeletionRecord | FailureRecord], again: str
) -> None:
    """Keep what is known, to report it on an interruption."""
    session.known = interrupted(
        ended,
        len(numbers),
        one=f"{numbers[0]} may or may not be deleted; to check: `zjr get {numbers[0]}`",
        others="the others may or may not be deleted",
        in_the_end="the outcomes are known",
        again=again,
    )


def _print(record: DeletionRecord | FailureRecord, as_json: bool) -> None:
    if as_json:
        click.echo(records.line(record))
    if record["message"]:
        print_failure(record)
    elif not as_json and record["kind"] == "deletion":
        result = "deleted" if record["outcome"] == "deleted" else f"being deleted. {record['advice']}"
        click.echo(f"{record['number']} is {result}.")
