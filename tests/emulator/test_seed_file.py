from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.emulator import Pacing, RunStatus, SeedFileError, SeedRun, Transfer, read_seed

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
    assert read_seed(tmp_path / "seed.yaml") == RUNS
    api = make(seed=read_seed(tmp_path / "seed.yaml"))
    assert [run.number for run in api.emulator.runs()] == ["JR-00000100", "JR-00000101", "JR-00000102"]


def test_a_seed_in_json(tmp_path: Path) -> None:
    (tmp_path / "seed.JSON").write_text(JSON)
    assert read_seed(tmp_path / "seed.JSON") == (
        SeedRun(number="JR-00000100", entries=10, transfers={7: Transfer.YES}),
    )


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
