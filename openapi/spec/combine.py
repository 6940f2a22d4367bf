"""Several documents of one operation as one statement of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .facts import Answer, Body, Field, Fields, Operation

if TYPE_CHECKING:
    from .extract import Documents
    from .facts import Document, Entry

COMPLETE = "openapi"
"""The form that says all there is; documents of others may be completed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that the documents state of an operation."""

    operation: Operation
    tag: str | None
    """The tag whose index page lists it."""


def documented(documents: Documents) -> set[str]:
    """Method and path of each operation that index pages list or other documents state."""
    return {
        *(entry.key for each in documents.values() if each.index for entry in each.index.entries),
        *(operation.key for each in documents.values() for operation in each.operations),
    }


def statements(documents: Documents) -> tuple[list[Statement], list[tuple[str, str]]]:
    """What the documents state, in the order of the index pages.

    And what a document states against the one that leads, with that document's name.
    """
    entries: dict[str, tuple[str, Entry]] = {}
    pages: dict[str, list[tuple[Document, Operation]]] = {}
    for document in documents.values():
        if document.index:
            entries |= {each.key: (document.index.tag, each) for each in document.index.entries}
        for operation in document.operations:
            pages.setdefault(operation.key, []).append((document, operation))
    result: list[Statement] = []
    against: list[tuple[str, str]] = []
    for key in [*entries, *(key for key in pages if key not in entries)]:
        tag, entry = entries.get(key, (None, None))
        # The newest leads; a copy without a version, such as a text, only completes it.
        ranked = sorted(
            pages.get(key, ()),
            key=lambda each: (each[0].source.form != "text", each[0].source.version or ""),
            reverse=True,
        )
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


def _completed(leader: Operation, other: Operation, *, rest: bool) -> tuple[Operation, list[str]]:
    """An operation with what another document of it adds to its fields, and what only the other one has."""
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

    answers = {}
    for status, answer in leader.answers.items():
        theirs = other.answers.get(status, Answer())
        answers[status] = Answer(
            body=body(answer.body, theirs.body, f"answer {status} field"), headers=answer.headers or theirs.headers
        )
    surplus.extend(f"only this document has the answer {status}" for status in other.answers if status not in answers)
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
        answers=answers,
    )
    return completed, surplus
