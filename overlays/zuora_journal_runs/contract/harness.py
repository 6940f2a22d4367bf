"""The suite's own runs at the provider: to make them, to bring them to a status, and to watch them settle."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from .cases import CaseAdapter
from .checks import Skipped, Violation, expect
from .clock import OutOfTime
from .provider import Provider
from .run_model import CANCELABLE, GONE, IN_PROGRESS, RunModel
from .session import NoResponseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from schemathesis import Case

    from .document import Document
    from .options import Options, Runtime
    from .provider import ApiResponse
    from .target import Target


LARGEST_PAGE, SMALLER_PAGE = 300, 40
ENTRIES = "/v1/journal-entries/journal-runs"
AT_REST = ("Completed", "Error", "Cancelled", GONE)

FIRST_POLLS = 8
"""How many polls follow each other without a pause, for providers in which each poll advances a run."""


class Harness(Provider):
    """A provider, and the runs that the suite made there.

    Args:
        document: The contract.
        target: The provider.
        options: How the suite is run.
        runtime: What the suite uses of the world around it.
    """

    def __init__(self, document: Document, target: Target, options: Options, runtime: Runtime) -> None:
        super().__init__(document, target, options, runtime)
        self.existing: dict[str, str] = dict(
            zip(("targetStartDate", "targetEndDate"), options.dates or last_month(runtime.today()), strict=True)
        )
        """The fields of a creation that the provider is known to accept."""
        self.patience: float = options.patience_at_most
        """Seconds that a run may take to settle."""
        self.largest_page: int = LARGEST_PAGE
        """The largest page of entries that the provider is not known to refuse."""
        self._days = cycle(days(self.existing["targetStartDate"], self.existing["targetEndDate"]))
        self._run, self._longest = options.run, 0.0
        self._without_entries = False
        self._unsettled = ""
        self._adapter: CaseAdapter | None = None

    # Generated cases

    def adapt(self, case: Case[Any]) -> None:
        """Adapt a generated case to what exists.

        Raises:
            Skipped: There is no run to name.
        """
        if self._adapter is None:
            self.learn_period()
            self._adapter = CaseAdapter(
                self.document,
                self.target,
                existing=self.existing,
                run=self.run_for,
                entry=self.entry_to_update,
                new_key=self.new_key,
                token=lambda: self.token,
            )
        self._adapter.adapt(case)

    def new_key(self) -> str:
        """An idempotency key that was never used before, not even by another run of the suite with the same seed."""
        return str(uuid.uuid4())

    # Runs

    def run_for(self, operation_id: str) -> str:
        """Return the number of a run whose status allows an operation, or of an entry.

        Raises:
            Skipped: There is none, and none may be created.
        """
        if operation_id == "cancelJournalRun":
            return self.at("Completed").number
        if operation_id == "deleteJournalRun":
            return self.at("Cancelled").number
        if operation_id == "updateJournalEntry":
            return str(self.entry_to_update()["number"])
        return self.readable()

    def entry(self) -> Mapping[str, Any] | None:
        """Return an entry that may be updated; None if runs have none."""
        model = self.at("Completed")
        if not model.entries and not self._without_entries:
            # Another run had the transactions, and has been cancelled since.
            model = self.create()
            self.settle(model)
            self._without_entries = not model.entries
        return next(iter((model.entries or {}).values()), None)

    def entry_to_update(self) -> Mapping[str, Any]:
        """Return an entry that may be updated.

        Raises:
            Skipped: Runs have none.
        """
        if entry := self.entry():
            return entry
        raise Skipped("runs have no entries")

    def readable(self) -> str:
        """Return the number of a run that can be read."""
        if self.may_write:
            return self.at("Completed").number
        if self._run is None:
            raise Skipped("it needs a run to read: name one with --run, or allow writes")
        return self._run

    def learn_period(self) -> str | None:
        """Return the name of the accounting period of the dates, if an entry shows it."""
        if self.may_write and "accountingPeriodName" not in self.existing:
            model = self.at("Completed")
            self.entries(model)
            names = {entry.get("accountingPeriodName") for entry in (model.entries or {}).values()} - {None}
            if len(names) == 1:
                self.existing["accountingPeriodName"] = str(names.pop())
        return self.existing.get("accountingPeriodName")

    def creation(self, **fields: Any) -> dict[str, Any]:
        """Return the body of a creation that the provider accepts, with other fields; one that is None is left out."""
        whole = {
            **{name: self.existing[name] for name in ("targetStartDate", "targetEndDate")},
            "journalEntryDate": self.existing["targetEndDate"],
            "transactionTypes": [{"type": "Invoice Item"}],
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def own_day(self) -> dict[str, str]:
        """Return the target dates of a run that is to have other transactions than the last ones."""
        day = next(self._days)
        return {"targetStartDate": day, "targetEndDate": day}

    def create(self, body: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None) -> RunModel:
        """Create a run as soon as no other is in progress; wait for the end of another user's run.

        The suite's own runs over the same dates are cancelled before, so that their transactions are free.
        """
        self.quiet()
        self.free(body or self.existing)
        until, pause = self.clock.now() + self.patience, pauses()
        while True:
            response = self.call("createJournalRun", body=dict(body or self.creation()), headers=headers)
            # A refusal is kept for its key.
            if response.status != 409 or headers or self.clock.now() >= until:
                break
            self.clock.sleep(next(pause))
        number = response.data.get("journalRunNumber")
        expect(response.status == 200 and number in self.own, f"no run was created: {response.wire} {response.data}")
        return self.own[str(number)]

    def free(self, dates: Mapping[str, Any]) -> None:
        """Free the transactions of target dates: cancel the suite's own runs that have entries of them."""
        for model in list(self.own.values()):
            if (
                model.is_surely("Completed")
                and model.entries
                and not model.transferred
                and overlap(model.wanted, dates)
            ):
                self.cancel(model)
                self.settle(model)

    def at(self, status: str) -> RunModel:
        """Return a run of the suite's own that has settled in a status; create one if there is none.

        Raises:
            Violation: It did not settle in that status.
            Skipped: The provider is known not to settle runs.
        """
        resting = [model for model in self.own.values() if model.is_surely(status) and not model.transferred]
        if resting:
            return next((model for model in resting if model.entries), resting[0])
        if status == "Completed":
            model = self.create()
        elif status == "Cancelled":
            model = self.at("Completed")
            response = self.cancel(model)
            expect(response == 200, f"the cancellation of {model.number} got the status {response}, not 200")
        else:
            model = self.at("Cancelled")
            response = self.delete(model)
            expect(response == 200, f"the deletion of {model.number} got the status {response}, not 200")
        settled = self.settle(model)
        expect(settled == status, f"{model.number} should be {status}, and is {settled}")
        return model

    def retrieve(self, model: RunModel) -> str:
        """Retrieve a run; return its status."""
        response = self.call("getJournalRun", model.number)
        model.retrieved(response.status, response.data)
        return str(response.data["status"]) if response.status == 200 else GONE

    def read(self, model: RunModel) -> str:
        """Retrieve a run, and list its entries; return its status."""
        status = self.retrieve(model)
        self.entries(model)
        return status

    def pages(self, number: str, size: int | None) -> Iterator[ApiResponse]:
        """The pages of a run's entries, or the one response that refuses them.

        Raises:
            Violation: they have no end, or lead elsewhere.
        """
        query: dict[str, Any] | None = {} if size is None else {"pageSize": size}
        seen: set[str] = set()
        while query is not None:
            response = self.call("listJournalEntriesOfJournalRun", number, query=query)
            yield response
            entries = {entry["number"] for entry in response.data.get("journalEntries", ())}
            expect(not seen & entries, f"an entry of {number} is listed twice: {sorted(seen & entries)}")
            seen |= entries
            query = None
            if following := response.data.get("nextPage"):
                address = urlsplit(following)
                expect(entries, f"a page of {number} is empty, and there is another")
                expect(address.path == f"{ENTRIES}/{number}", f"the next page of {number} is at {address.path}")
                query = dict(parse_qsl(address.query))

    def entries(self, model: RunModel) -> None:
        """List all entries of a run."""
        pages = list(self.pages(model.number, self.largest_page))
        if pages[-1].status == 400 and self.largest_page == LARGEST_PAGE:
            self.largest_page = SMALLER_PAGE  # Documents say both.
            pages = list(self.pages(model.number, self.largest_page))
        if pages[-1].status == 200:
            self.observe("max-page-size", self.largest_page)
        model.listed(pages[-1].status, [entry for page in pages for entry in page.data.get("journalEntries", ())])
        self.own_entries.update(model.entries or {})

    def update(self, model: RunModel, entry: str, **fields: str) -> int:
        """Update an entry of a run; return the judged status."""
        return self._change("updateJournalEntry", entry, partial(model.updated, entry, fields), body=fields)

    def cancel(self, model: RunModel) -> int:
        """Request the cancellation of a run; return the judged status."""
        return self._change("cancelJournalRun", model.number, model.cancelled, body={})

    def delete(self, model: RunModel) -> int:
        """Request the deletion of a run; return the judged status."""
        return self._change("deleteJournalRun", model.number, model.deleted)

    def _change(self, operation_id: str, number: str, learn: Callable[[int | None], None], **parts: Any) -> int:
        try:
            response = self.call(operation_id, number, **parts)
        except (NoResponseError, OutOfTime):
            learn(None)
            raise
        learn(response.status)
        return response.status

    def watch(self, model: RunModel) -> Iterator[str]:
        """Retrieve a run until it settles; yield each status that it shows.

        Raises:
            Violation: It takes longer than `patience`. Later runs are waited for no longer than the slowest run so far.
            Skipped: Another run took too long before.
        """
        began, pause, polls = self.clock.now(), pauses(), 0
        while True:
            polls += 1
            status = self.retrieve(model)
            if status == "CancelInprogress":
                self.observe("show-cancel-in-progress", "yes")
            yield status
            if self._is_settled(model, status):
                self._longest = max(self._longest, self.clock.now() - began)
                return
            seconds = self.clock.now() - began
            if seconds >= self.patience and polls > FIRST_POLLS:
                if self._unsettled:
                    raise Skipped(f"runs do not settle: {self._unsettled}")
                self._unsettled = f"{model.number} is still {status} after {seconds:.0f} seconds"
                self.patience = min(self.patience, 2 * self._longest)
                entries = sorted({str((model.entries or {})[each]["status"]) for each in model.remaining})
                left = f", with entries that are {', '.join(entries)}" if model.is_being_cancelled() else ""
                raise Violation(f"runs do not settle: {self._unsettled}{left}", "settling")
            self.clock.sleep(min(next(pause), max(self.patience - seconds, 0.1)))

    def _is_settled(self, model: RunModel, status: str) -> bool:
        if model.is_being_cancelled() and status in CANCELABLE and not model.uncertain:
            # A run may show its old status while it is being cancelled: its entries show it.
            self.entries(model)
            return model.blocked
        return status not in IN_PROGRESS

    def settle(self, model: RunModel) -> str:
        """Watch a run until it settles; return the status that it has then.

        Raises what `watch` raises.
        """
        was_being_cancelled = model.is_being_cancelled()
        before, count = len(model.entries or {}), model.count
        shown = list(self.watch(model))
        self.entries(model)
        if was_being_cancelled and shown[-1] == "Cancelled" and before:
            if len(shown) > 2 and "CancelInprogress" not in shown:
                self.observe("show-cancel-in-progress", "no")
            self.observe("count-falls-when-cancelled", "no" if model.count == count else "yes")
            self.observe("cancelled-entries-are-listed", "yes" if len(model.entries or {}) == before else "no")
        if not model.uncertain:
            model.settled(shown[-1])
        return shown[-1]

    def quiet(self) -> None:
        """Bring all of the suite's runs to rest, so that another can be made."""
        for model in list(self.own.values()):
            if not model.is_surely(*AT_REST):
                self.settle(model)


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two creations may be of the same dates."""
    return all(
        str(first.get("targetStartDate", "")) <= str(second.get("targetEndDate", "9999"))
        for first, second in ((one, other), (other, one))
    )


def pauses() -> Iterator[float]:
    """Yield seconds between polls: none at first, for a run that advances with every poll, and at most ten."""
    yield from (0.0,) * FIRST_POLLS
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 1.5, 10.0)


def days(start: str, end: str) -> list[str]:
    """Return all dates from one to another."""
    first, last = date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal()
    return [date.fromordinal(day).isoformat() for day in range(first, last + 1)]


def last_month(today: datetime) -> tuple[str, str]:
    """The first and the last date of the month before."""
    end = today.replace(day=1) - timedelta(days=1)
    return f"{end.replace(day=1):%Y-%m-%d}", f"{end:%Y-%m-%d}"
