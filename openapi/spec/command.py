"""The programs: build, check, fetch."""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from . import extract
from .build import build
from .changes import changes
from .combine import documented
from .explain import explain
from .fetch import Fetcher, NotFetched
from .findings import Findings, read_ignored
from .names import read_names
from .overlay import parsed
from .prune import pruned
from .report import Report, come_and_gone, report
from .yaml_files import load

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Project:
    """A working tree, whose layers are read and whose contract and client are written."""

    root: Path = ROOT

    @property
    def openapi(self) -> Path:
        """The folder with all layers."""
        return self.root / "openapi"

    @property
    def documents(self) -> Path:
        """The extracted layer."""
        return self.openapi / "documents"

    @property
    def names(self) -> Path:
        """Our names for what the documents state."""
        return self.openapi / "names.yaml"

    @property
    def overlay(self) -> Path:
        """Our corrections."""
        return self.openapi / "corrections.overlay.yaml"

    @property
    def contract(self) -> Path:
        """The built contract."""
        return self.openapi / "journal-runs.yaml"

    @property
    def client(self) -> Path:
        """The generated client."""
        return self.root / "generated" / "zuora_journal_runs_api"


def spec(project: Project, paths: Sequence[Path], *, strict: bool = True, prune: bool = False) -> Report:
    """Read documents, rebuild everything, and report; write nothing if anything is wrong.

    Args:
        project: The working tree.
        paths: Documents, or folders of them; none to build from the layers as they are kept.
        strict: Whether what is not understood is an error, rather than a note.
        prune: Whether corrections that the documents state themselves are taken out, rather than errors.

    Raises:
        ValueError: a hand-written layer is not of its form.
    """
    findings = Findings(read_ignored(project.openapi / "ignored.yaml"))
    before = extract.load_layer(project.documents)
    old = load(project.contract)
    wanted = [
        f"{method.upper()} {path}" for path, item in old["paths"].items() for method in item if method != "parameters"
    ]
    read = extract.read(extract.files(paths), before, wanted, findings)
    after = extract.updated(before, read, findings)
    names, overlay = read_names(project.names), project.overlay.read_text(encoding="utf-8")
    built = build(after, names, parsed(overlay, project.overlay.name))
    notes = []
    if prune and (stated := [each for each in built.misfits if each.stated]):
        overlay = pruned(overlay, stated)
        built = build(after, names, parsed(overlay, project.overlay.name))
        notes += [f"taken out of the corrections: {each}" for each in stated]
    fresh = {each.name for each in read}
    found = [str(each) for each in findings.errors]
    found += [f"{after[name].source.file}: {what}" for name, what in built.against if name in fresh]
    problems = [*(found if strict else ()), *built.problems]
    notes += [f"not understood, and passed over: {each}" for each in ([] if strict else found)]
    notes += [f"older than the rest: documents/{name}: {what}" for name, what in built.against if name not in fresh]
    notes += [f"ignored.yaml has no use for: {each} ({each.reason})" for each in findings.idle]
    if not problems:
        problems = _write(project, after, overlay, built.text)
    outside = documented(after) - names.operations.keys()
    notes += [
        f"documented, and not in the contract: {key} (names.yaml tells which operations are)" for key in sorted(outside)
    ]
    found_changes = [*changes(old, built.contract), *come_and_gone(before, after, names.operations)]
    return report(found_changes, before, after, problems, notes, project.root)


def _write(project: Project, documents: extract.Documents, overlay: str, contract: str) -> list[str]:
    """Write layers, contract and client; none of them if the client cannot be made. Says what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        fragment, client = Path(folder) / project.contract.name, Path(folder) / project.client.name
        fragment.write_text(contract, encoding="utf-8")
        generator = _generator()
        try:
            generator.generate(client, fragment)
        except SystemExit as error:
            return [str(error)]
        for path in project.documents.glob("*.yaml"):
            if path.name not in documents:
                path.unlink()
        for name, text in extract.layer_files(documents).items():
            (project.documents / name).write_text(text, encoding="utf-8")
        project.overlay.write_text(overlay, encoding="utf-8")
        project.contract.write_text(contract, encoding="utf-8")
        if generator.differences(client, project.client):
            shutil.rmtree(project.client, ignore_errors=True)
            shutil.copytree(client, project.client)
    return []


def _generator() -> Any:
    """The program that makes the client."""
    path = ROOT / "openapi" / "generator" / "generate.py"
    found = importlib.util.spec_from_file_location("generate", path)
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def check(project: Project) -> list[str]:
    """What is wrong with the layers as they are kept, and whether the contract is what they build.

    Raises:
        ValueError: a hand-written layer is not of its form.
    """
    read_ignored(project.openapi / "ignored.yaml")
    documents = extract.load_layer(project.documents)
    overlay = parsed(project.overlay.read_text(encoding="utf-8"), project.overlay.name)
    built = build(documents, read_names(project.names), overlay)
    problems = list(built.problems)
    for name, text in extract.layer_files(documents).items():
        if (project.documents / name).read_text(encoding="utf-8") != text:
            problems.append(f"documents/{name} was edited; what it says is to be read from a document")
    if project.contract.read_text(encoding="utf-8") != built.text:
        problems.append("journal-runs.yaml is not what the layers build; run 'make spec'")
    return problems


def main(arguments: Sequence[str], project: Project | None = None) -> int:
    """Run a program: 0 if all is well, 1 if not."""
    project = project or Project()
    parser = argparse.ArgumentParser(prog="python -m openapi.spec", description=__doc__)
    programs = parser.add_subparsers(required=True, dest="program")
    building = programs.add_parser("build", help="read documents, rebuild the contract and the client, and report")
    building.add_argument("documents", nargs="*", type=Path, metavar="DOCS", help="documents, or folders of them")
    building.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")
    building.add_argument("--markdown", type=Path, metavar="FILE", help="write the report for a pull request")
    building.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="what is not understood is an error (the default)",
    )
    building.add_argument(
        "--prune", action="store_true", help="take out the corrections that the documents now state themselves"
    )
    programs.add_parser("check", help="tell whether the contract is what the layers build; change nothing")
    explaining = programs.add_parser("explain", help="tell where something in the contract comes from")
    explaining.add_argument("pointer", help="its JSON pointer, such as '#/components/schemas/TrackId/maxLength'")
    fetching = programs.add_parser("fetch", help="fetch an index page and the pages that it links to")
    fetching.add_argument("index", help="the address of the index page")
    fetching.add_argument("into", type=Path, help="the folder to fetch into")
    fetching.add_argument("--pause", type=float, default=2.0, metavar="SECONDS", help="between two requests (2)")
    given = parser.parse_args(arguments)
    try:
        if given.program == "fetch":
            with httpx.Client(timeout=30, follow_redirects=False) as client:
                changed = Fetcher(given.into, client, pause=given.pause).fetch(given.index)
            print(f"{', '.join(changed) or 'nothing'} changed")
            return 0
        if given.program == "explain":
            overlay = parsed(project.overlay.read_text(encoding="utf-8"), project.overlay.name)
            layer = extract.load_layer(project.documents)
            print("\n".join(explain(layer, read_names(project.names), overlay, given.pointer)))
            return 0
        if given.program == "check":
            problems = check(project)
            for problem in problems:
                print(f"error: {problem}")
            return bool(problems)
        made = spec(project, given.documents, strict=given.strict, prune=given.prune)
    except (OSError, ValueError, NotFetched) as error:
        print(f"error: {error}")
        return 1
    if given.json:
        given.json.write_text(json.dumps(made.as_data(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.markdown:
        given.markdown.write_text(made.as_markdown(), encoding="utf-8")
    print(made.as_text(), end="")
    return bool(made.problems)
