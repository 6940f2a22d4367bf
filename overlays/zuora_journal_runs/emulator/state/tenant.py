"""The operations on a tenant's runs and entries, and their progress."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.errors import ResourceNotFoundError
from zuora_journal_runs.emulator.http import RefusedError
from zuora_journal_runs.emulator.settings import OVERRIDE_TRANSFERRED

from .ledger import (
    entry_document,
    rows_of,
    sample_sums,
    sample_transactions,
    seeded_entries,
    sums_of,
)
from .lifecycle import (
    BLOCKS_CREATION,
    CANCELABLE,
    DELETABLE,
    IN_PROGRESS,
    OUTCOMES,
    EntryState,
    EntryStatus,
    RunStatus,
    Transfer,
    next_step,
)
from .periods import Periods, Target
from .rows import Period
from .store import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from zuora_journal_runs.emulator.clock import Clock
    from zuora_journal_runs.emulator.pacing import Pacing
    from zuora_journal_runs.emulator.settings import Settings

    from .ledger import Transaction
    from .rows import Row, Sum
    from .seed import Seed, SeedRun
    from .store import Store

_ITEM_KEY = ("accountingCodeName", "accountingCodeType", "type")
_CANNOT_BE_CHANGED = "Transferred to Accounting can no longer be changed after a Journal Entry has been cancelled."
"""Zuora's own message (Troubleshooting the GL interface)."""
_ALL_ENTRIES_CANCELLED = (RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class RunState:
    """The true state of a run, which the API may show later or not at all."""

    number: str
    """The run's number."""
    status: RunStatus
    """Its true status."""
    entries: tuple[EntryState, ...]
    """Its entries, in the order of their numbers."""
    pacing: Pacing
    """The pacing of its changes of state."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The true state of a run, with its entries counted."""

    number: str
    """The run's number."""
    status: RunStatus
    """Its true status."""
    accounting_period: str
    """The name of its accounting period."""
    executed_on: str
    """When it was created."""
    entries: int
    """How many entries it has."""
    cancelled_entries: int
    """How many of them are cancelled."""
    remaining_entries: Mapping[Transfer, int]
    """If some entries are cancelled, how many are not, by `transferredToAccounting`."""


class Tenant:
    """Runs, entries, and the transactions in them. Call every method within a transaction of the store."""

    def __init__(self, store: Store, clock: Clock, pacing: Pacing, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._pacing = pacing
        self._settings = settings
        self.periods: Periods = Periods(store)

    # What the API does

    def current_run(self, number: str, *, poll: bool = False) -> Run:
        """Take the steps that are due; return the run.

        Args:
            number: The run's number.
            poll: Whether this counts as a read of the run.

        Raises:
            RefusedError: There is no such run.
        """
        if poll:
            self._clock.poll()
        run = self._advanced(number, poll=poll)
        if run is None:
            raise _not_found(number)
        return run

    def visible_status(self, run: Run) -> RunStatus:
        """Return the status that the API shows."""
        hidden = run.status is RunStatus.CANCEL_IN_PROGRESS and not self._settings.show_cancel_in_progress
        return run.previous_status if hidden else run.status

    def create(self, request: Mapping[str, Any]) -> str:
        """Create a run and return its number.

        Args:
            request: The body of the API's request, valid against its schema.

        Raises:
            RefusedError: The request breaks a rule, or another run is in the way.
        """
        types = list(dict.fromkeys(each["type"] for each in request["transactionTypes"]))
        target = self.periods.target_of(request, types)
        earliest = self._settings.earliest_target_date
        if earliest and target.start < earliest.isoformat():
            raise RefusedError((20, f"targetStartDate: the earliest target date is {earliest}"))
        if self._settings.one_run_at_a_time:
            self._refuse_if_busy()
        run = self._new_run(
            self._next_run_number(),
            status=RunStatus.PENDING,
            outcome=self._store.take_outcome(),
            pacing=self._pacing,
            target=target,
            entry_date=request["journalEntryDate"],
            types=types,
        )
        self._take_due_steps(run, poll=False, changed=True)
        return run.number

    def _refuse_if_busy(self) -> None:
        for each in self._store.runs_in_progress():
            run = self._take_due_steps(each, poll=False)
            if run and self.visible_status(run) in BLOCKS_CREATION:
                status = self.visible_status(run)
                raise RefusedError((30, f"The journal run {run.number} is {status}; only one can run at a time."))

    def cancel(self, number: str) -> None:
        """Begin a cancellation.

        Raises:
            RefusedError: There is no such run, or its status does not allow it.
        """
        run = self.current_run(number)
        status = self.visible_status(run)
        if status not in CANCELABLE:
            raise RefusedError((30, f"The journal run {number} is {status} and cannot be cancelled."))
        if run.status is not RunStatus.CANCEL_IN_PROGRESS:
            self._begin(run, RunStatus.CANCEL_IN_PROGRESS)

    def delete(self, number: str) -> None:
        """Begin a deletion.

        Raises:
            RefusedError: There is no such run, or it is not cancelled.
        """
        run = self.current_run(number)
        if run.status not in DELETABLE:
            status = self.visible_status(run)
            raise RefusedError((30, f"The journal run {number} is {status}; only a cancelled one can be deleted."))
        self._begin(run, RunStatus.DELETE_IN_PROGRESS)

    def update_entry(self, number: str, changes: Mapping[str, Any], *, by: str, permissions: Collection[str]) -> None:
        """Change `transferredToAccounting`, the notes and custom fields of an entry.

        Args:
            number: The entry's number.
            changes: The body of the API's request, valid against its schema.
            by: The user who does it.
            permissions: The user's permissions.

        Raises:
            RefusedError: There is no such entry, or a rule does not allow the change.
        """
        entry = self._store.entry(number)
        if entry:
            self._advanced(entry.run, poll=False)
            entry = self._store.entry(number)
        if entry is None:
            raise _not_found(number)
        # What is refused must change nothing: it is all checked first.
        document = _updated(entry.document, changes)
        if "transferredToAccounting" in changes:
            transfer = Transfer(changes["transferredToAccounting"])
            if entry.status is EntryStatus.CANCELLED:
                raise RefusedError((30, _CANNOT_BE_CHANGED))
            if entry.transfer is Transfer.YES and transfer is not Transfer.YES and not self._may_override(permissions):
                raise RefusedError((10, f'The user does not have the permission "{OVERRIDE_TRANSFERRED}".'))
            if transfer is not entry.transfer:
                self._set_transfer(number, transfer, by=by)
        self._store.save_entry_document(number, document)

    def _may_override(self, permissions: Collection[str]) -> bool:
        return self._settings.override_transferred or OVERRIDE_TRANSFERRED in permissions

    def _set_transfer(self, number: str, transfer: Transfer, *, by: str, on: str | None = None) -> None:
        if transfer is Transfer.YES:
            self._store.set_transfer(number, transfer, by, on or self._now_text())
        else:
            self._store.set_transfer(number, transfer, None, None)

    def _begin(self, run: Run, status: RunStatus) -> None:
        run.previous_status, run.status = run.status, status
        run.polls, run.since = 0, self._clock.timestamp()
        self._take_due_steps(run, poll=False, changed=True)

    # Progress

    def _advanced(self, number: str, *, poll: bool) -> Run | None:
        """Return a run after taking the steps that are due; None if there is none, or it is gone by then."""
        run = self._store.run(number)
        if run and run.status in IN_PROGRESS:
            run = self._take_due_steps(run, poll=poll)
        return run

    def _take_due_steps(self, run: Run, *, poll: bool, changed: bool = False) -> Run | None:
        """Take the steps that are due, and save the run if it `changed` before; return it, or None if it is gone."""
        now = self._clock.timestamp()
        due = run.pacing.steps_due(run.polls if poll else 0, now - run.since)
        if due:
            run.polls = 0
            run.since = run.since + due * run.pacing.amount if run.pacing.kind == "seconds" else now
        run.polls += poll
        if not self._take_steps(run, due):
            return None
        if due or poll or changed:
            self._store.save_run(run)
        return run

    def _take_steps(self, run: Run, steps: int) -> bool:
        """Take at most `steps` steps, without saving the run; return whether it still exists."""
        for _ in range(steps):
            if run.status not in IN_PROGRESS:
                break
            cancelling = run.status is RunStatus.CANCEL_IN_PROGRESS
            # Where there are steps enough for every entry, one does as well.
            all_at_once = steps > run.entries
            step = next_step(
                run.status,
                previous_status=run.previous_status,
                outcome=run.outcome,
                entries=self._store.entry_states(run.number) if cancelling else (),
                max_entries=run.entries if all_at_once else run.pacing.entries_per_step(run.entries),
            )
            if step.status is None:
                self._store.delete_run(run.number)
                return False
            if run.status is RunStatus.PROCESSING and step.status is RunStatus.COMPLETED:
                self._take_transactions(run)
            self._store.cancel_entries(step.cancelled)
            run.status = step.status
        return True

    def take_steps(self, number: str, steps: int) -> None:
        """Take at most `steps` steps, whatever the pacing.

        Raises:
            ResourceNotFoundError: There is no such run.
        """
        run = self._store.run(number)
        if run is None:
            raise _run_not_found(number)
        if self._take_steps(run, steps):
            self._store.save_run(run)

    # Inspection and changes without the API

    def state(self, number: str, limit: int) -> RunState:
        """Return the true state of a run and its first `limit` entries. This does not count as a read.

        Raises:
            ResourceNotFoundError: There is no such run.
        """
        run = self._advanced(number, poll=False)
        if run is None:
            raise _run_not_found(number)
        return RunState(number, run.status, tuple(self._store.entry_states(number, limit)), run.pacing)

    def summaries(self, limit: int, search: str) -> list[RunSummary]:
        """Return the last runs by number that `search` is found in. This does not count as a read."""
        for run in self._store.runs_in_progress():
            self._take_due_steps(run, poll=False)
        return [
            RunSummary(
                run.number,
                run.status,
                run.period,
                json.loads(run.document)["executedOn"],
                run.entries,
                cancelled,
                self._store.remaining_entries(run.number) if 0 < cancelled < run.entries else {},
            )
            for run, cancelled in self._store.last_runs(limit, search)
        ]

    def queue_outcome(self, outcome: RunStatus) -> None:
        """Decide the outcome of the next run to be created for which none is queued yet.

        Raises:
            ValueError: A run cannot end in this status.
        """
        _check_outcome(outcome)
        self._store.add_outcome(outcome)

    def set_transfer(self, entry: str, value: Transfer, *, by: str = "accounting", on: str | None = None) -> None:
        """Set `transferredToAccounting` of an entry.

        Raises:
            ResourceNotFoundError: There is no such entry.
            ValueError: The entry is cancelled.
        """
        found = self._store.entry(entry)
        if found is None:
            raise ResourceNotFoundError(f"there is no journal entry {entry[:100]}")
        if found.status is EntryStatus.CANCELLED:
            raise ValueError(f"journal entry {entry} is cancelled; it cannot be transferred")
        self._set_transfer(entry, value, by=by, on=on)

    def transactions(self, limit: int, entry: str | None) -> Iterator[tuple[Row, str | None]]:
        """Yield the first transactions, or those of an entry, each with the number of the entry that it is in."""
        for row, number, month in self._store.transactions(limit, entry):
            for each in sample_transactions(month, row.type, row.segment) if month else (row,):
                yield each, number

    # The seed

    def insert_seed(self, seed: Seed) -> None:
        """Insert what an emulator starts with.

        Raises:
            ValueError: Something in it is invalid.
        """
        self.periods.add(seed.periods)
        if seed.transactions is not None:
            self.add_transactions(seed.transactions)
        self.insert_runs(seed.runs)

    def add_transactions(self, transactions: Iterable[Transaction]) -> None:
        """Insert transactions; from now on there are no others than those that are inserted.

        Raises:
            ValueError: A transaction is invalid.
        """
        self._store.end_sampling()
        self._store.add_transactions(rows_of(transactions))

    def insert_runs(self, runs: Iterable[SeedRun]) -> list[str]:
        """Insert seed runs; return their numbers.

        Raises:
            ValueError: A run is invalid, or its number exists already.
        """
        return [self._insert_seed_run(run) for run in runs]

    def _insert_seed_run(self, seed: SeedRun) -> str:
        _check_seed(seed)
        number = seed.number or self._next_run_number()
        if self._store.run(number):
            raise ValueError(f"there is a run {number} already")
        if seed.number:
            self._store.next_number("run", int(number.removeprefix("JR-")))
        target = self._seed_target(seed)
        run = self._new_run(
            number,
            status=RunStatus(seed.status),
            outcome=RunStatus(seed.outcome),
            pacing=seed.pacing or self._pacing,
            target=target,
            executed_on=seed.executed_on,
            entry_date=target.end,
            types=seed.transaction_types,
        )
        cancelled = run.status in _ALL_ENTRIES_CANCELLED
        if seed.entries and not cancelled:
            self._store.not_sampled(target.months(), seed.transaction_types)
        rows = [*seeded_entries(seed.transaction_types, target, number, seed.entries)]
        status = EntryStatus.CANCELLED if cancelled else EntryStatus.CREATED
        entries = self._insert_entries(run, [*map(sums_of, rows)], target, target.end, status)
        for entry, of_entry in zip(entries, () if cancelled else rows, strict=False):
            self._store.add_transactions(of_entry, entry)
        for position, transfer in seed.transfers.items():
            self.set_transfer(entries[position - 1], Transfer(transfer), on=seed.executed_on)
        self._store.save_run(run)
        return number

    def _seed_target(self, seed: SeedRun) -> Target:
        period = self.periods.named(seed.period)
        if period is None or period.end is None:
            reason = "there is no accounting period" if period is None else "a run cannot cover the open-ended period"
            raise ValueError(f"{reason} {seed.period!r}")
        return Target(period, period.start, period.end)

    def _next_run_number(self) -> str:
        return f"JR-{self._store.next_number('run'):08}"

    def _new_run(
        self,
        number: str,
        *,
        status: RunStatus,
        outcome: RunStatus,
        pacing: Pacing,
        target: Target,
        entry_date: str,
        types: Iterable[str],
        executed_on: str | None = None,
    ) -> Run:
        document = {
            "executedOn": executed_on or self._now_text(),
            "journalEntryDate": entry_date,
            "targetStartDate": target.start,
            "targetEndDate": target.end,
            "segmentationRuleName": "Region",
            "aggregateCurrency": False,
            "transactionTypes": [{"type": each} for each in types],
        }
        return Run(
            number=number,
            status=status,
            previous_status=RunStatus.COMPLETED,
            outcome=outcome,
            period=target.period.name,
            document=json.dumps(document),
            entries=0,
            pacing=pacing,
            polls=0,
            since=self._clock.timestamp(),
        )

    def _take_transactions(self, run: Run) -> None:
        """Sum up the transactions that are in no live entry in entries of a run."""
        document = json.loads(run.document)
        types = [each["type"] for each in document["transactionTypes"]]
        start, end = document["targetStartDate"], document["targetEndDate"]
        target = Target(Period(run.period, start, end), start, end)
        samples = self._new_samples(target, types)
        free = self._store.sum_free(types, start, end)
        sums = [*free, *sums_of(row for row, _ in samples)]
        sums.sort(key=lambda each: (types.index(each.group.type), *each.group))
        groups = {group: [*of_group] for group, of_group in groupby(sums, key=lambda each: each.group)}
        numbers = self._insert_entries(run, [*groups.values()], target, document["journalEntryDate"])
        entries = dict(zip(groups, numbers, strict=True))
        self._store.take({each.group: entries[each.group] for each in free}, start, end)
        self._store.add_samples((*row, entries[row.group], month) for row, month in samples)

    def _new_samples(self, target: Target, types: Sequence[str]) -> list[tuple[Row, str]]:
        """Return the sums of the sample transactions that a run is the first to take, and their months.

        Months of which a run takes only a part get their sample transactions one by one.
        """
        months = target.months()
        new = self._store.not_sampled(months, types)
        samples = [(row, month) for month, kind in new for row in sample_sums(month, kind)]
        parts = [month for month in months if not target.covers(month)]
        if parts:
            self._store.add_samples((*row, None, month) for row, month in samples if month in parts)
            for month in parts:
                for kind, segment, entry in self._store.remove_samples(month, types):
                    self._store.add_transactions(sample_transactions(month, kind, segment), entry)
        return [each for each in samples if each[1] not in parts]

    def _insert_entries(
        self,
        run: Run,
        entries: Collection[Sequence[Sum]],
        target: Target,
        entry_date: str,
        status: EntryStatus = EntryStatus.CREATED,
    ) -> list[str]:
        """Insert entries with these sums; return their numbers."""
        if not entries:
            return []
        last = self._store.next_number("entry", count=len(entries))
        numbers = [f"JE-{each:08}" for each in range(last - len(entries) + 1, last + 1)]
        documents = (entry_document(sums, target, entry_date) for sums in entries)
        self._store.add_entries(run.number, status, numbers, documents, first=run.entries + 1)
        run.entries += len(entries)
        return numbers

    def _now_text(self) -> str:
        return self._clock.now().replace(tzinfo=None).isoformat(" ", "seconds")


def _updated(document: str, changes: Mapping[str, Any]) -> str:
    """Return the document of an entry with the notes and the custom fields of an update.

    Raises:
        RefusedError: The update is of an item that the entry does not have.
    """
    fields = json.loads(document)
    fields |= {name: value for name, value in changes.items() if name == "notes" or name.endswith("__c")}
    for position, item in enumerate(changes.get("journalEntryItems", ())):
        wanted = {name: item[name] for name in _ITEM_KEY if name in item}
        found = [each for each in fields["journalEntryItems"] if wanted.items() <= each.items()]
        if not found:
            name, side = item["accountingCodeName"][:100], item["type"]
            raise RefusedError((20, f"journalEntryItems.{position}: the entry has no {side} item of '{name}'"))
        for each in found:
            each |= {name: value for name, value in item.items() if name.endswith("__c")}
    return json.dumps(fields, separators=(",", ":"))


def _not_found(number: str) -> RefusedError:
    return RefusedError((40, f"Cannot find entity by key: '{number[:100]}'."))


def _check_seed(seed: SeedRun) -> None:
    if seed.entries and not seed.transaction_types:
        raise ValueError("entries need a transaction type")
    if not all(1 <= position <= seed.entries for position in seed.transfers):
        raise ValueError(f"`transfers` names entries that a run with {seed.entries} entries does not have")
    if seed.number and not re.fullmatch(r"JR-\d{8,18}", seed.number, re.ASCII):
        raise ValueError(f"{seed.number!r} is not a valid run number, such as JR-00000075")
    _check_outcome(seed.outcome)


def _check_outcome(outcome: RunStatus) -> None:
    if outcome not in OUTCOMES:
        raise ValueError(f"the processing of a run cannot end in {outcome}")


def _run_not_found(number: str) -> ResourceNotFoundError:
    return ResourceNotFoundError(f"there is no journal run {number[:100]}")
