"""Which hand-written files speak of what has changed, so that they must be looked at."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from .compare import HARMLESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .compare import Change

PACKAGES = {
    "emulator": ("overlays/zuora_journal_runs/emulator", "tests/emulator"),
    "contract suite": ("overlays/zuora_journal_runs/contract", "tests/contract"),
    "client and command": ("overlays",),
    "tables of tests": ("tests/fragment",),
}
"""Folders by package; a file belongs to the first that it is in."""
SHOWN = 5


def impact(change: Change, root: Path) -> list[str]:
    """Return which files of each package speak of a change that asks for something to be done.

    Args:
        change: The change.
        root: The project, whose packages are searched for the change's names.
    """
    if change.thing == "other operation":
        named = "nothing, unless teams need it: then name it in openapi/names.yaml, and run `make spec` again"
        return [named] if change.kind == "added" else []
    names = [re.escape(name) for name in change.names if len(name) > 3]
    if not names or (change.effect == HARMLESS and change.thing != "value"):
        return []
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])")
    result, seen = [], set()
    for package, folders in PACKAGES.items():
        paths = [path for folder in folders for path in _sources(root / folder) if path not in seen]
        seen |= set(paths)
        if found := [path.relative_to(root).as_posix() for path in paths if pattern.search(_text(path))]:
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            result.append(f"{package}: see {', '.join(found[:SHOWN])}{more}")
    return result


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)
