"""`zjr contract`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module, resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.cli.problems import Problem, complain
from zuora_journal_runs.cli.status import Status
from zuora_journal_runs.cli.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zuora_journal_runs.contract import Report, Result

FORMS = ("junit", "html", "json")


def _suite() -> Any:
    try:
        return import_module("zuora_journal_runs.contract")
    except ModuleNotFoundError as error:
        raise Problem(f"not installed: {error.name}; to install: pip install 'zuora-journal-runs[contract]'") from None


@click.group(
    invoke_without_command=True,
    epilog="""\b
Exit status:
  0  everything that was tried holds
  1  something was found
  2  nothing could be tried
""",
)
@click.option("--url", metavar="URL", help="The address to test; that of the environment by default.")
@click.option(
    "--allow-writes", is_flag=True, help="Create, cancel and delete runs of its own, though it is not this machine."
)
@click.option("--report", "forms", type=click.Choice(FORMS), multiple=True, help="Write a report; may be repeated.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for reports.")
@click.option("--max-time", type=click.FloatRange(min=0), metavar="S", help="Stop after so many seconds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides all that is left to chance.")
@click.option("--examples", type=click.IntRange(1), help="Random requests to each operation: 50 here, 5 elsewhere.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=30, show_default=True, help="Seconds that an answer may take."
)
@click.option(
    "--patience", type=float, default=600, show_default=True, help="Seconds that a run may take to come to rest."
)
@click.option("--run", metavar="NUMBER", help="A run that may be read, where none may be created.")
@click.option("--dates", metavar="A/B", help="First and last date of a period; last month's by default.")
@click.option(
    "--deviations", type=click.Path(path_type=Path), metavar="FILE", help="What the provider is known to do otherwise."
)
@click.option("--only", multiple=True, metavar="TEXT", help="Only rules and phases with this in their names.")
@click.option("--transfer", metavar="COMMAND", help="Has accounting take over the entry {entry}.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_context
def contract(
    ctx: click.Context,
    /,
    url: str | None,
    forms: tuple[str, ...],
    output: Path,
    transfer: str | None,
    dates: str | None,
    plan_only: bool,
    **options: Any,
) -> int:
    """Test whether an API answers as it is documented.

    It may be the emulator, a sandbox tenant or another stand-in. Away from this machine it only reads, unless
    --allow-writes is given; in production it changes nothing at all. Credentials come from the environment:
    ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET.
    """
    if ctx.invoked_subcommand is not None:
        return Status.DONE
    suite = _suite()
    try:
        target = suite.Target.from_environ(os.environ, url)
        chosen = suite.Options(**options, dates=suite.read_dates(dates) if dates else None)
        for sentence in suite.plan(target, chosen):
            click.echo(sentence, err=True)
        if plan_only:
            return Status.DONE
        if chosen.may_write(target):
            ctx.obj.known = "the suite has cleaned up behind it"
        with _no_litter():
            report: Report = suite.run(target, chosen, tell=_told(), transfer=_transfer(transfer))
    except suite.WrongUse as wrong:
        raise Problem(str(wrong), Status.USAGE) from None
    _write(report, forms, output)
    click.echo(suite.summary(report), nl=False)
    return Status.DONE if report.passed else Status.ERROR


@contract.command()
@click.argument("before", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def drift(before: Path, after: Path) -> int:
    """Say what differs between two JSON reports. Exits 1 if anything does."""
    _suite()
    from zuora_journal_runs.contract.report import Report
    from zuora_journal_runs.contract.report.drift import drift as differences

    reports = []
    for path in (before, after):
        try:
            reports.append(Report.from_json(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise Problem(f"{path}: {error}", Status.USAGE) from None
    found = differences(*reports)
    for sentence in found:
        click.echo(sentence)
    return Status.ERROR if found else Status.DONE


@contract.command()
@click.argument("server", type=click.Choice(["github", "gitlab"]))
def ci(server: str) -> int:
    """Print a pipeline to copy: the emulator with every push, a sandbox tenant every night."""
    folder = resources.files("zuora_journal_runs") / "contract" / "ci"
    click.echo((folder / f"{server}.yml").read_text(encoding="utf-8"), nl=False)
    return Status.DONE


@contextmanager
def _no_litter() -> Iterator[None]:
    """Keep what hypothesis writes out of the working directory."""
    from hypothesis.configuration import set_hypothesis_home_dir

    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _told() -> Callable[[Result], None]:
    """Show on a terminal what is being done."""
    if not is_terminal(sys.stderr):
        return lambda _: None
    return lambda result: click.echo(f"{result.outcome:>9}  {result.id}", err=True)


def _transfer(command: str | None) -> Callable[[str], object] | None:
    if command is None:
        return None
    words = shlex.split(command)

    def transfer(entry: str) -> None:
        line = [word.replace("{entry}", entry) for word in words]
        done = subprocess.run(line, check=False, capture_output=True)  # noqa: S603 - it is the user's own
        if done.returncode:
            complain(f"{line[0]} could not have {entry} transferred: it exited with {done.returncode}")

    return transfer


def _write(report: Report, forms: tuple[str, ...], folder: Path) -> None:
    from zuora_journal_runs.contract.report import FORMS as WRITERS

    if forms:
        folder.mkdir(parents=True, exist_ok=True)
    for form in dict.fromkeys(forms):
        name, writer = WRITERS[form]
        (folder / name).write_text(writer(report), encoding="utf-8")
