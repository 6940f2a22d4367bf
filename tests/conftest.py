"""Settings for all tests, and what is said at their end."""

from __future__ import annotations

import gc
import os
import signal

import pytest

from .fuzzing import Effort, effort_of, is_property, prepare, replay

# A process that a shell starts in the background ignores Ctrl-C, one under nohup the end of its terminal, and both hand
# that down to the commands under test.
for _name, _handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    if hasattr(signal, _name) and signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), _handler)


_COVERAGE = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage measures the processes that tests start."""
_measuring = pytest.StashKey[str | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that `make fuzz` gives, beside hypothesis' own for the seed."""
    parser.addoption(
        "--fuzz", metavar="N", type=int, help="run only property tests, with fresh examples, N times as many"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose how property tests search."""
    prepare(effort_of(config))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note how processes are measured, and spare the garbage collector all that lives until the end."""
    session.config.stash[_measuring] = os.environ.get(_COVERAGE)
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip on Windows what is marked with `posix`, and measure the processes of what is marked with `measured`.

    Coverage makes the start of a Python twice as long. Most processes execute what others do, too.
    """
    if os.name != "posix" and (mark := item.get_closest_marker("posix")):
        pytest.skip(f"it takes {mark.args[0]}")
    if (measuring := item.config.stash[_measuring]) is not None:
        os.environ.pop(_COVERAGE, None)
        if item.get_closest_marker("measured"):
            os.environ[_COVERAGE] = measuring


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out in `make fuzz` what does not search."""
    if effort_of(config).fuzzing:
        config.hook.pytest_deselected(items=[item for item in items if not is_property(item)])
        items[:] = filter(is_property, items)


@pytest.fixture(scope="session")
def effort(pytestconfig: pytest.Config) -> Effort:
    """How far a test with random seeds of its own searches."""
    return effort_of(pytestconfig)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how to find the same again, and how many cells of a table hold.

    Here, and not beside the table, since the controller of xdist reads no other.
    """
    if (searched := effort_of(config)).fuzzing:
        for report in terminalreporter.getreports("failed"):
            terminalreporter.write_line(f"to replay: {replay(searched, report.nodeid)}")
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
