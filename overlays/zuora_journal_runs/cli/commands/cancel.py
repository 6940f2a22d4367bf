"""`zjr cancel`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import CancellationBatch, Waiting, complain_about, totals
from zuora_journal_runs.cli.consent import agreed
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.numbers import NUMBERS, run_numbers
from zuora_journal_runs.cli.parameters import EVIDENCE, JSON, STALL_AFTER, TIMEOUT, YES
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.status import worst
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.cli.records import FailureRecord, PlanRecord
    from zuora_journal_runs.cli.session import Session


@click.command()
@connected
@NUMBERS
@click.option("--dry-run", is_flag=True, help="Only say what would be cancelled, what would stay, and why.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it is known what the cancellation did.")
@click.option(
    "--at-once",
    metavar="N",
    type=click.IntRange(min=1),
    help="Have N runs under way at once; 1 is one after the other.  [default: all]",
)
@TIMEOUT
@STALL_AFTER
@EVIDENCE
@YES
@JSON
def cancel(
    session: Session,
    given: tuple[str, ...],
    dry_run: bool,
    no_wait: bool,
    at_once: int | None,
    timeout: float,
    stall_after: float,
    evidence: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel journal runs, and say what that really did.

    Several runs are cancelled side by side, within one --timeout for all of them, and reported in the order of their
    numbers; one that fails stops no other. `-` reads numbers from standard input, where # begins a comment.

    At a terminal it shows what it would do, and asks first. Without one, or with --json, it needs --yes.

    To go on after an interruption, run the same command again: a run that is cancelled, or being cancelled, is only
    polled.

    For several runs the exit status is the worst of theirs; from the worst on, these are 1, 2, 4, 3 and 0.
    """
    numbers = run_numbers(given)
    with EvidenceFiles(None if dry_run else evidence, numbers) as files, session.client() as client:
        plans = _plans(client, numbers)
        if dry_run:
            return _dry_run(plans, as_json)
        failures = {} if yes else _not_possible(agreed(plans, _show, _question, as_json=as_json))
        waiting = None if no_wait else Waiting(timeout, stall_after)
        ended = CancellationBatch(session, client, numbers, failures, waiting, files, as_json).run(at_once)
    if len(numbers) > 1 and not as_json:
        click.echo(f"{len(numbers):,} runs: {totals(ended)}")
    return worst(record["exitStatus"] for record in ended)


def _plans(client: JournalRunsClient, numbers: Sequence[str]) -> Iterator[PlanRecord | FailureRecord]:
    from zuora_journal_runs._client import side_by_side

    def planned(number: str) -> PlanRecord | FailureRecord:
        try:
            return records.plan(client.plan_cancellation(number))
        except errors.JournalRunsError as error:
            return records.failure(number, error)

    yield from side_by_side(planned, numbers)


def _dry_run(plans: Iterator[PlanRecord | FailureRecord], as_json: bool) -> int:
    """Report on each plan as soon as it is there."""
    from zuora_journal_runs.cli import render

    found: list[PlanRecord | FailureRecord] = []
    for plan in plans:
        found.append(plan)
        if as_json:
            click.echo(records.line(plan))
        if plan["kind"] == "failure":
            complain_about(plan)
        elif not as_json:
            show(render.plan(plan))
    if not as_json:
        if len(found) > 1:
            show(render.plans([plan for plan in found if plan["kind"] == "plan"]), table=True)
        click.echo("Nothing was changed.")
    return worst(plan["exitStatus"] for plan in found)


def _show(plans: list[PlanRecord | FailureRecord], screen: TextIO) -> None:
    """Show a plan whole, or of several a table."""
    from zuora_journal_runs.cli import render

    for plan in plans:
        if plan["kind"] == "failure":
            complain_about(plan)
    possible = [plan for plan in plans if plan["kind"] == "plan"]
    if len(plans) == 1:
        show(*map(render.plan, possible), to=screen)
    elif possible:
        show(render.plans(possible), to=screen, table=True)
        show(*render.notes(possible), to=screen)


def _question(plans: list[PlanRecord | FailureRecord]) -> str | None:
    able = [plan["number"] for plan in plans if plan["kind"] == "plan" and plan["allowed"]]
    if not able:
        return None
    return f"Cancel {able[0] if len(able) == 1 else f'these {len(able):,} runs'}?"


def _not_possible(plans: list[PlanRecord | FailureRecord]) -> dict[str, FailureRecord]:
    """Return the runs for which nothing is requested: nobody has agreed to what would happen to them later."""
    failures: dict[str, FailureRecord] = {}
    for plan in plans:
        if plan["kind"] == "failure":
            failures[plan["number"]] = plan
        elif failure := records.not_now(plan):
            failures[plan["number"]] = failure
            complain_about(failure)
    return failures
