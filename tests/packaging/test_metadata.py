"""What the project says of itself in several places agrees, and says nothing of a machine."""

import importlib.metadata
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import zuora_journal_runs

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements-dev.lock", "openapi/lint/package-lock.json", "openapi/lint/requirements.txt")

INDEX_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|anaconda)\.(?:org|com)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~)}*-])/(?:home|mnt|opt|private|root|tmp|Users|work)/\w|\b[A-Z]:\\Users\\")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def runtime_requirements(pyproject: dict[str, Any]) -> Iterator[Requirement]:
    """Requirements that users get, the package's own extras left out."""
    project = pyproject["project"]
    for lines in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in map(Requirement, lines):
            if requirement.name != project["name"]:
                yield requirement


def development_requirements(pyproject: dict[str, Any]) -> Iterator[Requirement]:
    for group in pyproject["dependency-groups"].values():
        for line in group:
            if isinstance(line, str):
                yield Requirement(line)


def test_the_version_is_the_same_everywhere(pyproject: dict[str, Any]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\] - (?:Unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert newest is not None
    version = pyproject["project"]["version"]
    assert newest[1] == version
    assert importlib.metadata.version("zuora-journal-runs") == version
    assert zuora_journal_runs.__version__ == version


def test_every_runtime_dependency_has_a_lower_and_an_upper_bound(pyproject: dict[str, Any]) -> None:
    unbounded = [
        str(requirement)
        for requirement in runtime_requirements(pyproject)
        if not {specifier.operator for specifier in requirement.specifier} & {"==", "<"}
        or not {specifier.operator for specifier in requirement.specifier} & {"==", ">="}
    ]
    assert unbounded == []


def test_the_lock_pins_everything_that_is_declared(pyproject: dict[str, Any]) -> None:
    lines = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8").splitlines()
    pins: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith("#"):
            pin = Requirement(line)
            (specifier,) = pin.specifier
            assert specifier.operator == "=="
            assert pin.url is None
            pins.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    for requirement in (*runtime_requirements(pyproject), *development_requirements(pyproject)):
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in the lock; run 'make lock'"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_no_file_names_a_package_index_or_a_path_of_one_machine() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout can tell which files are the project's")
    listing = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    found = []
    for name in filter(None, listing.stdout.decode().split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode(errors="replace")
        for pattern in (INDEX_HOST, MACHINE_PATH):
            found += [f"{name}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []
