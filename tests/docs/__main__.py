"""Put on pages what their blocks print: `python -m tests.docs docs/how-to/waiting.md`. Read the difference afterwards."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from .blocks import Mismatch, blocks_of_page, corrected
from .running import Surroundings


def correct(page: Path) -> None:
    """Execute a page again and again, and take over what it prints.

    Raises:
        SystemExit: Some of it is different each time: put `...` in its place.
    """
    for _ in range(page.read_text(encoding="utf-8").count("```")):
        text = page.read_text(encoding="utf-8")
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
            if "examples" in page.parts:
                shutil.copytree(page.parent, folder, dirs_exist_ok=True)
            surroundings = Surroundings(folder, monkeypatch)
            stack.callback(surroundings.close)
            try:
                return surroundings.run(list(blocks_of_page(text)))
            except Mismatch as mismatch:
                page.write_text(corrected(text, mismatch), encoding="utf-8")
    sys.exit(f"{page}: what it prints is different each time")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        correct(Path(name).resolve())
