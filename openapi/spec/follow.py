"""What has to follow a change, in the hand-written rooms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .changes import HARMLESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .changes import Change

ROOMS = {
    "emulator": ("overlays/zuora_journal_runs/emulator", "tests/emulator"),
    "contract suite": ("overlays/zuora_journal_runs/contract", "tests/contract"),
    "overlays": ("overlays",),
    "tables of tests": ("tests/fragment",),
}
"""Folders by room; a file belongs to the first room that it is in."""
SHOWN = 5

RULES: dict[tuple[str, str], tuple[str, ...]] = {
    ("operation", "added"): (
        "overlays: the generated function works on the client's connection; a verb, if teams shall have one",
        "emulator: answers it as an unknown address until it has a route",
        "contract suite: give it a case, if it is to be held to the contract",
    ),
    ("operation", "removed"): (
        "overlays: take the verb out, with a release that says so",
        "emulator: take the route out",
    ),
    ("operation", "changed"): ("nothing, unless users are to be told",),
    ("parameter", "added"): (
        "overlays: an option, if callers shall set it",
        "emulator: lets it pass, and does nothing by it",
    ),
    ("parameter", "removed"): ("overlays: stop sending it", "emulator: its rules for it are void"),
    ("parameter", "changed"): (
        "overlays: see that every call has it, or need not",
        "emulator: refuses calls by the contract",
    ),
    ("request field", "added"): (
        "overlays: an argument of the verb, if callers shall set it",
        "emulator: takes it, and does nothing by it",
    ),
    ("request field", "removed"): ("overlays: stop sending it", "emulator: its rules for it are void"),
    ("request field", "changed"): (
        "overlays: see that the verb asks for it, or need not",
        "emulator: refuses requests by the contract",
    ),
    ("answer", "added"): ("overlays: see how it is told from the answers that are known",),
    ("answer", "removed"): ("nothing",),
    ("answer field", "added"): (
        "overlays: nothing; the generated model has it, and older clients keep it among the unknown fields",
        "emulator: answers without it until it is added there",
        "contract suite: nothing; it holds answers to the contract",
    ),
    ("answer field", "removed"): (
        "overlays: read it no more",
        "emulator: answer without it",
        "contract suite: ask for it no more",
    ),
    ("answer field", "changed"): ("overlays: rely on it, or no longer", "emulator: answer so"),
    ("answer header", "added"): (
        "overlays: nothing, unless users shall see it",
        "emulator: answers without it until it is added",
    ),
    ("answer header", "removed"): ("overlays: rely on it no more", "emulator: answer without it"),
    ("answer header", "changed"): ("overlays: rely on it, or no longer", "emulator: answer so"),
    ("value", "added"): (
        "overlays: it is read already; say what it means where the other values are told apart",
        "emulator: never gives it until it has a rule for it",
    ),
    ("value", "removed"): ("overlays: send it no more", "emulator: give it no more"),
    ("rule", "added"): ("overlays and emulator: see whether they rely on the old rule",),
    ("rule", "removed"): ("overlays and emulator: see whether they rely on the old rule",),
    ("rule", "changed"): ("overlays and emulator: see whether they rely on the old rule",),
    ("words", "changed"): ("nothing",),
    ("other operation", "added"): (
        "nothing, unless teams shall have it: then name it in openapi/names.yaml, and run `make spec` again",
    ),
    ("other operation", "removed"): ("nothing",),
}


def follow(change: Change, root: Path | None) -> list[str]:
    """What has to follow a change, and which files speak of it.

    Args:
        change: The change.
        root: The project, whose rooms are searched for the change's names; None for no search.
    """
    result = list(RULES[change.thing, change.kind])
    if root is None or (change.effect == HARMLESS and change.kind == "added" and change.thing != "value"):
        return result
    for room, files in _mentions(change, root).items():
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        result.append(f"{room}: look at {', '.join(files[:SHOWN])}{more}")
    return result


def _mentions(change: Change, root: Path) -> dict[str, list[str]]:
    names = [re.escape(name) for name in change.names if len(name) > 3]
    if not names:
        return {}
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])")
    found: dict[str, list[str]] = {}
    seen = set()
    for room, folders in ROOMS.items():
        for path in (each for folder in folders for each in _sources(root / folder)):
            if path not in seen and pattern.search(path.read_text(encoding="utf-8")):
                found.setdefault(room, []).append(path.relative_to(root).as_posix())
            seen.add(path)
    return found


def _sources(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)
