"""The programs, as `make spec`, `make check` and the scheduled workflow run them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openapi.generator import generate as generator
from openapi.spec import documents
from openapi.spec.command import main

from .pages import PLAIN, Style, index_page, page

if TYPE_CHECKING:
    from pathlib import Path

    from openapi.spec.command import Project


@pytest.fixture
def folder(project: Project, tmp_path: Path) -> Path:
    """The documents that the layers were made from, in pages of our own making."""
    folder = tmp_path / "documents"
    folder.mkdir()
    layer = documents.load_layer(project.documents)
    index = layer["journal-runs.index.yaml"].index
    assert index
    (folder / "index.txt").write_text(index_page(index, lost=True), encoding="utf-8")
    operation = layer["put-v1-journal-runs-jr-number-cancel.markdown.yaml"].operation
    assert operation
    number = replace(operation.parameters["path"]["jr-number"], examples=("JR-00000075",))
    operation = replace(operation, parameters={**operation.parameters, "path": {"jr-number": number}})
    (folder / "cancel.txt").write_text(page(operation, Style(lost=True)), encoding="utf-8")
    return folder


def test_build(project: Project, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = project.contract.read_text(encoding="utf-8")
    assert main(["build", str(folder)], project) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("Nothing in the contract changes.\n")
    assert "No documents were read" not in printed
    assert "read: put-v1-journal-runs-jr-number-cancel.markdown.yaml: " in printed
    assert project.contract.read_text(encoding="utf-8") == contract
    assert main(["build", str(folder)], project) == 0
    assert "read: " not in capsys.readouterr().out
    assert main(["build"], project) == 0
    assert capsys.readouterr().out == "No documents were read. Nothing in the contract changes.\n"
    assert main(["check"], project) == 0


def test_build_without_documents(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """After an edit of the corrections."""
    text = project.overlay.read_text(encoding="utf-8")
    project.overlay.write_text(text.replace("maximum: 300", "maximum: 200"), encoding="utf-8")
    assert main(["check"], project) == 1
    assert "journal-runs.yaml is not what the layers build; run 'make spec'" in capsys.readouterr().out
    assert main(["build"], project) == 0
    assert capsys.readouterr().out.startswith(
        "breaking for callers: List the summary journal entries of a journal run: "
        "the query parameter `pageSize`: largest 300 is now 200\n"
    )
    assert main(["check"], project) == 0


def test_reports(project: Project, folder: Path, tmp_path: Path) -> None:
    layer = documents.load_layer(project.documents)
    operation = layer["put-v1-journal-runs-jr-number-cancel.markdown.yaml"].operation
    assert operation
    headers = operation.parameters["header"]
    kept = {name: each for name, each in headers.items() if name != "Zuora-Track-Id"}
    operation = replace(operation, version="2999-01-01", parameters={**operation.parameters, "header": kept})
    (folder / "cancel.txt").write_text(page(operation, PLAIN), encoding="utf-8")
    (project.root / "overlays").mkdir()
    (project.root / "overlays" / "headers.py").write_text('NAME = "Zuora-Track-Id"\n', encoding="utf-8")
    as_json, as_markdown = tmp_path / "report.json", tmp_path / "report.md"
    assert main(["build", str(folder), "--json", str(as_json), "--markdown", str(as_markdown)], project) == 1
    data = json.loads(as_json.read_text(encoding="utf-8"))
    assert data["written"] is False
    assert data["problems"]
    (change,) = (each for each in data["changes"] if each["effect"] == "breaking for callers")
    assert change["what"] == "the header parameter `Zuora-Track-Id` is gone"
    assert change["kind"] == "removed"
    assert "Cancel a journal run" in change["where"]
    assert change["impact"] == ["client and command: see overlays/headers.py"]
    text = as_markdown.read_text(encoding="utf-8")
    assert text.startswith("# What changed in Zuora's documents of journal runs\n\n1 breaking for callers")
    for line in (
        "**Nothing was written**, because:",
        "## Breaking for callers",
        "  - client and command: see overlays/headers.py",
        "## Documents",
        "## Notes",
    ):
        assert line in text.splitlines()


def test_what_is_not_understood_is_an_error_unless_it_may_be_ignored(
    project: Project, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = project.contract.read_bytes()
    (folder / "notes.md").write_text("Of no form.\n", encoding="utf-8")
    (folder / ".hidden").write_text("Of no form.\n", encoding="utf-8")
    (folder / "picture.txt").write_bytes(b"\xff\xd8")
    assert main(["build", str(folder)], project) == 1
    printed = capsys.readouterr().out
    assert "error: notes.md:1:1: this is no document of a form that is known: notes.md" in printed
    assert "error: picture.txt:1:1: this is no UTF-8 text: invalid start byte: picture.txt" in printed
    assert "hidden" not in printed
    assert printed.splitlines()[-1].startswith("Nothing was written. ")
    assert project.contract.read_bytes() == before
    assert main(["build", "--preview", str(folder)], project) == 0
    printed = capsys.readouterr().out
    assert "note: not understood, and passed over: notes.md:1:1: " in printed
    assert printed.splitlines()[-1].startswith("Nothing was written. ")
    assert project.contract.read_bytes() == before
    (folder / "picture.txt").unlink()
    ignored = project.openapi / "ignored.yaml"
    ignored.write_text("- {page: notes.md, text: notes.md, reason: Our own.}\n", encoding="utf-8")
    assert main(["build", str(folder)], project) == 0
    assert "notes.md" not in capsys.readouterr().out


def test_a_page_of_another_form_gives_one_line(
    project: Project, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a table, as a program may have made it of the page."""
    rows = "".join(f"## Table {number}\n\n| Name | Type |\n|---|---|\n| a | string |\n\n" for number in range(60))
    path = folder / "cancel.txt"
    page_ = "# Cancel a journal run\n\nEndpoint: PUT /v1/journal-runs/{jr-number}/cancel\nVersion: 2026-12-01\n\n"
    path.write_text(page_ + rows, encoding="utf-8")
    assert main(["build", str(folder)], project) == 1
    errors = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error: cancel.txt")]
    assert "cancel.txt:6:1: this page is hardly understood, with 60 findings of which the first is: " in errors[0]
    assert [each for each in errors if "no section of this name" in each] == errors[:1]


def test_an_entry_of_the_list_that_matches_nothing(
    project: Project, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = "- {form: markdown, text: X-Old, reason: Once.}\n- {form: text, text: X-Old, reason: Not read now.}\n"
    (project.openapi / "ignored.yaml").write_text(entries, encoding="utf-8")
    assert main(["build", str(folder)], project) == 0
    printed = capsys.readouterr().out
    assert "note: ignored.yaml has no use for: markdown: X-Old (Once.)" in printed
    assert "Not read now" not in printed


def test_a_layer_that_is_not_of_its_form(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.names.write_text("models: {}", encoding="utf-8")
    assert main(["build"], project) == 1
    assert capsys.readouterr().out == "error: names.yaml:1: no section models is known\n"


def test_folders_without_documents(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No all-clear if there was nothing to read."""
    empty, hidden = tmp_path / "empty", tmp_path / "hidden"
    empty.mkdir()
    hidden.mkdir()
    (hidden / ".page.md").write_text("# A page\n", encoding="utf-8")
    for given in (empty, hidden):
        assert main(["build", str(given)], project) == 1
        assert capsys.readouterr().out == f"error: {given}: there are no documents in this folder\n"
    assert main(["build", ""], project) == 1
    assert "DOCS is empty" in capsys.readouterr().out


def test_documents_in_linked_folders(
    project: Project, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    linking = tmp_path / "linking"
    linking.mkdir()
    (linking / "pages").symlink_to(folder)
    (folder / "round").symlink_to(linking)
    assert main(["build", str(linking)], project) == 0
    assert "from pages/cancel.txt" in capsys.readouterr().out


def test_a_preview_lets_no_older_document_in(
    project: Project, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in project.openapi.rglob("*") if path.is_file()}
    text = (folder / "cancel.txt").read_text(encoding="utf-8")
    (folder / "cancel.txt").write_text(text.replace("Version: 2026-02-20", "Version: 2020-01-01"), encoding="utf-8")
    assert main(["build", "--preview", str(folder)], project) == 0
    assert "this is version 2020-01-01, and 2026-02-20 was read before" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in project.openapi.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("text", ["<<<<<<< ours\nopenapi: 3.1.0\n=======\n>>>>>>> theirs\n", "", "- a\n", "paths: [\n"])
def test_a_contract_that_cannot_be_read_is_rebuilt(
    project: Project, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    before = project.contract.read_bytes()
    project.contract.write_text(text, encoding="utf-8")
    assert main(["check"], project) == 1
    assert "journal-runs.yaml is not what the layers build" in capsys.readouterr().out
    assert main(["build"], project) == 0
    assert "cannot be read, so there is nothing to compare with" in capsys.readouterr().out
    assert project.contract.read_bytes() == before


def test_documents_that_are_not_there(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(project.root / "none")], project) == 1
    assert "No such file" in capsys.readouterr().out


def test_a_client_that_cannot_be_made(
    project: Project, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(*_: Path) -> None:
        raise generator.GeneratorError("openapi-python-client failed:\nno luck")

    monkeypatch.setattr(generator, "generate", generate)
    before = {path: path.read_bytes() for path in project.openapi.rglob("*") if path.is_file()}
    assert main(["build", str(folder)], project) == 1
    assert "error: openapi-python-client failed:\nno luck" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in project.openapi.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("pointer", "lines"),
    [
        ("#/components/schemas/TrackId/maxLength", ["stated by documents/put-v1-journal-runs-jr-number-cancel.text.yaml: no version"]),
        (
            "#/components/schemas/RequestId",
            [
                "stated by documents/put-v1-journal-runs-jr-number-cancel.markdown.yaml: version",
                "made what it is by corrections.overlay.yaml:NN: $.components.schemas.RequestId: Its length is that of the header.",
            ],
        ),
        ("#/paths/~1v1~1journal-runs/post/requestBody/required", ["made what it is by corrections.overlay.yaml:NN: $.paths['/v1/journal-runs'].post: "]),
        ("/components/schemas/ErrorResponse/required/1", ["made what it is by corrections.overlay.yaml:NN: $.components.schemas.ErrorResponse: "]),
    ],
)  # fmt: skip
def test_explain(project: Project, capsys: pytest.CaptureFixture[str], pointer: str, lines: list[str]) -> None:
    assert main(["explain", pointer], project) == 0
    printed = re.sub(r"yaml:\d+: \$", "yaml:NN: $", capsys.readouterr().out).splitlines()
    for line, expected in zip(printed, lines, strict=True):
        assert line.startswith(expected)


@pytest.mark.parametrize("pointer", ["#/components/schemas/Nothing", "#/security/7", "#/openapi/a"])
def test_explain_what_is_not_there(project: Project, capsys: pytest.CaptureFixture[str], pointer: str) -> None:
    assert main(["explain", pointer], project) == 1
    assert capsys.readouterr().out == f"error: the contract has nothing at {pointer}\n"


def test_fetch(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "http://developer.example/api/things.md", str(tmp_path / "pages")], project) == 1
    assert capsys.readouterr().out == "error: http://developer.example/api/things.md: only https is fetched\n"
