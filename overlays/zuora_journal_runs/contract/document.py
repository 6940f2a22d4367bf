"""The contract as the suite reads it: operations, validators and hosts of the OpenAPI document."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema_rs import Draft202012Validator

from zuora_journal_runs.spec import FILE, contract_document, resolve_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Validator

METHODS = ("get", "put", "post", "delete", "patch")


class Document(dict[str, Any]):
    """The contract, with a short `repr`, and with validators that are compiled once."""

    def __init__(self, contract: Mapping[str, Any]) -> None:
        super().__init__(contract)
        self._validators: dict[str, Validator] = {}

    def __repr__(self) -> str:
        return f"<{FILE}>"

    def validator(self, schema: Mapping[str, Any]) -> Validator:
        """Return a validator for a schema of the contract; equal schemas share one, since compiling takes time."""
        key = json.dumps(schema)
        if key not in self._validators:
            root = {"components": {"schemas": self["components"]["schemas"]}, "allOf": [schema]}
            self._validators[key] = Draft202012Validator(root, validate_formats=True)
        return self._validators[key]


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
