"""`zjr contract`."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
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
MOST_COMPLAINTS = 20
"""Entries that cannot be read and are named."""


def _suite() -> Any:
    try:
        return import_module("zuora_journal_runs.contract")
    except ModuleNotFoundError as error:
        raise Problem(f"not installed: {error.name}; to install: pip install 'zuora-journal-runs[contract]'") from None


@click.group(
    invoke_without_command=True,
    epilog="""\b
Exit status:
  0  everything that was checked passed
  1  something was found
  2  nothing could be checked
""",
)
@click.option("--url", metavar="URL", help="The address to test; that of the environment by default.")
@click.option(
    "--allow-writes", is_flag=True, help="Create, cancel and delete runs of its own, though it is not this machine."
)
@click.option("--report", "forms", type=click.Choice(FORMS), multiple=True, help="Write a report; may be repeated.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for reports.")
@click.option(
    "--max-time",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Stop after so many seconds, all included.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything that is random.")
@click.option("--examples", type=click.IntRange(1), help="Random requests to each operation: 40 here, 5 elsewhere.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30,
    show_default=True,
    help="Seconds that a response may take.",
)
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    metavar="S",
    help="Seconds that a run may take to settle: 600, and at most a third of --max-time.",
)
@click.option("--run", metavar="NUMBER", help="A run that may be read, where none may be created.")
@click.option("--dates", metavar="A/B", help="First and last date of a period; last month's by default.")
@click.option(
    "--deviations", type=click.Path(path_type=Path), metavar="FILE", help="Known deviations, which do not fail the run."
)
@click.option("--only", multiple=True, metavar="TEXT", help="Only rules with this in their names.")
@click.option("--transfer", metavar="COMMAND", help="Has accounting take over the entry {entry}.")
@click.option("--provoke", metavar="COMMAND", help="Makes the next {operation} fail with {failure}.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write how it behaves where no document decides: read by zjr emulator --settings.",
)
@click.option("--coverage", is_flag=True, help="List what was not reached of the contract.")
@click.option("--plan", "plan_only", is_flag=True, help="Print what would be done, and do nothing.")
@click.pass_context
def contract(
    ctx: click.Context,
    /,
    url: str | None,
    forms: tuple[str, ...],
    output: Path,
    transfer: str | None,
    provoke: str | None,
    dates: str | None,
    settings_file: Path | None,
    coverage: bool,
    plan_only: bool,
    **options: Any,
) -> int:
    """Test whether an API responds as documented.

    It may be the emulator, a sandbox tenant or another stand-in. Away from this machine it only reads, unless
    --allow-writes is given; in production it never changes anything. Credentials come from the environment:
    ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET.
    """
    if ctx.invoked_subcommand is not None:
        return Status.DONE
    suite = _suite()
    reports: list[Report] = []

    def publish(report: Report) -> None:
        reports.append(report)
        _write(report, forms, output)
        if settings_file is not None:
            _write_file(settings_file, suite.emulator_settings(report))
        click.echo(suite.summary(report, coverage=coverage), nl=False)

    try:
        target = suite.Target.from_environ(os.environ, url)
        chosen = suite.Options(**options, dates=suite.read_dates(dates) if dates else None)
        for line in suite.plan(target, chosen):
            click.echo(line, err=True)
        if plan_only:
            click.echo("\n".join(suite.steps(target, chosen)))
            return Status.DONE
        ctx.obj.known = "what was found is reported"
        runtime = suite.Runtime(
            transfer=_command(transfer, "entry", doing="have {} transferred"),
            provoke=_command(provoke, "operation", "failure", doing="make {} fail with {}"),
        )
        with _no_litter(), _stopped_by_sigterm():
            suite.check_provider(target, chosen, runtime, on_result=_progress(), on_report=publish)
    except suite.UsageError as wrong:
        raise Problem(str(wrong), Status.USAGE) from None
    (report,) = reports
    if report.nothing_checked:
        raise Problem("nothing could be checked: every rule was skipped", Status.USAGE)
    return Status.DONE if report.passed else Status.ERROR


@contract.command()
@click.argument("before", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def drift(before: Path, after: Path) -> int:
    """Print what differs between two JSON reports. Exits 1 if anything does."""
    _suite()
    from zuora_journal_runs.contract import Report, differences

    reports = []
    for path in (before, after):
        try:
            reports.append(Report.from_json(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise Problem(f"{path}: {error}", Status.USAGE) from None
    found = differences(*reports)
    for line in found:
        click.echo(line)
    return Status.ERROR if found else Status.DONE


@contract.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--report", "forms", type=click.Choice(FORMS), multiple=True, help="Write a report; may be repeated.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for reports.")
@click.option(
    "--deviations", type=click.Path(path_type=Path), metavar="FILE", help="Known deviations, which do not fail the run."
)
@click.option("--coverage", is_flag=True, help="List what was not reached of the contract.")
def replay(
    files: tuple[Path, ...], forms: tuple[str, ...], output: Path, deviations: Path | None, coverage: bool
) -> int:
    """Hold recorded traffic against the contract, offline.

    FILE is a HAR file, as browsers, proxies and mitmproxy export them, or a file of --evidence. Traffic that is not
    about journal runs is ignored. Exits 2 if something cannot be read or nothing is about journal runs; the rest is
    still judged.
    """
    suite = _suite()
    from zuora_journal_runs.contract import REPLAY_RULES, Unreadable, judge_files

    unreadable: list[Unreadable] = []

    def note(each: Unreadable) -> None:
        unreadable.append(each)
        if len(unreadable) <= MOST_COMPLAINTS:
            complain(f"{each.source}: {each.message}")

    today = datetime.now(UTC)
    try:
        known = suite.read_deviations(deviations, [rule.id for rule in (*suite.RULES, *REPLAY_RULES)], today.date())
    except suite.UsageError as wrong:
        raise Problem(str(wrong), Status.USAGE) from None
    report: Report = judge_files(files, deviations=known, on_unreadable=note, today=lambda: today, now=time.monotonic)
    if len(unreadable) > MOST_COMPLAINTS:
        complain(f"{len(unreadable) - MOST_COMPLAINTS} more entries cannot be read")
    _write(report, forms, output)
    click.echo(suite.summary(report, coverage=coverage), nl=False)
    if not report.passed:
        return Status.ERROR
    return Status.USAGE if unreadable or report.nothing_checked else Status.DONE


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


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Have SIGTERM stop the suite as Ctrl-C does: it cleans up, and reports."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _progress() -> Callable[[Result], None]:
    """Show on a terminal what is being done."""
    if not is_terminal(sys.stderr):
        return lambda _: None
    return lambda result: click.echo(f"{result.outcome:>15}  {result.id}", err=True)


def _command(command: str | None, *names: str, doing: str) -> Callable[..., object] | None:
    """Return a function that runs a command, with its arguments in place of the names in braces."""
    if command is None:
        return None
    words = shlex.split(command)

    def run_command(*values: str) -> None:
        line = words
        for name, value in zip(names, values, strict=True):
            line = [word.replace(f"{{{name}}}", value) for word in line]
        done = subprocess.run(line, check=False, capture_output=True)  # noqa: S603 - it is the user's own
        if done.returncode:
            complain(f"{line[0]} could not {doing.format(*values)}: it exited with {done.returncode}")

    return run_command


def _write(report: Report, forms: tuple[str, ...], folder: Path) -> None:
    """Write the reports; one that cannot be written keeps none of the others from being written."""
    from zuora_journal_runs.contract import FORMS as WRITERS

    for form in dict.fromkeys(forms):
        name, writer = WRITERS[form]
        _write_file(folder / name, writer(report))


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        complain(f"{path} could not be written: {error.strerror}")
