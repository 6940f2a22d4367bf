"""The Markdown page of an operation: what is written is read, and what is not understood is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi.spec.findings import Findings
from openapi.spec.model import Body, Field, Operation, Response
from openapi.spec.read_page import is_page, read_page

from .operations import operations
from .pages import Style, page

STYLES = st.builds(
    Style,
    seed=st.integers(0, 99),
    indent=st.sampled_from(["", "  "]),
    newline=st.sampled_from(["\n", "\r\n"]),
    lost=st.booleans(),
    entities=st.booleans(),
    shuffled=st.booleans(),
    colons=st.booleans(),
)

TEXT = Field(types=("string",))


def read(text: str, title: str = "Stop a thing") -> tuple[Operation | None, list[str]]:
    findings = Findings()
    operation = read_page(text, "page.md", {"PUT /v1/things/{thing-number}/stop": title}, findings)
    return operation, [f"{each.line}:{each.column} {each.text} | {each.what}" for each in findings.found]


@settings(max_examples=300)
@given(operation=operations(), style=STYLES)
def test_what_is_written_is_read(operation: Operation, style: Style) -> None:
    text = page(operation, style)
    findings = Findings()
    assert is_page(text)
    assert read_page(text, "page.md", {operation.key: operation.title}, findings) == operation
    assert findings.found == []


PAGE = """\
# Stop a thing

Stops it. An Endpoint: is spoken of in prose, too.

```
Endpoint: GET /v1/other
## Header parameters:
```

Endpoint: PUT /v1/things/{thing-number}/stop
Version: 2026-02-20
Security: bearerAuth

## Path parameters:

  - `thing-number` (string, required)
    The number.

## Response 200 fields (application/json):

  - `matrix` (array)
    Rows.

  - `matrix.cells` (array,null, required)
    Example: [1, 2]

  - `matrix.cells.value` (number)
    Enum: 1, 2.5
    Example: 1

  - `success` (boolean)
    Enum: of no kind.
"""


def test_a_page() -> None:
    operation, found = read(PAGE)
    assert found == []
    value = Field(types=("number",), enum=(1, 2.5), examples=(1,))
    cells = Field(types=("array", "null"), required=True, fields={"value": value}, examples=([1, 2],))
    response = Body(
        media_type="application/json",
        fields={"matrix": Field(types=("array",), fields={"cells": cells}), "success": Field(types=("boolean",))},
    )
    assert operation == Operation(
        title="Stop a thing",
        method="PUT",
        path="/v1/things/{thing-number}/stop",
        version="2026-02-20",
        security=("bearerAuth",),
        parameters={"path": {"thing-number": replace(TEXT, required=True)}},
        responses={"200": Response(body=response)},
    )


def test_an_operation_without_sections() -> None:
    operation, found = read("# Stop a thing\n\nEndpoint: PUT /v1/things/{thing-number}/stop\n")
    assert found == []
    assert operation == Operation(title="Stop a thing", method="PUT", path="/v1/things/{thing-number}/stop")


def test_an_item_without_a_type() -> None:
    operation, found = read(PAGE.replace("`success` (boolean)", "`success`"))
    assert found == []
    assert operation
    response = operation.responses["200"].body
    assert response
    assert response.fields["success"] == Field()


@pytest.mark.parametrize("lost", [False, True])
def test_prose_may_name_an_endpoint(lost: bool) -> None:
    text = PAGE.replace("Stops it.", "Stops it, unlike\nEndpoint: GET /v1/things\ndoes.")
    text = " ".join("".join(text.split("```")[::2]).split()) if lost else text
    operation, found = read(text)
    assert found == []
    assert operation
    assert operation.key == "PUT /v1/things/{thing-number}/stop"


def test_entities_in_place_of_quotes() -> None:
    operation, found = read(PAGE.replace("Enum: 1, 2.5", "Enum: &quot;One&quot;, &quot;A &amp; B&quot;, 2.5"))
    assert found == []
    assert operation
    response = operation.responses["200"].body
    assert response
    assert response.fields["matrix"].fields["cells"].fields["value"].enum == ("One", "A & B", 2.5)


def test_the_last_lines_may_stand_before_the_endpoint() -> None:
    moved = PAGE.replace("Endpoint: PUT /v1/things/{thing-number}/stop\nVersion: 2026-02-20\n", "")
    moved = moved.replace(
        "Security: bearerAuth\n",
        "Version: 2026-02-20\nSecurity: bearerAuth\nEndpoint: PUT /v1/things/{thing-number}/stop\n",
    )
    assert read(moved) == read(PAGE)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("## Path parameters:", "## Cookie parameters:", "14:1 ## Cookie parameters: | no section of this name is known"),
        ("## Path parameters:", "## Path parameters: all", "14:1 ## Path parameters: all | no section of this name is known"),
        ("(string, required)", "(string <= 64, required)", "16:1 - `thing-number` (string <= 64, required) | no type or rule `string <= 64` is known"),
        ("(string, required)", "(text, required)", "16:1 - `thing-number` (text, required) | no type or rule `text` is known"),
        ("(string, required)", "(string, deprecated)", "16:1 - `thing-number` (string, deprecated) | no type or rule `deprecated` is known"),
        ("Enum: 1, 2.5", "Enum: 1, 2.5 or 3", "28:5 Enum: 1, 2.5 or 3 | the values of an enumeration are not understood"),
        ("Enum: 1, 2.5", "Enum: [1]", "27:1 - `matrix.cells.value` (number) | an enumeration of other than plain values"),
        ("Security: bearerAuth", "Security: bearerAuth\nDeprecated: true", "13:1 Deprecated: true | this beside the endpoint is not understood"),
        ("`matrix.cells`", "`rows.cells`", "24:1 rows.cells | this has a place in `rows`, which is not there"),
        ("`matrix` (array)", "`matrix` (string)", "24:1 matrix.cells | `matrix` is of a type that has no fields"),
        ("`success`", "`matrix`", "31:1 matrix | this name was there already"),
        ("{thing-number}", "{thing-id}", "10:1 thing-id | the path and the path parameters do not agree on this name"),
        ("## Path parameters:\n", "## Path parameters:\n\nOne of them.\n", "16:1 One of them. | there is no item here"),
        ("## Path parameters:", "## Response 200 fields:\n\n## Path parameters:", "21:1 Response 200 fields (application/json): | this section was there already"),
        ("Rows.", "Rows. - `rows` (array) More rows.", "22:11 - `rows` (array) | this item does not stand where an item would"),
        ("  - `success`", "    - `success`", "31:5 - `success` (boolean) | this item does not stand where an item would"),
        ("    The number.", "    The number. ## Response 404 fields:", "17:17 ## Response 404 fields: | this section does not stand where a section would"),
        ("# Stop", "Stop", "1:1 Stop a thing Stops it. An Endpoint: is spoken of in prose, too. ``` Endpoint: | a page begins with its title"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_not_understood_is_reported_with_its_place(old: str, new: str, finding: str, newline: str) -> None:
    assert old in PAGE
    _, found = read(PAGE.replace(old, new).replace("\n", newline))
    assert found[:1] == [finding]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("## Path parameters:", "## Cookie parameters:", "no section of this name is known"),
        ("`success` (boolean)", "`success`", "an item without a type cannot be told from prose where line breaks are lost"),
        ("(string, required)", "(text, required)", "no type or rule `text` is known"),
        ("Enum: 1, 2.5", "Enum: 1, 2.5 or 3", "the values of an enumeration are not understood"),
        ("Security: bearerAuth", "Security: bearerAuth\nDeprecated: true", "this beside the endpoint is not understood"),
        ("# Stop a thing", "# End a thing", "line breaks are lost, and no index page tells where the title ends"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_reported_without_line_breaks(old: str, new: str, what: str) -> None:
    lost = " ".join(PAGE.split("```", maxsplit=1)[0].split() + PAGE.split("```")[2].split())
    assert read(lost)[1] == []
    _, found = read(lost.replace(" ".join(old.split()), " ".join(new.split())))
    assert any(each.startswith("1:") and each.endswith(what) for each in found), found


def test_a_header_that_has_no_place_among_parameters() -> None:
    operation, found = read(
        PAGE.replace("## Path parameters:", "## Header parameters:\n\n- `Accept` (string)\n\n## Path parameters:")
    )
    assert found == ["16:1 Accept | OpenAPI has this header ignored among parameters"]
    assert operation
    assert "header" not in operation.parameters


def test_no_endpoint() -> None:
    text = PAGE.replace("Endpoint: PUT", "Endpoint: STOP")
    assert not is_page(text)
    operation, found = read(text)
    assert operation is None
    assert found == [
        "1:1 # Stop a thing Stops it. An Endpoint: is spoken of in prose, too. | there is no endpoint here"
    ]
