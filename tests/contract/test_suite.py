"""The suite finds nothing to blame in the emulator, and reaches what can be reached."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

import pytest
import requests
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from zuora_journal_runs.contract import RULES, Options, Outcome, Runtime, Suite, Target, stateful
from zuora_journal_runs.emulator import AT_ONCE, Emulator

from .mutants import MUTANTS, Message, lie
from .provider import Clock, InProcess, emulator_for_the_suite, report_of, suite_for, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from zuora_journal_runs.contract import Report

GROUPS = tuple(sorted({rule.id.partition("/")[0] for rule in RULES} - {"examples", "coverage", "fuzzing", "stateful"}))


def found(report: Report) -> list[str]:
    return [f"{each.rules}: {each.operation}, {each.check}: {each.title}\n{each.curl}" for each in report.findings]


def test_the_emulator_keeps_to_the_contract() -> None:
    whole = report_of(suite_for(emulator_for_the_suite(), Options(examples=8)))
    assert found(whole) == []
    assert whole.passed
    assert [result.id for result in whole.results if result.outcome is not Outcome.PASSED] == []
    assert whole.calls > 2000
    what_a_provider_can_show_is_reached(whole)
    every_stateful_test_reaches_the_end(whole)


def what_a_provider_can_show_is_reached(whole: Report) -> None:
    assert whole.missed == []
    assert whole.share == 1
    kinds = Counter(row.name.partition(" ")[2] or row.name for row in whole.prevented)
    assert kinds == {
        "content-encoding": 17,
        "success": 3,
        "ratelimit-limit": 7,
        "ratelimit-remaining": 7,
        "ratelimit-reset": 7,
        "retry-after": 1,
        "Error": 1,
    }


def every_stateful_test_reaches_the_end(whole: Report) -> None:
    assert whole.responses["deleteJournalRun"]["200"] > 30
    assert [run for run in whole.left if "transferred to accounting" not in run] == []


def test_another_tenant_keeps_to_it_too() -> None:
    emulator = emulator_for_the_suite(tenant_version="2024-05-20", numeric_codes=False, show_cancel_in_progress=False)
    assert found(report_of(suite_for(emulator, Options(examples=2, only=(*GROUPS, "stateful/people"))))) == []


def test_a_provider_that_is_done_at_once_keeps_to_it_too() -> None:
    emulator = Emulator(pacing=AT_ONCE)
    target = Target.from_environ(emulator.environ())
    report = report_of(
        Suite(
            target,
            Options(only=GROUPS),
            Runtime(adapter=InProcess(emulator.transport().handle_request), sleep=lambda _: None),
        )
    )
    assert found(report) == []
    reasons = {result.reason for result in report.results if result.outcome is Outcome.SKIPPED}
    assert "runs are not Processing for long enough to be seen twice" in reasons


def test_a_tenant_without_transactions_keeps_to_it_too() -> None:
    """Nor does it say how many requests are left. What cannot be tried there is not found wanting."""

    def poor(message: Message) -> Message:
        if message.of_run:
            message = message.saying(totalJournalEntryCount=0)
        message = message.with_entries(lambda _: [])
        return message._replace(headers={name: each for name, each in message.headers.items() if "limit" not in name})

    emulator = emulator_for_the_suite()
    answer = lie(poor)(emulator, emulator.transport().handle_request)
    report = report_of(suite_for(emulator, Options(examples=3, only=(*GROUPS, "examples")), answer))
    assert found(report) == []
    missing = {result.id for result in report.results if result.outcome is Outcome.SKIPPED}
    assert missing == {
        "headers/compressed-if-long-and-asked-for",
        "headers/limits-count-down",
        "headers/concurrency-is-within-its-limit",
        "entries/updates-are-shown",
        "entries/a-cancelled-entry-is-not-transferred",
        "creation/a-period-and-dates-agree",
        "creation/revenue-events-need-a-period",
        "creation/every-documented-type-can-be-named",
        "entries/pages-hold-every-entry-once",
        "entries/a-page-alone-has-no-effect",
        "cancellation/transferred-entries-stay",
        "cancellation/entries-may-be-transferred-meanwhile",
        "examples/updateJournalEntry",
    }


def report_with(rule: str, later: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> Report:
    """Check one rule on a provider whose responses about runs change after a while."""
    emulator = emulator_for_the_suite()
    honest = emulator.transport().handle_request

    def handler(request: httpx.Request) -> httpx.Response:
        about_a_run = request.method == "GET" and request.url.path.startswith("/v1/journal-runs/")
        return later(request, honest(request)) if about_a_run and len(emulator.requests) > 30 else honest(request)

    return report_of(suite_for(emulator, Options(only=(rule,)), handler))


def test_a_rule_ends_when_there_are_no_responses() -> None:
    def silence(*_: object) -> httpx.Response:
        raise requests.ReadTimeout

    (finding,) = report_with("coverage/getJournalRun", silence).findings
    assert (finding.check, finding.effects[0].times) == ("no-response", 3)


def test_a_rule_ends_when_no_run_settles() -> None:
    def stuck(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        message = Message.of(request, response)
        return (message.saying(status="Processing") if message.of_run else message).response()

    findings = report_with("coverage/cancelJournalRun", stuck).findings
    assert "is Processing, and can only be" in findings[0].message or "is still Processing" in findings[0].message


def test_a_stateful_test_goes_on_when_a_provider_remembers_the_one_before() -> None:
    tests: list[int] = []

    class Remembering(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            tests.append(0)

        @precondition(lambda _: len(tests) % 3 > 0)
        @rule(number=st.integers())
        def sometimes(self, number: int) -> None:
            tests[-1] += number

        @rule(text=st.text())
        def always(self, text: str) -> None:
            tests[-1] += len(text)

    with pytest.raises(FlakyStrategyDefinition):
        run_state_machine_as_test(seed(0)(Remembering), settings=settings(database=None, max_examples=30))
    tests.clear()
    harness = suite_for(emulator_for_the_suite(), Options(examples=30)).harness
    stateful.repeat(Remembering, harness, steps=5)
    assert len(tests) >= 30


def test_stateful_tests_that_are_always_broken_off_end(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0

    class Machine:
        def __init__(self) -> None:
            nonlocal begun
            begun += 1

    def breaks_off(machine: type[Machine], **_: object) -> None:
        machine()
        raise FlakyStrategyDefinition

    monkeypatch.setattr(stateful, "run_machine", breaks_off)
    harness = suite_for(emulator_for_the_suite(), Options(examples=3)).harness
    stateful.repeat(cast("type[RuleBasedStateMachine]", Machine), harness, steps=5)
    assert begun == 3


def test_what_cannot_be_read_is_found_once() -> None:
    harness = suite_for(emulator_for_the_suite(), Options()).harness
    assert harness.token
    harness.findings.rule = "a/rule"
    for _ in range(2):
        with harness.recording():
            raise KeyError("amount")
    (finding,) = harness.findings
    assert finding.message == "a response could not be read: KeyError: 'amount'"


def test_an_asterisk_leaves_the_coding_to_the_provider() -> None:
    emulator = emulator_for_the_suite()
    suite = suite_for(emulator, Options())
    number = suite.harness.at("Completed").number
    for handler in (
        emulator.transport().handle_request,
        MUTANTS["gzip is not done"][1](emulator, emulator.transport().handle_request),
    ):
        suite.harness.session.mount(suite.harness.target.url, InProcess(handler))
        suite.harness.call("listJournalEntriesOfJournalRun", number, headers={"Accept-Encoding": "*"})
    assert not list(suite.harness.findings)


def test_the_suite_for_a_tenant_goes_over_the_network() -> None:
    suite = Suite(Target("https://rest.test.zuora.com", "an-id", "a-secret"), Options())
    assert suite.harness.session.trust_env
    assert repr(suite.harness.document) == "<journal-runs.yaml>"


def test_the_links_alone_find_a_run_that_comes_back() -> None:
    """Schemathesis' own check finds it, which knows nothing of an answer of 200 that is a failure."""

    def checks(number: int) -> list[str]:
        emulator = emulator_for_the_suite()
        answer = MUTANTS["a run that comes back"][1](emulator, emulator.transport().handle_request)
        report = report_of(suite_for(emulator, Options(seed=number, examples=6, only=("stateful/links",)), answer))
        return [finding.check for finding in report.findings]

    # A walk comes by it by chance, which what else this process has imported takes part in.
    assert any(check == "deleted-is-gone" for number in range(20) for check in checks(number))


def test_a_seed_decides_every_request() -> None:
    """The identifiers that the emulator makes differ, and so do keys and tokens of time; what is asked does not."""

    def asked(number: int) -> list[tuple[str, str, str]]:
        emulator = emulator_for_the_suite()
        report_of(suite_for(emulator, Options(examples=3, seed=number, only=("fuzzing/getJ", "stateful/people"))))
        return [(each.method, each.path, each.query) for each in emulator.requests]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_it_can_be_repeated() -> None:
    """What an earlier run has left at the provider, such as known keys, changes nothing."""
    emulator = emulator_for_the_suite()
    only = ("creation/a-key", "creation/keys", "coverage/createJournalRun")
    for _ in range(2):
        assert found(report_of(suite_for(emulator, Options(examples=5, only=only)))) == []


def test_a_user_who_may_override_transfers_leaves_no_run() -> None:
    emulator = emulator_for_the_suite(override_transferred=True)
    report = report_of(suite_for(emulator, Options(only=("transferred-entries-stay",))))
    assert (found(report), report.left) == ([], [])
    assert report_of(suite_for(emulator_for_the_suite(), Options(only=("transferred-entries-stay",)))).left != []


def test_it_stops_when_the_time_is_up() -> None:
    """And its runs are removed, with transferred entries too, where the user may override that."""
    emulator = emulator_for_the_suite(override_transferred=True)
    clock = Clock()

    def passing() -> float:
        clock.seconds += 0.001
        return clock.seconds

    runtime = Runtime(adapter=InProcess(emulator.transport().handle_request), now=passing, sleep=clock.sleep)
    report = report_of(Suite(target_of(emulator), Options(max_time=10.0), runtime))
    late = [result for result in report.results if result.reason == "the time was up"]
    assert report.results[-1] in late
    assert report.results[0] not in late
    assert report.left == []
    assert clock.seconds < 10.01
