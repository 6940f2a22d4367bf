"""The schema of the objects that `--json` gives."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import jsonschema_rs
import pytest

from zuora_journal_runs.cli import records

from .running import SCHEMA

RECORDS: dict[str, Any] = {
    "plan": records.PlanRecord,
    "cancellation": records.CancellationRecord,
    "creation": records.CreationRecord,
    "deletion": records.DeletionRecord,
    "failure": records.FailureRecord,
    "evidence": records.EvidenceRecord,
    "diagnosis": records.DiagnosisRecord,
    "check": records.Check,
    "stays": records.EntrySummary,
}


def test_it_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("kind", RECORDS)
def test_it_names_the_fields_of_each_record_and_all_are_always_there(kind: str) -> None:
    described = SCHEMA["$defs"][kind]
    fields = get_type_hints(RECORDS[kind])

    assert list(described["properties"]) == list(fields)
    assert described["required"] == list(fields)


@pytest.mark.parametrize(
    "kind", [kind for kind in RECORDS if kind not in ("stays", "failure", "plan", "evidence", "diagnosis", "check")]
)
def test_it_names_all_outcomes(kind: str) -> None:
    outcomes = get_args(get_type_hints(RECORDS[kind])["outcome"])

    assert SCHEMA["$defs"][kind]["properties"]["outcome"]["enum"] == list(outcomes)


def test_an_object_is_of_one_kind() -> None:
    kinds = [reference["$ref"].rpartition("/")[2] for reference in SCHEMA["oneOf"]]

    assert kinds == [SCHEMA["$defs"][kind]["properties"]["kind"]["const"] for kind in kinds]
