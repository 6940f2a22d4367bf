"""What a reader did not understand, and the list of what may be ignored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .model import RESERVED
from .yaml_files import FileError, lines, load, read_text

if TYPE_CHECKING:
    from pathlib import Path

MOST = 20
"""Findings in one document that are shown one by one; of more only the first is, with their number."""
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

    def reject(self, form: str, page: str, text: str, what: str, line: int = 1) -> None:
        """Record what is not understood of a document as a whole, or from a line on."""
        self.found.append(Finding(form, page, line, 1, text, what))

    @property
    def errors(self) -> list[Finding]:
        """What is not on the list; of a document that is not understood at all, one finding stands for all."""
        listed = [each for each in self.found if not any(entry.covers(each) for entry in self.ignored)]
        counts = Counter(each.page for each in listed)
        result = []
        for page, count in counts.items():
            first, *more = (each for each in listed if each.page == page)
            if count > MOST:
                what = f"this page is hardly understood, with {count} findings of which the first is: {first.what}"
                result.append(replace(first, what=what))
            else:
                result += [first, *more]
        return result

    @property
    def idle(self) -> list[Ignored]:
        """Entries of the list that matched nothing, although a document that they are about was read."""
        return [
            entry
            for entry in self.ignored
            if any(entry.concerns(*each) for each in self.read) and not any(map(entry.covers, self.found))
        ]


def read_ignored(path: Path) -> tuple[Ignored, ...]:
    """Return the list.

    Raises:
        FileError: an entry has no reason or no text, or is about every document.
    """
    data = load(path) or []
    if not isinstance(data, list):
        raise FileError(path.name, 1, "this is a list of entries")
    begins = lines(read_text(path), {(str(number),) for number in range(len(data))})
    entries = []
    for number, each in enumerate(data):
        fields = each if isinstance(each, dict) else {}
        named = fields.keys() <= {"text", "reason", "form", "page"} and ("form" in fields or "page" in fields)
        if not named or not all(
            isinstance(fields.get(name), str) and fields[name].strip() for name in ("text", "reason")
        ):
            what = f"an entry needs a text, a reason, and a form or a page: {each}"
            raise FileError(path.name, begins.get((str(number),), 1), what)
        entries.append(Ignored(**fields))
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
