"""The suite finds nothing to blame in the emulator, and reaches what can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from zuora_journal_runs.contract import ITEMS, Options, Outcome, Run, Target, phases
from zuora_journal_runs.emulator import AT_ONCE, Emulator

from .mutants import MUTANTS, Message, lie
from .provider import Clock, InProcess, emulator_for_the_suite, suite_for, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from zuora_journal_runs.contract import Report, Result

RULES = tuple(sorted({item.id.partition("/")[0] for item in ITEMS} - {"examples", "coverage", "fuzzing", "walks"}))


def report_of(run: Run) -> Report:
    run.connect()
    for item in run.items():
        run.tried(item)
    return run.finished()


def found(report: Report) -> list[str]:
    return [f"{each.rule}: {each.operation}, {each.check}: {each.message}\n{each.curl}" for each in report.findings]


def test_the_emulator_keeps_to_the_contract() -> None:
    whole = report_of(suite_for(emulator_for_the_suite(), Options(examples=8)))
    assert found(whole) == []
    assert whole.passed
    assert [result.id for result in whole.results if result.outcome is not Outcome.HELD] == []
    assert whole.calls > 2000
    only_what_nobody_can_ask_for_is_never_reached(whole)
    every_walk_reaches_the_end(whole)


def only_what_nobody_can_ask_for_is_never_reached(whole: Report) -> None:
    """Answers of 500, and waits, are for providers in trouble; a request without body has nothing to compress."""
    unreachable = {
        *(("answer", each.operation, "500") for each in whole.rows),
        *(("header", each.operation, each.name) for each in whole.rows if each.name.startswith("500 ")),
        *(("header", each.operation, "4XX retry-after") for each in whole.rows),
        *(("header", each.operation, "200 content-encoding") for each in whole.rows),
        *(("parameter", each.operation, "Content-Encoding success") for each in whole.rows),
        ("value", "", "JournalRunStatus Error"),
        *(("value", "", f"TransferredToAccounting {each}") for each in ("Processing", "Error", "Ignore")),
    }
    assert {(row.kind, row.operation, row.name) for row in whole.missed} - unreachable == set()
    assert whole.share > 0.8


def every_walk_reaches_the_end(whole: Report) -> None:
    assert whole.answers["deleteJournalRun"]["200"] > 30
    assert [run for run in whole.left if "transferred to accounting" not in run] == []


@pytest.mark.parametrize(
    "chosen",
    [
        {"tenant_version": "2024-05-20", "numeric_codes": False},
        {"show_cancel_in_progress": False},
    ],
    ids=str,
)
def test_other_tenants_keep_to_it_too(chosen: dict[str, Any]) -> None:
    report = report_of(suite_for(emulator_for_the_suite(**chosen), Options(examples=2, only=(*RULES, "walks/people"))))
    assert found(report) == []


def test_a_provider_that_is_done_at_once_keeps_to_it_too() -> None:
    emulator = Emulator(pacing=AT_ONCE)
    target = Target.from_environ(emulator.environ())
    report = report_of(
        Run(target, Options(only=RULES), adapter=InProcess(emulator.transport().handle_request), sleep=lambda _: None)
    )
    assert found(report) == []
    reasons = {result.reason for result in report.results if result.outcome is Outcome.NOT_TRIED}
    assert "it needs a way to have an entry transferred: give one with --transfer" in reasons
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
    report = report_of(suite_for(emulator, Options(examples=3, only=(*RULES, "examples")), answer))
    assert found(report) == []
    missing = {result.id for result in report.results if result.outcome is Outcome.NOT_TRIED}
    assert missing == {
        "headers/compressed-if-long-and-asked-for",
        "headers/limits-count-down",
        "headers/concurrency-is-within-its-limit",
        "creation/a-period-and-dates-agree",
        "creation/revenue-events-need-a-period",
        "creation/every-documented-type-can-be-named",
        "entries/pages-hold-every-entry-once",
        "entries/a-page-alone-has-no-effect",
        "cancellation/transferred-entries-stay",
        "cancellation/entries-may-be-transferred-meanwhile",
    }


def result_of(phase: str, later: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> Result:
    """What a phase comes to if the answers about runs change after a while."""
    emulator = emulator_for_the_suite()
    honest = emulator.transport().handle_request

    def answer(request: httpx.Request) -> httpx.Response:
        about_a_run = request.method == "GET" and request.url.path.startswith("/v1/journal-runs/")
        return later(request, honest(request)) if about_a_run and len(emulator.requests) > 30 else honest(request)

    run = suite_for(emulator, Options(), answer)
    run.connect()
    (item,) = (each for each in run.items() if each.id == phase)
    return run.tried(item)


def test_a_phase_ends_when_there_are_no_answers() -> None:
    def silence(*_: object) -> httpx.Response:
        raise requests.ReadTimeout

    (finding,) = result_of("coverage/getJournalRun", silence).findings
    assert (finding.check, finding.times) == ("answers", 3)


def test_a_phase_ends_when_there_is_no_run_to_ask_for() -> None:
    def stuck(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        message = Message.of(request, response)
        return (message.saying(status="Processing") if message.of_run else message).response()

    findings = result_of("coverage/cancelJournalRun", stuck).findings
    assert "is Processing, and can only be" in findings[-1].message or "is still Processing" in findings[-1].message


def test_a_walk_goes_on_when_a_provider_remembers_the_one_before() -> None:
    walks: list[int] = []

    class Remembering(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            walks.append(0)

        @precondition(lambda _: len(walks) % 3 > 0)
        @rule(number=st.integers())
        def sometimes(self, number: int) -> None:
            walks[-1] += number

        @rule(text=st.text())
        def always(self, text: str) -> None:
            walks[-1] += len(text)

    with pytest.raises(FlakyStrategyDefinition):
        run_state_machine_as_test(seed(0)(Remembering), settings=settings(database=None, max_examples=30))
    walks.clear()
    phases.walk(Remembering, suite_for(emulator_for_the_suite(), Options(examples=30)).bench, steps=5)
    assert len(walks) >= 30


def test_walks_that_are_always_broken_off_end(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0

    class Machine:
        def __init__(self) -> None:
            nonlocal begun
            begun += 1

    def breaks_off(machine: type[Machine], **_: object) -> None:
        machine()
        raise FlakyStrategyDefinition

    monkeypatch.setattr(phases, "run_machine", breaks_off)
    bench = suite_for(emulator_for_the_suite(), Options(examples=3)).bench
    phases.walk(cast("type[RuleBasedStateMachine]", Machine), bench, steps=5)
    assert begun == 3


def test_what_cannot_be_read_is_found_once() -> None:
    bench = suite_for(emulator_for_the_suite(), Options()).bench
    assert bench.token
    for _ in range(2):
        bench.record.begin("a/rule")
        with bench.recording("a/rule"):
            raise KeyError("amount")
    (finding,) = bench.record.findings.values()
    assert (finding.message, finding.times) == ("an answer could not be read: KeyError: 'amount'", 2)


def test_an_asterisk_leaves_the_coding_to_the_provider() -> None:
    emulator = emulator_for_the_suite()
    run = suite_for(emulator, Options())
    number = run.bench.at("Completed").number
    for answer in (
        emulator.transport().handle_request,
        MUTANTS["gzip is not done"][1](emulator, emulator.transport().handle_request),
    ):
        run.bench.session.mount(run.bench.target.url, InProcess(answer))
        run.bench.call("listJournalEntriesOfJournalRun", number, headers={"Accept-Encoding": "*"})
    assert not run.bench.record.findings


def test_the_suite_for_a_tenant_goes_over_the_network() -> None:
    run = Run(Target("https://rest.test.zuora.com", "an-id", "a-secret"), Options())
    assert run.bench.session.trust_env
    assert repr(run.bench.document) == "<journal-runs.yaml>"


def test_the_links_alone_find_a_run_that_comes_back() -> None:
    """Schemathesis' own check finds it, which knows nothing of an answer of 200 that is a failure."""

    def checks(number: int) -> list[str]:
        emulator = emulator_for_the_suite()
        answer = MUTANTS["a run that comes back"][1](emulator, emulator.transport().handle_request)
        report = report_of(suite_for(emulator, Options(seed=number, examples=20, only=("walks/links",)), answer))
        return [finding.check for finding in report.findings]

    # A walk comes by it by chance, which what else this process has imported takes part in.
    assert any(check.startswith("ST301") for number in range(20) for check in checks(number))


def test_a_seed_decides_every_request() -> None:
    """The identifiers that the emulator makes differ, and so do keys and tokens of time; what is asked does not."""

    def asked(number: int) -> list[tuple[str, str, str]]:
        emulator = emulator_for_the_suite()
        report_of(suite_for(emulator, Options(examples=3, seed=number, only=("fuzzing/getJ", "walks/people"))))
        return [(each.method, each.path, each.query) for each in emulator.requests]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_it_can_be_repeated() -> None:
    """What an earlier run has left at the provider, such as known keys, changes nothing."""
    emulator = emulator_for_the_suite()
    only = ("creation/a-key", "creation/keys", "coverage/createJournalRun")
    for _ in range(2):
        assert found(report_of(suite_for(emulator, Options(examples=5, only=only)))) == []


def test_it_stops_when_the_time_is_up() -> None:
    emulator = emulator_for_the_suite()
    clock = Clock()

    def passing() -> float:
        clock.seconds += 0.001
        return clock.seconds

    run = Run(
        target_of(emulator),
        Options(max_time=1.0),
        adapter=InProcess(emulator.transport().handle_request),
        now=passing,
        sleep=clock.sleep,
    )
    report = report_of(run)
    late = [result for result in report.results if result.reason == "the time was up"]
    assert report.results[-1] in late
    assert report.results[0] not in late
    assert report.left == []
    assert clock.seconds < 10
