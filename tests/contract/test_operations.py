"""Requests that schemathesis makes of the fragment, and the emulator's answers to them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from zuora_journal_runs.emulator import AT_ONCE, Emulator, Settings

from .provider import suite_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemathesis import BaseSchema, Case

    from .suite import Suite

OPERATIONS = (
    "createJournalRun",
    "getJournalRun",
    "deleteJournalRun",
    "cancelJournalRun",
    "listJournalEntriesOfJournalRun",
    "createToken",
)
in_process = schemathesis.pytest.from_fixture("schema")


@pytest.fixture(scope="module", params=["186.0", "2024-05-20"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """A tenant in which everything is done at once. Its errors have the status 200, or statuses of their own."""
    emulator = Emulator(pace=AT_ONCE, settings=Settings(tenant_version=request.param))
    yield emulator
    emulator.close()


@pytest.fixture(scope="module")
def suite(emulator: Emulator, fragment: Mapping[str, Any]) -> Suite:
    return suite_for(emulator, fragment, examples=50)


@pytest.fixture(scope="module")
def schema(suite: Suite) -> BaseSchema:
    return suite.schema


@pytest.fixture(scope="module")
def reached(suite: Suite) -> Iterator[Counter[tuple[str, str, str]]]:  # noqa: ARG001 - for each suite by itself
    """What was tried of each operation: the phase, and whether it was accepted. In the end that has to be enough."""
    reached: Counter[tuple[str, str, str]] = Counter()
    yield reached
    missing = {
        (operation, *rest)
        for operation in OPERATIONS
        for rest in (("examples", "2"), ("coverage", "2"), ("coverage", "4"), ("fuzzing", "2"), ("fuzzing", "4"))
    } - reached.keys()
    assert not missing, missing


@in_process.parametrize()
@settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_every_answer_is_as_the_fragment_says(
    case: Case[Any], suite: Suite, emulator: Emulator, reached: Counter[tuple[str, str, str]]
) -> None:
    emulator.reset()
    assert case.meta is not None
    operation, phase = case.operation.definition.raw["operationId"], case.meta.phase.name.value
    response = case.call_and_validate(additional_checks=suite.checks)
    reached[operation, phase, str(response.status_code)[0]] += 1
