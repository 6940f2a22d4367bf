from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.emulator import (
    Pacing,
    Period,
    RunStatus,
    Seed,
    SeedFileError,
    SeedRun,
    Transaction,
    Transfer,
    read_seed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.conftest import Api

YAML = """\
# The state at the beginning of a close.
runs:
  - number: JR-00000100
    accountingPeriodName: Sep-2026
    executedOn: 2026-11-02 22:05:12
    transactionTypes: [Invoice Item, "Taxation Item"]
    entries: 10
    transferredToAccounting: {7: Yes, 8: No, 9: Processing}
  - status: Pending
    outcome: Error
    pacing: polls:1/3
  - {}
"""
RUNS = (
    SeedRun(
        number="JR-00000100",
        period="Sep-2026",
        executed_on="2026-11-02 22:05:12",
        transaction_types=("Invoice Item", "Taxation Item"),
        entries=10,
        transfers={7: Transfer.YES, 8: Transfer.NO, 9: Transfer.PROCESSING},
    ),
    SeedRun(status=RunStatus.PENDING, outcome=RunStatus.ERROR, pacing=Pacing("polls", 1, 3)),
    SeedRun(),
)
JSON = """\
{
\t"runs": [
\t\t{"number": "JR-00000100", "entries": 10, "transferredToAccounting": {"7": "Yes"}}
\t]
}
"""


def test_a_seed_in_yaml(tmp_path: Path, make: Callable[..., Api]) -> None:
    (tmp_path / "seed.yaml").write_text(YAML)
    assert read_seed(tmp_path / "seed.yaml") == Seed(runs=RUNS)
    api = make(seed=read_seed(tmp_path / "seed.yaml"))
    assert [run.number for run in api.emulator.runs()] == ["JR-00000100", "JR-00000101", "JR-00000102"]


def test_a_seed_with_periods_and_transactions(tmp_path: Path, make: Callable[..., Api]) -> None:
    (tmp_path / "close.yaml").write_text(
        """
periods:
  - {name: December 2024, start: 2024-12-01, end: 2024-12-31, status: Closed}
  - {name: Open-Ended, start: 2030-01-01}
transactions:
  - {type: Invoice Item, date: 2024-12-03, amount: 1200.50, currency: EUR, debit: A, credit: B, segment: C}
  - {type: Taxation Item, date: 2024-12-31, amount: "0.125"}
"""
    )
    seed = read_seed(tmp_path / "close.yaml")
    assert seed == Seed(
        periods=(Period("December 2024", "2024-12-01", "2024-12-31", open=False), Period("Open-Ended", "2030-01-01", None)),
        transactions=(
            Transaction(type="Invoice Item", date="2024-12-03", amount=1200.5, currency="EUR", debit="A", credit="B", segment="C"),
            Transaction(type="Taxation Item", date="2024-12-31", amount="0.125"),
        ),
    )  # fmt: skip
    assert [each.amount for each, _ in make(seed=seed).emulator.transactions()] == [Decimal("1200.5"), Decimal("0.125")]
    (tmp_path / "none.yaml").write_text("transactions: []")
    assert read_seed(tmp_path / "none.yaml").transactions == ()


def test_a_seed_in_json(tmp_path: Path) -> None:
    (tmp_path / "seed.JSON").write_text(JSON)
    run = SeedRun(number="JR-00000100", entries=10, transfers={7: Transfer.YES})
    assert read_seed(tmp_path / "seed.JSON") == Seed(runs=(run,))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("s.yaml", "runs:\n  - number: [\n", "s.yaml, line 3: it is not YAML"),
        ("s.yaml", "runs: *nobody\n", "s.yaml, line 1: it is not YAML"),
        ("s.yaml", "runs: []\x00", "s.yaml: it is not YAML"),
        ("s.yaml", "[" * 600, "s.yaml: it is not YAML"),
        ("s.yaml", "", 's.yaml: the value is not of type "object"'),
        (
            "s.yaml",
            "runs:\n- {}\n- entries: many\n",
            's.yaml, line 3: runs.1.entries: the value is not of type "integer"',
        ),
        ("s.yaml", "runs:\n- {}\n-\n  colour: green\n", "s.yaml, line 4: runs.1: "),
        ("s.yaml", "runs:\n- transferredToAccounting:\n    0: Yes\n", "s.yaml, line 3: runs.0.transferredToAccounting"),
        ("s.yaml", "runs:\n- status: Done\n", "s.yaml, line 2: runs.0.status: "),
        ("s.yaml", "runs:\n- {}\n- pacing: fast\n", "s.yaml, line 3: runs.1: 'fast' is not a pacing"),
        ("s.yaml", "periods:\n- {name: a, start: 1.1.24}\n", "s.yaml, line 2: periods.0.start: "),
        ("s.yaml", "transactions:\n- {type: a}\n", "s.yaml, line 2: transactions.0: "),
        ("s.json", '{"runs": [{}, }', "s.json: it is not JSON: "),
        ("s.json", "[" * 100_000, "s.json: it is not JSON: "),
        ("s.json", '{"runs": [\n{"entries": -1}\n]}', "s.json, line 2: runs.0.entries: the value is less than"),
        ("s.json", '{"runs": [\n\t{"entries": 1e500}\n]}', "s.json: runs.0.entries: "),
    ],
    ids=lambda value: value[:30],
)
def test_errors_in_a_seed_are_reported_with_their_place(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SeedFileError) as caught:
        read_seed(tmp_path / name)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_seed_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SeedFileError, match="No such file"):
        read_seed(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"runs: [\xe9]")
    with pytest.raises(SeedFileError, match="not UTF-8"):
        read_seed(tmp_path / "latin.yaml")
