"""The change report: for a terminal, for a pull request, and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .compare import EFFECTS
from .impact import impact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .compare import Change
    from .documents import Documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the contract."""

    changes: Sequence[tuple[Change, Sequence[str]]]
    """Each with the files that speak of it."""
    documents: Sequence[str]
    """What was read anew."""
    problems: Sequence[str]
    """Why nothing was written, if nothing was."""
    notes: Sequence[str] = ()
    read: int = 0
    """How many documents were read."""
    is_preview: bool = False
    is_compared: bool = True
    """Whether there was a contract to compare with."""

    @property
    def is_written(self) -> bool:
        """Whether the contract and the client are what the report says."""
        return not self.problems and not self.is_preview

    @property
    def summary(self) -> str:
        """All in a line."""
        if not self.changes and not self.is_compared:
            return "What changed is not known."
        if not self.changes:
            # Silence is no news if nothing was read.
            return ("" if self.read else "No documents were read. ") + "Nothing in the contract changes."
        count = Counter(change.effect for change, _ in self.changes)
        return f"{', '.join(f'{count[effect]} {effect}' for effect in EFFECTS if count[effect])}."

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "written": self.is_written,
            "changes": [
                {
                    "kind": change.kind,
                    "effect": change.effect,
                    "thing": change.thing,
                    "what": change.what,
                    "where": list(change.where),
                    "impact": list(after),
                }
                for change, after in self.changes
            ],
            "documents": list(self.documents),
            "problems": list(self.problems),
            "notes": list(self.notes),
        }

    def as_markdown(self) -> str:
        """For a pull request."""
        lines = ["# What changed in Zuora's documents of journal runs", "", self.summary]
        if self.problems:
            lines += ["", "**Nothing was written**, because:", "", *(f"- {each}" for each in self.problems)]
        elif self.is_preview:
            lines += ["", "**Nothing was written**: this is a preview."]
        for effect in EFFECTS:
            listed = [(change, after) for change, after in self.changes if change.effect == effect]
            if listed:
                lines += ["", f"## {effect.capitalize()}", ""]
            for change, after in listed:
                lines.append(f"- **{'; '.join(change.where)}**: {change.what}.")
                lines += [f"  - {each}" for each in after]
        if self.documents:
            lines += ["", "## Documents", "", *(f"- {each}" for each in self.documents)]
        if self.notes:
            lines += ["", "## Notes", "", *(f"- {each}" for each in self.notes)]
        return "\n".join(lines) + "\n"

    def as_text(self) -> str:
        """For a terminal."""
        lines = []
        for effect in EFFECTS:
            for change, after in self.changes:
                if change.effect == effect:
                    lines.append(f"{effect}: {_places(change.where)}: {change.what}")
                    lines += [f"    {each}" for each in after]
        lines += [f"read: {each}" for each in self.documents]
        lines += [f"note: {each}" for each in self.notes]
        lines += [f"error: {each}" for each in self.problems]
        lines.append(self.summary if self.is_written else f"Nothing was written. {self.summary}")
        return "\n".join(lines) + "\n"


def _places(where: Sequence[str]) -> str:
    more = f" and {len(where) - 2} more" if len(where) > 3 else ""
    return "; ".join(where[:2] if more else where) + more


def document_notes(before: Documents, after: Documents) -> list[str]:
    """Return what became of each document of the layer."""
    notes = []
    for name in sorted({**before, **after}):
        one, other = before.get(name), after.get(name)
        # As the layer has them: a document just read holds examples besides.
        if one and other and one.as_data() == other.as_data():
            continue
        if other is None:
            notes.append(f"{name}: dropped, since the index page no longer lists its operation")
        else:
            version = other.source.version or "no version"
            was = "new" if one is None else f"was {one.source.version or 'no version'}, sha256 {one.source.sha256[:12]}"
            notes.append(f"{name}: {version}, sha256 {other.source.sha256[:12]}, from {other.source.file} ({was})")
    return notes


def with_impact(changes: Sequence[Change], root: Path) -> list[tuple[Change, list[str]]]:
    """Return changes with the files that speak of them."""
    return [(each, impact(each, root)) for each in changes]
