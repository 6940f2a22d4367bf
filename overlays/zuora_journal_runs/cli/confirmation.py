"""Ask for confirmation before anything is changed that cannot be changed back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from . import records
from .error_messages import CommandError, print_error
from .exit_status import ExitStatus
from .session import NOTHING
from .terminal import person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TextIO

    Plan = TypeVar("Plan", bound=Mapping[str, Any])


def confirm(
    plans: Iterable[Plan],
    show: Callable[[list[Plan], TextIO], None],
    question: Callable[[list[Plan]], str | None],
    *,
    as_json: bool,
) -> list[Plan]:
    """Show what would be done, and ask whether to do it.

    Args:
        plans: What would be done, as records.
        show: Writes the plans for a person.
        question: Returns the question; None if nothing would be done.
        as_json: Whether the command prints JSON. It does not ask then.

    Returns:
        The plans, which a person has confirmed.

    Raises:
        CommandError: The person declined.
        click.exceptions.Exit: Nobody can be asked. The plans were shown, and why nothing was done.
    """
    if as_json:
        for plan in plans:
            click.echo(records.line(plan))
        refuse("--json does not ask for confirmation", as_json=True)
    with person() as somebody:
        found = list(plans)
        show(found, somebody.screen if somebody else sys.stderr)
        if somebody is None:
            refuse("there is no terminal to ask for confirmation", as_json=False)
        asked = question(found)
        if asked is not None and not somebody.confirms(asked):
            raise CommandError(NOTHING)
        return found


def refuse(reason: str, *, as_json: bool) -> NoReturn:
    """Report that nothing was done because nobody confirmed it, and end the command."""
    refusal = records.refusal(reason)
    if as_json:
        click.echo(records.line(refusal))
    print_error(f"{refusal['message']}; {refusal['advice']}")
    raise click.exceptions.Exit(ExitStatus.USAGE)
