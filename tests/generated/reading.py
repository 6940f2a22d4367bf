"""What the generated models have to read: all that the fragment allows, and what may come tomorrow."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
from jsonschema_rs import Draft202012Validator, ValidationErrorKind

from zuora_journal_runs_api import models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from tests.contract.answers import Kind

    from zuora_journal_runs_api.types import Model

MODULES = {
    "createJournalRun": "journal_runs.create_journal_run",
    "getJournalRun": "journal_runs.get_journal_run",
    "deleteJournalRun": "journal_runs.delete_journal_run",
    "cancelJournalRun": "journal_runs.cancel_journal_run",
    "listJournalEntriesOfJournalRun": "journal_entries.list_journal_entries_of_journal_run",
    "updateJournalEntry": "journal_entries.update_journal_entry",
    "createToken": "tokens.create_token",
}
STATUSES = {"200": 200, "429": 429, "4XX": 409, "500": 500}


REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "createJournalRun": {
        "body": models.CreateJournalRunRequest.from_dict(
            {
                "journalEntryDate": "2026-10-31",
                "transactionTypes": [{"type": "Invoice Item"}],
                "accountingPeriodName": "Oct-2026",
            }
        )
    },
    "updateJournalEntry": {
        "je_number": "JE-00000038",
        "body": models.UpdateJournalEntryRequest.from_dict({"transferredToAccounting": "Yes", "batch__c": 7}),
    },
    "createToken": {
        "body": models.TokenRequest.from_dict(
            {"client_id": "1" * 36, "client_secret": "2", "grant_type": "client_credentials"}
        )
    },
}
"""What an operation needs that needs more than the number of a run."""


def snake(name: str) -> str:
    """A name as the generator spells it in Python."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name.replace("-", "_"))
    return words.replace("__", "_").strip("_")


def attribute(name: str) -> str:
    """A field's name as the generator spells it in Python."""
    return "type_" if name == "type" else snake(name)


def fields_of(model: type[Model]) -> dict[str, property]:
    """The fields of a model that the contract names."""
    return {name: each for name, each in vars(model).items() if isinstance(each, property)}


def module_of(operation: str) -> ModuleType:
    """The module that was made of an operation."""
    return importlib.import_module(f"zuora_journal_runs_api.api.{MODULES[operation]}")


def function_of(operation: str, name: str) -> Callable[..., Any]:
    """A function of an operation, with all that it needs beside a client."""
    return partial(getattr(module_of(operation), name), **REQUESTS.get(operation, {"jr_number": "JR-00000075"}))


def read(kind: Kind, body: bytes, status: int | None = None) -> Any:
    """What the generated function for an operation makes of an answer."""
    request = httpx.Request("GET", "https://rest.example.com/")
    response = httpx.Response(status or STATUSES[kind.status], content=body, request=request)
    return module_of(kind.operation).parse_response(response)


class Tolerance:
    """What a reader accepts: the types of the contract, but neither its patterns nor its lists of values.

    Those may change without notice in a later version. A field that is not required may be null. Where the contract
    has a number or text, the text must hold a number.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas = {name: tolerant(schema) for name, schema in document["components"]["schemas"].items()}

    def problems(self, model: str, value: Any) -> set[str]:
        """The places in a value which a reader cannot bear, such as `journalEntries[3].status`."""
        schema = {"components": {"schemas": self._schemas}, "$ref": f"#/components/schemas/{model}"}
        validator = Draft202012Validator(schema, validate_formats=True)
        return {
            place([*error.instance_path, error.kind.property])
            if isinstance(error.kind, ValidationErrorKind.Required)
            else place(error.instance_path)
            for error in validator.iter_errors(value)
        }


def tolerant(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without all that a reader need not insist on."""
    kept = {
        name: value
        for name, value in schema.items()
        if name in ("type", "const", "required", "$ref") or (name, value) == ("format", "date")
    }
    if "number" in schema.get("type", ()) and "pattern" in schema:
        kept["pattern"] = schema["pattern"]
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        # Not `anyOf`, whose errors do not tell the place within.
        kept.setdefault("properties", {})[name] = (
            tolerant(field) if name in required else {"if": {"not": {"type": "null"}}, "then": tolerant(field)}
        )
    if "items" in schema:
        kept["items"] = tolerant(schema["items"])
    if "anyOf" in schema:
        kept["anyOf"] = [tolerant(each) for each in schema["anyOf"]]
    return kept


def place(path: Sequence[str | int]) -> str:
    """A path as an error tells it."""
    told = ""
    for step in path:
        told += f"[{step}]" if isinstance(step, int) else f".{step}" if told else str(step)
    return told


def model_of(kind: Kind, body: Any) -> str:
    """The name of the model that an answer is read as."""
    if kind.status in {"4XX", "429"}:
        return "TokenErrorResponse" if kind.operation == "createToken" else "ErrorResponse"
    if kind.status == "500":
        return "ServerErrorResponse"
    if isinstance(body, dict) and body.get("success") is False and kind.operation != "createToken":
        return "ErrorResponse"
    return {
        "createJournalRun": "CreateJournalRunResponse",
        "getJournalRun": "JournalRun",
        "deleteJournalRun": "CommonResponse",
        "cancelJournalRun": "CommonResponse",
        "listJournalEntriesOfJournalRun": "JournalEntriesPage",
        "updateJournalEntry": "CommonResponse",
        "createToken": "TokenResponse",
    }[kind.operation]


def is_model(value: object, name: str) -> bool:
    """Whether a value is of the model with this name."""
    return type(value) is getattr(models, name)
