"""An emulator of Zuora's journal runs, in this process or over HTTP."""

from __future__ import annotations

import signal
import sys
import threading
import weakref
from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Self

from .app import App, RecordedRequest
from .asgi import asgi_app
from .clock import Clock
from .identifiers import Identifiers
from .lifecycle import RunStatus, Transfer
from .pace import DEFAULT_PACE, Pace
from .seed import DEFAULT_SEED, SeedRun
from .settings import PERMISSIONS, Settings
from .store import Store
from .tenant import Tenant
from .tokens import Tokens

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable
    from random import Random
    from types import TracebackType

    from .asgi import ASGIApp
    from .server import HttpServer
    from .transport import EmulatorTransport


class Emulator:
    """A tenant with journal runs, and Zuora's API to it.

    ::

        with Emulator() as emulator:
            client = JournalRunsClient.from_env(emulator.environ())

    Each emulator stands alone: its state is in `database` (in memory, or a file, which keeps it for the next
    emulator that is given the same file), its time is `clock`, and its identifiers and credentials come from
    `random`. What is under way goes on at `pace`, of which the default moves a run on each time that it is
    read: see `Pace`. `seed` are the runs of a new database, or of one that is reset. All methods may be called
    from any thread.
    """

    def __init__(
        self,
        *,
        database: str | os.PathLike[str] = ":memory:",
        pace: Pace | str = DEFAULT_PACE,
        clock: Clock | None = None,
        seed: Iterable[SeedRun] = DEFAULT_SEED,
        random: Random | None = None,
        settings: Settings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.settings = settings or Settings()
        self._identifiers = Identifiers(random or SystemRandom())
        self._seed = tuple(seed)
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
        self._store = Store(database)
        self._close = weakref.finalize(self, self._store.close)
        # A database may come from an emulator whose clock was moved ahead: time does not go back.
        self.clock = clock or Clock(max(datetime.now(UTC), datetime.fromtimestamp(self._store.latest(), UTC)))
        self._tenant = Tenant(
            self._store, self.clock, pace if isinstance(pace, Pace) else Pace.parse(pace), self.settings
        )
        self._app = App(
            self._store,
            self._tenant,
            Tokens(self._store, self.clock, self.settings, self._identifiers),
            self._identifiers,
            self.clock,
            self.settings,
            lambda: self.url,
        )
        with self._store.transaction():
            if self._store.first_user() is None:
                self._store.add_user(*self._credentials(), "\n".join(sorted(PERMISSIONS)))
                self._tenant.plant(self._seed)
            self.client_id, self.client_secret = self._store.first_user() or ("", "")

    def _credentials(self) -> tuple[str, str]:
        return self._identifiers.uuid(), self._identifiers.token()

    # Serving

    def start(self) -> Self:
        """Serve HTTP; the port is open when this returns. Raises PortInUse, EmulatorError."""
        from .server import HttpServer  # uvicorn takes a while to import

        if self._server is None:
            self._server = HttpServer(self._app, self._host, self._port, self.settings)
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
        host = f"[{self._host}]" if ":" in self._host else self._host
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

        return EmulatorTransport(self._app.handle)

    def asgi(self) -> ASGIApp:
        """The emulator as an ASGI application."""
        return asgi_app(self._app.handle, self.settings.largest_body)

    # What happens without the API

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The last requests, oldest first."""
        with self._store.lock:
            return tuple(self._app.requests)

    def reset(self) -> None:
        """Go back to the seed. Users and their tokens stay, and so does the clock."""
        with self._store.transaction():
            self._store.clear_runs()
            self._tenant.plant(self._seed)
            self._app.requests.clear()

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
        with self._store.transaction():
            return self._tenant.plant([run])[0]

    def end_next_run(self, outcome: RunStatus | str = RunStatus.ERROR) -> None:
        """Let the next run to be created end in `Error`, or `Completed`; called again, the one after it.

        Raises ValueError for another status.
        """
        with self._store.transaction():
            self._tenant.decide(RunStatus(outcome))

    def entry_numbers(self, run: str) -> list[str]:
        """The numbers of a run's entries, in order."""
        with self._store.transaction():
            return [entry.number for entry in self._store.entry_states(run)]

    def mark_transferred(self, entry: str, value: Transfer | str = Transfer.YES, by: str = "accounting") -> None:
        """Set an entry's `transferredToAccounting`. Raises ValueError for an unknown or cancelled entry."""
        with self._store.transaction():
            self._tenant.transfer(entry, Transfer(value), by=by)

    def step(self, run: str) -> None:
        """Let what is under way in a run go one step on, whatever the pace. Raises ValueError for an unknown run."""
        with self._store.transaction():
            self._tenant.push(run, 1)

    def release(self, run: str) -> None:
        """Let it come to its end, whatever the pace. Raises ValueError for an unknown run."""
        with self._store.transaction():
            self._tenant.push(run, sys.maxsize)


def serve(emulator: Emulator, ready: Callable[[Emulator], object]) -> None:
    """Serve until SIGINT or SIGTERM, for a command; `ready` is called once the port is open.

    It has to be called in the main thread. Raises what `Emulator.start` raises.
    """
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
