"""Nothing of the fragment is lost on its way into the package."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from tests.fragment.walk import Operation, operations, resolved

import zuora_journal_runs_api
from zuora_journal_runs_api import models
from zuora_journal_runs_api.api.journal_entries import update_journal_entry
from zuora_journal_runs_api.api.journal_runs import create_journal_run, get_journal_run
from zuora_journal_runs_api.api.tokens import create_token

from .reading import MODULES, REQUESTS, attribute, fields_of, snake

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

INLINE_ENUMERATIONS = {
    "TokenRequestGrantType": ("TokenRequest", "grant_type"),
}


def module_of(operation: Operation) -> ModuleType:
    """The module that was made of an operation."""
    (tag,) = operation.definition["tags"]
    return importlib.import_module(f"zuora_journal_runs_api.api.{tag.lower().replace(' ', '_')}.{snake(operation.id)}")


def test_every_object_has_a_model_with_all_of_its_fields(fragment: Mapping[str, Any]) -> None:
    schemas = {name: each for name, each in fragment["components"]["schemas"].items() if each.get("type") == "object"}
    assert len(schemas) >= 16
    for name, schema in schemas.items():
        model = getattr(models, name)
        fields = {attribute(each) for each in schema["properties"]}
        assert fields_of(model).keys() == fields, name
        arguments = inspect.signature(model).parameters
        # It is in the name of the model whether `success` is true.
        assert arguments.keys() - {"additional_properties"} == fields - {"success"}, name
        required = {each.name for each in arguments.values() if each.default is inspect.Parameter.empty}
        assert required == {attribute(each) for each in schema.get("required", ())} - {"success"}, name


def test_every_enumeration_has_all_of_its_values(fragment: Mapping[str, Any]) -> None:
    schemas = fragment["components"]["schemas"]
    expected = {name: each["enum"] for name, each in schemas.items() if "enum" in each}
    for name, (owner, field) in INLINE_ENUMERATIONS.items():
        expected[name] = schemas[owner]["properties"][field]["enum"]
    found = {name: getattr(models, name) for name in models.__all__ if issubclass(getattr(models, name), StrEnum)}
    assert {name: {member.value for member in each} for name, each in found.items()} == {
        name: set(values) for name, values in expected.items()
    }


def test_there_is_nothing_else(fragment: Mapping[str, Any]) -> None:
    schemas = fragment["components"]["schemas"]
    made = {name for name, each in schemas.items() if each.get("type") == "object" or "enum" in each}
    assert set(models.__all__) == made | INLINE_ENUMERATIONS.keys()
    with pytest.raises(AttributeError, match="NoModel"):
        _ = models.NoModel


def test_every_operation_has_a_module_with_all_of_its_parameters(fragment: Mapping[str, Any]) -> None:
    found = operations(fragment)
    assert len(found) == 7
    for operation in found.values():
        module = module_of(operation)
        expected = {snake(name) for _, name in operation.parameters} | {"client"}
        if "requestBody" in operation.definition:
            expected.add("body")
        for function in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
            assert set(inspect.signature(getattr(module, function)).parameters) == expected, (operation.id, function)
            assert inspect.iscoroutinefunction(getattr(module, function)) == function.startswith("asyncio")
        assert set(inspect.signature(module.get_kwargs).parameters) == expected - {"client"}


def test_every_operation_asks_for_its_own_address(fragment: Mapping[str, Any]) -> None:
    for operation in operations(fragment).values():
        numbers = {snake(name): "a/b" for place, name in operation.parameters if place == "path"}
        kwargs = module_of(operation).get_kwargs(**{**REQUESTS.get(operation.id, {}), **numbers})
        assert kwargs["method"].upper() == operation.method
        assert kwargs["url"] == re.sub("{.+?}", "a%2Fb", operation.path)


def test_the_modules_are_where_their_names_say(fragment: Mapping[str, Any]) -> None:
    for operation in operations(fragment).values():
        assert module_of(operation).__name__.endswith(f".{MODULES[operation.id]}")


def test_a_body_travels_as_the_fragment_says() -> None:
    body = REQUESTS["createJournalRun"]["body"]
    request = httpx.Request(**create_journal_run.get_kwargs(body=body))
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == body.to_dict()
    body = REQUESTS["updateJournalEntry"]["body"]
    request = httpx.Request(**update_journal_entry.get_kwargs("JE-00000038", body=body))
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == {"transferredToAccounting": "Yes", "batch__c": 7}
    body = REQUESTS["createToken"]["body"]
    request = httpx.Request(**create_token.get_kwargs(body=body))
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.content.decode())) == body.to_dict()


def test_only_what_is_given_is_sent() -> None:
    request = httpx.Request(**get_journal_run.get_kwargs("JR-00000075", zuora_track_id="a-track-id"))
    assert not {"zuora-entity-ids", "zuora-org-ids", "zuora-version", "content-encoding"} & set(request.headers)
    assert request.headers["Zuora-Track-Id"] == "a-track-id"


def test_everything_says_what_it_means(fragment: Mapping[str, Any]) -> None:
    for name in models.__all__:
        assert inspect.getdoc(getattr(models, name)), name
    for name, schema in fragment["components"]["schemas"].items():
        for field, each in schema.get("properties", {}).items():
            schema_of_field = resolved(fragment, each.get("anyOf", [each])[0])
            if described := each.get("description") or schema_of_field.get("description"):
                documented = inspect.getdoc(fields_of(getattr(models, name))[attribute(field)])
                assert " ".join(str(documented).split()) == " ".join(described.split()), (name, field)
    for operation in operations(fragment).values():
        documented = inspect.getdoc(module_of(operation).sync)
        assert documented is not None
        assert documented.startswith(operation.definition["summary"]), operation.id
        assert all(f"{snake(name)}: " in documented for _, name in operation.parameters), operation.id


def test_the_package_is_typed() -> None:
    (folder,) = zuora_journal_runs_api.__path__
    assert (Path(folder) / "py.typed").is_file()
