"""What the suite leaves alone: production, other people's runs, limits, secrets."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests

from zuora_journal_runs.contract import (
    RULES,
    Kind,
    Options,
    Outcome,
    Report,
    Runtime,
    Suite,
    Target,
    UsageError,
    check_provider,
    plan,
    summary,
)
from zuora_journal_runs.contract.checks import Violation, expect
from zuora_journal_runs.contract.clock import Clock as SuiteClock
from zuora_journal_runs.contract.document import load
from zuora_journal_runs.contract.report import FORMS
from zuora_journal_runs.contract.session import RequestNotSentError, Session, curl, pause_after
from zuora_journal_runs.emulator import AT_ONCE, HELD, Emulator, RunStatus, SeedRun, Settings

from .provider import Clock, InProcess, emulator_for_the_suite, report_of, suite_for, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.contract import Result

SANDBOX = "https://rest.test.zuora.com"
PRODUCTION = ["rest.na.zuora.com", "rest.zuora.com", "rest.eu.zuora.com", "rest.ap.zuora.com"]
SECRET = "not-a-real-secret-at-all-but-of-42-letters"


def target(url: str, **more: Any) -> Target:
    return Target(url, "an-id", SECRET, **more)


def elsewhere(emulator: Emulator, **options: Any) -> Suite:
    """The suite on an emulator that seems to be a sandbox tenant."""
    there = Target(SANDBOX, emulator.client_id, emulator.client_secret)
    clock = Clock()
    runtime = Runtime(adapter=InProcess(emulator.transport().handle_request), now=clock.now, sleep=clock.sleep)
    return Suite(there, Options(**options), runtime)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:8080", Kind.LOOPBACK),
        ("http://localhost:8080", Kind.LOOPBACK),
        ("http://[::1]:8080", Kind.LOOPBACK),
        (SANDBOX, Kind.OTHER),
        ("https://rest.apisandbox.zuora.com", Kind.OTHER),
        ("https://stand-in.example.com", Kind.OTHER),
        *((f"https://{host}", Kind.PRODUCTION) for host in PRODUCTION),
        ("https://REST.Zuora.com.:443", Kind.PRODUCTION),
        ("https://api.zuora.com", Kind.PRODUCTION),
        ("https://zuora.com", Kind.PRODUCTION),
        ("https://notzuora.com", Kind.OTHER),
    ],
)
def test_what_is_at_stake(url: str, kind: Kind) -> None:
    assert target(url).kind is kind


def test_production_is_what_the_fragment_calls_so() -> None:
    named = {each["url"] for each in load()["servers"] if "Production" in each["description"]}
    assert named == {f"https://{host}" for host in PRODUCTION}


@pytest.mark.parametrize("host", [*PRODUCTION, "api.zuora.com"])
def test_nothing_is_changed_in_production(host: str) -> None:
    with pytest.raises(UsageError, match="never changes anything there"):
        Options(allow_writes=True).may_write(target(f"https://{host}"))
    assert not Options().may_write(target(f"https://{host}"))


@pytest.mark.parametrize(
    "url",
    ["", "rest.zuora.com", "ftp://localhost", "https://", "https://a:b@rest.test.zuora.com", "https://x/y", "https://x?y",
     "https://x:port", "https://[x", "http://rest.test.zuora.com"],
)  # fmt: skip
def test_an_invalid_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        target(url)
    assert "a:b" not in str(refused.value)


def test_elsewhere_it_only_reads_unless_it_may_write() -> None:
    emulator = Emulator(pacing=AT_ONCE)
    report = report_of(elsewhere(emulator, run="JR-00000073", examples=5))
    results = {result.id: result for result in report.results}
    assert report.findings == []
    assert {each.method for each in emulator.requests if each.path != "/oauth/token"} <= {
        "GET",
        "HEAD",
        "OPTIONS",
        "TRACE",
    }
    assert results["entries/pages-hold-every-entry-once"].outcome is Outcome.PASSED
    assert results["coverage/getJournalRun"].outcome is Outcome.PASSED
    writing = {rule.id for rule in RULES if rule.writes} & results.keys()
    assert {results[each].reason for each in writing} == {"it would change something, and writes are not allowed"}
    assert not report.wrote
    assert "Nothing was created" in FORMS["html"][1](report)


def test_without_a_run_to_read_it_says_so() -> None:
    report = report_of(
        elsewhere(emulator_for_the_suite(), only=("entries/pages", "fuzzing/get"), max_time=60, patience=1)
    )
    assert report.nothing_checked
    assert {result.reason for result in report.results} == {
        "it needs a run to read: name one with --run, or allow writes"
    }


def test_elsewhere_no_creation_is_left_to_chance() -> None:
    ids = {rule.id for rule in elsewhere(emulator_for_the_suite(), allow_writes=True).rules}
    assert "coverage/createJournalRun" not in ids
    assert "fuzzing/cancelJournalRun" not in ids
    assert "stateful/links" not in ids
    assert {"coverage/getJournalRun", "stateful/people", "cancellation/a-whole-life"} <= ids


def test_it_says_beforehand_what_it_will_do() -> None:
    said = " ".join(plan(target(SANDBOX), Options()))
    assert SANDBOX in said
    assert "Nothing is created, cancelled or deleted" in said
    said = " ".join(plan(target(SANDBOX), Options(allow_writes=True, dates=("2026-10-01", "2026-10-31"))))
    assert "over 2026-10-01/2026-10-31" in said
    assert "changes no other" in said


def session(*, may_write: bool = True) -> Session:
    return Session(may_write=may_write, own={"JR-00000007"}, own_entries={"JE-00000007"}, timeout=1, clock=SuiteClock())


@pytest.mark.parametrize(
    ("method", "path", "leaves"),
    [
        ("GET", "/v1/journal-runs/JR-00000075", True),
        ("POST", "/oauth/token", True),
        ("POST", "/v1/journal-runs", True),
        ("PUT", "/v1/journal-runs/JR-00000007/cancel", True),
        ("DELETE", "/v1/journal-runs/JR-00000007", True),
        ("DELETE", "/v1/journal-runs/x", True),
        ("PUT", "/v1/journal-entries/JE-00000007/basic-information", True),
        ("PUT", "/v1/journal-entries/JE-00000038/basic-information", False),
        ("PUT", "/v1/journal-entries/JE-00000007%2f..%2fJE-00000038/basic-information", False),
        ("PUT", "/v1/journal-runs/JR-00000075/cancel", False),
        ("DELETE", "/v1/journal-runs/JR-000000075", False),
        ("DELETE", "/v1/journal-runs/JR-00000007%2f..%2fJR-00000075", False),
        ("DELETE", "/v1/journal-runs/%4aR-00000075", False),
        ("DELETE", "/v1/journal-runs/jr-00000075", False),
        ("DELETE", "/v1/journal-runs/2c9890306eeb6121016eebb8b30e002c", False),
    ],
)
def test_only_its_own_runs_are_changed(method: str, path: str, leaves: bool) -> None:
    request = requests.Request(method, "http://localhost").prepare()
    request.url = f"http://localhost{path}"
    answered: list[str] = []

    def answer(each: httpx.Request) -> httpx.Response:
        answered.append(each.method)
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    guarded = session()
    guarded.mount("http://localhost", InProcess(answer))
    if leaves:
        guarded.send(request)
    else:
        with pytest.raises(RequestNotSentError, match="not the suite's own"):
            guarded.send(request)
    assert bool(answered) == leaves
    if method != "GET" and "token" not in path:
        with pytest.raises(RequestNotSentError, match="may change something"):
            session(may_write=False).send(request)


def test_a_run_of_somebody_elses_is_waited_for() -> None:
    emulator = Emulator(seed=[SeedRun(number="JR-00000076", status=RunStatus.PENDING, pacing=HELD)])
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.seconds > 60:
            emulator.release("JR-00000076")

    adapter = InProcess(emulator.transport().handle_request)
    runtime = Runtime(adapter=adapter, now=clock.now, sleep=sleep)
    suite = Suite(Target.from_environ(emulator.environ()), Options(), runtime)
    assert suite.harness.create().number == "JR-00000077"
    assert 60 < clock.seconds < 80


def test_it_cleans_up_and_reports_when_it_is_stopped() -> None:
    emulator = emulator_for_the_suite()
    reports: list[Report] = []

    def stop(result: Result) -> None:
        if result.calls > 20:
            raise KeyboardInterrupt

    clock = Clock()
    runtime = Runtime(adapter=InProcess(emulator.transport().handle_request), now=clock.now, sleep=clock.sleep)
    with pytest.raises(KeyboardInterrupt):
        check_provider(target_of(emulator), Options(), runtime, on_result=stop, on_report=reports.append)
    (created,) = {each.path for each in emulator.requests if each.method == "PUT"}
    assert emulator.requests[-2].path == created.removesuffix("/cancel")
    assert emulator.requests[-1].status in (200, 404)
    assert not emulator.entry_numbers(created.split("/")[3])
    (report,) = reports
    assert (report.ended, report.left) == ("KeyboardInterrupt", [])
    assert "ended early: KeyboardInterrupt" in summary(report)


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), KeyboardInterrupt()])
def test_it_reports_when_it_breaks_down_and_cleaning_up_is_stopped(error: BaseException) -> None:
    emulator = emulator_for_the_suite()
    reports: list[Report] = []
    stopped = False

    def stop(result: Result) -> None:
        nonlocal stopped
        if result.calls > 20:
            stopped = True
            raise error

    def handler(request: httpx.Request) -> httpx.Response:
        if stopped:
            raise KeyboardInterrupt
        return emulator.transport().handle_request(request)

    clock = Clock()
    runtime = Runtime(adapter=InProcess(handler), now=clock.now, sleep=clock.sleep)
    with pytest.raises(KeyboardInterrupt):
        check_provider(target_of(emulator), Options(), runtime, on_result=stop, on_report=reports.append)
    (report,) = reports
    assert report.ended.startswith(type(error).__name__)
    assert report.left == ["JR-00000001: cleaning up was stopped"]
    assert f"ended early: {report.ended}" in FORMS["html"][1](report).replace("Ended", "ended")


def test_no_token_is_no_report() -> None:
    reports: list[Report] = []
    emulator = emulator_for_the_suite()
    runtime = Runtime(adapter=InProcess(lambda _: httpx.Response(400, json={"message": "no"})))
    with pytest.raises(UsageError):
        check_provider(target_of(emulator), Options(), runtime, on_report=reports.append)
    assert reports == []


def test_a_run_that_others_made_is_never_touched() -> None:
    emulator = Emulator(pacing=AT_ONCE)
    only = ("broken-requests/", "cancellation/", "coverage/delete", "stateful/links")
    suite = suite_for(emulator, Options(examples=2, only=only))
    suite.harness.target = Target.from_environ(emulator.environ())
    report_of(suite)
    others = {f"JR-{number:08}" for number in range(71, 76)}
    changed = {each.path for each in emulator.requests if each.method in ("PUT", "DELETE", "PATCH")}
    assert changed
    assert not [path for path in changed for number in others if number in path]


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (200, {}, 0),
        (429, {"Retry-After": "30"}, 30),
        (503, {"Retry-After": "7200"}, 120),
        (429, {"Retry-After": "soon"}, 0),
        (200, {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "6", "RateLimit-Reset": "20"}, 0),
        (200, {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "5", "RateLimit-Reset": "20"}, 20),
        (200, {"RateLimit-Limit": "100", "RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}, 120),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "3600"}, 0),
    ],
)
def test_limits_are_kept(status: int, headers: dict[str, str], pause: float) -> None:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    assert pause_after(response) == pause


def test_with_few_calls_in_a_minute_it_takes_its_time() -> None:
    emulator = Emulator(pacing=AT_ONCE, settings=Settings(calls_per_minute=20))
    clock = Clock()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.sleep(seconds)
        emulator.clock.advance(seconds)

    runtime = Runtime(adapter=InProcess(emulator.transport().handle_request), now=clock.now, sleep=sleep)
    suite = Suite(
        Target.from_environ(emulator.environ()),
        Options(only=("headers/", "statuses/", "broken-requests/odd-run")),
        runtime,
    )
    assert report_of(suite).findings == []
    assert 1 < len(slept) < 10
    assert not [each for each in emulator.requests if each.status == 429 or "70" in str(each.codes)]


@pytest.mark.parametrize(("status", "times"), [(429, 2), (200, 2), (429, 4), (429, 3)])
def test_a_request_that_came_too_early_is_sent_again(status: int, times: int) -> None:
    """Others use the tenant too. What is always too early is so in the end."""
    emulator = emulator_for_the_suite()
    early = {"left": 0}
    clock = Clock()
    body = b'{"success":false,"reasons":[{"code":"50000070","message":"too many"}]}'

    def busy(request: httpx.Request) -> httpx.Response:
        if not early["left"]:
            return emulator.transport().handle_request(request)
        early["left"] -= 1
        headers = {"retry-after": "30", "content-type": "application/json", "zuora-request-id": f"{early['left']:036}"}
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    suite = suite_for(emulator, Options(), busy, clock=clock)
    number = suite.harness.at("Completed").number
    early["left"] = times
    answer = suite.harness.call("getJournalRun", number)
    assert answer.status == (200 if times < 4 else 429)
    assert clock.seconds == 30 * min(times, 3)


@pytest.mark.parametrize(
    ("only", "variable"), [("authentication/a-token", "ZUORA_CLIENT_SECRET"), ("examples/getJ", "ZUORA_TOKEN")]
)
def test_no_secret_is_shown(only: str, variable: str) -> None:
    emulator = emulator_for_the_suite()

    def liar(request: httpx.Request) -> httpx.Response:
        response = emulator.transport().handle_request(request)
        repeated = f"{request.headers.get('authorization')} {request.content.decode(errors='replace')}"
        response.headers["content-type"] = (
            f'text/html; said="{repeated}"'.replace("\n", "").encode("ascii", "replace").decode()
        )
        return response

    suite = suite_for(emulator, Options(examples=2, only=(only,)), liar)
    suite.connect()
    token = suite.harness.token
    report = report_of(suite)
    texts = [summary(report), *(writer(report) for _, writer in FORMS.values()), repr(suite.harness.target)]
    assert report.findings
    for text in texts:
        assert emulator.client_secret not in text
        assert token not in text
    assert f"${variable}" in texts[0]


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("sh") is None, reason="it takes curl and a shell")
@pytest.mark.parametrize(
    "body", [b'{"it\'s": "a $HOME `x` \\u00e9"}', b"\x1f\x8b\x00\xff", b"secret=" + SECRET.encode(), b""]
)
def test_a_curl_line_makes_the_same_request_again(body: bytes) -> None:
    emulator = Emulator()
    with emulator:
        url = f"{emulator.url}/v1/journal-runs/a%2fb%27?x=1"
        headers = {"Zuora-Track-Id": "it's $1", "Authorization": "Bearer a-token", "Content-Type": "text/x"}
        request = requests.Request("PUT", emulator.url, headers=headers, data=body).prepare()
        request.url = url
        line = curl(request, {"a-token": "ZUORA_TOKEN", SECRET: "ZUORA_CLIENT_SECRET"})
        assert "a-token" not in line
        assert SECRET not in line
        done = subprocess.run(
            ["sh", "-c", f"exec 2>/dev/null; {line} >/dev/null"],
            check=False,
            env={"PATH": "/usr/bin:/bin", "ZUORA_TOKEN": "a-token", "ZUORA_CLIENT_SECRET": SECRET},
        )
        assert done.returncode == 0
        (asked,) = emulator.requests
    assert (asked.method, asked.path, asked.query) == ("PUT", "/v1/journal-runs/a%2fb%27", "x=1")


def test_what_is_insisted_on_holds_without_asserts() -> None:
    with pytest.raises(Violation, match="no"):
        expect([], "no")


def test_an_environment_describes_a_target() -> None:
    environ = {"ZUORA_CLIENT_ID": " an-id ", "ZUORA_CLIENT_SECRET": SECRET}
    with pytest.raises(UsageError, match="no address"):
        Target.from_environ(environ)
    with pytest.raises(UsageError, match="set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET"):
        Target.from_environ({}, SANDBOX)
    with pytest.raises(UsageError, match="ZUORA_ENVIRONMENT is 'MOON', which is not one of PROD_NA"):
        Target.from_environ(environ | {"ZUORA_ENVIRONMENT": "moon"})
    both = environ | {"ZUORA_ENVIRONMENT": "csbx", "ZUORA_BASE_URL": "http://localhost:1"}
    with pytest.raises(UsageError, match="name different addresses"):
        Target.from_environ(both)
    assert Target.from_environ(both, "http://localhost:2").url == "http://localhost:2"
    assert Target.from_environ(both | {"ZUORA_BASE_URL": f"{SANDBOX}/"}).url == SANDBOX
    named = Target.from_environ(environ | {"ZUORA_ENVIRONMENT": "csbx"})
    assert (named.url, named.client_id) == (SANDBOX, "an-id")
    more = {"ZUORA_ENTITY_ID": "e", "ZUORA_ORG_IDS": "a,b", "ZUORA_VERSION": "2025-08-12"}
    given = Target.from_environ(environ | more, "https://localhost:1/")
    assert given.conventions == {"Zuora-Entity-Ids": "e", "Zuora-Org-Ids": "a,b", "Zuora-Version": "2025-08-12"}


def test_no_token_means_that_nothing_can_be_tried() -> None:
    emulator = emulator_for_the_suite()

    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"message": "Invalid client id"})

    def hang(_: httpx.Request) -> httpx.Response:
        raise requests.ConnectTimeout

    answers: dict[str, Callable[[httpx.Request], httpx.Response]] = {
        "with these credentials: there is no token: 400 Invalid client id": refuse,
        "no complete response within 30 seconds": hang,
    }
    for said, answer in answers.items():
        with pytest.raises(UsageError, match=said):
            suite_for(emulator, Options(), answer).connect()
