"""Options that describe the run to create."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.errors import InvalidArgumentError

from .formatting import one_line
from .parameters import all_checked, checked, complete_type, date, duration, transaction_type, transaction_types
from .progress import Seen

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence

    from zuora_journal_runs import TurnProgress

    Command = Callable[..., int]

RUN_OPTIONS = ("types", "on", "period", "start", "end", "organization_ids", "organizations")
"""The names of the parameters that `run_options` adds."""
NO_RUN_IN_THE_WAY = "no other run is in the way"
"""What a creation with `WAIT_FOR_TURN` waits for."""


def _turn(value: str) -> float:
    seconds = duration(value)
    if seconds == math.inf:
        raise InvalidArgumentError("to wait for other runs needs a limit, such as 10m")
    return seconds


WAIT_FOR_TURN = click.option(
    "--wait-for-turn",
    metavar="TIME",
    callback=checked(_turn),
    help="While another run is in the way, wait for it, up to this time, such as 10m.",
)


def run_options(*, required: bool) -> Callable[[Command], Command]:
    """Return a decorator that adds the options that describe the run to create.

    The command gets those that were given as `requested`, by their names in `client.create`.

    Args:
        required: Whether transaction types, date and period have to be given.
    """

    def add(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*args: Any, **parameters: Any) -> int:
            requested = _requested(*(parameters.pop(name) for name in RUN_OPTIONS))
            if required and not requested.keys() & {"accounting_period_name", "target_start_date"}:
                raise click.UsageError("no period: give either --period, or --from and --to")
            return command(*args, requested=requested, **parameters)

        added: Command = wrapped
        for option in reversed(_options(required=required)):
            added = option(added)
        return added

    return add


def _options(*, required: bool) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option(
            "--type",
            "types",
            metavar="TYPE",
            multiple=True,
            required=required,
            callback=all_checked(transaction_type),
            shell_complete=complete_type,
            help='A transaction type of the run, such as "Invoice Item"; can be repeated.',
        ),
        click.option(
            "--date", "on", metavar="DATE", required=required, callback=checked(date), help="The date of its entries."
        ),
        click.option("--period", metavar="NAME", help="Its accounting period, such as Oct-2026; or instead:"),
        click.option("--from", "start", metavar="DATE", callback=checked(date), help="The first day of its period."),
        click.option("--to", "end", metavar="DATE", callback=checked(date), help="The last day of its period."),
        click.option(
            "--organization-id",
            "organization_ids",
            metavar="ID",
            multiple=True,
            help="With Multi-Org, an organisation of the run; can be repeated.",
        ),
        click.option("--organization", "organizations", metavar="NAME", multiple=True, help="The same by name."),
    )


def _requested(
    types: list[str],
    on: datetime.date | None,
    period: str | None,
    start: datetime.date | None,
    end: datetime.date | None,
    organization_ids: Sequence[str],
    organizations: Sequence[str],
) -> dict[str, Any]:
    """Return the arguments of `client.create` that were given.

    Raises:
        UsageError: The period is given twice, or only a part of it.
    """
    if period is not None and (start is not None or end is not None):
        raise click.UsageError("two periods: give either --period, or --from and --to")
    if (start is None) != (end is None):
        raise click.UsageError(f"{'--from' if start is None else '--to'} is missing")
    if start is not None and end is not None and end < start:
        raise click.UsageError(f"--to {end} is before --from {start}")
    labels = [{"organizationId": each} for each in organization_ids]
    labels += [{"organizationName": each} for each in organizations]
    given = {
        "transaction_types": types,
        "journal_entry_date": on,
        "accounting_period_name": period,
        "target_start_date": start,
        "target_end_date": end,
        "organization_labels": labels,
    }
    return {name: value for name, value in given.items() if value not in (None, [])}


class RunOptionsCommand(click.Command):
    """A command whose help names the transaction types."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the transaction types; other help texts do without their slow import."""
        with formatter.section("Transaction types"):
            formatter.write("".join(f"  {name}\n" for name in transaction_types()))


def seen_in_turn(turn: TurnProgress) -> Seen:
    """Return what a creation waits for."""
    following = f"next try under the idempotency key {turn.idempotency_key}"
    if turn.run is None:
        return Seen(f"refused, since another run is in the way: {one_line(turn.refusal.message)}; {following}")
    return Seen(f"{turn.run.number} was in the way, and is now {turn.run.status}; {following}")
