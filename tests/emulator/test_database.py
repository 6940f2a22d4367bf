from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.emulator import AT_ONCE, DatabaseFileError, Pacing, SeedRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.emulator.conftest import Api

RUN = "JR-00000075"
ONE_BY_ONE = Pacing.parse("polls:1")


def test_a_file_keeps_everything(make: Callable[..., Api], tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    first = make(database=file, pacing=ONE_BY_ONE)
    first.cancel()
    for _ in range(4):
        first.status()
    key = {"Idempotency-Key": "k"}
    created = first.create(key).content
    first.emulator.close()
    second = make(database=file, pacing=AT_ONCE, seed=())
    assert second.emulator.client_id == first.emulator.client_id
    second.http.headers["Authorization"] = first.http.headers["Authorization"]
    assert [second.entry_statuses().count("Cancelled") for _ in range(8)] == [4, 5, 6, 7, 8, 9, 9, 9]
    assert second.status() == "Completed"
    assert second.create(key).content == created
    assert second.status("JR-00000076") == "Pending"


def test_time_does_not_go_back_between_two_emulators(make: Callable[..., Api], tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    first = make(database=file, clock=None, pacing="seconds:10")
    first.emulator.clock.advance(10**9)
    first.sign_in()
    then = first.emulator.clock.now()
    first.cancel()
    first.emulator.close()
    assert make(database=file, clock=None).emulator.clock.now() >= then


def test_a_file_belongs_to_one_emulator_at_a_time(make: Callable[..., Api], tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    make(database=file)
    with pytest.raises(DatabaseFileError, match="locked"):
        make(database=file)


def test_a_file_of_something_else_is_left_alone(make: Callable[..., Api], tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    with pytest.raises(DatabaseFileError, match="not a database"):
        make(database=text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE notes (text)")
    database.close()
    with pytest.raises(DatabaseFileError, match="other data"):
        make(database=other)
    with pytest.raises(DatabaseFileError, match="unable to open"):
        make(database=tmp_path / "nowhere" / "tenant.db")


def test_a_closed_emulator_releases_its_file(make: Callable[..., Api], tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    make(database=file).emulator.close()
    assert make(database=file).status() == "Completed"


def test_a_file_is_released_when_its_seed_is_refused(make: Callable[..., Api], tmp_path: Path) -> None:
    file = tmp_path / "tenant.db"
    with pytest.raises(ValueError, match="already"):
        make(database=file, seed=[SeedRun(number=RUN), SeedRun(number=RUN)])
    assert make(database=file).status() == "Completed"
