"""Where `--evidence` writes, and what is printed of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


class EvidenceFiles:
    """The evidence file of each run.

    Args:
        given: The value of `--evidence`: a file, or for several runs a folder; None for no evidence.
        numbers: The runs' numbers.

    Raises:
        UsageError: The folder cannot be made.
    """

    def __init__(self, given: str | None, numbers: Sequence[str]) -> None:
        self._given = None if given is None else Path(given)
        self._numbers = numbers
        self._is_folder = self._given is not None and (len(numbers) > 1 or self._given.is_dir())
        if self._given is not None and self._is_folder:
            try:
                self._given.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise click.UsageError(f"--evidence: the folder {given} cannot be made: {error.strerror}") from None

    def of(self, number: str) -> Path | None:
        """Return the file of a run; None if there is to be none."""
        if self._given is None or not self._is_folder:
            return self._given
        return self._given / f"{number}.jsonl"

    def report(self) -> None:
        """Print the last hash of each file, to be kept elsewhere."""
        for number in self._numbers:
            file = self.of(number)
            if file is not None and file.is_file():
                *_, last = file.read_bytes().splitlines()
                click.echo(f"zjr: evidence: {file}, last hash {json.loads(last)['sha256']}", err=True)
