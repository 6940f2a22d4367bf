"""Fixtures of pytest for tests against the emulator; pytest finds them by itself.

::

    def test_the_close(zuora_emulator, zuora_environ):
        close.cancel("JR-00000075")
        assert zuora_emulator.run("JR-00000075").status == "Cancelled"

A test that passes is failed at its end if its requests had something in them that no caller of Zuora should do: see
`zuora_journal_runs.emulator.MisuseKind`. `@pytest.mark.zuora_emulator(allow=["undocumented-field"])` allows it, and
passes on to the emulator what else it is given, such as `pace="at-once"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.emulator import Emulator, MisuseKind

MARKER = "zuora_emulator"
_IN_USE: pytest.StashKey[tuple[Emulator, frozenset[MisuseKind]]] = pytest.StashKey()
_OF_A_TENANT = ("ZUORA_ENVIRONMENT", "ZUORA_ENTITY_ID", "ZUORA_ORG_IDS", "ZUORA_VERSION")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(allow=(), **options): how the emulator of a test is made, and which of 'unknown-operation', "
        "'undocumented-field' and 'ignored-429' do not fail it",
    )


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test for what its requests had in them; being the last to be called, this sees only what has passed."""
    if _IN_USE in item.stash:
        emulator, allowed = item.stash[_IN_USE]
        misuses = emulator.misuses(allow=allowed)
        if misuses:
            said = "\n".join(f"  {misuse}" for misuse in misuses)
            hint = f'@pytest.mark.{MARKER}(allow=["{misuses[0].kind}"])'
            pytest.fail(f"Zuora was asked for what it should not be:\n{said}\n{hint} allows it", pytrace=False)


@pytest.fixture
def zuora_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator over HTTP for this test alone; its URL is `zuora_emulator.url`."""
    try:
        # It takes longer to import than most tests, which do not need it.
        from zuora_journal_runs.emulator import Emulator, MisuseKind, server  # noqa: F401 - the server asks for more
    except ModuleNotFoundError as error:
        pytest.fail(
            f"not installed: {error.name}; to install: pip install 'zuora-journal-runs[emulator]'", pytrace=False
        )
    options: dict[str, Any] = {}
    for marker in request.node.iter_markers(MARKER):
        options = marker.kwargs | options
    allowed = frozenset(MisuseKind(kind) for kind in options.pop("allow", ()))
    with Emulator(**options) as emulator:
        request.node.stash[_IN_USE] = emulator, allowed
        yield emulator
        del request.node.stash[_IN_USE]


@pytest.fixture
def zuora_client(zuora_emulator: Emulator) -> Iterator[JournalRunsClient]:
    """A client of the emulator, without a socket; its waits take no time."""
    with zuora_emulator.client() as client:
        yield client


@pytest.fixture
def zuora_environ(zuora_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of this process leads to the emulator, and to no tenant."""
    for name in _OF_A_TENANT:
        monkeypatch.delenv(name, raising=False)
    environ = zuora_emulator.environ()
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ
