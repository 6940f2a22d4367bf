"""The suite as pytest tests, one for each rule.

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
from .suite import RULES, Suite
from .target import Target, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rule import Rule


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    """Return one run of the suite, which cleans up in the end."""
    try:
        suite = Suite(Target.from_environ(os.environ), Options.from_environ(os.environ))
        suite.connect()
    except UsageError as wrong:
        pytest.exit(str(wrong), returncode=2)
    yield suite
    try:
        suite.clean_up()
    finally:
        report = suite.report()
        folder = os.environ.get("ZJR_CONTRACT_OUTPUT")
        for name, writer in FORMS.values() if folder else ():
            Path(folder or "").mkdir(parents=True, exist_ok=True)
            (Path(folder or "") / name).write_text(writer(report), encoding="utf-8")


@pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
def test_contract(rule: Rule, suite: Suite) -> None:
    """The rule holds."""
    if rule not in suite.rules:
        pytest.skip("it was not selected, or must not be checked away from this machine")
    result = suite.check(rule)
    findings = [each for each in suite.report().findings if each.id in result.findings]
    text = "\n\n".join(f"{each.operation}, {each.check}: {each.message}\n{each.curl}" for each in findings)
    if result.outcome is Outcome.FAILED:
        pytest.fail(text, pytrace=False)
    if result.outcome is Outcome.KNOWN_DEVIATION:
        pytest.xfail(f"{'; '.join(str(each.deviation) for each in findings)}\n{text}")
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(result.reason)
