"""Random single changes of documents: a node removed, added, retyped, renamed or reordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str | int, ...]

MANY = settings(max_examples=2 * settings().max_examples)
"""Twice as many as other properties have: 200, unless a longer search is asked for."""
KINDS = ("removed", "added", "retyped", "renamed", "reordered")
OTHERS: tuple[Any, ...] = ("other", 7, True, None, [], {}, ["other"], {"other": 1})


@dataclass(frozen=True)
class Mutation:
    """A change of one node."""

    place: Place
    kind: str
    value: Any = None

    def __str__(self) -> str:
        return f"{'/'.join(map(str, self.place))} {self.kind} {self.value!r}"

    def apply(self, document: Any) -> Any:
        """Return the changed document, which shares what is unchanged; the same document if nothing changes."""
        return self._applied(document, self.place)

    def _applied(self, node: Any, place: Place) -> Any:
        head, *rest = place
        if rest:
            copied: Any = dict(node) if isinstance(node, dict) else list(node)
            copied[head] = self._applied(node[head], tuple(rest))
            return copied
        if isinstance(node, list):
            assert isinstance(head, int)
            return _changed_list(node, head, self)
        return _changed_mapping(node, str(head), self)


def _changed_list(node: list[Any], at: int, mutation: Mutation) -> list[Any]:
    changed = {
        "removed": [],
        "added": [node[at], mutation.value],
        "renamed": [f"{node[at]}New" if isinstance(node[at], str) else node[at]],
        "retyped": [mutation.value],
    }
    if mutation.kind == "reordered":
        return [*node[at:], *node[:at]]
    return [*node[:at], *changed[mutation.kind], *node[at + 1 :]]


def _changed_mapping(node: dict[str, Any], name: str, mutation: Mutation) -> dict[str, Any]:
    if mutation.kind == "reordered":
        return {name: node[name], **node}
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key != name:
            result[key] = value
        elif mutation.kind == "renamed":
            result[f"{key}New"] = value
        elif mutation.kind == "retyped":
            result[key] = mutation.value
        elif mutation.kind == "added":
            result |= {key: value, "new": mutation.value}
    return result


def places(node: Any, above: Place = ()) -> Iterator[Place]:
    """Every place in a document but its root."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, each in items:
        yield (*above, name)
        yield from places(each, (*above, name))


def mutations(document: Any) -> st.SearchStrategy[Mutation]:
    """Random mutations of a document."""
    return st.builds(Mutation, st.sampled_from(list(places(document))), st.sampled_from(KINDS), st.sampled_from(OTHERS))
