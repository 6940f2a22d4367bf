"""Random operations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from openapi.spec.model import METHODS, Body, Field, Operation, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_&<-]{0,8}", fullmatch=True)
# What marks an item or a section would mark one in a page without line breaks too.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C"), exclude_characters="`#"), max_size=6)
TEXTS = st.lists(WORDS.filter(bool), max_size=3).map(" ".join)
SCALARS = st.one_of(TEXTS, st.integers(-9, 99), st.booleans(), st.floats(0, 9, width=16).map(lambda each: each + 0.5))
EXAMPLES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
TITLES = st.lists(st.from_regex(r"[A-Za-z&]{1,8}", fullmatch=True), min_size=1, max_size=4).map(" ".join)
MEDIA_TYPES = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "application/vnd.a+json"])
STATUSES = st.sampled_from(["200", "201", "204", "4XX", "404", "5XX", "500", "default"])
PLAIN_TYPES = st.sampled_from(["string", "integer", "number", "boolean"])
RULES: st.SearchStrategy[Mapping[str, Any]] = st.fixed_dictionaries(
    {}, optional={"maxLength": st.integers(1, 300), "format": st.sampled_from(["date", "int64"]), "default": TEXTS}
)


@st.composite
def fields(draw: st.DrawFn, *, depth: int, stated_only: bool) -> Field:
    """A field; with `stated_only` one that a Markdown page can state whole."""
    kinds = ["plain", "object", "array"] if depth else ["plain"]
    kind = draw(st.sampled_from(kinds))
    required = draw(st.booleans())
    types: tuple[str, ...] = (draw(PLAIN_TYPES) if kind == "plain" else kind,)
    if draw(st.booleans()):
        types = (*types, "null")
    if kind != "plain":
        inner = draw(st.dictionaries(NAMES, fields(depth=depth - 1, stated_only=stated_only), max_size=2))
        element = None
        if kind == "array" and not inner and not stated_only:
            element = draw(fields(depth=0, stated_only=False).map(lambda each: replace(each, required=False)))
        return Field(types=types, required=required, fields=inner, element=element)
    enum = tuple(draw(st.lists(SCALARS, max_size=3, unique_by=repr)))
    if stated_only:
        types = draw(st.sampled_from([types, (), ("any",)]))
        return Field(types=types, required=required, enum=enum, examples=tuple(draw(st.lists(EXAMPLES, max_size=2))))
    rules = dict(draw(RULES))
    if enum or types[0] != "string" or "maxLength" in rules or "format" in rules:
        # A default has to keep the other rules.
        rules.pop("default", None)
    return Field(types=types, required=required, enum=enum, rules=rules)


@st.composite
def operations(draw: st.DrawFn, *, stated_only: bool = True) -> Operation:
    """An operation; with `stated_only` one that a Markdown page can state whole."""
    field = fields(depth=2, stated_only=stated_only)
    plain = fields(depth=0, stated_only=stated_only)
    names = draw(st.lists(NAMES, unique_by=str.lower, max_size=6))
    parameters: dict[str, dict[str, Field]] = {}
    for name in names:
        place = draw(st.sampled_from(["path", "query", "header"]))
        parameters.setdefault(place, {})[name] = draw(plain)
    path = "/v1/things" + "".join(f"/{{{name}}}" for name in parameters.get("path", ()))
    bodies = st.builds(
        lambda media_type, content: Body(media_type=media_type, fields=content),
        MEDIA_TYPES,
        st.dictionaries(NAMES, field, max_size=3),
    )
    return Operation(
        title=draw(TITLES),
        method=draw(st.sampled_from(METHODS)),
        path=path,
        version=draw(st.none() | st.dates().map(str)) if stated_only else None,
        security=draw(
            st.none() | st.lists(st.sampled_from(["bearerAuth", "key-2"]), min_size=1, unique=True).map(tuple)
        ),
        parameters=parameters,
        request=draw(st.none() | bodies),
        responses={
            status: Response(
                body=draw(st.none() | bodies),
                headers={} if stated_only else draw(st.dictionaries(NAMES, plain, max_size=2)),
            )
            for status in draw(st.lists(STATUSES, unique=True, max_size=3))
        },
    )
