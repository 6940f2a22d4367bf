"""The command, its subcommands, and how each of them ends."""

from __future__ import annotations

import os
import sys
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

import click

from .commands.cancel import cancel
from .commands.completion import completion
from .commands.contract import contract
from .commands.create import create
from .commands.delete import delete
from .commands.demo import demo
from .commands.doctor import doctor
from .commands.emulator import emulator
from .commands.evidence import evidence
from .commands.read import entries, get
from .commands.rerun import rerun
from .commands.schema import schema
from .commands.transfer import transfer
from .error_messages import CommandError
from .exit_status import ExitStatus
from .failures import report
from .session import NOTHING, Session
from .signals import status_of_interrupt

if TYPE_CHECKING:
    from collections.abc import Sequence


class Commands(click.Group):
    """Subcommands that return their exit status, and whose errors are reported in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of use."""
        return list(self.commands)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command as click does, except for how errors are reported."""
        extra.setdefault("obj", Session())
        args = sys.argv[1:] if args is None else list(args)
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra) or ExitStatus.DONE
        except Exception as error:  # noqa: BLE001 - a traceback does not help users, and may show too much to others
            status = report(error, as_json=self._wants_json(args))
        if standalone_mode:
            sys.exit(status)
        return status

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; an option of a subcommand in front of it gets a message that says where it belongs."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not any(error.option_name in option.opts for each in self.commands.values() for option in each.params):
                raise
            name = next((arg for arg in given if arg in self.commands), "COMMAND")
            example = f"zjr {name} {error.option_name}"
            raise click.UsageError(f"{error.option_name} belongs after the command: {example}", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; if it is interrupted, say what is known."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            known = ctx.obj.known
            status = status_of_interrupt(interrupt)
            raise CommandError(f"stopped; {known}", status, maybe_processed=known != NOTHING) from None
        except BrokenPipeError:
            known = ctx.obj.known
            if known == NOTHING:
                raise
            # What Python still buffers for the reader that is gone would raise again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError(f"stopped because nobody reads the output; {known}", maybe_processed=True) from None

    def _wants_json(self, args: Sequence[str]) -> bool:
        """Return whether JSON was asked for, also if the arguments are otherwise wrong."""
        own = list(takewhile(lambda arg: arg != "--", args))
        command = next((self.commands[arg] for arg in own if arg in self.commands), None)
        if command is not None and not any("--json" in option.opts for option in command.params):
            return False
        given = {"--json", "--format=json", "--format=jsonl"} & set(own)
        return bool(given) or not {("--format", "json"), ("--format", "jsonl")}.isdisjoint(pairwise(own))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Environment:
  ZUORA_ENVIRONMENT     the data centre, such as PROD or CSBX_EU; or instead
  ZUORA_BASE_URL        the address of the API
  ZUORA_CLIENT_ID       the id of an OAuth client
  ZUORA_CLIENT_SECRET   its secret
  ZUORA_ENTITY_ID, ZUORA_ORG_IDS, ZUORA_VERSION   if the tenant needs them

\b
Exit status:
  0  done
  1  an error, explained in one line
  2  wrong usage
  3  it is settled but not complete
  4  the wait ended and the outcome is not known
  130, 143  stopped with Ctrl-C or SIGTERM

\b
With --json every line of standard output is an object, errors included.
`zjr schema` prints the JSON Schema of these objects.

\b
Completion in bash; for zsh and fish: zjr completion --help
  eval "$(zjr completion bash)"
""",
)
@click.version_option(package_name="zuora-journal-runs", message="zjr %(version)s")
def zjr() -> None:
    """Create, inspect, cancel and delete Zuora journal runs, and find out what a cancellation really did.

    New here? `zjr demo` shows it, without a tenant.
    """


for _command in (
    get,
    entries,
    create,
    cancel,
    delete,
    transfer,
    rerun,
    evidence,
    doctor,
    emulator,
    contract,
    demo,
    schema,
    completion,
):
    zjr.add_command(_command)
