"""Mutate the rules of evidence, and check that the tests beside this folder notice each mutant.

A mutant that no test can notice, since it does the same, is listed in equivalent.toml with the reason. A survivor that is
not listed there fails the check, and so does a listed mutant that is killed or gone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WORKSPACE = ROOT / "build" / "mutation"
MODULES = ("evidence/_closing.py", "evidence/_verdict.py", "_observations.py")
TESTS = ("reference.py", "test_reference.py", "test_observations.py", "test_verdict.py", "test_closing.py")
LIMIT = 1800
"""Seconds."""

# mutmut knows the layout src/, and finds its settings in the folder in which it runs.
SETTINGS = """
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = [{modules}]
pytest_add_cli_args_test_selection = ["tests/evidence"]
track_dependencies = false
use_git_change_detection = false
"""
# A failure need not be made small.
CONFTEST = """
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutation",
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
"""
SURVIVED, NO_TEST = 0, 33
"""Mutmut's exit codes."""

Mutant = tuple[str, str, str]
"""Function, line, and what it was changed to."""


def main() -> int:
    prepare()
    mutmut("run", "--max-children", str(os.cpu_count() or 1))
    exits: dict[str, int | None] = {}
    for module in MODULES:
        meta = WORKSPACE / "mutants" / "src" / "zuora_journal_runs" / f"{module}.meta"
        exits.update(json.loads(meta.read_text())["exit_code_by_key"])
    survivors = {mutant(name) for name, code in exits.items() if code in (SURVIVED, NO_TEST)}
    listed = {
        (one["function"], one["line"], one["becomes"])
        for one in tomllib.loads((HERE / "equivalent.toml").read_text())["equivalent"]
    }
    not_run = sum(code is None for code in exits.values())
    print(f"{len(exits)} mutants, {len(exits) - len(survivors) - not_run} killed, {len(survivors & listed)} equivalent")
    for title, mutants in (("survived", survivors - listed), ("listed, but killed or gone", listed - survivors)):
        for function, line, becomes in sorted(mutants):
            print(f"{title}: {function}\n  - {line}\n  + {becomes}")
    if not_run:
        print(f"{not_run} mutants were not run")
    return int(survivors != listed or not exits or bool(not_run))


def prepare() -> None:
    """Lay out the package and the tests as mutmut expects them."""
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    shutil.copytree(ROOT / "overlays", WORKSPACE / "src", ignore=shutil.ignore_patterns("__pycache__"))
    tests = WORKSPACE / "tests" / "evidence"
    tests.mkdir(parents=True)
    for name in TESTS:
        shutil.copy(HERE.parent / name, tests)
    (tests / "conftest.py").write_text(CONFTEST)
    modules = ", ".join(f'"*/zuora_journal_runs/{module}"' for module in MODULES)
    (WORKSPACE / "pyproject.toml").write_text(SETTINGS.format(modules=modules))


def mutmut(*arguments: str) -> str:
    """Run mutmut, and return what it prints; raise if it fails or takes too long."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=WORKSPACE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=LIMIT)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if process.returncode:
        sys.exit(f"mutmut {' '.join(arguments)} failed:\n{printed[-5000:]}")
    return printed


def mutant(name: str) -> Mutant:
    """Return what a mutant changes. Its name has a number in it, which is another one after each edit."""
    lines = mutmut("show", name).splitlines()
    before = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
    after = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    function = (
        name.rpartition("__mutmut_")[0].rpartition(".")[2].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    )
    return function, " ".join(before), " ".join(after)


if __name__ == "__main__":
    sys.exit(main())
