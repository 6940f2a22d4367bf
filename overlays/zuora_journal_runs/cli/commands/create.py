"""`zjr create`."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs import errors
from zuora_journal_runs._http import parse_idempotency_key
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.failures import print_failure
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import JSON, TIMEOUT, checked, limited
from zuora_journal_runs.cli.progress import ProgressDisplay, Seen
from zuora_journal_runs.cli.run_options import (
    NO_RUN_IN_THE_WAY,
    WAIT_FOR_TURN,
    RunOptionsCommand,
    run_options,
    seen_in_turn,
)
from zuora_journal_runs.cli.session import connected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zuora_journal_runs import JournalRunsClient, TurnProgress
    from zuora_journal_runs.cli.record_types import CreationRecord
    from zuora_journal_runs.cli.session import Session


_NEW = "new run"
"""Stands for the run to create, which has no number yet."""


@click.command(cls=RunOptionsCommand)
@connected
@run_options(required=True)
@WAIT_FOR_TURN
@click.option("--wait", is_flag=True, help="Wait until it has ended, and report how.")
@TIMEOUT
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the evidence of the outcome to this file, for `zjr evidence`. One file creates at most one run.",
)
@click.option(
    "--idempotency-key",
    metavar="KEY",
    callback=checked(parse_idempotency_key),
    help="One key creates at most one run, however often the command is repeated.",
)
@JSON
def create(
    session: Session,
    requested: dict[str, Any],
    wait_for_turn: float | None,
    wait: bool,
    timeout: float,
    evidence: str | None,
    idempotency_key: str | None,
    as_json: bool,
) -> int:
    """Create a journal run, and print its number."""
    key = idempotency_key or str(uuid.uuid4())
    with EvidenceFiles(evidence, [_NEW]), session.client(idempotency_key=key) as client:
        session.known = _known_before(evidence, key)
        with _turns(session, evidence, wait_for_turn) as on_turn:
            creation = client.create(**requested, wait_for_turn=wait_for_turn, on_turn=on_turn, evidence=evidence)
        number = creation.journal_run_number
        session.known = f"{number} was created; to check it: `zjr get {number}`"
        if not as_json:
            click.echo(number)
        record = _wait_for(client, number, timeout, evidence) if wait else records.creation(number)
    if as_json:
        click.echo(records.line(record))
    elif record["outcome"] == "completed":
        count = record["totalJournalEntryCount"]
        click.echo("Completed" if count is None else f"Completed, {count_entries(count)}")
    if record["message"]:
        print_failure(record)
    return record["exitStatus"]


def _known_before(evidence: str | None, key: str) -> str:
    """Return what to report if the command is interrupted before the run is known to be created."""
    option = f"--idempotency-key {key}" if evidence is None else f"--evidence {evidence}"
    return f"the run may have been created; to create no second one, repeat the command with {option}"


@contextmanager
def _turns(
    session: Session, evidence: str | None, wait_for_turn: float | None
) -> Iterator[Callable[[TurnProgress], None] | None]:
    """Show what a creation waits for; yield what the client calls with it, or None if it does not wait."""
    if wait_for_turn is None:
        yield None
        return
    with ProgressDisplay([_NEW], wait_for_turn, awaited=(NO_RUN_IN_THE_WAY, "")) as display:

        def show(turn: TurnProgress) -> None:
            session.known = _known_before(evidence, turn.idempotency_key)
            display.update(_NEW, seen_in_turn(turn))

        yield show


def _wait_for(client: JournalRunsClient, number: str, timeout: float, evidence: str | None) -> CreationRecord:
    with ProgressDisplay([number], timeout, awaited=("it has ended", "they have ended")) as display:
        try:
            outcome = client.wait_for_completion(
                number,
                timeout=limited(timeout),
                on_poll=lambda run: display.update(number, Seen(str(run.status))),
                evidence=evidence,
            )
            return records.ended(number, outcome)
        except errors.JournalRunsError as error:
            return records.not_ended(number, error)
