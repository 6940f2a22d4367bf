"""The suite finds every broken provider, by a rule that leaves nothing to chance."""

from __future__ import annotations

import pytest

from zuora_journal_runs.contract import ITEMS, Options, Outcome

from .mutants import ALIKE, MUTANTS
from .provider import emulator_for_the_suite, suite_for

RULES = {item.id: item for item in ITEMS}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found_by_its_rule(name: str) -> None:
    killer, mutation = MUTANTS[name]
    emulator = emulator_for_the_suite()
    run = suite_for(emulator, Options(), mutation(emulator, emulator.transport().handle_request))
    run.connect()
    result = run.tried(RULES[killer])
    assert result.outcome is Outcome.FAILED
    assert all(finding.message for finding in result.findings)


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 100
    assert not MUTANTS.keys() & ALIKE.keys()
