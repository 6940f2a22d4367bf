"""The suite shares nothing with whom it tests."""

from __future__ import annotations

import subprocess
import sys

from zuora_journal_runs.contract import RULES

FORBIDDEN = (
    "zuora_journal_runs.emulator",
    "zuora_journal_runs.errors",
    "zuora_journal_runs._client",
    "zuora_journal_runs._http",
    "zuora_journal_runs_api",
)


def test_it_imports_neither_the_emulator_nor_the_client() -> None:
    """In a process of its own, for this one has long imported both."""
    program = (
        "import sys, zuora_journal_runs.contract.test_contract, zuora_journal_runs.contract.replay; print(*sys.modules)"
    )
    names = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "zuora_journal_runs.contract.harness" in names
    assert [name for name in names if name.startswith(FORBIDDEN)] == []


def test_every_rule_says_what_holds_and_where_that_is_from() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert all(rule.title and rule.source and "/" in rule.id for rule in RULES)
