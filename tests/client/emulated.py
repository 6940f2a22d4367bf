"""Both kinds of clients on an emulator, used in the same way."""

from __future__ import annotations

import asyncio
import inspect
from random import Random
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator import Clock, Emulator, Pacing, SeedRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RUN = "JR-00000075"
PERIOD = "Oct-2026"


def emulating(*, seed: Iterable[SeedRun] | None = None, pacing: str = "polls:1", **fields: Any) -> Emulator:
    """Return an emulator with one run, whose clock moves only when somebody waits."""
    runs = [SeedRun(number=RUN, **{"entries": 4, **fields})] if seed is None else seed
    return Emulator(seed=runs, random=Random(2), clock=Clock(running=False), pacing=Pacing.parse(pacing))


def synchronously(emulator: Emulator, work: Callable[[Any], Any], **arguments: Any) -> Any:
    """Do something with a client for threads."""
    with emulator.client(random=Random(1), **arguments) as client:
        return work(client)


def asynchronously(emulator: Emulator, work: Callable[[Any], Any], **arguments: Any) -> Any:
    """Do something with a client for tasks."""

    async def main() -> Any:
        async with emulator.async_client(random=Random(1), **arguments) as client:
            result = work(client)
            return await result if inspect.isawaitable(result) else result

    return asyncio.run(main())


def requests(emulator: Emulator, *operations: str) -> list[str]:
    """Return the operations that were requested, of these or of all that change something."""
    wanted = operations or ("createJournalRun", "cancelJournalRun", "deleteJournalRun", "updateJournalEntry")
    return [request.operation for request in emulator.requests if request.operation in wanted]
