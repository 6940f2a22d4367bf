"""Settings for all tests, and what is said at their end."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

# No test is timed. On CI, hypothesis chooses a profile of its own, which does not time either and has no chance in it.
if "CI" not in os.environ:
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")

# A process that a shell starts in the background ignores Ctrl-C, one under nohup the end of its terminal, and both hand
# that down to the commands under test.
for _name, _handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if hasattr(signal, _name) and signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), _handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cells of a table hold. Here, and not beside the table, since the controller of xdist reads no other."""
    ended = {
        report.nodeid: report.passed
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call" and "cell" in dict(report.user_properties)
    }
    if ended:
        held = sum(ended.values())
        verdict = "nothing lost, nothing doubled" if held == len(ended) else "see the failures"
        terminalreporter.write_line(f"operations x faults: {held:,} of {len(ended):,} cells, {verdict}")
