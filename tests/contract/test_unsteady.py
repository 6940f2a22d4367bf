"""The suite finds providers that are broken now and then, in its time, and is fair to honest ones that are odd."""

from __future__ import annotations

import random
import socket
import threading
from typing import TYPE_CHECKING

import pytest
import requests

from zuora_journal_runs.contract import Options, Suite, UsageError
from zuora_journal_runs.contract.cleanup import ATTEMPTS
from zuora_journal_runs.contract.clock import Clock as SuiteClock
from zuora_journal_runs.contract.clock import OutOfTime
from zuora_journal_runs.contract.session import NoResponseError, Session

from .__main__ import kill
from .mutants import MUTANTS
from .provider import Clock, emulator_for_the_suite, report_of, suite_for
from .unsteady import ODD, UNSTEADY, dropped, instead, reads_run, unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from .provider import Handler

RARE = {
    "an old status one time in 100",
    "an entry less one time in 100",
    "an entry that comes back one time in 100",
}
"""What takes thousands of calls to be found, in `make mutants`."""


def suite_on(name: str, clock: Clock | None = None, **options: object) -> Suite:
    emulator = emulator_for_the_suite()
    mutation = UNSTEADY[name] if name in UNSTEADY else MUTANTS[name][1]
    handler = mutation(emulator, emulator.transport().handle_request)
    return suite_for(emulator, Options(**options), handler, clock=clock)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", UNSTEADY.keys() - RARE)
def test_an_unsteady_provider_is_found(name: str) -> None:
    assert kill(UNSTEADY[name]).killer is not None


def test_there_are_enough_of_them() -> None:
    assert len(UNSTEADY) >= 30
    assert not UNSTEADY.keys() & MUTANTS.keys()
    assert UNSTEADY.keys() > RARE


@pytest.mark.parametrize(
    "name",
    [
        "cancels nothing",
        "no response to lists",
        "no response one time in 30",
        "60 seconds for every cancellation",
        "45 seconds one time in 10",
        "cancellations are in progress for ever",
    ],
)
@pytest.mark.parametrize("max_time", [60, 300])
def test_the_time_bounds_everything(name: str, max_time: int) -> None:
    clock = Clock()
    report = report_of(suite_on(name, clock, max_time=max_time, examples=2))
    assert not report.passed
    assert clock.seconds <= max_time
    if name == "cancels nothing":
        assert [each.partition(": ")[2] for each in report.left] != []


def test_a_provider_that_settles_nothing_is_one_finding() -> None:
    clock = Clock()
    report = report_of(suite_on("cancels nothing", clock, examples=2))
    (finding,) = report.findings
    assert "is still Completed after 600 seconds" in finding.title
    assert len(finding.rules) == 1
    assert clock.seconds < 700
    assert any("runs do not settle" in result.reason for result in report.results)


@pytest.mark.parametrize(
    ("name", "only", "said"),
    [
        ("503 for one reading in 20", ("headers/",), "server-error: different responses to the same request"),
        ("503 for one deletion in 7", ("cancellation/",), "different responses to the same request"),
        ("no success in one reading of 33", ("headers/",), "different responses to the same request"),
    ],
)  # fmt: skip
def test_flakiness_is_what_is_found(name: str, only: tuple[str, ...], said: str) -> None:
    report = report_of(suite_on(name, only=only))
    assert any(said in f"{finding.check}: {finding.title}" for finding in report.findings)


def test_repeated_requests_may_have_no_response() -> None:
    """The second to the ninth request tell whether the first finding is always so: here every third hangs up."""
    emulator = emulator_for_the_suite()
    lying = MUTANTS["another content type"][1](emulator, emulator.transport().handle_request)
    handler = instead(dropped, lambda request: "99999999999999" in request.url.path, 3)(emulator, lying)
    report = report_of(suite_for(emulator, Options(only=("statuses/old",)), handler))
    assert {finding.check for finding in report.findings} == {"content-type", "no-response"}


def test_what_is_always_so_is_not_flaky() -> None:
    report = report_of(suite_on("an unknown status", only=("headers/", "statuses/")))
    assert [finding.flaky for finding in report.findings] == [""]


def test_an_honest_provider_that_is_odd_is_not_blamed() -> None:
    """One that is odd in every way: each of them changes other parts of a response."""
    emulator = emulator_for_the_suite()
    handler: Handler = emulator.transport().handle_request
    for oddity in ODD.values():
        handler = oddity(emulator, handler)
    report = report_of(suite_for(emulator, Options(examples=2), handler))
    assert [f"{each.rules} {each.title} {each.curl}" for each in report.findings] == []


def failing(failures: Iterator[httpx.Response], honest: Handler) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        failure = next(failures, None)
        return honest(request) if failure is None else failure

    return handler


def test_a_token_that_fails_now_and_then_is_requested_again() -> None:
    emulator = emulator_for_the_suite()
    honest = emulator.transport().handle_request
    for times in (4, 5):
        failures = iter([unavailable() for _ in range(times)])
        suite = suite_for(emulator, Options(), failing(failures, honest))
        if times < ATTEMPTS:
            suite.connect()
        else:
            with pytest.raises(UsageError, match="there is no token: 503"):
                suite.connect()


def test_the_host_s_random_numbers_stay_as_they_are() -> None:
    random.seed(7)
    state = random.getstate()
    report_of(suite_on("an unknown status", only=("fuzzing/getJournalRun",), examples=3))
    assert random.getstate() == state


class Dripping:
    """A server that sends a byte now and then, and never a whole response."""

    def __init__(self, head: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._head, self._gone = head, threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._head)
            while not self._gone.wait(0.01):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    def close(self) -> None:
        self._gone.set()
        self._thread.join()
        self._listener.close()


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: "],
)
def test_bytes_that_drip_are_no_response(head: bytes) -> None:
    """The timeout of a socket alone would begin again with every byte."""
    server = Dripping(head)
    session = Session(may_write=True, own=(), timeout=0.2, clock=SuiteClock())
    session.trust_env = False
    try:
        with pytest.raises(NoResponseError, match=r"no complete response within 0\.2 seconds"):
            session.send(requests.Request("GET", server.url).prepare())
    finally:
        session.close()
        server.close()


def test_a_body_without_end_is_no_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zuora_journal_runs.contract.session.MOST_BYTES", 1 << 20)
    body = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (3 << 20)
    server = Dripping(body)
    session = Session(may_write=True, own=(), timeout=30, clock=SuiteClock())
    session.trust_env = False
    try:
        with pytest.raises(NoResponseError, match="the body has more than 1 MB"):
            session.send(requests.Request("GET", server.url).prepare())
    finally:
        session.close()
        server.close()


def test_the_suite_s_own_time_says_nothing_about_the_provider() -> None:
    emulator = emulator_for_the_suite()
    clock = Clock()
    suite = suite_on("30 seconds for every reading", clock, max_time=60, only=("headers/track-id-comes",))
    suite.connect()
    clock.seconds += 45
    (rule,) = suite.rules
    assert suite.check(rule).reason == "the time was up"
    assert suite.report().findings == []
    with pytest.raises(OutOfTime):
        suite.harness.clock.sleep(60)
    late = suite_for(emulator, Options(max_time=1), clock=Clock())
    late.harness.clock.deadline = -1
    with pytest.raises(UsageError, match="no token within the time given"):
        late.connect()


def test_cleaning_up_is_tried_again() -> None:
    emulator = emulator_for_the_suite()
    handler = instead(unavailable, reads_run, 3)(emulator, emulator.transport().handle_request)
    suite = suite_for(emulator, Options(only=("cancellation/cancelled-runs",)), handler)
    suite.connect()
    suite.harness.findings.rule = "x"
    with suite.harness.recording():
        suite.harness.create()
    suite.clean_up()
    assert suite.harness.own
    assert suite.report().left == []
