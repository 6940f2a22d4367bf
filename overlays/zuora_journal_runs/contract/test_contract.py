"""The suite as pytest tests, one for each rule and phase.

`pytest --pyargs zuora_journal_runs.contract` takes the target from the variables `ZUORA_...`, and options from
`ZJR_CONTRACT_...`: see `Target.from_environ` and `Options.from_environ`. With `ZJR_CONTRACT_OUTPUT` it writes its
reports into that folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .options import Options
from .report import FORMS, Outcome
from .suite import ITEMS, Run
from .target import Target, WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .item import Item


@pytest.fixture(scope="session")
def suite() -> Iterator[Run]:
    """One run of the suite, which cleans up in the end."""
    try:
        run = Run(Target.from_environ(os.environ), Options.from_environ(os.environ))
        run.connect()
    except WrongUse as wrong:
        pytest.exit(str(wrong), returncode=2)
    yield run
    report = run.finished()
    folder = os.environ.get("ZJR_CONTRACT_OUTPUT")
    for name, writer in FORMS.values() if folder else ():
        Path(folder or "").mkdir(parents=True, exist_ok=True)
        (Path(folder or "") / name).write_text(writer(report), encoding="utf-8")


@pytest.mark.parametrize("item", ITEMS, ids=[item.id for item in ITEMS])
def test_contract(item: Item, suite: Run) -> None:
    """The rule holds, or the phase finds nothing."""
    if item not in suite.items():
        pytest.skip("it is not among those that are asked for, or nothing to do away from this machine")
    result = suite.tried(item)
    said = "\n\n".join(f"{each.operation}, {each.check}: {each.message}\n{each.curl}" for each in result.findings)
    if result.outcome is Outcome.FAILED:
        pytest.fail(said, pytrace=False)
    if result.outcome is Outcome.DEVIATES:
        pytest.xfail(f"{'; '.join(str(each.deviation) for each in result.findings)}\n{said}")
    if result.outcome is Outcome.NOT_TRIED:
        pytest.skip(result.reason)
