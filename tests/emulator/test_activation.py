"""`Emulator.activate`: the emulator in place of a tenant without pytest's fixtures."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

import zuora_journal_runs
from zuora_journal_runs import JournalRunsClient, SystemClock
from zuora_journal_runs._http.clock import default_clock
from zuora_journal_runs.emulator import Emulator, Fault, SeedRun, Transfer

if TYPE_CHECKING:
    from pathlib import Path

RUN = "JR-00000075"

UNITTEST = """
import unittest

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient
from zuora_journal_runs.emulator import Emulator


class CloseTest(unittest.TestCase):
    def setUp(self):
        self.zuora = self.enterContext(Emulator(faults=["cancel:1:reset-after"]).activate())

    def test_the_close(self):
        with JournalRunsClient.from_env() as client:
            client.cancel_and_wait("JR-00000073")
        self.assertEqual(self.zuora.run("JR-00000073").status, "Cancelled")


class AsyncCloseTest(unittest.IsolatedAsyncioTestCase):
    async def test_the_close(self):
        with Emulator().activate() as zuora:
            async with AsyncJournalRunsClient.from_env() as client:
                await client.cancel_and_wait("JR-00000075")
            self.assertEqual(zuora.run("JR-00000075").status, "Cancelled")
"""


def test_unittest(tmp_path: Path) -> None:
    (tmp_path / "test_close.py").write_text(UNITTEST, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "unittest"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Ran 2 tests" in done.stderr
    assert "FAILED (failures=1)" in done.stderr
    assert "FAIL: test_the_close (test_close.AsyncCloseTest.test_the_close)" in done.stderr
    # The failure comes with what happened.
    assert "On the emulator:\n" in done.stderr
    assert f"  {RUN} is Completed; 9 of 10 entries cancelled\n    JE-00000038 stays;" in done.stderr


def test_environment_and_clock_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_ENVIRONMENT", "PROD_NA")
    monkeypatch.setenv("ZUORA_CLIENT_ID", "mine")
    monkeypatch.delenv("ZUORA_BASE_URL", raising=False)
    before = dict(os.environ)
    with Emulator().activate() as zuora:
        assert {name: value for name, value in os.environ.items() if name.startswith("ZUORA_")} == zuora.environ()
        with Emulator().activate() as other:
            assert os.environ["ZUORA_BASE_URL"] == other.url
        assert os.environ["ZUORA_BASE_URL"] == zuora.url
        assert not isinstance(default_clock(), SystemClock)
    assert dict(os.environ) == before
    assert isinstance(default_clock(), SystemClock)


def test_misuse_is_an_error_unless_it_is_allowed() -> None:
    with pytest.raises(AssertionError, match=r"misused:\nunknown-operation: GET /v1/nothing: "):
        _call_nothing()
    _call_nothing("unknown-operation")
    with pytest.raises(ValueError, match="unknown kind of misuse 'unknown-operations': did you mean unknown-operation"):
        _call_nothing("unknown-operations")
    with (
        pytest.raises(TypeError, match=r"allow is not a list; write allow=\['unknown-operation'\]"),
        Emulator().activate(allow="unknown-operation"),
    ):
        pass


def _call_nothing(*allow: str) -> None:
    with Emulator().activate(allow=allow) as zuora, JournalRunsClient.from_env(), httpx.Client(trust_env=False) as http:
        http.get(f"{zuora.url}/v1/nothing")


def test_an_exception_keeps_its_own_reason() -> None:
    def misused_and_failed() -> None:
        with Emulator().activate() as zuora, httpx.Client(transport=zuora.transport()) as http:
            http.get(f"{zuora.url}/v1/nothing")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        misused_and_failed()
    (note,) = caught.value.__notes__
    assert "misuse: unknown-operation: GET /v1/nothing: there is no such operation" in note


@pytest.mark.parametrize("faults", ["cancel:1:reset", Fault.parse("cancel:1:reset")])
def test_faults_are_a_list(faults: str | Fault) -> None:
    with pytest.raises(TypeError, match=r"faults is not a list; write faults=\['cancel:1:reset'\]"):
        Emulator(faults=faults)  # type: ignore[arg-type]


def test_long_reports_are_cut() -> None:
    emulator = Emulator(
        seed=[SeedRun(entries=30, transfers=dict.fromkeys(range(2, 31), Transfer.YES)) for _ in range(25)],
        faults=["get:1+:status-404", "get:2x3:delay-1"],
        pacing="at-once",
    )
    with emulator, httpx.Client(transport=emulator.transport(), base_url=emulator.url) as http:
        emulator.cancel_run("JR-00000001")
        for number in range(1, 45):
            http.get(f"/v1/journal-runs/JR-{number:08}?x={number}")
        lines = emulator.report().splitlines()
    assert lines[0] == "44 requests, by the emulator's clock; the last:"
    assert lines[1].endswith("GET    /v1/journal-runs/JR-00000005?x=5  404  fault status-404, 50000040")
    assert lines[41:44] == [
        "fault get:1+:status-404 struck 44 times so far",
        "JR-00000001 is Completed; 1 of 30 entries cancelled",
        "  JE-00000002 stays; transferred to accounting: Yes",
    ]
    assert "  and 19 more entries" in lines
    assert "JR-00000020 is Completed; 0 of 30 entries cancelled" in lines
    assert "and 24 more runs" in lines
    assert zuora_journal_runs.__version__ not in repr(emulator)
