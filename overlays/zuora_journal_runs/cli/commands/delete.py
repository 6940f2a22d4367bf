"""`zjr delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.parameters import JSON, NUMBER, TIMEOUT, YES
from zuora_journal_runs.cli.problems import Problem
from zuora_journal_runs.cli.progress import waiting
from zuora_journal_runs.cli.session import NOTHING, connected
from zuora_journal_runs.cli.status import Status
from zuora_journal_runs.cli.terminal import asks, confirmed
from zuora_journal_runs.cli.words import sentences

if TYPE_CHECKING:
    from zuora_journal_runs.cli.session import Session


@click.command()
@connected
@NUMBER
@click.option("--wait", is_flag=True, help="Wait until it is gone.")
@TIMEOUT
@YES
@JSON
def delete(session: Session, number: str, wait: bool, timeout: float, yes: bool, as_json: bool) -> int:
    """Delete a cancelled journal run. On a terminal it asks first."""
    with session.client() as client:
        if asks(yes) and client.retrieve(number).status == "Cancelled" and not confirmed(f"Delete {number} for good?"):
            raise Problem(NOTHING)
        session.known = f"{number} may be deleted, or not; to see: `zjr get {number}`"
        try:
            if wait:
                with waiting(f"{number}: waiting until it is gone, {timeout:g} s at most") as say:
                    done = client.delete(
                        number, wait=True, timeout=timeout, on_poll=lambda run: say(f"{number}: {run.status}")
                    )
            else:
                done = client.delete(number)
            record = records.deletion(done)
        except errors.DeletionNotSettled as error:
            record = records.not_deleted(number, error)
    if as_json:
        click.echo(records.line(record))
    elif record["outcome"] == "deleted":
        click.echo(f"{number} is deleted.")
    elif record["outcome"] == "accepted":
        click.echo(f"{number} is being deleted. {record['advice']}.")
    if record["message"]:
        raise Problem(sentences(record["message"], record["advice"]), Status(record["exitStatus"]))
    return record["exitStatus"]
