"""A tenant, Zuora's API to it, and methods to inspect and change both: an emulator without its server."""

from __future__ import annotations

import sys
import weakref
from datetime import UTC, datetime
from itertools import islice
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from .api import ZuoraApi
from .clock import Clock
from .errors import ResourceNotFoundError
from .faults import Fault, FaultSchedule
from .http import RefusedError
from .openapi import contract, schema_errors
from .pacing import Pacing
from .request_log import misuse_kinds
from .settings import OVERRIDE_TRANSFERRED, PERMISSIONS, Settings
from .state.details import details
from .state.identifiers import Identifiers
from .state.ledger import Transaction, amount_of
from .state.lifecycle import RunStatus, Transfer
from .state.seed import Seed, SeedRun
from .state.store import Store
from .state.tenant import Tenant
from .state.tokens import Tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Mapping
    from random import Random

    import httpx

    from .request_log import Misuse, MisuseKind, RecordedRequest
    from .state.rows import Period, Row
    from .state.store import Snapshot
    from .state.tenant import RunState, RunSummary

_MAX_SNAPSHOTS = 100


class EmulatorCore:
    """What all ways to reach an emulator share: its state, and the API that serves it. All methods are thread-safe.

    Its arguments are those of `Emulator`; `origin` returns the base URL for links in responses.
    """

    def __init__(
        self,
        *,
        database: str | os.PathLike[str],
        pacing: Pacing | str,
        clock: Clock | None,
        seed: Seed | Iterable[SeedRun],
        faults: Iterable[Fault | str],
        random: Random | None,
        settings: Settings | None,
        others: Callable[[httpx.Request], httpx.Response | None] | None,
        origin: Callable[[], str],
    ) -> None:
        self.settings: Settings = settings or Settings()
        self._identifiers = Identifiers(random or SystemRandom())
        self._seed = _whole(seed)
        if isinstance(faults, str | Fault):
            raise TypeError(f"faults is not a list; write faults=[{str(faults)!r}]")
        self._faults = FaultSchedule(map(_parsed, faults))
        pacing = Pacing.parse(pacing) if isinstance(pacing, str) else pacing
        self._store = Store(database)
        self._close = weakref.finalize(self, self._store.close)
        # The database may come from an emulator whose clock was advanced: time must not go back.
        self.clock: Clock = clock or Clock(
            max(datetime.now(UTC), datetime.fromtimestamp(self._store.last_step_time(), UTC))
        )
        self._tenant = Tenant(self._store, self.clock, pacing, self.settings)
        self._api = ZuoraApi(
            self._store,
            self._tenant,
            Tokens(self._store, self.clock, self.settings, self._identifiers),
            self._identifiers,
            self.clock,
            self.settings,
            self._faults,
            origin,
            others,
        )
        self._snapshots: dict[str, tuple[float, Snapshot]] = {}
        self.client_id: str
        self.client_secret: str
        try:
            self.client_id, self.client_secret = self._credentials()
        except ValueError:
            self._close()
            raise

    def _credentials(self) -> tuple[str, str]:
        """Return the credentials of the first user, after filling a new database."""
        with self._store.transaction():
            if self._store.first_user() is None:
                self._store.add_user(*self._new_credentials(), "\n".join(sorted(PERMISSIONS)))
                self._tenant.insert_seed(self._seed)
            return self._store.first_user() or ("", "")

    def _new_credentials(self) -> tuple[str, str]:
        return self._identifiers.uuid(), self._identifiers.token()

    # Requests and faults

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The last requests, oldest first, up to `Settings.request_log_size`."""
        with self._store.lock:
            return tuple(self._api.request_log.requests)

    def misuses(self, *, allow: Collection[MisuseKind | str] = ()) -> list[Misuse]:
        """Return the misuses of Zuora's API among the requests, except of the kinds in `allow`.

        Raises:
            ValueError: A kind is unknown.
        """
        allowed = misuse_kinds(allow)
        with self._store.lock:
            return self._api.request_log.misuses_except(allowed)

    def request(self, number: int) -> RecordedRequest:
        """Return one of the last requests.

        Raises:
            ResourceNotFoundError: It is not in the request log, or not any more.
        """
        for request in self.requests:
            if request.number == number:
                return request
        raise ResourceNotFoundError(f"there is no request {number}")

    def add_fault(self, fault: Fault | str) -> int:
        """Add a fault such as `cancel:2:reset-after`; return its number.

        Raises:
            ValueError: The text is not a fault, or there are too many faults.
        """
        with self._store.lock:
            return self._faults.add(_parsed(fault))

    def pending_faults(self) -> dict[Fault, int]:
        """Return the active faults, and how often each of them struck so far."""
        with self._store.lock:
            return {each.fault: each.hits for each in self._faults.active}

    @property
    def faults(self) -> dict[int, Fault]:
        """The active faults by their numbers."""
        with self._store.lock:
            return {each.id: each.fault for each in self._faults.active}

    def remove_fault(self, number: int) -> None:
        """Remove an active fault.

        Raises:
            ResourceNotFoundError: There is no such fault, or it is not active any more.
        """
        with self._store.lock:
            self._faults.remove(number)

    def clear_faults(self) -> None:
        """Remove all faults."""
        with self._store.lock:
            self._faults.clear()

    def clear_requests(self) -> None:
        """Clear the request log."""
        with self._store.lock:
            self._api.request_log.clear()

    # State

    def reset(self, seed: Seed | Iterable[SeedRun] | None = None) -> None:
        """Go back to the seed and the initial faults, and clear the request log. Users, tokens and the clock stay.

        Args:
            seed: The new seed; the current one by default.

        Raises:
            ValueError: The seed is invalid.
        """
        whole = self._seed if seed is None else _whole(seed)
        with self._store.transaction():
            self._store.clear_runs()
            self._tenant.insert_seed(whole)
            self._seed = whole
            self._faults.reset()
            self._api.request_log.clear()

    def take_snapshot(self, name: str) -> None:
        """Take a snapshot of runs, idempotency keys and numbers, which `restore` goes back to.

        Snapshots last as long as the emulator.

        Raises:
            ValueError: There are 100 snapshots already.
        """
        with self._store.transaction():
            if len(self._snapshots) >= _MAX_SNAPSHOTS and name not in self._snapshots:
                raise ValueError(f"more than {_MAX_SNAPSHOTS} snapshots are not possible")
            self._snapshots[name] = (self.clock.timestamp(), self._store.take_snapshot())

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The names of the snapshots, oldest first."""
        with self._store.lock:
            return tuple(self._snapshots)

    def restore(self, name: str) -> None:
        """Go back to a snapshot, as if no time had passed since. Users, tokens, clock, faults and request log stay.

        Raises:
            ResourceNotFoundError: There is no such snapshot.
        """
        with self._store.transaction():
            taken, snapshot = self._snapshot(name)
            self._store.restore_snapshot(snapshot, self.clock.timestamp() - taken)

    def drop_snapshot(self, name: str) -> None:
        """Delete a snapshot.

        Raises:
            ResourceNotFoundError: There is no such snapshot.
        """
        with self._store.lock:
            self._snapshot(name)
            del self._snapshots[name]

    def _snapshot(self, name: str) -> tuple[float, Snapshot]:
        if name not in self._snapshots:
            raise ResourceNotFoundError(f"there is no snapshot {name[:100]}")
        return self._snapshots[name]

    def add_user(self, permissions: Collection[str] = PERMISSIONS) -> tuple[str, str]:
        """Add a user; return its client id and client secret.

        Args:
            permissions: Its permissions: some of `PERMISSIONS`, and `OVERRIDE_TRANSFERRED`, which is not among them.

        Raises:
            ValueError: A permission is unknown.
        """
        if unknown := set(permissions) - PERMISSIONS - {OVERRIDE_TRANSFERRED}:
            raise ValueError(f"unknown permission: {', '.join(sorted(unknown))}")
        with self._store.transaction():
            client_id, client_secret = self._new_credentials()
            self._store.add_user(client_id, client_secret, "\n".join(sorted(permissions)))
        return client_id, client_secret

    def add_run(self, run: SeedRun) -> str:
        """Insert a run and return its number.

        Raises:
            ValueError: The run is invalid, or its number exists already.
        """
        return self.add_runs([run])[0]

    def add_runs(self, runs: Iterable[SeedRun]) -> list[str]:
        """Insert runs, all or none; return their numbers.

        Raises:
            ValueError: A run is invalid, or its number exists already.
        """
        with self._store.transaction():
            return self._tenant.insert_runs(runs)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The accounting periods, by their first dates."""
        with self._store.transaction():
            return tuple(self._tenant.periods.all())

    def add_periods(self, periods: Iterable[Period]) -> None:
        """Add accounting periods, all or none; one with a name that was added before replaces that one.

        Raises:
            ValueError: A period is invalid, or overlaps another one that was added.
        """
        with self._store.transaction():
            self._tenant.periods.add(periods)

    def add_transactions(self, transactions: Iterable[Transaction]) -> None:
        """Add transactions, all or none, for runs to take. From then on there are no sample transactions.

        Raises:
            ValueError: A transaction is invalid.
        """
        with self._store.transaction():
            self._tenant.add_transactions(transactions)

    def transactions(
        self, limit: int | None = None, *, entry: str | None = None
    ) -> list[tuple[Transaction, str | None]]:
        """Return transactions, each with the number of the live entry that it is in, or None.

        Sample transactions of a month and a type are there once a run has looked for them.

        Args:
            limit: How many to return at most; all by default.
            entry: The number of the entry that they are in.
        """
        with self._store.transaction():
            rows = self._tenant.transactions(-1 if limit is None else limit, entry)
            return [(_transaction(row), number) for row, number in islice(rows, limit)]

    def run(self, number: str, limit: int | None = None) -> RunState:
        """Return the true state of a run and its entries. This does not count as a read.

        Args:
            number: The run's number.
            limit: How many entries to return; all by default.

        Raises:
            ResourceNotFoundError: There is no such run, or it is deleted.
        """
        with self._store.transaction():
            return self._tenant.state(number, -1 if limit is None else limit)

    def runs(self, limit: int = 1000, search: str = "") -> list[RunSummary]:
        """Return the last runs by number. This does not count as a read.

        Args:
            limit: The maximum number of runs.
            search: A part of their number, period or status.
        """
        with self._store.transaction():
            return self._tenant.summaries(limit, search.lower())

    def run_details(self, number: str, limit: int | None = None) -> dict[str, Any]:
        """Return a run and its entries with their amounts, as the control API shows them. This is not a read either.

        Args:
            number: The run's number.
            limit: How many entries to return, and to add up; all by default.

        Raises:
            ResourceNotFoundError: There is no such run, or it is deleted.
        """
        with self._store.transaction():
            self._tenant.state(number, 0)  # takes the steps that are due
            return details(self._store, number, -1 if limit is None else limit)

    def create_run(self, request: Mapping[str, Any]) -> str:
        """Create a run as a user does in Zuora's UI: without faults and the request log; return its number.

        Args:
            request: The same as the body of the API's request.

        Raises:
            RefusedError: Zuora would refuse the request.
        """
        if errors := schema_errors(contract().schema("CreateJournalRunRequest"), request):
            raise RefusedError(*errors)
        with self._store.transaction():
            return self._tenant.create(request)

    def cancel_run(self, run: str) -> None:
        """Begin a cancellation, as a user does in Zuora's UI.

        Raises:
            RefusedError: There is no such run, or its status does not allow it.
        """
        with self._store.transaction():
            self._tenant.cancel(run)

    def delete_run(self, run: str) -> None:
        """Begin a deletion, as a user does in Zuora's UI.

        Raises:
            RefusedError: There is no such run, or it is not cancelled.
        """
        with self._store.transaction():
            self._tenant.delete(run)

    def end_next_run(self, outcome: RunStatus | str = RunStatus.ERROR) -> None:
        """Let the next run to be created end in `Error` or `Completed`; a second call applies to the one after it.

        Raises:
            ValueError: A run cannot end in this status.
        """
        with self._store.transaction():
            self._tenant.queue_outcome(RunStatus(outcome))

    def entry_numbers(self, run: str) -> list[str]:
        """Return the numbers of a run's entries, in order."""
        with self._store.transaction():
            return [entry.number for entry in self._store.entry_states(run)]

    def mark_transferred(self, entry: str, value: Transfer | str = Transfer.YES, by: str = "accounting") -> None:
        """Set an entry's `transferredToAccounting`.

        Raises:
            ResourceNotFoundError: There is no such entry.
            ValueError: The entry is cancelled, or the value is unknown.
        """
        with self._store.transaction():
            self._tenant.set_transfer(entry, Transfer(value), by=by)

    def step(self, run: str) -> None:
        """Take one step of the current operation in a run, whatever the pacing.

        Raises:
            ResourceNotFoundError: There is no such run.
        """
        with self._store.transaction():
            self._tenant.take_steps(run, 1)

    def release(self, run: str) -> None:
        """Finish the current operation in a run, whatever the pacing.

        Raises:
            ResourceNotFoundError: There is no such run.
        """
        with self._store.transaction():
            self._tenant.take_steps(run, sys.maxsize)


def _whole(seed: Seed | Iterable[SeedRun]) -> Seed:
    """Return a seed that can be inserted more than once."""
    if not isinstance(seed, Seed):
        return Seed(runs=tuple(seed))
    transactions = seed.transactions if seed.transactions is None else tuple(seed.transactions)
    return Seed(runs=tuple(seed.runs), periods=tuple(seed.periods), transactions=transactions)


def _transaction(row: Row) -> Transaction:
    fields = row._asdict()
    return Transaction(amount=amount_of(fields.pop("mills")), **fields)


def _parsed(fault: Fault | str) -> Fault:
    return Fault.parse(fault) if isinstance(fault, str) else fault
