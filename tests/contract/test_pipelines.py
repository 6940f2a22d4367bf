"""The pipelines that others copy: their commands are run, as far as they can be here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract import Report
from zuora_journal_runs.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ZJR = Path(sys.executable).with_name("zjr")


def pipeline(server: str) -> Any:
    done = CliRunner().invoke(zjr, ["contract", "ci", server])
    assert done.exit_code == 0
    return yaml.safe_load(done.stdout)


def commands(server: str, job: str) -> list[str]:
    """What a job runs, without what sets up its machine."""
    if server == "github":
        steps = pipeline(server)["jobs"][job]["steps"]
        return [step["run"] for step in steps if "run" in step]
    document = pipeline(server)
    merged = {**document[".zuora-contract"], **document[f"zuora-contract-{job}"]}
    return [line for part in ("before_script", "script", "after_script") for line in merged.get(part, ())]


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A machine of a CI server's: `pip` installs nothing, and `zjr contract` tries no more than two rules."""
    folder = tmp_path / "bin"
    folder.mkdir()
    zjr = shlex.quote(str(ZJR))
    scripts = {
        "pip": '#!/bin/sh\necho "$@" > installed\n',
        "zjr": f'#!/bin/sh\nif [ "$1 $2" = "contract --allow-writes" ] || [ "$1 $2" = "contract --report" ]; then\n'
        f'  shift; exec {zjr} contract --only limits-count-down --only statuses/old "$@"\nfi\nexec {zjr} "$@"\n',
    }
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    with Emulator() as tenant:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZUORA_", "ZJR_"))}
        yield {**kept, **tenant.environ(), "PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("job", ["emulator", "sandbox"])
def test_both_servers_do_the_same(job: str) -> None:
    github, gitlab = ("\n".join(map(str.strip, commands(server, job))) for server in ("github", "gitlab"))
    assert github == gitlab


@pytest.mark.posix("the shell of the machines that pipelines run on")
@pytest.mark.parametrize("job", ["emulator", "sandbox"])
def test_the_commands_of_a_pipeline_work(tools: dict[str, str], tmp_path: Path, job: str) -> None:
    for command in commands("github", job):
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command], cwd=tmp_path, env=tools, check=True, capture_output=True
        )
    names = {path.name for path in (tmp_path / "contract" / job).iterdir()}
    assert names == {"contract.xml", "contract.html", "contract.json"}
    assert Report.from_json((tmp_path / "contract" / job / "contract.json").read_text()).passed
    assert (tmp_path / "contract" / "drift.txt").exists() == (job == "sandbox")
    extras = re.search(r"zuora-journal-runs\[(\w+)\]", (tmp_path / "installed").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extras is not None
    assert extras[1] in project["optional-dependencies"]
