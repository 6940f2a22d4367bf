"""The pytest fixtures, as another project's tests use them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs import use_clock

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
# What a test under test imports first is forgotten with it, and would be loaded a second time.
assert callable(use_clock)
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

def test_each_test_has_its_own_emulator(zuora_client):
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
    result.stdout.fnmatch_lines(
        ["@pytest.mark.zuora_emulator: unknown kind of misuse 'everything': use one of unknown-*"]
    )


def test_a_test_without_the_fixtures_does_not_import_the_emulator(process: Callable[..., pytest.RunResult]) -> None:
    result = process("""
import sys

def test_it():
    loaded = {name for name in sys.modules if name.startswith("zuora_journal_runs")}
    assert loaded == {"zuora_journal_runs", "zuora_journal_runs._lazy", "zuora_journal_runs.pytest_plugin"}
    assert "httpx" not in sys.modules
""")
    result.assert_outcomes(passed=1)


@pytest.mark.measured
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


# Whatever makes the client, waiting takes no time


WAITS = """
import asyncio
import time
import pytest
from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, Polling, SystemClock
from zuora_journal_runs.errors import WaitTimeoutError

pytestmark = pytest.mark.usefixtures("zuora_environ")
time.sleep = None
"""


@pytest.mark.measured
def test_waits_run_on_the_emulators_clock(process: Callable[..., pytest.RunResult]) -> None:
    result = process(
        WAITS
        + """
async def later(seconds, result=None, loop=None):
    assert seconds == 0
    await asyncio.tasks.__sleep0()

@pytest.mark.zuora_emulator(pacing="seconds:60")
def test_the_clock_advances(zuora_emulator):
    before = zuora_emulator.clock.timestamp()
    with JournalRunsClient.from_env() as client:
        assert len(client.cancel_and_wait("JR-00000075").cancelled) == 9
    assert 600 <= zuora_emulator.clock.timestamp() - before < 700

@pytest.mark.zuora_emulator(pacing="seconds:60")
def test_without_the_environment(zuora_emulator):
    arguments = {"client_id": zuora_emulator.client_id, "client_secret": zuora_emulator.client_secret}
    with JournalRunsClient(zuora_emulator.url, **arguments) as client:
        assert len(client.cancel_many(["JR-00000074", "JR-00000075"])) == 2

def test_asynchronous(zuora_emulator, monkeypatch):
    async def cancel():
        async with AsyncJournalRunsClient.from_env() as client:
            return await client.cancel_and_wait("JR-00000073")
    assert asyncio.run(cancel()).complete

def test_a_clock_of_its_own(zuora_emulator, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with JournalRunsClient.from_env(clock=SystemClock()) as client:
        client.cancel_and_wait("JR-00000073")
    assert len(slept) > 3

@pytest.mark.zuora_emulator(pacing="held")
def test_a_wait_can_time_out(zuora_emulator):
    with JournalRunsClient.from_env() as client, pytest.raises(WaitTimeoutError):
        client.cancel_and_wait("JR-00000073")

@pytest.mark.zuora_emulator(pacing="held")
def test_that_fails(zuora_emulator):
    with JournalRunsClient.from_env() as client:
        client.cancel_and_wait("JR-00000073", timeout=600)
"""
    )
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*CancellationTimeoutError: *after 600 s*the run was CancelInprogress when it was seen last*",
            "*- Zuora emulator -*",
            "*GET    /v1/journal-runs/JR-00000073  200, * times until then",
            "JR-00000073 is CancelInprogress; 0 of 24 entries cancelled",
            '  its pacing is held: nothing happens until .step("JR-00000073") or .release("JR-00000073")',
        ]
    )


def test_the_machines_clock_is_back_after_the_test(process: Callable[..., pytest.RunResult]) -> None:
    result = process("""
import time
from zuora_journal_runs import JournalRunsClient

def cancel(environ):
    with JournalRunsClient.from_env(environ) as client:
        client.cancel_and_wait("JR-00000073")

def test_first(zuora_emulator):
    cancel(zuora_emulator.environ())

def test_then(monkeypatch):
    from zuora_journal_runs.emulator import Emulator
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with Emulator() as emulator:
        cancel(emulator.environ())
    assert len(slept) > 3
""")
    result.assert_outcomes(passed=2)


def test_with_pytest_asyncio_and_xdist(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    pytester.makepyfile(
        WAITS
        + """
@pytest.mark.asyncio
@pytest.mark.parametrize("number", ["JR-00000073", "JR-00000074", "JR-00000075"])
async def test_it(zuora_emulator, number):
    async with AsyncJournalRunsClient.from_env() as client:
        outcome = await client.cancel_and_wait(number)
        assert outcome.run.status == zuora_emulator.run(number).status
        with pytest.raises(ValueError):
            await client.cancel("75")

@pytest.mark.asyncio
@pytest.mark.zuora_emulator(pacing="held")
async def test_that_fails(zuora_emulator):
    async with AsyncJournalRunsClient.from_env() as client:
        await client.cancel_and_wait("JR-00000075")
"""
    )
    arguments = [argument for argument in ARGUMENTS if argument != "-pno:asyncio"]
    result = pytester.runpytest_subprocess(*arguments, "-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*- Zuora emulator -*", "  its pacing is held: *"])


# A failing test shows what happened


@pytest.mark.measured
def test_a_failing_test_shows_what_happened(process: Callable[..., pytest.RunResult]) -> None:
    result = process("""
import pytest
from zuora_journal_runs.errors import NotFoundError

@pytest.mark.zuora_emulator(faults=["cancel:1:reset-after", "delete:2:reset"])
def test_it(zuora_emulator, zuora_client):
    created = zuora_client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026").journal_run_number
    zuora_client.wait_for_completion(created)
    zuora_client.cancel_and_wait("JR-00000075")
    zuora_client.delete("JR-00000072", wait=True)
    with pytest.raises(NotFoundError):
        zuora_client.retrieve("JR-00000001")
    assert zuora_emulator is None
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * assert <Emulator at http://127.0.0.1:*: * requests> is None",
            "*- Zuora emulator -*",
            "* requests, by the emulator's clock:",
            "  ??:??:??.???  POST   /oauth/token  200",
            "  ??:??:??.???  PUT    /v1/journal-runs/JR-00000075/cancel  no response  fault reset-after",
            "*  PUT    /v1/journal-runs/JR-00000075/cancel  200 success: false  53500030, The journal run JR-00000075 is *",
            "*  GET    /v1/journal-runs/JR-00000075  200, * times until then",
            "*  GET    /v1/journal-runs/JR-00000001  200 success: false  50000040, Cannot find entity by key: *",
            "fault delete:2:reset did not strike",
            "JR-00000076 is Completed; 0 of * entries cancelled",
            "JR-00000075 is Completed; 9 of 10 entries cancelled",
            "  JE-00000038 stays; transferred to accounting: Yes",
            "JR-00000072 does not exist, or was deleted",
            "JR-00000001 does not exist, or was deleted",
        ],
    )
    assert "<zuora_journal_runs.emulator" not in result.stdout.str()


def test_a_failing_test_without_requests_gets_a_hint(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("def test_it(zuora_emulator):\n    assert False")
    result.stdout.fnmatch_lines(["no requests: does the code under test read ZUORA_BASE_URL, *"])


MISTAKES = {
    '"held"': "name the option that is 'held', as in pacing='held' *",
    'pace="held"': "unknown option 'pace': did you mean pacing?",
    "colour=1": "unknown option 'colour': use one of allow, database, pacing, *",
    'faults="cancel:1:reset"': "faults is not a list; write faults=['cancel:1:reset']",
    'faults=["cancl:1:reset"]': "'cancl:1:reset' is not a fault: unknown operation 'cancl': did you mean cancel?",
    'faults=["cancel:1:rset-after"]': "'cancel:1:rset-after' is not a fault: unknown kind of fault 'rset': did you mean reset?",
    'faults=["cancel"]': "'cancel' is not a fault: write OPERATION:CALLS:EFFECT, such as cancel:2:reset-after",
    'allow="undocumented-field"': "allow is not a list; write allow=['undocumented-field']",
    'allow=["undocumented"]': "unknown kind of misuse 'undocumented': did you mean undocumented-field?",
    'pacing="fast"': "'fast' is not a pacing: use at-once, *",
}


@pytest.mark.parametrize("arguments", MISTAKES)
def test_mistakes_in_the_marker_are_one_line_each(run: Callable[[str], pytest.RunResult], arguments: str) -> None:
    result = run(f"""
import pytest

@pytest.mark.zuora_emulator({arguments})
def test_it(zuora_emulator):
    pass
""")
    result.assert_outcomes(errors=1)
    # The line, between the test's name and the summary.
    lines = result.stdout.lines
    start = next(index for index, line in enumerate(lines) if "ERROR at setup" in line)
    shown = lines[start + 1 : next(index for index, line in enumerate(lines) if "short test summary" in line)]
    assert len(shown) == 1
    result.stdout.fnmatch_lines([f"@pytest.mark.zuora_emulator: {MISTAKES[arguments].replace('[', '[[]')}"])
