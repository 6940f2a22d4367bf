"""Cancel many runs side by side, each by the same flow as a single one."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import queue
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic

from zuora_journal_runs._http import Flow, RunNumber, Sleep, Step, T, Wait, method_span
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence

    from zuora_journal_runs._client._base import OnResult
    from zuora_journal_runs._http import Clock
    from zuora_journal_runs.results import CancellationResult

_THREADS = 40
"""Threads at most. A tenant allows no more requests at once, if nothing else is known."""
_NAP = 1.0
"""Seconds to sleep at once while nothing is in progress: the clock cannot be interrupted."""


def parse_numbers(numbers: Iterable[str]) -> list[RunNumber]:
    """Return the numbers of the runs to cancel, all of them checked before the first request.

    Raises:
        InvalidArgumentError: `numbers` is empty, or some are not valid or repeated; all of these are named.
    """
    if not isinstance(numbers, Iterable):
        raise InvalidArgumentError(f"numbers is {numbers!r}: give a list of numbers such as 'JR-00000075'")
    valid: list[RunNumber] = []
    invalid: dict[str, None] = {}
    for number in [numbers] if isinstance(numbers, str) else numbers:
        try:
            valid.append(RunNumber(number))
        except InvalidArgumentError:
            invalid[repr(number)] = None
    if not valid and not invalid:
        raise InvalidArgumentError("no journal runs: give at least one number")
    repeated = [number for number, times in Counter(valid).items() if times > 1]
    problems = [f"not a journal run number, such as JR-00000075: {', '.join(invalid)}"] if invalid else []
    problems += [f"given more than once: {', '.join(repeated)}"] if repeated else []
    if problems:
        raise InvalidArgumentError(f"{'; '.join(problems)}; nothing was sent")
    return valid


def in_threads(
    numbers: Iterable[str],
    at_once: int | None,
    flow: Callable[[RunNumber], Flow[CancellationResult]],
    perform: Callable[[Step], Any],
    clock: Clock,
    on_result: OnResult | None,
) -> list[CancellationResult]:
    """Cancel runs in threads; results in the order of the numbers."""
    parsed = parse_numbers(numbers)
    results: dict[int, CancellationResult] = {}
    flows = ((place, method_span(flow(number))) for place, number in enumerate(parsed))
    with (
        _callbacks_unwrapped(),
        contextlib.closing(drive_many(flows, at_once or len(parsed), perform, clock)) as ended,
    ):
        for place, result in ended:
            results[place] = result
            _report(on_result, result)
    return [results[place] for place in sorted(results)]


@contextlib.contextmanager
def _callbacks_unwrapped() -> Iterator[None]:
    """Raise the error of a callback unchanged."""
    from zuora_journal_runs._client.waiting import CallbackRaised

    try:
        yield
    except CallbackRaised as raised:
        raise raised.error from None


class _Task(Generic[T]):
    """A flow among many."""

    __slots__ = ("failure", "flow", "place", "ticket", "value")

    def __init__(self, place: int, flow: Flow[T]) -> None:
        self.place, self.flow = place, flow
        self.value: Any = None
        """What to send to the flow next."""
        self.failure: Exception | None = None
        """What to throw into it instead."""
        self.ticket: int | None = None
        """Which of its pauses it is in; None while a thread executes it."""

    def advance(self, perform: Callable[[Step], Any]) -> Sleep | Wait:
        """Perform the steps of the flow until it pauses.

        Raises:
            StopIteration: The flow has ended; the value is what it returned.
        """
        while True:
            value, failure, self.value, self.failure = self.value, self.failure, None, None
            step = self.flow.send(value) if failure is None else self.flow.throw(failure)
            if isinstance(step, Sleep | Wait):
                return step
            try:
                self.value = perform(step)
            except Exception as error:  # noqa: BLE001 - thrown into the flow, which raises what it does not expect
                self.failure = error


class _Ended:
    """How a flow ended.

    Args:
        value: What it returned.
        failure: What it raised; None if it returned.
    """

    __slots__ = ("failure", "value")

    def __init__(self, value: Any, failure: BaseException | None = None) -> None:
        self.value, self.failure = value, failure


def drive_many(
    flows: Iterable[tuple[int, Flow[T]]], at_once: int, perform: Callable[[Step], Any], clock: Clock
) -> Generator[tuple[int, T]]:
    """Execute many flows in few threads, and yield what each returns as soon as it does.

    A flow that sleeps, or waits for another one, occupies no thread, so all of them proceed however many there are.
    The threads are daemons: an interrupted program does not have to wait for them.

    Args:
        flows: The flows, each with its place. They begin in this order.
        at_once: How many of them may have begun and not ended.
        perform: Performs a step that is not a pause, in one of the threads.
        clock: Time.
    """
    return _Scheduler[T](flows, at_once, perform, clock).execute()


class _Scheduler(Generic[T]):
    """The state of `drive_many`. It belongs to the thread that iterates; the others use two queues only."""

    def __init__(
        self, flows: Iterable[tuple[int, Flow[T]]], at_once: int, perform: Callable[[Step], Any], clock: Clock
    ) -> None:
        self._coming = (_Task(place, flow) for place, flow in flows)
        self._at_once, self._perform, self._clock = at_once, perform, clock
        self._begun: set[_Task[T]] = set()
        self._ready: queue.SimpleQueue[_Task[T] | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[tuple[_Task[T], Sleep | Wait | _Ended | int]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, _Task[T]]] = []
        self._tickets = itertools.count()
        self._working = 0
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def execute(self) -> Generator[tuple[int, T]]:
        try:
            for task in itertools.islice(self._coming, self._at_once):
                self._begin(task)
            while self._begun:
                task, event = self._next_event()
                if isinstance(event, _Ended):
                    self._working -= 1
                    self._begun.discard(task)
                    if event.failure is not None:
                        raise event.failure
                    for following in itertools.islice(self._coming, 1):
                        self._begin(following)
                    yield task.place, event.value
                elif isinstance(event, Sleep | Wait):
                    self._working -= 1
                    self._pause(task, event)
                elif event == task.ticket:
                    self._resume(task)
        finally:
            self._stop()
        for thread in self._threads:
            thread.join()

    def _begin(self, task: _Task[T]) -> None:
        self._begun.add(task)
        self._hand_out(task)

    def _hand_out(self, task: _Task[T]) -> None:
        """Let a thread continue a flow."""
        self._working += 1
        if len(self._threads) < min(self._working, _THREADS):
            thread = threading.Thread(target=self._work, name="zuora-journal-runs", daemon=True)
            thread.start()
            self._threads.append(thread)
        self._ready.put(task)

    def _work(self) -> None:
        """Continue one flow after another."""
        while (task := self._ready.get()) is not None:
            event: Sleep | Wait | _Ended
            try:
                event = task.advance(self._perform)
            except StopIteration as end:
                event = _Ended(end.value)
            except BaseException as error:  # noqa: BLE001 - raised again, in the caller's thread
                event = _Ended(None, error)
            if self._stopped:
                task.flow.close()
            self._events.put((task, event))

    def _pause(self, task: _Task[T], step: Sleep | Wait) -> None:
        ticket = task.ticket = next(self._tickets)
        if isinstance(step, Sleep):
            due = self._clock.monotonic() + step.seconds
        else:
            due = step.deadline
            task.value = step.future
            step.future.add_done_callback(lambda _: self._events.put((task, ticket)))
        heapq.heappush(self._timers, (due, ticket, task))

    def _resume(self, task: _Task[T]) -> None:
        """Continue after a pause."""
        task.ticket = None
        if isinstance(task.value, Future):
            future, task.value = task.value, None
            try:
                task.value = future.result(0.0)
            except TimeoutError as late:
                task.failure = late
        self._hand_out(task)

    def _next_event(self) -> tuple[_Task[T], Sleep | Wait | _Ended | int]:
        """Wait for the next event, and resume the flows whose pauses are over meanwhile."""
        while True:
            now = self._clock.monotonic()
            while self._timers and (self._timers[0][0] <= now or self._timers[0][1] != self._timers[0][2].ticket):
                _, ticket, task = heapq.heappop(self._timers)
                if ticket == task.ticket:
                    self._resume(task)
            rest = self._timers[0][0] - now if self._timers else None
            if rest is None or self._working:
                with contextlib.suppress(queue.Empty):
                    return self._events.get(timeout=rest)
            else:
                # Nothing is in progress, so time is all there is to wait for, on whatever clock it is.
                with contextlib.suppress(queue.Empty):
                    return self._events.get_nowait()
                self._clock.sleep(min(rest, _NAP))

    def _stop(self) -> None:
        """Begin no further flow, and end those that pause; those in progress end by themselves."""
        self._stopped = True
        while not self._ready.empty():
            with contextlib.suppress(queue.Empty):  # a thread was faster
                self._ready.get_nowait()
        for _ in self._threads:
            self._ready.put(None)
        for task in self._begun:
            # The others are ended by their threads.
            if task.ticket is not None:
                task.flow.close()


def side_by_side(work: Callable[[str], T], numbers: Sequence[str]) -> Iterator[T]:
    """Yield the result of `work` for each run, in order, as soon as it is there; the work is done in daemon threads."""
    jobs: queue.SimpleQueue[tuple[Future[T], str]] = queue.SimpleQueue()
    futures = [Future[T]() for _ in numbers]
    for job in zip(futures, numbers, strict=True):
        jobs.put(job)

    def execute() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                future, number = jobs.get_nowait()
                try:
                    future.set_result(work(number))
                except BaseException as error:  # noqa: BLE001 - raised again, in the caller's thread
                    future.set_exception(error)

    for _ in range(min(_THREADS, len(numbers))):
        threading.Thread(target=execute, name="zuora-journal-runs", daemon=True).start()
    try:
        for future in futures:
            yield future.result()
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                jobs.get_nowait()


async def in_tasks(
    numbers: Iterable[str],
    at_once: int | None,
    flow: Callable[[RunNumber], Flow[CancellationResult]],
    execute: Callable[[Flow[CancellationResult]], Awaitable[CancellationResult]],
    on_result: OnResult | None,
) -> list[CancellationResult]:
    """Cancel runs in tasks; results in the order of the numbers."""
    import asyncio  # it takes a while to import, and threads do without it

    parsed = parse_numbers(numbers)
    results: dict[int, CancellationResult] = {}
    gate = asyncio.Semaphore(at_once or len(parsed))

    async def work(place: int, number: RunNumber) -> None:
        async with gate:
            results[place] = await execute(flow(number))
        _report(on_result, results[place])

    tasks = [asyncio.create_task(work(place, number)) for place, number in enumerate(parsed)]
    try:
        with _callbacks_unwrapped():
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[place] for place in sorted(results)]


def _report(on_result: OnResult | None, result: CancellationResult) -> None:
    if on_result is not None:
        on_result(result)
