"""`zjr emulator`."""

from __future__ import annotations

import ipaddress
import json
import os
import shlex
import sys
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.cli import running_emulators
from zuora_journal_runs.cli.error_messages import CommandError, print_error
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.formatting import one_line
from zuora_journal_runs.cli.parameters import WholeNumber
from zuora_journal_runs.cli.running_emulators import find, registered
from zuora_journal_runs.cli.subprocesses import execute
from zuora_journal_runs.cli.terminal import decorated, is_terminal, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from zuora_journal_runs.emulator import Emulator, RecordedRequest


_IN_FISH = str.maketrans({"'": r"\'", "\\": r"\\"})
_IN_POWERSHELL = str.maketrans({"'": "''"})
ASSIGNMENTS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} '{value.translate(_IN_FISH)}'",
    "powershell": lambda name, value: f"$env:{name} = '{value.translate(_IN_POWERSHELL)}'",
}
"""How each shell sets a variable."""


def default_shell() -> str:
    """Return the shell of this machine; fish understands what `sh` does."""
    return "powershell" if running_emulators.WINDOWS and not os.environ.get("SHELL") else "sh"


@contextmanager
def emulating() -> Iterator[None]:
    """Turn errors of the emulator into messages for the user.

    Raises:
        CommandError: The emulator failed, or its extra is not installed.
    """
    try:
        from zuora_journal_runs.emulator import EmulatorError

        try:
            yield
        except EmulatorError as error:
            raise CommandError(str(error)) from None
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None


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
@click.option("--port", type=WholeNumber(0, 65535), default=0, show_default=True, help="The port; 0 for any free one.")
@click.option(
    "--db",
    "database",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    default=":memory:",
    help="Keep the state in this file.",
)
@click.option(
    "--seed",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Runs, periods and transactions of a new or reset database.",
)
@click.option("--pacing", metavar="PACING", help="How fast operations progress; see below.")
@click.option(
    "--set", "settings", metavar="NAME=VALUE", multiple=True, help="Choose a setting; see below. Can be repeated."
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Settings from a TOML file, as zjr contract --settings writes it; --set takes precedence.",
)
@click.option("--fault", "faults", metavar="FAULT", multiple=True, help="Inject a fault; see below. Can be repeated.")
@click.pass_context
def emulator(context: click.Context, /, **options: Any) -> int:
    """Serve an emulator of Zuora's journal runs until Ctrl-C.

    On a terminal it prints how to connect, and the requests that it receives. Elsewhere it prints one line of JSON with
    url, client_id and client_secret when it is ready.
    """
    if context.invoked_subcommand is None:
        with emulating():
            from zuora_journal_runs.emulator import serve

            with ExitStack() as stack:

                def ready(emulator: Emulator) -> None:
                    stack.enter_context(registered(emulator.environ()))
                    _announce(emulator)

                serve(_make(**options), ready, RequestPrinter() if is_terminal(sys.stdout) else None)
    return ExitStatus.DONE


@emulator.command(
    epilog="""\b
  sh, bash, zsh:  eval "$(zjr emulator env)"
  fish:           zjr emulator env --shell fish | source
  PowerShell:     zjr emulator env | Out-String | Invoke-Expression
"""
)
@click.option("--port", type=WholeNumber(1, 65535), help="The emulator's port, if several are running.")
@click.option(
    "--shell", type=click.Choice(list(ASSIGNMENTS)), help="The shell.  [default: powershell on Windows, else sh]"
)
def env(port: int | None, shell: str | None) -> int:
    """Print the variables with which to connect to the running emulator."""
    # ZUORA_ENVIRONMENT would contradict ZUORA_BASE_URL.
    unset = {"ZUORA_ENVIRONMENT": ""} if os.environ.get("ZUORA_ENVIRONMENT") else {}
    click.echo("\n".join(_exports({**unset, **find(port)}, shell or default_shell())))
    return ExitStatus.DONE


@emulator.command("run", context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run_command(context: click.Context, /, command: tuple[str, ...]) -> int:
    """Execute a command with an emulator, and exit with its status.

    For example: zjr emulator run -- pytest

    The command finds the emulator in ZUORA_BASE_URL, ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET. Signals are passed on to
    it. Write options of the emulator before the word run.
    """
    assert context.parent is not None
    with emulating(), _make(**context.parent.params) as emulator:
        # ZUORA_ENVIRONMENT would contradict ZUORA_BASE_URL.
        inherited = {name: value for name, value in os.environ.items() if name != "ZUORA_ENVIRONMENT"}
        return execute(command, inherited | emulator.environ())


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
        print_error(f"warning: anyone who can reach {host} can use and control this emulator")
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
        raise CommandError(f"{seed}: {error}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _announce(emulator: Emulator) -> None:
    """Print how to connect: for a person on a terminal, or as a line of JSON."""
    if not is_terminal(sys.stdout):
        ready = {"url": emulator.url, "client_id": emulator.client_id, "client_secret": emulator.client_secret}
        click.echo(json.dumps(ready))
        return
    zjr = program()
    shell = default_shell()
    connect = f'eval "$({zjr} emulator env)"'
    if shell == "powershell":
        connect = f"{zjr} emulator env | Out-String | Invoke-Expression"
    exports = "\n".join(f"  {line}" for line in _exports(emulator.environ(), shell))
    click.echo(
        f"Open {emulator.url} in a browser to watch and control the emulator.\n\n"
        f"To connect from another shell:\n  {connect}\n\n"
        f"or:\n{exports}\n\n"
        f"Then try:\n  {zjr} cancel JR-00000075\n\n"
        "Press Ctrl-C to stop. Requests:"
    )


def _exports(environ: Mapping[str, str], shell: str) -> list[str]:
    return [ASSIGNMENTS[shell](name, value) for name, value in environ.items()]


class RequestPrinter:
    """Prints the requests that an emulator received since the last call."""

    def __init__(self) -> None:
        self._last: RecordedRequest | None = None

    def __call__(self, emulator: Emulator) -> None:
        """Print the new requests."""
        requests = emulator.requests
        new = list(takewhile(lambda request: request is not self._last, reversed(requests)))
        for request in reversed(new):
            self._last = request
            click.echo(_line(request))


def _line(request: RecordedRequest) -> str:
    failed = request.status is None or request.status >= 400 or bool(request.codes)
    status = click.style(request.status or "reset", "red") if failed and decorated(sys.stdout) else request.status
    parts = [
        f"{datetime.fromtimestamp(request.at, UTC):%H:%M:%S}",
        f"{request.method:6}",
        one_line(request.path),
        f"{status or 'reset'}",
        *request.codes,
        *(f"fault {fault}" for fault in request.faults),
    ]
    return "  ".join(parts)
