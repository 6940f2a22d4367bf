"""The contract as the suite reads it: operations, validators and hosts of the OpenAPI document."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema_rs import Draft202012Validator

from zuora_journal_runs.spec import FILE, contract_document, resolve_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Validator

METHODS = ("get", "put", "post", "delete", "patch")


class Document(dict[str, Any]):
    """The contract, with a short `repr`."""

    def __repr__(self) -> str:
        return f"<{FILE}>"


class Operation(NamedTuple):
    """An operation of the contract."""

    id: str
    method: str
    """In upper case."""
    path: str
    raw: Mapping[str, Any]
    """The operation as it is in the contract."""
    parameters: tuple[Mapping[str, Any], ...]
    """Its own parameters and those of its path, with references resolved."""

    @property
    def label(self) -> str:
        """The method and the path."""
        return f"{self.method} {self.path}"


@functools.cache
def load() -> Document:
    """Return the contract, read once per process."""
    return Document(contract_document())


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield every operation, in the order of the contract."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                raw = item[method]
                parameters = [*item.get("parameters", ()), *raw.get("parameters", ())]
                found = tuple(resolve_ref(document, each) for each in parameters)
                yield Operation(raw["operationId"], method.upper(), path, raw, found)


def reference(name: str) -> dict[str, str]:
    """Return a reference to a schema of the contract."""
    return {"$ref": f"#/components/schemas/{name}"}


def validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Validator:
    """Return a validator for a schema of the contract."""
    root = {"components": {"schemas": document["components"]["schemas"]}, "allOf": [schema]}
    return Draft202012Validator(root, validate_formats=True)


def production_hosts(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the hosts of production tenants."""
    return _hosts(document, production=True)


def sandbox_hosts(document: Mapping[str, Any]) -> frozenset[str]:
    """Return Zuora's other hosts."""
    return _hosts(document, production=False)


def _hosts(document: Mapping[str, Any], *, production: bool) -> frozenset[str]:
    return frozenset(
        server["url"].partition("://")[2]
        for server in document["servers"]
        if server["x-environment"].startswith("PROD") == production
    )
