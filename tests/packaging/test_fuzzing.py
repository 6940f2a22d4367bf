"""Property tests try the same examples everywhere, and `make fuzz` tries others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROPERTIES = """
import json, os, sys
from hypothesis import given, settings, strategies as st

EXAMPLES = []

def note():
    with open(os.environ["EXAMPLES"], "w") as file:
        json.dump(EXAMPLES, file)

@given(st.text(), st.integers())
def test_by_default(text, number):
    EXAMPLES.append((text, number))
    note()

@settings(max_examples=7)
@given(st.integers())
def test_few(number):
    EXAMPLES.append(number)
    note()

def test_within():
    @settings(settings(derandomize=True), max_examples=5)
    @given(st.integers())
    def check(number):
        EXAMPLES.append(number)
        note()
    check()

def test_own_seeds(effort):
    EXAMPLES.extend(effort.seeds(range(1, 10, 3)))
    note()

def test_no_property():
    EXAMPLES.append("none")
    note()

@given(st.integers(), st.integers())
def test_wrong(one, other):
    assert one < 1000
"""


class Project:
    """A folder named `tests` with property tests and the settings of this project's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tests").mkdir(parents=True)
        for name in ("conftest.py", "fuzzing.py"):
            shutil.copy(ROOT / "tests" / name, folder / "tests")
        (folder / "tests/test_it.py").write_text(PROPERTIES)

    def run(self, test: str, *options: str, **variables: str) -> tuple[str, str]:
        """The examples that a test tried, and what was said."""
        examples = self.folder / "examples.json"
        examples.write_text("")
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("CI", "COV", "PYTEST", "HYPO"))
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--import-mode=importlib",
            "-p",
            "_hypothesis_pytestplugin",
            *options,
        ]
        done = subprocess.run(
            [*command, f"tests/test_it.py::{test}" if test else "tests"],
            cwd=self.folder,
            env={**environ, **variables, "EXAMPLES": str(examples), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return examples.read_text(), done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_same_examples_are_tried_everywhere(project: Project, tmp_path: Path) -> None:
    here, _ = project.run("test_by_default")
    (tmp_path / "imported.py").write_text("NUMBERS = [" + ", ".join(map(str, range(5_000, 5_200))) + "]\n")

    assert here.count("[") > 50
    assert project.run("test_by_default", CI="true")[0] == here
    assert project.run("test_by_default", "-p", "imported", PYTHONPATH=str(tmp_path))[0] == here
    assert Project(tmp_path / "somewhere else").run("test_by_default")[0] == here


@pytest.mark.parametrize(("test", "examples"), [("test_few", 7), ("test_within", 5), ("test_own_seeds", 3)])
def test_a_search_tries_fresh_examples_and_more_of_them(project: Project, test: str, examples: int) -> None:
    usual = project.run(test)[0]
    one, again, other = (
        project.run(test, "--fuzz=4", f"--hypothesis-seed={seed}", CI="true")[0] for seed in (11, 11, 12)
    )

    assert usual.count(",") == examples - 1
    assert one.count(",") == 4 * examples - 1
    assert one == again
    assert len({usual, one, other}) == 3


def test_a_search_leaves_out_what_is_no_property_and_says_how_to_replay(project: Project) -> None:
    tried, said = project.run("", "--fuzz=10", "--hypothesis-seed=11")

    assert "none" not in tried
    assert "1 failed, 4 passed, 1 deselected" in said
    assert "@reproduce_failure(" in said
    assert "to replay: make fuzz FUZZ=10 SEED=11 TESTS=tests/test_it.py::test_wrong\n" in said
