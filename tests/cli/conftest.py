"""Fixtures for the tests of the command."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.cli import confirmation, terminal
from zuora_journal_runs.cli.terminal import Person
from zuora_journal_runs.emulator import AT_ONCE, Emulator

from .running import CLEAN, Zjr

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # Emulators that run on this machine are not found.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    for name in CLEAN:
        monkeypatch.delenv(name, raising=False)
    # Whoever runs the tests at a terminal is not asked.
    monkeypatch.setattr(terminal, "_TERMINAL", Path("/nowhere/tty"))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def quick() -> Iterator[Emulator]:
    """An emulator that finishes every operation before it responds."""
    with Emulator(pacing=AT_ONCE) as emulator:
        yield emulator


@pytest.fixture
def zjr(emulator: Emulator) -> Zjr:
    return Zjr(emulator.environ())


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who can be asked, whose keyboard is standard input and whose screen is standard error."""

    @contextmanager
    def person() -> Iterator[Person]:
        yield Person(sys.stdin, sys.stderr)

    monkeypatch.setattr(confirmation, "person", person)
