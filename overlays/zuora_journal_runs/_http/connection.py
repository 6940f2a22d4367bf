"""The connections: httpx clients that send every request with all conventions, those of generated functions too."""

from __future__ import annotations

import contextlib
import inspect
import threading
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http.body import Body
from zuora_journal_runs._http.deadline import Bounded
from zuora_journal_runs._http.flow import (
    Await,
    Flow,
    Invoke,
    RequestSpan,
    Step,
    T,
    Transmit,
    Wait,
    drive,
    drive_async,
)
from zuora_journal_runs._http.request import Request
from zuora_journal_runs._http.token_cache import Secret
from zuora_journal_runs._http.tracing import method_span
from zuora_journal_runs._http.transports import user_agent

if TYPE_CHECKING:
    from concurrent.futures import Future

    from zuora_journal_runs._http.options import Options
    from zuora_journal_runs._http.pipeline import Pipeline


_AFTER_PHASES = 0.02
"""Seconds after the deadline, in which the timer of a phase ends it with a more exact error."""


def _arguments(pipeline: Pipeline, options: Options) -> dict[str, Any]:
    """Return the arguments of an httpx client."""
    return {
        "base_url": pipeline.base_url,
        "headers": {"accept-encoding": "gzip", "user-agent": user_agent(), **options.headers()},
        "auth": pipeline.authorizer.auth,
        "trust_env": False,
    }


def _limited(step: Transmit, pipeline: Pipeline, options: Options) -> httpx.Request:
    """Return the request, with timeouts that end with the deadline."""
    left = step.deadline - pipeline.clock.monotonic()
    if left <= 0:
        raise httpx.PoolTimeout("the deadline passed")
    monotonic = pipeline.clock.monotonic
    phases = options.timeouts.phases()
    timeouts = {name: Bounded(min(left, seconds), step.deadline, monotonic) for name, seconds in phases.items()}
    step.request.extensions = {**step.request.extensions, "timeout": timeouts}
    return step.request


def _keep(chunk: bytes, body: Body, step: Transmit, pipeline: Pipeline) -> bool:
    """Keep a piece of a response; return false if no more should be read."""
    if pipeline.clock.monotonic() >= step.deadline:
        raise httpx.ReadTimeout("the deadline passed while the response was read")
    return body.keep(chunk)


class _Shared:
    """What a client shares with those that its `with_options` returns."""

    closed = False


def _check_open(shared: _Shared) -> None:
    if shared.closed:
        raise errors.ClientClosedError("the client is closed")


class Connection(httpx.Client):
    """A connection for threads."""

    def __init__(
        self, pipeline: Pipeline, options: Options, transport: httpx.BaseTransport, shared: _Shared | None = None
    ) -> None:
        self.pipeline: Pipeline = pipeline
        self.call_options: Options = options
        self.transport: httpx.BaseTransport = transport
        self._shared = shared or _Shared()
        super().__init__(transport=transport, **_arguments(pipeline, options))

    def with_options(self, options: Options) -> Connection:
        """Return a connection with other options on the same transport; closing either closes both."""
        return Connection(self.pipeline, options, self.transport, self._shared)

    def close(self) -> None:
        """Close the transport, for all connections that use it."""
        self._shared.closed = True
        super().close()

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send a request for one of the operations, with all conventions.

        Raises:
            JournalRunsError: The call failed.
        """
        sent = Request.from_httpx(request, self.pipeline.base_url)
        return drive(self.pipeline.call(sent, self.call_options), self.perform)

    def execute(self, flow: Flow[T]) -> T:
        """Execute the flow of a method of the client."""
        return drive(method_span(flow), self.perform)

    def perform(self, step: Step) -> Any:
        """Perform one step of a flow, and return its result."""
        if isinstance(step, Transmit):
            return self._transmit(step) if step.span is None else self._transmit_in(step.span, step)
        if isinstance(step, Wait):
            return step.future.result(max(0.0, step.deadline - self.pipeline.clock.monotonic()))
        if isinstance(step, Await):
            raise errors.InvalidArgumentError("the token function is asynchronous: use AsyncJournalRunsClient")
        if isinstance(step, Invoke):
            result = step.function(step.argument)
            if inspect.iscoroutine(result):
                result.close()
                raise errors.InvalidArgumentError("the function is asynchronous: use AsyncJournalRunsClient")
            return result
        return self.pipeline.clock.sleep(step.seconds)

    def _transmit_in(self, span: RequestSpan, step: Transmit) -> httpx.Response:
        with span as received:
            response = self._transmit(step)
            received(response)
            return response

    def _transmit(self, step: Transmit) -> httpx.Response:
        _check_open(self._shared)
        request = _limited(step, self.pipeline, self.call_options)
        if step.authorized:
            # Cookies, redirects, authorization and hooks of httpx are not wanted here, and cost time.
            response = self.transport.handle_request(request)
            response.request = request
        else:
            response = super().send(request, stream=True, follow_redirects=False)
        body, stream = Body(response), response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        try:
            for chunk in stream:
                if not _keep(chunk, body, step, self.pipeline):
                    break
        finally:
            stream.close()
        return body.finish()


async def _result(future: Future[T], seconds: float) -> T:
    """Wait for a future of any thread. Unlike `asyncio.wrap_future`, never cancel it.

    Raises:
        TimeoutError: It was not done in time.
    """
    import asyncio  # takes a while to import, and threads do without it

    loop, thread = asyncio.get_running_loop(), threading.get_ident()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def on_done(_: Future[T]) -> None:
        if threading.get_ident() == thread:
            wake()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
                loop.call_soon_threadsafe(wake)

    future.add_done_callback(on_done)
    alarm = loop.call_later(seconds, wake)
    try:
        await waiter
    finally:
        alarm.cancel()
    return future.result(0)


class AsyncConnection(httpx.AsyncClient):
    """A connection for tasks of asyncio."""

    def __init__(
        self, pipeline: Pipeline, options: Options, transport: httpx.AsyncBaseTransport, shared: _Shared | None = None
    ) -> None:
        self.pipeline: Pipeline = pipeline
        self.call_options: Options = options
        self.transport: httpx.AsyncBaseTransport = transport
        self._shared = shared or _Shared()
        super().__init__(transport=transport, **_arguments(pipeline, options))

    def with_options(self, options: Options) -> AsyncConnection:
        """Return a connection with other options on the same transport; closing either closes both."""
        return AsyncConnection(self.pipeline, options, self.transport, self._shared)

    async def aclose(self) -> None:
        """Close the transport, for all connections that use it."""
        self._shared.closed = True
        await super().aclose()

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Send a request for one of the operations, with all conventions.

        Raises:
            JournalRunsError: The call failed.
        """
        sent = Request.from_httpx(request, self.pipeline.base_url)
        return await drive_async(self.pipeline.call(sent, self.call_options), self._perform)

    async def execute(self, flow: Flow[T]) -> T:
        """Execute the flow of a method of the client."""
        return await drive_async(method_span(flow), self._perform)

    async def _perform(self, step: Step) -> Any:
        if isinstance(step, Transmit):
            return await (self._transmit(step) if step.span is None else self._transmit_in(step.span, step))
        if isinstance(step, Wait):
            return await _result(step.future, max(0.0, step.deadline - self.pipeline.clock.monotonic()))
        if isinstance(step, Await):
            import asyncio

            left = max(0.0, step.deadline - self.pipeline.clock.monotonic())
            async with asyncio.timeout(left):
                return Secret(await step.awaitable)
        if isinstance(step, Invoke):
            result = step.function(step.argument)
            return await result if inspect.isawaitable(result) else result
        return await self.pipeline.clock.sleep_async(step.seconds)

    async def _transmit_in(self, span: RequestSpan, step: Transmit) -> httpx.Response:
        with span as received:
            response = await self._transmit(step)
            received(response)
            return response

    async def _transmit(self, step: Transmit) -> httpx.Response:
        import asyncio

        _check_open(self._shared)
        request = _limited(step, self.pipeline, self.call_options)
        left = step.deadline - self.pipeline.clock.monotonic()
        try:
            # Each phase ends with the deadline by itself, and with a more exact error. So this timer is the last one.
            async with asyncio.timeout(left + _AFTER_PHASES):
                return await self._exchange(step, request)
        except TimeoutError:
            raise httpx.ReadTimeout("the deadline passed") from None

    async def _exchange(self, step: Transmit, request: httpx.Request) -> httpx.Response:
        """Send a request, and read the whole response."""
        if step.authorized:
            response = await self.transport.handle_async_request(request)
            response.request = request
        else:
            response = await super().send(request, stream=True, follow_redirects=False)
        body, stream = Body(response), response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            async for chunk in stream:
                if not _keep(chunk, body, step, self.pipeline):
                    break
        finally:
            await stream.aclose()
        return body.finish()
