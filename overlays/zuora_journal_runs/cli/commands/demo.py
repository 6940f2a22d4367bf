"""`zjr demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli.commands.emulator import emulating
from zuora_journal_runs.cli.status import Status
from zuora_journal_runs.cli.terminal import program, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zuora_journal_runs import JournalRunsClient

RUN = "JR-00000075"
_POLL_SECONDS = 0.2
_TIMEOUT_SECONDS = 30.0


@click.command()
def demo() -> int:
    """Show on an emulator what a cancellation really does."""
    with emulating():
        from zuora_journal_runs import JournalRunsClient, Polling
        from zuora_journal_runs.emulator import Emulator

        polling = Polling(first=_POLL_SECONDS, longest=_POLL_SECONDS)
        with Emulator() as emulator, JournalRunsClient.from_env(emulator.environ(), polling=polling) as client:
            show(
                f"An emulator of Zuora's API is running at {emulator.url}.",
                "This demo calls it over HTTP with the client of this package.",
            )
            _show_cancellation(client)
    _invite(program())
    return Status.DONE


def _show_cancellation(client: JournalRunsClient) -> None:
    """Cancel the run, and show each step as it happens."""
    from rich.padding import Padding
    from rich.text import Text

    from zuora_journal_runs.cli import records, render
    from zuora_journal_runs.cli.words import sentences

    def indented(*parts: RenderableType, table: bool = False) -> None:
        show(*(Padding(each, (0, 0, 0, 3)) for each in parts), table=table)

    def heading(title: str) -> None:
        show("", Text(title, render.TITLE))

    heading("1. The run")
    run = client.retrieve(RUN)
    indented(f"{RUN} is {run.status} and has {run.total_journal_entry_count} journal entries.")

    heading("2. The request")
    indented(f"PUT /v1/journal-runs/{RUN}/cancel")

    heading("3. The response")
    cancellation = client.cancel(RUN)
    assert cancellation.exchange is not None
    indented(f'{cancellation.exchange.status_code}, "success": true')

    heading("4. What really happened")
    seen: list[str] = []
    outcome = client.wait_for_cancellation(
        cancellation, timeout=_TIMEOUT_SECONDS, on_progress=lambda progress: seen.append(str(progress.run.status))
    )
    statuses = ", then ".join(dict.fromkeys([*seen, str(outcome.run.status)]))
    indented(f"The run was polled {len(seen) + 1} times: {statuses}.", "")
    indented(render.Entries(records.entries(RUN, client.entries(RUN))["entries"]), table=True)
    total = len(outcome.cancelled) + len(outcome.remaining)
    indented("", f"{len(outcome.cancelled)} of {total} entries were cancelled, {len(outcome.remaining)} was not:")
    for blocked in outcome.blocked:
        indented(f"{blocked.number}: {sentences(blocked.reason, blocked.advice)}")
    show(
        "",
        Text(f'If you only check "success", you will believe that {RUN} was cancelled. It was not.', render.TITLE),
    )


def _invite(zjr: str) -> None:
    """Show what to try next."""
    from zuora_journal_runs.cli import render

    show("", "Try it yourself:")
    show(
        render.rows(
            (f"{zjr} emulator", "in one terminal; then, in another:"),
            (f"{zjr} cancel {RUN}", "shows what it would do, and asks"),
            (f"{zjr} --help", "shows all commands"),
        )
    )
