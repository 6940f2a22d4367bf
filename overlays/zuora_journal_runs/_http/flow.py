"""Logic that both clients need, written once: generators that say what is to be done, and what drives them.

A flow yields steps and is sent what each of them gave. It does no I/O, reads no clock that it was not given, and
never sleeps, so that one test covers both clients.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    import httpx

T = TypeVar("T")


class Transmit(NamedTuple):
    """Send this request once. Gives the response with its body read, or throws httpx.TransportError."""

    request: httpx.Request
    deadline: float
    """The time on the monotonic clock at which to stop waiting."""
    authorized: bool
    """Whether the request has all the authorization it needs, so that no `httpx.Auth` is asked."""


class Wait(NamedTuple):
    """Wait for what another thread or task fetches. Gives the future's result, or throws TimeoutError."""

    future: Future[Any]
    deadline: float


class Await(NamedTuple):
    """Await a token of the caller's making. Gives it, or throws TimeoutError."""

    awaitable: Awaitable[str]
    deadline: float


class Invoke(NamedTuple):
    """Call a function of the caller's, and await what it returns if it is asynchronous. Gives what it returns."""

    function: Callable[[Any], Any]
    argument: Any


class Sleep(NamedTuple):
    """Wait. Gives None."""

    seconds: float


Step = Transmit | Wait | Await | Invoke | Sleep
Flow = Generator[Step, Any, T]


def drive(flow: Flow[T], perform: Callable[[Step], Any]) -> T:
    """Run a flow to its end in this thread."""
    try:
        step = next(flow)
        while True:
            given, failure = None, None
            try:
                given = perform(step)
            except Exception as error:  # noqa: BLE001 - the flow is told, and raises what it does not expect
                failure = error
            # Told outside of the handler, lest what the flow raises has the failure for its context, and with it the
            # frames of the transport, whose variables hold the headers.
            step = flow.send(given) if failure is None else flow.throw(failure)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()


async def drive_async(flow: Flow[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """Run a flow to its end in this task."""
    try:
        step = next(flow)
        while True:
            given, failure = None, None
            try:
                given = await perform(step)
            except Exception as error:  # noqa: BLE001 - the flow is told, and raises what it does not expect
                failure = error
            # Told outside of the handler, lest what the flow raises has the failure for its context, and with it the
            # frames of the transport, whose variables hold the headers.
            step = flow.send(given) if failure is None else flow.throw(failure)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
