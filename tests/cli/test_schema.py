"""The JSON Schema of the records that `--json` prints."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import jsonschema_rs
import pytest

from zuora_journal_runs.cli.record_types import RECORDS, PlanRecord, RunRecord

from .running import SCHEMA, process

PLAN = {
    "kind": "plan",
    "number": "JR-00000075",
    "exitStatus": 0,
    "status": "Completed",
    "allowed": True,
    "complete": True,
    "reason": None,
    "advice": None,
    "cancellable": ["JE-00000001"],
    "amounts": [{"currency": "USD", "amount": "1.50"}],
    "blocked": [],
}
validator = jsonschema_rs.Draft202012Validator(SCHEMA)


@pytest.mark.measured
def test_the_command_prints_it() -> None:
    ended = process("schema")

    assert (ended.status, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == SCHEMA


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


def test_each_kind_of_record_is_described_once() -> None:
    kinds = [reference["$ref"].rpartition("/")[2] for reference in SCHEMA["oneOf"]]

    assert len(kinds) == len(RECORDS)
    assert kinds == [SCHEMA["$defs"][kind]["properties"]["kind"]["const"] for kind in kinds]


@pytest.mark.parametrize("definition", SCHEMA["$defs"])
def test_each_definition_is_described(definition: str) -> None:
    assert SCHEMA["$defs"][definition]["description"]


def test_only_responses_of_zuora_may_have_other_fields() -> None:
    assert {name for name, definition in SCHEMA["$defs"].items() if definition["additionalProperties"]} == {
        "run",
        "entry",
        "entryItem",
        "transactionTypeItem",
    }


def test_fields_of_a_response_may_be_missing_and_others_may_be_added() -> None:
    run = {"kind": "run", "number": "JR-00000075", "status": "Completed", "region__c": "EMEA"}

    assert validator.is_valid(run)
    assert not validator.is_valid({name: value for name, value in run.items() if name != "status"})
    assert set(SCHEMA["$defs"]["run"]["required"]) < set(get_type_hints(RunRecord))


@pytest.mark.parametrize("field", get_type_hints(PlanRecord))
def test_fields_of_the_commands_own_records_are_required(field: str) -> None:
    assert validator.is_valid(PLAN)
    assert not validator.is_valid({name: value for name, value in PLAN.items() if name != field})


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"number": "JR-75"},
        {"exitStatus": 2},
        {"allowed": None},
        {"reason": 1},
        {"cancellable": None},
        {"cancellable": [1]},
        {"amounts": [{"currency": "USD", "amount": "1e3"}]},
        {"amounts": [{"currency": "USD"}]},
    ],
)
def test_values_of_other_types_are_refused(change: dict[str, Any]) -> None:
    assert not validator.is_valid({**PLAN, **change})


def test_null_is_among_the_values_of_an_optional_choice() -> None:
    assert SCHEMA["$defs"]["evidence"]["properties"]["about"]["enum"] == [
        "cancellation",
        "completion",
        "deletion",
        "transfer",
        "posting",
        "rerun",
        None,
    ]
