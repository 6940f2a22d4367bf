"""Links lead somewhere, and those that leave the repository with the package do not break there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from .blocks import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
REPOSITORY = URLS["Source"]
PAGES = {**pages(ROOT), **{path.relative_to(ROOT).as_posix(): path for path in (ROOT / "examples").rglob("*.md")}}


def links(page: Path) -> Iterator[str]:
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            href = child.attrGet("href") or child.attrGet("src")
            if href is not None:
                yield str(href).partition("#")[0]


def of_the_repository(address: str) -> Path | None:
    """Return the file or folder that an address in the repository shows; None for another address."""
    for view in ("/blob/main/", "/tree/main/"):
        if address.startswith(REPOSITORY + view):
            return ROOT / address.removeprefix(REPOSITORY + view)
    return None


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_of_the_repository_lead_to_files(page: str) -> None:
    broken = []
    for link in filter(None, links(PAGES[page])):
        target = of_the_repository(link) if "://" in link else PAGES[page].parent / link
        if target is not None and not target.exists():
            broken.append(link)
    assert broken == []


def test_the_readme_has_no_relative_links_which_the_package_index_would_break() -> None:
    assert [link for link in links(ROOT / "README.md") if "://" not in link] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("name", URLS)
def test_project_urls_are_in_one_repository(name: str) -> None:
    assert URLS[name].startswith(REPOSITORY)
    target = of_the_repository(URLS[name])
    assert target is None or target.exists()
