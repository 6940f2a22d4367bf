"""`zjr demo`."""

from __future__ import annotations

import os
import re
import sys

import pytest
from click.testing import CliRunner

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.cli.commands import demo

from .running import COMMAND, Terminal, process

STORY = [
    "JR-00000075 is Completed and has 10 journal entries.",
    "PUT /v1/journal-runs/JR-00000075/cancel",
    '200, "success": true',
    "The run is polled 6 times: it is CancelInprogress, then Completed.",
    "9 of 10 entries are cancelled. 1 is not:",
    "JE-00000038 stays. It was transferred to accounting.",
    "8 responses in JR-00000075.jsonl, judged again:",
    "JR-00000075 is NOT completely cancelled. Of 10 entries 1 is not: JE-00000038.",
    "If you only check `success`, you'll believe JR-00000075 was cancelled. It wasn't.",
]


def assert_told(text: str) -> None:
    """The story is told in its order, and each entry once."""
    flat = " ".join(text.split())
    places = [flat.find(part) for part in STORY]
    assert -1 not in places, STORY[places.index(-1)]
    assert places == sorted(places)
    rows = re.findall(r"^ +(JE-[0-9]{8}) .*(Cancelled|Created) +(No|Yes)$", text, re.MULTILINE)
    assert [row for row in rows if row[1:] == ("Cancelled", "No")] == [row for row in rows if row[0] != "JE-00000038"]
    assert len({row[0] for row in rows}) == 10


def test_the_demonstration_succeeds() -> None:
    # The path of this clone would make lines longer.
    ended = process("demo", variables={"PATH": os.pathsep.join([str(COMMAND.parent), os.environ["PATH"]])})

    assert ended.status == 0
    assert ended.stderr == ""
    assert_told(ended.stdout)
    assert "\x1b" not in ended.stdout
    lines = ended.stdout.splitlines()
    assert len(lines) <= 42
    assert max(map(len, lines)) <= 80


def test_it_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_BETWEEN_POLLS", 0.02)
    result = CliRunner(env={"ZUORA_BASE_URL": "https://rest.zuora.com", "ZUORA_ENTITY_ID": "1"}).invoke(zjr, ["demo"])

    assert result.exit_code == 0
    assert_told(result.stdout)


@pytest.mark.parametrize(
    ("found", "path", "named"),
    [("/usr/bin/zjr", "bin/zjr", "zjr"), (None, "bin/zjr", "bin/zjr"), (None, "our close/zjr", "'our close/zjr'")],
)
def test_what_to_try_next_can_be_typed_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, found: str | None, path: str, named: str
) -> None:
    monkeypatch.setattr(demo, "_BETWEEN_POLLS", 0.02)
    monkeypatch.setattr("shutil.which", lambda _: found)
    monkeypatch.setattr(sys, "argv", [path, "demo"])
    stdout = CliRunner().invoke(zjr, ["demo"]).stdout

    assert f"\n  {named} emulator " in stdout
    assert f"\n  {named} cancel JR-00000075 " in stdout


def test_on_a_narrow_terminal_nothing_is_cut_off() -> None:
    terminal = Terminal("demo", variables={"NO_COLOR": "1"}, columns=40)

    assert terminal.end() == 0
    assert max(map(len, terminal.shown.splitlines())) <= 40
    assert len(set(re.findall(r"JE-[0-9]{8}", terminal.shown))) == 10
    assert "246,911.96 USD" in terminal.shown


CLOSE = [
    "JR-00000001 is Completed and has 2 entries.",
    "All 3,606.50 USD 3,606.50 USD",
    "JR-00000001: 2 posted. The ledger has 2 entries of 3,606.50 USD.",
    "An invoice of 80.25 USD was late. To rerun JR-00000001 is refused:",
    "2 entries were transferred to accounting. Nothing was changed.",
    "So they are reversed in the ledger, and marked as No again.",
    "JR-00000001 is cancelled, and JR-00000002 in its place is Completed.",
    "Invoice Item debits 3,350.50 USD 3,430.75 USD +80.25",
    "Taxation Item debits 256.00 USD 256.00 USD 0.00",
    "JR-00000002: 2 posted. The ledger has 2 entries of 3,686.75 USD.",
    "JR-00000002: 2 already transferred. The ledger has 2 entries of 3,686.75 USD.",
    "Without the marks, the second posting would have made that 7,373.50 USD.",
]


def test_the_close_is_reported_on_one_screen() -> None:
    ended = process("demo", "close")

    assert ended.status == 0
    assert ended.stderr == ""
    flat = " ".join(ended.stdout.split())
    places = [flat.find(part) for part in CLOSE]
    assert -1 not in places, CLOSE[places.index(-1)]
    assert places == sorted(places)
    lines = ended.stdout.splitlines()
    assert len(lines) <= 42
    assert max(map(len, lines)) <= 80


def test_the_close_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_BETWEEN_POLLS", 0.02)
    environment = {"ZUORA_BASE_URL": "https://rest.zuora.com", "ZUORA_ENTITY_ID": "1"}
    result = CliRunner(env=environment).invoke(zjr, ["demo", "close"])

    assert result.exit_code == 0
    assert CLOSE[-1] in result.stdout
    assert "Now you:" not in result.stdout
