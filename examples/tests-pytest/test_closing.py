"""Tests of closing.py with the fixtures of zuora-journal-runs."""

import pytest
from closing import cancel_all

from zuora_journal_runs.emulator import Emulator


def test_a_run_that_is_cancelled_is_not_reported(zuora: Emulator) -> None:
    assert cancel_all(["JR-00000073"]) == []
    assert zuora.run("JR-00000073").status == "Cancelled"


def test_an_entry_that_stays_is_reported() -> None:
    (line,) = cancel_all(["JR-00000073", "JR-00000075"])
    assert "JR-00000075 is NOT completely cancelled" in line


@pytest.mark.zuora_emulator(faults=["cancel:1:reset-after"])
def test_a_lost_response_changes_nothing(zuora: Emulator) -> None:
    assert cancel_all(["JR-00000073"]) == []
    assert [request.faults for request in zuora.requests if request.faults] == [("reset-after",)]
