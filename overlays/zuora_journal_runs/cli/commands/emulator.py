"""`zjr emulator`."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.cli.child import run_child
from zuora_journal_runs.cli.problems import Problem, complain
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


@click.group(
    invoke_without_command=True,
    epilog="""\b
Pacing, how fast what is under way in a run goes on:
  at-once      at once
  polls:2      one step after two reads of the run or its entries
  seconds:1.5  one step each 1.5 seconds
  held         not until the run is released
  A step of a cancellation cancels one entry; with /3 behind the pace it
  takes three steps for all of them. polls:1/3 is the default.

\b
Faults are OPERATION:WHICH:WHAT. The operation is create, get, entries,
cancel, delete, token or any. Which calls of it:
  2         the second; 2x3 three from it on, 2+ all from it on
  every-2   every second one
  25%       each by chance; 25%@7 drawn from the seed 7
What a call meets, or with -after behind it once its change was made:
  reset, status-503, error-50, false-50 (200, not a success), html-502,
  too-many-30 (429, Retry-After: 30)
What becomes of its answer:
  truncated, wrong-length, broken-json, not-gzip, bad-gzip, unknown-value,
  no-success, delay-5 (on the emulator's clock), real-delay-5
And expired-token: its token is good no more.

\b
Settings, with what they are by default:
  show-cancel-in-progress=yes  put-needs-content-type=yes
  one-run-at-a-time=yes        numeric-codes=yes
  tenant-version=186.0         earliest-target-date=  (a date)
  entity-ids=  organization-ids=  (those that there are: a,b)
  max-page-size=300             token-seconds=3600
  calls-per-minute=50000       token-calls-per-minute=2000
  max-body-size, max-head-size, max-connections, max-buffered-size, request-log-size

\b
Seeds are YAML, or JSON in a file named .json:
  runs:
    - number: JR-00000100
      status: Completed
      accountingPeriodName: Oct-2026
      entries: 10
      transferredToAccounting: {7: Yes}
      pacing: polls:1

While it runs, its address shows it in a browser, GET /_emulator/openapi.yaml tells how to control it, and GET /health
whether it is ready.
""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 is a free one.")
@click.option("--db", "database", metavar="FILE", default=":memory:", help="Keep the runs in this file.")
@click.option("--seed", metavar="FILE", help="The runs of a new database, or of one that is reset.")
@click.option("--pacing", metavar="PACING", help="How fast runs go on; see below.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="What Zuora leaves open; see below.")
@click.option("--fault", "faults", metavar="FAULT", multiple=True, help="What goes wrong; see below. Can be repeated.")
@click.pass_context
def emulator(context: click.Context, /, **options: Any) -> int:
    """Serve an emulator of Zuora's journal runs until Ctrl-C.

    When it is ready it prints one line of JSON, with url, client_id and client_secret.
    """
    if context.invoked_subcommand is None:
        with emulating():
            from zuora_journal_runs.emulator import serve

            serve(_make(**options), _announce)
    return Status.DONE


@emulator.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(context: click.Context, /, command: tuple[str, ...]) -> int:
    """Run a command with an emulator, and end as it does.

    For example: zjr emulator run -- pytest

    The command's environment has ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET of the emulator, and signals
    are passed on to it. The emulator's options stand before the word run.
    """
    assert context.parent is not None
    with emulating(), _make(**context.parent.params) as emulator:
        # Two ways to say which tenant is meant would contradict each other.
        inherited = {name: value for name, value in os.environ.items() if name != "ZUORA_ENVIRONMENT"}
        return run_child(command, inherited | emulator.environ())


def _make(
    *,
    host: str,
    port: int,
    database: str,
    seed: str | None,
    pacing: str | None,
    settings: tuple[str, ...],
    faults: tuple[str, ...],
) -> Emulator:
    from zuora_journal_runs.emulator import DEFAULT_PACING, DEFAULT_SEED, Emulator, Fault, Pacing, Settings, read_seed

    try:
        chosen_pacing = Pacing.parse(pacing) if pacing else DEFAULT_PACING
        chosen = Settings.parse(settings)
        failing = [Fault.parse(fault) for fault in faults]
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    runs = read_seed(seed) if seed else DEFAULT_SEED
    if not _is_loopback(host):
        complain(f"warning: whoever can reach {host} can use and control this emulator")
    try:
        return Emulator(
            host=host, port=port, database=database, seed=runs, pacing=chosen_pacing, settings=chosen, faults=failing
        )
    except ValueError as error:
        raise Problem(f"{seed}: {error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _announce(emulator: Emulator) -> None:
    ready = {"url": emulator.url, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
    click.echo(json.dumps(ready))
    if is_terminal(sys.stderr):
        exports = "\n".join(f"  export {name}={value}" for name, value in emulator.environ().items())
        click.echo(f"\nIn another terminal:\n{exports}\n  {program()} cancel JR-00000075\n\nCtrl-C ends it.", err=True)
