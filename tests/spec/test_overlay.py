"""Corrections: applied as the Overlay specification says, and refused where the documents have changed under them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi.spec.base import Placeholder
from openapi.spec.overlay import apply, parsed
from openapi.spec.prune import pruned
from openapi.spec.yaml_files import FileError, dumps, loads

BASE = {
    "paths": {
        "/a": {"get": {"description": Placeholder("See there."), "tags": ["A"]}, "put": {"tags": ["A"]}},
        "/b": {"get": {"tags": ["A"], "summary": "B"}},
    },
    "schema": {
        "type": "string",
        "maxLength": 64,
        "enum": ["One"],
        "other": {"$ref": "#/y"},
        "properties": {"one": {}, "two": {"type": "object"}},
    },
}


def corrected(*actions: dict[str, Any]) -> tuple[Any, list[str]]:
    filled = [{"description": "A reason.", "x-sources": ["A"], **action} for action in actions]
    document, problems = apply(parsed(dumps({"info": {"version": "1"}, "actions": filled}), "overlay"), BASE)
    return document, [f"{each.action.number + 1}: {each.what}" for each in problems]


def test_objects_are_merged_and_lists_grow() -> None:
    document, problems = corrected(
        {"target": "$.schema", "update": {"minLength": 1, "enum": ["Two"], "not": {"x": [1]}}},
        {"target": "$.paths.*.get", "update": {"tags": ["B"]}},
        {"target": "$.paths['/b'].get.tags", "update": ["C", "D"]},
        {"target": "$.paths['/b'].get.tags", "update": "E"},
        {"target": "$", "update": {"servers": [{"url": "x"}]}},
    )
    assert problems == []
    assert document["schema"] == {**BASE["schema"], "minLength": 1, "enum": ["One", "Two"], "not": {"x": [1]}}
    assert document["paths"]["/a"]["get"]["tags"] == ["A", "B"]
    assert document["paths"]["/a"]["put"]["tags"] == ["A"]
    assert document["paths"]["/b"]["get"]["tags"] == ["A", "B", "C", "D", "E"]
    assert document["servers"] == [{"url": "x"}]
    assert BASE["schema"]["maxLength"] == 64


def test_a_wildcard_corrects_what_needs_it() -> None:
    document, problems = corrected({"target": "$.paths.*.get", "update": {"summary": "B", "tags": ["A", "B"]}})
    assert problems == ["1: the documents now state this themselves: /tags/0: A"]
    assert [item["get"]["summary"] for item in document["paths"].values()] == ["B", "B"]
    assert document["paths"]["/a"]["get"]["tags"] == ["A", "B"]


def test_a_correction_for_a_missing_description_is_dropped_once_there_is_one() -> None:
    document, problems = corrected({"target": "$.paths['/a'].get", "update": {"description": "Ours."}})
    assert problems == []
    assert document["paths"]["/a"]["get"]["description"] == "Ours."


def test_a_correction_that_names_fields_says_their_order() -> None:
    document, problems = corrected(
        {"target": "$.schema", "update": {"properties": {"two": {"format": "a"}, "new": {}, "one": {"format": "b"}}}}
    )
    assert problems == []
    assert list(document["schema"]["properties"]) == ["two", "new", "one"]
    document, problems = corrected({"target": "$.schema.properties", "update": {"two": {"format": "a"}}})
    assert problems == []
    assert list(document["schema"]["properties"]) == ["two", "one"]


def test_what_is_documented_is_replaced_and_removed() -> None:
    document, problems = corrected(
        {"target": "$.schema", "x-documented": {"maxLength": 64}, "update": {"maxLength": 63}},
        {"target": "$.schema.enum[?@ == 'One']", "x-documented": "One", "remove": True},
        {"target": "$.schema.type", "x-documented": "string", "remove": True},
        {"target": "$.schema", "update": {"type": ["string", "integer"]}},
        {"target": "$.paths['/a'].get", "x-documented": {"tags": ["A"]}, "remove": True},
    )
    assert problems == []
    assert document["schema"]["maxLength"] == 63
    assert document["schema"]["enum"] == []
    assert document["schema"]["type"] == ["string", "integer"]
    assert "get" not in document["paths"]["/a"]


def test_several_items_of_a_list_are_removed() -> None:
    action = {"target": "$.list[?@ != 2]", "x-documented": 1, "remove": True, "description": "A.", "x-sources": ["A"]}
    overlay = parsed(dumps({"info": {"version": "1"}, "actions": [action]}), "overlay")
    assert apply(overlay, {"list": [1, 1, 2, 1]}) == ({"list": [2]}, [])


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ({"target": "$.gone", "update": {"a": 1}}, "its target is gone from the documents"),
        ({"target": "$.schema.minLength", "remove": True, "x-documented": 1}, "its target is gone from the documents"),
        ({"target": "$.schema", "update": {"maxLength": 64}}, "the documents now state this themselves: /maxLength: 64"),
        ({"target": "$.schema", "update": {"maxLength": 64, "enum": ["One"]}}, "the documents now state this themselves: /maxLength: 64; /enum/0: One"),
        ({"target": "$.schema", "update": {"maxLength": 63}}, "the documents state /maxLength: 64"),
        ({"target": "$.schema", "x-documented": {"maxLength": 60}, "update": {"maxLength": 63}}, "the documents state /maxLength: 64, and the correction was made for 60"),
        ({"target": "$.schema", "x-documented": {"pattern": "a"}, "update": {"pattern": "b"}}, "the documents no longer state /pattern: a"),
        ({"target": "$.schema.type", "x-documented": "integer", "remove": True}, "the documents state string there, and it removes integer"),
        ({"target": "$.schema.type", "remove": True}, "the documents state string there, and it removes None"),
        ({"target": "$.schema", "update": {"type": ["string"]}}, "/type is string, which cannot take it"),
        ({"target": "$.schema", "update": {"properties": {"two": {"$ref": "#/x"}}}}, "/properties/two would be a reference to #/x, and have type beside it"),
        ({"target": "$.schema.other", "update": {"type": "array", "items": {}}}, "/ would be a reference to #/y, and have type, items beside it"),
        ({"target": "$.schema", "update": {"properties": "none"}}, "/properties is {'one': {}, 'two': {'type': 'object'}}, which cannot take it"),
    ],
)  # fmt: skip
def test_what_does_not_fit(action: dict[str, Any], what: str) -> None:
    assert corrected(action)[1] == [f"1: {what}"]


def test_true_is_not_one() -> None:
    action = {"target": "$.schema", "update": {"maxLength": True}}
    assert corrected(action)[1] == ["1: the documents state /maxLength: 64"]


ACTION = {"target": "$.a", "description": "A reason.", "x-sources": ["A"], "update": {"a": 1}}
WRONG: list[tuple[Any, str]] = [
    ("remove", "an action is a mapping"),
    ({**ACTION, "description": ""}, "an action has a description"),
    ({**ACTION, "target": 7}, "an action has a target"),
    ({**ACTION, "x-sources": []}, "an action has x-sources, a list of source keys"),
    ({**ACTION, "remove": True}, "an action has either an update or `remove: true`"),
    ({**ACTION, "x-reason": "why"}, "an action has no x-reason"),
    ({**ACTION, "target": "$.a["}, "the target $.a[ is no JSONPath: "),
]


@pytest.mark.parametrize(("action", "what"), WRONG)
def test_a_mistake_is_named_with_its_line(action: Any, what: str) -> None:
    text = dumps({"info": {"version": "1"}, "actions": [ACTION, action]})
    line = text[: text.rindex("  - ")].count("\n") + 1
    with pytest.raises(FileError, match=re.escape(f"overlay:{line}: {what}")):
        parsed(text, "overlay")


@pytest.mark.parametrize(
    ("text", "line"),
    [("- a\n", 1), ("info: {version: '1'}\n", 1), ("info: {}\nactions: []\n", 1), ("info:\n  version: [\n", 3)],
)
def test_what_is_no_overlay(text: str, line: int) -> None:
    with pytest.raises(FileError, match=f"overlay:{line}: "):
        parsed(text, "overlay")


@pytest.mark.parametrize(
    ("update", "where"),
    [
        ({"properties": {"gone": {"description": "Of a field."}}}, "/properties/gone"),
        ({"properties": {"gone": {"x-beyond-schema": "A rule.", "examples": [1]}}}, "/properties/gone"),
        ({"gone": {"properties": {"inner": {"x-decision": {"taken": "This."}}}}}, "/gone"),
    ],
)
def test_words_about_what_is_gone_do_not_bring_it_back(update: dict[str, Any], where: str) -> None:
    document, problems = corrected({"target": "$.schema", "update": update})
    assert problems == [f"1: {where} is gone from the documents"]
    assert document["schema"] == BASE["schema"]


OVERLAY = """\
# Kept.
overlay: 1.1.0
info:
  title: A
  version: '1'
actions:
  # First.

  - target: $.schema
    description: A reason.
    x-sources: [A]
    update:
      maxLength: 64  # Said.
      enum: [One, "Two", Three]

  - target: $.schema
    description: Another.
    x-sources: [A]
    update: {type: string}

  # Last.

  - target: $.paths['/a'].get
    description: A third.
    x-sources: [A]
    update:
      parameters: [{a: 1}]
      summary: 'Kept.'
      nothing: null
"""


def test_what_the_documents_state_is_taken_out_and_nothing_else() -> None:
    _, problems = apply(parsed(OVERLAY, "overlay"), BASE)
    assert len(problems) == 2
    result = pruned(OVERLAY, problems)
    assert apply(parsed(result, "overlay"), BASE)[1] == []
    kept = [each["update"] for each in loads(result)["actions"]]
    assert kept == [{"enum": ["Two", "Three"]}, {"parameters": [{"a": 1}], "summary": "Kept.", "nothing": None}]
    for line in (
        "# Kept.",
        "  # First.",
        "      summary: 'Kept.'",
        "      nothing: null",
        "      parameters: [{a: 1}]",
    ):
        assert line in result.splitlines()


def test_several_items_of_a_list_are_taken_out() -> None:
    base = {**BASE, "schema": {**BASE["schema"], "enum": ["Three", "One"]}}
    _, problems = apply(parsed(OVERLAY, "overlay"), base)
    first = loads(pruned(OVERLAY, problems))["actions"][0]
    assert first["update"] == {"enum": ["Two"]}


def test_nothing_to_take_out() -> None:
    assert pruned(OVERLAY, []) == OVERLAY
