"""`zjr emulator`."""

from __future__ import annotations

import ipaddress
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
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
    """Turn errors of the emulator into messages for the user.

    Raises:
        Problem: The emulator failed, or its extra is not installed.
    """
    try:
        from zuora_journal_runs.emulator import EmulatorError

        try:
            yield
        except EmulatorError as error:
            raise Problem(str(error)) from None
    except ModuleNotFoundError as error:
        raise Problem(f"not installed: {error.name}; to install: pip install 'zuora-journal-runs[emulator]'") from None


@click.group(
    invoke_without_command=True,
    epilog="""\b
Pacing, how fast operations on a run progress:
  at-once      an operation is finished before its response is sent
  polls:2      one step after every two reads of the run or its entries
  seconds:1.5  one step every 1.5 seconds
  held         no progress until the run is released
  A step of a cancellation cancels one entry. With /3 appended, a
  cancellation takes three steps in all. The default is polls:1/3.

\b
Faults are written OPERATION:CALLS:EFFECT. OPERATION is create, get,
entries, update, cancel, delete, token or any. CALLS are:
  2         the second call; 2x3 three calls from it on, 2+ all from it on
  every-2   every second call
  25%       each call with this probability; 25%@7 with the random seed 7
EFFECT replaces the response, before the call is processed or, with
-after appended, once it was:
  reset, status-503, error-50, false-50 (200 without success), html-502,
  too-many-30 (429, Retry-After: 30)
or changes the response to a call that was processed:
  truncated, wrong-length, broken-json, not-gzip, bad-gzip, unknown-value,
  no-success, delay-5 (on the emulator's clock), real-delay-5
or is expired-token, which revokes the caller's token.

\b
Settings and their defaults:
  show-cancel-in-progress=yes  put-needs-content-type=yes
  one-run-at-a-time=yes        numeric-codes=yes
  override-transferred=no
  tenant-version=186.0         earliest-target-date=  (a date)
  entity-ids=  organization-ids=  (accept only these: a,b)
  max-page-size=300            token-seconds=3600
  calls-per-minute=50000       token-calls-per-minute=2000
  request-log-size=1000        max-connections=2000
  max-body-size, max-head-size, max-buffered-size  (bytes)

\b
Seed files are YAML, or JSON if their name ends in .json:
  runs:
    - number: JR-00000100
      status: Completed
      accountingPeriodName: Oct-2026
      entries: 10
      transferredToAccounting: {7: Yes}
      pacing: polls:1
  periods:
    - {name: December 2024, start: 2024-12-01, end: 2024-12-31}
  transactions:
    - {type: Invoice Item, date: 2024-12-03, amount: 1200.50}

While the emulator runs, open its URL in a browser to watch and control it. GET /_emulator/openapi.yaml describes the
control API; GET /health shows whether the emulator is ready.
""",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 for any free one."
)
@click.option("--db", "database", metavar="FILE", default=":memory:", help="Keep the state in this file.")
@click.option("--seed", metavar="FILE", help="The runs, periods and transactions of a new or reset database.")
@click.option("--pacing", metavar="PACING", help="How fast operations progress; see below.")
@click.option(
    "--set", "settings", metavar="NAME=VALUE", multiple=True, help="Choose a setting; see below. Can be repeated."
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings from a TOML file, as zjr contract --settings writes it; --set takes precedence.",
)
@click.option("--fault", "faults", metavar="FAULT", multiple=True, help="Inject a fault; see below. Can be repeated.")
@click.pass_context
def emulator(context: click.Context, /, **options: Any) -> int:
    """Serve an emulator of Zuora's journal runs until Ctrl-C.

    When it is ready, it prints one line of JSON with url, client_id and client_secret.
    """
    if context.invoked_subcommand is None:
        with emulating():
            from zuora_journal_runs.emulator import serve

            serve(_make(**options), _announce)
    return Status.DONE


@emulator.command("run", context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run_command(context: click.Context, /, command: tuple[str, ...]) -> int:
    """Run a command with an emulator, and exit with its status.

    For example: zjr emulator run -- pytest

    The command finds the emulator in ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET. Signals are passed on to
    it. Write options of the emulator before the word run.
    """
    assert context.parent is not None
    with emulating(), _make(**context.parent.params) as emulator:
        # ZUORA_ENVIRONMENT would contradict ZUORA_BASE_URL.
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
    settings_file: Path | None,
    faults: tuple[str, ...],
) -> Emulator:
    from zuora_journal_runs.emulator import DEFAULT_PACING, DEFAULT_SEED, Emulator, Fault, Pacing, Settings, read_seed

    try:
        parsed_pacing = Pacing.parse(pacing) if pacing else DEFAULT_PACING
        parsed_settings = Settings.parse([*(Settings.texts_in(settings_file) if settings_file else ()), *settings])
        parsed_faults = [Fault.parse(fault) for fault in faults]
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    parsed_seed = read_seed(seed) if seed else DEFAULT_SEED
    if not _is_loopback(host):
        complain(f"warning: anyone who can reach {host} can use and control this emulator")
    try:
        return Emulator(
            host=host,
            port=port,
            database=database,
            seed=parsed_seed,
            pacing=parsed_pacing,
            settings=parsed_settings,
            faults=parsed_faults,
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
        click.echo(
            f"\nIn another terminal:\n{exports}\n  {program()} cancel JR-00000075\n\nPress Ctrl-C to stop.", err=True
        )
