"""Make the pictures of the documentation from what the command prints: `make picture`."""

from __future__ import annotations

import io
import re
from pathlib import Path
from unittest import mock

from click.testing import CliRunner
from rich.console import Console
from rich.text import Text

from zuora_journal_runs.cli import terminal
from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.emulator import Emulator

COMMAND = ("cancel", "JR-00000075", "--yes")
PICTURE = Path(__file__).parent / "_static" / "partly-cancelled.svg"


def draw() -> str:
    """Cancel a run of an emulator partly, and return a picture of what is printed."""
    with Emulator() as emulator, mock.patch.object(terminal, "decorated", return_value=True):
        environ = {**emulator.environ(), "NO_COLOR": "", "TERM": "xterm"}
        result = CliRunner(env=environ).invoke(zjr, COMMAND, color=True)
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ zjr {' '.join(COMMAND)}"))
    console.print(Text.from_ansi(result.stdout))
    console.print(Text(f"$ echo $?\n{result.exit_code}"))
    # With an id of its own the picture would be different each time.
    return re.sub(r" +\n", "\n", console.export_svg(title="zjr", unique_id="zjr"))


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
