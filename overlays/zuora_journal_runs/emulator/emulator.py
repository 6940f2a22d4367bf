"""An emulator of Zuora's journal runs, in this process or over HTTP."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import weakref
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Self

from .api import ZuoraApi
from .asgi import asgi_app
from .clock import ClientClock, Clock
from .control import CONTROL, HEALTH, Control
from .errors import ResourceNotFoundError
from .faults import Fault, FaultSchedule
from .http import RefusedError
from .openapi import contract, schema_errors
from .pacing import DEFAULT_PACING, Pacing
from .page import is_page, page
from .request_log import Misuse, MisuseKind
from .settings import PERMISSIONS, Settings
from .state.identifiers import Identifiers
from .state.lifecycle import RunStatus, Transfer
from .state.seed import DEFAULT_SEED, SeedRun
from .state.store import Store
from .state.tenant import Tenant
from .state.tokens import Tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Mapping
    from random import Random
    from types import TracebackType

    import zuora_journal_runs

    from .asgi import ASGIApp
    from .http import Request, Response
    from .request_log import RecordedRequest
    from .server import HttpServer
    from .state.store import Snapshot
    from .state.tenant import RunState, RunSummary
    from .transport import EmulatorTransport

_MOST_SNAPSHOTS = 100
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is asked for
"""Hosts that mean every address of this machine, and one that a caller on it can use."""


class Emulator:
    """A tenant with journal runs, and Zuora's API to it.

    ::

        with Emulator() as emulator, emulator.client() as client:
            client.cancel_and_wait("JR-00000075")

    Each emulator stands alone: its state is in `database` (in memory, or a file, which keeps it for the next
    emulator that is given the same file), its time is `clock`, and its identifiers and credentials come from
    `random`. What is under way goes on at `pacing`, of which the default moves a run on each time that it is
    read: see `Pacing`. `seed` are the runs of a new database, or of one that is reset, and `faults` are what is to
    go wrong: see `Fault`. All methods may be called from any thread.
    """

    def __init__(
        self,
        *,
        database: str | os.PathLike[str] = ":memory:",
        pacing: Pacing | str = DEFAULT_PACING,
        clock: Clock | None = None,
        seed: Iterable[SeedRun] = DEFAULT_SEED,
        faults: Iterable[Fault | str] = (),
        random: Random | None = None,
        settings: Settings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.settings: Settings = settings or Settings()
        self._identifiers = Identifiers(random or SystemRandom())
        self._seed = tuple(seed)
        self._faults = FaultSchedule(map(_fault, faults))
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
        pacing = pacing if isinstance(pacing, Pacing) else Pacing.parse(pacing)
        self._store = Store(database)
        self._close = weakref.finalize(self, self._store.close)
        # A database may come from an emulator whose clock was moved ahead: time does not go back.
        self.clock: Clock = clock or Clock(max(datetime.now(UTC), datetime.fromtimestamp(self._store.latest(), UTC)))
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
        )
        self._control = Control(self, host)
        self._snapshots: dict[str, tuple[float, Snapshot]] = {}
        self.client_id: str
        self.client_secret: str
        try:
            self.client_id, self.client_secret = self._move_in()
        except ValueError:
            self._close()
            raise

    def _move_in(self) -> tuple[str, str]:
        with self._store.transaction():
            if self._store.first_user() is None:
                self._store.add_user(*self._credentials(), "\n".join(sorted(PERMISSIONS)))
                self._tenant.insert_seed(self._seed)
            return self._store.first_user() or ("", "")

    def _credentials(self) -> tuple[str, str]:
        return self._identifiers.uuid(), self._identifiers.token()

    # Serving

    def start(self) -> Self:
        """Serve HTTP; the port is open when this returns. Raises PortInUseError, EmulatorError."""
        from .server import HttpServer  # uvicorn takes a while to import

        if self._server is None:
            self._server = HttpServer(
                self._handle, self._api.not_http, self.clock, self._host, self._port, self.settings
            )
        return self

    def stop(self) -> None:
        """Stop serving and close every connection. The state stays, and `start` serves it again."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        """Stop, and let go of the database."""
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

    @property
    def url(self) -> str:
        """The address while it is served; otherwise one that `transport` answers to."""
        if self._server is None:
            return "http://localhost"
        host = _ANY_ADDRESS.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._server.port}"

    def environ(self) -> dict[str, str]:
        """The environment variables by which a client finds this emulator and signs in to it."""
        return {
            "ZUORA_BASE_URL": self.url,
            "ZUORA_CLIENT_ID": self.client_id,
            "ZUORA_CLIENT_SECRET": self.client_secret,
        }

    def transport(self) -> EmulatorTransport:
        """A transport for `httpx.Client` and `httpx.AsyncClient` that needs no socket, nor `start`."""
        from .transport import EmulatorTransport

        return EmulatorTransport(self._handle)

    def client(self, **arguments: Any) -> zuora_journal_runs.JournalRunsClient:
        """This package's client of the emulator, without a socket, to be closed; `arguments` are the client's.

        It waits by the emulator's clock: a wait moves it ahead, and takes no time.
        """
        # The emulator shares no code with the client, and is not built on it. It hands out to those who want it the
        # one that they would build themselves.
        import zuora_journal_runs

        given = {"clock": ClientClock(self.clock), **arguments}
        return zuora_journal_runs.JournalRunsClient.from_env(self.environ(), transport=self.transport(), **given)

    def async_client(self, **arguments: Any) -> zuora_journal_runs.AsyncJournalRunsClient:
        """The same for asyncio."""
        import zuora_journal_runs  # as above

        given = {"clock": ClientClock(self.clock), **arguments}
        return zuora_journal_runs.AsyncJournalRunsClient.from_env(self.environ(), transport=self.transport(), **given)

    def asgi(self) -> ASGIApp:
        """The emulator as an ASGI application."""
        return asgi_app(self._handle, self.settings.max_body_size)

    def _handle(self, request: Request) -> Response:
        if request.path.startswith(CONTROL) or request.path == HEALTH:
            return self._control.handle(request)
        if is_page(request):
            return page(request)
        return self._api.handle(request)

    # What happens without the API

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The last requests, oldest first; as many as `Settings.request_log_size`."""
        with self._store.lock:
            return tuple(self._api.request_log.requests)

    def misuses(self, *, allow: Collection[MisuseKind | str] = ()) -> list[Misuse]:
        """What the requests had in them that no caller of Zuora should do, but for the kinds that are allowed.

        Raises ValueError for a kind that there is not.
        """
        allowed = {MisuseKind(kind) for kind in allow}
        with self._store.lock:
            return self._api.request_log.lapses_but(allowed)

    def add_fault(self, fault: Fault | str) -> int:
        """Let something go wrong, as in `cancel:2:reset-after`; the fault's number. Raises ValueError."""
        with self._store.lock:
            return self._faults.add(_fault(fault))

    @property
    def faults(self) -> dict[int, Fault]:
        """The faults that may strike yet, by their numbers."""
        with self._store.lock:
            return {each.id: each.fault for each in self._faults.pending}

    def remove_fault(self, number: int) -> None:
        """Remove a fault. Raises ResourceNotFoundError if there is none of that number, or none any more."""
        with self._store.lock:
            self._faults.remove(number)

    def clear_faults(self) -> None:
        """Remove all faults."""
        with self._store.lock:
            self._faults.clear()

    def clear_requests(self) -> None:
        """Empty the journal."""
        with self._store.lock:
            self._api.request_log.clear()

    def reset(self, seed: Iterable[SeedRun] | None = None) -> None:
        """Go back to the seed, or to another one, and to the faults that there were at first; forget the requests.

        Users and their tokens stay, and so does the clock. Raises ValueError for a seed that no tenant can hold.
        """
        runs = self._seed if seed is None else tuple(seed)
        with self._store.transaction():
            self._store.clear_runs()
            self._tenant.insert_seed(runs)
            self._seed = runs
            self._faults.reset()
            self._api.request_log.clear()

    def take_snapshot(self, name: str) -> None:
        """Keep the runs, the idempotency keys and all numbers as they are, to `restore` them.

        Snapshots last as long as the emulator. Raises ValueError if there are 100 of them.
        """
        with self._store.transaction():
            if len(self._snapshots) >= _MOST_SNAPSHOTS and name not in self._snapshots:
                raise ValueError(f"more than {_MOST_SNAPSHOTS} snapshots cannot be kept")
            self._snapshots[name] = (self.clock.timestamp(), self._store.take_snapshot())

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The names of the snapshots, oldest first."""
        with self._store.lock:
            return tuple(self._snapshots)

    def restore(self, name: str) -> None:
        """Go back to a snapshot. What was under way goes on as if no time had passed. Raises ResourceNotFoundError.

        Users and their tokens stay, and so do the clock, the faults and the journal.
        """
        with self._store.transaction():
            taken, snapshot = self._snapshot(name)
            self._store.restore_snapshot(snapshot, self.clock.timestamp() - taken)

    def drop_snapshot(self, name: str) -> None:
        """Forget a snapshot. Raises ResourceNotFoundError."""
        with self._store.lock:
            self._snapshot(name)
            del self._snapshots[name]

    def _snapshot(self, name: str) -> tuple[float, Snapshot]:
        if name not in self._snapshots:
            raise ResourceNotFoundError(f"there is no snapshot {name[:100]}")
        return self._snapshots[name]

    def add_user(self, permissions: Collection[str] = PERMISSIONS) -> tuple[str, str]:
        """Add a user with some of the `PERMISSIONS`; its client id and client secret. Raises ValueError."""
        if unknown := set(permissions) - PERMISSIONS:
            raise ValueError(f"no such permission: {', '.join(sorted(unknown))}")
        with self._store.transaction():
            client_id, client_secret = self._credentials()
            self._store.add_user(client_id, client_secret, "\n".join(sorted(permissions)))
        return client_id, client_secret

    def add_run(self, run: SeedRun) -> str:
        """Put a run there as it is, whatever else is there; its number. Raises ValueError."""
        return self.add_runs([run])[0]

    def add_runs(self, runs: Iterable[SeedRun]) -> list[str]:
        """Put runs there, all or none; their numbers. Raises ValueError."""
        with self._store.transaction():
            return self._tenant.insert_seed(runs)

    def run(self, number: str, limit: int | None = None) -> RunState:
        """A run and its entries, or the first of them, as they are, without a poll.

        Raises ResourceNotFoundError, also once it is deleted.
        """
        with self._store.transaction():
            return self._tenant.state(number, -1 if limit is None else limit)

    def runs(self, limit: int = 1000, up_to: str | None = None) -> list[RunSummary]:
        """The last runs by number, or the last up to the number of one, as they are, without a poll."""
        with self._store.transaction():
            return self._tenant.summaries(limit, up_to)

    def create_run(self, wanted: Mapping[str, Any]) -> str:
        """Create a run as a user of the tenant does by hand; its number. No fault strikes, and no journal has it.

        `wanted` is what the API's call has in its body. Raises RefusedError with what Zuora says to the call.
        """
        if found := schema_errors(contract().schema("CreateJournalRunRequest"), wanted):
            raise RefusedError(*found)
        with self._store.transaction():
            return self._tenant.create(wanted)

    def cancel_run(self, run: str) -> None:
        """Begin a run's cancellation, as by hand. Raises RefusedError."""
        with self._store.transaction():
            self._tenant.cancel(run)

    def delete_run(self, run: str) -> None:
        """Begin a run's deletion, as by hand. Raises RefusedError."""
        with self._store.transaction():
            self._tenant.delete(run)

    def end_next_run(self, outcome: RunStatus | str = RunStatus.ERROR) -> None:
        """Let the next run to be created end in `Error`, or `Completed`; called again, the one after it.

        Raises ValueError for another status.
        """
        with self._store.transaction():
            self._tenant.queue_outcome(RunStatus(outcome))

    def entry_numbers(self, run: str) -> list[str]:
        """The numbers of a run's entries, in order."""
        with self._store.transaction():
            return [entry.number for entry in self._store.entry_states(run)]

    def mark_transferred(self, entry: str, value: Transfer | str = Transfer.YES, by: str = "accounting") -> None:
        """Set an entry's `transferredToAccounting`.

        Raises ResourceNotFoundError, and ValueError for a cancelled entry.
        """
        with self._store.transaction():
            self._tenant.transfer(entry, Transfer(value), by=by)

    def step(self, run: str) -> None:
        """Let what is under way in a run go one step on, whatever the pacing. Raises ResourceNotFoundError."""
        with self._store.transaction():
            self._tenant.take_steps(run, 1)

    def release(self, run: str) -> None:
        """Let it come to its end, whatever the pacing. Raises ResourceNotFoundError."""
        with self._store.transaction():
            self._tenant.take_steps(run, sys.maxsize)


def serve(emulator: Emulator, ready: Callable[[Emulator], object]) -> None:
    """Serve until SIGINT or SIGTERM, for a command; `ready` is called once the port is open.

    It has to be called in the main thread, and lets the process have as many files open as it may, since each
    connection is one. Raises what `Emulator.start` raises.
    """
    _allow_connections()
    over = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, lambda *_: over.set()) for each in signals]
    try:
        with emulator:
            ready(emulator)
            over.wait()
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


def _allow_connections() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows, not with a bound from elsewhere
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _fault(fault: Fault | str) -> Fault:
    return Fault.parse(fault) if isinstance(fault, str) else fault
