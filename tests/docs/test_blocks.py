"""Every code block of the documentation runs, and prints what is shown."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import zuora_journal_runs

from .blocks import blocks_of_module, blocks_of_page, pages
from .running import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(zuora_journal_runs.__file__).parent
PAGES = {path.relative_to(ROOT).as_posix(): path for path in pages(ROOT)}
MODULES = {
    path.relative_to(PACKAGE).as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if any(blocks_of_module(path.read_text(encoding="utf-8")))
}


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Surroundings]:
    made = Surroundings(tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs(page: str, surroundings: Surroundings) -> None:
    surroundings.run(list(blocks_of_page(PAGES[page].read_text(encoding="utf-8"))))


@pytest.mark.parametrize("module", MODULES)
def test_every_block_of_a_docstring_runs(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = ".".join([zuora_journal_runs.__name__, *Path(module).with_suffix("").parts]).removesuffix(".__init__")
    for block in blocks_of_module(MODULES[module].read_text(encoding="utf-8")):
        surroundings = Surroundings(tmp_path, monkeypatch, dict(vars(importlib.import_module(name))))
        surroundings.run([block])
        surroundings.close()
