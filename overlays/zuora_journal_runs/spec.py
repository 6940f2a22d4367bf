"""The contract `journal-runs.yaml`: find it, identify it, and read it."""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

FILE = "journal-runs.yaml"


@dataclass(frozen=True, slots=True)
class ContractId:
    """Which contract this is."""

    version: str
    """The date of the newest document that it was built from."""
    sha256: str
    """The checksum of the file."""


def contract_file() -> Traversable:
    """Return the contract: in the installed package, or in the checkout."""
    installed = resources.files(__package__) / FILE
    return installed if installed.is_file() else Path(__file__).parents[2] / "openapi" / FILE


@functools.cache
def contract_id() -> ContractId:
    """Return version and checksum of the contract, without parsing YAML."""
    content = contract_file().read_bytes()
    version = re.search(rb"^  version: '?([^'\s]+)'?\s*$", content, re.MULTILINE)
    return ContractId("" if version is None else version[1].decode(), hashlib.sha256(content).hexdigest())


@functools.cache
def contract_document() -> dict[str, Any]:
    """Return the parsed contract, read once per process for all callers. Treat it as read-only."""
    return read_openapi(contract_file())


def read_openapi(file: Traversable) -> dict[str, Any]:
    """Parse an OpenAPI document in YAML."""
    import yaml  # an optional dependency: most callers only need the file or its id

    content = file.read_bytes()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: dict[str, Any] = yaml.load(content, loader)  # noqa: S506 - both are safe; the C one is ten times as fast
    return document


def resolve_ref(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what `node` refers to, following `$ref` within the document; `node` itself if it is not a reference."""
    while "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node
