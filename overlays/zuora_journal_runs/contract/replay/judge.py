"""Judges recorded exchanges: each response by itself, then the life of each run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.checks import balance, new_request_ids, reasons, request_id, track_id
from zuora_journal_runs.contract.conformance import Conformance
from zuora_journal_runs.contract.coverage import Coverage
from zuora_journal_runs.contract.deviations import Deviations
from zuora_journal_runs.contract.document import load, operations
from zuora_journal_runs.contract.findings import Findings, Problem, Request
from zuora_journal_runs.contract.report import Outcome, Report, Result, Row
from zuora_journal_runs.contract.rule import Rule

from .history import Event, History, event_of
from .readers import read
from .unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from zuora_journal_runs.contract.document import Document
    from zuora_journal_runs.contract.exchange import Exchange
    from zuora_journal_runs.contract.findings import Finding

_TITLES = {
    "status": "Responses have a documented status",
    "content-type": "Responses have a documented content type",
    "headers": "Response headers are as documented",
    "body": "Response bodies are as documented",
    "reasons": "`success` is false if, and only if, there are reasons",
    "track-id": "A track id comes back as it was sent",
    "request-id": "The body and the header have the same request id",
    "unique-request-id": "No two responses have the same request id",
    "balance": "Entries debit as much as they credit",
    "run-model": "Runs and entries behave as documented",
}


def _not_live(_: object) -> None:
    raise NotImplementedError("this rule is for recordings")


RULES = tuple(Rule(f"replay/{check}", title, "the contract", False, _not_live) for check, title in _TITLES.items())
"""What recordings are checked against."""


class Judge:
    """Judges recorded exchanges, one after the other.

    Args:
        document: The contract.
    """

    def __init__(self, document: Document) -> None:
        self.findings: Findings = Findings()
        self.coverage: Coverage = Coverage(document)
        self.judged: int = 0
        """Exchanges that are about journal runs."""
        self.others: int = 0
        """Exchanges that are not."""
        self._conformance = Conformance(document)
        self._checks = [reasons, track_id, request_id, balance, new_request_ids()]
        self._paths = [
            (
                operation.method,
                operation.id,
                re.compile(".*?" + re.sub(r"\\{.*?\\}", "([^/]+)", re.escape(operation.path))),
            )
            for operation in operations(document)
        ]
        self._events: dict[tuple[str, str, str], list[Event]] = {}
        self._secrets: set[str] = set()

    def add(self, exchange: Exchange) -> None:
        """Judge a response by itself, and keep what it says about a run."""
        found = next(
            (
                (operation_id, matched)
                for method, operation_id, pattern in self._paths
                if method == exchange.method and (matched := pattern.fullmatch(exchange.path))
            ),
            None,
        )
        if found is None:
            self.others += 1
            return
        operation_id, matched = found
        self.judged += 1
        self._secrets.update(_secrets_in(exchange))
        number = str(matched[1] if matched.groups() else exchange.data.get("journalRunNumber", ""))
        request = Request(operation_id, f"{exchange.source}: {exchange.method} {exchange.path}")
        if exchange.status:
            problems = list(self._conformance.problems(operation_id, exchange))
            if not any(problem.fatal for problem in problems):
                problems += [problem for check in self._checks for problem in check(exchange)]
            if operation_id == "getJournalRun" and exchange.data.get("number", number) != number:
                said = f"{number} was requested, and {exchange.data['number']} was returned"
                problems.append(Problem("run-model", said))
            for problem in problems:
                self._record(request, problem)
            path = {"jr-number": number} if matched.groups() else {}
            self.coverage.seen(operation_id, exchange, path, exchange.query, exchange.request_body)
        event = event_of(operation_id, exchange)
        if event is not None and number:
            entity = exchange.sent("zuora-entity-ids") or ""
            self._events.setdefault((exchange.host, entity, number), []).append(event)

    def finish(self) -> None:
        """Judge the life of each run, and remove secrets from what was found."""
        for (_, _, number), events in self._events.items():
            history = History(number)
            for event in sorted(events, key=attrgetter("began")):
                for message in history.learn(event):
                    request = Request(event.operation, f"{event.source}: {event.operation} {number}")
                    self._record(request, Problem("run-model", message))
        self._events.clear()
        for finding in self.findings:
            finding.message = self._clean(finding.message)
            finding.cause = self._clean(finding.cause)
            for effect in finding.effects:
                effect.message = self._clean(effect.message)

    def _record(self, request: Request, problem: Problem) -> None:
        self.findings.rule = f"replay/{problem.check}"
        self.findings.response(request, [problem])

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return text


def _secrets_in(exchange: Exchange) -> Iterator[str]:
    """Yield what must not be shown: tokens, and the secrets of clients."""
    authorization = (exchange.sent("authorization") or "").partition(" ")[2]
    candidates: list[Any] = [authorization]
    if exchange.path.endswith("/oauth/token"):
        sent = exchange.request_body
        form = sent if isinstance(sent, str) else ""
        candidates += [value for _, _, value in (pair.partition("=") for pair in form.split("&"))]
        candidates += [value for name, value in exchange.data.items() if name in ("access_token", "jti")]
    yield from (each for each in candidates if isinstance(each, str) and len(each) > 7)


def judge_files(
    paths: Iterable[Path],
    *,
    deviations: Deviations | None = None,
    on_unreadable: Callable[[Unreadable], object] = lambda _: None,
    today: Callable[[], datetime] = lambda: datetime.now(UTC),
    now: Callable[[], float] = lambda: 0.0,
) -> Report:
    """Judge the exchanges in files.

    Args:
        paths: The files.
        deviations: Known deviations.
        on_unreadable: Called with what cannot be read; the rest is still judged.
        today: Return the date and time.
        now: Return the time in seconds, from any starting point.
    """
    began, judge, names = now(), Judge(load()), []
    for path in paths:
        names.append(path.name)
        for each in read(path):
            if isinstance(each, Unreadable):
                on_unreadable(each)
            else:
                judge.add(each)
    judge.finish()
    return _report(judge, deviations or Deviations(), ", ".join(names), today(), now() - began)


def _report(judge: Judge, deviations: Deviations, target: str, today: datetime, seconds: float) -> Report:
    for number, finding in enumerate(judge.findings, 1):
        finding.id = f"F{number}"
        finding.deviation = deviations.reason_for(finding)
    results = []
    for rule in RULES:
        met = judge.findings.met.get(rule.id, [])
        outcome = _outcome(met) if judge.judged else Outcome.SKIPPED
        reason = "" if judge.judged else "no recorded exchange is about journal runs"
        ids = [finding.id for finding in met]
        results.append(Result(rule.id, rule.title, rule.source, outcome, reason, ids, 0.0, judge.judged))
    responses: dict[str, dict[str, int]] = {}
    for (operation, status), times in sorted(judge.coverage.calls.items()):
        responses.setdefault(operation, {})[status] = times
    return Report(
        target=target,
        kind=f"recorded, with {judge.others} other exchanges" if judge.others else "recorded",
        wrote=False,
        seed=0,
        began=today.isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        calls=judge.judged,
        results=results,
        findings=list(judge.findings),
        rows=[
            Row(*row, times, why, not why)
            for row, times in judge.coverage.reached.items()
            for why in [judge.coverage.prevented(row)]
        ],
        responses=responses,
        shapes=sorted(judge.coverage.shapes),
        past_deviations=[each.reason for each in deviations.past],
        ended_deviations=[f"{each.reason} (until {each.until})" for each in deviations.ended],
    )


def _outcome(findings: list[Finding]) -> Outcome:
    if not findings:
        return Outcome.PASSED
    known = all(finding.deviation is not None for finding in findings)
    return Outcome.KNOWN_DEVIATION if known else Outcome.FAILED
