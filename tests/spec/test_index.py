"""The index page of a tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi.spec.findings import Findings
from openapi.spec.model import METHODS, Entry, Index
from openapi.spec.read_index import is_index, read_index

from .operations import TITLES
from .pages import index_page

FOLDER = "https://developer.example/api/things-and-others"
ENTRIES = st.builds(
    Entry,
    title=TITLES,
    method=st.sampled_from(METHODS),
    path=st.sampled_from(["/v1/things", "/v1/things/{thing-number}", "/v1/things/{thing-number}/stop"]),
    address=st.integers(0, 99).map(lambda number: f"{FOLDER}/page_{number}.md"),
)


@given(entries=st.lists(ENTRIES, min_size=1, max_size=5, unique_by=lambda each: each.key), lost=st.booleans())
def test_what_is_written_is_read(entries: list[Entry], lost: bool) -> None:
    index = Index(tag="Things and Others", entries=tuple(entries))
    findings = Findings()
    text = index_page(index, lost=lost)
    assert is_index(text)
    assert read_index(text, "index.md", findings) == index
    assert findings.found == []


INDEX = Index(
    tag="Things",
    entries=(
        Entry(
            title="Stop a thing", method="PUT", path="/v1/things/{n}/stop", address="https://a.example/things/stop.md"
        ),
        Entry(title="Find a thing", method="GET", path="/v1/things/{n}", address="https://a.example/things/find.md"),
    ),
)


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("## Find a thing", "## Overview", 13, None),
        ("## Find a thing\n", "## Find a thing\n\nOf old.", 13, "this is no entry of an index"),
        ("[GET /v1", "[FETCH /v1", 13, "this is no entry of an index"),
        ("## Find a thing\n", "", 14, "this is no entry of an index"),
        ("GET /v1/things/{n}]", "PUT /v1/things/{n}/stop]", 5, "this operation is listed more than once"),
        ("- [GET /v1", "* [GET /v1", 13, "this is no entry of an index"),
        ("(https://a.example/things/find", "(/things/find", 13, "this is no entry of an index"),
        ("# Things", "# Stuff", 1, "the name of the tag is not understood"),
        ("/things/find.md", "/others/find.md", 1, "the name of the tag is not understood"),
    ],
)
def test_what_is_not_understood_is_reported(old: str, new: str, line: int, what: str | None) -> None:
    text = index_page(INDEX)
    assert old in text
    findings = Findings()
    read_index(text.replace(old, new, 1), "index.md", findings)
    assert [(each.line, each.what) for each in findings.found[:1]] == ([(line, what)] if what else [])
