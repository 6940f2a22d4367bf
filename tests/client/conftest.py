"""Fixtures for the tests of the clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.clock import FakeClock

from .emulated import asynchronously, synchronously
from .world import Async, Kind, Sync

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param()
    return made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=[synchronously, asynchronously], ids=["sync", "async"])
def use(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Does something with a client of an emulator, of either kind."""
    function: Callable[..., Any] = request.param
    return function
