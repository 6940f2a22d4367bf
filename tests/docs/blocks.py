"""The code blocks of a page or a docstring, and how each language is executed.

Sybil, which does this for other projects, gives each block a test of its own; but the blocks of a page build on each
other, and here tests run in random order and on several processes. So a page is one test, and finding the blocks is left
to the Markdown parser that rich brings along.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>\S.*?) -->\s*", re.DOTALL)
_FRESH = "<!-- the emulator starts anew -->"
_FILE = re.compile(r"(?:#|//) (?P<name>[\w./-]+\.\w+)\n")
_LITERAL = re.compile(
    r"^(?P<indent> *)(?:\.\. code-block:: (?P<language>\w+)|(?:\S.*)?::)\n\n(?P<code>(?:(?P=indent)    .*\n|\n)+)",
    re.MULTILINE,
)


class Block(NamedTuple):
    """A block of code."""

    language: str
    code: str
    line: int
    """The line of its first line of code, counted from 1."""
    not_run: str | None = None
    """Why it is not executed; None if it is."""
    fresh: bool = False
    """Whether the emulator goes back to its seed before it."""

    @property
    def file(self) -> str | None:
        """The name of the file that it is, from a comment in its first line."""
        found = _FILE.match(self.code)
        return None if found is None else found["name"]


class Command(NamedTuple):
    """A command of a console block, and what it prints."""

    text: str
    output: str
    line: int


def blocks_of_page(text: str) -> Iterator[Block]:
    """Yield the code blocks of a Markdown page.

    Raises:
        ValueError: A block would not be executed, and no reason is beside it.
    """
    reason, fresh = None, False
    for token in MarkdownIt("commonmark").parse(text):
        line = 0 if token.map is None else token.map[0] + 1
        if token.type == "html_block" and (found := _NOT_RUN.fullmatch(token.content)):
            reason = " ".join(found["reason"].split())
        elif token.type == "html_block" and token.content.strip() == _FRESH:
            fresh = True
        elif token.type == "code_block":
            raise ValueError(f"line {line}: indented code is not executed: fence it, and name its language")
        elif token.type == "fence":
            language = token.info.split()[0] if token.info.strip() else ""
            if language in ("{code-block}", "{code}", "{sourcecode}", ""):
                raise ValueError(f"line {line}: this code is not executed: fence it, and name its language")
            if not language.startswith("{"):
                yield Block(language, token.content, line + 1, reason, fresh)
            reason, fresh = None, False
        else:
            reason, fresh = None, False


def blocks_of_module(source: str) -> Iterator[Block]:
    """Yield the code blocks in the docstrings of a module: what follows `::` is Python."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if docstring is None:
            continue
        first = node.body[0].lineno
        for found in _LITERAL.finditer(docstring + "\n"):
            line = first + docstring[: found.start("code")].count("\n")
            yield Block(found["language"] or "python", textwrap.dedent(found["code"]).strip("\n") + "\n", line)


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the commands of a console block.

    Raises:
        ValueError: It does not begin with a command.
    """
    lines = block.code.splitlines()
    place = 0
    while place < len(lines):
        begin = place
        if not lines[place].startswith("$ "):
            raise ValueError(f"line {block.line + place}: a console block begins with '$ ' and a command")
        while lines[place].endswith("\\"):
            place += 1
        text = "\n".join(lines[begin : place + 1]).removeprefix("$ ")
        place += 1
        output = []
        while place < len(lines) and not lines[place].startswith("$ "):
            output.append(lines[place])
            place += 1
        yield Command(text, "\n".join(output).strip("\n"), block.line + begin)


class Mismatch(AssertionError):
    """A page shows something else than what is printed.

    Args:
        line: The first line of what the page shows, counted from 1.
        shown: What the page shows.
        printed: What is printed.
    """

    def __init__(self, line: int, shown: str, printed: str) -> None:
        self.line, self.shown, self.printed = line, shown, printed
        texts = (textwrap.indent(text, "  ") for text in (shown, printed))
        super().__init__("line {}: the page shows:\n{}\nbut it prints:\n{}".format(line, *texts))


def compare(line: int, shown: str, printed: str) -> None:
    """Compare what a page shows with what is printed.

    `...` stands for anything within a line, and on a line of its own for any lines.

    Raises:
        Mismatch: They differ.
    """
    shown = shown.strip("\n")
    printed = "\n".join(each.rstrip() for each in printed.strip("\n").splitlines())
    pattern = "".join(r"(?:.*\n)*?" if each.strip() == "..." else _pattern(each) + r"\n" for each in shown.splitlines())
    if not re.fullmatch(pattern, printed and printed + "\n"):
        raise Mismatch(line, shown, printed)


def _pattern(line: str) -> str:
    return re.escape(line.rstrip()).replace(r"\.\.\.", ".*?")


def corrected(text: str, mismatch: Mismatch) -> str:
    """Return a page on which what is printed takes the place of what was shown, but for lines that are right."""
    right = [each for each in mismatch.shown.splitlines() if each.strip() != "..."]
    printed = [next((each for each in right if re.fullmatch(_pattern(each), line)), line)
               for line in mismatch.printed.splitlines()]  # fmt: skip
    lines = text.splitlines()
    begin = mismatch.line - 1
    lines[begin : begin + len(mismatch.shown.splitlines())] = printed
    return "\n".join(lines) + "\n"


def pages(root: Path) -> dict[str, Path]:
    """Return the project's Markdown pages by their names, but for the examples."""
    found = [*root.glob("*.md"), root / "openapi" / "README.md", *(root / "docs").rglob("*.md")]
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}
