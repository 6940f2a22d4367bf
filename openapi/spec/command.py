"""The programs: build, check, explain, fetch."""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from openapi.generator import generate as generator

from . import documents as layers
from .build import build
from .combine import documented
from .compare import compare, compare_others
from .explain import explain
from .fetch import Fetcher, NotFetched
from .findings import Findings, read_ignored
from .names import read_names
from .overlay import parsed, relocated
from .prune import pruned
from .report import Report, document_notes, with_impact
from .write import complete, is_complete, write
from .yaml_files import FileError, load, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .compare import Change
    from .documents import Documents
    from .names import Names
    from .overlay import Overlay

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

    def parsed(self, overlay: str) -> Overlay:
        """Return corrections that are written so."""
        return parsed(overlay, self.overlay.name)


Files = dict[str, bytes | None]
"""What is to be written, by the path in the project; `None` for a file that goes."""


def spec(project: Project, paths: Sequence[Path], *, prune: bool = False) -> Report:
    """Read documents, write what comes of them, and report.

    Raises:
        OSError: a document cannot be read, or the result not be written.
        ValueError: a hand-written layer is not of its form, or there are no documents.
    """
    report, files = plan(project, paths, prune=prune)
    write(project.root, files)
    return report


def plan(
    project: Project, paths: Sequence[Path], *, prune: bool = False, preview: bool = False
) -> tuple[Report, Files]:
    """Read documents and return the report and what is to be written: nothing if anything is wrong.

    Args:
        project: The working tree.
        paths: Documents, or folders of them; none to build from the layers as they are kept.
        prune: Whether corrections that the documents state themselves are taken out, rather than errors.
        preview: Whether to pass over what is not understood, for a report without anything written.

    Raises:
        OSError: a document cannot be read.
        ValueError: a hand-written layer is not of its form, or there are no documents.
    """
    findings = Findings(read_ignored(project.openapi / "ignored.yaml"))
    names, overlay = read_names(project.names), read_text(project.overlay)
    before = layers.load_layer(project.documents)
    found = layers.files(paths)
    read = layers.read(found, before, names.operations, findings)
    after = layers.updated(before, read, findings)
    corrections = project.parsed(overlay)
    built = build(after, names, corrections)
    notes = []
    if prune and (stated := [each for each in built.misfits if each.stated]):
        overlay = pruned(overlay, stated)
        built = build(after, names, relocated(project.parsed(overlay), corrections))
        notes += [f"taken out of the corrections: {each}" for each in stated]
    fresh = {each.name for each in read}
    rejected = [str(each) for each in findings.errors]
    rejected += [
        f"{after[name].source.file}: {what}" for name, what in built.against if name in fresh and name in after
    ]
    notes += [f"older than the rest: documents/{name}: {what}" for name, what in built.against if name not in fresh]
    notes += built.notes
    notes += [f"ignored.yaml has no use for: {each} ({each.reason})" for each in findings.idle]
    notes += _outside(after, names)
    problems = [*([] if preview else rejected), *built.problems]
    if preview:
        notes += [f"not understood, and passed over: {each}" for each in rejected]
    files: Files = {}
    if not problems and not preview:
        files, problems = _files(project, before, after, overlay, built.text)
    changes, unread = _compared(project, built.contract)
    notes += unread
    changes += compare_others(documented(before), documented(after), names.operations)
    report = Report(
        changes=with_impact(changes, project.root),
        documents=document_notes(before, after),
        problems=problems,
        notes=notes,
        read=len(found),
        is_preview=preview,
        is_compared=not unread,
    )
    return report, files


def _compared(project: Project, contract: Mapping[str, Any]) -> tuple[list[Change], list[str]]:
    """Return what differs from the contract as it is kept, or why that cannot be told."""
    try:
        old = load(project.contract)
    except (OSError, FileError) as error:
        old = error
    if isinstance(old, dict):
        return compare(old, contract), []
    return [], [f"the contract as it was cannot be read, so there is nothing to compare with: {old}"]


def _outside(documents: Documents, names: Names) -> list[str]:
    keys = sorted(documented(documents).keys() - names.operations.keys())
    return [f"documented, and not in the contract: {key} (names.yaml tells which operations are)" for key in keys]


def _files(
    project: Project, before: Documents, after: Documents, overlay: str, contract: str
) -> tuple[Files, list[str]]:
    """Return all files that are to be written, the client last, or why there is no client."""

    def relative(path: Path) -> str:
        return path.relative_to(project.root).as_posix()

    files: Files = {relative(project.documents / name): None for name in before if name not in after}
    for name, text in layers.layer_files(after).items():
        files[relative(project.documents / name)] = text.encode()
    files[relative(project.overlay)] = overlay.encode()
    files[relative(project.contract)] = contract.encode()
    with tempfile.TemporaryDirectory() as folder:
        fragment, client = Path(folder) / project.contract.name, Path(folder) / project.client.name
        fragment.write_text(contract, encoding="utf-8")
        try:
            generator.generate(client, fragment)
        except generator.GeneratorError as error:
            return {}, [str(error)]
        for name in generator.differences(client, project.client):
            made = client / name
            files[relative(project.client / name)] = made.read_bytes() if made.exists() else None
    return files, []


def check(project: Project) -> list[str]:
    """Return what is wrong with the layers as they are kept, and whether the contract is what they build.

    Raises:
        ValueError: a hand-written layer is not of its form.
    """
    read_ignored(project.openapi / "ignored.yaml")
    documents = layers.load_layer(project.documents)
    built = build(documents, read_names(project.names), project.parsed(read_text(project.overlay)))
    problems = list(built.problems)
    if not is_complete(project.root):
        problems.append("'make spec' was interrupted; run it again to complete what it wrote")
    for name, text in layers.layer_files(documents).items():
        kept = project.documents / name
        if kept.read_text(encoding="utf-8") != text:
            problems.append(f"documents/{name} was edited; what it states is to be read from a document")
    problems += [
        f"documents/{path.name} is not the name of what it holds"
        for path in project.documents.glob("*.yaml")
        if path.name not in {each.name for each in documents.values()}
    ]
    if project.contract.read_bytes() != built.text.encode():
        problems.append("journal-runs.yaml is not what the layers build; run 'make spec'")
    return problems


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m openapi.spec", description=__doc__)
    programs = parser.add_subparsers(required=True, dest="program")
    building = programs.add_parser("build", help="read documents, rebuild the contract and the client, and report")
    building.add_argument("documents", nargs="*", metavar="DOCS", help="documents, or folders of them")
    building.add_argument("--json", type=Path, metavar="FILE", help="write the report for programs")
    building.add_argument("--markdown", type=Path, metavar="FILE", help="write the report for a pull request")
    building.add_argument(
        "--preview", action="store_true", help="report, pass over what is not understood, and write nothing"
    )
    building.add_argument(
        "--prune", action="store_true", help="take out the corrections that the documents now state themselves"
    )
    programs.add_parser("check", help="tell whether the contract is what the layers build; change nothing")
    explaining = programs.add_parser("explain", help="tell where something in the contract comes from")
    explaining.add_argument("pointer", help="its JSON pointer, such as '#/components/schemas/TrackId/maxLength'")
    fetching = programs.add_parser("fetch", help="fetch an index page and the pages that it links to, or a file")
    fetching.add_argument("address", help="the address of the index page, or of a file of the whole API (.yaml, .json)")
    fetching.add_argument("into", type=Path, help="the folder to fetch into")
    fetching.add_argument("--pause", type=float, default=2.0, metavar="SECONDS", help="between two requests (2)")
    fetching.add_argument("--deadline", type=float, default=600.0, metavar="SECONDS", help="for all of it (600)")
    return parser


def main(arguments: Sequence[str], project: Project | None = None) -> int:
    """Run a program: 0 if all is well, 1 if not."""
    project = project or Project()
    given = _parser().parse_args(arguments)
    programs = {"build": _build, "check": _check, "explain": _explain, "fetch": _fetch}
    try:
        return programs[given.program](project, given)
    except (OSError, ValueError, NotFetched) as error:
        print(f"error: {error}")
        return 1


def _build(project: Project, given: argparse.Namespace) -> int:
    if "" in given.documents:
        raise ValueError("DOCS is empty; leave it out to build from the layers as they are kept")
    complete(project.root)
    report, files = plan(project, [Path(each) for each in given.documents], prune=given.prune, preview=given.preview)
    _report(report, given)
    try:
        write(project.root, files)
    except OSError as error:
        report = replace(report, problems=[*report.problems, f"it could not be written: {error}"])
        _report(report, given)
    print(report.as_text(), end="")
    return bool(report.problems)


def _report(report: Report, given: argparse.Namespace) -> None:
    if given.json:
        given.json.write_text(json.dumps(report.as_data(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if given.markdown:
        given.markdown.write_text(report.as_markdown(), encoding="utf-8")


def _check(project: Project, given: argparse.Namespace) -> int:
    del given
    problems = check(project)
    for problem in problems:
        print(f"error: {problem}")
    return bool(problems)


def _explain(project: Project, given: argparse.Namespace) -> int:
    overlay = project.parsed(read_text(project.overlay))
    layer = layers.load_layer(project.documents)
    print("\n".join(explain(layer, read_names(project.names), overlay, given.pointer)))
    return 0


def _fetch(project: Project, given: argparse.Namespace) -> int:
    del project
    with httpx.Client(timeout=30, follow_redirects=False) as client:
        changed = Fetcher(given.into, client, pause=given.pause, deadline=given.deadline).fetch(given.address)
    print(f"{', '.join(changed) or 'nothing'} changed")
    return 0
