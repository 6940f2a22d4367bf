"""Reports: every form says everything that was found and tried, deviations are borne with, and drift is seen."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from zuora_journal_runs.contract import Options, Outcome, Report, Run, WrongUse, summary
from zuora_journal_runs.contract.deviations import read
from zuora_journal_runs.contract.record import Finding
from zuora_journal_runs.contract.report import junit, page
from zuora_journal_runs.contract.report.drift import drift
from zuora_journal_runs.contract.report.junit import xml_text

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
    run: Run = suite_for(emulator, options, mutant(emulator, answer) if mutant else answer, transfer=False)
    run.connect()
    for item in run.items():
        run.tried(item)
    return run.finished()


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
        assert finding.message.strip().splitlines()[0] in said
        assert finding.curl.startswith("curl ")
        assert finding.curl in said
    assert "2 failed" in said
    assert re.search(r"getJournalRun, ST105 Undocumented Content-Type \(\d+ times\)", said)
    assert f"{len(honest.results)} held, 0 failed" in summary(honest)
    assert "createJournalRun, answer: 200 refused, 4XX, 500" in summary(honest)
    assert not re.search("FAILED|DEVIATES", summary(honest))


def test_a_finding_is_told_once(lying: Report) -> None:
    keys = [finding.key for finding in lying.findings]
    assert len(keys) == len(set(keys))
    assert max(finding.times for finding in lying.findings) > 1


def test_junit_has_a_case_for_every_rule(lying: Report) -> None:
    root = ElementTree.fromstring(junit(lying))
    (suite,) = root
    assert suite.attrib["tests"] == str(len(suite)) == str(len(lying.results))
    failed = [case for case in suite if case.find("failure") is not None]
    assert suite.attrib["failures"] == str(len(failed)) == "2"
    (failure,) = failed[0]
    assert (failed[0].attrib["classname"], failed[0].attrib["name"]) == ("contract.headers", "track-id-comes-back")
    assert "ST105" in failure.attrib["message"]
    assert "curl -sS" in (failure.text or "")


def test_junit_says_what_was_not_tried() -> None:
    report = report_of(only=("transferred-entries",))
    assert "not tried  cancellation/transferred-entries-stay: it needs a way" in summary(report)
    root = ElementTree.fromstring(junit(report))
    assert [each.attrib["message"] for each in root.iter("skipped")] == [
        "it needs a way to have an entry transferred: give one with --transfer"
    ]


def test_xml_holds_only_what_it_can() -> None:
    assert xml_text("a\0b\x1b\ufffe\tc\n\ud800") == "a\ufffdb\ufffd\ufffd\tc\n\ufffd"


class Page(HTMLParser):
    """The words of a page, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("link", "script", "img", "iframe"):
            self.loads.append(tag)
        self.loads += [name for name, _ in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_beside_it_and_says_everything(honest: Report, lying: Report) -> None:
    for report in (honest, lying):
        read_page = Page()
        read_page.feed(page(report))
        assert read_page.loads == []
        for result in report.results:
            assert result.title.replace("`", "") in read_page.text
            assert result.id in read_page.text
        for finding in report.findings:
            assert finding.curl in read_page.text
    assert "Everything that was tried holds" in page(honest)
    assert f"{len(lying.failures)} finding" in page(lying)


def test_what_a_provider_says_is_no_markup() -> None:
    finding = Finding("r", "<script>o</script>", "c", "<img src=x>", "curl '<b>'")
    report = report_of(only=("statuses/old",))
    report.results[0].findings.append(finding)
    assert "<script>" not in page(report)
    assert "<img" not in page(report)


def test_json_is_read_as_it_was_written(lying: Report) -> None:
    again = Report.from_json(lying.to_json())
    assert again == lying
    assert summary(again) == summary(lying)
    for text in ("[]", "{", "{}", json.dumps({"version": 2}), json.dumps({"version": 1, "results": [{}]})):
        with pytest.raises(ValueError, match=r"report|version|Expecting"):
            Report.from_json(text)


def test_two_runs_of_one_provider_do_not_differ(honest: Report) -> None:
    assert drift(honest, report_of()) == []
    assert drift(honest, honest) == []


def test_drift_is_what_differs(honest: Report, lying: Report) -> None:
    said = drift(honest, lying)
    assert "headers/track-id-comes-back: held, then failed" in said
    assert any(each.startswith("found now: getJournalRun, ST105") for each in said)
    back = drift(lying, honest)
    assert "headers/track-id-comes-back: failed, then held" in back
    assert any(each.startswith("found no longer: getJournalRun, ST105") for each in back)
    fewer = drift(honest, report_of(NO_LIMITS))
    assert "answered no longer: getJournalRun 404 header ratelimit-limit" in fewer
    assert "reached no longer: getJournalRun header 200 ratelimit-limit" in fewer
    assert "answered now: getJournalRun 404 header ratelimit-limit" in drift(report_of(NO_LIMITS), honest)
    smaller = report_of(only=("statuses/old",))
    assert "headers/track-id-comes-back: held, then not there" in drift(honest, smaller)


DEVIATIONS = """
[[deviation]]
rule = "ST105 Undocumented Content-Type"
operation = "getJournalRun"
says = "text/html"
reason = "case 1: the gateway says text/html"

[[deviation]]
rule = "ST105 Undocumented Content-Type"
reason = "case 4"

[[deviation]]
operation = "deleteJournalRun"
reason = "case 2: was mended in May"
"""


def test_a_known_deviation_is_borne_with_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    path.write_text(DEVIATIONS)
    report = report_of(LIAR, deviations=path)
    assert report.passed
    assert report.counts[Outcome.DEVIATES] == 2
    assert report.counts[Outcome.FAILED] == 0
    said = summary(report)
    assert "DEVIATES" in said
    assert "known: case 1: the gateway says text/html; case 4" in said
    assert "no longer occurs, and can be taken out of the file: case 2: was mended in May" in said
    assert "case 1: the gateway" in page(report)
    assert "occurs no longer: case 2" in page(report)
    skipped, _ = ElementTree.fromstring(junit(report)).iter("skipped")
    assert "known deviation: case 1" in skipped.attrib["message"]


def test_a_deviation_that_is_not_the_finding_covers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    path.write_text('[[deviation]]\nrule = "ST105 Undocumented Content-Type"\nsays = "another"\nreason = "case 3"\n')
    report = report_of(LIAR, deviations=path)
    assert not report.passed
    assert report.past_deviations == ["case 3"]


@pytest.mark.parametrize(
    "text",
    ["", "x", "deviation = 1", "[deviation]", '[[deviation]]\nreason = "r"', '[[deviation]]\nrule = "r"',
     '[[deviation]]\nrule = "r"\nreason = ""', '[[deviation]]\nrule = 1\nreason = "r"',
     '[[deviation]]\nroll = "r"\nreason = "r"'],
)  # fmt: skip
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "deviations.toml"
    path.write_text(text)
    with pytest.raises(WrongUse, match="has no deviations that can be read"):
        read(path)
    with pytest.raises(WrongUse, match="has no deviations that can be read"):
        read(tmp_path / "missing.toml")
