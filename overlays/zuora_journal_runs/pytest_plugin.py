"""pytest fixtures for tests against the emulator; pytest finds them by itself.

::

    def test_the_close(zuora_emulator, zuora_environ):
        close.cancel("JR-00000075")
        assert zuora_emulator.run("JR-00000075").status == "Cancelled"

Clients that a test makes, in whatever way, wait on the emulator's clock, which takes no time. A test that fails shows
what happened on the emulator. A test that passes fails after all if it misused Zuora's API: see
`zuora_journal_runs.emulator.MisuseKind`. `@pytest.mark.zuora_emulator(allow=["undocumented-field"])` allows a kind of
misuse; other arguments of the marker are those of `Emulator`, such as `pacing="at-once"`.

Without pytest, `Emulator.activate` does the same.
"""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.emulator import Emulator, MisuseKind

MARKER = "zuora_emulator"
_IN_USE: pytest.StashKey[tuple[Emulator, Collection[MisuseKind | str]]] = pytest.StashKey()
_TENANT_VARIABLES = ("ZUORA_ENVIRONMENT", "ZUORA_ENTITY_ID", "ZUORA_ORG_IDS", "ZUORA_VERSION")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(allow=(), **options): the options of the test's emulator, and which of 'unknown-operation', "
        "'undocumented-field' and 'ignored-429' do not fail it",
    )


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that misused the API. Being called last, this is skipped if the test itself fails."""
    if _IN_USE in item.stash:
        emulator, allowed = item.stash[_IN_USE]
        misuses = emulator.misuses(allow=allowed)
        if misuses:
            listed = "\n".join(f"  {misuse}" for misuse in misuses)
            hint = f'@pytest.mark.{MARKER}(allow=["{misuses[0].kind}"])'
            pytest.fail(f"The test misused Zuora's API:\n{listed}\n{hint} allows it", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what happened on the emulator to the report of a test that fails."""
    report = yield
    if report.failed and _IN_USE in item.stash:
        report.sections.append(("Zuora emulator", item.stash[_IN_USE][0].report()))
    return report


@pytest.fixture
def zuora_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator over HTTP for this test alone; its URL is `zuora_emulator.url`."""
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers(MARKER):
        if marker.args:
            raise _mistake(f"name the option that is {marker.args[0]!r}, as in pacing='held' or faults=['get:1:reset']")
        options = marker.kwargs | options
    allow = options.pop("allow", ())
    with _emulator(options, allow) as emulator, emulator.waits():
        request.node.stash[_IN_USE] = emulator, allow
        yield emulator
        del request.node.stash[_IN_USE]


def _emulator(options: dict[str, Any], allow: Collection[MisuseKind | str]) -> Emulator:
    try:
        # Importing it takes longer than most tests, which do not need it.
        from zuora_journal_runs.emulator import Emulator
    except ModuleNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    known = ["allow", *inspect.signature(Emulator).parameters]
    for name in options.keys() - {*known}:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}"
        raise _mistake(f"unknown option {name!r}: {hint}")
    try:
        emulator = Emulator(**options)
        emulator.misuses(allow=allow)
    except (TypeError, ValueError) as error:
        raise _mistake(str(error)) from None
    return emulator


def _mistake(message: str) -> BaseException:
    """Return the failure of a test whose marker is wrong, which is shown as one line."""
    return pytest.fail.Exception(f"@pytest.mark.{MARKER}: {message}", pytrace=False)


@pytest.fixture
def zuora_client(zuora_emulator: Emulator) -> Iterator[JournalRunsClient]:
    """A client for the emulator that needs no socket."""
    with zuora_emulator.client() as client:
        yield client


@pytest.fixture
def zuora_environ(zuora_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The emulator's environment variables, set for this process; those of a tenant are removed."""
    for name in _TENANT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    environ = zuora_emulator.environ()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ
