"""Zuora changes a page: what `make spec` says of it, and what it makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openapi.spec import documents
from openapi.spec.command import Project, check, spec
from openapi.spec.model import Body, Entry, Field, Fields, Operation, Response
from openapi.spec.yaml_files import dumps, load

from . import files
from .pages import Style, index_page, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openapi.spec.report import Report

PAGE = "put-v1-journal-runs-jr-number-cancel.markdown.yaml"
STRING = Field(types=("string",))
CANCEL = "Cancel a journal run"
NEWER = "2999-01-01"
WEIGH = Entry(
    title="Weigh a journal run",
    method="PUT",
    path="/v1/journal-runs/{jr-number}/weigh",
    address="https://developer.example/v1-api-reference/api/journal-runs/put_weighing.md",
)


def cancellation(project: Project) -> Operation:
    """The operation as its page states it."""
    layer = documents.load_layer(project.documents)
    operation = layer[PAGE].operation
    assert operation
    return operation


def with_fields(operation: Operation, status: str, change: Callable[[Fields], Fields]) -> Operation:
    body = operation.responses[status].body
    assert body
    response = Response(body=replace(body, fields=change(body.fields)))
    return replace(operation, responses={**operation.responses, status: response})


def with_headers(operation: Operation, change: Callable[[Fields], Fields]) -> Operation:
    return replace(operation, parameters={**operation.parameters, "header": change(operation.parameters["header"])})


def staged(project: Project, *operations: Operation, prune: bool = False, entries: tuple[Entry, ...] = ()) -> Report:
    """What comes of newer pages of these operations, and of an index page with these entries besides."""
    folder = project.root / "pages"
    folder.mkdir(exist_ok=True)
    for number, operation in enumerate(operations):
        newer = replace(operation, version=NEWER)
        (folder / f"page_{number}.md").write_text(page(newer, Style(seed=number, lost=bool(number))), encoding="utf-8")
    if entries:
        index = documents.load_layer(project.documents)["journal-runs.index.yaml"].index
        assert index
        addressed = tuple(
            replace(each, address=WEIGH.address.replace("put_weighing", f"page_{number}"))
            for number, each in enumerate((*index.entries, *entries))
        )
        (folder / "index.md").write_text(index_page(replace(index, entries=addressed)), encoding="utf-8")
    return spec(project, [folder], prune=prune)


def reported(report: Report) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(change.effect, change.what, change.where) for change, _ in report.changes if change.thing != "notes"]


def snapshot(project: Project) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in project.root.rglob("*") if path.is_file()}


def assert_green(project: Project, program: str = "") -> None:
    """The layers build the contract, and the client that was made from it, if there is one, can be used."""
    assert check(project) == []
    if not program:
        return
    environment = {**os.environ, "PYTHONPATH": str(project.client.parent)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_same_facts_in_another_page(project: Project) -> None:
    before = load(project.contract)
    report = staged(project, cancellation(project))
    assert (reported(report), report.problems) == ([], [])
    assert [each for each in report.notes if not each.startswith("documented, and not in the contract")] == []
    assert report.summary == "1 harmless."
    assert [each.split(", ")[0] for each in report.documents] == [f"{PAGE}: 2999-01-01"]
    after = load(project.contract)
    assert after["info"].pop("version") == NEWER
    assert NEWER in after["info"]["x-source-keys"].pop("SEED")
    before["info"].pop("version")
    before["info"]["x-source-keys"].pop("SEED")
    assert after == before
    assert_green(project)


def test_a_new_field(project: Project) -> None:
    weights = Field(types=("array",), fields={"code": STRING, "message": STRING})
    operation = with_fields(cancellation(project), "200", lambda fields: {**fields, "weights": weights})
    report = staged(project, operation)
    where = ("Delete a journal run, response 200", "Cancel a journal run, response 200")
    assert reported(report) == [("harmless", "the field `weights` is new", where)]
    assert report.problems == []
    field = load(project.contract)["components"]["schemas"]["CommonResponse"]["properties"]["weights"]
    assert (field["type"], field["items"]) == ("array", {"$ref": "#/components/schemas/CommonResponseWeightsItem"})
    element = load(project.contract)["components"]["schemas"]["CommonResponseWeightsItem"]
    assert element["properties"].keys() == {"code", "message"}
    assert_green(project)


@pytest.mark.usefixtures("client")
def test_a_new_value_of_an_enumeration(project: Project) -> None:
    """Of a field that was there already."""
    state = Field(types=("string",), enum=("Queued", "Begun"))
    operation = with_fields(cancellation(project), "200", lambda fields: {**fields, "gravity": state})
    assert staged(project, operation).problems == []
    state = replace(state, enum=("Queued", "Begun", "Held back"))
    report = staged(project, with_fields(operation, "200", lambda fields: {**fields, "gravity": state}))
    where = ("Delete a journal run, response 200", "Cancel a journal run, response 200")
    assert reported(report) == [("harmless", "`Held back` is a new value of field `gravity`", where)]
    assert report.problems == []
    assert_green(
        project,
        "from zuora_journal_runs_api.models import CommonResponse as R;"
        "assert R.from_dict({'success': True, 'gravity': 'Held back'}).gravity.name == 'HELD_BACK'",
    )


def test_a_removed_header(project: Project) -> None:
    before = snapshot(project)
    operation = cancellation(project)
    report = staged(
        project,
        with_headers(operation, lambda each: {name: field for name, field in each.items() if name != "Zuora-Org-Ids"}),
    )
    ((effect, what, where),) = reported(report)
    assert (effect, what) == ("breaking for callers", "the header parameter `Zuora-Org-Ids` is gone")
    assert CANCEL in where
    assert any(
        "$.components.parameters.ZuoraOrgIds: its target is gone from the documents" in each for each in report.problems
    )
    assert any("only this document has the header parameter Zuora-Org-Ids" in each for each in report.notes)
    after = snapshot(project)
    assert {path: content for path, content in after.items() if "/pages/" not in path} == before


def test_a_header_that_becomes_required(project: Project) -> None:
    operation = with_headers(
        cancellation(project), lambda each: {**each, "Zuora-Entity-Ids": Field(types=("string",), required=True)}
    )
    report = staged(project, operation)
    ((effect, what, where),) = reported(report)
    assert (effect, what) == ("breaking for callers", "the header parameter `Zuora-Entity-Ids` becomes required")
    assert CANCEL in where
    assert report.problems == []
    assert check(project) == []


def test_a_field_of_a_request_that_becomes_required(project: Project) -> None:
    creation = creating(cancellation(project))
    assert staged(project, creation, prune=True).problems == []
    assert creation.request
    fields = {**creation.request.fields, "accountingPeriodName": replace(STRING, required=True)}
    report = staged(project, replace(creation, request=replace(creation.request, fields=fields)))
    what = "the field `accountingPeriodName` becomes required"
    assert reported(report) == [("breaking for callers", what, ("Create a journal run",))]
    assert report.problems == []


def test_a_field_of_a_response_that_becomes_required(project: Project) -> None:
    operation = with_fields(
        cancellation(project),
        "4XX",
        lambda fields: {**fields, "requestId": replace(STRING, required=True)},
    )
    report = staged(project, operation)
    assert [(effect, what) for effect, what, _ in reported(report)] == [
        ("harmless", "the field `requestId` becomes required")
    ]
    assert report.problems == []
    assert_green(project)


def test_a_new_operation(project: Project) -> None:
    """It is told, and stays out of the contract until it is named."""
    before = load(project.contract)["paths"]
    operation = replace(cancellation(project), title=WEIGH.title, path=WEIGH.path)
    report = staged(project, operation, entries=(WEIGH,))
    what = f"the operation `PUT {WEIGH.path}`, which is not in the contract, is new"
    assert reported(report) == [("harmless", what, (WEIGH.title,))]
    assert report.problems == []
    assert any(each.startswith(f"documented, and not in the contract: PUT {WEIGH.path}") for each in report.notes)
    assert load(project.contract)["paths"] == before
    assert_green(project)
    assert reported(staged(project, operation, entries=())) == []


def test_another_operation_that_is_gone(project: Project) -> None:
    operation = replace(cancellation(project), title=WEIGH.title, path=WEIGH.path)
    index = project.root / "index.md"
    (kept,) = (each.index for each in documents.load_layer(project.documents).values() if each.index)
    index.write_text(index_page(kept), encoding="utf-8")
    assert staged(project, operation, entries=(WEIGH,)).problems == []
    path = project.documents / "put-v1-journal-runs-jr-number-weigh.markdown.yaml"
    assert path.exists()
    report = spec(project, [index])
    what = f"the operation `PUT {WEIGH.path}`, which is not in the contract, is gone"
    assert (reported(report), report.problems) == ([("harmless", what, (WEIGH.title,))], [])
    assert not path.exists()
    assert check(project) == []


@pytest.mark.usefixtures("client")
def test_a_new_operation_that_is_named(project: Project) -> None:
    operation = replace(cancellation(project), title=WEIGH.title, path=WEIGH.path)
    assert staged(project, operation, entries=(WEIGH,)).problems == []
    name(project, f"PUT {WEIGH.path}", "weighJournalRun")
    report = spec(project, [])
    assert reported(report) == [("harmless", f"the operation `PUT {WEIGH.path}` is new", (WEIGH.title,))]
    assert report.problems == []
    added = load(project.contract)["paths"][WEIGH.path]["put"]
    assert added["operationId"] == "weighJournalRun"
    assert added["tags"] == ["Journal Runs"]
    assert added["description"]
    success = added["responses"]["200"]
    assert success["content"]["application/json"]["schema"]["oneOf"] == [
        {"$ref": "#/components/schemas/CommonResponse"},
        {"$ref": "#/components/schemas/ErrorResponse"},
    ]
    assert "Zuora-Request-Id" in success["headers"]
    assert added["responses"]["4XX"] == {"$ref": "#/components/responses/Refused"}
    assert_green(project, "from zuora_journal_runs_api.api.journal_runs import weigh_journal_run")


def test_an_operation_that_is_named_without_its_page(project: Project) -> None:
    name(project, f"PUT {WEIGH.path}", "weighJournalRun")
    assert staged(project, entries=(WEIGH,)).problems == [
        f"no document states the responses of PUT {WEIGH.path}, which an index page lists: read its page too"
    ]


def name(project: Project, key: str, identifier: str) -> None:
    """Have an operation in the contract."""
    text = project.names.read_text(encoding="utf-8")
    project.names.write_text(text.replace("operations:\n", f"operations:\n  {key}: {identifier}\n"), encoding="utf-8")


def test_an_operation_that_is_gone(project: Project) -> None:
    layer = documents.load_layer(project.documents)
    index = layer["journal-runs.index.yaml"].index
    assert index
    kept = tuple(each for each in index.entries if each.title != CANCEL)
    path = project.root / "index.md"
    path.write_text(index_page(replace(index, entries=kept)), encoding="utf-8")
    report = spec(project, [path])
    what = "the operation `PUT /v1/journal-runs/{jr-number}/cancel` is gone"
    assert ("breaking for callers", what, (CANCEL,)) in reported(report)
    assert (
        "put-v1-journal-runs-jr-number-cancel.text.yaml: dropped, since the index page no longer lists its operation"
        in report.documents
    )
    assert any("cancel'].put: its target is gone" in each for each in report.problems)


def creating(like: Operation) -> Operation:
    """The creation of a run as a page of the same form might state it."""
    kind = Field(types=("string",), required=True, enum=("Invoice Item", "Taxation Item"))
    fields = {
        "accountingPeriodName": STRING,
        "journalEntryDate": replace(STRING, required=True),
        "transactionTypes": Field(types=("array",), required=True, fields={"type": kind}),
    }
    response = Body(
        media_type="application/json",
        fields={"journalRunNumber": STRING, "success": Field(types=("boolean",))},
    )
    return replace(
        like,
        title="Create a journal run",
        method="POST",
        path="/v1/journal-runs",
        parameters={"header": {"Idempotency-Key": STRING, **like.parameters["header"]}},
        request=Body(media_type="application/json", fields=fields),
        responses={**like.responses, "200": Response(body=response)},
    )


def test_the_first_page_of_an_operation(project: Project) -> None:
    """What we said in its place is an error, and is taken out if that is asked for; the contract stays what it was."""
    before = load(project.contract)
    creation = creating(cancellation(project))
    report = staged(project, creation)
    assert any("the documents now state this themselves: /parameters/0" in each for each in report.problems)
    report = staged(project, creation, prune=True)
    assert report.problems == []
    assert [effect for effect, _, _ in reported(report) if effect != "harmless"] == []
    assert any(each.startswith("taken out of the corrections: ") for each in report.notes)
    assert check(project) == []
    after = load(project.contract)
    assert after["paths"]["/v1/journal-runs"]["post"].keys() == before["paths"]["/v1/journal-runs"]["post"].keys()
    for name in ("CreateJournalRunRequest", "TransactionType", "CreateJournalRunResponse", "JournalRunTransactionType"):
        one, other = before["components"]["schemas"][name], after["components"]["schemas"][name]
        assert sorted(map(str, one.pop("required", ()))) == sorted(map(str, other.pop("required", ())))
        assert one == other


def test_pages_that_do_not_agree(project: Project) -> None:
    operation = cancellation(project)
    deletion = replace(
        with_fields(operation, "200", lambda fields: {**fields, "success": STRING}),
        title="Delete a journal run",
        method="DELETE",
        path="/v1/journal-runs/{jr-number}",
    )
    report = staged(project, operation, deletion, prune=True)
    assert any(
        each.startswith("Success: the documents state type as") and "names.yaml" in each for each in report.problems
    )


def test_a_document_that_is_read_again_is_the_same_document(project: Project) -> None:
    """Under another name, and by a reader that understands more of it than the last one did."""
    path = project.documents / PAGE
    first = project.root / "first.md"
    first.write_text(page(replace(cancellation(project), version=NEWER)), encoding="utf-8")
    assert spec(project, [first]).problems == []
    kept = path.read_text(encoding="utf-8")
    path.write_text(kept.replace("        processId: {type: string}\n", ""), encoding="utf-8")
    second = first.rename(project.root / "second.md")
    assert spec(project, [second]).problems == []
    assert path.read_text(encoding="utf-8") == kept


def test_a_length_that_one_page_alone_states(project: Project) -> None:
    """It holds for the parameter, wherever that is sent."""
    operation = cancellation(project)
    deletion = replace(operation, title="Delete a journal run", method="DELETE", path="/v1/journal-runs/{jr-number}")
    text = project.root / "copy.txt"
    lines = [CANCEL, "", "Request", "header Parameters"]
    for name_ in operation.parameters["header"]:
        lines += [name_, "string <= 99 characters" if name_ == "Zuora-Version" else "string", ""]
    text.write_text("\n".join([*lines, "Responses", "200", "put/v1/journal-runs/{jr-number}/cancel"]), encoding="utf-8")
    assert spec(project, [text]).problems == []
    assert staged(project, deletion, prune=True).problems == []
    schema = load(project.contract)["components"]["parameters"]["ZuoraVersion"]["schema"]
    assert (schema["type"], schema["maxLength"]) == ("string", 99)


@pytest.mark.usefixtures("client")
def test_pages_of_which_one_states_more(project: Project) -> None:
    """Operations that share an response share all that any of their pages states of it."""
    more = {
        "gravity": Field(types=("string",), enum=("Held", "Lost")),
        "mass": Field(types=("string",), enum=("Light", "Heavy"), required=True),
        "weights": Field(types=("array",), fields={"code": STRING}),
    }
    less = {
        "gravity": STRING,
        "mass": Field(types=("string",), enum=("Heavy", "None")),
        "weights": Field(types=("array",)),
    }
    cancel = with_fields(cancellation(project), "200", lambda fields: {**fields, **more})
    deletion = replace(
        with_fields(cancellation(project), "200", lambda fields: {**fields, **less}),
        title="Delete a journal run",
        method="DELETE",
        path="/v1/journal-runs/{jr-number}",
    )
    report = staged(project, cancel, deletion, prune=True)
    assert report.problems == []
    schemas = load(project.contract)["components"]["schemas"]
    fields = schemas["CommonResponse"]["properties"]
    assert fields["gravity"] == {"$ref": "#/components/schemas/CommonResponseGravity"}
    assert schemas["CommonResponseGravity"]["enum"] == ["Held", "Lost"]
    assert set(schemas["CommonResponseMass"]["enum"]) == {"Light", "Heavy", "None"}
    assert schemas["CommonResponse"]["required"] == ["success"]
    assert fields["weights"]["items"] == {"$ref": "#/components/schemas/CommonResponseWeightsItem"}
    assert_green(project, "from zuora_journal_runs_api.models import CommonResponseGravity")


def test_an_older_page(project: Project) -> None:
    path = project.root / "page.md"
    path.write_text(page(replace(cancellation(project), version="2025-01-01")), encoding="utf-8")
    (problem,) = spec(project, [path]).problems
    assert f"this is version 2025-01-01, and {cancellation(project).version} was read before" in problem


def test_two_pages_of_one_operation(project: Project) -> None:
    operation = cancellation(project)
    other = with_fields(operation, "200", lambda fields: {**fields, "gravity": STRING})
    assert staged(project, operation, operation).problems == []
    report = staged(project, operation, other)
    assert any(
        "page_0.md is of the same operation and form, and states something else" in each for each in report.problems
    )


def test_a_page_that_no_index_lists(project: Project) -> None:
    report = staged(project, replace(cancellation(project), title=WEIGH.title, path=WEIGH.path))
    assert any("no index page lists this operation" in each for each in report.problems)


def test_a_text_copy_completes_and_does_not_lead(project: Project) -> None:
    """A text says more of a header's length, and is doubted where it says what the page does not."""
    text = project.root / "copy.txt"
    lines = ["Cancel a journal run", "", "Request", "header Parameters"]
    for name in cancellation(project).parameters["header"]:
        lines += [name, "string <= 99 characters" if name == "Zuora-Version" else "string", "", "Prose.", ""]
    lines += ["X-Weight", "string", "", "Responses", "200", "put/v1/journal-runs/{jr-number}/cancel", ""]
    text.write_text("\n".join(lines), encoding="utf-8")
    report = spec(project, [text])
    assert ("breaking for callers", "the header parameter `Zuora-Version`: longest any is now 99") in [
        (effect, what) for effect, what, _ in reported(report)
    ]
    assert "copy.txt: only this document has the header parameter X-Weight" in report.problems


def test_a_file_of_the_whole_api(project: Project, tmp_path: Path) -> None:
    """A newer file leads, and what a page cannot say, such as headers of responses, is in the contract."""
    track = Field(types=("string",), rules={"maxLength": 64})
    operation = with_headers(cancellation(project), lambda each: {**each, "Zuora-Track-Id": track})
    made = files.openapi(replace(operation, tags=("Journal Runs",)))
    made["info"]["version"] = "3999-01-01"
    path = tmp_path / "all.json"
    path.write_text(dumps(made), encoding="utf-8")
    report = spec(project, [path], prune=True)
    assert report.problems == []
    assert [each for each in reported(report) if each[0] != "harmless"] == []
    assert (project.documents / PAGE.replace("markdown", "openapi")).exists()
    assert load(project.contract)["info"]["version"] == "3999-01-01"
    assert check(project) == []


def test_the_failures_of_the_token_request_are_its_own(project: Project, tmp_path: Path) -> None:
    """A file of the whole API states them, and they have another form than those of all other operations."""
    body = Body(media_type="application/json", fields={"message": STRING})
    responses = {"200": Response(body=body), "4XX": Response(body=body)}
    token = Operation(title="Create an OAuth token", method="POST", path="/oauth/token", responses=responses)
    path = tmp_path / "all.json"
    path.write_text(dumps(files.openapi(token)), encoding="utf-8")
    problems = spec(project, [path], prune=True).problems
    assert not [each for each in problems if "4XX" in each or "target is gone" in each]
