"""A release's notes are what the changelog says of it, and nothing is released that it does not speak of."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from . import release_notes

if TYPE_CHECKING:
    from pathlib import Path

CHANGELOG = """\
# Changelog

## [1.2.0] - Unreleased

- Not yet.

## [1.1.0] - 2026-11-30

### Added

- A long entry that
  goes on,
  and on.
- Another; see
  [its page](docs/page.md).

What was promised in
1.0 is kept.

## [1.0.0] - 2026-10-31

## [0.9.0] - 2026-09-30

- Old.
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def at(tree: Path, version: str) -> Path:
    (tree / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n', encoding="utf-8")
    return tree


def test_they_are_the_section_of_the_version_with_a_line_to_a_paragraph(tree: Path) -> None:
    assert release_notes.main("v1.1.0", at(tree, "1.1.0")) == (
        "### Added\n\n"
        "- A long entry that goes on, and on.\n"
        "- Another; see [its page](docs/page.md).\n\n"
        "What was promised in 1.0 is kept."
    )


@pytest.mark.parametrize(
    ("tag", "version", "problem"),
    [
        ("1.1.0", "1.1.0", "the tag is 1.1.0"),
        ("v1.1.1", "1.1.0", "pyproject.toml has version 1.1.0"),
        ("v1.1", "1.1", "no section"),
        ("v1.2.0", "1.2.0", "no date"),
        ("v1.0.0", "1.0.0", "says nothing"),
    ],
)
def test_it_stops_at_a_version_that_is_not_ready(tree: Path, tag: str, version: str, problem: str) -> None:
    with pytest.raises(SystemExit, match=re.escape(problem)):
        release_notes.main(tag, at(tree, version))


def test_a_workflow_fails_with_it() -> None:
    done = subprocess.run((sys.executable, release_notes.__file__, "v0"), capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"the tag is v0")
    assert done.stdout == b""
