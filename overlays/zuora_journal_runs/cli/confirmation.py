"""Asking before anything is changed that cannot be changed back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import records
from .error_messages import CommandError
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
        show: Writes them for a person.
        question: Returns what to ask; None if nothing would be done.
        as_json: Whether the command reports in JSON. Then nobody is asked.

    Returns:
        The plans, to which a person has agreed.

    Raises:
        CommandError: the person did not agree; or nobody could be asked, and what would have been done was shown.
    """
    if as_json:
        for plan in plans:
            click.echo(records.line(plan))
        refusal = records.refusal("with --json nobody is asked")
        click.echo(records.line(refusal))
        raise CommandError(f"{refusal['message']}; {refusal['advice']}", ExitStatus.USAGE)
    with person() as somebody:
        found = list(plans)
        show(found, somebody.screen if somebody else sys.stderr)
        if somebody is None:
            refusal = records.refusal("there is no terminal to ask at")
            raise CommandError(f"{refusal['message']}; {refusal['advice']}", ExitStatus.USAGE)
        asked = question(found)
        if asked is not None and not somebody.agrees(asked):
            raise CommandError(NOTHING)
        return found
