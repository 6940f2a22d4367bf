"""What goes on while one waits, on standard error."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .terminal import decorated
from .words import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """Say what is waited for, and then whatever is given: in one live line, or without a terminal in a line for each.

    What is said twice in a row is one line.
    """
    if not decorated(sys.stderr):
        said = [text]
        click.echo(plain(text), err=True)

        def say(text: str) -> None:
            if text != said[-1]:
                said.append(text)
                click.echo(plain(text), err=True)

        yield say
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    with Progress(
        SpinnerColumn("line"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(plain(text), total=None)
        yield lambda text: progress.update(task, description=plain(text))
