"""The emulator, and the ways to reach it: over HTTP, in process, as an ASGI application."""

from __future__ import annotations

import contextlib
import os
import textwrap
from typing import TYPE_CHECKING, Any, Self

from .asgi import asgi_app
from .clock import ClientClock
from .control import CONTROL, HEALTH, ControlApi
from .core import EmulatorCore
from .pacing import DEFAULT_PACING
from .page import is_page, page
from .report import report
from .request_log import misuse_kinds
from .state.seed import DEFAULT_SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from random import Random
    from types import TracebackType

    import httpx

    import zuora_journal_runs

    from .asgi import ASGIApp
    from .clock import Clock
    from .faults import Fault
    from .http import Request, Response
    from .pacing import Pacing
    from .request_log import MisuseKind
    from .server import HttpServer
    from .settings import Settings
    from .state.seed import Seed, SeedRun
    from .transport import EmulatorTransport

_TENANT_VARIABLES = ("ZUORA_ENVIRONMENT", "ZUORA_ENTITY_ID", "ZUORA_ORG_IDS", "ZUORA_VERSION")
"""Environment variables that choose something in a real tenant."""
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - chosen by the user
"""Hosts that stand for every address of this machine, and the loopback address to use for each."""


class Emulator(EmulatorCore):
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
        self._host = host
        self._port = port
        self._server: HttpServer | None = None
        super().__init__(
            database=database,
            pacing=pacing,
            clock=clock,
            seed=seed,
            faults=faults,
            random=random,
            settings=settings,
            others=others,
            origin=lambda: self.url,
        )
        self._control = ControlApi(self, host)

    # Serving

    def start(self) -> Self:
        """Start to serve HTTP; when this returns, the port is open.

        Raises:
            PortInUseError: Another program is listening on the port.
            EmulatorError: The address cannot be listened on.
        """
        from .server import HttpServer  # imports httptools, which emulators that are not served do not need

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
        return f"<Emulator at {self.url}: {len(self.requests)} requests>"

    def report(self) -> str:
        """Return what happened, as text: the requests, the faults that struck, and the runs that requests name."""
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
