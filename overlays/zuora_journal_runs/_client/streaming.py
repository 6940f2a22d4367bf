"""The entries of a run as a stream: page by page, the next page fetched while one is used."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self

from zuora_journal_runs import errors
from zuora_journal_runs._client.operations import EntryPages
from zuora_journal_runs._http import (
    AsyncConnection,
    Connection,
    Flow,
    RunNumber,
    Sleep,
    Step,
    Wait,
    drive,
    method_span,
)

if TYPE_CHECKING:
    import asyncio
    from types import TracebackType

    from zuora_journal_runs._client.operations import Operations
    from zuora_journal_runs._http import Clock
    from zuora_journal_runs_api.models import JournalEntry, JournalRun

_NAP = 1.0
"""Seconds to wait at once in a thread that may be told to stop."""


class Listing:
    """Reads the entries of a run page by page, and knows whether it has shown all of them.

    Zuora lists entries by the page, and they may change between two pages: then an entry can move to a page that was
    read already. So the run's own count is read before the first page and, if there are several, after the last one.

    Args:
        operations: Sends requests.
        number: The run's number.
    """

    __slots__ = ("_before", "_failure", "_numbers", "_operations", "_pages", "_several", "ended", "number")

    def __init__(self, operations: Operations, number: RunNumber) -> None:
        self.number: RunNumber = number
        self.ended: bool = False
        """Whether all entries were returned, and nothing is left to check."""
        self._operations = operations
        self._pages = EntryPages(operations, number)
        self._before: JournalRun | None = None
        self._several = False
        self._numbers = set[str]()
        self._failure: errors.IncompleteEntriesError | None = None

    @property
    def total(self) -> int | None:
        """How many entries the run counted before the first page."""
        return None if self._before is None else self._before.total_journal_entry_count

    @property
    def count(self) -> int:
        """How many entries were read so far."""
        return len(self._numbers)

    def iter_entries(self) -> Flow[list[JournalEntry]]:
        """Return the entries of the next page that has any; none after the last page.

        A request that failed is sent again by the next call.

        Raises:
            IncompleteEntriesError: An entry was listed twice, or fewer were listed than the run counts.
            CallError: The page could not be read.
        """
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        if self._before is None:
            self._before = yield from self._operations.retrieve(self.number)
        while (page := (yield from self._pages.read())) is not None:
            self._several = self._several or not self._pages.ended
            entries = page.journal_entries
            self._add(entries)
            if entries:
                # One response is consistent in itself.
                self.ended = self._pages.ended and not self._several and self.count >= (self.total or 0)
                return entries
        yield from self._check()
        return []

    def _add(self, entries: list[JournalEntry]) -> None:
        for entry in entries:
            if entry.number in self._numbers:
                raise self._incomplete(f"{entry.number} is listed twice, so they changed meanwhile")
            self._numbers.add(entry.number)

    def _check(self) -> Flow[None]:
        """Compare what was listed with what the run counts now."""
        assert self._before is not None
        run = yield from self._operations.retrieve(self.number)
        total = run.total_journal_entry_count
        if self._several and total != self.total:
            raise self._incomplete(f"the run had {self.total} entries before they were listed, and has {total} now")
        if self._several and total is None and run.status != self._before.status:
            raise self._incomplete(
                f"the run was {self._before.status} before they were listed, and is {run.status} now"
            )
        if total is not None and self.count < total:
            raise self._incomplete(f"the run has {total:,} entries, and only {self.count:,} are listed")
        self.ended = True

    def _incomplete(self, problem: str) -> errors.IncompleteEntriesError:
        self._failure = errors.IncompleteEntriesError(
            f"the entries of {self.number} are not shown to be complete: {problem}", run=self._before, listed=self.count
        )
        return self._failure


class _Stopped(BaseException):
    """Ends the flow of a thread that was told to stop."""


class _Fetch:
    """A page that is being fetched in a thread of its own. The thread is a daemon: nobody has to wait for it.

    Args:
        listing: Reads the page.
        connection: Sends requests.
    """

    def __init__(self, listing: Listing, connection: Connection) -> None:
        self._flow, self._connection = method_span(listing.iter_entries()), connection
        self._clock: Clock = connection.pipeline.clock
        self._result: Future[list[JournalEntry]] = Future()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="zuora-journal-runs", daemon=True)
        self._thread.start()

    def result(self) -> list[JournalEntry]:
        """Wait for the page, and return its entries."""
        return self._result.result()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True

    def join(self) -> None:
        """Wait until nothing is being sent any more."""
        self._thread.join()

    def _work(self) -> None:
        try:
            self._result.set_result(drive(self._flow, self._perform))
        except BaseException as error:  # noqa: BLE001 - raised again, in the caller's thread
            self._result.set_exception(error)

    def _perform(self, step: Step) -> Any:
        """Perform a step, and notice while waiting that the page is no longer wanted."""
        if isinstance(step, Sleep | Wait):
            left = step.seconds if isinstance(step, Sleep) else step.deadline - self._clock.monotonic()
            while left > _NAP:
                self._check_wanted()
                left -= _NAP
                if isinstance(step, Sleep):
                    self._clock.sleep(_NAP)
                else:
                    with contextlib.suppress(TimeoutError):
                        return step.future.result(_NAP)
            step = Sleep(left) if isinstance(step, Sleep) else step
        self._check_wanted()
        return self._connection.perform(step)

    def _check_wanted(self) -> None:
        if self._stopped:
            raise _Stopped


class EntryStream(Iterator["JournalEntry"]):
    """The entries of a run, one after another, while the next page is fetched in a thread: see `iter_entries`.

    Two pages at most are in memory, and the numbers of the entries so far. After an error the stream goes on where it
    was: iterate it again to send the failed request again. Close it, or use it in a `with` statement, if you do not
    read it to its end.
    """

    def __init__(self, listing: Listing, connection: Connection) -> None:
        self._listing, self._connection = listing, connection
        self._page: Iterator[JournalEntry] = iter(())
        self._next: _Fetch | None = None
        self._closed = False

    @property
    def total(self) -> int | None:
        """How many entries the run counted before they were listed; None until the first entry is read."""
        return self._listing.total

    def __next__(self) -> JournalEntry:
        while True:
            for entry in self._page:
                return entry
            self._page = iter(self._entries_of_next_page())

    def _entries_of_next_page(self) -> list[JournalEntry]:
        if self._closed or self._listing.ended:
            raise StopIteration
        fetch = self._next = self._next or _Fetch(self._listing, self._connection)
        try:
            entries = fetch.result()
        except Exception:
            self._next = None
            raise
        # After an interruption the page is still being fetched; only here it is not.
        self._next = None
        self._fetch_next()
        return entries

    def _fetch_next(self) -> None:
        if not self._listing.ended:
            self._next = _Fetch(self._listing, self._connection)

    def close(self) -> None:
        """End the stream; when this returns, no request of it is in progress."""
        self._closed, self._page = True, iter(())
        fetch, self._next = self._next, None
        if fetch is not None:
            fetch.stop()
            fetch.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt) and self._next is not None:
            # Who interrupts a program does not want to wait for a server.
            self._next.stop()
            self._next = None
        self.close()

    def __del__(self) -> None:
        if self._next is not None:
            self._next.stop()


class AsyncEntryStream(AsyncIterator["JournalEntry"]):
    """The entries of a run, one after another, while the next page is fetched in a task: see `EntryStream`."""

    def __init__(self, listing: Listing, connection: AsyncConnection) -> None:
        self._listing, self._connection = listing, connection
        self._page: Iterator[JournalEntry] = iter(())
        self._next: asyncio.Task[list[JournalEntry]] | None = None
        self._closed = False

    @property
    def total(self) -> int | None:
        """See `EntryStream.total`."""
        return self._listing.total

    async def __anext__(self) -> JournalEntry:
        while True:
            for entry in self._page:
                return entry
            self._page = iter(await self._entries_of_next_page())

    async def _entries_of_next_page(self) -> list[JournalEntry]:
        if self._closed or self._listing.ended:
            raise StopAsyncIteration
        task, self._next = self._next or self._fetch(), None
        entries = await task
        self._fetch_next()
        return entries

    def _fetch_next(self) -> None:
        if not self._listing.ended:
            self._next = self._fetch()

    def _fetch(self) -> asyncio.Task[list[JournalEntry]]:
        import asyncio  # it takes a while to import, and threads do without it

        task = asyncio.create_task(self._connection.execute(self._listing.iter_entries()))
        # An error of a page that nobody reads is nobody's.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def aclose(self) -> None:
        """End the stream; when this returns, no request of it is in progress."""
        import asyncio

        self._closed, self._page = True, iter(())
        task, self._next = self._next, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._next is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._next.cancel()
