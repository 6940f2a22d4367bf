"""The contract as the suite reads it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema_rs import Draft202012Validator

from zuora_journal_runs.spec import FILE, contract_document, resolve_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Validator

METHODS = ("get", "put", "post", "delete", "patch")


class Fragment(dict[str, Any]):
    """The fragment, which is too long to be shown."""

    def __repr__(self) -> str:
        return f"<{FILE}>"


class Operation(NamedTuple):
    """One operation of the fragment."""

    id: str
    method: str
    """In capitals."""
    path: str
    raw: Mapping[str, Any]
    """The operation's node."""
    parameters: tuple[Mapping[str, Any], ...]
    """Its own and its path's, resolved."""

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@functools.cache
def load() -> Fragment:
    """Return the contract, read once per process."""
    return Fragment(contract_document())


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation, in the fragment's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                raw = item[method]
                parameters = [*item.get("parameters", ()), *raw.get("parameters", ())]
                found = tuple(resolve_ref(document, each) for each in parameters)
                yield Operation(raw["operationId"], method.upper(), path, raw, found)


def reference(name: str) -> dict[str, str]:
    """A reference to one of the fragment's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Validator:
    """A validator for a schema of the fragment."""
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return Draft202012Validator(root, validate_formats=True)


def production_hosts(document: Mapping[str, Any]) -> frozenset[str]:
    """The hosts where real books are kept."""
    return _hosts(document, production=True)


def sandbox_hosts(document: Mapping[str, Any]) -> frozenset[str]:
    """Zuora's other hosts."""
    return _hosts(document, production=False)


def _hosts(document: Mapping[str, Any], *, production: bool) -> frozenset[str]:
    return frozenset(
        server["url"].partition("://")[2]
        for server in document["servers"]
        if server["x-environment"].startswith("PROD") == production
    )
