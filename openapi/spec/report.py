"""The change report: for a terminal, for a pull request, and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .changes import CALLERS, HARMLESS, READERS, Change
from .combine import documented
from .follow import follow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from .extract import Documents

EFFECTS = (CALLERS, READERS, HARMLESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the contract."""

    changes: Sequence[tuple[Change, Sequence[str]]]
    """Each with what has to follow."""
    documents: Sequence[str]
    """What was read anew."""
    problems: Sequence[str]
    """Why nothing was written, if nothing was."""
    notes: Sequence[str] = ()

    @property
    def summary(self) -> str:
        """All in a line."""
        if not self.changes:
            return "Nothing in the contract changes."
        count = Counter(change.effect for change, _ in self.changes)
        return f"{', '.join(f'{count[effect]} {effect}' for effect in EFFECTS if count[effect])}."

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "written": not self.problems,
            "changes": [
                {
                    "kind": change.kind,
                    "effect": change.effect,
                    "thing": change.thing,
                    "what": change.what,
                    "where": list(change.where),
                    "follow": list(after),
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
        lines.append(f"Nothing was written. {self.summary}" if self.problems else self.summary)
        return "\n".join(lines) + "\n"


def come_and_gone(before: Documents, after: Documents, ours: Collection[str]) -> list[Change]:
    """Operations that the documents have come to state, or no longer do, and that are none of ours."""
    titles: dict[str, str] = {}
    for document in [*before.values(), *after.values()]:
        titles |= {each.key: each.title for each in document.operations}
        titles |= {each.key: each.title for each in (document.index.entries if document.index else ())}
    changes = []
    for key in sorted((documented(before) ^ documented(after)) - set(ours)):
        new = key in documented(after)
        changes.append(
            Change(
                kind="added" if new else "removed",
                effect=HARMLESS,
                what=f"the operation `{key}`, which the contract has not, is {'new' if new else 'gone'}",
                where=(titles[key],),
                thing="other operation",
                names=(),
            )
        )
    return changes


def _places(where: Sequence[str]) -> str:
    more = f" and {len(where) - 2} more" if len(where) > 3 else ""
    return "; ".join(where[:2] if more else where) + more


def report(
    changes: Sequence[Change],
    before: Documents,
    after: Documents,
    problems: Sequence[str],
    notes: Sequence[str],
    root: Path,
) -> Report:
    """The report of a run."""
    documents = []
    for name in sorted({**before, **after}):
        one, other = before.get(name), after.get(name)
        # As the layer has them: a document just read holds examples besides.
        if one and other and one.as_data() == other.as_data():
            continue
        if other is None:
            documents.append(f"{name}: dropped, since the index page no longer lists its operation")
        else:
            version = other.source.version or "no version"
            was = "new" if one is None else f"was {one.source.version or 'no version'}, sha256 {one.source.sha256[:12]}"
            documents.append(f"{name}: {version}, sha256 {other.source.sha256[:12]}, from {other.source.file} ({was})")
    return Report(
        changes=[(each, follow(each, root)) for each in changes], documents=documents, problems=problems, notes=notes
    )
