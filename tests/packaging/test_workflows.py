"""The workflows of this repository, and the copies for others, beyond what their linters in `make check` see."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
OWN = {path.stem: path for path in (ROOT / ".github" / "workflows").glob("*.yml")}
COPIED = (
    ROOT / "openapi" / "workflow" / "spec.yml",
    ROOT / "overlays" / "zuora_journal_runs" / "contract" / "ci" / "github.yml",
)


def jobs(path: Path) -> dict[str, Any]:
    named: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return named


def commands(path: Path) -> Iterator[str]:
    for job in jobs(path).values():
        yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


def test_actions_are_pinned_to_the_same_commit_everywhere_and_their_version_is_named() -> None:
    pins: dict[str, set[str]] = {}
    for path in (*OWN.values(), *COPIED):
        for line in re.findall(r"\buses: (?!\./)(.+)", path.read_text(encoding="utf-8")):
            pin = re.fullmatch(r"([\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)", line)
            assert pin is not None, f"{path.name}: {line}"
            pins.setdefault(pin[1], set()).add(pin[2])
    assert {name: each for name, each in pins.items() if len(each) > 1} == {}


def test_the_update_bot_reads_every_folder_with_pinned_actions() -> None:
    bot = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    (actions,) = (each for each in bot["updates"] if each["package-ecosystem"] == "github-actions")
    folders = {f"/{path.parent.relative_to(ROOT).as_posix()}" for path in (*OWN.values(), *COPIED)}
    assert set(actions["directories"]) == folders


def test_every_python_that_the_package_names_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert jobs(OWN["ci"])["test"]["strategy"]["matrix"]["python"] == named


def test_workflows_run_only_what_there_is() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    run = [shlex.split(line) for path in (*OWN.values(), COPIED[0]) for line in commands(path)]
    asked = {line[1] for line in run if line[0] == "make"} - {".venv/.dev-ready"}
    assert asked <= targets
    assert {"check", "contract", "dist", "lock", "mutants", "run", "test"} <= asked
    scripts = {line[1] for line in run if line[0] == "python" and line[1].endswith(".py")}
    assert scripts == {"openapi/workflow/propose.py", "tests/packaging/release_notes.py"}
    assert all((ROOT / script).is_file() for script in scripts)


def test_nothing_is_published_that_was_not_tested_and_built_twice_alike() -> None:
    release = jobs(OWN["release"])
    assert release["test"]["uses"] == "./.github/workflows/ci.yml"
    assert set(release["publish"]["needs"]) == {"test", "compare"}
    assert release["compare"]["needs"] == "build"
    assert len(release["build"]["strategy"]["matrix"]["machine"]) == 2
    assert [name for name, job in release.items() if "id-token" in job["permissions"]] == ["publish"]
