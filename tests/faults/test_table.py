"""Each operation meets each fault: nothing is lost, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.clock import FakeClock

from . import faults
from .clients import open_session
from .service import READY_TOKEN
from .table import CELLS, OPERATIONS, Cell, Operation
from .trial import meet, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from .trial import World


@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.name) for cell in CELLS])
def test_cell(cell: Cell, world: World, count: Callable[[], None]) -> None:
    count()
    meet(cell, world)


@pytest.mark.parametrize("operation", [pytest.param(operation, id=operation.name) for operation in OPERATIONS])
def test_every_result_says_how_it_came(operation: Operation, kind: str, world: World) -> None:
    server = world.serve(script={operation.name: script(faults.reset(act=False), lasting=False)})
    with open_session(kind, server.url, token=READY_TOKEN, clock=FakeClock()) as session:
        result = session.do(operation.work)
    exchange = result.exchanges[operation.name == "next page"] if hasattr(result, "exchanges") else result.exchange
    assert exchange.attempts == 2
    assert exchange.track_id == server.seen(operation.name)[-1].headers["zuora-track-id"]
    assert exchange.request_id is not None
