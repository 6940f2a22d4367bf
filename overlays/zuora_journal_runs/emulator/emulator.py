"""The emulator: a tenant, Zuora's API to it, and methods to inspect and change it."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
import weakref
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Self

from .api import ZuoraApi
from .asgi import asgi_app
from .clock import ClientClock, Clock
from .control import CONTROL, HEALTH, ControlApi
from .errors import ResourceNotFoundError
from .faults import Fault, FaultSchedule
from .http import RefusedError
from .openapi import contract, schema_errors
from .pacing import DEFAULT_PACING, Pacing
from .page import is_page, page
from .request_log import misuse_kinds
from .settings import OVERRIDE_TRANSFERRED, PERMISSIONS, Settings
from .state.details import details
from .state.identifiers import Identifiers
from .state.ledger import Transaction, amount_of
from .state.lifecycle import RunStatus, Transfer
from .state.seed import DEFAULT_SEED, Seed, SeedRun
from .state.store import Store
from .state.tenant import Tenant
from .state.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from random import Random
    from types import TracebackType

    import httpx

    import zuora_journal_runs

    from .asgi import ASGIApp
    from .http import Request, Response
    from .request_log import Misuse, MisuseKind, RecordedRequest
    from .server import HttpServer
    from .state.ledger import Row
    from .state.periods import Period
    from .state.store import Snapshot
    from .state.tenant import RunState, RunSummary
    from .transport import EmulatorTransport

_MAX_SNAPSHOTS = 100
_TENANT_VARIABLES = ("ZUORA_ENVIRONMENT", "ZUORA_ENTITY_ID", "ZUORA_ORG_IDS", "ZUORA_VERSION")
"""Environment variables that choose something in a real tenant."""
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - chosen by the user
"""Hosts that stand for every address of this machine, and the loopback address to use for each."""


class Emulator:
    """A tenant with journal runs, and Zuora's API to it.

    ::

        with Emulator() as emulator, emulator.client() as client:
            client.cancel_and_wait("JR-00000075")

    Emulators are independent of each other. All methods are thread-safe.

    Args:
        database: The file that keeps the state for the next emulator with the same file; in memory by default.
        pacing: How fast operations on a run progress; by default, a run takes a step whenever it is read.
        clock: The source of time; by default a clock that starts now.
        seed: The runs, or all, of a new database, and of one that is reset; see `Seed`.
        faults: What goes wrong; see `Fault`.
        random: The source of identifiers and credentials.
        settings: Behaviour that Zuora's documents leave open, and limits.
        others: Called with requests that the emulator does not model, once they are authenticated; it returns the
            response, or None for an unknown endpoint.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.

    Raises:
        DatabaseFileError: The file is used by another emulator, or is not an emulator's database.
        TypeError: `faults` is not a list.
        ValueError: The pacing, a fault or the seed is invalid.
    """

    def __init__(
        self,
        *,
        database: str | os.PathLike[str] = ":memory:",
        pacing: Pacing | str = DEFAULT_PACING,
        clock: Clock | None = None,
        seed: Seed | Iterable[SeedRun] = DEFAULT_SEED,
        faults: Iterable[Fault | str] = (),
        random: Random | None = None,
        settings: Settings | None = None,
        others: Callable[[httpx.Request], httpx.Response | None] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.settings: Settings = settings or Settings()
        self._identifiers = Identifiers(random or SystemRandom())
        self._seed = _whole(seed)
        if isinstance(faults, str | Fault):
            raise TypeError(f"faults is not a list; write faults=[{str(faults)!r}]")
        self._faults = FaultSchedule(map(_parsed, faults))
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
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
            lambda: self.url,
            others,
        )
        self._control = ControlApi(self, host)
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

    # Serving

    def start(self) -> Self:
        """Start to serve HTTP; when this returns, the port is open.

        Raises:
            PortInUseError: Another program is listening on the port.
            EmulatorError: The address cannot be listened on.
        """
        from .server import HttpServer  # imports uvicorn, which takes a while

        if self._server is None:
            self._server = HttpServer(
                self._handle, self._api.invalid_http, self.clock, self._host, self._port, self.settings
            )
        return self

    def stop(self) -> None:
        """Stop serving and close every connection. The state remains, and `start` serves it again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        """Stop serving, and close the database."""
        self.stop()
        self._close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        with self._store.lock:
            return f"<Emulator at {self.url}: {len(self._api.request_log.requests)} requests>"

    def report(self) -> str:
        """Return what happened, as text: the requests, the faults that struck, and the runs that requests name."""
        from .report import report

        return report(self)

    @contextlib.contextmanager
    def activate(self, *, allow: Collection[MisuseKind | str] = ()) -> Iterator[Self]:
        """Direct this process to the emulator: serve it, set the environment variables, and wait on its clock.

        ::

            from zuora_journal_runs import JournalRunsClient

            with Emulator(faults=["cancel:1:reset-after"]).activate() as zuora:
                with JournalRunsClient.from_env() as client:  # or your own code
                    client.cancel_and_wait("JR-00000073")
                assert zuora.run("JR-00000073").status == "Cancelled"

        Clients that are made in this block and are given no clock wait on the emulator's, which takes no time. An
        exception that leaves the block gets `report()` as a note. At the end, the emulator is closed.

        Args:
            allow: The kinds of misuse that are no error.

        Raises:
            AssertionError: No other exception left the block, but Zuora's API was misused.
            TypeError: `allow` is not a list.
            ValueError: A kind of misuse is unknown.
        """
        allowed = misuse_kinds(allow)
        with self, self.waits(), _environment(self.environ()):
            try:
                yield self
            except Exception as error:
                error.add_note(f"On the emulator:\n{textwrap.indent(self.report(), '  ')}")
                raise
            if misuses := self.misuses(allow=allowed):
                raise AssertionError("\n".join(["Zuora's API was misused:", *map(str, misuses)]))

    def waits(self) -> contextlib.AbstractContextManager[None]:
        """Let clients that are made in a block, and are given no clock, wait on the emulator's clock."""
        import zuora_journal_runs  # see `client`

        return zuora_journal_runs.use_clock(ClientClock(self.clock))

    @property
    def url(self) -> str:
        """The base URL; before `start`, one that works with `transport`."""
        if self._server is None:
            return "http://localhost"
        host = _ANY_ADDRESS.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._server.port}"

    def environ(self) -> dict[str, str]:
        """Return the environment variables with this emulator's URL and credentials."""
        return {
            "ZUORA_BASE_URL": self.url,
            "ZUORA_CLIENT_ID": self.client_id,
            "ZUORA_CLIENT_SECRET": self.client_secret,
        }

    def transport(self) -> EmulatorTransport:
        """Return a transport for `httpx.Client` and `httpx.AsyncClient` that needs neither a socket nor `start`."""
        from .transport import EmulatorTransport

        return EmulatorTransport(self._handle)

    def client(self, **arguments: Any) -> zuora_journal_runs.JournalRunsClient:
        """Return a `JournalRunsClient` for this emulator, which needs no socket; the caller closes it.

        The client waits on the emulator's clock: waiting advances it, and takes no time.

        Args:
            **arguments: Further arguments of the client.
        """
        # The one exception to the rule that the emulator does not import the client: a convenience for callers, on
        # which nothing in the emulator is built.
        import zuora_journal_runs

        given = {"clock": ClientClock(self.clock), **arguments}
        return zuora_journal_runs.JournalRunsClient.from_env(self.environ(), transport=self.transport(), **given)

    def async_client(self, **arguments: Any) -> zuora_journal_runs.AsyncJournalRunsClient:
        """Return an `AsyncJournalRunsClient` for this emulator; otherwise like `client`."""
        import zuora_journal_runs  # see `client`

        given = {"clock": ClientClock(self.clock), **arguments}
        return zuora_journal_runs.AsyncJournalRunsClient.from_env(self.environ(), transport=self.transport(), **given)

    def asgi(self) -> ASGIApp:
        """Return the emulator as an ASGI application."""
        return asgi_app(self._handle, self.settings.max_body_size)

    def _handle(self, request: Request) -> Response:
        if request.path.startswith(CONTROL) or request.path == HEALTH:
            return self._control.handle(request)
        if is_page(request):
            return page(request)
        return self._api.handle(request)

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
            rows = self._store.transactions(-1 if limit is None else limit, entry)
        return [(_transaction(row), number) for row, number in rows]

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
        """Take one step of the operation under way in a run, whatever the pacing.

        Raises:
            ResourceNotFoundError: There is no such run.
        """
        with self._store.transaction():
            self._tenant.take_steps(run, 1)

    def release(self, run: str) -> None:
        """Finish the operation under way in a run, whatever the pacing.

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


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and remove those of a tenant."""
    names = (*variables, *_TENANT_VARIABLES)
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)
