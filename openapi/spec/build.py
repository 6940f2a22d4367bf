"""The contract from its layers: what the documents state, our names for it, and our corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from .base import SEED, Base
from .normalize import normalized
from .overlay import Overlay, apply
from .yaml_files import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .documents import Documents
    from .names import Names
    from .overlay import Problem

NOTICE = """\
The contract: every other package reads this file. `make spec` builds it from documents/, names.yaml and
corrections.overlay.yaml, and README.md tells how to change it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A contract, and what is wrong with its layers."""

    contract: dict[str, Any]
    misfits: list[Problem]
    """Corrections that the documents have changed under."""
    errors: list[str]
    """Everything else."""
    notes: list[str]
    against: list[tuple[str, str]]
    """What documents state against others that lead, with the documents' names."""

    @property
    def problems(self) -> list[str]:
        """All that is wrong."""
        return [*map(str, self.misfits), *self.errors]

    @property
    def text(self) -> str:
        """The file journal-runs.yaml."""
        return _spaced(dumps(self.contract, NOTICE))


def corrected(documents: Documents, names: Names, overlay: Overlay) -> dict[str, Any]:
    """Return the contract, whatever is wrong with the layers."""
    return normalized(apply(overlay, Base(names).build(documents))[0], overlay.version)


def build(documents: Documents, names: Names, overlay: Overlay) -> Built:
    """Build the contract.

    If anything is wrong with the layers the contract is as good as it could be made, which is good for comparing only.
    """
    base = Base(names)
    stated = base.build(documents)
    whole, misfits = apply(overlay, stated)
    contract = normalized(whole, overlay.version)
    errors = list(base.problems)
    keys = {SEED, *contract["info"].get("x-source-keys", {})}
    errors += [
        f"{action}: no source key {', '.join(sorted(unknown))} is known"
        for action in overlay.actions
        if (unknown := set(action.sources) - keys)
    ]
    broken = [*_silent(contract), *_broken(contract, contract)]
    # The validator takes it that references lead somewhere.
    errors += broken or [
        f"the built contract is not valid OpenAPI: {'/'.join(map(str, error.absolute_path))}: "
        f"{error.message.splitlines()[0]}"
        for error in OpenAPIV31SpecValidator(contract).iter_errors()
    ]
    return Built(
        contract=contract, misfits=misfits, errors=errors, notes=list(dict.fromkeys(base.notes)), against=base.against
    )


def _silent(contract: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with operations of which no document states the responses."""
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and not operation["responses"]:
                yield (
                    f"no document states the responses of {method.upper()} {path}, which an index page lists: "
                    "read its page too"
                )


def _broken(node: Any, document: dict[str, Any], place: str = "#") -> Iterator[str]:
    """Yield references that lead nowhere, and required fields that are not there."""
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and not at(document, reference):
            yield f"{place} refers to {reference}, which is gone"
        needed = node.get("required")
        if isinstance(needed, list) and (node.get("type") == "object" or "properties" in node):
            for name in needed:
                if name not in node.get("properties", {}):
                    yield f"{place} requires the field {name}, which is gone"
        for name, each in node.items():
            if name not in {"example", "examples", "default", "const", "enum"}:
                yield from _broken(each, document, f"{place}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from _broken(each, document, f"{place}/{index}")


def at(document: Any, pointer: str) -> Any:
    """Return what is at a JSON pointer; `None` if nothing is."""
    for part in pointer.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        elif isinstance(document, dict):
            document = document.get(name)
        else:
            return None
    return document


def _spaced(text: str) -> str:
    """Return the file with an empty line before each section, path and component."""
    lines: list[str] = []
    section = ""
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            section = line
        begins = (
            ":" in line and not line.startswith(("#", "openapi"))
            if depth == 0
            else ((depth == 2 and section in {"paths:", "components:"}) or (depth == 4 and section == "components:"))
        )
        if begins and not lines[-1].endswith(":"):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"
