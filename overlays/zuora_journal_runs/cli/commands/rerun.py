"""`zjr rerun`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.batch import seen_in
from zuora_journal_runs.cli.one_run import OneRun, PlanOptions
from zuora_journal_runs.cli.parameters import JSON, STALL_AFTER, YES, checked, duration, limited
from zuora_journal_runs.cli.plan_files import APPLY, DRY_RUN, PLAN
from zuora_journal_runs.cli.progress import ProgressDisplay, Seen
from zuora_journal_runs.cli.run_numbers import OPTIONAL_NUMBER
from zuora_journal_runs.cli.run_options import (
    RUN_OPTIONS,
    WAIT_FOR_TURN,
    RunOptionsCommand,
    run_options,
    seen_in_turn,
)
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from zuora_journal_runs import JournalRun, JournalRunsClient, RerunOutcome
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
    requested: dict[str, Any],
    allow_remaining: bool,
    timeout: float,
    stall_after: float,
    wait_for_turn: float | None,
    **options: Unpack[PlanOptions],
) -> int:
    """Cancel a journal run, and create one in its place.

    The new run requests what the old one did, except for what is given here. It is created only once the old one is
    shown to be cancelled. Nothing is changed if entries would stay. In the end the totals of both are compared.

    To continue after an interruption, run the same command again with the same file: it never leaves two runs.

    On a terminal, it shows what it would do and asks for confirmation. Without a terminal, or with --json, it needs
    --yes.
    """
    given = {"allow_remaining": allow_remaining, **requested}
    command = OneRun(session, "rerun", options, (*RUN_OPTIONS, "allow_remaining"), given)
    run, plan = command.approved()
    if options["dry_run"]:
        return command.dry_run(run)
    if options["evidence"] is None:
        raise click.UsageError("--evidence is missing: it needs a file to continue with after an interruption")
    with command.confirmed(run, plan, f"the rerun of {run} may be in progress") as (client, arguments):
        waits = {"stall_after": limited(stall_after), "wait_for_turn": wait_for_turn}
        done = records.rerun(_execute(client, timeout, {**arguments, **waits}))
    if options["as_json"]:
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
