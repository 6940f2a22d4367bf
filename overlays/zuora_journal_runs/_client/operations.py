"""The operations of the clients, written once for both: flows without I/O."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._generated import types
from zuora_journal_runs._http import Request, RunNumber, parse_entry_number, path_on

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from zuora_journal_runs import totals
    from zuora_journal_runs._client.observer import Observer
    from zuora_journal_runs._http import Flow, Options, Pipeline
    from zuora_journal_runs.results import Cancellation, CancellationPlan
    from zuora_journal_runs_api.models import (
        CommonResponse,
        JournalEntriesPage,
        JournalEntry,
        JournalRun,
    )
else:
    from zuora_journal_runs._lazy import LazyModule

    totals = LazyModule("zuora_journal_runs.totals")

SMALL_PAGE = 40
"""The largest page size that all documents allow; some tenants may allow no more."""
NO_TIME = 1e-9
"""A positive number of seconds, for a deadline that has passed."""
CANCELLATION_BEGUN = ("CancelInprogress", "Cancelled", "DeleteInprogress")
"""The statuses that show that a cancellation was accepted."""


class JournalEntries(list["JournalEntry"]):
    """A run's summary journal entries, of all pages."""

    exchanges: tuple[types.Exchange | None, ...] = ()
    """The HTTP exchanges that they came from, one for each page."""

    def totals(self) -> totals.Totals:
        """Add up debits and credits of the entries that are not cancelled, exactly."""
        return totals.Totals.of(self)


class Operations:
    """The operations on journal runs, with given options.

    Args:
        pipeline: Sends requests.
        options: The options of each call.
        observer: Sees the responses about a run; None if nothing does.
    """

    __slots__ = ("observer", "options", "pipeline")

    def __init__(self, pipeline: Pipeline, options: Options, observer: Observer | None = None) -> None:
        self.pipeline: Pipeline = pipeline
        self.options: Options = options
        self.observer: Observer | None = observer

    def observed_by(self, observer: Observer) -> Self:
        """Return these operations with an observer that sees every response."""
        options = replace(self.options, on_attempt=observer.on_attempt(self.options.on_attempt))
        return type(self)(self.pipeline, options, observer)

    def within(self, seconds: float) -> Self:
        """Return these operations with each call limited to so many seconds, or to less if its deadline is shorter."""
        deadline = min(self.options.deadline, max(seconds, NO_TIME))
        return type(self)(self.pipeline, replace(self.options, deadline=deadline), self.observer)

    def by(self, deadline: float) -> Self:
        """Return these operations with what is left of the time until a deadline."""
        return self.within(deadline - self.pipeline.clock.monotonic())

    def deadline(self) -> float:
        """Return the deadline of a call that begins now."""
        return self.pipeline.clock.monotonic() + self.options.deadline

    def observer_of(
        self,
        number: str,
        operation: str,
        evidence: str | os.PathLike[str] | None,
        creation: Mapping[str, Any] | None = None,
    ) -> contextlib.AbstractContextManager[Observer]:
        """Return an observer of a run that writes evidence to a file if one is given.

        Args:
            number: The run's number; empty for a creation.
            operation: The method of the client.
            evidence: The file.
            creation: What a creation requests.
        """
        from zuora_journal_runs._client.observer import Observer

        return Observer.opened(
            number,
            operation,
            evidence,
            self.pipeline.clock,
            self.pipeline.base_url.netloc.decode(),
            self.options,
            creation,
        )

    def request(self, method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Flow[httpx.Response]:
        """Send any call of Zuora's API."""
        request = Request.from_call(method, path, params, body, self.pipeline.base_url)
        return (yield from self.pipeline.call(request, self.options))

    def retrieve(self, number: RunNumber) -> Flow[JournalRun]:
        from zuora_journal_runs_api.api.journal_runs import get_journal_run

        run, response = yield from self.send(get_journal_run, get_journal_run.get_kwargs(number))
        if run.number != number:
            raise self.pipeline.invalid(response, f"the response is about {run.number!r}, not about {number}")
        found: JournalRun = run
        return found

    def entries(self, number: RunNumber) -> Flow[JournalEntries]:
        # One deadline for all pages: a server may always name a further page.
        pages = EntryPages(self, number, self.deadline())
        found = JournalEntries()
        while (page := (yield from pages.read())) is not None:
            found += page.journal_entries
            found.exchanges += (page.exchange,)
        return found

    def show_entries(self, number: RunNumber) -> Flow[None]:
        """Show the observer all entries, without keeping them."""
        pages = EntryPages(self, number, self.deadline())
        while (yield from pages.read()) is not None:
            pass

    def plan_cancellation(self, number: RunNumber) -> Flow[CancellationPlan]:
        from zuora_journal_runs import results

        deadline = self.deadline()
        run = yield from self.retrieve(number)
        entries = yield from self.by(deadline).entries(number)
        return results.CancellationPlan(
            run, [entry for entry in entries if results.is_cancellable(entry)], results.blocked(entries)
        )

    def cancel(self, number: RunNumber, *, join: bool = False) -> Flow[Cancellation]:
        """Cancel a run; with `join`, a cancellation that is in progress or done counts as accepted."""
        from zuora_journal_runs.results import Cancellation
        from zuora_journal_runs_api.api.journal_runs import cancel_journal_run

        deadline = self.deadline()
        try:
            accepted: CommonResponse = yield from self._call(cancel_journal_run, number)
        except errors.CallError as error:
            refused = isinstance(error, errors.RuleViolationError | errors.InvalidRequestError | errors.ConflictError)
            if not error.maybe_processed and not (join and refused):
                raise
            # An earlier attempt may have been processed, and then a later one is refused. The run's status shows it.
            try:
                run = yield from self.by(deadline).retrieve(number)
            except errors.CallError:
                raise error from None
            if run.status not in CANCELLATION_BEGUN:
                raise
            return Cancellation(number, run.exchange, acknowledged=False)
        return Cancellation(number, accepted.exchange)

    def update_entry(self, number: str, transferred: str, notes: str | None = None) -> Flow[CommonResponse]:
        """Set `transferredToAccounting` of an entry. To repeat it changes nothing more."""
        from zuora_journal_runs_api.api.journal_entries import update_journal_entry
        from zuora_journal_runs_api.models import UpdateJournalEntryRequest
        from zuora_journal_runs_api.types import UNSET

        body = UpdateJournalEntryRequest(transferred_to_accounting=transferred, notes=UNSET if notes is None else notes)
        updated: CommonResponse = yield from self._call(update_journal_entry, parse_entry_number(number), body=body)
        return updated

    def request_deletion(self, number: RunNumber) -> Flow[types.Exchange | None]:
        """Send the request that deletes a run."""
        from zuora_journal_runs_api.api.journal_runs import delete_journal_run

        accepted: CommonResponse = yield from self._call(delete_journal_run, number)
        return accepted.exchange

    def _call(self, operation: ModuleType, *args: Any, **kwargs: Any) -> Flow[Any]:
        """Call one of the generated operations, and read the response."""
        model, _ = yield from self.send(operation, operation.get_kwargs(*args, **kwargs))
        return model

    def send(
        self, operation: ModuleType, request: dict[str, Any], deadline: float | None = None
    ) -> Flow[tuple[Any, httpx.Response]]:
        """Send a request, and show the response or the error to the observer."""
        sent = Request.from_kwargs(request)
        options = self.options if deadline is None else self.by(deadline).options
        observer = self.observer
        if observer is not None:
            observer.sending(sent.method, sent.path)
        try:
            response = yield from self.pipeline.call(sent, options)
            parse: Callable[[httpx.Response], Any] = operation.parse_response
            model = self.pipeline.read(response, parse)
        except errors.CallError as error:
            if observer is not None:
                observer.failed(error)
            raise
        if observer is not None:
            observer.received(response, model)
        return model, response


class EntryPages:
    """Reads the entries of a run, one page after another. A page that could not be read can be read again.

    Args:
        operations: Sends requests.
        number: The run's number.
        deadline: The deadline of all pages; None for one that begins anew with each page.
    """

    __slots__ = ("_deadline", "_next", "_number", "_operations", "_seen")

    def __init__(self, operations: Operations, number: RunNumber, deadline: float | None = None) -> None:
        self._operations, self._number, self._deadline = operations, number, deadline
        self._next: str | None = ""
        """The path of the next page: empty for the first one, None after the last one."""
        self._seen = set[str]()

    @property
    def ended(self) -> bool:
        """Whether the last page was read."""
        return self._next is None

    def read(self) -> Flow[JournalEntriesPage | None]:
        """Return the next page, or None after the last one.

        Raises:
            CallError: It could not be read.
        """
        from zuora_journal_runs_api.api.journal_entries import list_journal_entries_of_journal_run as operation

        if self._next is None:
            return None
        if self._next:
            request = {"method": "GET", "url": self._next, "headers": {}}
            page, response = yield from self._operations.send(operation, request, self._deadline)
        else:
            page, response = yield from self._first(operation)
        self._next = self._following(page, response)
        found: JournalEntriesPage = page
        return found

    def _first(self, operation: ModuleType) -> Flow[tuple[JournalEntriesPage, httpx.Response]]:
        """Return the first page, with fewer entries if the tenant refuses the size."""
        operations, size = self._operations, self._operations.options.page_size
        request = operation.get_kwargs(self._number, page_size=size)
        try:
            return (yield from operations.send(operation, request, self._deadline))
        except errors.InvalidRequestError:
            if size <= SMALL_PAGE:
                raise
            request = operation.get_kwargs(self._number, page_size=SMALL_PAGE)
            return (yield from operations.send(operation, request, self._deadline))

    def _following(self, page: JournalEntriesPage, response: httpx.Response) -> str | None:
        """Return the path of the page after this one, which has to be another page of the same entries."""
        if not page.next_page:
            return None
        pipeline = self._operations.pipeline
        problem = "which is not one of its pages"
        with contextlib.suppress(errors.InvalidArgumentError, httpx.InvalidURL):
            path = path_on(pipeline.base_url.join(page.next_page), pipeline.base_url)
            if Request("GET", path, {}).operation == f"list the entries of {self._number}":
                if path not in self._seen:
                    self._seen.add(path)
                    return path
                problem = "which was read already"
        raise pipeline.invalid(response, f"the response names {page.next_page!r} as the next page, {problem}")
