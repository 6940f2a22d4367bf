"""Faults that follow one another, and what was lost by the first is still known after the last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from tests.clock import FakeClock

from zuora_journal_runs import errors
from zuora_journal_runs._http.rate_limit import LONGEST_BLOCK

from . import faults
from .clients import open_session
from .server import healthy
from .service import CLIENT_SECRET, READY_TOKEN, RUN, Service, refusal
from .table import OPERATIONS, Operation
from .trial import check_headers, check_identifiers, check_text, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .server import Behaviour, Exchange, Outage
    from .trial import World

LOST = faults.reset(act=True)
BUSY = faults.says(429, refusal("70"), {"Retry-After": "7"})
BUSY_FOR_A_DAY = faults.says(429, refusal("70"), {"Retry-After": "86400"})
NAMED = {operation.name: operation for operation in OPERATIONS}


async def lost_while_others_act(exchange: Exchange) -> None:
    await faults.reset(act=False)(exchange)
    exchange.server.service.runs[RUN] = "Processing"


async def answer_and_hang_up(exchange: Exchange) -> None:
    """Close the connection without a word of it in the answer."""
    await healthy(exchange)
    exchange.last = True


async def interim_first(exchange: Exchange) -> None:
    """Give interim answers before the one that counts."""
    await exchange.write(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
    await healthy(exchange)


@dataclass(frozen=True)
class Sequence:
    name: str
    operations: tuple[str, ...]
    behaviours: tuple[Behaviour, ...]
    """Of the operation's requests in turn; the last one for ever if `lasting`."""
    requests: int
    error: type[errors.CallError] | None = None
    others: dict[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    """Of other operations' requests in turn, the last one for ever."""
    lasting: bool = False
    outage: Outage | None = None
    """What there is after the operation's first request."""
    outage_ends: bool = False
    changed: bool = True
    maybe_processed: bool = True
    waits: tuple[float, ...] | None = None
    """The least of each wait; None if any will do."""
    deadline: float = 300.0
    arrange: Callable[[Service], None] = lambda _: None
    gone: bool | None = None
    """Whether a deletion says that the run is gone; None if it may say either."""


CHANGING = ("create", "cancel", "delete")
TOLD = ("cancel", "delete")
ALL = tuple(NAMED)

SEQUENCES = [
    Sequence("lost, then the token expires", ("create", "cancel"), (LOST, faults.expire), 3, waits=(0.0,)),
    # A deleted run is gone when it is not found at three polls in a row.
    Sequence("lost, then the token expires", ("delete",), (LOST, faults.expire), 3, waits=(0.0, 0.5, 0.75)),
    Sequence(
        "lost, then the token expires and there is no other",
        CHANGING,
        (LOST, faults.expire),
        2,
        errors.TokenError,
        others={"token": (healthy, faults.says(400, {"message": "Invalid client id"}))},
    ),
    Sequence("lost, then refused for a while", CHANGING, (LOST,), 2, outage="refused", outage_ends=True),
    Sequence("lost, then refused for good", CHANGING, (LOST,), 1, errors.ResponseLostError, outage="refused"),
    # What binds the client binds the look at the run too.
    Sequence("lost, then busy for a day", CHANGING, (LOST, BUSY_FOR_A_DAY), 2, errors.RateLimitError, waits=(0.0,)),
    Sequence(
        "lost, then permission is withdrawn",
        ("create",),
        (LOST, faults.says(403, "<html>")),
        2,
        errors.PermissionDeniedError,
    ),
    Sequence("lost, then permission is withdrawn", TOLD, (LOST, faults.says(403, "<html>")), 2),
    Sequence("lost, while the first is in progress", ("create",), (LOST, faults.says(409, refusal("50"))), 3),
    Sequence(
        "lost, then every look is lost too",
        ("cancel",),
        (LOST,),
        5,
        errors.ResponseLostError,
        others={"retrieve": (LOST,)},
        lasting=True,
    ),
    Sequence(
        "lost, then every look is lost too",
        ("delete",),
        (LOST,),
        5,
        errors.ResponseLostError,
        others={"retrieve": (healthy, LOST)},
        lasting=True,
    ),
    Sequence(
        "lost, while the run stays as it was",
        ("cancel",),
        (LOST,),
        2,
        arrange=lambda service: setattr(service, "cancelled_status", "Completed"),
    ),
    Sequence(
        "lost, and the run is cancelled at once",
        ("cancel",),
        (LOST,),
        2,
        arrange=lambda service: setattr(service, "cancelled_status", "Cancelled"),
    ),
    Sequence(
        "lost before the server acted, then others act",
        ("cancel",),
        (lost_while_others_act,),
        2,
        errors.RuleViolationError,
        changed=False,
    ),
    Sequence("lost, and the run is gone", ("delete",), (LOST,), 2, gone=True),
    Sequence(
        "lost, while the run is being deleted",
        ("delete",),
        (LOST,),
        2,
        arrange=lambda service: setattr(service, "deleted_status", "DeleteInprogress"),
        gone=False,
    ),
    Sequence(
        "one thing after another",
        ALL,
        (faults.says(500, b""), BUSY, faults.says(503, "<html>"), faults.reset(act=False)),
        5,
        waits=(0.0, 7.0, 0.0, 0.0),
    ),
    Sequence(
        "busy beyond the deadline",
        ALL,
        (BUSY,),
        2,
        errors.RateLimitError,
        lasting=True,
        changed=False,
        maybe_processed=False,
        waits=(7.0,),
        deadline=10.0,
    ),
    Sequence(
        "lost, then busy, and every look is busy too",
        ("cancel",),
        (LOST, BUSY),
        3,
        errors.RateLimitError,
        others={"retrieve": (BUSY,)},
        lasting=True,
        deadline=10.0,
    ),
    Sequence(
        "lost, then busy, and every look is busy too",
        ("delete",),
        (LOST, BUSY),
        3,
        errors.RateLimitError,
        others={"retrieve": (healthy, BUSY)},
        lasting=True,
        deadline=10.0,
    ),
    Sequence("interim answers come first", ALL, (interim_first,), 1, waits=()),
    Sequence("the idle connection is closed", ALL, (), 1, others={"token": (answer_and_hang_up,)}),
]


@pytest.mark.parametrize(
    ("sequence", "operation"),
    [
        pytest.param(sequence, NAMED[name], id=f"{name} - {sequence.name}")
        for sequence in SEQUENCES
        for name in sequence.operations
    ],
)
def test_sequence(sequence: Sequence, operation: Operation, kind: str, world: World, count: Callable[[], None]) -> None:
    count()
    server = world.serve(
        script={
            **{name: in_turn(behaviours, lasting=True) for name, behaviours in sequence.others.items()},
            operation.name: in_turn(sequence.behaviours, lasting=sequence.lasting),
        },
        outage=sequence.outage,
        outage_after=operation.name if sequence.outage else None,
    )
    sequence.arrange(server.service)
    clock = FakeClock(server.end_outage if sequence.outage_ends else lambda: None)
    with open_session(
        kind,
        server.url,
        client_id=server.service.client_id,
        client_secret=CLIENT_SECRET,
        clock=clock,
        deadline=sequence.deadline,
    ) as session:
        result, error = ended(session, operation.work)

        changes = [operation.change] if operation.change and sequence.changed else []
        assert server.service.changes == changes
        assert len(server.seen(operation.name)) == sequence.requests
        check_headers(server.requests)
        assert sum(clock.waits) <= sequence.deadline
        if sequence.waits is not None:
            assert len(clock.waits) == len(sequence.waits)
            assert all(wait >= least for wait, least in zip(clock.waits, sequence.waits, strict=True))
        if sequence.error is None:
            assert error is None, error
            assert operation.gives(result)
            assert sequence.gone in (None, getattr(result, "gone", None))
            return
        assert type(error) is sequence.error, error
        assert error.maybe_processed == sequence.maybe_processed
        check_text(error)
        if not isinstance(error, errors.TokenError):
            check_identifiers(error, operation.call, server.seen(operation.name))
        if error.maybe_processed and sequence.changed:
            server.heal()
            clock.now += LONGEST_BLOCK
            operation.make_good(session, error)
            assert server.service.changes == [operation.change]


def in_turn(behaviours: Iterable[Any], *, lasting: bool) -> Iterator[Any]:
    behaviour = None
    for behaviour in behaviours:
        yield behaviour
    while lasting:
        yield behaviour


def unfit() -> str:
    return "a token\n"


def unavailable() -> str:
    raise OSError("the vault is sealed")


@pytest.mark.parametrize("then", [unfit, unavailable])
def test_lost_then_the_token_function_fails(then: Callable[[], str], kind: str, world: World) -> None:
    server = world.serve(script={"cancel": iter([LOST])})
    functions = iter([lambda: READY_TOKEN])

    def token() -> str:
        return next(functions, then)()

    with open_session(kind, server.url, token=token, clock=FakeClock()) as session:
        _, error = ended(session, NAMED["cancel"].work)
    assert server.service.changes == [f"cancelled {RUN}"]
    assert type(error) is errors.TokenError
    assert error.maybe_processed
