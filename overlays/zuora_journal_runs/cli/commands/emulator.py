"""`zjr emulator`."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli.problems import Problem
from zuora_journal_runs.cli.status import Status
from zuora_journal_runs.cli.terminal import is_terminal, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.emulator import Emulator


@contextmanager
def emulating() -> Iterator[None]:
    """Tell what goes wrong with an emulator inside.

    Raises:
        Problem: it did, or the emulator's extra is not installed.
    """
    try:
        from zuora_journal_runs.emulator import EmulatorError, server  # noqa: F401 - the server asks for more than the rest
    except ModuleNotFoundError as error:
        raise Problem(f"not installed: {error.name}; to install: pip install 'zuora-journal-runs[emulator]'") from None
    try:
        yield
    except EmulatorError as error:
        raise Problem(str(error)) from None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 is a free one.")
@click.option("--db", "database", metavar="FILE", default=":memory:", help="Keep the runs in this file.")
def emulator(host: str, port: int, database: str) -> int:
    """Serve an emulator of Zuora's journal runs until Ctrl-C.

    When it is ready it prints one line of JSON, with url, client_id and client_secret.
    """
    with emulating():
        from zuora_journal_runs.emulator import Emulator, serve

        serve(Emulator(host=host, port=port, database=database), _announce)
    return Status.DONE


def _announce(emulator: Emulator) -> None:
    ready = {"url": emulator.url, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    click.echo(json.dumps(ready))
    if is_terminal(sys.stderr):
        exports = "\n".join(f"  export {name}={value}" for name, value in emulator.environ().items())
        click.echo(f"\nIn another terminal:\n{exports}\n  {program()} cancel JR-00000075\n\nCtrl-C ends it.", err=True)
