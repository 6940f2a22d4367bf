"""What we call the things that documents leave without a name: operations, components, and bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .yaml_files import load

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
    answers: Mapping[str, str]
    """Components for whole answers, by status."""
    fields: Mapping[str, Mapping[str, str]]
    """Schemas by the schema that a field is in, or * for any, and by field; `name[]` is an array's element."""

    def parameter(self, name: str) -> str:
        """The component of a parameter, or of an answer's header."""
        return self.parameters.get(name, {}).get("component") or joined(name)

    def parameter_schema(self, name: str) -> str | None:
        """The schema of a parameter, if it has a name of its own."""
        return self.parameters.get(name, {}).get("schema")

    def body(self, operation: str, part: str) -> str | None:
        """The schema of a body: of the request, or of the answer with a status."""
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
    """names.yaml.

    Raises:
        ValueError: it has a section that is not known.
    """
    data: dict[str, Any] = load(path)
    known = {"operations", "parameters", "bodies", "answers", "fields"}
    if unknown := data.keys() - known:
        raise ValueError(f"{path.name}: no section {', '.join(sorted(unknown))} is known")
    return Names(**{name: data.get(name) or {} for name in known})
