"""Tests of the service against the emulator."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from service import app

from zuora_journal_runs.emulator import Emulator

pytestmark = [pytest.mark.anyio, pytest.mark.zuora_emulator(pacing="at-once")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def web(zuora_environ: dict[str, str]) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://web") as client,
    ):
        yield client


async def test_a_cancellation_is_accepted_and_its_outcome_reported(
    web: httpx.AsyncClient, zuora_emulator: Emulator
) -> None:
    accepted = await web.post("/runs/JR-00000073/cancellation")
    assert (accepted.status_code, accepted.json()["outcome"]) == (202, "unknown")
    reported = await web.get("/runs/JR-00000073/cancellation")
    assert reported.json()["outcome"] == "complete"
    assert zuora_emulator.run("JR-00000073").status == "Cancelled"


async def test_what_stays_is_named(web: httpx.AsyncClient) -> None:
    await web.post("/runs/JR-00000075/cancellation")
    reported = (await web.get("/runs/JR-00000075/cancellation")).json()
    assert reported["outcome"] == "incomplete"
    assert [entry["number"] for entry in reported["remaining"]] == ["JE-00000038"]


async def test_errors_are_responses(web: httpx.AsyncClient) -> None:
    assert (await web.post("/runs/JR-00000099/cancellation")).status_code == 404
    assert (await web.post("/runs/75/cancellation")).status_code == 422
