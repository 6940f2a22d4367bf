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
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.cli.error_messages import CommandError, print_error
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.parameters import Seconds, WholeNumber
from zuora_journal_runs.cli.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from zuora_journal_runs.contract import Report, Result

FORMS = ("junit", "html", "json")
MAX_LISTED = 20
"""How many unreadable entries are named; beyond that they are only counted."""
_CACHE_VARIABLE = "LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME"


def _suite() -> Any:
    try:
        return import_module("zuora_journal_runs.contract")
    except ModuleNotFoundError as error:
        raise CommandError(str(error)) from None


@click.group(
    invoke_without_command=True,
    epilog="""\b
Exit status:
  0  everything that was checked passed
  1  something was found
  2  nothing could be checked
""",
)
@click.option("--url", metavar="URL", help="The address to test; by default that of the environment.")
@click.option(
    "--allow-writes",
    is_flag=True,
    help="Create, cancel and delete runs of its own on an address other than this machine.",
)
@click.option("--report", "forms", type=click.Choice(FORMS), multiple=True, help="Write a report; can be repeated.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for reports.")
@click.option(
    "--max-time",
    type=Seconds(min=0, min_open=True),
    metavar="S",
    help="Stop after this many seconds in all.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="The seed of all random choices.")
@click.option(
    "--examples",
    type=WholeNumber(min=1),
    help="Random requests to each operation.  [default: 40 on this machine, 5 elsewhere]",
)
@click.option(
    "--timeout",
    type=Seconds(min=0, min_open=True),
    default=30,
    show_default=True,
    help="Seconds to wait for a response.",
)
@click.option(
    "--patience",
    type=Seconds(min=0),
    metavar="S",
    help="Seconds to wait for a run to settle.  [default: 600, at most a third of --max-time]",
)
@click.option("--run", metavar="NUMBER", help="A run to read if none may be created.")
@click.option("--dates", metavar="A/B", help="First and last day of a period; by default of last month.")
@click.option(
    "--deviations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known deviations, which do not fail the suite.",
)
@click.option("--only", multiple=True, metavar="TEXT", help="Only rules whose names contain this.")
@click.option("--provoke", metavar="COMMAND", help="A command that makes the next {operation} fail with {failure}.")
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write how it behaves where the documents leave it open, for zjr emulator --settings.",
)
@click.option("--coverage", is_flag=True, help="List the parts of the contract that were not reached.")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what would be done.")
@click.pass_context
def contract(
    ctx: click.Context,
    /,
    url: str | None,
    forms: tuple[str, ...],
    output: Path,
    provoke: str | None,
    dates: str | None,
    settings_file: Path | None,
    coverage: bool,
    plan_only: bool,
    **options: Any,
) -> int:
    """Test whether an API responds as documented.

    The API may be the emulator, a sandbox tenant or another stand-in. On an address other than this machine, the suite
    only reads, unless --allow-writes is given; in production it never changes anything. Credentials are read from
    ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET.
    """
    if ctx.invoked_subcommand is not None:
        return ExitStatus.DONE
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
            return ExitStatus.DONE
        ctx.obj.known = "what was found is reported"
        runtime = suite.Runtime(
            provoke=_command(provoke, "operation", "failure", doing="make {} fail with {}"),
        )
        with _cached_files(), _stopped_by_sigterm():
            suite.check_provider(target, chosen, runtime, on_result=_progress(), on_report=publish)
    except suite.UsageError as wrong:
        raise CommandError(str(wrong), ExitStatus.USAGE) from None
    (report,) = reports
    if report.nothing_checked:
        raise CommandError("nothing could be checked: every rule was skipped", ExitStatus.USAGE)
    return ExitStatus.DONE if report.passed else ExitStatus.ERROR


@contract.command()
@click.argument("before", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def drift(before: Path, after: Path) -> int:
    """Print the differences between two JSON reports; exit with 1 if there are any."""
    _suite()
    from zuora_journal_runs.contract import Report, differences

    reports = []
    for path in (before, after):
        try:
            reports.append(Report.from_json(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise CommandError(f"{path}: {error}", ExitStatus.USAGE) from None
    found = differences(*reports)
    for line in found:
        click.echo(line)
    return ExitStatus.ERROR if found else ExitStatus.DONE


@contract.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--report", "forms", type=click.Choice(FORMS), multiple=True, help="Write a report; can be repeated.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder for reports.")
@click.option(
    "--deviations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Known deviations, which do not fail the suite.",
)
@click.option("--coverage", is_flag=True, help="List the parts of the contract that were not reached.")
def replay(
    files: tuple[Path, ...], forms: tuple[str, ...], output: Path, deviations: Path | None, coverage: bool
) -> int:
    """Check recorded traffic against the contract, offline.

    FILE is a HAR file, which browsers, proxies and mitmproxy export, or a file of --evidence. Traffic that is not about
    journal runs is ignored. The exit status is 2 if something cannot be read or nothing is about journal runs; the rest
    is still checked.
    """
    suite = _suite()
    from zuora_journal_runs.contract import REPLAY_RULES, Unreadable, judge_files

    unreadable: list[Unreadable] = []

    def note(each: Unreadable) -> None:
        unreadable.append(each)
        if len(unreadable) <= MAX_LISTED:
            print_error(f"{each.source}: {each.message}")

    today = datetime.now(UTC)
    try:
        known = suite.read_deviations(deviations, [rule.id for rule in (*suite.RULES, *REPLAY_RULES)], today.date())
    except suite.UsageError as wrong:
        raise CommandError(str(wrong), ExitStatus.USAGE) from None
    report: Report = judge_files(files, deviations=known, on_unreadable=note, today=lambda: today, now=time.monotonic)
    if len(unreadable) > MAX_LISTED:
        print_error(f"{len(unreadable) - MAX_LISTED} more entries cannot be read")
    _write(report, forms, output)
    click.echo(suite.summary(report, coverage=coverage), nl=False)
    if not report.passed:
        return ExitStatus.ERROR
    return ExitStatus.USAGE if unreadable or report.nothing_checked else ExitStatus.DONE


@contract.command()
@click.argument("server", type=click.Choice(["github", "gitlab"]))
def ci(server: str) -> int:
    """Print a pipeline to copy: it tests the emulator on every push, and a sandbox tenant every night."""
    folder = resources.files("zuora_journal_runs") / "contract" / "ci"
    click.echo((folder / f"{server}.yml").read_text(encoding="utf-8"), nl=False)
    return ExitStatus.DONE


@contextmanager
def _cached_files() -> Iterator[None]:
    """Keep the files of hypothesis out of the working directory.

    They are tables of characters above all, which take a second to compute, and so they are cached for the user.
    """
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(_cache() / "zuora-journal-runs" / "hypothesis")
    try:
        yield
    finally:
        set_hypothesis_home_dir(None)


def _cache() -> Path:
    """Return the folder of the user's caches; without one, a path at which no folder can be made."""
    try:
        return Path(os.environ.get(_CACHE_VARIABLE) or Path.home() / ".cache")
    except RuntimeError:
        return Path(os.devnull)


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM stop the suite as Ctrl-C does: it cleans up and reports."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _progress() -> Callable[[Result], None]:
    """Return a function that shows each result on a terminal."""
    if not is_terminal(sys.stderr):
        return lambda _: None
    return lambda result: click.echo(f"{result.outcome:>15}  {result.id}", err=True)


def _command(command: str | None, *names: str, doing: str) -> Callable[..., object] | None:
    """Return a function that executes a command with its arguments in place of the names in braces."""
    if command is None:
        return None
    words = shlex.split(command)

    def execute(*values: str) -> None:
        line = words
        for name, value in zip(names, values, strict=True):
            line = [word.replace(f"{{{name}}}", value) for word in line]
        ended = subprocess.run(line, check=False, capture_output=True)  # noqa: S603 - it is the user's own
        if ended.returncode:
            print_error(f"{line[0]} could not {doing.format(*values)}: it exited with {ended.returncode}")

    return execute


def _write(report: Report, forms: tuple[str, ...], folder: Path) -> None:
    """Write the reports, all that can be written."""
    from zuora_journal_runs.contract import FORMS as WRITERS

    for form in dict.fromkeys(forms):
        name, writer = WRITERS[form]
        _write_file(folder / name, writer(report))


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print_error(f"{path} could not be written: {error.strerror}")
