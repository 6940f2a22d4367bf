"""What differs between two contracts, and whom it breaks."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from openapi.spec.changes import changes
from openapi.spec.command import Project
from openapi.spec.follow import follow
from openapi.spec.yaml_files import load, loads

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = loads("""\
openapi: 3.1.0
info: {title: T, version: "1"}
security: [{bearerAuth: []}]
paths:
  /v1/things/{n}:
    parameters: [{name: n, in: path, required: true, schema: {type: string}}]
    put:
      operationId: stopThing
      summary: Stop a thing
      parameters:
        - {name: X-Track, in: header, schema: {type: string, maxLength: 64, minLength: 1}}
        - {name: page, in: query, schema: {$ref: "#/components/schemas/Page"}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                kind: {type: string, enum: [A, B]}
                name: {type: string, pattern: "^a"}
                parts: {type: array, items: {type: object, properties: {id: {type: string}}, required: [id]}}
              required: [kind]
      responses:
        "200":
          description: Done.
          headers: {X-Id: {required: true, schema: {type: string}}}
          content:
            application/json:
              schema:
                oneOf: [{$ref: "#/components/schemas/Done"}, {$ref: "#/components/schemas/Error"}]
        "500": {$ref: "#/components/responses/Failed"}
    get: {operationId: getThing, summary: Find a thing, responses: {"500": {$ref: "#/components/responses/Failed"}}}
components:
  responses:
    Failed:
      description: It failed.
      content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}
  schemas:
    Page: {type: integer, minimum: 1, default: 1}
    Error:
      type: object
      properties: {success: {const: false}, reasons: {type: array, items: {type: string}}}
      required: [success]
    Done:
      type: object
      properties:
        success: {const: true}
        state: {type: string, enum: [A, B], description: Its state.}
        when: {type: string, format: date}
        inner: {$ref: "#/components/schemas/Done"}
      required: [success]
""")

PUT = "paths|/v1/things/{n}|put|"
REQUEST = PUT + "requestBody|content|application/json|schema|"
ANSWER = PUT + "responses|200|"
DONE = "components|schemas|Done|"

CALLERS, READERS, HARMLESS = "breaking for callers", "breaking for readers", "harmless"


def at(place: str, value: Any) -> Callable[[Any], None]:
    """A change of what is at a place; None takes it away, a list's new item comes at its length."""

    def change(document: Any) -> None:
        *path, last = place.split("|")
        for name in path:
            document = document[int(name) if isinstance(document, list) else name]
        if value is None:
            del document[int(last) if isinstance(document, list) else last]
        elif isinstance(document, list):
            document[int(last) :] = [value]
        else:
            document[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "effect", "kind", "what"),
    [
        (at("paths|/v1/things/{n}|get", None), CALLERS, "removed", "the operation `GET /v1/things/{n}` is gone"),
        (at("paths|/v1/all", {"get": {"summary": "All"}}), HARMLESS, "added", "the operation `GET /v1/all` is new"),
        (at(PUT + "deprecated", True), HARMLESS, "changed", "the operation `PUT /v1/things/{n}` is now deprecated"),
        (at(PUT + "summary", "End a thing"), HARMLESS, "changed", "the operation `PUT /v1/things/{n}` had the title 'Stop a thing'"),
        (at(PUT + "security", [{"key": []}]), CALLERS, "changed", "who may call it is said otherwise"),
        (at(PUT + "parameters|0", None), CALLERS, "removed", "the header parameter `X-Track` is gone"),
        (at(PUT + "parameters|2", {"name": "X-New", "in": "header"}), HARMLESS, "added", "the header parameter `X-New` is new"),
        (at(PUT + "parameters|2", {"name": "q", "in": "query", "required": True}), CALLERS, "added", "the query parameter `q` is new, and required"),
        (at(PUT + "parameters|0|required", True), CALLERS, "changed", "the header parameter `X-Track` becomes required"),
        (at(PUT + "parameters|0|schema|maxLength", 60), CALLERS, "changed", "the header parameter `X-Track`: longest 64 is now 60"),
        (at(PUT + "parameters|0|schema|maxLength", 65), HARMLESS, "changed", "the header parameter `X-Track`: longest 64 is now 65"),
        (at(PUT + "parameters|0|schema|maxLength", None), HARMLESS, "changed", "the header parameter `X-Track`: longest 64 is now any"),
        (at(PUT + "parameters|0|schema|minLength", 2), CALLERS, "changed", "the header parameter `X-Track`: shortest 1 is now 2"),
        (at(PUT + "parameters|0|schema|minLength", None), HARMLESS, "changed", "the header parameter `X-Track`: shortest 1 is now any"),
        (at(PUT + "parameters|0|schema|enum", ["A"]), CALLERS, "changed", "the header parameter `X-Track` is now one of `A`"),
        (at(PUT + "parameters|0|schema|pattern", "^a"), CALLERS, "changed", "the header parameter `X-Track`: pattern unstated is now `^a`"),
        (at("components|schemas|Page|default", 2), CALLERS, "changed", "the query parameter `page`: default `1` is now `2`"),
        (at("components|schemas|Page|type", ["integer", "null"]), HARMLESS, "changed", "the query parameter `page` was `integer` and is `integer` or `null`"),
        (at("components|schemas|Page|type", "number"), CALLERS, "changed", "the query parameter `page` was `integer` and is `number`"),
        (at(PUT + "requestBody", None), CALLERS, "removed", "the request's body is gone"),
        (at(PUT + "requestBody|required", False), HARMLESS, "changed", "the request's body is no longer required"),
        (at(PUT + "requestBody|content", {"text/csv": {}}), CALLERS, "changed", "the request was application/json and is text/csv"),
        (at(REQUEST + "properties|new", {"type": "string"}), HARMLESS, "added", "the field `new` is new"),
        (at(REQUEST + "properties|name", None), CALLERS, "removed", "the field `name` is gone"),
        (at(REQUEST + "required|1", "name"), CALLERS, "changed", "the field `name` becomes required"),
        (at(REQUEST + "required|0", None), HARMLESS, "changed", "the field `kind` is no longer required"),
        (at(REQUEST + "properties|kind|enum|1", None), CALLERS, "removed", "`B` is no value of field `kind` any more"),
        (at(REQUEST + "properties|kind|enum|2", "C"), HARMLESS, "added", "`C` is a new value of field `kind`"),
        (at(REQUEST + "properties|kind|enum", None), HARMLESS, "changed", "the field `kind` is no longer one of `A` or `B`"),
        (at(REQUEST + "properties|name|pattern", None), HARMLESS, "changed", "the field `name`: pattern `^a` is now unstated"),
        (at(REQUEST + "properties|parts|items|properties|id|type", "integer"), CALLERS, "changed", "the field `parts.id` was `string` and is `integer`"),
        (at(REQUEST + "not", {"required": ["name"]}), CALLERS, "changed", "the request: not unstated is now `{'required': ['name']}`"),
        (at(PUT + "responses|404", {"description": "Not there."}), HARMLESS, "added", "the status 404 is new"),
        (at(PUT + "responses|202", {"description": "Later."}), READERS, "added", "the status 202 is new"),
        (at(PUT + "responses|500", None), HARMLESS, "removed", "the status 500 is gone"),
        (at(ANSWER + "headers|X-Id", None), READERS, "removed", "the header `X-Id` is gone"),
        (at(ANSWER + "headers|X-More", {}), HARMLESS, "added", "the header `X-More` is new"),
        (at(ANSWER + "headers|X-Id|required", False), READERS, "changed", "the header `X-Id` is no longer in every answer"),
        (at(ANSWER + "headers|X-Id|schema|type", "integer"), READERS, "changed", "the header `X-Id` was `string` and is `integer`"),
        (at(ANSWER + "content", {}), READERS, "changed", "the body was application/json and is empty"),
        (at(ANSWER + "content|application/json|schema|oneOf|1", None), HARMLESS, "removed", "the body may no longer be of the form Error"),
        (at(ANSWER + "content|application/json|schema|oneOf|2", {"type": "null"}), READERS, "added", "the body may now be of the form null"),
        (at(DONE + "properties|new", {}), HARMLESS, "added", "the field `new` is new"),
        (at(DONE + "properties|when", None), READERS, "removed", "the field `when` is gone"),
        (at(DONE + "properties|when|format", None), READERS, "changed", "the field `when`: format `date` is now unstated"),
        (at(DONE + "properties|when|type", ["string", "null"]), READERS, "changed", "the field `when` was `string` and is `null` or `string`"),
        (at(DONE + "properties|when|maxLength", 10), HARMLESS, "changed", "the field `when`: longest any is now 10"),
        (at(DONE + "required|1", "when"), HARMLESS, "changed", "the field `when` becomes required"),
        (at(DONE + "required|0", None), READERS, "changed", "the field `success` is no longer required"),
        (at(DONE + "properties|state|enum|2", "C"), HARMLESS, "added", "`C` is a new value of field `state`"),
        (at(DONE + "properties|state|enum|1", None), HARMLESS, "removed", "`B` is no value of field `state` any more"),
        (at(DONE + "properties|state|x-decision", {"taken": "B."}), HARMLESS, "changed", "notes or examples"),
    ],
)  # fmt: skip
def test_a_change(change: Callable[[Any], None], effect: str, kind: str, what: str) -> None:
    new = copy.deepcopy(OLD)
    change(new)
    (found,) = changes(OLD, new)
    assert (found.effect, found.kind, found.what) == (effect, kind, what)
    assert found.where
    assert follow(found, None)


def test_one_change_in_several_places_is_told_once() -> None:
    new = copy.deepcopy(OLD)
    at("components|schemas|Error|properties|reasons|items|type", "integer")(new)
    (found,) = changes(OLD, new)
    assert found.what == "the field `reasons`, an element was `string` and is `integer`"
    assert found.where == ("Find a thing, answer 500", "Stop a thing, answer 200", "Stop a thing, answer 500")


def test_words_are_no_change() -> None:
    new = copy.deepcopy(OLD)
    at(DONE + "properties|state|description", "Where it is.")(new)
    assert changes(OLD, new) == []


def test_the_worst_comes_first() -> None:
    new = copy.deepcopy(OLD)
    at(DONE + "properties|new", {})(new)
    at(DONE + "properties|when", None)(new)
    at(PUT + "parameters|0", None)(new)
    assert [each.effect for each in changes(OLD, new)] == [CALLERS, READERS, HARMLESS]


def nodes(node: Any, place: str = "") -> list[str]:
    """Every place in the schemas of a contract that says something by itself."""
    if isinstance(node, dict):
        return [each for name, value in node.items() for each in nodes(value, f"{place}|{name}")]
    return [place.removeprefix("|")]


WORDS = {"description", "summary", "example", "examples", "x-decision", "x-beyond-schema", "title", "x-sources"}
CONTRACT = load(Project().contract)
PLACES = [
    place
    for kind in ("parameters", "headers", "schemas")
    for place in nodes(CONTRACT["components"][kind], f"components|{kind}")
    if not WORDS & set(place.split("|")) and not (kind == "parameters" and place.endswith(("|name", "|in")))
]


def test_nothing_in_the_contract_goes_unseen() -> None:
    """Whatever is taken away from parameters, headers and schemas is told."""
    assert len(PLACES) > 150
    unseen = []
    for place in PLACES:
        new = copy.deepcopy(CONTRACT)
        at(place, None)(new)
        if {each.thing for each in changes(CONTRACT, new)} <= {"words"}:
            unseen.append(place)
    assert unseen == []
