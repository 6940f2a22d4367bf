"""`zjr rerun`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import seen_in
from zuora_journal_runs.cli.confirmation import confirm
from zuora_journal_runs.cli.error_messages import CommandError, add_continuation
from zuora_journal_runs.cli.evidence_files import EvidenceFiles, begun_plan
from zuora_journal_runs.cli.parameters import JSON, STALL_AFTER, YES, checked, duration, limited
from zuora_journal_runs.cli.plan_files import APPLY, DRY_RUN, PLAN, check_plan_file, read_plan, report_plan
from zuora_journal_runs.cli.progress import ProgressDisplay, Seen
from zuora_journal_runs.cli.run_numbers import OPTIONAL_NUMBER, required_number
from zuora_journal_runs.cli.run_options import (
    RUN_OPTIONS,
    WAIT_FOR_TURN,
    RunOptionsCommand,
    run_options,
    seen_in_turn,
)
from zuora_journal_runs.cli.session import connected, repetition
from zuora_journal_runs.cli.terminal import show
from zuora_journal_runs.errors import JournalRunsError

if TYPE_CHECKING:
    from typing import TextIO

    from zuora_journal_runs import JournalRun, JournalRunsClient, Plan, RerunOutcome
    from zuora_journal_runs.cli.record_types import RerunPlanRecord
    from zuora_journal_runs.cli.session import Session

_AWAITED = ("it is cancelled and the new run has ended", "")


@click.command(cls=RunOptionsCommand)
@connected
@OPTIONAL_NUMBER
@run_options(required=False)
@click.option("--allow-remaining", is_flag=True, help="Rerun even if entries stay in the old run.")
@DRY_RUN
@PLAN
@APPLY
@click.option(
    "--timeout",
    metavar="TIME",
    default="2h",
    show_default=True,
    callback=checked(duration),
    help="Maximum time for all of it, such as 10m or 2h; none for no limit.",
)
@STALL_AFTER
@WAIT_FOR_TURN
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the evidence to this file, or continue with it. Required, unless with --dry-run.",
)
@YES
@JSON
def rerun(
    session: Session,
    number: str | None,
    requested: dict[str, Any],
    allow_remaining: bool,
    dry_run: bool,
    plan_file: str | None,
    plan_to_apply: str | None,
    timeout: float,
    stall_after: float,
    wait_for_turn: float | None,
    evidence: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Cancel a journal run, and create one in its place.

    The new run requests what the old one did, except for what is given here. It is created only once the old one is
    shown to be cancelled. Nothing is changed if entries would stay. In the end the totals of both are compared.

    To continue after an interruption, run the same command again with the same file: it never leaves two runs.

    On a terminal, it shows what it would do and asks for confirmation. Without a terminal, or with --json, it needs
    --yes.
    """
    from zuora_journal_runs._client import rerun_arguments

    check_plan_file(plan_file, dry_run=dry_run)
    plan = read_plan(plan_to_apply, "rerun", "number", *RUN_OPTIONS, "allow_remaining")
    run = required_number(number) if plan is None else plan.numbers[0]
    given = {"allow_remaining": allow_remaining, **requested}
    if dry_run:
        with session.client() as client:
            planned = client.plan_rerun(run, **given)
        record = records.rerun_plan(planned)
        report_plan(planned, record, _show, plan_file if record["allowed"] else None, as_json=as_json)
        if plan_file is not None and not record["allowed"]:
            raise CommandError("no plan was written, since entries would stay: change them, or use --allow-remaining")
        return record["exitStatus"]
    if evidence is None:
        raise click.UsageError("--evidence is missing: it needs a file to continue with after an interruption")
    begun = begun_plan(evidence, "rerun", run)
    again = repetition(*RUN_OPTIONS, "allow_remaining", "plan_to_apply")(number)
    with EvidenceFiles(evidence, [run]), session.client() as client:
        if not yes:
            if plan is not None and begun is None:
                client.check_plan(plan)
            shown = begun or plan or client.plan_rerun(run, **given)
            confirm([records.rerun_plan(shown)], _show, partial(_question, begun), as_json=as_json)
            # Nothing else is done than what was shown.
            plan = plan if begun else shown
        arguments = {"number": run, "evidence": evidence, **given} if plan is None else rerun_arguments(plan, evidence)
        session.known = f"the rerun of {run} may be in progress; to continue: `{again}`"
        options = {"stall_after": limited(stall_after), "wait_for_turn": wait_for_turn}
        try:
            done = records.rerun(_execute(client, timeout, {**arguments, **options}))
        except JournalRunsError as error:
            if begun is not None or session.changed:
                add_continuation(error, again)
            raise
    if as_json:
        click.echo(records.line(done))
    else:
        from zuora_journal_runs.cli import render

        show(render.rerun(done), "")
        show(render.total_changes(done), table=True)
    return done["exitStatus"]


def _execute(client: JournalRunsClient, timeout: float, arguments: dict[str, Any]) -> RerunOutcome:
    """Rerun a run, and show the progress."""
    number = arguments["number"]
    with ProgressDisplay([number], timeout, awaited=_AWAITED) as display:

        def created(run: JournalRun) -> None:
            display.update(number, Seen(f"cancelled; in its place, {run.number} is {run.status}"))

        return client.rerun(
            **arguments,
            timeout=limited(timeout),
            on_progress=lambda progress: display.update(number, seen_in(progress)),
            on_poll=created,
            on_turn=lambda turn: display.update(number, seen_in_turn(turn)),
        )


def _show(plans: list[RerunPlanRecord], screen: TextIO) -> None:
    from zuora_journal_runs.cli import render

    show(*map(render.rerun_plan, plans), to=screen)


def _question(begun: Plan | None, plans: list[RerunPlanRecord]) -> str | None:
    (plan,) = plans
    if begun is not None:
        return f"This was begun at {begun.at}. Continue?"
    return f"Cancel {plan['number']}, and create a run in its place?" if plan["allowed"] else None
