"""A world without network and without waiting, the same for both clients."""

from __future__ import annotations

import asyncio
import inspect
import json
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

import httpx
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs import CancellationResult

URL = "https://rest.example.com"
REQUEST_ID = "7c1cbd1e-8d2c-4a26-9a5b-3e9f0d7d4c11"


class Kind(Protocol):
    """Either client, used in the same way."""

    client_class: type[JournalRunsClient | AsyncJournalRunsClient]

    def use(
        self, handler: Callable[[httpx.Request], httpx.Response], work: Callable[[Any], Any], **arguments: Any
    ) -> Any:
        """What `work` gives, done with a client whose requests the handler answers."""


class Sync:
    client_class = JournalRunsClient

    def use(
        self, handler: Callable[[httpx.Request], httpx.Response], work: Callable[[Any], Any], **arguments: Any
    ) -> Any:
        with JournalRunsClient(URL, **with_defaults(arguments), transport=httpx.MockTransport(handler)) as client:
            return work(client)


class Async:
    client_class = AsyncJournalRunsClient

    def use(
        self, handler: Callable[[httpx.Request], httpx.Response], work: Callable[[Any], Any], **arguments: Any
    ) -> Any:
        async def main() -> Any:
            arguments_ = with_defaults(arguments)
            async with AsyncJournalRunsClient(URL, **arguments_, transport=httpx.MockTransport(handler)) as client:
                given = work(client)
                return await given if inspect.isawaitable(given) else given

        return asyncio.run(main())


def with_defaults(arguments: dict[str, Any]) -> dict[str, Any]:
    if not {"token", "auth", "client_id"} & arguments.keys():
        arguments["token"] = "a-token"
    return {"clock": FakeClock(), "random": Random(1), **arguments}


def answer(status: int = 200, body: object = None, **headers: str) -> httpx.Response:
    """An answer with a JSON body, `success: true` by default, and headers such as Retry_After."""
    return httpx.Response(
        status,
        headers={
            "Content-Type": "application/json",
            "Zuora-Request-Id": REQUEST_ID,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        content=json.dumps({"success": True} if body is None else body),
    )


def run(status: str = "Completed", **fields: object) -> httpx.Response:
    """An answer with a journal run."""
    return answer(body={"success": True, "number": "JR-00000075", "status": status, **fields})


def refusal(code: object, message: str = "No.", status: int = 200, **headers: str) -> httpx.Response:
    """An answer that says no."""
    body = {"success": False, "processId": "738CBB9234B47A47", "reasons": [{"code": code, "message": message}]}
    return answer(status, body, **headers)


class Script:
    """Answers in turn, the last one for ever; it remembers the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        given = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        # Each answer is read once; one that is given again has to be fresh.
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)


def summary(result: CancellationResult) -> str:
    """What became of a run of a batch, in a word or two."""
    if result.error is not None:
        return type(result.error).__name__
    assert result.outcome is not None
    return "complete" if result.complete else f"{len(result.outcome.blocked)} blocked"


def expected(number: int) -> str:
    """The same, where every tenth run has an entry that stays, and every fiftieth is not there."""
    return "NotFoundError" if number % 50 == 0 else "1 blocked" if number % 10 == 0 else "complete"
