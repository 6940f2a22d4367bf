"""The suite: which rules it has, what it will do, and one run of it."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .checks import Skipped, Violation
from .cleanup import ATTEMPTS, CleanUp
from .clock import OutOfTime
from .deviations import read
from .document import load
from .findings import Findings
from .generated import generated
from .harness import Harness
from .options import Runtime
from .report import Outcome, Report, Result, Row
from .rules import RULES as WRITTEN
from .session import NoResponseError
from .stateful import stateful
from .target import Kind, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from .deviations import Deviations
    from .options import Options
    from .rule import Rule
    from .target import Target

RULES: tuple[Rule, ...] = (*WRITTEN, *generated(), *stateful())
"""All rules, in the order in which they are checked."""

AT_RANDOM = ("coverage/", "fuzzing/", "stateful/links")
"""Prefixes of rules that would create arbitrary runs."""


def selected(target: Target, options: Options) -> list[Rule]:
    """Return the rules to check.

    Away from this machine nothing is created at random: every creation there is one that the documents allow, or one
    that each of them forbids.

    Raises:
        UsageError: `only` names a rule that does not exist, or nothing is left to check.
    """
    for name in options.only:
        if not any(name in rule.id for rule in RULES):
            raise UsageError(f"no rule has {name!r} in its name; see zjr contract --plan")
    wanted = [rule for rule in RULES if not options.only or any(each in rule.id for each in options.only)]
    rules = [
        rule for rule in wanted if target.kind is Kind.LOOPBACK or not (rule.writes and rule.id.startswith(AT_RANDOM))
    ]
    if not rules:
        raise UsageError("these rules create runs at random, which is done on this machine only")
    return rules


def plan(target: Target, options: Options, runtime: Runtime | None = None) -> list[str]:
    """Return what a run of the suite will do, in lines of text.

    Raises:
        UsageError: It may not be done there, or an option is wrong.
    """
    suite = Suite(target, options, runtime)
    rules = suite.rules
    lines = [f"{target.url} is {target.kind.value}. {len(rules)} rules are checked, one request at a time."]
    if suite.may_write:
        dates = "/".join(options.dates or ("the dates of last month",))
        lines += [
            f"Dozens of journal runs are created, one by one, over {dates}.",
            "The suite cancels and deletes its own runs, and changes no other.",
        ]
    else:
        lines.append("Nothing is created, cancelled or deleted: only runs and entries are read, and tokens requested.")
    return lines


def steps(target: Target, options: Options) -> list[str]:
    """Return a line for each rule: its name, whether it only reads, and what it checks.

    Raises:
        UsageError: It may not be done there, or an option is wrong.
    """
    may_write = options.may_write(target)
    rules = selected(target, options)
    width = max(len(rule.id) for rule in rules)
    does = {True: "changes" if may_write else "skipped", False: "reads"}
    return [f"{rule.id:{width}}  {does[rule.writes]:7}  {rule.title}" for rule in rules]


class Suite:
    """One run of the suite against a provider.

    Args:
        target: The provider.
        options: How the suite is run.
        runtime: What it uses of the world around it.

    Raises:
        UsageError: What is requested may not be done there, or an option is wrong.
    """

    def __init__(self, target: Target, options: Options, runtime: Runtime | None = None) -> None:
        runtime = runtime or Runtime()
        self.options = options
        self.rules: list[Rule] = selected(target, options)
        self.today: datetime = runtime.today()
        self.deviations: Deviations = read(options.deviations, [rule.id for rule in RULES], self.today.date())
        self.may_write: bool = options.may_write(target)
        self.harness: Harness = Harness(load(), target, options, runtime)
        self.results: list[Result] = []
        self._cleanup = CleanUp(self.harness)

    def connect(self) -> None:
        """Get a token, without which nothing can be checked.

        Raises:
            UsageError: There is none.
        """
        url = self.harness.target.url
        attempts = 0
        while True:
            attempts += 1
            try:
                _ = self.harness.token
            except NoResponseError as error:
                raise UsageError(f"{url} cannot be tested: {error}") from None
            except OutOfTime:
                raise UsageError(f"{url} cannot be tested: there is no token within the time given") from None
            except Violation as error:
                failing = any(each.check == "server-error" for each in self.harness.findings)
                if attempts == ATTEMPTS or not failing:
                    raise UsageError(f"{url} cannot be tested with these credentials: {error}") from None
            else:
                # What was found on the way will be found again, by the rules.
                self.harness.findings = Findings()
                return

    def check(self, rule: Rule) -> Result:
        """Check a rule."""
        harness, began = self.harness, self.harness.clock.now()
        calls = harness.session.calls
        harness.findings.rule = rule.id
        reason = ""
        try:
            with harness.recording(), seeded(harness.seed):
                self._check(rule)
        except Skipped as missing:
            reason = str(missing)
        except OutOfTime:
            reason = "the time was up"
        seconds = harness.clock.now() - began
        result = Result(
            rule.id, rule.title, rule.source, Outcome.PASSED, reason, [], seconds, harness.session.calls - calls
        )
        self._judge(result)
        self.results.append(result)
        return result

    def _check(self, rule: Rule) -> None:
        self.harness.clock.check()
        if rule.writes and not self.may_write:
            raise Skipped("it would change something, and writes are not allowed")
        rule.check(self.harness)

    def clean_up(self) -> None:
        """Cancel and delete the runs that the suite made, within the time given."""
        try:
            if self.may_write:
                self._cleanup.remove_all()
        finally:
            self.harness.session.close()

    def report(self, ended: str = "") -> Report:
        """Return the report of what was checked so far.

        Args:
            ended: Why the run was ended early, if it was.
        """
        self.harness.findings.compare()
        for number, finding in enumerate(self.harness.findings, 1):
            finding.id = f"F{number}"
        for result in self.results:
            self._judge(result)
        harness = self.harness
        responses: dict[str, dict[str, int]] = {}
        for (operation, status), times in sorted(harness.coverage.calls.items()):
            responses.setdefault(operation, {})[status] = times
        return Report(
            target=harness.target.url,
            kind=harness.target.kind.value,
            wrote=self.may_write,
            seed=harness.seed,
            began=self.today.isoformat(timespec="seconds"),
            seconds=round(harness.clock.now() - harness.began, 2),
            calls=harness.session.calls,
            results=self.results,
            findings=list(harness.findings),
            rows=[
                Row(*row, times, harness.coverage.why(row), not harness.coverage.prevented(row))
                for row, times in harness.coverage.reached.items()
            ],
            responses=responses,
            shapes=sorted(harness.coverage.shapes),
            past_deviations=[each.reason for each in self.deviations.past],
            ended_deviations=[f"{each.reason} (until {each.until})" for each in self.deviations.ended],
            left=[f"{number}: {why}" for number, why in self._cleanup.left.items()],
            observations={name: dict(counts) for name, counts in sorted(harness.observations.items())},
            ended=ended,
        )

    def _judge(self, result: Result) -> None:
        findings = self.harness.findings.met.get(result.id, [])
        for finding in findings:
            finding.deviation = self.deviations.reason_for(finding)
        result.findings = [finding.id for finding in findings]
        if findings:
            known = all(finding.deviation is not None for finding in findings)
            result.outcome = Outcome.KNOWN_DEVIATION if known else Outcome.FAILED
        elif result.reason:
            result.outcome = Outcome.SKIPPED


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed Python's own random numbers, which schemathesis uses, and leave those of the host as they were."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def check_provider(
    target: Target,
    options: Options,
    runtime: Runtime | None = None,
    *,
    on_result: Callable[[Result], object] = lambda _: None,
    on_report: Callable[[Report], object] = lambda _: None,
) -> Report:
    """Check all rules. Whatever ends it, it cleans up, and there is a report.

    Args:
        target: The provider.
        options: How the suite is run.
        runtime: What it uses of the world around it.
        on_result: Called with each result as it comes.
        on_report: Called with the report, even if an exception ended the run; that is raised afterwards.

    Raises:
        UsageError: What is requested may not be done there, or the provider gives no token.
    """
    suite = Suite(target, options, runtime)
    try:
        suite.connect()
    except BaseException:
        suite.harness.session.close()
        raise
    ended = ""
    try:
        try:
            for rule in suite.rules:
                on_result(suite.check(rule))
        except BaseException as error:
            ended = ": ".join(filter(None, (type(error).__name__, str(error))))
            raise
        finally:
            suite.clean_up()
    finally:
        report = suite.report(ended)
        on_report(report)
    return report
