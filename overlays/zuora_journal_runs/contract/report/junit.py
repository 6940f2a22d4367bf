"""The report as JUnit XML, for CI servers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from .model import Outcome

if TYPE_CHECKING:
    from .model import Report


def junit(report: Report) -> str:
    """Return a test case for each rule."""
    counts = report.counts
    findings = {finding.id: finding for finding in report.findings}
    suite = ElementTree.Element(
        "testsuite",
        name="contract",
        tests=str(len(report.results)),
        failures=str(counts[Outcome.FAILED]),
        errors="0",
        skipped=str(counts[Outcome.SKIPPED] + counts[Outcome.KNOWN_DEVIATION]),
        time=f"{report.seconds:.3f}",
        timestamp=report.began,
        hostname=report.target,
    )
    for result in report.results:
        group, _, name = result.id.partition("/")
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"contract.{group}", name=name, time=f"{result.seconds:.3f}"
        )
        found = [findings[each] for each in result.findings]
        text = xml_text("\n\n".join(f"{each.id} {each.operation}: {each.title}\n{each.curl}" for each in found))
        if result.outcome is Outcome.FAILED:
            checks = xml_text("; ".join(f"{each.id} {each.title}" for each in found if each.deviation is None))
            ElementTree.SubElement(case, "failure", message=checks, type="contract").text = text
        elif result.outcome is Outcome.KNOWN_DEVIATION:
            reasons = "; ".join(dict.fromkeys(str(each.deviation) for each in found))
            ElementTree.SubElement(case, "skipped", message=xml_text(f"known deviation: {reasons}")).text = text
        elif result.outcome is Outcome.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=xml_text(result.reason))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def xml_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(
        each if each in "\t\n" or "\x20" <= each <= "\ud7ff" or "\ue000" <= each <= "\ufffd" else "\ufffd"
        for each in text
    )
