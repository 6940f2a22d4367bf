"""The contract from its layers: what the documents state, our names for it, and our corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from .base import SEED, Base
from .finish import finished
from .overlay import Overlay, apply
from .yaml_files import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .extract import Documents
    from .names import Names
    from .overlay import Problem

NOTICE = """\
The contract: every other room reads this file. `make spec` builds it from documents/, names.yaml and
corrections.overlay.yaml, and README.md tells how to change it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A contract, and what is wrong with its layers."""

    contract: dict[str, Any]
    misfits: list[Problem]
    """Corrections that the documents have changed under."""
    errors: list[str]
    """Everything else."""
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
    """The contract, whatever is wrong with the layers."""
    return finished(apply(overlay, Base(names).build(documents))[0], overlay.version)


def build(documents: Documents, names: Names, overlay: Overlay) -> Built:
    """Build the contract.

    If anything is wrong with the layers the contract is as good as it could be made, which is good for comparing only.
    """
    base = Base(names)
    stated = base.build(documents)
    whole, misfits = apply(overlay, stated)
    contract = finished(whole, overlay.version)
    errors = list(base.problems)
    keys = {SEED, *contract["info"].get("x-source-keys", {})}
    errors += [
        f"{action}: no source key {', '.join(sorted(unknown))} is known"
        for action in overlay.actions
        if (unknown := set(action.sources) - keys)
    ]
    gone = [f"{place} refers to {reference}, which is gone" for place, reference in _dangling(contract, contract)]
    silent = [
        f"no document says what {method.upper()} {path} answers, which an index page lists: read its page too"
        for path, item in contract["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and not operation["responses"]
    ]
    # The validator takes it that references lead somewhere.
    errors += [*gone, *silent] or [
        f"the built contract is not valid OpenAPI: {'/'.join(map(str, error.absolute_path))}: "
        f"{error.message.splitlines()[0]}"
        for error in OpenAPIV31SpecValidator(contract).iter_errors()
    ]
    return Built(contract=contract, misfits=misfits, errors=errors, against=base.against)


def _dangling(node: Any, document: dict[str, Any], place: str = "#") -> Iterator[tuple[str, str]]:
    """References that lead nowhere, and where they stand."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            target: Any = document
            for name in reference.removeprefix("#/").split("/"):
                target = target.get(name.replace("~1", "/"), {}) if isinstance(target, dict) else {}
            if not target:
                yield place, reference
        for name, each in node.items():
            yield from _dangling(each, document, f"{place}/{name}")
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from _dangling(each, document, f"{place}/{index}")


def _spaced(text: str) -> str:
    """The file with an empty line before each section, path and component."""
    lines, section = [], ""
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        if depth == 0:
            section = line
        if (depth == 0 and ":" in line and not line.startswith(("#", "openapi"))) or (
            (depth == 2 and section in {"paths:", "components:"}) or (depth == 4 and section == "components:")
        ):
            lines.append("")
        lines.append(line)
    return "\n".join(lines).replace(":\n\n", ":\n") + "\n"
