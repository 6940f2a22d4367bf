"""What a reader did not understand, and the list of what may be ignored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .facts import RESERVED
from .yaml_files import load

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = 160
"""Characters of a document that a finding shows at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a document that was not understood."""

    form: str
    page: str
    line: int
    column: int
    text: str
    what: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}:{self.column}: {self.what}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An entry of the list: findings with this text, in documents of this form or with this name."""

    text: str
    reason: str
    form: str | None = None
    page: str | None = None

    def concerns(self, form: str, page: str) -> bool:
        """Whether the entry is about such a document."""
        return self.form in {None, form} and self.page in {None, page}

    def covers(self, finding: Finding) -> bool:
        """Whether the finding may be ignored."""
        return self.concerns(finding.form, finding.page) and self.text == finding.text

    def __str__(self) -> str:
        return f"{self.page or self.form or 'any document'}: {self.text}"


@dataclass(slots=True)
class Findings:
    """What was not understood in some documents."""

    ignored: tuple[Ignored, ...] = ()
    found: list[Finding] = field(default_factory=list)
    read: list[tuple[str, str]] = field(default_factory=list)
    """The form and name of each document read."""

    def reject(self, form: str, page: str, text: str, what: str) -> None:
        """Record that a whole document is not understood."""
        self.found.append(Finding(form, page, 1, 1, text, what))

    @property
    def errors(self) -> list[Finding]:
        """What is not on the list."""
        return [each for each in self.found if not any(entry.covers(each) for entry in self.ignored)]

    @property
    def idle(self) -> list[Ignored]:
        """Entries of the list that matched nothing, although a document that they are about was read."""
        return [
            entry
            for entry in self.ignored
            if any(entry.concerns(*each) for each in self.read) and not any(map(entry.covers, self.found))
        ]


def read_ignored(path: Path) -> tuple[Ignored, ...]:
    """The list.

    Raises:
        ValueError: an entry has no reason or no text, or is about every document.
    """
    entries = []
    for data in load(path) or ():
        entry = Ignored(**data)
        if not entry.reason.strip() or not entry.text.strip() or not (entry.form or entry.page):
            raise ValueError(f"{path.name}: an entry needs a text, a reason, and a form or a page: {data}")
        entries.append(entry)
    return tuple(entries)


class Reader:
    """A document under reading: its text, and where in it something was not understood."""

    def __init__(self, form: str, page: str, text: str, findings: Findings) -> None:
        self.form = form
        self.page = page
        self.text = text
        self._findings = findings

    def is_reserved(self, at: int, name: str) -> bool:
        """Whether a header has no place among parameters, which is recorded too."""
        if name.lower() not in RESERVED:
            return False
        self.report(at, name, "OpenAPI has this header ignored among parameters")
        return True

    def report(self, at: int, text: str, what: str) -> None:
        """Record a finding at an offset."""
        line = self.text.count("\n", 0, at) + 1
        column = at - (self.text.rfind("\n", 0, at) + 1) + 1
        shown = " ".join(text.split())
        shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 2] + " …"
        self._findings.found.append(Finding(self.form, self.page, line, column, shown, what))
