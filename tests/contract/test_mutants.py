"""The suite finds every broken provider, by a rule that leaves nothing to chance."""

from __future__ import annotations

import pytest

from zuora_journal_runs.contract import RULES, Options, Outcome

from .mutants import ALIKE, MUTANTS
from .provider import emulator_for_the_suite, suite_for
from .recorder import IN_RESPONSES, Recorder, judged

BY_ID = {rule.id: rule for rule in RULES}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_found_by_its_rule(name: str) -> None:
    killer, mutation = MUTANTS[name]
    emulator = emulator_for_the_suite()
    recorder = Recorder(mutation(emulator, emulator.transport().handle_request))
    suite = suite_for(emulator, Options(), recorder)
    suite.connect()
    assert suite.check(BY_ID[killer]).outcome is Outcome.FAILED
    findings = suite.report().findings
    assert all(finding.title for finding in findings)
    shown = {finding.key for finding in findings if finding.check in IN_RESPONSES}
    assert shown <= {finding.key for finding in judged(recorder).findings}


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 100
    assert not MUTANTS.keys() & ALIKE.keys()
