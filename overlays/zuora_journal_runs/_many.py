"""Cancelling many runs: each by the same flows as one, side by side."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _headers
from ._flow import T
from .errors import InvalidInput, JournalRunsError
from .results import CancellationResult

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

    from .results import Cancellation, CancellationOutcome

    OnResult = Callable[["CancellationResult"], None]

_THREADS = 40
"""Threads where all runs are under way at once; a tenant allows no more requests at once, if nothing else is known."""


def sorted_out(numbers: Iterable[str]) -> list[str]:
    """Return the numbers of the runs to cancel, all of them checked before the first request.

    Raises:
        InvalidInput: there are none, or some are not valid or come more than once; it names all of these.
    """
    given = [numbers] if isinstance(numbers, str) else list(numbers)
    if not given:
        raise InvalidInput("no journal runs: give at least one number")
    invalid: dict[str, None] = {}
    for number in given:
        try:
            _headers.run_number(number)
        except InvalidInput:
            invalid[repr(number)] = None
    repeated = [number for number, times in Counter(given).items() if times > 1 and repr(number) not in invalid]
    wrong = [f"not a journal run number, such as JR-00000075: {', '.join(invalid)}"] if invalid else []
    wrong += [f"given more than once: {', '.join(repeated)}"] if repeated else []
    if wrong:
        raise InvalidInput(f"{'; '.join(wrong)}; nothing was sent")
    return given


def evidence_file(
    folder: str | os.PathLike[str] | Callable[[str], os.PathLike[str] | None] | None, number: str
) -> os.PathLike[str] | None:
    """Return the evidence file of one run of many, in a folder that is made if it is not there.

    Raises:
        InvalidInput: The folder cannot be made.
    """
    if folder is None:
        return None
    if callable(folder):
        return folder(number)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"the folder {folder} for evidence cannot be made: {error.strerror}") from None
    return Path(folder) / f"{number}.jsonl"


def in_threads(
    numbers: Iterable[str],
    at_once: int | None,
    cancel: Callable[[str], Cancellation],
    settle: Callable[[Cancellation], CancellationOutcome] | None,
    on_result: OnResult | None,
) -> list[CancellationResult]:
    """Cancel runs in threads; results in the order of the numbers.

    The threads are daemons: an interrupted program need not wait for them.
    """
    good, results = dict(enumerate(sorted_out(numbers))), dict[int, CancellationResult]()
    jobs: queue.SimpleQueue[tuple[int, str, Cancellation | None] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, CancellationResult | BaseException]] = queue.SimpleQueue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            place, number, cancellation = job
            try:
                if cancellation is None:
                    cancellation = cancel(number)
                    if settle is not None and at_once is None:
                        # Behind those that have not been asked for yet: waiting is for the end.
                        jobs.put((place, number, cancellation))
                        continue
                result = CancellationResult(number, None if settle is None else settle(cancellation), cancellation)
            except JournalRunsError as error:
                result = CancellationResult(number, None, cancellation, error)
            except BaseException as error:  # noqa: BLE001 - raised again, in the caller's thread
                done.put((place, error))
                continue
            done.put((place, result))

    for place, number in good.items():
        jobs.put((place, number, None))
    threads = min(at_once or _THREADS, len(good))
    _start(work, threads)
    try:
        for _ in good:
            place, ended = done.get()
            if isinstance(ended, BaseException):
                raise ended
            results[place] = ended
            _tell(on_result, ended)
    finally:
        # What has not begun does not begin any more; what is under way ends as it may.
        _drop(jobs)
        for _ in range(threads):
            jobs.put(None)
    return [results[place] for place in sorted(results)]


def side_by_side(work: Callable[[str], T], numbers: Sequence[str]) -> Iterator[T]:
    """What `work` gives for each run, in order, as soon as it is there; done in threads."""
    jobs: queue.SimpleQueue[tuple[Future[T], str]] = queue.SimpleQueue()
    futures = [Future[T]() for _ in numbers]
    for job in zip(futures, numbers, strict=True):
        jobs.put(job)

    def serve() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                future, number = jobs.get_nowait()
                try:
                    future.set_result(work(number))
                except BaseException as error:  # noqa: BLE001 - raised again, in the caller's thread
                    future.set_exception(error)

    _start(serve, min(_THREADS, len(numbers)))
    try:
        for future in futures:
            yield future.result()
    finally:
        _drop(jobs)


def _start(work: Callable[[], None], threads: int) -> None:
    """Work in so many threads. They are daemons: an interrupted program need not wait for them."""
    for _ in range(threads):
        threading.Thread(target=work, name="zuora-journal-runs", daemon=True).start()


def _drop(jobs: queue.SimpleQueue[Any]) -> None:
    """Forget the jobs that nobody has begun."""
    with contextlib.suppress(queue.Empty):
        while True:
            jobs.get_nowait()


async def in_tasks(
    numbers: Iterable[str],
    at_once: int | None,
    cancel: Callable[[str], Awaitable[Cancellation]],
    settle: Callable[[Cancellation], Awaitable[CancellationOutcome]] | None,
    on_result: OnResult | None,
) -> list[CancellationResult]:
    """Cancel runs in tasks; results in the order of the numbers."""
    import asyncio  # it takes a while to import, and threads do without it

    good, results = dict(enumerate(sorted_out(numbers))), dict[int, CancellationResult]()
    gate = asyncio.Semaphore(at_once or len(good) or 1)

    async def work(place: int, number: str) -> None:
        cancellation, outcome, failure = None, None, None
        async with gate:
            try:
                cancellation = await cancel(number)
                if settle is not None:
                    outcome = await settle(cancellation)
            except JournalRunsError as error:
                failure = error
        results[place] = CancellationResult(number, outcome, cancellation, failure)
        _tell(on_result, results[place])

    tasks = [asyncio.create_task(work(place, number)) for place, number in good.items()]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [results[place] for place in sorted(results)]


def _tell(on_result: OnResult | None, result: CancellationResult) -> None:
    if on_result is not None:
        on_result(result)
