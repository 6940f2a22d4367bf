"""Each wait meets each fault: nothing false is said, and what passes is survived."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.histories.client import VERBS

from zuora_journal_runs._http import body as body_module

from .faults import FAULTS
from .waits import CELLS, PROVING_NOTHING, WaitCell, meet

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.name) for cell in CELLS])
def test_cell(cell: WaitCell, count: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    count()
    monkeypatch.setattr(body_module, "LARGEST", 2**21)
    meet(cell)


@pytest.mark.parametrize("verb", VERBS)
def test_every_wait_meets_every_fault(verb: str) -> None:
    met = {cell.trouble.name for cell in CELLS if cell.verb == verb and not cell.lasting}
    of_entries = {fault.name for fault in FAULTS if fault.only}
    assert {fault.name for fault in FAULTS} - of_entries <= met
    assert len({trouble.name for trouble in PROVING_NOTHING} & met) >= 25


def test_no_cell_stands_twice() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)
