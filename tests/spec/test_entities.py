"""HTML entities in Markdown."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi.spec.entities import unescape


@given(st.text() | st.text("&;#xltamp39", min_size=1))
def test_what_is_escaped_is_read(text: str) -> None:
    assert unescape(html.escape(text)) == text


@given(st.text("&ltgampcopynbspAMPLT# ", max_size=20))
def test_without_a_semicolon_there_is_no_entity(text: str) -> None:
    assert unescape(text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A &copy; B&#39;s &#x22;&#X41;&quot;", 'A \N{COPYRIGHT SIGN} B\'s "A"'),
        ("&amp;lt;", "&lt;"),
        ("&notit; &; &#; &#x; &#12345678;", "&notit; &; &#; &#x; &#12345678;"),
    ],
)
def test_only_an_entity_is_replaced(written: str, read: str) -> None:
    assert unescape(written) == read
