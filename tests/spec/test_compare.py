"""What differs between two contracts, and whom it breaks."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from openapi.spec.command import ROOT, Project
from openapi.spec.compare import CALLERS, HARMLESS, READERS, UNKNOWN, Effect, compare
from openapi.spec.yaml_files import dumps, load, loads

from .mutations import MANY, Mutation, mutations

if TYPE_CHECKING:
    from collections.abc import Callable

OLD = loads("""\
openapi: 3.1.0
info: {title: T, version: "1"}
security: [{bearerAuth: []}]
servers: [{url: "https://a"}]
paths:
  /v1/things/{n}:
    parameters: [{name: n, in: path, required: true, schema: {type: string}}]
    put:
      operationId: stopThing
      tags: [Things]
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
                kind: {type: string, enum: [A, B], not: {const: C}}
                name: {type: string, pattern: "^a"}
                parts: {type: array, items: {type: object, properties: {id: {type: string}}, required: [id]}}
              required: [kind]
              dependentRequired: {name: [kind]}
      responses:
        "200":
          description: Done.
          headers: {X-Id: {required: true, schema: {type: string}}}
          links: {again: {operationId: getThing}}
          content:
            application/json:
              schema:
                oneOf: [{$ref: "#/components/schemas/Done"}, {$ref: "#/components/schemas/Error"}]
        "500": {$ref: "#/components/responses/Failed"}
    get: {operationId: getThing, summary: Find a thing, responses: {"500": {$ref: "#/components/responses/Failed"}}}
components:
  securitySchemes: {bearerAuth: {type: http, scheme: bearer}}
  responses:
    Failed:
      description: It failed.
      content: {application/json: {schema: {$ref: "#/components/schemas/Error"}}}
  schemas:
    Page: {type: integer, minimum: 1, default: 1}
    Error:
      type: object
      properties: {success: {const: false}, reasons: {type: array, minItems: 1, items: {type: string}}}
      required: [success]
    Done:
      type: object
      properties:
        success: {const: true}
        state: {type: string, enum: [A, B], description: Its state.}
        when: {type: string, format: date}
        text: {type: string, maxLength: 8, pattern: ^a, not: {const: a}}
        count: {type: number, minimum: 1}
        inner: {$ref: "#/components/schemas/Done"}
      required: [success]
""")

PUT = "paths|/v1/things/{n}|put|"
REQUEST = PUT + "requestBody|content|application/json|schema|"
RESPONSE = PUT + "responses|200|"
DONE = "components|schemas|Done|"


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
        (at(PUT + "summary", "End a thing"), HARMLESS, "changed", "the operation `PUT /v1/things/{n}` had the title `Stop a thing`"),
        (at(PUT + "security", [{"key": []}]), CALLERS, "changed", "the operation `PUT /v1/things/{n}` needed bearerAuth and needs key"),
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
        (at("components|schemas|Page|type", "number"), HARMLESS, "changed", "the query parameter `page` was `integer` and is `number`"),
        (at(PUT + "requestBody", None), CALLERS, "removed", "the body of the request is gone"),
        (at(PUT + "requestBody|required", False), HARMLESS, "changed", "the body of the request is no longer required"),
        (at(PUT + "requestBody|content", {"text/csv": {}}), CALLERS, "changed", "the body of the request was application/json and is text/csv"),
        (at(REQUEST + "properties|new", {"type": "string"}), HARMLESS, "added", "the field `new` is new"),
        (at(REQUEST + "properties|name", None), CALLERS, "removed", "the field `name` is gone"),
        (at(REQUEST + "required|1", "name"), CALLERS, "changed", "the field `name` becomes required"),
        (at(REQUEST + "required|0", None), HARMLESS, "changed", "the field `kind` is no longer required"),
        (at(REQUEST + "properties|kind|enum|1", None), CALLERS, "removed", "`B` is no value of field `kind` any more"),
        (at(REQUEST + "properties|kind|enum|2", "C"), HARMLESS, "added", "`C` is a new value of field `kind`"),
        (at(REQUEST + "properties|kind|enum", None), HARMLESS, "changed", "the field `kind` is no longer one of `A` or `B`"),
        (at(REQUEST + "properties|name|pattern", None), HARMLESS, "changed", "the field `name`: pattern `^a` is now unstated"),
        (at(REQUEST + "properties|parts|items|properties|id|type", "integer"), CALLERS, "changed", "the field `parts.id` was `string` and is `integer`"),
        (at(REQUEST + "not", {"required": ["name"]}), CALLERS, "changed", 'the body of the request: not unstated is now `{"required": ["name"]}`'),
        (at(PUT + "responses|404", {"description": "Not there."}), HARMLESS, "added", "the status 404 is new"),
        (at(PUT + "responses|202", {"description": "Later."}), READERS, "added", "the status 202 is new"),
        (at(PUT + "responses|500", None), HARMLESS, "removed", "the status 500 is gone"),
        (at(RESPONSE + "headers|X-Id", None), READERS, "removed", "the header `X-Id` is gone"),
        (at(RESPONSE + "headers|X-More", {}), HARMLESS, "added", "the header `X-More` is new"),
        (at(RESPONSE + "headers|X-Id|required", False), READERS, "changed", "the header `X-Id` is no longer required"),
        (at(RESPONSE + "headers|X-Id|schema|type", "integer"), READERS, "changed", "the header `X-Id` was `string` and is `integer`"),
        (at(RESPONSE + "content", {}), READERS, "changed", "the body was application/json and is empty"),
        (at(RESPONSE + "content|application/json|schema|oneOf|1", None), HARMLESS, "removed", "the body may no longer be of the form Error"),
        (at(RESPONSE + "content|application/json|schema|oneOf|2", {"type": "null"}), READERS, "added", "the body may now be of the form null"),
        (at(DONE + "properties|new", {}), HARMLESS, "added", "the field `new` is new"),
        (at(DONE + "properties|when", None), READERS, "removed", "the field `when` is gone"),
        (at(DONE + "properties|when|format", None), READERS, "changed", "the field `when`: format `date` is now unstated"),
        (at(DONE + "properties|when|type", ["string", "null"]), READERS, "changed", "the field `when` was `string` and is `null` or `string`"),
        (at(DONE + "properties|when|maxLength", 10), HARMLESS, "changed", "the field `when`: longest any is now 10"),
        (at(DONE + "required|1", "when"), HARMLESS, "changed", "the field `when` becomes required"),
        (at(DONE + "required|0", None), READERS, "changed", "the field `success` is no longer required"),
        (at(DONE + "properties|state|enum|2", "C"), HARMLESS, "added", "`C` is a new value of field `state`"),
        (at(DONE + "properties|state|enum|1", None), HARMLESS, "removed", "`B` is no value of field `state` any more"),
        (at(DONE + "properties|state|x-decision", {"taken": "B."}), HARMLESS, "changed", "notes, descriptions or examples"),
    ],
)  # fmt: skip
def test_a_change(change: Callable[[Any], None], effect: str, kind: str, what: str) -> None:
    new = copy.deepcopy(OLD)
    change(new)
    found = compare(OLD, new)
    assert (effect, kind, what) in [(each.effect, each.kind, each.what) for each in found]
    assert found[0].effect == effect
    assert all(each.where for each in found)


def test_one_change_in_several_places_is_reported_once() -> None:
    new = copy.deepcopy(OLD)
    at("components|schemas|Error|properties|reasons|items|type", "integer")(new)
    (found,) = compare(OLD, new)
    assert found.what == "the field `reasons`, an element was `string` and is `integer`"
    assert found.where == ("Find a thing, response 500", "Stop a thing, response 200", "Stop a thing, response 500")


def test_notes_are_harmless() -> None:
    new = copy.deepcopy(OLD)
    at(DONE + "properties|state|description", "Where it is.")(new)
    (found,) = compare(OLD, new)
    assert (found.effect, found.what) == (HARMLESS, "notes, descriptions or examples")
    assert found.where == ("Stop a thing, response 200",)


def test_the_worst_comes_first() -> None:
    new = copy.deepcopy(OLD)
    at(DONE + "properties|new", {})(new)
    at(DONE + "properties|when", None)(new)
    at(PUT + "parameters|0", None)(new)
    assert [each.effect for each in compare(OLD, new)] == [CALLERS, READERS, HARMLESS]


# Whom each change breaks, by hand: oasdiff's rules, as far as its constructs occur in our contract. Where the two differ,
# a reason stands beside it.
TABLE: list[tuple[str, str, Any, Effect]] = [
    # Operations.
    ("endpoint-added", "paths|/v1/more", {"get": {"responses": {}}}, HARMLESS),
    ("api-removed-without-deprecation", "paths|/v1/things/{n}|put", None, CALLERS),
    ("api-path-removed-without-deprecation", "paths|/v1/things/{n}", None, CALLERS),
    ("endpoint-deprecated", PUT + "deprecated", True, HARMLESS),
    # The generated function has its name and lies in the module of the first tag: harder than oasdiff.
    ("api-operation-id-removed", PUT + "operationId", "haltThing", CALLERS),
    ("api-tag-removed", PUT + "tags|0", "Other", CALLERS),
    ("api-tag-added", PUT + "tags|1", "Other", HARMLESS),
    ("api-security-added", PUT + "security", [{"bearerAuth": [], "key": []}], CALLERS),
    ("api-security-removed", PUT + "security", [{"bearerAuth": []}, {}], HARMLESS),
    ("api-security-removed", PUT + "security", [], HARMLESS),
    ("api-security-scope-added", PUT + "security", [{"bearerAuth": ["write"]}], CALLERS),
    ("api-global-security-added", "security|0", {"key": []}, CALLERS),
    ("api-global-security-removed", "security", None, HARMLESS),
    ("api-components-security-type-updated", "components|securitySchemes|bearerAuth|scheme", "basic", CALLERS),
    ("api-components-security-removed", "components|securitySchemes|bearerAuth", None, CALLERS),
    ("api-components-security-added", "components|securitySchemes|key", {"type": "apiKey"}, HARMLESS),
    ("server-removed", "servers|0", None, CALLERS),
    ("server-added", "servers|1", {"url": "https://b"}, HARMLESS),
    ("operation-server-added", PUT + "servers", [{"url": "https://b"}], CALLERS),
    ("path-server-added", "paths|/v1/things/{n}|servers", [{"url": "https://b"}], CALLERS),
    ("callback-added", PUT + "callbacks", {"done": {}}, UNKNOWN),
    ("link-removed", RESPONSE + "links|again", None, UNKNOWN),
    ("rule-beyond-schema", PUT + "x-beyond-schema", "Once a day.", UNKNOWN),
    # Parameters.
    ("new-required-request-parameter", PUT + "parameters|2", {"name": "x", "in": "query", "required": True}, CALLERS),
    ("new-optional-request-parameter", PUT + "parameters|2", {"name": "x", "in": "query"}, HARMLESS),
    ("request-parameter-removed", PUT + "parameters|0", None, CALLERS),
    ("request-parameter-became-required", PUT + "parameters|0|required", True, CALLERS),
    ("request-parameter-deprecated", PUT + "parameters|0|deprecated", True, HARMLESS),
    ("request-parameter-style", PUT + "parameters|1|style", "pipeDelimited", CALLERS),
    ("request-parameter-explode", PUT + "parameters|1|explode", False, CALLERS),
    ("request-parameter-reserved", PUT + "parameters|1|allowReserved", True, CALLERS),
    ("request-parameter-default-value-changed", "components|schemas|Page|default", 2, CALLERS),
    ("request-parameter-default-value-removed", "components|schemas|Page|default", None, CALLERS),
    # Whoever left it out meant what the server did then: easier than oasdiff.
    ("request-parameter-default-value-added", PUT + "parameters|0|schema|default", "a", HARMLESS),
    ("request-parameter-became-enum", PUT + "parameters|0|schema|enum", ["a"], CALLERS),
    ("request-parameter-max-length-decreased", PUT + "parameters|0|schema|maxLength", 32, CALLERS),
    ("request-parameter-max-length-increased", PUT + "parameters|0|schema|maxLength", 99, HARMLESS),
    ("request-parameter-max-set", "components|schemas|Page|maximum", 9, CALLERS),
    ("request-parameter-exclusive-max-set", "components|schemas|Page|exclusiveMaximum", 9, CALLERS),
    ("request-parameter-min-increased", "components|schemas|Page|minimum", 2, CALLERS),
    ("request-parameter-min-decreased", "components|schemas|Page|minimum", 0, HARMLESS),
    ("request-parameter-min-length-increased", PUT + "parameters|0|schema|minLength", 2, CALLERS),
    ("request-parameter-min-items-set", REQUEST + "properties|parts|minItems", 1, CALLERS),
    ("request-parameter-pattern-added", PUT + "parameters|0|schema|pattern", "^a", CALLERS),
    ("request-parameter-type-changed", PUT + "parameters|0|schema|type", "integer", CALLERS),
    ("request-parameter-type-generalized", "components|schemas|Page|type", "number", HARMLESS),
    ("request-parameter-became-nullable", PUT + "parameters|0|schema|type", ["string", "null"], HARMLESS),
    # Requests.
    ("added-required-request-body", "paths|/v1/things/{n}|get|requestBody", {"required": True, "content": {}}, CALLERS),
    ("added-optional-request-body", "paths|/v1/things/{n}|get|requestBody", {"content": {}}, HARMLESS),
    ("request-body-removed", PUT + "requestBody", None, CALLERS),
    ("request-body-became-optional", PUT + "requestBody|required", None, HARMLESS),
    ("request-body-media-type-added", PUT + "requestBody|content|text/csv", {}, HARMLESS),
    ("request-body-media-type-removed", PUT + "requestBody|content|application/json", None, CALLERS),
    ("request-property-became-required", REQUEST + "required|1", "name", CALLERS),
    ("request-property-became-optional", REQUEST + "required|0", None, HARMLESS),
    ("new-required-request-property", REQUEST, {"properties": {"x": {}}, "required": ["x"]}, CALLERS),
    ("new-optional-request-property", REQUEST + "properties|x", {}, HARMLESS),
    ("request-property-removed", REQUEST + "properties|name", None, CALLERS),
    ("request-property-deprecated", REQUEST + "properties|name|deprecated", True, HARMLESS),
    ("request-property-became-enum", REQUEST + "properties|name|enum", ["a"], CALLERS),
    ("request-property-enum-value-removed", REQUEST + "properties|kind|enum|1", None, CALLERS),
    ("request-property-enum-value-added", REQUEST + "properties|kind|enum|2", "C", HARMLESS),
    ("request-property-const-added", REQUEST + "properties|name|const", "a", CALLERS),
    ("request-property-pattern-removed", REQUEST + "properties|name|pattern", None, HARMLESS),
    ("request-property-pattern-changed", REQUEST + "properties|name|pattern", "^b", CALLERS),
    ("request-property-format-added", REQUEST + "properties|name|format", "uuid", CALLERS),
    ("request-property-unique-items", REQUEST + "properties|parts|uniqueItems", True, CALLERS),
    # What was a field of its elements is none any more.
    ("request-property-items-lost", REQUEST + "properties|parts|items", None, CALLERS),
    ("request-property-type-generalized", REQUEST + "properties|name|type", None, HARMLESS),
    ("request-property-type-changed", REQUEST + "properties|parts|type", "string", CALLERS),
    ("request-body-dependent-required-added", REQUEST + "dependentRequired|kind", ["name"], CALLERS),
    ("request-body-dependent-required-changed", REQUEST + "dependentRequired|name|1", "parts", CALLERS),
    ("request-body-dependent-required-removed", REQUEST + "dependentRequired", None, HARMLESS),
    ("request-body-dependent-required-relaxed", REQUEST + "dependentRequired|name|0", None, HARMLESS),
    ("request-body-not-added", REQUEST + "not", {"required": ["name"]}, CALLERS),
    ("request-body-not-removed", PUT + "requestBody|content|application/json|schema|properties|kind|not", None, HARMLESS),
    ("request-body-all-of-added", REQUEST + "allOf", [{"required": ["name"]}], UNKNOWN),
    ("request-body-if-added", REQUEST + "if", {"required": ["name"]}, UNKNOWN),
    ("request-additional-properties", REQUEST + "additionalProperties", False, CALLERS),
    # Responses.
    ("response-success-status-removed", PUT + "responses|200", None, READERS),
    ("response-success-status-added", PUT + "responses|204", {}, READERS),
    ("response-non-success-status-removed", PUT + "responses|500", None, HARMLESS),
    ("response-non-success-status-added", PUT + "responses|404", {}, HARMLESS),
    ("required-response-header-removed", RESPONSE + "headers|X-Id", None, READERS),
    ("response-header-added", RESPONSE + "headers|X-New", {}, HARMLESS),
    ("response-header-became-optional", RESPONSE + "headers|X-Id|required", False, READERS),
    ("response-header-type-changed", RESPONSE + "headers|X-Id|schema|type", "integer", READERS),
    ("response-header-style", RESPONSE + "headers|X-Id|explode", True, READERS),
    ("response-media-type-removed", RESPONSE + "content|application/json", None, READERS),
    # Our client reads one media type: harder than oasdiff.
    ("response-media-type-added", RESPONSE + "content|text/csv", {}, READERS),
    ("response-required-property-removed", DONE + "properties|success", None, READERS),
    ("response-optional-property-removed", DONE + "properties|when", None, READERS),
    ("response-optional-property-added", DONE + "properties|x", {"type": "string"}, HARMLESS),
    ("response-property-became-optional", DONE + "required|0", None, READERS),
    ("response-property-became-required", DONE + "required|1", "when", HARMLESS),
    ("response-property-became-nullable", DONE + "properties|when|type", ["string", "null"], READERS),
    ("response-property-type-generalized", DONE + "properties|when|type", None, READERS),
    ("response-property-type-specialized", DONE + "properties|count|type", "integer", HARMLESS),
    ("response-property-type-widened", "components|schemas|Error|properties|reasons|items", None, READERS),
    # Our readers keep values that they do not know: easier than oasdiff.
    ("response-property-enum-value-added", DONE + "properties|state|enum|2", "C", HARMLESS),
    ("response-property-enum-value-removed", DONE + "properties|state|enum|1", None, HARMLESS),
    ("response-property-became-any-text", DONE + "properties|state|enum", None, READERS),
    ("response-property-const-changed", DONE + "properties|success|const", False, HARMLESS),
    ("response-property-const-removed", DONE + "properties|success|const", None, READERS),
    ("response-property-max-length-increased", DONE + "properties|text|maxLength", 9, READERS),
    ("response-property-max-length-unset", DONE + "properties|text|maxLength", None, READERS),
    ("response-property-max-length-decreased", DONE + "properties|text|maxLength", 7, HARMLESS),
    ("response-property-min-decreased", DONE + "properties|count|minimum", 0, READERS),
    ("response-property-min-items-unset", "components|schemas|Error|properties|reasons|minItems", None, READERS),
    # A reader may rely on the form: harder than oasdiff.
    ("response-property-pattern-removed", DONE + "properties|text|pattern", None, READERS),
    ("response-property-pattern-added", DONE + "properties|when|pattern", "^2", HARMLESS),
    ("response-property-format-removed", DONE + "properties|when|format", None, READERS),
    ("response-property-default-value-added", DONE + "properties|text|default", "a", HARMLESS),
    ("response-property-one-of-added", RESPONSE + "content|application/json|schema|oneOf|2", {"type": "null"}, READERS),
    ("response-property-one-of-removed", RESPONSE + "content|application/json|schema|oneOf|1", None, HARMLESS),
    # The first form is the success that readers wait for: harder than oasdiff.
    ("response-property-one-of-removed", RESPONSE + "content|application/json|schema|oneOf|0", None, READERS),
    ("response-body-not-removed", DONE + "properties|text|not", None, READERS),
    ("response-property-deprecated", DONE + "properties|when|deprecated", True, HARMLESS),
    ("response-property-read-only", DONE + "properties|when|readOnly", True, UNKNOWN),
    # The generated class has the name.
    ("model-renamed", DONE + "properties|inner|$ref", "#/components/schemas/Error", CALLERS),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "place", "value", "effect"), TABLE, ids=[f"{row[0]}-{n}" for n, row in enumerate(TABLE)]
)
def test_whom_a_change_breaks(rule: str, place: str, value: Any, effect: Effect) -> None:
    new = copy.deepcopy(OLD)
    if isinstance(value, dict) and place.endswith("|"):
        target = reduce(lambda node, name: node[name], place.strip("|").split("|"), new)
        target["properties"] |= value["properties"]
        target["required"] += value["required"]
    else:
        at(place, value)(new)
    found = compare(OLD, new)
    assert (rule, found[0].effect) == (rule, effect), found


@pytest.mark.parametrize(
    ("place", "value"), [("components|links", {}), (DONE + "properties|state|type", []), (DONE + "x-new", None)]
)
def test_what_says_nothing_is_reported_too(place: str, value: Any) -> None:
    """The longest search found these."""
    new = copy.deepcopy(OLD)
    *path, last = place.split("|")
    reduce(lambda node, name: node[name], path, new)[last] = value
    assert compare(OLD, new)
    assert not compare(OLD, new)[0].what.startswith("nothing but")


def test_a_renamed_path_parameter_breaks_nobody() -> None:
    new = loads(dumps(OLD).replace("{n}", "{number}").replace("name: n,", "name: number,"))
    assert [(each.effect, each.what) for each in compare(OLD, new)] == [
        (HARMLESS, "the path parameter `n` is now called `number`")
    ]


def test_a_response_that_becomes_one_of_several() -> None:
    old, new = copy.deepcopy(OLD), copy.deepcopy(OLD)
    at(RESPONSE + "content|application/json|schema", {"$ref": "#/components/schemas/Done"})(old)
    expected = "the body may now be of the form Error"
    assert [(each.effect, each.what) for each in compare(old, new)] == [(READERS, expected)]


def test_one_effect_does_not_depend_on_the_hash_seed() -> None:
    """Sets are never walked in their own order."""
    program = (
        "import json, sys; from openapi.spec.compare import compare; old, new = json.load(sys.stdin);"
        "print([each.what for each in compare(old, new)])"
    )
    new = copy.deepcopy(OLD)
    for name in "abcdefgh":
        at(RESPONSE + f"headers|X-{name}", {"schema": {}})(new)
        at(REQUEST + f"properties|{name}", {"type": "string"})(new)
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, input=json.dumps([OLD, new]),
            capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(printed) == 1


CONTRACT = load(Project().contract)


def spelled(value: Any) -> Any:
    """A document without what only is order or spelling, such as a field that requires no other fields."""
    if isinstance(value, dict):
        rules = value.get("dependentRequired")
        if isinstance(rules, dict):
            rules = {name: names for name, names in rules.items() if names}
            value = {**value, "dependentRequired": rules}
            if not rules:
                del value["dependentRequired"]
        return {name: spelled(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((spelled(each) for each in value), key=json.dumps)
    return value


@MANY
@given(mutations(CONTRACT))
def test_no_change_of_the_contract_goes_unseen(mutation: Mutation) -> None:
    """And none of what a reader or caller would miss is called harmless."""
    new = mutation.apply(CONTRACT)
    found = compare(CONTRACT, new)
    if json.dumps(new) == json.dumps(CONTRACT):
        assert found == []
        return
    assert found
    if found[0].what.startswith("nothing but"):
        assert spelled(new) == spelled(CONTRACT)
    if is_breaking(mutation):
        assert found[0].effect != HARMLESS, found


BREAKING = re.compile(
    r"paths\|/v1[^|]*(\|(get|put|post|delete)(\|(operationId|responses(\|200(\|content.*)?)?|parameters\|\d+|requestBody(\|content.*)?))?)?"
    r"|components\|schemas\|(JournalRun|JournalEntry|CreateJournalRunRequest|CommonResponse|ErrorResponse|Reason)"
    r"(\|properties(\|\w+(\|(type|format|\$ref|items))?)?)?"
    r"|components\|securitySchemes\|bearerAuth(\|(type|scheme))?|servers\|\d+(\|url)?"
    r"|components\|parameters\|\w+(\|(in|name|schema))?"
)
"""Places that must not be removed or renamed, by hand."""
FREE = re.compile(r"\|examples?\||\|examples?$|\|x-|\|description$")


def is_breaking(mutation: Mutation) -> bool:
    place = "|".join(map(str, mutation.place))
    removed = mutation.kind in {"removed", "renamed"} and not FREE.search(place)
    # What a request no longer demands harms nobody, nor does a response that may no longer be a failure.
    lax = re.search(r"oneOf\|1|CreateJournalRunRequest\|properties\|\w+\||parameters\|\w+\|schema|requestBody\|", place)
    return removed and not lax and BREAKING.fullmatch(place) is not None
