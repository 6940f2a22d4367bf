"""Fixtures for the tests of the clients."""

from __future__ import annotations

import pytest
from tests.clock import FakeClock

from .world import Async, Kind, Sync


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param()
    return made


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
