"""One tenant: its users, runs and entries, and what happens to them."""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from zuora_journal_runs.emulator.errors import ResourceNotFoundError
from zuora_journal_runs.emulator.http import RefusedError

from .lifecycle import (
    BLOCKS_CREATION,
    CANCELABLE,
    DELETABLE,
    OUTCOMES,
    UNDER_WAY,
    EntryState,
    EntryStatus,
    RunStatus,
    Transfer,
    next_step,
)
from .sample_data import PERIODS, Period, generate_entries
from .store import Run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from zuora_journal_runs.emulator.clock import Clock
    from zuora_journal_runs.emulator.pacing import Pacing
    from zuora_journal_runs.emulator.settings import Settings

    from .seed import SeedRun
    from .store import Store

_GONE = (RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS)


class Target(NamedTuple):
    """The dates that a run takes in, and the accounting period that they belong to."""

    period: Period
    start: str
    end: str


class RunState(NamedTuple):
    """A run as it is, whatever readers are shown."""

    number: str
    status: RunStatus
    entries: tuple[EntryState, ...]


class RunSummary(NamedTuple):
    """A run as it is, whatever readers are shown."""

    number: str
    status: RunStatus
    accounting_period: str
    entries: int
    cancelled_entries: int


def not_found(number: str) -> RefusedError:
    """The refusal for a run that is not there."""
    return RefusedError((40, f"Cannot find entity by key: '{number[:100]}'."))


class Tenant:
    """What can be done to runs. Every method belongs inside a transaction of the store."""

    def __init__(self, store: Store, clock: Clock, pacing: Pacing, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._pace = pacing
        self._settings = settings

    # Seeding

    def insert_seed(self, runs: Iterable[SeedRun]) -> list[str]:
        """Put runs there as they are; their numbers. Raises ValueError for what no tenant can hold."""
        return [self._insert_run(run) for run in runs]

    def _insert_run(self, seed: SeedRun) -> str:
        period = PERIODS.get(seed.period)
        if period is None:
            raise ValueError(f"there is no accounting period {seed.period!r}")
        if seed.entries and not seed.transaction_types:
            raise ValueError("entries need a transaction type")
        if not all(1 <= position <= seed.entries for position in seed.transfers):
            raise ValueError(f"a run with {seed.entries} entries cannot have others transferred")
        _check_outcome(seed.outcome)
        number = seed.number or self._next_number()
        if not re.fullmatch(r"JR-\d{8,18}", number, re.ASCII):
            raise ValueError(f"{number!r} is not the number of a run, such as JR-00000075")
        if self._store.run(number):
            raise ValueError(f"there is a run {number} already")
        if seed.number:
            self._store.count("run", int(number.removeprefix("JR-")))
        run = self._new_run(
            number,
            status=RunStatus(seed.status),
            outcome=RunStatus(seed.outcome),
            pacing=seed.pacing or self._pace,
            target=Target(period, period.start, period.end),
            executed_on=seed.executed_on,
            entry_date=period.end,
            types=seed.transaction_types,
        )
        status = EntryStatus.CANCELLED if run.status in _GONE else EntryStatus.CREATED
        entries = self._make_entries(run, status, seed.entries)
        for position, transfer in seed.transfers.items():
            self.transfer(entries[position - 1], Transfer(transfer), on=seed.executed_on)
        self._store.save_run(run)
        return number

    def _next_number(self) -> str:
        return f"JR-{self._store.count('run'):08}"

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
            "executedOn": executed_on or self._written_now(),
            "journalEntryDate": entry_date,
            "targetStartDate": target.start,
            "targetEndDate": target.end,
            "segmentationRuleName": "Region",
            "aggregateCurrency": False,
            "transactionTypes": [{"type": each} for each in types],
        }
        run = Run(
            number=number,
            status=status,
            before=RunStatus.COMPLETED,
            outcome=outcome,
            period=target.period.name,
            document=json.dumps(document, separators=(",", ":"))[1:-1],
            entries=0,
            pacing=pacing,
            polls=0,
            since=self._clock.timestamp(),
        )
        self._store.save_run(run)
        return run

    def _written_now(self) -> str:
        return f"{self._clock.now():%Y-%m-%d %H:%M:%S}"

    def _make_entries(self, run: Run, status: EntryStatus, count: int | None = None) -> list[str]:
        """Make a run's entries, always the same for the same run number."""
        document = json.loads("{" + run.document + "}")
        texts = generate_entries(
            [each["type"] for each in document["transactionTypes"]],
            PERIODS[run.period],
            document["targetStartDate"],
            document["targetEndDate"],
            document["journalEntryDate"],
            Random(run.number),  # noqa: S311
            count,
        )
        numbers = [f"JE-{self._store.count('entry'):08}" for _ in texts]
        for number, text in zip(numbers, texts, strict=True):
            self._store.add_entry(number, run.number, status, text)
        run.entries = len(numbers)
        return numbers

    # What happens to a run

    def current_run(self, number: str, *, poll: bool = False) -> Run:
        """The run after all the steps that are due. Raises RefusedError if there is none, or none any more."""
        if poll:
            self._clock.poll()
        run = self._store.run(number)
        if run and run.status in UNDER_WAY:
            run = self._advance(run, poll=poll)
        if run is None:
            raise not_found(number)
        return run

    def _advance(self, run: Run, *, poll: bool) -> Run | None:
        """Take the steps that are due; the run as it is then, or None if it is gone."""
        now = self._clock.timestamp()
        due = run.pacing.due(run.polls if poll else 0, now - run.since)
        if due:
            run.polls = 0
            run.since = run.since + due * run.pacing.amount if run.pacing.kind == "seconds" else now
        run.polls += poll
        if not self._take_steps(run, due):
            return None
        if due or poll:
            self._store.save_run(run)
        return run

    def _take_steps(self, run: Run, steps: int) -> bool:
        """Take so many steps, or as many as there are; whether there is a run left, which is not saved yet."""
        for _ in range(steps):
            if run.status not in UNDER_WAY:
                break
            cancelling = run.status is RunStatus.CANCEL_IN_PROGRESS
            step = next_step(
                run.status,
                before=run.before,
                outcome=run.outcome,
                entries=self._store.entry_states(run.number) if cancelling else (),
                at_most=run.pacing.batch(run.entries),
            )
            if step.status is None:
                self._store.delete_run(run.number)
                return False
            if run.status is RunStatus.PROCESSING and step.status is RunStatus.COMPLETED:
                self._make_entries(run, EntryStatus.CREATED)
            self._store.cancel_entries(step.cancelled)
            run.status = step.status
        return True

    def state(self, number: str, limit: int) -> RunState:
        """A run as it is now, with so many of its entries, without a poll. Raises ResourceNotFoundError."""
        run = self._store.run(number)
        if run and run.status in UNDER_WAY:
            run = self._advance(run, poll=False)
        if run is None:
            raise ResourceNotFoundError(f"there is no journal run {number[:100]}")
        return RunState(number, run.status, tuple(self._store.entry_states(number, limit)))

    def summaries(self, limit: int, up_to: str | None) -> list[RunSummary]:
        """The last runs by number, or the last up to one, as they are now, without a poll."""
        for run in self._store.runs_in(UNDER_WAY):
            self._advance(run, poll=False)
        return [
            RunSummary(run.number, run.status, run.period, run.entries, cancelled)
            for run, cancelled in self._store.last_runs(limit, up_to)
        ]

    def take_steps(self, number: str, steps: int) -> None:
        """Take steps whatever the pacing. Raises ValueError if there is no such run."""
        run = self._store.run(number)
        if run is None:
            raise ResourceNotFoundError(f"there is no journal run {number[:100]}")
        if self._take_steps(run, steps):
            self._store.save_run(run)

    def queue_outcome(self, outcome: RunStatus) -> None:
        """Decide how a run to be created ends, after those that are decided already. Raises ValueError."""
        _check_outcome(outcome)
        self._store.add_outcome(outcome)

    def shown(self, run: Run) -> RunStatus:
        """The status that a reader is shown."""
        hidden = run.status is RunStatus.CANCEL_IN_PROGRESS and not self._settings.show_cancel_in_progress
        return run.before if hidden else run.status

    def _begin(self, run: Run, status: RunStatus) -> None:
        run.before, run.status = run.status, status
        run.polls, run.since = 0, self._clock.timestamp()
        self._store.save_run(run)
        self._advance(run, poll=False)

    # What callers ask for

    def create(self, wanted: Mapping[str, Any]) -> str:
        """Create a run; its number. Raises RefusedError."""
        types = list(dict.fromkeys(each["type"] for each in wanted["transactionTypes"]))
        target = self._target(wanted, types)
        if self._settings.one_run_at_a_time:
            self._refuse_if_busy()
        number = self._next_number()
        run = self._new_run(
            number,
            status=RunStatus.PENDING,
            outcome=self._store.next_outcome(),
            pacing=self._pace,
            target=target,
            entry_date=wanted["journalEntryDate"],
            types=types,
        )
        self._advance(run, poll=False)
        return number

    def _target(self, wanted: Mapping[str, Any], types: Collection[str]) -> Target:
        name = wanted.get("accountingPeriodName", "")
        start, end = wanted.get("targetStartDate", ""), wanted.get("targetEndDate", "")
        if not name and not (start and end):
            raise RefusedError((22, "accountingPeriodName: it is required without both target dates"))
        target = self._named(name, start, end) if name else self._dated(start, end, types)
        earliest = self._settings.earliest_target_date
        if earliest and target.start < earliest.isoformat():
            raise RefusedError((20, f"targetStartDate: the earliest target date is {earliest}"))
        return target

    def _named(self, name: str, start: str, end: str) -> Target:
        period = PERIODS.get(name)
        if period is None:
            raise RefusedError((20, f"accountingPeriodName: there is no accounting period '{name[:100]}'"))
        if start not in ("", period.start) or end not in ("", period.end):
            raise RefusedError((20, f"The target dates are not those of {name}, {period.start} to {period.end}."))
        return Target(period, period.start, period.end)

    def _dated(self, start: str, end: str, types: Collection[str]) -> Target:
        if "Revenue Event Item" in types:
            raise RefusedError(
                (30, "Revenue Event Item can only be selected when Target Date(s) is an Accounting Period.")
            )
        if end < start:
            raise RefusedError((20, "targetEndDate: it is before targetStartDate"))
        for period in PERIODS.values():
            if period.start <= start and end <= period.end:
                return Target(period, start, end)
        raise RefusedError((20, "The target dates are not within one accounting period."))

    def _refuse_if_busy(self) -> None:
        for run in self._store.runs_in(UNDER_WAY):
            ahead = self._advance(run, poll=False)
            if ahead and self.shown(ahead) in BLOCKS_CREATION:
                raise RefusedError(
                    (30, f"The journal run {ahead.number} is {self.shown(ahead)}; only one can run at a time.")
                )

    def cancel(self, number: str) -> None:
        """Begin a cancellation. Raises RefusedError if the run's status does not allow it."""
        run = self.current_run(number)
        status = self.shown(run)
        if status not in CANCELABLE:
            raise RefusedError((30, f"The journal run {number} is {status} and cannot be cancelled."))
        if run.status is not RunStatus.CANCEL_IN_PROGRESS:
            self._begin(run, RunStatus.CANCEL_IN_PROGRESS)

    def delete(self, number: str) -> None:
        """Begin a deletion. Raises RefusedError if the run is not cancelled."""
        run = self.current_run(number)
        if run.status not in DELETABLE:
            raise RefusedError(
                (30, f"The journal run {number} is {self.shown(run)}; only a cancelled one can be deleted.")
            )
        self._begin(run, RunStatus.DELETE_IN_PROGRESS)

    def transfer(self, entry: str, value: Transfer, *, by: str = "accounting", on: str | None = None) -> None:
        """Set `transferredToAccounting`. Raises ValueError for an unknown or cancelled entry."""
        status = self._store.entry_status(entry)
        if status is None:
            raise ResourceNotFoundError(f"there is no journal entry {entry[:100]}")
        if status is EntryStatus.CANCELLED:
            raise ValueError(f"journal entry {entry} is cancelled; it cannot be transferred")
        if value is Transfer.YES:
            self._store.transfer_entry(entry, value, by, on or self._written_now())
        else:
            self._store.transfer_entry(entry, value, None, None)


def _check_outcome(outcome: RunStatus) -> None:
    if outcome not in OUTCOMES:
        raise ValueError(f"the processing of a run cannot end in {outcome}")
