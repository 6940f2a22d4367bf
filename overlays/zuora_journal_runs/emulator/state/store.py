"""Where an emulator keeps what it was told: one SQLite database, in memory or in a file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.errors import DatabaseFileError
from zuora_journal_runs.emulator.pacing import Pacing

from .lifecycle import EntryState, EntryStatus, RunStatus, Transfer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    client_id TEXT PRIMARY KEY, client_secret TEXT NOT NULL, permissions TEXT NOT NULL
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES users, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
    number TEXT PRIMARY KEY, status TEXT NOT NULL, before TEXT NOT NULL, outcome TEXT NOT NULL,
    period TEXT NOT NULL, document TEXT NOT NULL, entries INTEGER NOT NULL,
    pacing TEXT NOT NULL, polls INTEGER NOT NULL, since REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE entries (
    number TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    status TEXT NOT NULL, transfer TEXT NOT NULL, transferred_by TEXT, transferred_on TEXT,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX entries_of_run ON entries (run, number);
CREATE TABLE outcomes (position INTEGER PRIMARY KEY, outcome TEXT NOT NULL);
CREATE TABLE replies (
    key TEXT PRIMARY KEY, call TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL,
    body BLOB NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
"""


_OF_RUNS = ("runs", "entries", "counters", "outcomes", "replies")

Snapshot = dict[str, list[tuple[Any, ...]]]
"""The rows of each table."""


@dataclass(slots=True)
class Run:
    """A journal run as it is stored; `document` is the inside of a JSON object with what never changes."""

    number: str
    status: RunStatus
    before: RunStatus
    outcome: RunStatus
    period: str
    document: str
    entries: int
    pacing: Pacing
    polls: int
    since: float


@dataclass(frozen=True, slots=True)
class SavedResponse:
    """An answer kept under an idempotency key; `call` is the method and address that it was given to."""

    call: str
    status: int
    request_id: str
    body: bytes


class Store:
    """All state of one emulator, behind one lock.

    A file is in write-ahead mode without a sync at each commit, and locked for this process alone: what was
    acknowledged survives the death of the process, though the last changes may be lost with the power. A cancellation
    of ten entries takes 1.1 times the CPU of one in memory, and 1.7 times as long.
    """

    def __init__(self, database: str | os.PathLike[str]) -> None:
        self.lock: threading.RLock = threading.RLock()
        try:
            self._sql = _open(os.fspath(database))
        except sqlite3.DatabaseError as error:
            raise DatabaseFileError(f"{database} cannot be used as an emulator's database: {error}") from error

    def close(self) -> None:
        """Let go of the database."""
        with self.lock:
            self._sql.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside, and nobody else meanwhile."""
        with self.lock:
            self._sql.execute("BEGIN")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                self._sql.rollback()
                raise

    def _do(self, statement: str, *values: object) -> None:
        self._sql.execute(statement, values)

    def _one(self, statement: str, *values: object) -> Any:
        return self._sql.execute(statement, values).fetchone()

    def clear_runs(self) -> None:
        """Forget everything but users and their tokens."""
        for table in reversed(_OF_RUNS):
            self._do(f"DELETE FROM {table}")  # noqa: S608

    def take_snapshot(self) -> Snapshot:
        """Everything but users and their tokens, as it is now."""
        return {table: self._sql.execute(f"SELECT * FROM {table}").fetchall() for table in _OF_RUNS}  # noqa: S608

    def restore_snapshot(self, snapshot: Snapshot, later: float) -> None:
        """Bring back what was, for one to whom so many seconds have not passed."""
        self.clear_runs()
        for table, rows in snapshot.items():
            if rows:
                marks = ",".join("?" * len(rows[0]))
                self._sql.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        self._do("UPDATE runs SET since = since + ?", later)
        self._do("UPDATE replies SET expires = expires + ?", later)

    def count(self, name: str, at_least: int = 1) -> int:
        """Raise a counter by one, or to `at_least`, and return it."""
        statement = """
            INSERT INTO counters VALUES (?, ?)
            ON CONFLICT DO UPDATE SET value = max(value + 1, excluded.value) RETURNING value"""
        return int(self._one(statement, name, at_least)[0])

    # Users and tokens

    def add_user(self, client_id: str, client_secret: str, permissions: str) -> None:
        """Add a user, with permissions one a line."""
        self._do("INSERT INTO users VALUES (?, ?, ?)", client_id, client_secret, permissions)

    def first_user(self) -> tuple[str, str] | None:
        """Client id and client secret of the user that came with the database."""
        row: tuple[str, str] | None = self._one("SELECT client_id, client_secret FROM users ORDER BY rowid LIMIT 1")
        return row

    def secret_of(self, client_id: str) -> str | None:
        """A user's client secret."""
        row = self._one("SELECT client_secret FROM users WHERE client_id = ?", client_id)
        return row and str(row[0])

    def add_token(self, token: str, client_id: str, now: float, expires: float) -> None:
        """Add a token, and forget those that are expired."""
        self._do("DELETE FROM tokens WHERE expires <= ?", now)
        self._do("INSERT INTO tokens VALUES (?, ?, ?)", token, client_id, expires)

    def permissions_of(self, token: str, now: float) -> str | None:
        """What the bearer of a token may do; None for one that is unknown or expired."""
        statement = "SELECT permissions FROM tokens NATURAL JOIN users WHERE token = ? AND expires > ?"
        row = self._one(statement, token, now)
        return row and str(row[0])

    def delete_token(self, token: str) -> None:
        """Delete a token."""
        self._do("DELETE FROM tokens WHERE token = ?", token)

    # Runs

    def run(self, number: str) -> Run | None:
        """A run by its number."""
        row = self._one("SELECT * FROM runs WHERE number = ?", number)
        return row and _run(row)

    def runs_in(self, statuses: Collection[RunStatus]) -> list[Run]:
        """The runs in any of some statuses."""
        marks = ",".join("?" * len(statuses))
        statement = f"SELECT * FROM runs WHERE status IN ({marks}) ORDER BY number"  # noqa: S608
        return [_run(row) for row in self._sql.execute(statement, tuple(statuses))]

    def last_runs(self, limit: int, up_to: str | None) -> list[tuple[Run, int]]:
        """The last runs by number, or the last up to one, and how many entries of each are cancelled."""
        statement = """
            SELECT runs.*, count(entries.number)
            FROM (SELECT * FROM runs WHERE :up_to IS NULL OR number <= :up_to ORDER BY number DESC LIMIT :limit) AS runs
            LEFT JOIN entries ON entries.run = runs.number AND entries.status = 'Cancelled'
            GROUP BY runs.number ORDER BY runs.number"""
        return [(_run(row[:-1]), row[-1]) for row in self._sql.execute(statement, {"up_to": up_to, "limit": limit})]

    def save_run(self, run: Run) -> None:
        """Add a run, or keep what has changed of it."""
        statement = """
            INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
            SET status = excluded.status, before = excluded.before, entries = excluded.entries,
                polls = excluded.polls, since = excluded.since"""
        fixed = (run.outcome, run.period, run.document)
        self._do(
            statement, run.number, run.status, run.before, *fixed, run.entries, str(run.pacing), run.polls, run.since
        )

    def delete_run(self, number: str) -> None:
        """Delete a run with its entries."""
        self._do("DELETE FROM runs WHERE number = ?", number)

    def latest(self) -> float:
        """When something last began or went on in any run, as seconds since 1970; 0 if there is none."""
        return float(self._one("SELECT max(since) FROM runs")[0] or 0)

    def add_outcome(self, outcome: RunStatus) -> None:
        """Decide how a run to be created ends, after those that are decided already."""
        self._do("INSERT INTO outcomes (outcome) VALUES (?)", outcome)

    def next_outcome(self) -> RunStatus:
        """How the next run that is created ends."""
        row = self._one("DELETE FROM outcomes WHERE position = (SELECT min(position) FROM outcomes) RETURNING outcome")
        return RunStatus(row[0]) if row else RunStatus.COMPLETED

    # Entries

    def add_entry(self, number: str, run: str, status: EntryStatus, document: str) -> None:
        """Add an entry that is not transferred to accounting."""
        self._do("INSERT INTO entries VALUES (?, ?, ?, 'No', NULL, NULL, ?)", number, run, status, document)

    def entry_states(self, run: str, limit: int = -1) -> list[EntryState]:
        """All entries of a run, or so many, as far as rules go."""
        statement = "SELECT number, status, transfer FROM entries WHERE run = ? ORDER BY number LIMIT ?"
        rows = self._sql.execute(statement, (run, limit))
        return [EntryState(row[0], EntryStatus(row[1]), Transfer(row[2])) for row in rows]

    def entry_status(self, number: str) -> EntryStatus | None:
        """The status of an entry."""
        row = self._one("SELECT status FROM entries WHERE number = ?", number)
        return row and EntryStatus(row[0])

    def cancel_entries(self, numbers: Sequence[str]) -> None:
        """Cancel entries."""
        for number in numbers:
            self._do("UPDATE entries SET status = 'Cancelled' WHERE number = ?", number)

    def transfer_entry(self, number: str, transfer: Transfer, by: str | None, on: str | None) -> None:
        """Say how far an entry is on its way to accounting, and who brought it there when."""
        statement = "UPDATE entries SET transfer = ?, transferred_by = ?, transferred_on = ? WHERE number = ?"
        self._do(statement, transfer, by, on, number)

    def entries(self, run: str, limit: int, offset: int) -> list[tuple[Any, ...]]:
        """Number, status, transfer, by whom, when and document of some of a run's entries."""
        statement = """
            SELECT number, status, transfer, transferred_by, transferred_on, document
            FROM entries WHERE run = ? ORDER BY number LIMIT ? OFFSET ?"""
        return self._sql.execute(statement, (run, limit, offset)).fetchall()

    # Idempotency keys

    def saved_response(self, key: str, now: float) -> SavedResponse | None:
        """The answer kept under a key."""
        statement = "SELECT call, status, request_id, body FROM replies WHERE key = ? AND expires > ?"
        row = self._one(statement, key, now)
        return row and SavedResponse(*row)

    def save_response(self, key: str, reply: SavedResponse, now: float, expires: float) -> None:
        """Keep an answer, and forget those that are expired."""
        self._do("DELETE FROM replies WHERE expires <= ?", now)
        values = (key, reply.call, reply.status, reply.request_id, reply.body, expires)
        self._do("INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?)", *values)


def _run(row: tuple[Any, ...]) -> Run:
    number, status, before, outcome, period, document, entries, pacing, polls, since = row
    statuses = RunStatus(status), RunStatus(before), RunStatus(outcome)
    return Run(number, *statuses, period, document, entries, Pacing.parse(pacing), polls, since)


def _open(path: str) -> sqlite3.Connection:
    sql = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        _prepare(sql)
    except sqlite3.DatabaseError:
        sql.close()
        raise
    return sql


def _prepare(sql: sqlite3.Connection) -> None:
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        sql.execute(f"PRAGMA {pragma}")
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    (tables,) = sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and tables == 0:
        sql.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_SCHEMA_VERSION}; COMMIT")
    elif version != _SCHEMA_VERSION:
        raise sqlite3.DatabaseError("it holds other data, or that of another version")
