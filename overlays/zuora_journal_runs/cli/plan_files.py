"""Plans in files: `--dry-run --plan` writes one, a second person reads it, and `--apply` does what it says."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from zuora_journal_runs.errors import InvalidArgumentError

from .run_numbers import run_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zuora_journal_runs import JournalRunsClient, Plan
    from zuora_journal_runs.plans import Operation

    from .record_types import FailureRecord

NOTHING_CHANGED = "Nothing was changed."
DRY_RUN = click.option(
    "--dry-run",
    is_flag=True,
    help="Only show what would be done. If it would be refused, the exit status is that of the refusal.",
)
PLAN = click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(),
    help="With --dry-run, write the plan to this new file. Once it is approved, give it to --apply.",
)
APPLY = click.option(
    "--apply",
    "plan_to_apply",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Do exactly what the plan in this file says, and nothing if a run or an entry is no longer as it was planned.",
)


def check_plan_file(plan_file: str | None, *, dry_run: bool) -> None:
    """Check that a plan can be written, before it is made.

    Raises:
        UsageError: It cannot be.
    """
    if plan_file is None:
        return
    if not dry_run:
        raise click.UsageError("--plan is missing --dry-run: a plan is written, and later given to --apply")
    if os.path.lexists(plan_file):
        raise click.UsageError(f"--plan: {plan_file} exists already")
    if not Path(plan_file).parent.is_dir():
        raise click.UsageError(f"--plan: there is no folder {Path(plan_file).parent}")


def write_plan(plan: Plan, plan_file: str, *, as_json: bool) -> None:
    """Write a plan, and say how to apply it."""
    plan.write(plan_file)
    command = f"{click.get_current_context().command_path} --apply {shlex.quote(plan_file)}"
    evidence = " --evidence FILE" if plan.operation == "rerun" else ""
    click.echo(f"The plan is in {plan_file}. To apply it: {command}{evidence}", err=as_json)


def read_plan(file: str | None, operation: Operation, *others: str) -> Plan | None:
    """Return the plan to apply; None if there is none.

    Args:
        file: The file.
        operation: What has to be planned in it.
        others: The names of parameters that contradict a plan.

    Raises:
        UsageError: The file has no such plan, or what it decides is given as well.
    """
    if file is None:
        return None
    from zuora_journal_runs import Plan

    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
        if given and parameter.name in ("dry_run", "plan_file", *others):
            name = parameter.opts[0] if isinstance(parameter, click.Option) else "NUMBER"
            raise click.UsageError(f"--apply does what the plan says: leave out {name}")
    try:
        plan = Plan.read(file)
    except InvalidArgumentError as error:
        raise click.UsageError(f"--apply: {error.message}") from None
    if plan.operation != operation:
        raise click.UsageError(f"--apply: {file} is a plan for `zjr {plan.operation}`, not for `zjr {operation}`")
    return plan


def report_plans(
    client: JournalRunsClient,
    operation: Literal["cancel", "delete"],
    numbers: Sequence[str],
    plan_file: str | None,
    report: Callable[[Plan | None], int],
    *,
    as_json: bool,
) -> int:
    """Report what would be done with runs, write the plan if there is a file for it, and return the exit status."""
    plan = None if plan_file is None else client.plan(operation, numbers)
    status = report(plan)
    if plan is not None and plan_file is not None:
        write_plan(plan, plan_file, as_json=as_json)
    return status


def confirmed(
    client: JournalRunsClient, plan: Plan | None, ask: Callable[[], dict[str, FailureRecord]] | None
) -> dict[str, FailureRecord]:
    """Ask for confirmation, and return the runs for which nothing is possible.

    Args:
        client: The client.
        plan: The plan to apply, if there is one. Nobody is asked about one that would be refused.
        ask: Asks; None if nobody is to be asked.

    Raises:
        PlanError: Something is not as it was planned.
    """
    failures: dict[str, FailureRecord] = {}
    if ask is not None:
        if plan is not None:
            client.check_plan(plan)
        failures = ask()
    if plan is not None:
        client.check_plan(plan)
    return failures


def numbers_or_plan(given: Sequence[str], file: str | None, operation: Operation) -> tuple[list[str], Plan | None]:
    """Return the run numbers among the arguments; or those of the plan to apply, and the plan.

    Raises:
        UsageError: The numbers are missing or invalid, or the file has no such plan.
    """
    plan = read_plan(file, operation, "given")
    return (run_numbers(given), None) if plan is None else (list(plan.numbers), plan)
