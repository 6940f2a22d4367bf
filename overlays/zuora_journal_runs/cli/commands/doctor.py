"""`zjr doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.parameters import JSON
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from zuora_journal_runs.cli.session import Session


@click.command()
@connected
@JSON
def doctor(session: Session, as_json: bool) -> int:
    """Check address, credentials and the like.

    It changes nothing: it checks the settings, fetches a token, and requests a run that most likely does not exist.
    """
    from zuora_journal_runs.cli.diagnostics import diagnose

    record = records.diagnosis(diagnose(session, os.environ, session.now))
    if as_json:
        click.echo(records.line(record))
    else:
        from zuora_journal_runs.cli.render import diagnosis

        show(diagnosis(record))
    return record["exitStatus"]
