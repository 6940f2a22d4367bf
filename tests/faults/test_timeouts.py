"""The timeouts that a caller sets are those of the sockets, and nothing outlasts the deadline."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, Backoff, Timeouts, errors

from . import faults
from .clients import open_session
from .service import READY_TOKEN, RUN
from .table import create
from .trial import ended, large

if TYPE_CHECKING:
    from .server import Behaviour, Certificates
    from .trial import World

QUICK = 0.05
AGES = 30.0


@pytest.mark.parametrize(
    ("phase", "behaviour", "error"),
    [
        ("connect", None, errors.RequestNotSentError),
        ("write", faults.deafness, errors.ResponseLostError),
        ("read", faults.silence(act=False), errors.ResponseLostError),
    ],
)
def test_each_phase_has_its_own(
    phase: str,
    behaviour: Behaviour | None,
    error: type[errors.CallError],
    kind: str,
    world: World,
    certificates: Certificates,
) -> None:
    server = world.serve(
        certificates=None if behaviour else certificates,
        outage=None if behaviour else "mute",
        script={"create": iter([behaviour])} if behaviour else None,
    )
    began = time.monotonic()
    with open_session(
        kind,
        server.url,
        token=READY_TOKEN,
        timeouts=replace(Timeouts(AGES, AGES, AGES, AGES), **{phase: QUICK}),
        retry=Backoff(attempts=1),
        compress_over=None,
        clock=FakeClock(),
    ) as session:
        _, got = ended(session, large(create))
    assert type(got) is error, got
    assert QUICK <= time.monotonic() - began < AGES / 2


@pytest.mark.parametrize("phase", ["read", "write"])
def test_no_phase_outlasts_the_deadline(phase: str, kind: str, world: World) -> None:
    server = world.serve(script={"create": iter([faults.deafness if phase == "write" else faults.silence(act=False)])})
    began = time.monotonic()
    with open_session(
        kind,
        server.url,
        token=READY_TOKEN,
        timeouts=Timeouts(AGES, AGES, AGES, AGES),
        deadline=QUICK,
        retry=Backoff(attempts=1),
        compress_over=None,
        clock=FakeClock(),
    ) as session:
        _, got = ended(session, large(create))
    assert type(got) is errors.ResponseLostError, got
    assert time.monotonic() - began < AGES / 2


async def test_a_token_function_does_not_outlast_the_deadline() -> None:
    async def token() -> str:
        await asyncio.Event().wait()
        return READY_TOKEN

    async with AsyncJournalRunsClient("http://127.0.0.1:9", token=token, deadline=0.05) as client:
        with pytest.raises(errors.TokenError):
            await asyncio.wait_for(client.retrieve(RUN), 2.0)
