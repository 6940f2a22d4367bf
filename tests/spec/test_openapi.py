"""OpenAPI and swagger files of a whole API: our operations are cut out, and what is not understood is said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi.spec.findings import Findings
from openapi.spec.model import Body, Field, Operation
from openapi.spec.read_openapi import is_openapi, read_openapi

from . import files
from .operations import operations


def cut(text: str, wanted: list[str], tags: list[str]) -> tuple[str | None, tuple[Operation, ...], list[str]]:
    findings = Findings()
    assert is_openapi(text)
    version, found = read_openapi(text, "all.yaml", wanted, tags, findings)
    return version, found, [f"{each.line} {each.text} | {each.what}" for each in findings.found]


def as_stated(operation: Operation) -> Operation:
    """An operation with a tag and with a body that says whether it is required, as a file has it."""
    request = operation.request and replace(operation.request, required=True)
    return replace(operation, tags=("Things",), request=request)


@settings(max_examples=100)
@given(operation=operations(stated_only=False), as_json=st.booleans(), by_tag=st.booleans())
def test_openapi(operation: Operation, as_json: bool, by_tag: bool) -> None:
    operation = as_stated(operation)
    file = files.openapi(operation)
    text = json.dumps(file) if as_json else yaml.safe_dump(file, sort_keys=False, allow_unicode=True)
    read = cut(text, *(([], ["Things"]) if by_tag else ([operation.key], [])))
    assert read == ("2026-09-11", (operation,), [])


@settings(max_examples=100)
@given(operation=operations(stated_only=False))
def test_swagger(operation: Operation) -> None:
    operation = as_stated(operation)
    request = operation.request and replace(operation.request, media_type="application/json")
    responses = {
        status: replace(
            response,
            body=response.body and replace(response.body, media_type="application/json"),
            headers={name: replace(each, required=False) for name, each in response.headers.items()},
        )
        for status, response in operation.responses.items()
    }
    operation = replace(operation, request=request, responses=responses)
    text = json.dumps(files.swagger(operation))
    assert cut(text, [operation.key], []) == ("2023-12-15", (operation,), [])


def test_a_form() -> None:
    """A form in swagger has a parameter for each field."""
    path: Any = {
        "post": {
            "summary": "Make a token",
            "consumes": ["application/x-www-form-urlencoded"],
            "parameters": [
                {"name": "client_id", "in": "formData", "required": True, "type": "string", "minLength": 36}
            ],
            "responses": {},
        },
        "parameters": [{"$ref": "#/parameters/Track"}],
    }
    file = {
        "swagger": "2.0",
        "info": {},
        "paths": {"/oauth/token": path},
        "parameters": {"Track": {"name": "X-Track", "in": "header", "type": "string"}},
    }
    _, (operation,), found = cut(json.dumps(file), ["POST /oauth/token"], [])
    assert found == []
    field = Field(types=("string",), required=True, rules={"minLength": 36})
    assert operation.request == Body(
        media_type="application/x-www-form-urlencoded", fields={"client_id": field}, required=True
    )
    assert operation.parameters == {"header": {"X-Track": Field(types=("string",))}}


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
          default: 2026-01-01
"""


def test_what_yaml_would_make_of_words() -> None:
    version, (operation,), found = cut(FILE, ["POST /v1/things"], [])
    assert (version, found) == ("2026-09-11", [])
    assert operation.request
    state = operation.request.fields["state"]
    assert (state.enum, state.rules) == (("No", "Yes", "Off"), {"default": "2026-01-01"})


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("          type: string", "          oneOf: [{type: string}, {type: integer}]", "24 #/components/schemas/Thing/properties/state/oneOf | alternatives are not understood"),
        ("          type: string", "          $ref: '#/components/schemas/Thing'", "24 #/components/schemas/Thing/properties/state | #/components/schemas/Thing contains itself, which is not understood"),
        ("          type: string", "          discriminator: {propertyName: a}", "24 #/components/schemas/Thing/properties/state/discriminator | this keyword is not understood"),
        ("          type: string", "          additionalProperties: {type: string}", "24 #/components/schemas/Thing/properties/state/additionalProperties | this keyword is not understood"),
        ("      type: object", "      type: array", "14 #/paths/~1v1~1things/post/requestBody/content/application~1json/schema | a body that is no object is not understood"),
        ("Thing\"}", "Gone\"}", "20 #/components/schemas/Gone | the reference #/components/schemas/Gone leads nowhere"),
        ("#/components/schemas/Thing\"", "other.yaml#/Thing\"", "14 #/paths/~1v1~1things/post/requestBody/content/application~1json/schema | the reference other.yaml#/Thing is not understood"),
        ("in: header", "in: cookie", "8 #/paths/~1v1~1things/post/parameters | a parameter in cookie is not understood"),
        ("X-Track", "Authorization", "8 Authorization | OpenAPI has this header ignored among parameters"),
        ("          application/json:", "          text/csv: {}\n          application/json:", "13 #/paths/~1v1~1things/post/requestBody/content | bodies of several media types are not understood"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(old: str, new: str, finding: str) -> None:
    assert old in FILE
    _, _, found = cut(FILE.replace(old, new), ["POST /v1/things"], [])
    assert finding in found


@pytest.mark.parametrize(
    "text", ["openapi: [", "a text that speaks of openapi and paths", "openapi: 3.1.0", "{}", "swagger"]
)
def test_other_files(text: str) -> None:
    assert not is_openapi(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("openapi: 3.1.0\npaths: [", "this is neither YAML nor JSON: while parsing"),
        ("openapi: 3.1.0\npaths: all", "this is no OpenAPI file"),
    ],
)
def test_files_that_are_broken(text: str, what: str) -> None:
    version, operations_, found = cut(text, [], [])
    assert (version, operations_) == (None, ())
    assert found[0].startswith(f"1 all.yaml | {what}")
