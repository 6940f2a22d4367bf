"""What we call the things that documents leave without a name: operations, components, and bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .yaml_files import FileError, lines, load, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """names.yaml, and the rules for what it does not name."""

    operations: Mapping[str, str]
    """Ids of the operations that the contract holds, by method and path."""
    parameters: Mapping[str, Mapping[str, str]]
    """Components by parameter."""
    bodies: Mapping[str, Mapping[str, str]]
    """Schemas by operation id, or * for any, and by `request` or status."""
    responses: Mapping[str, str]
    """Components for whole responses, by status."""
    fields: Mapping[str, Mapping[str, str]]
    """Schemas by the schema that a field is in, or * for any, and by field; `name[]` is an array's element."""

    def parameter(self, name: str) -> str:
        """The component of a parameter, or of an response's header."""
        return self.parameters.get(name, {}).get("component") or joined(name)

    def parameter_schema(self, name: str) -> str | None:
        """The schema of a parameter, if it has a name of its own."""
        return self.parameters.get(name, {}).get("schema")

    def body(self, operation: str, part: str) -> str | None:
        """The schema of a body: of the request, or of the response with a status."""
        return self.bodies.get(operation, {}).get(part) or self.bodies.get("*", {}).get(part)

    def field(self, schema: str, name: str) -> str | None:
        """The schema of a field: empty if it stands in the field, None if nothing is said of it."""
        return self.fields.get(schema, {}).get(name, self.fields.get("*", {}).get(name))


def joined(*texts: str) -> str:
    """Texts as one name."""
    return "".join(word[0].upper() + word[1:] for text in texts for word in _words(text))


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in text).split()


def read_names(path: Path) -> Names:
    """Return names.yaml.

    Raises:
        FileError: it is not of its form.
    """
    known = {"operations", "parameters", "bodies", "responses", "fields"}
    data = load(path)
    if not isinstance(data, dict) or not all(isinstance(each, dict | None) for each in data.values()):
        raise FileError(path.name, 1, f"this is a mapping with the mappings {', '.join(sorted(known))}")
    if unknown := data.keys() - known:
        name = min(unknown)
        line = lines(read_text(path), {(name,)}).get((name,), 1)
        raise FileError(path.name, line, f"no section {', '.join(sorted(unknown))} is known")
    return Names(**{name: data.get(name) or {} for name in known})
