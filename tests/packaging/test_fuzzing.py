"""Property tests try the same examples everywhere, and `make fuzz` tries others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROPERTIES = """
import atexit, json, os
from collections import defaultdict
from hypothesis import given, settings, strategies as st

TRIED = defaultdict(list)

@atexit.register
def note():
    with open(os.environ["TRIED"], "w") as file:
        json.dump(TRIED, file)

@given(st.text(), st.integers())
def test_by_default(text, number):
    TRIED["default"].append((text, number))

@settings(max_examples=7)
@given(st.integers())
def test_few(number):
    TRIED["few"].append(number)

def test_within():
    @settings(settings(derandomize=True), max_examples=5)
    @given(st.integers())
    def check(number):
        TRIED["within"].append(number)
    check()

def test_own_seeds(effort):
    TRIED["own"].extend(effort.seeds(range(1, 10, 3)))

def test_no_property():
    TRIED["none"].append(0)

@given(st.integers(), st.integers())
def test_wrong(one, other):
    assert one < 1000
"""


class Project:
    """A folder with property tests and the settings of this project's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tests").mkdir(parents=True)
        for name in ("conftest.py", "fuzzing.py"):
            shutil.copy(ROOT / "tests" / name, folder / "tests")
        (folder / "tests/test_it.py").write_text(PROPERTIES)

    def run(self, *options: str, **variables: str) -> tuple[dict[str, list[Any]], str]:
        """The examples that each test tried, and what was said."""
        tried = self.folder / "tried.json"
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("CI", "COV", "PYTEST", "HYPO"))
        }
        # Plugins that are not needed take most of the time.
        command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-p", "_hypothesis_pytestplugin"]
        done = subprocess.run(
            [*command, *options, "tests"],
            cwd=self.folder,
            env={**environ, **variables, "TRIED": str(tried), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        return json.loads(tried.read_text()), done.stdout


def test_the_same_examples_are_tried_everywhere(tmp_path: Path) -> None:
    here, _ = Project(tmp_path / "here").run()
    (tmp_path / "imported.py").write_text(f"NUMBERS = [{', '.join(map(str, range(5_000, 5_200)))}]\n")
    there, _ = Project(tmp_path / "somewhere else").run("-p", "imported", CI="true", PYTHONPATH=str(tmp_path))

    assert {test: len(examples) for test, examples in here.items()} == {
        "default": 100, "few": 7, "within": 5, "own": 3, "none": 1
    }  # fmt: skip
    assert there == here


def test_a_search_tries_fresh_examples_more_of_them_and_says_how_to_replay(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    one, said = project.run("--fuzz=3", "--hypothesis-seed=11", CI="true")
    again, _ = project.run("--fuzz=3", "--hypothesis-seed=11")
    other, _ = project.run("--fuzz=3", "--hypothesis-seed=12")

    assert {test: len(examples) for test, examples in one.items()} == {
        "default": 300, "few": 21, "within": 15, "own": 9
    }  # fmt: skip
    assert one == again
    assert all(one[test] != other[test] for test in one)
    assert "1 failed, 4 passed, 1 deselected" in said
    assert "@reproduce_failure(" in said
    assert "to replay: make fuzz FUZZ=3 SEED=11 TESTS=tests/test_it.py::test_wrong\n" in said
