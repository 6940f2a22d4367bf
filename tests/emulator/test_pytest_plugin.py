"""The pytest fixtures, as another project's tests use them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]


PASSES = """
def test_it(zuora_emulator, zuora_client):
    outcome = zuora_client.cancel_and_wait("JR-00000075")
    assert len(outcome.cancelled) == 9
    assert zuora_emulator.run("JR-00000075").status == "Completed"
"""


OTHERS = ("randomly", "cacheprovider", "asyncio", "schemathesis", "hypothesispytest", "pytest_cov")
ARGUMENTS = ("-W", "error", "--strict-markers", "-rA", *(f"-pno:{plugin}" for plugin in OTHERS))


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[[str], pytest.RunResult]:
    """Runs tests without this project's settings. They must not import the client, which would be loaded twice."""

    def run(code: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_inprocess(*ARGUMENTS)

    return run


@pytest.fixture
def process(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Runs tests in a process of their own."""

    def process(code: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        return pytester.runpytest_subprocess(*ARGUMENTS, *arguments)

    return process


def test_fixtures_and_markers(process: Callable[..., pytest.RunResult]) -> None:
    result = process(
        PASSES
        + """
import asyncio
import os
import httpx
import pytest
from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.emulator import SeedRun

def test_over_http(zuora_emulator, zuora_environ):
    assert os.environ["ZUORA_BASE_URL"] == zuora_environ["ZUORA_BASE_URL"] == zuora_emulator.url
    assert "ZUORA_ENVIRONMENT" not in os.environ
    with JournalRunsClient.from_env() as client:
        assert client.retrieve("JR-00000075").status == "Completed"

def test_each_test_has_its_own(zuora_client):
    assert all(entry.status == "Created" for entry in zuora_client.entries("JR-00000075"))

async def cancel(emulator):
    async with emulator.async_client() as client:
        return await client.cancel_and_wait("JR-00000073")

def test_asynchronous(zuora_emulator):
    assert asyncio.run(cancel(zuora_emulator)).complete

@pytest.mark.zuora_emulator(pacing="held", seed=[SeedRun()])
class TestMarkers:
    def test_of_the_class(self, zuora_emulator, zuora_client):
        assert [run.number for run in zuora_emulator.runs()] == ["JR-00000001"]
        zuora_client.cancel("JR-00000001")
        assert zuora_emulator.run("JR-00000001").status == "CancelInprogress"

    @pytest.mark.zuora_emulator(pacing="at-once", faults=["cancel:reset-after"])
    def test_of_its_own(self, zuora_emulator, zuora_client):
        assert zuora_client.cancel_and_wait("JR-00000001").complete
        assert ("reset-after",) in [request.faults for request in zuora_emulator.requests]
"""
    )
    result.assert_outcomes(passed=6)


def test_side_by_side(process: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    tests = "\n".join(PASSES.replace("test_it", f"test_{number}") for number in range(6))
    process(tests, "-n", "2").assert_outcomes(passed=6)


MISUSES = """
import httpx
import pytest

def calls(emulator):
    http = httpx.Client(transport=emulator.transport(), base_url=emulator.url)
    form = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    token = http.post("/oauth/token", data=form | {"grant_type": "client_credentials"}).json()["access_token"]
    http.headers["Authorization"] = "Bearer " + token
    return http

def unknown(emulator):
    calls(emulator).get("/v1/bill-runs/BR-1")

def undocumented(emulator):
    calls(emulator).get("/v1/journal-entries/journal-runs/JR-00000075", params={"pagesize": 40})

def impatient(emulator):
    emulator.add_fault("cancel:too-many-30")
    http = calls(emulator)
    for run in ("JR-00000075", "JR-00000074"):
        http.put(f"/v1/journal-runs/{run}/cancel", json={})
"""


KINDS = {
    "unknown": ("unknown-operation", "GET /v1/bill-runs/BR-1: there is no such operation in the contract"),
    "undocumented": ("undocumented-field", "not documented: pagesize"),
    "impatient": ("ignored-429", "PUT /v1/journal-runs/JR-00000074/cancel: a 429 response asked to wait "),
}


@pytest.mark.parametrize("misuse", KINDS)
def test_misuse_fails_a_test_unless_it_is_allowed(run: Callable[[str], pytest.RunResult], misuse: str) -> None:
    kind, says = KINDS[misuse]
    result = run(
        MISUSES
        + f"""
def test_it(zuora_emulator):
    {misuse}(zuora_emulator)

@pytest.mark.zuora_emulator(allow=["{kind}"])
def test_allowed(zuora_emulator):
    {misuse}(zuora_emulator)
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"  {kind}: *{says}*", f'@pytest.mark.zuora_emulator(allow=?"{kind}"?) allows it'])


def test_a_failing_test_keeps_its_own_reason(run: Callable[[str], pytest.RunResult]) -> None:
    result = run(
        MISUSES
        + """
def test_it(zuora_emulator):
    unknown(zuora_emulator)
    assert 1 == 2, "the reason"
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*bill-runs: there is no such*")
    result.stdout.fnmatch_lines(["*the reason*"])


def test_unknown_kinds_of_misuse_are_refused(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
import pytest

@pytest.mark.zuora_emulator(allow=["everything"])
def test_it(zuora_emulator):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*'everything' is not a valid MisuseKind*"])


def test_a_test_without_the_fixtures_does_not_import_the_emulator(process: Callable[..., pytest.RunResult]) -> None:
    result = process("""
import sys

def test_it():
    loaded = {name for name in sys.modules if name.startswith("zuora_journal_runs")}
    assert loaded == {"zuora_journal_runs", "zuora_journal_runs.pytest_plugin"}
    assert "httpx" not in sys.modules
""")
    result.assert_outcomes(passed=1)


def test_without_its_extra_it_says_what_to_install(process: Callable[..., pytest.RunResult]) -> None:
    result = process("""
import sys

sys.modules["yaml"] = None

def test_it(zuora_emulator):
    pass
""")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*not installed: yaml; to install: pip install 'zuora-journal-runs?emulator?'*"])


def test_pytest_finds_it_by_itself() -> None:
    assert "zuora_journal_runs.pytest_plugin" in sys.modules
