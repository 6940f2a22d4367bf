"""OpenAPI files of a whole API: our operations are cut out, and what is not understood is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openapi.spec.findings import Findings
from openapi.spec.model import Operation, Response
from openapi.spec.read_openapi import is_openapi, read_openapi
from openapi.spec.yaml_files import loads

from . import files
from .mutations import MANY, Mutation, mutations
from .operations import operations


def cut(text: str, wanted: list[str], tags: list[str]) -> tuple[str | None, tuple[Operation, ...], list[str]]:
    findings = Findings()
    assert is_openapi(text)
    version, found = read_openapi(text, "all.yaml", wanted, tags, findings)
    return version, found, [f"{each.line} {each.text} | {each.what}" for each in findings.found]


def as_stated(operation: Operation) -> Operation:
    """An operation as a valid file has it: with a tag, a response, and path parameters that are required."""
    request = operation.request and replace(operation.request, required=True)
    parameters = dict(operation.parameters)
    if "path" in parameters:
        parameters["path"] = {name: replace(each, required=True) for name, each in parameters["path"].items()}
    responses = operation.responses or {"200": Response()}
    return replace(operation, tags=("Things",), request=request, parameters=parameters, responses=responses)


@given(operation=operations(stated_only=False), as_json=st.booleans(), by_tag=st.booleans())
def test_openapi(operation: Operation, as_json: bool, by_tag: bool) -> None:
    operation = as_stated(operation)
    file = files.openapi(operation)
    text = json.dumps(file) if as_json else yaml.safe_dump(file, sort_keys=False, allow_unicode=True)
    read = cut(text, *(([], ["Things"]) if by_tag else ([operation.key], [])))
    assert read == ("2026-09-11", (operation,), [])


FILE = """\
openapi: 3.0.3
info: {title: All, version: 2026-09-11}
paths:
  /v1/things:
    post:
      summary: Make a thing
      parameters:
        - name: X-Track
          in: header
          schema: {type: string}
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Thing"}
      responses:
        "200":
          description: Done.
components:
  schemas:
    Thing:
      type: object
      properties:
        state:
          type: string
          enum: [No, Yes, Off]
          default: No
"""


def test_what_yaml_would_make_of_words() -> None:
    version, (operation,), found = cut(FILE, ["POST /v1/things"], [])
    assert (version, found) == ("2026-09-11", [])
    assert operation.request
    state = operation.request.fields["state"]
    assert (state.enum, state.rules) == (("No", "Yes", "Off"), {"default": "No"})


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("          type: string", "          oneOf: [{type: string}, {type: integer}]", "24 #/components/schemas/Thing/properties/state/oneOf | alternatives are not understood"),
        ("          type: string", "          $ref: '#/components/schemas/Thing'", "24 #/components/schemas/Thing/properties/state | #/components/schemas/Thing contains itself, which is not understood"),
        ("      type: object", "      allOf: [{$ref: '#/components/schemas/Thing'}]\n      type: object", "21 #/components/schemas/Thing/allOf/0 | #/components/schemas/Thing contains itself, which is not understood"),
        ("          type: string", "          allOf: [{minLength: 1}, {minLength: 2}]", "24 #/components/schemas/Thing/properties/state/minLength | 1 and 2 at once are not understood"),
        ("          type: string", "          discriminator: {propertyName: a}", "24 #/components/schemas/Thing/properties/state/discriminator | this keyword is not understood"),
        ("          type: string", "          additionalProperties: {type: string}", "24 #/components/schemas/Thing/properties/state/additionalProperties | this keyword is not understood"),
        ("      type: object", "      type: array\n      items: {}", "14 #/paths/~1v1~1things/post/requestBody/content/application~1json/schema | a body that is not a plain object is not understood"),
        ("Thing\"}", "Gone\"}", "14 #/paths/~1v1~1things/post/requestBody/content/application~1json/schema | the reference #/components/schemas/Gone leads to no component"),
        ("#/components/schemas/Thing\"", "other.yaml#/Thing\"", "14 #/paths/~1v1~1things/post/requestBody/content/application~1json/schema | the reference other.yaml#/Thing leads to no component"),
        ("in: header", "in: cookie", "8 #/paths/~1v1~1things/post/parameters/0 | a parameter in cookie is not understood"),
        ("X-Track", "Authorization", "8 #/paths/~1v1~1things/post/parameters/0/name | OpenAPI has the header Authorization ignored among parameters"),
        ("          schema: {type: string}", "          content: {text/plain: {}}", "10 #/paths/~1v1~1things/post/parameters/0/content | this keyword is not understood"),
        ("          schema: {type: string}", "          style: simple\n          schema: {type: string}", "10 #/paths/~1v1~1things/post/parameters/0/style | this keyword is not understood"),
        ("          application/json:", "          text/csv: {}\n          application/json:", "13 #/paths/~1v1~1things/post/requestBody/content | bodies of several media types are not understood"),
        ("      summary: Make", "      servers: [{url: https://other}]\n      summary: Make", "6 #/paths/~1v1~1things/post/servers | this keyword is not understood"),
        ("      summary: Make", "      callbacks: {}\n      summary: Make", "6 #/paths/~1v1~1things/post/callbacks | this keyword is not understood"),
        ("      summary: Make", "      security: [{a: [], b: []}]\n      summary: Make", "6 #/paths/~1v1~1things/post/security | several schemes at once, none, or scopes are not understood"),
        ("  /v1/things:", "  /v1/{a}: {post: {tags: [Mine], responses: {}}}\n  /v1/{b}: {post: {tags: [Mine], responses: {}}}\n  /v1/things:", "5 #/paths/~1v1~1{b} | this is the same path as /v1/{a}"),
        ("  /v1/things:", "  /v1/things: {}\n  /v1/things:", "5 all.yaml | the key /v1/things is there twice"),
        ("      requestBody:", "      requestBody: 7\n      x-body:", "11 #/paths/~1v1~1things/post/requestBody | this is not valid: 7 is not valid"),
        ("openapi: 3.0.3", "swagger: '2.0'", "1 #/ | only OpenAPI 3.0 and 3.1 are read"),
        ("          description: Done.", "          description: Done.\n          links: {}", "18 #/paths/~1v1~1things/post/responses/200/links | this keyword is not understood"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_reported(old: str, new: str, finding: str) -> None:
    assert old in FILE
    _, _, found = cut(FILE.replace(old, new), ["POST /v1/things"], ["Mine"])
    assert [each for each in found if each.startswith(finding)] != [], found


def test_a_path_that_lies_elsewhere_in_the_file() -> None:
    """One that another path or component has."""
    text = FILE.replace("  /v1/things:\n    post:", "  /v1/things: {$ref: '#/components/pathItems/Things'}\n").replace(
        "components:\n", "components:\n  pathItems:\n    Things:\n      post:\n", 1
    )
    moved = json.loads(json.dumps(loads(FILE)))
    item = moved["paths"].pop("/v1/things")
    moved["paths"]["/v1/things"] = {"$ref": "#/components/pathItems/Things"}
    moved["components"]["pathItems"] = {"Things": item}
    assert text != FILE
    assert cut(json.dumps(moved), ["POST /v1/things"], []) == cut(json.dumps(loads(FILE)), ["POST /v1/things"], [])


@pytest.mark.parametrize(
    "text", ["openapi: [", "a text that speaks of openapi and paths", "openapi: 3.1.0", "{}", "swagger"]
)
def test_other_files(text: str) -> None:
    assert not is_openapi(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("openapi: 3.1.0\npaths: [", "3 all.yaml | this is not YAML: while parsing"),
        ("openapi: 3.1.0\npaths: all", "1 #/ | this is no OpenAPI file"),
        ("openapi: 3.1.0\npaths: {}", "1 #/ | none of our operations is in this file"),
        ("openapi: 3.1.0\npaths: " + "{a: " * 300, "2 all.yaml | this is nested more than 200 levels deep"),
        ('{"openapi": "3.1.0", "paths": ' + "[" * 100_000, "1 all.yaml | this is "),
    ],
)
def test_files_that_are_broken(text: str, what: str) -> None:
    version, operations_, found = cut(text, [], [])
    assert (version, operations_) == (None, ())
    assert found[0].startswith(what)


def test_a_file_that_grows_when_it_is_read() -> None:
    bomb = "\n".join(["  a0: &a0 {type: string}", *(f"  a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 12))])
    _, _, found = cut(f"openapi: 3.0.3\nx-bomb:\n{bomb}\npaths: {{}}\n", [], [])
    assert "there are more than 5,000,000 values in this file" in found[0]


# Every construct that the reader knows.
RICH = loads("""\
openapi: 3.0.3
info: {title: All, version: "1"}
security: [{bearerAuth: []}]
paths:
  /v1/things/{id}:
    parameters: [{$ref: "#/components/parameters/Id"}]
    put:
      operationId: putThing
      summary: Put a thing
      tags: [Things]
      deprecated: true
      parameters: [{name: X-Track, in: header, required: true, deprecated: true, schema: {type: string, maxLength: 9}}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
      responses:
        "200":
          description: Done.
          headers: {X-Id: {required: true, schema: {type: integer, minimum: 1}}}
          content: {application/json: {schema: {allOf: [{$ref: "#/components/schemas/Thing"}, {required: [state]}]}}}
        4XX: {$ref: "#/components/responses/Failed"}
components:
  securitySchemes: {bearerAuth: {type: http, scheme: bearer}}
  parameters: {Id: {name: id, in: path, required: true, schema: {type: string, pattern: "^a"}}}
  responses:
    Failed: {description: No., content: {application/json: {schema: {type: object, properties: {code: {type: string}}}}}}
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, nullable: true, minLength: 1}
        state: {type: string, enum: [A, B], default: A}
        parts: {type: array, maxItems: 3, items: {type: object, properties: {when: {type: string, format: date}}}}
        tags: {type: array, items: {type: string}}
""")
KEYS = ["PUT /v1/things/{id}"]
WHOLE = cut(json.dumps(RICH), KEYS, [])
# What is read by nobody: prose, and how sign-in works, which our own corrections state.
UNREAD = re.compile(r"\|(description|operationId)$|^components\|securitySchemes|^info\|title|^info$|x-new|^openapi$")


@MANY
@given(mutations(RICH), st.booleans())
def test_no_change_of_a_file_is_lost_without_a_word(mutation: Mutation, as_json: bool) -> None:
    """And none gives a traceback."""
    file = mutation.apply(RICH)
    text = json.dumps(file) if as_json else yaml.safe_dump(file, sort_keys=False)
    if not is_openapi(text):
        return
    read = cut(text, KEYS, [])
    place = "|".join(map(str, mutation.place))
    if spelled(file) == spelled(RICH):
        assert spelled(read[1] and read[1][0].as_data()) == spelled(WHOLE[1][0].as_data()) or read[2]
    elif not UNREAD.search(place) and not is_idle(mutation, place):
        assert read != WHOLE or read[2]


def is_idle(mutation: Mutation, place: str) -> bool:
    """Whether a change means the same, or concerns what is not ours."""
    added = mutation.kind == "added" and re.fullmatch(
        r"paths\|[^|]*|components\|\w+(\|\w+)?|\w+|.*\|(tags|enum|required|allOf)\|\d", place
    )
    # An object is known by its properties, too.
    return bool(added) or (
        mutation.kind == "removed" and re.fullmatch(r".*(schema|Thing|items)\|type", place) is not None
    )


def spelled(value: Any) -> Any:
    """A value without what only is order."""
    if isinstance(value, dict):
        return {name: spelled(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return sorted((spelled(each) for each in value), key=json.dumps)
    return value


def test_what_is_not_ours_is_neither_read_nor_validated() -> None:
    others = {f"/v1/others/{n}": {"get": {"responses": 7, "parameters": [{"$ref": "#/gone"}]}} for n in range(9)}
    schemas = {**RICH["components"]["schemas"], "Other": {"type": "nonsense", "allOf": [{"$ref": "#/nowhere"}]}}
    file = {**RICH, "paths": {**RICH["paths"], **others}, "components": {**RICH["components"], "schemas": schemas}}
    assert cut(json.dumps(file), KEYS, []) == WHOLE
