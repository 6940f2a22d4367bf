"""The command, its subcommands, and how each of them ends."""

from __future__ import annotations

import os
import sys
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
from .error_messages import CommandError, report
from .exit_status import ExitStatus
from .session import NOTHING, Session
from .signals import status_of_interrupt

if TYPE_CHECKING:
    from collections.abc import Sequence


class Commands(click.Group):
    """Subcommands that return their exit status, and whose errors are told in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name them in the order in which they are used."""
        return list(self.commands)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command as click does, but for how its errors are told."""
        extra.setdefault("obj", Session())
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra) or ExitStatus.DONE
        except Exception as error:  # noqa: BLE001 - a traceback tells users nothing, and may tell others too much
            status = report(error)
        if standalone_mode:
            sys.exit(status)
        return status

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; if it is stopped, tell what is known."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise CommandError(f"stopped; {ctx.obj.known}", status_of_interrupt(stop)) from None
        except BrokenPipeError:
            if ctx.obj.known == NOTHING:
                raise
            # What Python still holds for the reader that is gone would raise again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise CommandError(f"stopped, since nobody reads the output any more; {ctx.obj.known}") from None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Environment:
  ZUORA_ENVIRONMENT     the data centre, such as PROD or CSBX_EU; or else
  ZUORA_BASE_URL        the address of the API
  ZUORA_CLIENT_ID       an OAuth client's id
  ZUORA_CLIENT_SECRET   and its secret
  ZUORA_ENTITY_ID, ZUORA_ORG_IDS, ZUORA_VERSION   where they are needed

\b
Exit status:
  0  done as asked
  1  an error, said in one line
  2  wrong usage
  3  the cancellation is settled but not complete
  4  the wait ended and the outcome is not known
  130, 143  stopped with Ctrl-C or SIGTERM

\b
Each line of --json is an object as described in the package's
  cli/records.schema.json

\b
Completion in bash; for zsh and fish: zjr completion --help
  eval "$(zjr completion bash)"
""",
)
@click.version_option(package_name="zuora-journal-runs", message="zjr %(version)s")
def zjr() -> None:
    """Create, look at, cancel and delete Zuora journal runs, and learn what a cancellation really did.

    New here? `zjr demo` shows it, and needs no tenant.
    """


for _command in (get, entries, create, cancel, delete, evidence, doctor, emulator, contract, demo, completion):
    zjr.add_command(_command)
