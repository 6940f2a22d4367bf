"""Logic that both clients need, written once: generators that yield what is to be done, and what drives them.

A flow yields steps and is sent the result of each. It does no I/O, reads no clock but the one that it was given, and
never sleeps, so that one test covers both clients.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    import httpx

T = TypeVar("T")
RequestSpan = AbstractContextManager[Callable[["httpx.Response"], None]]
"""A context to send a request in. It gives a function to call with the response."""


class Transmit:
    """Send this request once. Returns the response with its body read, or raises httpx.TransportError.

    Args:
        request: The request.
        deadline: The time on the monotonic clock at which to stop waiting.
        authorized: Whether the request has all the authorization that it needs, so that no `httpx.Auth` is called.
        span: The span to send it in.
    """

    __slots__ = ("authorized", "deadline", "request", "span")

    def __init__(
        self, request: httpx.Request, deadline: float, *, authorized: bool, span: RequestSpan | None = None
    ) -> None:
        self.request: httpx.Request = request
        self.deadline: float = deadline
        self.authorized: bool = authorized
        self.span: RequestSpan | None = span


class Wait:
    """Wait for a future of another thread or task. Returns its result, or raises TimeoutError.

    Args:
        future: The future.
        deadline: The time on the monotonic clock at which to stop waiting.
    """

    __slots__ = ("deadline", "future")

    def __init__(self, future: Future[Any], deadline: float) -> None:
        self.future: Future[Any] = future
        self.deadline: float = deadline


class Await:
    """Await a token from a function of the caller. Returns it, or raises TimeoutError.

    Args:
        awaitable: What the function returned.
        deadline: The time on the monotonic clock at which to stop waiting.
    """

    __slots__ = ("awaitable", "deadline")

    def __init__(self, awaitable: Awaitable[str], deadline: float) -> None:
        self.awaitable: Awaitable[str] = awaitable
        self.deadline: float = deadline


class Invoke:
    """Call a function of the caller, and await what it returns if it is asynchronous. Returns its result.

    Args:
        function: The function.
        argument: Its argument.
    """

    __slots__ = ("argument", "function")

    def __init__(self, function: Callable[[Any], Any], argument: Any) -> None:
        self.function: Callable[[Any], Any] = function
        self.argument: Any = argument


class Sleep:
    """Sleep. Returns None.

    Args:
        seconds: How long.
    """

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds


Step = Transmit | Wait | Await | Invoke | Sleep
Flow = Generator[Step, Any, T]


def drive(flow: Flow[T], perform: Callable[[Step], Any]) -> T:
    """Execute a flow to its end in this thread."""
    try:
        step = next(flow)
        while True:
            result, failure = None, None
            try:
                result = perform(step)
            except Exception as error:  # noqa: BLE001 - thrown into the flow, which raises what it does not expect
                failure = error
            # Outside of the handler: otherwise the failure would be the context of what the flow raises, and keep the
            # frames of the transport alive, whose variables hold the headers.
            step = flow.send(result) if failure is None else flow.throw(failure)
    except StopIteration as end:
        returned: T = end.value
        return returned
    finally:
        flow.close()


async def drive_async(flow: Flow[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """Execute a flow to its end in this task."""
    try:
        step = next(flow)
        while True:
            result, failure = None, None
            try:
                result = await perform(step)
            except Exception as error:  # noqa: BLE001 - thrown into the flow, which raises what it does not expect
                failure = error
            # Outside of the handler, as in `drive`.
            step = flow.send(result) if failure is None else flow.throw(failure)
    except StopIteration as end:
        returned: T = end.value
        return returned
    finally:
        flow.close()
