"""Reports: every form says everything that was found and tried, deviations are borne with, and drift is seen."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from zuora_journal_runs.contract import Options, Outcome, Report, UsageError, summary
from zuora_journal_runs.contract.deviations import read
from zuora_journal_runs.contract.findings import Finding
from zuora_journal_runs.contract.report import junit, page
from zuora_journal_runs.contract.report.drift import drift
from zuora_journal_runs.contract.report.junit import xml_text

from . import provider
from .mutants import MUTANTS, lie
from .provider import emulator_for_the_suite, suite_for

if TYPE_CHECKING:
    from pathlib import Path

    from .mutants import Mutation

ONLY = ("headers/", "authentication/reading", "statuses/old")
_, LIAR = MUTANTS["another content type"]


NO_LIMITS = lie(lambda m: m._replace(headers={n: v for n, v in m.headers.items() if not n.startswith("ratelimit")}))


def report_of(mutant: Mutation | None = None, deviations: Path | None = None, only: tuple[str, ...] = ONLY) -> Report:
    emulator = emulator_for_the_suite()
    answer = emulator.transport().handle_request
    options = Options(deviations=deviations, only=only, examples=3)
    return provider.report_of(
        suite_for(emulator, options, mutant(emulator, answer) if mutant else answer, provoking=False)
    )


@pytest.fixture(scope="module")
def honest() -> Report:
    return report_of()


@pytest.fixture(scope="module")
def lying() -> Report:
    return report_of(LIAR)


def test_the_summary_has_every_failure_with_a_line_to_repeat_it(honest: Report, lying: Report) -> None:
    said = summary(lying)
    assert not lying.passed
    for finding in lying.failures:
        assert finding.title in said
        assert finding.curl.startswith("curl ")
        assert finding.curl in said
    assert re.search(r"\d+ failed", said)
    assert re.search(r"content-type: Content-Type is text/html, not application/json \(\d+ times\)", said)
    assert f"{len(honest.results)} passed, 0 failed" in summary(honest)
    assert not re.search("FAILED|KNOWN|Not reached", summary(honest))
    assert "createJournalRun, response: 200 refused, 4XX\n" in summary(honest, coverage=True)
    assert "createJournalRun, response: 500\n    a provider fails only when" in summary(honest, coverage=True)


def test_a_finding_is_reported_once(lying: Report) -> None:
    keys = [finding.key for finding in lying.findings]
    assert len(keys) == len(set(keys))
    assert max(finding.times for finding in lying.findings) > 1


def test_junit_has_a_case_for_every_rule(lying: Report) -> None:
    root = ElementTree.fromstring(junit(lying))
    (suite,) = root
    assert suite.attrib["tests"] == str(len(suite)) == str(len(lying.results))
    failed = [case for case in suite if case.find("failure") is not None]
    assert suite.attrib["failures"] == str(len(failed)) == str(lying.counts[Outcome.FAILED])
    (failure,) = failed[0]
    assert (failed[0].attrib["classname"], failed[0].attrib["name"]) == ("contract.headers", "track-id-comes-back")
    assert "F1 Content-Type is text/html" in failure.attrib["message"]
    assert "curl -sS" in (failure.text or "")


def test_junit_says_what_was_skipped() -> None:
    report = report_of(only=("too-many-requests",))
    assert "skipped: it needs a way" in summary(report)
    root = ElementTree.fromstring(junit(report))
    assert [each.attrib["message"] for each in root.iter("skipped")] == [
        "it needs a way to make the provider fail: give one with --provoke"
    ]


def test_xml_holds_only_what_it_can() -> None:
    assert xml_text("a\0b\x1b\ufffe\tc\n\ud800") == "a\ufffdb\ufffd\ufffd\tc\n\ufffd"


class Page(HTMLParser):
    """The words of a page, its elements, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.loads: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.headings: list[int] = []
        self.outside: list[str] = []
        """Words that are in no landmark."""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        if tag in ("link", "script", "img", "iframe"):
            self.loads.append(tag)
        self.loads += [name for name in given if name in ("src", "href")]
        self.ids += [str(given["id"])] if "id" in given else []
        self.labels += [str(given["for"])] if tag == "label" else []
        self.headings += [int(tag[1])] if tag in ("h1", "h2", "h3") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if data.strip() and "body" in self.open and "main" not in self.open:
            self.outside.append(data)


def test_the_page_needs_nothing_beside_it_and_says_everything(honest: Report, lying: Report) -> None:
    for report in (honest, lying):
        read_page = Page(page(report))
        assert read_page.loads == []
        for result in report.results:
            assert result.title.replace("`", "") in read_page.text
            assert result.id in read_page.text
        for finding in report.findings:
            assert finding.curl in read_page.text
    assert "Everything that was checked passed" in page(honest)
    assert f"{len(lying.failures)} finding" in page(lying)


def test_what_follows_from_a_finding_is_beneath_it() -> None:
    _, unknown_status = MUTANTS["an unknown status"]
    report = report_of(unknown_status, only=("authentication/reading", "headers/compressed"))
    (finding,) = report.findings
    assert finding.title.startswith("status: 'Canceled', not one of Pending")
    assert finding.rules == ["headers/compressed-if-long-and-asked-for", "authentication/reading-needs-a-token"]
    assert finding.operations == ["getJournalRun"]
    follows = "authentication/reading-needs-a-token: JR-00000001 is Canceled, and can only be"
    assert f"so {follows}" in summary(report)
    assert follows in Page(page(report)).text


def test_a_page_may_have_nothing_left_to_reach() -> None:
    report = report_of(only=("statuses/old",))
    for row in report.rows:
        row.times = 1
    assert "not reached" not in page(report)


def test_the_page_is_well_built(lying: Report) -> None:
    """One landmark holds all of it, every control has a label, and headings skip no level."""
    read_page = Page(page(lying))
    assert read_page.open == []
    assert read_page.outside == []
    assert len(read_page.ids) == len(set(read_page.ids))
    assert read_page.labels == [each for each in read_page.ids if each.startswith("show-")]
    assert read_page.labels == ["show-all", "show-passed", "show-failed", "show-known-deviation", "show-skipped"]
    assert read_page.headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(read_page.headings))
    assert page(lying).count('<li class="rule card failed">') == lying.counts[Outcome.FAILED]


def test_what_a_provider_says_is_no_markup() -> None:
    report = report_of(only=("statuses/old",))
    report.findings.append(Finding("r", "c", "<script>o</script>", "<img src=x>", "curl '<b>'"))
    assert "<script>" not in page(report)
    assert "<img" not in page(report)


def test_json_is_read_as_it_was_written(lying: Report) -> None:
    again = Report.from_json(lying.to_json())
    assert again == lying
    assert summary(again) == summary(lying)
    for text in ("[]", "{", "{}", json.dumps({"version": 1}), json.dumps({"version": 2, "results": [{}]})):
        with pytest.raises(ValueError, match=r"report|version|Expecting"):
            Report.from_json(text)


def test_two_runs_of_one_provider_do_not_differ(honest: Report) -> None:
    assert drift(honest, report_of()) == []
    assert drift(honest, honest) == []


def test_drift_is_what_differs(honest: Report, lying: Report) -> None:
    said = drift(honest, lying)
    assert "headers/track-id-comes-back: passed, then failed" in said
    assert any(each.startswith("found now: content-type: Content-Type is text/html") for each in said)
    back = drift(lying, honest)
    assert "headers/track-id-comes-back: failed, then passed" in back
    assert any(each.startswith("not found any more: content-type") for each in back)
    fewer = drift(honest, report_of(NO_LIMITS))
    assert "in responses no longer: getJournalRun 404 header ratelimit-limit" in fewer
    assert "reached no longer: getJournalRun header 200 ratelimit-limit" in fewer
    assert "in responses now: getJournalRun 404 header ratelimit-limit" in drift(report_of(NO_LIMITS), honest)
    smaller = report_of(only=("statuses/old",))
    assert "headers/track-id-comes-back: passed, then missing" in drift(honest, smaller)


TODAY = date(2026, 11, 26)
DEVIATIONS = """
[[deviation]]
rule = "content-type"
operation = "getJournalRun"
says = "text/html"
reason = "case 1: the gateway says text/html"

[[deviation]]
rule = "content-type"
reason = "case 4"

[[deviation]]
operation = "deleteJournalRun"
reason = "case 2: was mended in May"
"""


def deviations(folder: Path, text: str) -> Path:
    path = folder / "deviations.toml"
    path.write_text(text)
    return path


def test_a_known_deviation_is_accepted_and_reported(tmp_path: Path) -> None:
    report = report_of(LIAR, deviations(tmp_path, DEVIATIONS), only=("headers/track-id-comes", "statuses/old"))
    assert report.passed
    assert report.counts == {Outcome.KNOWN_DEVIATION: 2}
    said = summary(report)
    assert "KNOWN DEVIATION F1 content-type" in said
    assert "known: case 1: the gateway says text/html; case 4" in said
    assert "did not occur, and can be removed from the file: case 2: was mended in May" in said
    assert "case 1: the gateway" in page(report)
    assert "did not occur: case 2" in page(report)
    skipped, _ = ElementTree.fromstring(junit(report)).iter("skipped")
    assert "known deviation: case 1" in skipped.attrib["message"]


@pytest.mark.parametrize(("until", "passes"), [("2026-11-25", False), ("2026-11-26", True), ("2999-01-01", True)])
def test_a_known_deviation_ends(tmp_path: Path, until: str, passes: bool) -> None:
    text = f'[[deviation]]\nrule = "content-type"\nuntil = {until}\nreason = "case 1"\n'
    report = report_of(LIAR, deviations(tmp_path, text), only=("statuses/old",))
    assert report.passed == passes
    assert report.ended_deviations == ([] if passes else [f"case 1 (until {until})"])
    assert ("not accepted any more: case 1" in summary(report)) != passes
    assert ("accepted no longer: case 1" in page(report)) != passes


@pytest.mark.parametrize(
    "text", ['rule = "content-type"\nsays = "another"', 'rule = "content-type"\noperation = "deleteJournalRun"']
)
def test_a_deviation_that_is_not_the_finding_covers_nothing(tmp_path: Path, text: str) -> None:
    path = deviations(tmp_path, f'[[deviation]]\n{text}\nreason = "case 3"\n')
    report = report_of(LIAR, path, only=("statuses/old",))
    assert not report.passed
    assert report.past_deviations == ["case 3"]


def test_what_follows_from_a_known_deviation_is_known_too(tmp_path: Path) -> None:
    _, unknown_status = MUTANTS["an unknown status"]
    path = deviations(tmp_path, '[[deviation]]\nrule = "body"\nsays = "Canceled"\nreason = "case 5"\n')
    report = report_of(unknown_status, path, only=("authentication/reading", "headers/compressed"))
    assert any(effect.follows for effect in report.findings[0].effects)
    assert report.counts == {Outcome.KNOWN_DEVIATION: 2}


def test_a_finding_is_known_only_where_it_is(tmp_path: Path) -> None:
    path = deviations(tmp_path, '[[deviation]]\noperation = "getJournalRun"\nreason = "case 1"\n')
    report = report_of(LIAR, path, only=("statuses/old",))
    assert report.findings[0].operations == ["getJournalRun", "listJournalEntriesOfJournalRun"]
    assert not report.passed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'deviation' is missing"),
        ("x", "Expected"),
        ("deviation = 1", r"begins with \[\[deviation\]\]"),
        ("deviation = [1]", r"begins with \[\[deviation\]\]"),
        ("[deviation]", r"begins with \[\[deviation\]\]"),
        ('[[deviation]]\nreason = "r"', "one of rule, operation and says"),
        ('[[deviation]]\nreason = "r"\nuntil = 2027-03-31', "one of rule, operation and says"),
        ('[[deviation]]\nrule = "body"', "missing|reason"),
        ('[[deviation]]\nrule = "body"\nreason = ""', "needs a reason"),
        ('[[deviation]]\nrule = 1\nreason = "r"', "rule must be text"),
        ('[[deviation]]\nrule = "body"\nreason = "r"\nuntil = "soon"', "until must be a date such as 2027-03-31"),
        ('[[deviation]]\nrule = "body"\nreason = "r"\nuntil = 2027-03-31T00:00:00', "until must be a date"),
        ('[[deviation]]\nroll = "r"\nreason = "r"', "'roll' is not a field"),
        ('[[deviation]]\nrule = "r"\nreason = "r"', "deviation 1: there is no rule or check 'r'"),
        ('[[deviation]]\noperation = "getRun"\nreason = "r"', "deviation 1: there is no operation 'getRun'"),
    ],
)
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(deviations(tmp_path, text), (), TODAY)
    with pytest.raises(UsageError, match=r"is not a file of deviations: .*No such file"):
        read(tmp_path / "missing.toml", (), TODAY)


def test_requests_to_no_operation_may_deviate_too(tmp_path: Path) -> None:
    path = deviations(tmp_path, '[[deviation]]\noperation = "BREW /v1/journal-runs"\nreason = "a teapot"\n')
    assert [each.operation for each in read(path, (), TODAY).known] == ["BREW /v1/journal-runs"]
