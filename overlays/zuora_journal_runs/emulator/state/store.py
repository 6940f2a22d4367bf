"""The emulator's state: one SQLite database, in memory or in a file."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.errors import DatabaseFileError
from zuora_journal_runs.emulator.pacing import Pacing

from .lifecycle import IN_PROGRESS, EntryState, EntryStatus, RunStatus, Transfer
from .rows import Group, Period, Row, Sum

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_SCHEMA_VERSION = 4
_IN_PROGRESS = "status IN ({})".format(", ".join(f"'{status}'" for status in sorted(IN_PROGRESS)))
_SCHEMA = f"""
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE users (
    client_id TEXT PRIMARY KEY, client_secret TEXT NOT NULL, permissions TEXT NOT NULL
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES users, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
    number TEXT PRIMARY KEY, status TEXT NOT NULL, previous_status TEXT NOT NULL, outcome TEXT NOT NULL,
    period TEXT NOT NULL, document TEXT NOT NULL, entries INTEGER NOT NULL,
    pacing TEXT NOT NULL, polls INTEGER NOT NULL, since REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX runs_in_progress ON runs (number) WHERE {_IN_PROGRESS};
CREATE TABLE entries (
    number TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL, status TEXT NOT NULL, transfer TEXT NOT NULL, transferred_by TEXT, transferred_on TEXT,
    document TEXT NOT NULL
);
CREATE UNIQUE INDEX entries_of_run ON entries (run, position);
CREATE TABLE periods (
    name TEXT PRIMARY KEY, start_date TEXT NOT NULL, end_date TEXT, open INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE transactions (
    position INTEGER PRIMARY KEY, type TEXT NOT NULL, date TEXT NOT NULL, currency TEXT NOT NULL,
    segment TEXT NOT NULL, debit TEXT NOT NULL, credit TEXT NOT NULL, mills INTEGER NOT NULL, entry TEXT,
    month TEXT -- if the row is the sum of all sample transactions of a type and a segment in a month
);
CREATE INDEX free_transactions ON transactions (type, currency, segment, date) WHERE entry IS NULL;
CREATE INDEX transactions_of_entry ON transactions (entry) WHERE entry IS NOT NULL;
CREATE INDEX samples ON transactions (month, type) WHERE month IS NOT NULL;
CREATE TABLE sampled (month TEXT, type TEXT, PRIMARY KEY (month, type)) WITHOUT ROWID;
CREATE TABLE outcomes (position INTEGER PRIMARY KEY, outcome TEXT NOT NULL);
CREATE TABLE responses (
    key TEXT PRIMARY KEY, target TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL,
    body BLOB NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
"""

_RESETTABLE = ("runs", "entries", "periods", "transactions", "sampled", "counters", "outcomes", "responses")
"""All tables but those of users and their tokens."""

Snapshot = dict[str, list[tuple[Any, ...]]]
"""The rows of each table."""


@dataclass(slots=True)
class Run:
    """A journal run as it is stored."""

    number: str
    status: RunStatus
    previous_status: RunStatus
    """The status before the cancellation or deletion."""
    outcome: RunStatus
    """The status in which its processing ends."""
    period: str
    document: str
    """A JSON object with the fields that never change."""
    entries: int
    pacing: Pacing
    polls: int
    """How often it was read since the last step."""
    since: float
    """When the last step was taken, as seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry as it is stored, without its number."""

    run: str
    status: EntryStatus
    transfer: Transfer
    document: str
    """A JSON object with all other fields."""


@dataclass(frozen=True, slots=True)
class SavedResponse:
    """A response saved under an idempotency key."""

    target: str
    """Method and URL of the request."""
    status: int
    request_id: str
    body: bytes


class Store:
    """All state of one emulator, behind one lock.

    A database file is in write-ahead mode without a sync at each commit, and locked for this process alone: committed
    changes survive the death of the process, though the last ones may be lost in a power failure. A cancellation of ten
    entries takes about 1.4 times the CPU of one in memory.

    Args:
        database: The database file, or `:memory:`.

    Raises:
        DatabaseFileError: The file is used by another emulator, or is not an emulator's database.
    """

    def __init__(self, database: str | os.PathLike[str]) -> None:
        self.lock: threading.RLock = threading.RLock()
        try:
            self._sql = _open(os.fspath(database))
        except sqlite3.DatabaseError as error:
            raise DatabaseFileError(f"{database} cannot be used as an emulator's database: {error}") from error

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._sql.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock, and commit the changes made inside if there is no exception, or else roll them back."""
        # The connection begins a transaction when something is changed: many requests change nothing.
        with self.lock, self._sql:
            yield

    def _execute(self, statement: str, *values: object) -> None:
        self._sql.execute(statement, values)

    def _fetch_one(self, statement: str, *values: object) -> Any:
        return self._sql.execute(statement, values).fetchone()

    def clear_runs(self) -> None:
        """Delete everything but users and their tokens."""
        for table in reversed(_RESETTABLE):
            self._execute(f"DELETE FROM {table}")  # noqa: S608

    def take_snapshot(self) -> Snapshot:
        """Return a copy of everything but users and their tokens."""
        return {table: self._sql.execute(f"SELECT * FROM {table}").fetchall() for table in _RESETTABLE}  # noqa: S608

    def restore_snapshot(self, snapshot: Snapshot, age: float) -> None:
        """Restore a snapshot that is `age` seconds old, as if no time had passed since it was taken."""
        self.clear_runs()
        for table, rows in snapshot.items():
            if rows:
                placeholders = ",".join("?" * len(rows[0]))
                self._sql.executemany(f"INSERT INTO {table} VALUES ({placeholders})", rows)  # noqa: S608
        self._execute("UPDATE runs SET since = since + ?", age)
        self._execute("UPDATE responses SET expires = expires + ?", age)

    def next_number(self, name: str, at_least: int = 1, *, count: int = 1) -> int:
        """Increase a counter by `count`, to `at_least` if that is more, and return it."""
        statement = """
            INSERT INTO counters VALUES (?, ?)
            ON CONFLICT DO UPDATE SET value = max(value + ?, excluded.value) RETURNING value"""
        return int(self._fetch_one(statement, name, max(at_least, count), count)[0])

    # Users and tokens

    def add_user(self, client_id: str, client_secret: str, permissions: str) -> None:
        """Add a user; `permissions` has one permission per line."""
        self._execute("INSERT INTO users VALUES (?, ?, ?)", client_id, client_secret, permissions)

    def first_user(self) -> tuple[str, str] | None:
        """Return the client id and client secret of the user that was created with the database."""
        row: tuple[str, str] | None = self._fetch_one(
            "SELECT client_id, client_secret FROM users ORDER BY rowid LIMIT 1"
        )
        return row

    def secret_of(self, client_id: str) -> str | None:
        """Return a user's client secret; None for an unknown user."""
        row = self._fetch_one("SELECT client_secret FROM users WHERE client_id = ?", client_id)
        return row and str(row[0])

    def add_token(self, token: str, client_id: str, now: float, expires: float) -> None:
        """Add a token, and delete expired ones."""
        self._execute("DELETE FROM tokens WHERE expires <= ?", now)
        self._execute("INSERT INTO tokens VALUES (?, ?, ?)", token, client_id, expires)

    def user_of(self, token: str) -> tuple[frozenset[str], float] | None:
        """Return the permissions of a token's user, and when the token expires; None if it is unknown."""
        row = self._fetch_one("SELECT permissions, expires FROM tokens NATURAL JOIN users WHERE token = ?", token)
        return row and (frozenset(row[0].splitlines()), row[1])

    def client_of(self, token: str) -> str | None:
        """Return the client id of a token's user; None if it is unknown."""
        row = self._fetch_one("SELECT client_id FROM tokens WHERE token = ?", token)
        return row and str(row[0])

    def delete_token(self, token: str) -> None:
        """Delete a token."""
        self._execute("DELETE FROM tokens WHERE token = ?", token)

    # Runs

    def run(self, number: str) -> Run | None:
        """Return a run; None if there is none with this number."""
        row = self._fetch_one("SELECT * FROM runs WHERE number = ?", number)
        return row and _run(row)

    def runs_in_progress(self) -> list[Run]:
        """Return the runs in which an operation is in progress, by number."""
        return [_run(row) for row in self._sql.execute(f"SELECT * FROM runs WHERE {_IN_PROGRESS} ORDER BY number")]  # noqa: S608

    def last_runs(self, limit: int, search: str) -> list[tuple[Run, int]]:
        """Return the last runs by number, each with the number of its cancelled entries.

        Args:
            limit: The maximum number of runs.
            search: A part of their number, period or status, in lower case.
        """
        statement = """
            SELECT runs.*, count(entries.number)
            FROM (SELECT * FROM runs WHERE instr(lower(number || ' ' || period || ' ' || status), :search)
                  ORDER BY number DESC LIMIT :limit) AS runs
            LEFT JOIN entries ON entries.run = runs.number AND entries.status = 'Cancelled'
            GROUP BY runs.number ORDER BY runs.number"""
        return [(_run(row[:-1]), row[-1]) for row in self._sql.execute(statement, {"search": search, "limit": limit})]

    def remaining_entries(self, run: str) -> dict[Transfer, int]:
        """Return how many entries of a run are not cancelled, by `transferredToAccounting`."""
        statement = "SELECT transfer, count(*) FROM entries WHERE run = ? AND status <> 'Cancelled' GROUP BY transfer"
        return {Transfer(transfer): count for transfer, count in self._sql.execute(statement, (run,))}

    def save_run(self, run: Run) -> None:
        """Insert or update a run."""
        statement = """
            INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
            SET status = excluded.status, previous_status = excluded.previous_status, entries = excluded.entries,
                polls = excluded.polls, since = excluded.since"""
        fixed = (run.outcome, run.period, run.document)
        self._execute(
            statement,
            run.number,
            run.status,
            run.previous_status,
            *fixed,
            run.entries,
            str(run.pacing),
            run.polls,
            run.since,
        )

    def delete_run(self, number: str) -> None:
        """Delete a run and its entries."""
        self._execute("DELETE FROM runs WHERE number = ?", number)

    def last_step_time(self) -> float:
        """Return when the last step of any run was taken, as seconds since 1970; 0 if there is no run."""
        return float(self._fetch_one("SELECT max(since) FROM runs")[0] or 0)

    def add_outcome(self, outcome: RunStatus) -> None:
        """Append to the queue of outcomes for runs still to be created."""
        self._execute("INSERT INTO outcomes (outcome) VALUES (?)", outcome)

    def take_outcome(self) -> RunStatus:
        """Take the next outcome from the queue; `Completed` if it is empty."""
        row = self._fetch_one(
            "DELETE FROM outcomes WHERE position = (SELECT min(position) FROM outcomes) RETURNING outcome"
        )
        return RunStatus(row[0]) if row else RunStatus.COMPLETED

    # Entries

    def add_entries(
        self, run: str, status: EntryStatus, numbers: Iterable[str], documents: Iterable[str], *, first: int
    ) -> None:
        """Insert entries of a run at its positions from `first`; they are not transferred to accounting."""
        statement = "INSERT INTO entries VALUES (?, ?, ?, ?, 'No', NULL, NULL, ?)"
        rows = zip(numbers, itertools.repeat(run), itertools.count(first), itertools.repeat(status), documents)
        self._sql.executemany(statement, rows)

    def entry_states(self, run: str, limit: int = -1) -> list[EntryState]:
        """Return the states of a run's entries, or of the first `limit` of them."""
        statement = "SELECT number, status, transfer FROM entries WHERE run = ? ORDER BY position LIMIT ?"
        rows = self._sql.execute(statement, (run, limit))
        return [EntryState(row[0], EntryStatus(row[1]), Transfer(row[2])) for row in rows]

    def entry(self, number: str) -> Entry | None:
        """Return an entry; None if there is none with this number."""
        row = self._fetch_one("SELECT run, status, transfer, document FROM entries WHERE number = ?", number)
        return row and Entry(row[0], EntryStatus(row[1]), Transfer(row[2]), row[3])

    def cancel_entries(self, numbers: Sequence[str]) -> None:
        """Set entries to `Cancelled`, and free their transactions."""
        values = [(number,) for number in numbers]
        self._sql.executemany("UPDATE entries SET status = 'Cancelled' WHERE number = ?", values)
        self._sql.executemany("UPDATE transactions SET entry = NULL WHERE entry = ?", values)

    def set_transfer(self, number: str, transfer: Transfer, by: str | None, on: str | None) -> None:
        """Set `transferredToAccounting` of an entry, and by whom and when it was transferred."""
        statement = "UPDATE entries SET transfer = ?, transferred_by = ?, transferred_on = ? WHERE number = ?"
        self._execute(statement, transfer, by, on, number)

    def save_entry_document(self, number: str, document: str) -> None:
        """Replace the document of an entry."""
        self._execute("UPDATE entries SET document = ? WHERE number = ?", document, number)

    def entries(self, run: str, limit: int, after: int = 0) -> list[tuple[Any, ...]]:
        """Return number, status, transfer, transferred by, transferred on and document of entries after a position."""
        statement = """
            SELECT number, status, transfer, transferred_by, transferred_on, document
            FROM entries WHERE run = ? AND position > ? ORDER BY position LIMIT ?"""
        return self._sql.execute(statement, (run, after, limit)).fetchall()

    # Periods and transactions

    def periods(self) -> list[Period]:
        """Return the periods that were added."""
        rows = self._sql.execute("SELECT name, start_date, end_date, open FROM periods ORDER BY start_date")
        return [Period(name, start, end, bool(is_open)) for name, start, end, is_open in rows]

    def save_period(self, period: Period) -> None:
        """Insert or replace a period."""
        values = (period.name, period.start, period.end, period.open)
        self._execute("INSERT OR REPLACE INTO periods VALUES (?, ?, ?, ?)", *values)

    def add_transactions(self, rows: Iterable[tuple[Any, ...]], entry: str | None = None) -> None:
        """Insert transactions, each with the values of a `Row`, which are in an entry or free."""
        statement = """
            INSERT INTO transactions (type, date, currency, segment, debit, credit, mills, entry)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
        self._sql.executemany(statement, ((*row, entry) for row in rows))

    def add_samples(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows that each stand for all sample transactions of a type and a segment in a month.

        Each has the values of a `Row`, the number of the entry that it is in, or None, and the month.
        """
        statement = """
            INSERT INTO transactions (type, date, currency, segment, debit, credit, mills, entry, month)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
        self._sql.executemany(statement, rows)

    def remove_samples(self, month: str, types: Collection[str]) -> list[tuple[str, str, str | None]]:
        """Remove the rows of `add_samples` of a month and of some types; return types, segments and entries."""
        placeholders = ",".join("?" * len(types))
        statement = f"""
            DELETE FROM transactions WHERE month = ? AND type IN ({placeholders})
            RETURNING type, segment, entry"""  # noqa: S608
        return self._sql.execute(statement, (month, *types)).fetchall()

    def transactions(self, limit: int, entry: str | None) -> list[tuple[Row, str | None, str | None]]:
        """Return the first transactions, or those of an entry.

        Each comes with the number of the entry that it is in, and with a month if it is a row of `add_samples`.
        """
        where = "WHERE entry = ?" if entry else ""
        statement = f"""
            SELECT type, date, currency, segment, debit, credit, mills, entry, month
            FROM transactions {where} ORDER BY position LIMIT ?"""  # noqa: S608
        rows = self._sql.execute(statement, (*filter(None, [entry]), limit))
        return [(Row(*row[:7]), row[7], row[8]) for row in rows]

    def sum_free(self, types: Collection[str], start: str, end: str) -> list[Sum]:
        """Return the sums of the transactions of some types and dates that are in no live entry, the oldest first."""
        placeholders = ",".join("?" * len(types))
        statement = f"""
            SELECT type, currency, segment, debit, credit, sum(mills), min(position)
            FROM transactions WHERE entry IS NULL AND type IN ({placeholders}) AND date BETWEEN ? AND ?
            GROUP BY type, currency, segment, debit, credit"""  # noqa: S608
        rows = self._sql.execute(statement, (*types, start, end)).fetchall()
        rows.sort(key=itemgetter(6))
        return [Sum(Group(*row[:3]), *row[3:6]) for row in rows]

    def take(self, entries: Mapping[Group, str], start: str, end: str) -> None:
        """Put the transactions of some dates that are in no live entry into an entry for each group."""
        statement = """
            UPDATE transactions SET entry = ?
            WHERE entry IS NULL AND type = ? AND currency = ? AND segment = ? AND date BETWEEN ? AND ?"""
        values = ((entry, *group, start, end) for group, entry in entries.items())
        self._sql.executemany(statement, values)

    def not_sampled(self, months: Iterable[str], types: Iterable[str]) -> list[tuple[str, str]]:
        """Return the months and types for which there are no transactions yet, and mark them."""
        statement = """
            INSERT OR IGNORE INTO sampled SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM sampled WHERE month = '')
            RETURNING month, type"""
        pairs = [(month, kind) for month in months for kind in types]
        return [row for pair in pairs for row in self._sql.execute(statement, pair)]

    def end_sampling(self) -> None:
        """Mark all months and types."""
        self._execute("INSERT OR IGNORE INTO sampled VALUES ('', '')")

    # Idempotency keys

    def saved_response(self, key: str, now: float) -> SavedResponse | None:
        """Return the response saved under a key; None if there is none, or it is expired."""
        statement = "SELECT target, status, request_id, body FROM responses WHERE key = ? AND expires > ?"
        row = self._fetch_one(statement, key, now)
        return row and SavedResponse(*row)

    def save_response(self, key: str, response: SavedResponse, now: float, expires: float) -> None:
        """Save a response, and delete expired ones."""
        self._execute("DELETE FROM responses WHERE expires <= ?", now)
        values = (key, response.target, response.status, response.request_id, response.body, expires)
        self._execute("INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?)", *values)


def _run(row: tuple[Any, ...]) -> Run:
    number, status, previous_status, outcome, period, document, entries, pacing, polls, since = row
    statuses = RunStatus(status), RunStatus(previous_status), RunStatus(outcome)
    return Run(number, *statuses, period, document, entries, Pacing.parse(pacing), polls, since)


def _open(path: str) -> sqlite3.Connection:
    sql = sqlite3.connect(path, timeout=0, check_same_thread=False)
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
        raise sqlite3.DatabaseError("it contains other data, or data of another version")
