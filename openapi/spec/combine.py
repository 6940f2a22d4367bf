"""Several documents of one operation as one statement of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .model import Body, Field, Fields, Operation, Response

if TYPE_CHECKING:
    from .documents import Documents
    from .model import Document, Entry

COMPLETE = "openapi"
"""The form that says all there is; documents of others may be completed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that the documents state of an operation."""

    operation: Operation
    tag: str | None
    """The tag whose index page lists it."""


def documented(documents: Documents) -> dict[str, str]:
    """Return the titles of the operations that index pages list or other documents state, by method and path."""
    return {key: title for each in documents.values() for key, title in each.titles.items()}


def statements(documents: Documents) -> tuple[list[Statement], list[tuple[str, str]]]:
    """Return what the documents state, in the order of the index pages.

    And what a document states against the one that leads, with that document's name.
    """
    entries: dict[str, tuple[str, Entry]] = {}
    pages: dict[str, list[tuple[Document, Operation]]] = {}
    for document in documents.values():
        if document.index:
            entries |= {each.key: (document.index.tag, each) for each in document.index.entries}
        if document.operation:
            pages.setdefault(document.operation.key, []).append((document, document.operation))
    result: list[Statement] = []
    against: list[tuple[str, str]] = []
    for key in [*entries, *(key for key in pages if key not in entries)]:
        tag, entry = entries.get(key, (None, None))
        ranked = sorted(pages.get(key, ()), key=lambda each: _rank(each[0]), reverse=True)
        if ranked:
            operation = ranked[0][1]
            for document, other in ranked[1:]:
                operation, surplus = _completed(operation, other, rest=ranked[0][0].source.form != COMPLETE)
                against += [(document.name, each) for each in surplus]
        else:
            assert entry
            operation = Operation(title=entry.title, method=entry.method, path=entry.path)
        if entry:
            operation = replace(operation, title=entry.title)
        result.append(Statement(operation=operation, tag=tag or next(iter(operation.tags), None)))
    return result, against


def _rank(document: Document) -> tuple[bool, str, bool]:
    """Return what decides which document leads: the newest. A copied text, which has no version, only completes."""
    return document.source.form != "text", document.source.version or "", document.source.form == COMPLETE


def _completed(leader: Operation, other: Operation, *, rest: bool) -> tuple[Operation, list[str]]:
    """Return an operation with what another document of it adds to its fields, and what only the other one has."""
    surplus: list[str] = []

    def fields(ours: Fields, theirs: Fields, where: str) -> Fields:
        surplus.extend(f"only this document has the {where} {name}" for name in theirs if name not in ours)
        return {
            name: field(each, theirs[name], f"{where} {name}") if name in theirs and rest else each
            for name, each in ours.items()
        }

    def field(ours: Field, theirs: Field, where: str) -> Field:
        if ours.types and theirs.types and set(ours.types) != set(theirs.types):
            surplus.append(f"the {where} is {'/'.join(theirs.types)} here, {'/'.join(ours.types)} there")
            return ours
        return replace(
            ours,
            types=ours.types or theirs.types,
            rules={**theirs.rules, **ours.rules},
            element=ours.element or theirs.element,
            fields=fields(ours.fields, theirs.fields, f"{where} field") if theirs.fields else ours.fields,
        )

    def body(ours: Body | None, theirs: Body | None, where: str) -> Body | None:
        if theirs is None or ours is None:
            return ours
        return replace(
            ours, fields=fields(ours.fields, theirs.fields, where), required=ours.required or theirs.required
        )

    responses = {}
    for status, response in leader.responses.items():
        theirs = other.responses.get(status, Response())
        responses[status] = Response(
            body=body(response.body, theirs.body, f"response {status} field"),
            headers=response.headers or theirs.headers,
        )
    surplus.extend(
        f"only this document has the response {status}" for status in other.responses if status not in responses
    )
    parameters = {
        place: fields(leader.parameters.get(place, {}), other.parameters.get(place, {}), f"{place} parameter")
        for place in dict.fromkeys([*leader.parameters, *other.parameters])
    }
    completed = replace(
        leader,
        tags=leader.tags or other.tags,
        security=other.security if leader.security is None else leader.security,
        parameters={place: each for place, each in parameters.items() if each},
        request=body(leader.request, other.request, "request field"),
        responses=responses,
    )
    return completed, surplus
