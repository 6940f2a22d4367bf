"""`zjr demo`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli.commands.emulator import emulating
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.terminal import program, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zuora_journal_runs import JournalRunsClient

RUN = "JR-00000075"
_BETWEEN_POLLS = 0.2
"""Seconds."""
_TIMEOUT = 30.0


@click.command()
def demo() -> int:
    """Show what a cancellation really does, on an emulator."""
    with emulating():
        from zuora_journal_runs import JournalRunsClient, Polling
        from zuora_journal_runs.emulator import Emulator

        polling = Polling(first=_BETWEEN_POLLS, longest=_BETWEEN_POLLS)
        with (
            Emulator() as emulator,
            JournalRunsClient.from_env(emulator.environ(), polling=polling) as client,
            TemporaryDirectory() as folder,
        ):
            show(
                f"An emulator of Zuora's API listens on {emulator.url}.",
                "What follows is this package's client, over HTTP.",
            )
            _show_cancellation(client, Path(folder) / f"{RUN}.jsonl")
    _invite(program())
    return ExitStatus.DONE


def _show_cancellation(client: JournalRunsClient, file: Path) -> None:
    """Cancel the run, and show each step as it happens.

    Args:
        client: A client of the emulator.
        file: Where to write evidence.
    """
    from rich.padding import Padding
    from rich.text import Text

    from zuora_journal_runs.cli import records, render
    from zuora_journal_runs.cli.formatting import sentences
    from zuora_journal_runs.evidence import read_evidence

    def say(*said: RenderableType, table: bool = False) -> None:
        show(*(Padding(each, (0, 0, 0, 3)) for each in said), table=table)

    def chapter(title: str) -> None:
        show("", Text(title, render.TITLE))

    chapter("1. Before")
    run = client.retrieve(RUN)
    say(f"{RUN} is {run.status} and has {run.total_journal_entry_count} journal entries.")

    chapter("2. The request and its response")
    cancellation = client.cancel(RUN)
    assert cancellation.exchange is not None
    say(f"PUT /v1/journal-runs/{RUN}/cancel", f'{cancellation.exchange.status_code}, "success": true')

    chapter("3. What really happens")
    seen: list[str] = []
    outcome = client.wait_for_cancellation(
        cancellation,
        timeout=_TIMEOUT,
        on_progress=lambda progress: seen.append(str(progress.run.status)),
        evidence=file,
    )
    statuses = ", then ".join(dict.fromkeys([*seen, str(outcome.run.status)]))
    say(f"The run is polled {len(seen) + 1} times: it is {statuses}.", "")
    say(render.Entries(records.entries(RUN, client.entries(RUN))["entries"]), table=True)
    total = len(outcome.cancelled) + len(outcome.remaining)
    say("", f"{len(outcome.cancelled)} of {total} entries are cancelled. {len(outcome.remaining)} is not:")
    for blocked in outcome.blocked:
        say(f"{blocked.number} stays. {sentences(blocked.reason, blocked.advice)}")

    chapter("4. What proves it")
    proof = read_evidence(file)
    say(f"{len(proof.steps)} responses in {file.name}, judged again:", records.evidence(proof)["summary"])
    show("", Text(f"If you only check `success`, you'll believe {RUN} was cancelled.\nIt wasn't.", render.TITLE))


def _invite(zjr: str) -> None:
    """Show what to try next."""
    from zuora_journal_runs.cli import render

    show("", "Now you:")
    show(
        render.rows(
            (f"{zjr} emulator", "in one terminal; follow its instructions in another:"),
            (f"{zjr} cancel {RUN}", "shows what it would do, and asks for confirmation"),
            (f"{zjr} --help", "lists the other commands"),
        )
    )
