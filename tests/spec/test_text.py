"""The page of an operation as text copied from a browser."""

from __future__ import annotations

import pytest
from openapi.spec.findings import Findings
from openapi.spec.model import Body, Field, Operation, Response
from openapi.spec.read_text import is_text, read_text

TEXT = """\
Change a thing

Changes it.

Request
is a word that prose may hold on a line of its own.
Request
path Parameters
thing-number
required
string

The number.

More of the number.

header Parameters
X-Track
string <= 64 characters

A custom identifier.

X-Entity
string = 36 characters

query Parameters
page
integer <int32> >= 1
Default: 1

Which page.

size
integer [ 1 .. 40 ]

Request Body schema: application/json
name
required
string [ 3 .. 255 ] characters
Example: "One"

state
string or null
Enum: "On" "Off and on" 3

tags
Array of strings

parts
Array of objects (Part)

note
string non-empty

Responses
200
Response Headers
X-Id
string

Response Schema: application/json
success
boolean

4XX
put/v1/things/{thing-number}
Request samples
Response samples
application/json
{
  • "success": true
}
"""

STRING = ("string",)


def read(text: str) -> tuple[Operation | None, list[str]]:
    findings = Findings()
    operation = read_text(text, "page.txt", findings)
    return operation, [f"{each.line} {each.text} | {each.what}" for each in findings.found]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_page(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    assert is_text(text)
    operation, found = read(text)
    assert found == []
    assert operation == Operation(
        title="Change a thing",
        method="PUT",
        path="/v1/things/{thing-number}",
        parameters={
            "path": {"thing-number": Field(types=STRING, required=True)},
            "header": {
                "X-Track": Field(types=STRING, rules={"maxLength": 64}),
                "X-Entity": Field(types=STRING, rules={"minLength": 36, "maxLength": 36}),
            },
            "query": {
                "page": Field(types=("integer",), rules={"format": "int32", "minimum": 1, "default": 1}),
                "size": Field(types=("integer",), rules={"minimum": 1, "maximum": 40}),
            },
        },
        request=Body(
            media_type="application/json",
            fields={
                "name": Field(types=STRING, required=True, rules={"minLength": 3, "maxLength": 255}),
                "state": Field(types=("string", "null"), enum=("On", "Off and on", 3)),
                "tags": Field(types=("array",), element=Field(types=STRING)),
                "parts": Field(types=("array",)),
                "note": Field(types=STRING, rules={"minLength": 1}),
            },
        ),
        responses={
            "200": Response(
                headers={"X-Id": Field(types=STRING)},
                body=Body(media_type="application/json", fields={"success": Field(types=("boolean",))}),
            ),
            "4XX": Response(),
        },
    )


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("string <= 64 characters", "string <= 64 signs", "18 X-Track string <= 64 signs | the bounds of this field are not understood"),
        ("string <= 64 characters", "text", "18 X-Track text | the type of this field is not understood"),
        ("Default: 1", "Multiple: 1", "29 Multiple: 1 | this line of a field is not understood"),
        ("header Parameters", "cookie Parameters", "18 X-Track | this field does not stand where a field would"),
        ("Request\npath Parameters", "Request\nAuthorizations:\npath Parameters", "8 Authorizations: | no section of this name is known"),
        ("path Parameters\n", "path Parameters\nOf all kinds.\n\n", "9 Of all kinds. | there is no field here"),
        ("Responses\n", "Responses\nCallbacks\n", "56 Callbacks | no response of this status is known"),
        ("Response Headers", "Request Body schema: text/plain", "56 Request Body schema: text/plain | this section belongs to a request"),
        ("X-Track", "Authorization", "18 Authorization | OpenAPI has this header ignored among parameters"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_reported(old: str, new: str, finding: str) -> None:
    assert old in TEXT
    _, found = read(TEXT.replace(old, new, 1))
    assert found[:1] == [finding], found
