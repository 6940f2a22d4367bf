"""`zjr schema`."""

from __future__ import annotations

import json

import click

from zuora_journal_runs.cli.exit_status import ExitStatus


@click.command()
def schema() -> int:
    """Print the JSON Schema of what --json prints."""
    from zuora_journal_runs.cli.schema import records_schema

    click.echo(json.dumps(records_schema(), indent=2))
    return ExitStatus.DONE
