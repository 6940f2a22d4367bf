"""`zjr demo` and `zjr demo close`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli.commands.emulator import emulating
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.terminal import program, show

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from rich.console import RenderableType

    from zuora_journal_runs import JournalEntry, JournalRunsClient
    from zuora_journal_runs.emulator import Emulator

RUN = "JR-00000075"
_BETWEEN_POLLS = 0.2
"""Seconds."""
_TIMEOUT = 30.0


@click.group(invoke_without_command=True)
@click.pass_context
def demo(context: click.Context) -> int:
    """Show what a cancellation really does, on an emulator."""
    if context.invoked_subcommand is not None:
        return ExitStatus.DONE
    with emulating():
        from zuora_journal_runs import JournalRunsClient, Polling
        from zuora_journal_runs.emulator import Emulator

        polling = Polling(first=_BETWEEN_POLLS, longest=_BETWEEN_POLLS)
        with (
            Emulator() as emulator,
            JournalRunsClient.from_env(emulator.environ(), polling=polling) as client,
            TemporaryDirectory() as folder,
        ):
            _introduce(emulator)
            _show_cancellation(client, Path(folder) / f"{RUN}.jsonl")
    _invite(program())
    return ExitStatus.DONE


def _introduce(emulator: Emulator) -> None:
    show(
        f"An emulator of Zuora's API listens on {emulator.url}.",
        "What follows is this package's client, over HTTP.",
    )


def _chapter(title: str) -> None:
    from rich.text import Text

    from zuora_journal_runs.cli import render

    show("", Text(title, render.TITLE))


def _say(*said: RenderableType, table: bool = False) -> None:
    from rich.padding import Padding

    show(*(Padding(each, (0, 0, 0, 3)) for each in said), table=table)


def _show_cancellation(client: JournalRunsClient, file: Path) -> None:
    """Cancel the run, and show each step as it happens.

    Args:
        client: A client of the emulator.
        file: Where to write evidence.
    """
    from rich.text import Text

    from zuora_journal_runs.cli import records, render
    from zuora_journal_runs.cli.formatting import sentences
    from zuora_journal_runs.evidence import read_evidence

    _chapter("1. Before")
    run = client.retrieve(RUN)
    _say(f"{RUN} is {run.status} and has {run.total_journal_entry_count} journal entries.")

    _chapter("2. The request and its response")
    cancellation = client.cancel(RUN)
    assert cancellation.exchange is not None
    _say(f"PUT /v1/journal-runs/{RUN}/cancel", f'{cancellation.exchange.status_code}, "success": true')

    _chapter("3. What really happens")
    seen: list[str] = []
    outcome = client.wait_for_cancellation(
        cancellation,
        timeout=_TIMEOUT,
        on_progress=lambda progress: seen.append(str(progress.run.status)),
        evidence=file,
    )
    statuses = ", then ".join(dict.fromkeys([*seen, str(outcome.run.status)]))
    _say(f"The run is polled {len(seen) + 1} times: it is {statuses}.", "")
    _say(render.Entries([render.Entries.row(entry.to_dict()) for entry in client.entries(RUN)]), table=True)
    total = len(outcome.cancelled) + len(outcome.remaining)
    _say("", f"{len(outcome.cancelled)} of {total} entries are cancelled. {len(outcome.remaining)} is not:")
    for blocked in outcome.blocked:
        _say(f"{blocked.number} stays. {sentences(blocked.reason, blocked.advice)}")

    _chapter("4. What proves it")
    proof = read_evidence(file)
    _say(f"{len(proof.steps)} responses in {file.name}, judged again:", records.evidence(proof)["summary"])
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


@demo.command("close")
def close() -> int:
    """Show a whole month-end close, on an emulator."""
    with emulating():
        from zuora_journal_runs import JournalRunsClient, Polling
        from zuora_journal_runs.emulator import Emulator, Seed, Settings, Transaction

        transactions = [
            Transaction(type=name, date=f"{_MONTH}-{day:02}", amount=amount) for name, day, amount in _TAKEN
        ]
        late = Transaction(type="Invoice Item", date=f"{_MONTH}-31", amount=_LATE)
        polling = Polling(first=_BETWEEN_POLLS, longest=_BETWEEN_POLLS)
        with (
            Emulator(seed=Seed(transactions=transactions), settings=Settings(override_transferred=True)) as emulator,
            JournalRunsClient.from_env(emulator.environ(), polling=polling) as client,
            TemporaryDirectory() as folder,
        ):
            _introduce(emulator)
            _Close(client, Path(folder)).show(lambda: emulator.add_transactions([late]))
    return ExitStatus.DONE


_MONTH = "2026-10"
_TAKEN = (("Invoice Item", 5, "3200.00"), ("Invoice Item", 19, "150.50"), ("Taxation Item", 5, "256.00"))
"""Types, days and amounts of the transactions of the month."""
_LATE = "80.25"


class _Close:
    """A close whose steps are shown as they happen.

    Args:
        client: A client of the emulator.
        folder: Where to write evidence.
    """

    def __init__(self, client: JournalRunsClient, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._ledger: list[JournalEntry] = []

    def show(self, add_late_invoice: Callable[[], object]) -> None:
        """Close the month, correct it, and show each step."""
        from rich.text import Text

        from zuora_journal_runs.cli import records, render
        from zuora_journal_runs.cli.formatting import format_amount
        from zuora_journal_runs.errors import EntriesRemainError

        client = self._client
        _chapter("1. Create a run, and wait until it has ended")
        created = client.create(["Invoice Item", "Taxation Item"], f"{_MONTH}-31", accounting_period_name="Oct-2026")
        number = created.journal_run_number
        ended = client.wait_for_completion(created, timeout=_TIMEOUT).run
        _say(f"{number} is {ended.status} and has {ended.total_journal_entry_count} entries.")

        _chapter("2. Add them up")
        _say(render.totals(records.totals(number, client.entries(number).totals())), table=True)

        _chapter("3. Post each entry once")
        _say("Each is marked as Processing, posted to the ledger, and marked as Yes.", self._post(number))

        _chapter("4. Correct it")
        add_late_invoice()
        _say(f"An invoice of {format_amount(_LATE, 'USD')} was late. To rerun {number} is refused:")
        try:
            client.rerun(number, evidence=self._folder / "refused.jsonl", timeout=_TIMEOUT)
        except EntriesRemainError as error:
            _say(f"{len(error.entries)} entries were transferred to accounting. Nothing was changed.")
        self._ledger.clear()
        client.transfer(number, value="No")
        _say("So they are reversed in the ledger, and marked as No again.")

        _chapter("5. Run it again")
        outcome = client.rerun(number, evidence=self._folder / f"{number}.jsonl", timeout=_TIMEOUT)
        record = records.rerun(outcome)
        _say(f"{number} is cancelled, and {outcome.created} in its place is {outcome.ending}.")
        _say(render.total_changes(record), table=True)
        _say(self._post(outcome.created))

        _chapter("6. Post it once more")
        _say(self._post(outcome.created))
        doubled = format_amount(2 * self._posted(), "USD")
        show("", Text(f"Without the marks, the second posting would have made that {doubled}.", render.TITLE))

    def _post(self, number: str) -> str:
        """Post the entries of a run, and say what that did."""
        from zuora_journal_runs.cli.formatting import format_amount

        outcome = self._client.post_entries(number, self._ledger.append)
        amount = format_amount(self._posted(), "USD")
        return f"{outcome.summary()} The ledger has {len(self._ledger)} entries of {amount}."

    def _posted(self) -> Decimal:
        """Return the sum of what is in the ledger."""
        from zuora_journal_runs import Totals

        debits, _ = Totals.of(self._ledger).by_currency()["USD"]
        return debits
