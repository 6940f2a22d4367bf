"""The committed layers, and what they build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from openapi.spec.command import Project, check
from openapi.spec.prune import pruned
from openapi.spec.yaml_files import dumps, load, loads

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Project()


def test_the_contract_is_what_the_layers_build() -> None:
    assert check(HERE) == []


def test_everything_that_the_documents_state_about_a_cancellation() -> None:
    """Each parameter, header, field and status of the page is in the contract."""
    contract = load(HERE.contract)

    def resolved(node: Any) -> Any:
        while "$ref" in node:
            target = contract
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node

    item = contract["paths"]["/v1/journal-runs/{jr-number}/cancel"]
    parameters = [resolved(each) for each in [*item["parameters"], *item["put"]["parameters"]]]
    assert {(each["in"], each["name"]) for each in parameters} >= {
        ("path", "jr-number"), ("header", "Accept-Encoding"), ("header", "Content-Encoding"),
        ("header", "Zuora-Track-Id"), ("header", "Zuora-Entity-Ids"), ("header", "Zuora-Org-Ids"),
        ("header", "Zuora-Version"),
    }  # fmt: skip
    assert {each["name"] for each in parameters if each.get("required")} == {"jr-number"}
    (track,) = (each for each in parameters if each["name"] == "Zuora-Track-Id")
    assert resolved(track["schema"])["maxLength"] == 64
    assert item["put"]["responses"].keys() >= {"200", "4XX", "500"}
    stated = {"200": {"success", "processId", "requestId", "reasons"}, "500": {"reasons"}}
    stated["4XX"] = stated["200"]
    for status, names in stated.items():
        schema = resolved(item["put"]["responses"][status])["content"]["application/json"]["schema"]
        fields = [resolved(each).get("properties", {}) for each in schema.get("oneOf", [schema])]
        assert set().union(*fields) >= names
        (reasons,) = (resolved(each["reasons"]) for each in fields if "reasons" in each)
        assert resolved(reasons["items"])["properties"].keys() == {"code", "message"}


def test_where_facts_come_from_is_kept() -> None:
    for path in HERE.documents.glob("*.yaml"):
        source = load(path)["source"]
        assert source["form"] in {"markdown", "text", "index", "openapi"}
        assert source["file"]
        assert re.fullmatch(r"[0-9a-f]{64}", source["sha256"])


def test_the_extracted_layer_holds_no_sentences() -> None:
    def texts(node: Any) -> list[str]:
        if isinstance(node, dict):
            # Values of enumerations are Zuora's, and some of them are long.
            return [text for name, each in node.items() if name != "enum" for text in texts(each)]
        if isinstance(node, list):
            return [text for each in node for text in texts(each)]
        return [node] if isinstance(node, str) else []

    for path in HERE.documents.glob("*.yaml"):
        assert [text for text in texts(load(path)) if text.count(" ") > 4 or text.endswith(".")] == []


def edited(text: str) -> str:
    """A file of the layer, as someone's editor would write it."""
    return dumps(loads(text))


@pytest.mark.parametrize(
    ("file", "edit", "problem"),
    [
        ("journal-runs.yaml", lambda text: text.replace("maxLength: 64", "maxLength: 65"), "journal-runs.yaml is not what the layers build"),
        ("names.yaml", lambda text: text.replace("getJournalRun", "findJournalRun"), "not valid OpenAPI|not what the layers build"),
        ("documents/journal-runs.index.yaml", edited, "was edited"),
        ("documents/put-v1-journal-runs-jr-number-cancel.markdown.yaml", lambda text: text.replace("Zuora-Org-Ids", "Zuora-Org"), r"corrections.overlay.yaml:\d+: \$\.components\.parameters\.ZuoraOrgIds: its target is gone"),
        ("documents/put-v1-journal-runs-jr-number-cancel.text.yaml", lambda text: text.replace("maxLength: 64", "minLength: 1, maxLength: 64"), r"TrackId: the documents now state this themselves: /minLength: 1"),
        ("documents/put-v1-journal-runs-jr-number-cancel.markdown.yaml", lambda text: text.replace("success: {type: boolean}", "success: {type: string}"), r"Success\.type: the documents state string there, and it removes boolean"),
        ("corrections.overlay.yaml", lambda text: text.replace("x-sources: [S26]", "x-sources: [S99]"), "no source key S99 is known"),
        ("corrections.overlay.yaml", lambda text: text.replace("scheme: bearer", "scheme: 7"), "not valid OpenAPI"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_layers_is_reported(
    project: Project, file: str, edit: Callable[[str], str], problem: str
) -> None:
    path = project.openapi / file
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert any(re.search(problem, each) for each in check(project))


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("names.yaml", "models: {}", "names.yaml:1: no section models is known"),
        ("ignored.yaml", "- {form: text, text: a, reason: ''}", "ignored.yaml:1: an entry needs a text, a reason"),
        ("names.yaml", "operations: [", "names.yaml:2: this is not YAML"),
        (
            "corrections.overlay.yaml",
            "info: {version: '1'}\nactions:\n  - {target: $.a}\n",
            "corrections.overlay.yaml:3: an action has a descr",
        ),
        (
            "documents/journal-runs.index.yaml",
            "source: {}\n",
            "journal-runs.index.yaml:1: this is not what `make spec` writes",
        ),
        ("ignored.yaml", "- {text: a, reason: Everywhere.}", "ignored.yaml:1: an entry needs a text, a reason"),
    ],
)
def test_a_layer_that_is_not_of_its_form(project: Project, file: str, text: str, problem: str) -> None:
    (project.openapi / file).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        check(project)


def test_the_overlay_is_written_as_prune_would_leave_it() -> None:
    text = HERE.overlay.read_text(encoding="utf-8")
    assert pruned(text, []) == text


def test_reasons_are_sentences_that_stay_true_when_more_is_read() -> None:
    for action in load(HERE.overlay)["actions"]:
        assert action["description"].strip().endswith(".")
        assert not re.search(r"read here|among the documents", action["description"])
