"""`zjr cancel`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import CancellationBatch, Waiting, for_each, summarize
from zuora_journal_runs.cli.confirmation import confirm
from zuora_journal_runs.cli.error_messages import CommandError
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.exit_status import worst
from zuora_journal_runs.cli.failures import print_failure
from zuora_journal_runs.cli.parameters import EVIDENCE, JSON, STALL_AFTER, TIMEOUT, YES, WholeNumber
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
from zuora_journal_runs.cli.run_numbers import NUMBERS
from zuora_journal_runs.cli.session import connected, repetition
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from zuora_journal_runs import JournalRunsClient, Plan
    from zuora_journal_runs.cli.record_types import FailureRecord, PlanRecord
    from zuora_journal_runs.cli.session import Session


@click.command()
@connected
@NUMBERS
@DRY_RUN
@PLAN
@APPLY
@click.option("--no-wait", is_flag=True, help="Do not wait for the outcome.")
@click.option(
    "--at-once",
    metavar="N",
    type=WholeNumber(min=1),
    help="Cancel N runs at once; 1 is one after the other.  [default: all]",
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
    plan_file: str | None,
    plan_to_apply: str | None,
    no_wait: bool,
    at_once: int | None,
    timeout: float,
    stall_after: float,
    evidence: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel journal runs, and report what that really did.

    Several runs are cancelled side by side, with one --timeout for all of them, and reported in the order of their
    numbers; if one fails, the others continue. `-` reads numbers from standard input, where # starts a comment.

    On a terminal, it shows what it would do and asks for confirmation. Without a terminal, or with --json, it needs
    --yes.

    To continue after an interruption, run the same command again: a run that is already cancelled, or being cancelled,
    is only polled.

    For several runs, the exit status is the worst one, in this order: 1, 2, 4, 3, 0.
    """
    check_plan_file(plan_file, dry_run=dry_run)
    numbers, plan = numbers_or_plan(given, plan_to_apply, "cancel")
    with EvidenceFiles(None if dry_run else evidence, numbers) as files, session.client() as client:
        if dry_run:
            report = partial(_dry_run, _plans(client, numbers), as_json)
            return report_plans(client, "cancel", numbers, plan_file, report, as_json=as_json)

        def ask() -> dict[str, FailureRecord]:
            return _not_possible(confirm(_plans(client, numbers), _show, _question, as_json=as_json))

        failures = confirmed(client, plan, None if yes else ask)
        waiting = None if no_wait else Waiting(timeout, stall_after)
        ended = CancellationBatch(
            session, client, numbers, failures, waiting, files, repetition(), as_json, plan is not None
        ).execute(at_once)
    if len(numbers) > 1 and not as_json:
        click.echo(f"{len(numbers):,} runs: {summarize(ended)}")
    return worst(record["exitStatus"] for record in ended)


def _plans(client: JournalRunsClient, numbers: Sequence[str]) -> Iterator[PlanRecord | FailureRecord]:
    return for_each(numbers, lambda number: records.plan(client.plan_cancellation(number)))


def _dry_run(plans: Iterator[PlanRecord | FailureRecord], as_json: bool, planned: Plan | None) -> int:
    """Report each plan as soon as it is known.

    Raises:
        CommandError: It is not what is planned.
    """
    from zuora_journal_runs.cli import render

    found: list[PlanRecord | FailureRecord] = []
    for plan in plans:
        found.append(plan)
        if as_json:
            click.echo(records.line(plan))
        if plan["kind"] == "failure":
            print_failure(plan)
        elif not as_json:
            show(render.plan(plan))
    if not as_json:
        if len(found) > 1:
            show(render.plans([plan for plan in found if plan["kind"] == "plan"]), table=True)
        click.echo(NOTHING_CHANGED)
    if planned is not None:
        _check_same(found, planned)
    return worst(plan["exitStatus"] for plan in found)


def _check_same(found: Sequence[PlanRecord | FailureRecord], planned: Plan) -> None:
    """Check that what was shown is what is planned: the runs are read once for each."""
    shown = [
        (plan["status"], tuple(plan["cancellable"]), tuple(blocked["number"] for blocked in plan["blocked"]))
        for plan in found
        if plan["kind"] == "plan"
    ]
    if shown != [(run.status, planned.acted_on(run), planned.staying(run)) for run in planned.runs]:
        raise CommandError("the runs have changed while the plan was made, and it was not written: make it again")


def _show(plans: list[PlanRecord | FailureRecord], screen: TextIO) -> None:
    """Show one plan in full, or several as a table."""
    from zuora_journal_runs.cli import render

    for plan in plans:
        if plan["kind"] == "failure":
            print_failure(plan)
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
    """Return the runs for which nothing is requested: nobody has confirmed what could happen to them later."""
    failures: dict[str, FailureRecord] = {}
    for plan in plans:
        if plan["kind"] == "failure":
            failures[plan["number"]] = plan
        elif failure := records.not_cancellable(plan):
            failures[plan["number"]] = failure
            print_failure(failure)
    return failures
