"""Every code block of the documentation runs, and prints what is shown."""

from __future__ import annotations

import importlib
import re
import runpy
from pathlib import Path

import pytest

import zuora_journal_runs

from .blocks import Mismatch, blocks_of_module, blocks_of_page, compare, corrected, pages
from .running import Surroundings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(zuora_journal_runs.__file__).parent
PAGES = pages(ROOT)
MODULES = {
    path.relative_to(PACKAGE).as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if any(blocks_of_module(path.read_text(encoding="utf-8")))
}


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


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("    print(1)\n", "fence it"),
        ("```\nprint(1)\n```\n", "name its language"),
        ("```{code-block} python\nprint(1)\n```\n", "name its language"),
        ("```perl\nprint 1\n```\n", "nobody knows how to execute 'perl'"),
        ("<!-- not run: -->\n```perl\nprint 1\n```\n", "nobody knows how to execute 'perl'"),
        ("<!-- not run: why -->\n\nText.\n\n```perl\nprint 1\n```\n", "nobody knows how to execute 'perl'"),
        ("```python\nprint(1)\n```\n", "the page does not show it"),
        ("```python\nprint(1)\n```\n```text\n2\n```\n", "the page shows:\n  2\nbut it prints:\n  1"),
        ("```text\n2\n```\n", "but it prints"),
        ("```python\nraise SystemError('no')\n```\n", "no"),
        ("```console\nzjr get\n```\n", "begins with"),
        ("```console\n$ zjr get JR-00000099\n...\n```\n", "it exits with 1"),
        ("```console\n$ exit 3\n$ echo $?\n2\n```\n", "the page shows:\n  2\nbut it prints:\n  3"),
        ("```console\n$ zjr get JR-00000075\nJR-00000075  Pending\n...\n```\n", "JR-00000075  Completed"),
        ("```yaml\na: 1\n```\n", "which file this is"),
        ("```yaml\n# a.yaml\na: 1\n```\n", "nothing uses a.yaml"),
        ("```yaml\n# a.yaml\na: [\n```\n", "while parsing"),
        ("```toml\n# a.toml\na = \n```\n", "Invalid value"),
    ],
)
def test_a_block_that_does_not_do_what_the_page_says_fails(page: str, problem: str, surroundings: Surroundings) -> None:
    with pytest.raises(Exception, match=re.escape(problem)):
        surroundings.run(list(blocks_of_page(page)))


@pytest.mark.parametrize(
    "page",
    [
        "<!-- not run: it takes an hour -->\n```perl\nprint 1\n```\n",
        "```python\nprint(1)\n```\n\nText.\n\n```text\n1\n```\n",
        "- In a list:\n\n  ```python\n  x = 1\n  ```\n\n```python\nassert x == 1\n```\n",
        "```console\n$ exit 3\n$ echo $?\n3\n```\n",
        "```yaml\n# a.yaml\na: 1\n```\n```console\n$ cat \\\n  a.yaml\n# a.yaml\na: 1\n```\n",
        "```console\n$ zjr cancel JR-00000071\n...\nCancel JR-00000071? [y/N] y\nJR-00000071  cancelled\n...\n```\n",
    ],
)
def test_a_block_that_does_what_the_page_says_passes(page: str, surroundings: Surroundings) -> None:
    surroundings.run(list(blocks_of_page(page)))


def test_dots_stand_for_what_differs() -> None:
    compare(1, "a ... c\n...\nz", "a b c\nd\ne\nz\n")
    compare(1, "...\nz", "z")
    with pytest.raises(Mismatch):
        compare(1, "a ... c\nz", "a b c\nd\nz\n")


def test_a_page_is_corrected_where_it_is_wrong() -> None:
    page = "```console\n$ first\nid ...\nwrong\n$ second\n```\n"
    with pytest.raises(Mismatch) as caught:
        compare(3, "id ...\nwrong", "id 17\nright\nmore")
    assert corrected(page, caught.value) == "```console\n$ first\nid ...\nright\nmore\n$ second\n```\n"


def test_blocks_of_docstrings_are_found() -> None:
    source = '''
def f():
    """Do it.

    For example::

        f()

    .. code-block:: console

        $ f
    """
'''
    assert [(block.language, block.code, block.line) for block in blocks_of_module(source)] == [
        ("python", "f()\n", 7),
        ("console", "$ f\n", 11),
    ]
    assert {"emulator/emulator.py", "contract/__init__.py"} <= MODULES.keys()


@pytest.mark.usefixtures("surroundings")  # whose clock takes no time
def test_the_picture_shows_what_the_command_prints() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "pictures.py"))
    assert made["draw"]() == made["PICTURE"].read_text(encoding="utf-8")
