"""Documents of our own making, in the forms in which Zuora publishes its own."""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi.spec.model import Field, Fields, Index, Operation

PROSE = (
    "Says what this is for.",
    "It may be left out.\n\nThen the default holds.",
    "One of several:\n\n* the first, `a`\n* the second (`b`), of type (string)\n",
    "Enum: of all kinds, said in mid-sentence.",
    "Example: a thing that (for example) has a name - and a dash.",
    "| A | B |\n| - | - |\n| 1 | 2 |",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a page is written; nothing of it changes what the page states."""

    seed: int = 0
    """Chooses prose, and the order of sections."""
    indent: str = ""
    newline: str = "\n"
    lost: bool = False
    """Whether the line breaks are lost."""
    entities: bool = False
    shuffled: bool = False
    colons: bool = True


PLAIN = Style()


def page(operation: Operation, style: Style = PLAIN) -> str:
    """The Markdown page of an operation."""
    chance = random.Random(style.seed)
    escape = html.escape if style.entities else str
    head = [f"Endpoint: {operation.method} {escape(operation.path)}"]
    if operation.version is not None:
        head.append(f"Version: {operation.version}")
    if operation.security is not None:
        head.append(f"Security: {', '.join(operation.security)}")
    sections = list(_sections(operation, style, chance))
    if style.shuffled:
        chance.shuffle(sections)
    prose = "\n\n".join(chance.sample(PROSE, 2)) + "\n\n### Notes\n\n1. A list.\n2. Of two."
    text = "\n\n".join([f"# {escape(operation.title)}", prose, "\n".join(head), *sections]) + "\n"
    if style.lost:
        return " ".join(text.split())
    return text.replace("\n", style.newline)


def _sections(operation: Operation, style: Style, chance: random.Random) -> Iterator[str]:
    colon = ":" if style.colons else ""
    for place, fields in operation.parameters.items():
        yield f"## {place.capitalize()} parameters{colon}\n\n{_items(fields, style, chance)}"
    if operation.request:
        media_type = f" ({operation.request.media_type})" if operation.request.media_type else ""
        yield f"## Request fields{media_type}{colon}\n\n{_items(operation.request.fields, style, chance)}"
    for status, response in operation.responses.items():
        if response.body is None:
            yield f"## Response {status} fields"
        else:
            media_type = f" ({response.body.media_type})" if response.body.media_type else ""
            yield f"## Response {status} fields{media_type}{colon}\n\n{_items(response.body.fields, style, chance)}"


def _items(fields: Fields, style: Style, chance: random.Random, prefix: str = "") -> str:
    return "\n\n".join(
        item for name, field in fields.items() for item in _item(f"{prefix}{name}", field, style, chance)
    )


def _item(name: str, field: Field, style: Style, chance: random.Random) -> Iterator[str]:
    facts = ", ".join([",".join(field.types)] * bool(field.types) + ["required"] * field.required)
    lines = [f"{style.indent}- `{html.escape(name) if style.entities else name}` ({facts})"]
    lines += [f"{style.indent}  {line}".rstrip() for line in chance.choice(PROSE).split("\n")]
    for label, values in (("Enum", field.enum), ("Example", field.examples)):
        if values:
            shown = ", ".join(json.dumps(_escaped(value, style), ensure_ascii=False) for value in values)
            lines.append(f"{style.indent}  {label}: {shown}")
    yield "\n".join(lines)
    for inner, each in field.fields.items():
        yield from _item(f"{name}.{inner}", each, style, chance)


def _escaped(value: Any, style: Style) -> Any:
    if style.entities and isinstance(value, str):
        return html.escape(value)
    return value


def index_page(index: Index, *, lost: bool = False) -> str:
    """The index page of a tag."""
    entries = [
        f"## {each.title}\n\n - [{each.method} {each.path}]({each.address}): {PROSE[0]}\n\n### Notes\n\n1. A list."
        for each in index.entries
    ]
    text = "\n\n".join([f"# {index.tag}", "Prose about them all.", *entries]) + "\n"
    return " ".join(text.split()) if lost else text
