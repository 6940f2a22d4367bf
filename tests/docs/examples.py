"""Each example does what its README says: `make examples`.

Not part of `make test`: most examples are processes of their own, which wait as their users wait.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .blocks import blocks_of_page

if TYPE_CHECKING:
    from .running import Surroundings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__")


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_does_what_its_readme_says(
    folder: str, tmp_path: Path, surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With all plugins, unlike pages: they are what some examples are about.
    monkeypatch.delenv("PYTEST_ADDOPTS")
    shutil.copytree(EXAMPLES / folder, tmp_path, dirs_exist_ok=True)
    surroundings.run(list(blocks_of_page((EXAMPLES / folder / "README.md").read_text(encoding="utf-8"))))


def test_each_is_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [folder for folder in FOLDERS if f"[{folder}]({folder})" not in listed] == []
