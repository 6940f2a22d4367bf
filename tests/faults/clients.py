"""Both clients, used in the same way, on a clock on which waiting takes no time."""

from __future__ import annotations

import asyncio
import inspect
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, Self

import httpx

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient
from zuora_journal_runs._http import transports

if TYPE_CHECKING:
    from collections.abc import Callable


class Hook(Protocol):
    """What happens around a request on its way to the transport."""

    def before(self, request: httpx.Request) -> None:
        """May change the request, or raise."""

    def timed_out(self) -> None:
        """The request timed out."""


class Raising:
    """A hook that raises."""

    def __init__(self, failure: BaseException, times: int | None = None) -> None:
        self.failure, self.left = failure, times

    def before(self, request: httpx.Request) -> None:
        # As in a library underneath, there is in hand all that is to be sent.
        sent = [*request.headers.raw, request.content]
        if self.left == 0 or not sent:
            return
        if self.left is not None:
            self.left -= 1
        raise self.failure

    def timed_out(self) -> None:
        pass


class Interposed(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that calls a hook around what another does."""

    def __init__(self, inner: Any, hook: Hook) -> None:
        self._inner, self._hook = inner, hook

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._hook.before(request)
        try:
            response: httpx.Response = self._inner.handle_request(request)
        except httpx.TimeoutException:
            self._hook.timed_out()
            raise
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._hook.before(request)
        try:
            response: httpx.Response = await self._inner.handle_async_request(request)
        except httpx.TimeoutException:
            self._hook.timed_out()
            raise
        return response

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


class Session(Protocol):
    """An open client."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def do(self, work: Callable[[Any], Any]) -> Any:
        """What `work` gives, which is called with the client."""


class SyncSession:
    def __init__(self, url: str, hook: Hook | None, arguments: dict[str, Any]) -> None:
        transport = None if hook is None else Interposed(transports.default_transport(httpx.URL(url)), hook)
        self.client = JournalRunsClient(url, transport=transport, **arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def do(self, work: Callable[[Any], Any]) -> Any:
        return work(self.client)


class AsyncSession:
    def __init__(self, url: str, hook: Hook | None, arguments: dict[str, Any]) -> None:
        transport = None if hook is None else Interposed(transports.default_async_transport(httpx.URL(url)), hook)
        self._runner = asyncio.Runner()
        self.client = AsyncJournalRunsClient(url, transport=transport, **arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()

    def do(self, work: Callable[[Any], Any]) -> Any:
        async def main() -> Any:
            given = work(self.client)
            return await given if inspect.isawaitable(given) else given

        return self._runner.run(main())


KINDS: dict[str, type[SyncSession | AsyncSession]] = {"sync": SyncSession, "async": AsyncSession}


def open_session(kind: str, url: str, *, hook: Hook | None = None, **arguments: Any) -> Session:
    """A client of a kind, with its own default transport, to which a hook may be put."""
    return KINDS[kind](url, hook, {"random": Random(1), **arguments})
