"""The same fixtures with pytest-asyncio."""

import asyncio

import pytest

from zuora_journal_runs import AsyncJournalRunsClient
from zuora_journal_runs.emulator import Emulator


@pytest.mark.asyncio
async def test_two_runs_are_cancelled_side_by_side(zuora: Emulator) -> None:
    async with AsyncJournalRunsClient.from_env() as client:
        first, second = await asyncio.gather(
            client.cancel_and_wait("JR-00000073"), client.cancel_and_wait("JR-00000075")
        )
    assert first.complete
    assert [entry.number for entry in second.remaining] == ["JE-00000038"]
    assert zuora.run("JR-00000073").status == "Cancelled"
