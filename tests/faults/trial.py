"""One cell of a table, tried out: a server, a client, a fault, and what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.clock import FakeClock

from zuora_journal_runs import errors

from .clients import open_session
from .service import CLIENT_SECRET, READY_TOKEN, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from .clients import Session
    from .server import Behaviour, Certificates, Server
    from .table import Cell

DEADLINE = 300.0
SHORT = 0.02
"""Seconds after which a phase of an attempt times out, where it has to."""


@dataclass
class World:
    """What trials are made of."""

    serve: Callable[..., Server]
    name: Callable[[Server], str]
    """Gives a server a name, which is not known during its outage "unresolved"."""
    certificates: Callable[[], Certificates]


def meet(cell: Cell, world: World) -> None:
    """Let an operation meet a fault.

    Raises:
        AssertionError: what comes of it is not what is expected.
    """
    expected, fault, operation = cell.expected, cell.fault, cell.operation
    elsewhere = world.serve() if fault.leads_elsewhere else None
    unresolved = fault.outage == "unresolved"
    server = world.serve(
        certificates=world.certificates() if fault.outage in ("untrusted", "mute") else None,
        script={"token" if fault.of_token else operation.name: script(fault.behaviour, lasting=cell.lasting)},
        outage=fault.outage,
        outage_after=None if unresolved else operation.after,
        elsewhere="" if elsewhere is None else elsewhere.url,
    )
    clock = FakeClock(
        on_wait=(lambda: None) if cell.lasting else server.end_outage,
        # An answer that takes for ever must not take as long here.
        tick=3.0 if fault.slow else 0.0,
    )
    authorization = (
        {"token": READY_TOKEN}
        if fault.outage
        else {"client_id": server.service.client_id, "client_secret": CLIENT_SECRET}
    )
    with open_session(
        cell.kind,
        world.name(server) if unresolved else server.url,
        hook=Befalling(cell, server) if fault.failure or fault.timeout else None,
        clock=clock,
        deadline=DEADLINE,
        compress_over=None,
        **authorization,
    ) as session:
        result, error = ended(session, large(operation.work) if fault.large else operation.work)

        assert server.service.changes == ([operation.change] if expected.changed else [])
        assert len(server.seen(operation.name)) == expected.requests
        assert elsewhere is None or elsewhere.requests == []
        check_headers(server.requests)
        check_waits(clock.waits, expected.waits, fault.retry_after or 0.0)
        if expected.error is None:
            assert error is None, error
            assert operation.gives(result)
            return
        assert type(error) is expected.error, error
        assert error.maybe_processed == expected.maybe_processed
        check_text(error)
        check_identifiers(error, operation.call, server.seen(operation.name))
        if error.maybe_processed:
            server.heal()
            operation.make_good(session, error)
            assert server.service.changes == [operation.change]


def script(behaviour: Behaviour | None, *, lasting: bool) -> Iterator[Behaviour]:
    if behaviour is not None:
        yield behaviour
        while lasting:
            yield behaviour


def large(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A creation whose request is much more than the buffers of both sides hold."""
    labels = [{"organizationName": "x" * 2**23}]
    return lambda client: work(_Labelled(client, labels))


@dataclass
class _Labelled:
    client: Any
    labels: list[dict[str, str]]

    def create(self, *args: Any, **kwargs: Any) -> Any:
        return self.client.create(*args, **kwargs, organization_labels=self.labels)


@dataclass
class Befalling:
    """What befalls requests on this side: they fail, or the time for them is short."""

    cell: Cell
    server: Server
    met: int = 0

    def before(self, request: httpx.Request) -> None:
        fault = self.cell.fault
        if not self._befalls(request):
            return
        if fault.failure is not None:
            raise fault.failure("it failed", request=request)
        if fault.timeout is not None:
            request.extensions["timeout"][fault.timeout] = SHORT

    def timed_out(self) -> None:
        if self.cell.fault.outage is None:
            self.server.wait_for_silences(self.met)

    def _befalls(self, request: httpx.Request) -> bool:
        if self.cell.fault.outage is not None:
            return self.server.outage is not None
        operation = Request(request.method, request.url.raw_path.decode(), {}).operation
        if operation != self.cell.operation.name or self.server.healed:
            return False
        self.met += 1
        return self.met == 1 or self.cell.lasting


def ended(session: Session, work: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The result and the error, one of which is None. Anything but an error of this package is a failure."""
    try:
        return session.do(work), None
    except errors.JournalRunsError as error:
        return None, error


def check_headers(requests: list[Request]) -> None:
    for request in requests:
        assert ("idempotency-key" in request.headers) == (request.operation == "create")
        assert ("authorization" in request.headers) == (request.operation != "token")
    # A call keeps its identifiers however often it is sent.
    for operation in ("create", "cancel", "delete", "update"):
        sent = [request.headers for request in requests if request.operation == operation]
        assert len({headers["zuora-track-id"] for headers in sent}) <= 1
        assert len({headers.get("idempotency-key") for headers in sent}) <= 1


def check_waits(waits: list[float], count: int, retry_after: float) -> None:
    assert len(waits) == count
    assert sum(waits) <= DEADLINE
    for number, wait in enumerate(waits):
        assert retry_after - 1e-6 <= wait <= max(2.0**number, retry_after + 2.0)


def check_text(error: errors.CallError) -> None:
    """It is one line that begins with what a support ticket needs, and the secret is not in it."""
    text = str(error)
    match = re.fullmatch(r"\[(?:request (?P<request>[\w-]+), )?track (?P<track>[\w-]+)\] (?P<call>.+?): .+", text)
    assert match is not None, text
    assert (match["request"], match["track"]) == (error.request_id, error.track_id)
    assert match["call"] == error.call
    assert CLIENT_SECRET not in text


def check_identifiers(error: errors.CallError, call: str, sent: list[Request]) -> None:
    """They are those of the requests that the server saw."""
    if sent:
        assert error.call == call
        assert error.track_id == sent[-1].headers["zuora-track-id"]
        assert error.idempotency_key == sent[-1].headers.get("idempotency-key")
    if not isinstance(error, errors.TokenError):
        assert (error.request_id is not None) == isinstance(error, errors.ResponseError)


def subclasses(kind: type[Any]) -> set[type[Any]]:
    """All classes derived from one, at whatever remove."""
    return {found for child in kind.__subclasses__() for found in ({child} | subclasses(child))}
