"""The files that `--evidence` names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zuora_journal_runs import Plan
    from zuora_journal_runs.plans import Operation

_END = re.compile(rb'"sha256":"([0-9a-f]{64})"}\n\Z')
"""The end of a line of an evidence file."""
_END_LENGTH = 77


class EvidenceFiles:
    """The evidence file of each run. On exit, the last hash of each file that was written is printed.

    Args:
        given: The value of `--evidence`: a file, or for several runs a folder; None for no evidence.
        numbers: The runs' numbers.

    Raises:
        UsageError: The folder cannot be created.
    """

    def __init__(self, given: str | None, numbers: Sequence[str]) -> None:
        self._files: dict[str, Path] = {}
        if given is not None:
            path = Path(given)
            is_folder = len(numbers) > 1 or path.is_dir()
            if is_folder:
                try:
                    path.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise click.UsageError(
                        f"--evidence: the folder {given} cannot be created: {error.strerror}"
                    ) from None
            self._files = {number: path / f"{number}.jsonl" if is_folder else path for number in numbers}
        self._before = {number: _last_hash(file) for number, file in self._files.items()}

    def of(self, number: str) -> Path | None:
        """Return the file of a run; None without `--evidence`."""
        return self._files.get(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number, file in self._files.items():
            digest = _last_hash(file)
            if digest not in (None, self._before[number]):
                click.echo(f"zjr: evidence: {file}, last hash {digest}", err=True)


def begun_plan(file: str | None, operation: Operation, number: str) -> Plan | None:
    """Return the plan in an evidence file that an interrupted command left; None if there is none to continue.

    Raises:
        EvidenceError: The file was changed since it was written.
    """
    from zuora_journal_runs import Plan
    from zuora_journal_runs.evidence import parse_evidence

    if file is None or not Path(file).exists():
        return None
    content = Path(file).read_bytes()
    # A command that was killed may have left a part of a line.
    whole = content[: content.rfind(b"\n") + 1]
    found = parse_evidence(whole, file).history.plan if whole else None
    plan = None if found is None else Plan.from_dict(found, f"the plan in {file}")
    # The client refuses a file that is about something else, and says so.
    return plan if plan is not None and (plan.operation, *plan.numbers) == (operation, number) else None


def _last_hash(file: Path) -> str | None:
    """Return the hash of the last line; None if there is no such file, or its last line is incomplete."""
    try:
        with file.open("rb") as reading:
            reading.seek(-min(_END_LENGTH, reading.seek(0, os.SEEK_END)), os.SEEK_END)
            end = _END.search(reading.read())
    except OSError:
        return None
    return end and end[1].decode()
