"""What the clients can do, written once for both: flows without I/O."""

from __future__ import annotations

import contextlib
import datetime
import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import httpx

from . import _cancellation, _headers, errors
from ._cancellation import (
    Cancellation,
    CancellationOutcome,
    CancellationPlan,
    CancellationProgress,
    CompletionOutcome,
    Deletion,
    Ending,
)
from ._flow import Flow, Sleep
from ._requests import Outgoing, of_arguments, path_on
from ._retry import is_transient, retry_after

if TYPE_CHECKING:
    from types import ModuleType

    from zuora_journal_runs_api.models import (
        CommonResponse,
        CreateJournalRunRequest,
        CreateJournalRunResponse,
        JournalEntriesPage,
        JournalEntry,
        JournalRun,
        TransactionType,
    )
    from zuora_journal_runs_api.types import Exchange

    from ._calls import Caller
    from ._options import Options

OnProgress = Callable[[CancellationProgress], None]
OnLook = Callable[["JournalRun"], None]
_SMALL_PAGE = 40
"""The largest page that every document allows; some tenants may allow no more."""


class JournalEntries(list["JournalEntry"]):
    """A run's summary journal entries, of all pages."""

    exchanges: tuple[Exchange | None, ...] = ()
    """The HTTP exchanges that they came from, a page each."""


class Verbs(NamedTuple):
    """The verbs of a client with given options."""

    caller: Caller
    options: Options

    def create(
        self,
        transaction_types: Iterable[TransactionType | str],
        journal_entry_date: datetime.date | str,
        accounting_period_name: str | None,
        target_start_date: datetime.date | str | None,
        target_end_date: datetime.date | str | None,
        organization_labels: Iterable[Mapping[str, str]],
    ) -> Flow[CreateJournalRunResponse]:
        from zuora_journal_runs_api.api.journal_runs import create_journal_run

        body = creation(
            transaction_types,
            journal_entry_date,
            accounting_period_name,
            target_start_date,
            target_end_date,
            organization_labels,
        )
        answer: CreateJournalRunResponse = yield from self._call(create_journal_run, body=body)
        return answer

    def retrieve(self, number: str) -> Flow[JournalRun]:
        from zuora_journal_runs_api.api.journal_runs import get_journal_run

        run: JournalRun = yield from self._call(get_journal_run, _headers.run_number(number))
        return run

    def entries(self, number: str) -> Flow[JournalEntries]:
        entries, _ = yield from self.entries_until(_headers.run_number(number), lambda _: False)
        return entries

    def entries_until(
        self, number: str, enough: Callable[[JournalEntry], bool], first: dict[str, Any] | None = None
    ) -> Flow[tuple[JournalEntries, dict[str, Any] | None]]:
        """A run's entries, up to the first page with one that is `enough`; and the request for that page.

        Args:
            number: The run's number.
            enough: Whether an entry makes further pages needless.
            first: A request for a page that is looked at before all others, since it was enough the last time.
        """
        from zuora_journal_runs_api.api.journal_entries import list_journal_entries_of_journal_run as operation

        # One deadline for all pages: a server may name another one for ever.
        deadline = self.caller.clock.monotonic() + self.options.deadline
        if first is not None:
            page: JournalEntriesPage = yield from self._send(operation, first)
            if any(map(enough, page.journal_entries)):
                return JournalEntries(page.journal_entries), first
        found = JournalEntries()
        request = operation.get_kwargs(number, page_size=self.options.page_size)
        try:
            response = yield from self._answer(request, deadline)
        except errors.InvalidRequest:
            if self.options.page_size <= _SMALL_PAGE:
                raise
            request = operation.get_kwargs(number, page_size=_SMALL_PAGE)
            response = yield from self._answer(request, deadline)
        addresses = set[str]()
        while True:
            page = cast("JournalEntriesPage", self.caller.read(response, operation.parse_response))
            found += page.journal_entries
            found.exchanges += (page.exchange,)
            if any(map(enough, page.journal_entries)):
                return found, request
            if not page.next_page:
                return found, None
            request = self._following(number, page, response, addresses)
            response = yield from self._answer(request, deadline)

    def _following(
        self, number: str, page: JournalEntriesPage, response: httpx.Response, seen: set[str]
    ) -> dict[str, Any]:
        """The request for the page after this one, which has to be another page of the same entries."""
        call = f"list the entries of {number}"
        problem = "which is none of its pages"
        with contextlib.suppress(errors.InvalidInput, httpx.InvalidURL):
            path = path_on(self.caller.base_url.join(str(page.next_page)), self.caller.base_url)
            if Outgoing("GET", path, {}).operation == call:
                if path not in seen:
                    seen.add(path)
                    return {"method": "GET", "url": path, "headers": {}}
                problem = "which was read already"
        assert page.exchange is not None
        error = errors.UnreadableAnswer(
            f"the answer names {page.next_page!r} as the next page, {problem}",
            cut_off=False,
            exchange=page.exchange,
            body=response.content,
            call=call,
            track_id=page.exchange.track_id,
            attempts=page.exchange.attempts,
        )
        error.maybe_processed = False
        raise error

    def plan_cancellation(self, number: str) -> Flow[CancellationPlan]:
        deadline = self.caller.clock.monotonic() + self.options.deadline
        run = yield from self.retrieve(number)
        entries = yield from self._by(deadline).entries(number)
        return CancellationPlan(
            run, [entry for entry in entries if _cancellation.is_cancellable(entry)], _cancellation.blocked(entries)
        )

    def cancel(self, number: str, *, join: bool = False) -> Flow[Cancellation]:
        """Cancel a run; to join is to take a cancellation that is under way, or done, for one's own."""
        from zuora_journal_runs_api.api.journal_runs import cancel_journal_run

        deadline = self.caller.clock.monotonic() + self.options.deadline
        try:
            answer: CommonResponse = yield from self._call(cancel_journal_run, _headers.run_number(number))
        except errors.CallError as error:
            refused = isinstance(error, errors.RuleViolation | errors.InvalidRequest | errors.Contention)
            if not error.maybe_processed and not (join and refused):
                raise
            # An earlier attempt may have been acted upon, and then a later one is refused. The run tells.
            try:
                run = yield from self._by(deadline).retrieve(number)
            except errors.CallError:
                raise error from None
            if run.status not in ("CancelInprogress", "Cancelled", "DeleteInprogress"):
                raise
            return Cancellation(number, run.exchange, acknowledged=False)
        return Cancellation(number, answer.exchange)

    def cancel_by(self, number: str, deadline: float) -> Flow[Cancellation]:
        """Cancel one run of many, if there is time left for it."""
        if self.caller.clock.monotonic() >= deadline:
            raise errors.NotSent(
                "the time was up before it was its turn, and nothing was sent", call=f"cancel {number}"
            )
        return (yield from self.cancel(number, join=True))

    def wait_until(
        self, cancellation: Cancellation, deadline: float, on_progress: OnProgress | None
    ) -> Flow[CancellationOutcome]:
        """Wait for one run of many; it is looked at once, however late it is."""
        left = max(deadline - self.caller.clock.monotonic(), _NO_TIME)
        return (yield from self.wait_for_cancellation(cancellation, left, on_progress))

    def cancel_and_wait(self, number: str, timeout: float, on_progress: OnProgress | None) -> Flow[CancellationOutcome]:
        _check_timeout(timeout)
        cancellation = yield from self.cancel(number)
        return (yield from self.wait_for_cancellation(cancellation, timeout, on_progress))

    def wait_for_cancellation(
        self, cancellation: Cancellation | str, timeout: float, on_progress: OnProgress | None
    ) -> Flow[CancellationOutcome]:
        number = _headers.run_number(cancellation if isinstance(cancellation, str) else cancellation.number)
        waiting = _Waiting(self, timeout)
        run: JournalRun | None = None
        progress: CancellationProgress | None = None
        seen_in_progress = False
        telling_page: dict[str, Any] | None = None
        while True:
            entries: JournalEntries | None = None
            try:
                run = yield from waiting.verbs.retrieve(number)
                seen_in_progress |= run.status == "CancelInprogress"
                if run.status in ("Cancelled", "DeleteInprogress"):
                    return _cancellation.outcome(run, (yield from waiting.verbs.entries(number)))
                if run.status in _SETTLED and seen_in_progress:
                    # It was under way, and is not any more: whatever remains was passed over.
                    return _cancellation.outcome(run, (yield from waiting.verbs.entries(number)))
                if run.status in _SETTLED:
                    # It may not have begun, or be under way without being shown. An entry that it has yet to reach
                    # tells enough: no need to read on.
                    entries, telling_page = yield from waiting.verbs.entries_until(
                        number, _cancellation.is_cancellable, telling_page
                    )
                    if telling_page is None and _only_blocked_remain(entries):
                        run = yield from waiting.verbs.retrieve(number)
                        if run.status in _SETTLED:
                            return _cancellation.outcome(run, entries)
                        seen_in_progress |= run.status == "CancelInprogress"
                progress = CancellationProgress(run, entries)
                if on_progress is not None:
                    on_progress(progress)
            except errors.NotFound:
                if run is None:
                    raise
                return _cancellation.outcome(run, entries or [], deleted=True)
            except errors.CallError as error:
                if not is_transient(error):
                    raise
            if not (yield from waiting.pause(run)):
                raise errors.CancellationNotSettled(
                    f"what the cancellation of {number} did is not known {_after(timeout)}: "
                    f"{_seen(run)}. Wait for it again, or look at the run",
                    number=number,
                    run=run,
                    progress=progress,
                )

    def wait_for_completion(self, number: str, timeout: float, on_look: OnLook | None) -> Flow[CompletionOutcome]:
        number = _headers.run_number(number)
        waiting = _Waiting(self, timeout)
        run: JournalRun | None = None
        while True:
            try:
                run = yield from waiting.verbs.retrieve(number)
                if run.status in _ENDINGS:
                    return CompletionOutcome(_ENDINGS[str(run.status)], run)
                if on_look is not None:
                    on_look(run)
            except errors.NotFound:
                if run is None:
                    raise
                return CompletionOutcome(Ending.DELETED, run)
            except errors.CallError as error:
                if not is_transient(error):
                    raise
            if not (yield from waiting.pause(run)):
                raise errors.CompletionNotSettled(
                    f"{number} has not ended {_after(timeout)}: {_seen(run)}. Wait for it again",
                    number=number,
                    run=run,
                )

    def delete(self, number: str, wait: bool, timeout: float, on_look: OnLook | None) -> Flow[Deletion]:
        number = _headers.run_number(number)
        _check_timeout(timeout)
        deadline = self.caller.clock.monotonic() + self.options.deadline
        run = yield from self.retrieve(number)
        if run.status not in ("Cancelled", "DeleteInprogress"):
            raise errors.WrongStatus(
                f"{number} is {run.status}, and only a run that is Cancelled can be deleted: cancel it first", run=run
            )
        gone, exchange = False, run.exchange
        if run.status == "Cancelled":
            gone, exchange = yield from self._by(deadline).delete_cancelled(number, deadline)
        waiting = _Waiting(self, timeout)
        while wait and not gone:
            try:
                run = yield from waiting.verbs.retrieve(number)
                if on_look is not None:
                    on_look(run)
            except errors.NotFound:
                gone = True
                break
            except errors.CallError as error:
                if not is_transient(error):
                    raise
            if not (yield from waiting.pause(run)):
                raise errors.DeletionNotSettled(
                    f"{number} is still there {_after(timeout)}: {_seen(run)}. Look again later",
                    number=number,
                    run=run,
                )
        return Deletion(number, gone, exchange)

    def delete_cancelled(self, number: str, deadline: float) -> Flow[tuple[bool, Exchange | None]]:
        """Delete a run that is cancelled; whether it is known to be gone, and the exchange that tells."""
        from zuora_journal_runs_api.api.journal_runs import delete_journal_run

        try:
            answer: CommonResponse = yield from self._call(delete_journal_run, number)
        except errors.CallError as error:
            if not error.maybe_processed:
                raise
            # An earlier attempt may have been acted upon, and then a later one is refused. The run tells.
            try:
                run = yield from self._by(deadline).retrieve(number)
            except errors.NotFound as gone:
                return True, gone.exchange
            except errors.CallError:
                raise error from None
            if run.status != "DeleteInprogress":
                raise
            return False, run.exchange
        return False, answer.exchange

    def _by(self, deadline: float) -> Verbs:
        """The verbs, in what is left of the time until a deadline."""
        left = max(deadline - self.caller.clock.monotonic(), _NO_TIME)
        return self._replace(options=self.options._replace(deadline=left))

    def _call(self, operation: ModuleType, *args: Any, **kwargs: Any) -> Flow[Any]:
        """Call one of the generated operations, and read the answer."""
        return (yield from self._send(operation, operation.get_kwargs(*args, **kwargs)))

    def _send(self, operation: ModuleType, request: dict[str, Any]) -> Flow[Any]:
        return self.caller.read((yield from self._answer(request)), operation.parse_response)

    def _answer(self, request: dict[str, Any], deadline: float | None = None) -> Flow[httpx.Response]:
        options = self.options if deadline is None else self._by(deadline).options
        return (yield from self.caller.call(of_arguments(request), options))


class _Waiting:
    """A wait for something, with its deadline."""

    def __init__(self, verbs: Verbs, timeout: float) -> None:
        _check_timeout(timeout)
        self._verbs = verbs
        self._deadline = verbs.caller.clock.monotonic() + timeout
        self._looks = 0

    @property
    def verbs(self) -> Verbs:
        """The verbs, none of whose calls outlasts the wait."""
        options = self._verbs.options
        left = max(self._deadline - self._verbs.caller.clock.monotonic(), _LAST_LOOK)
        return self._verbs._replace(options=options._replace(deadline=min(options.deadline, left)))

    def pause(self, run: JournalRun | None) -> Flow[bool]:
        """Wait until it is time for the next look; false if there is to be none."""
        self._looks += 1
        left = self._deadline - self._verbs.caller.clock.monotonic()
        if left <= 0:
            return False
        exchange = None if run is None else run.exchange
        hint = None if exchange is None else retry_after(exchange.headers.get("Retry-After"))
        interval = self._verbs.options.polling.interval(self._looks, self._verbs.caller.random, hint)
        yield Sleep(min(interval, left))
        return True


_SETTLED = ("Completed", "Error")
_NO_TIME = 1e-9
"""Seconds, where there are none left."""
_LAST_LOOK = 1.0
"""Seconds that the last look may take, though the deadline is near."""
_ENDINGS = {
    "Completed": Ending.COMPLETED,
    "Error": Ending.ERROR,
    "CancelInprogress": Ending.CANCELLED,
    "Cancelled": Ending.CANCELLED,
    "DeleteInprogress": Ending.DELETED,
}


def _only_blocked_remain(entries: Iterable[JournalEntry]) -> bool:
    """Whether some entry is not cancelled, and every such entry cannot be.

    If all are cancelled, or there are none, the run has yet to become `Cancelled`.
    """
    remaining = [entry for entry in entries if not _cancellation.is_cancelled(entry)]
    return bool(remaining) and all(map(_cancellation.is_blocked, remaining))


def _after(timeout: float) -> str:
    return f"after {timeout:.4g} s" if timeout > _NO_TIME else "in time"


def _seen(run: JournalRun | None) -> str:
    return "the run was not seen" if run is None else f"the run was {run.status} when it was seen last"


def _check_timeout(timeout: float) -> None:
    if not 0 < timeout < float("inf"):
        raise errors.InvalidInput(f"timeout is {timeout:g}: give a number of seconds above 0")


def creation(
    transaction_types: Iterable[TransactionType | str],
    journal_entry_date: datetime.date | str,
    accounting_period_name: str | None,
    target_start_date: datetime.date | str | None,
    target_end_date: datetime.date | str | None,
    organization_labels: Iterable[Mapping[str, str]],
) -> CreateJournalRunRequest:
    """The body of a creation.

    Raises:
        InvalidInput: Zuora would refuse it, as far as that can be told here.
    """
    from zuora_journal_runs_api.models import (
        CreateJournalRunRequest,
        JournalRunTransactionType,
        OrganizationLabel,
    )
    from zuora_journal_runs_api.types import UNSET

    if isinstance(transaction_types, str):
        raise errors.InvalidInput(f"transaction_types is the text {transaction_types!r}: give a list of types")
    types = [transaction_type(name) for name in transaction_types]
    if not types:
        raise errors.InvalidInput("no transaction type: give at least one, such as 'Invoice Item'")
    start = None if target_start_date is None else date("target_start_date", target_start_date)
    end = None if target_end_date is None else date("target_end_date", target_end_date)
    if end is not None and start is None:
        raise errors.InvalidInput("target_end_date without target_start_date: give both")
    if not accounting_period_name and (start is None or end is None):
        raise errors.InvalidInput("no period: give accounting_period_name, or target_start_date and target_end_date")
    if start is not None and end is not None and end < start:
        raise errors.InvalidInput(f"target_end_date {end} is before target_start_date {start}")
    labels = [OrganizationLabel.from_dict(label) for label in organization_labels]
    return CreateJournalRunRequest(
        transaction_types=[JournalRunTransactionType(type_=type_) for type_ in types],
        journal_entry_date=date("journal_entry_date", journal_entry_date),
        accounting_period_name=accounting_period_name or UNSET,
        target_start_date=UNSET if start is None else start,
        target_end_date=UNSET if end is None else end,
        organization_labels=labels or UNSET,
    )


def transaction_type(name: TransactionType | str) -> TransactionType:
    """The transaction type of this name; one that the contract does not name can be given as TransactionType("...").

    Raises:
        InvalidInput: no type has this name.
    """
    from zuora_journal_runs_api.models import TransactionType

    if isinstance(name, TransactionType) or name in TransactionType.__members__.values():
        return TransactionType.of(name)
    near = difflib.get_close_matches(str(name), [str(known) for known in TransactionType], n=3)
    hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "; see TransactionType for all of them"
    raise errors.InvalidInput(f"{name!r} is no transaction type{hint}")


def date(name: str, value: datetime.date | str) -> datetime.date:
    """A date given as one or as text.

    Raises:
        InvalidInput: it is no date.
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        if len(value) == len("2026-04-30"):
            return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise errors.InvalidInput(f"{name} is {value!r}, which is no date: write it as 2026-04-30")
