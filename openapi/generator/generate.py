"""Rebuild generated/zuora_journal_runs_api from the fragment, or with --check tell whether it is current."""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
FRAGMENT = HERE.parent / "journal-runs.yaml"
PACKAGE = HERE.parents[1] / "generated" / "zuora_journal_runs_api"
NOTICE = """\
Do not edit: `make generate` deletes this folder and makes it anew from `openapi/journal-runs.yaml`, with the
templates in `openapi/generator/templates/`. `make check` fails if it is anything else than what that makes.
"""


class GeneratorError(Exception):
    """The generator failed; the message has what it printed."""


def generate(into: Path, fragment: Path | None = None) -> None:
    """Make the client in a folder that does not exist yet, from the fragment if no other is given.

    Raises:
        GeneratorError: the generator failed or had warnings.
    """
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "described.json"
        document = yaml.safe_load((fragment or FRAGMENT).read_text(encoding="utf-8"))
        described.write_text(json.dumps(with_descriptions(document), default=str), encoding="utf-8")
        run_generator(described, into)
    (into / "DO-NOT-EDIT.md").write_text(NOTICE, encoding="utf-8")
    (into / "py.typed").touch()


def with_descriptions(document: dict[str, Any]) -> dict[str, Any]:
    """The contract with each parameter's description on its schema too, where alone the generator looks for it."""
    components = document["components"]
    for parameter in components.get("parameters", {}).values():
        schema = parameter["schema"]
        if "$ref" in schema:
            schema = components["schemas"][schema["$ref"].rpartition("/")[2]]
        if "description" in parameter:
            schema.setdefault("description", " ".join(parameter["description"].split()))
    return document


def run_generator(document: Path, into: Path) -> None:
    """Make the client from a document, in the generator's form."""
    command: list[str | Path] = [
        *(sys.executable, "-m", "openapi_python_client", "generate"),
        *("--path", document, "--output-path", into, "--meta", "none"),
        *("--config", HERE / "config.yaml", "--custom-template-path", HERE / "templates"),
        "--fail-on-warning",
    ]
    # The generator looks for its formatter, ruff, on the PATH: the one beside this Python is the pinned one.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    run = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    if run.returncode:
        raise GeneratorError(f"openapi-python-client failed:\n{run.stdout}{run.stderr}")


def differences(made: Path, kept: Path) -> list[str]:
    """The files, relative to the package, that are not byte for byte the same in both folders."""
    names = {
        path.relative_to(root).as_posix()
        for root in (made, kept)
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    _, mismatch, missing = filecmp.cmpfiles(made, kept, names, shallow=False)
    return sorted(mismatch + missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if there is a difference")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / PACKAGE.name
        try:
            generate(made)
        except GeneratorError as error:
            sys.exit(str(error))
        if not check:
            shutil.rmtree(PACKAGE, ignore_errors=True)
            shutil.copytree(made, PACKAGE)
        elif changed := differences(made, PACKAGE):
            sys.exit(f"generated/ is not current; run `make generate`. Different: {', '.join(changed)}")


if __name__ == "__main__":
    main()
