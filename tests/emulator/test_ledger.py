"""Transactions are taken by one live entry at a time, and no cent is lost or doubled.

The model here knows nothing of the emulator's tables. Each transaction has an amount that no sum of others has, a power
of two, so that the amount of an entry tells which transactions are in it.
"""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from zuora_journal_runs.emulator import (
    AT_ONCE,
    Clock,
    Emulator,
    Period,
    RunStatus,
    Seed,
    Settings,
    Transaction,
    Transfer,
)

from .conftest import NOON, Api

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORIES = 1000 if settings.get_current_profile_name() == "fuzz" else 300
"""How many histories are tried; `make fuzz` tries ten times as many as are written here."""
TYPES = ("Invoice Item", "Taxation Item", "Electronic Payment")
PERIODS = (
    Period("December 2024", "2024-12-01", "2024-12-31"),
    Period("4-4-5 #1", "2025-01-01", "2025-01-28", open=False),
)
MOST = 24
"""Transactions in one history."""
BLOCKING = {Transfer.YES, Transfer.PROCESSING}


@st.composite
def transactions(draw: st.DrawFn) -> dict[str, Any]:
    period = draw(st.sampled_from(PERIODS))
    debit, credit = draw(
        st.sampled_from([("Cash", "Cash On Account"), ("Cash", "Suspense"), ("Bank \N{EURO SIGN}", "Cash")])
    )
    return {
        "type": draw(st.sampled_from(TYPES)),
        "date": f"{period.start[:8]}{draw(st.integers(1, 28)):02}",
        "currency": draw(st.sampled_from(["USD", "EUR"])),
        "segment": draw(st.sampled_from(["East", "West"])),
        "debit": debit,
        "credit": credit,
    }


def creations() -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies of creations: of a whole period, or of a range of dates in one."""
    days = st.tuples(st.integers(1, 28), st.integers(1, 28)).map(sorted)
    targets = st.sampled_from(PERIODS).flatmap(
        lambda period: st.one_of(
            st.just({"accountingPeriodName": period.name}),
            days.map(
                lambda both: {
                    "targetStartDate": f"{period.start[:8]}{both[0]:02}",
                    "targetEndDate": f"{period.start[:8]}{both[1]:02}",
                }
            ),
        )
    )
    types = st.lists(st.sampled_from(TYPES), min_size=1, unique=True)
    return st.builds(
        lambda target, named: {
            **target,
            "journalEntryDate": "2025-02-01",
            "transactionTypes": [{"type": each} for each in named],
        },
        targets,
        types,
    )


_INDEX = st.integers(0, 7)
_ARGUMENTS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "create": (4, creations()),
    "transfer": (4, st.tuples(_INDEX, st.sampled_from([Transfer.YES, *Transfer]))),
    "cancel": (4, _INDEX),
    "delete": (2, _INDEX),
    "poll": (1, _INDEX),
    "step": (1, _INDEX),
    "release": (3, _INDEX),
    "advance": (2, st.sampled_from([1, 15, 100])),
    "add": (1, transactions()),
    "crash": (1, st.just(0)),
}
"""What may happen: how often, and to what."""
ACTIONS = st.sampled_from([name for name, (often, _) in _ARGUMENTS.items() for _ in range(often)]).flatmap(
    lambda name: st.tuples(st.just(name), _ARGUMENTS[name][1])
)


@dataclass
class Entry:
    """An entry as it was first listed."""

    run: str
    inside: frozenset[int]
    """The transactions in it, by their positions."""
    live: bool = True
    transfer: str = "No"


@dataclass
class Ledger:
    """What the test knows of an emulator: transactions as it added them, and entries as they were listed."""

    folder: Path
    pacing: str
    one_at_a_time: bool
    known: list[Transaction] = field(default_factory=list)
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What runs were created with."""
    entries: dict[str, Entry] = field(default_factory=dict)
    completed: set[str] = field(default_factory=set)
    crashes: int = 0

    def __post_init__(self) -> None:
        self.api = self._open(self.folder / "0.db", Clock(NOON, running=False))

    def _open(self, file: Path, clock: Clock) -> Api:
        seed = Seed(periods=PERIODS, transactions=())
        chosen = Settings(one_run_at_a_time=self.one_at_a_time, override_transferred=True)
        return Api(Emulator(database=file, pacing=self.pacing, clock=clock, seed=seed, settings=chosen))

    def close(self) -> None:
        self.api.http.close()
        self.api.emulator.close()

    # What happens

    def act(self, action: str, value: Any) -> None:
        match action:
            case "create":
                response = self.api.create(**{"accountingPeriodName": None, **value}).json()
                if response["success"]:
                    self.wanted[response["journalRunNumber"]] = value
            case "add":
                self.add(value)
            case "advance":
                self.api.emulator.clock.advance(value)
            case "crash":
                self.crash()
            case "transfer":
                index, transfer = value
                if self.entries:
                    self.api.update(list(self.entries)[index % len(self.entries)], transferredToAccounting=transfer)
            case _ if self.wanted:
                self.act_on_run(action, list(self.wanted)[value % len(self.wanted)])

    def add(self, fields: dict[str, Any]) -> None:
        if len(self.known) < MOST:
            amount = Decimal(2 ** len(self.known)).scaleb(-2)
            self.known.append(Transaction(**fields, amount=amount))
            self.api.emulator.add_transactions(self.known[-1:])

    def act_on_run(self, action: str, number: str) -> None:
        match action:
            case "cancel":
                self.api.cancel(number)
            case "delete":
                self.api.delete(number)
            case "poll":
                self.api.get(number)
            case _ if self.api.status(number) != "gone":
                getattr(self.api.emulator, action)(number)

    def crash(self) -> None:
        """Go on with the files as a killed process leaves them."""
        self.crashes += 1
        before, after = self.folder / f"{self.crashes - 1}.db", self.folder / f"{self.crashes}.db"
        for suffix in ("", "-wal"):
            shutil.copy(f"{before}{suffix}", f"{after}{suffix}")
        clock = self.api.emulator.clock
        self.close()
        self.api = self._open(after, clock)

    # What must hold

    def check(self, acted_on: str | None) -> None:
        """Look at all runs without a read of the API, and hold what is seen against what was known before."""
        free_before = self.free()
        transferred = {number for number, each in self.entries.items() if each.live and each.transfer == "Yes"}
        numbers = [run.number for run in self.api.emulator.runs()]
        states = {number: self.api.emulator.run(number) for number in numbers}
        freed: set[int] = set()
        for number, entry in self.entries.items():
            state = {each.number: each for each in states[entry.run].entries} if entry.run in states else {}
            live = number in state and state[number].status == "Created"
            assert entry.live or not live, f"{number} is live again"
            freed |= entry.inside if entry.live and not live else set()
            entry.live = live
            if number in state:
                entry.transfer = state[number].transfer
        for number in transferred:
            assert self.entries[number].live or number == acted_on, f"{number} was transferred, and is gone"
        taken: set[int] = set()
        for number, run in states.items():
            new = [each.number for each in run.entries if each.number not in self.entries]
            if new or (run.status is RunStatus.COMPLETED and number not in self.completed):
                inside = self.list_new(number, new)
                self.completed.add(number)
                could = {each for each in free_before | freed if self.matches(each, self.wanted[number])}
                assert inside <= could, f"{number} took what was not free: {inside - could}"
                must = {each for each in free_before - taken if self.matches(each, self.wanted[number])}
                assert must <= inside, f"{number} did not take {must - inside}"
                taken |= inside
        self.check_totals()

    def list_new(self, run: str, numbers: Iterable[str]) -> set[int]:
        """List a run's new entries, whose amounts tell which transactions they sum up."""
        if not numbers:
            return set()
        listed = json.loads(self.api.entries(run, pageSize=300).content, parse_float=Decimal)["journalEntries"]
        inside: set[int] = set()
        for entry in listed:
            if entry["number"] in numbers:
                found = self.inside(entry)
                assert not found & inside, f"{run} sums up {found & inside} twice"
                inside |= found
                transfer = entry["transferredToAccounting"]
                self.entries[entry["number"]] = Entry(run, found, entry["status"] == "Created", transfer)
        return inside

    def inside(self, entry: dict[str, Any]) -> frozenset[int]:
        sides: dict[str, Counter[str]] = {"Debit": Counter(), "Credit": Counter()}
        for item in entry["journalEntryItems"]:
            assert item["accountingCodeName"] not in sides[item["type"]]
            sides[item["type"]][item["accountingCodeName"]] = int(Decimal(item["amount"]) * 100)
            assert ("homeCurrencyAmount" in item) == (entry["currency"] == "USD")
        assert sides["Debit"].total() == sides["Credit"].total()
        found = frozenset(index for index in range(MOST) if sides["Debit"].total() >> index & 1)
        expected: dict[str, Counter[str]] = {"Debit": Counter(), "Credit": Counter()}
        for index in found:
            each = self.known[index]
            expected["Debit"][str(each.debit)] += 2**index
            expected["Credit"][str(each.credit)] += 2**index
            assert each.type == entry["transactionType"]
            assert each.currency == entry["currency"]
            assert each.segment == entry["segments"][0]["segmentValue"]
            assert entry["timePeriodStart"] <= each.date <= entry["timePeriodEnd"]
        assert found
        assert sides == expected
        return found

    def free(self) -> set[int]:
        return {*range(len(self.known))} - {
            each for entry in self.entries.values() if entry.live for each in entry.inside
        }

    def matches(self, index: int, wanted: dict[str, Any]) -> bool:
        period = next((each for each in PERIODS if each.name == wanted.get("accountingPeriodName")), None)
        start, end = (period.start, period.end) if period else (wanted["targetStartDate"], wanted["targetEndDate"])
        each = self.known[index]
        return {"type": each.type} in wanted["transactionTypes"] and start <= each.date <= str(end)

    def check_totals(self) -> None:
        """Every transaction is in the live entry that its amount is in, or free; so none is lost or doubled."""
        where: dict[int, str] = {}
        for number, entry in self.entries.items():
            for index in entry.inside if entry.live else ():
                assert index not in where, f"transaction {index} is in {where[index]} and {number}"
                where[index] = number
        listed = [(each.amount, entry) for each, entry in self.api.emulator.transactions()]
        assert listed == [(each.amount, where.get(index)) for index, each in enumerate(self.known)]
        for number in self.wanted.keys() & {run.number for run in self.api.emulator.runs()}:
            entries = [entry for entry in self.entries.values() if entry.run == number]
            status = self.api.emulator.run(number).status
            assert status != "Cancelled" or not any(entry.live for entry in entries)


@settings(max_examples=HISTORIES)
@given(
    first=st.lists(transactions(), min_size=4, max_size=12),
    actions=st.lists(ACTIONS, min_size=8, max_size=32),
    pacing=st.sampled_from(["at-once", "polls:1", "polls:1/2", "seconds:10", "held"]),
    one_at_a_time=st.booleans(),
)
def test_no_transaction_is_in_two_live_entries_and_no_cent_is_lost(
    first: list[dict[str, Any]], actions: list[tuple[str, Any]], pacing: str, one_at_a_time: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder), pacing, one_at_a_time)
        try:
            for fields in first:
                ledger.add(fields)
            for action, value in actions:
                ledger.act(action, value)
                acted_on = None
                if action == "transfer" and ledger.entries:
                    acted_on = list(ledger.entries)[value[0] % len(ledger.entries)]
                ledger.check(acted_on)
        finally:
            ledger.close()


# Sample transactions, which an emulator stores as sums of a month until a run takes a part of it

QUARTER = Period("Q1 2025", "2025-01-01", "2025-03-31")
DAYS = [f"{date(2025, 1, 1) + timedelta(day)}" for day in range(90)]


def sample_emulator() -> Api:
    return Api(Emulator(pacing=AT_ONCE, clock=Clock(NOON, running=False), seed=Seed(periods=[QUARTER])))


def create(api: Api, kinds: Iterable[str], start: str, end: str) -> str:
    types = [{"type": each} for each in kinds]
    whole = (start, end) == (QUARTER.start, QUARTER.end)
    target = {"accountingPeriodName": QUARTER.name if whole else None, "targetStartDate": start, "targetEndDate": end}
    return api.created(transactionTypes=types, journalEntryDate="2025-04-01", **target)


def details(api: Api, run: str) -> dict[str, Decimal]:
    """Return the amounts of a run's entries that are live."""
    entries = api.emulator.run_details(run)["entries"]
    return {entry["number"]: Decimal(entry["amount"]) for entry in entries if entry["status"] == "Created"}


@functools.cache
def samples() -> dict[tuple[str, str], Decimal]:
    """Return the amount of each type and day, as a run of that day alone finds it."""
    api, found = sample_emulator(), {}
    for kind in TYPES:
        for day in DAYS:
            [amount] = details(api, create(api, [kind], day, day)).values()
            found[kind, day] = amount
    return found


@settings(max_examples=HISTORIES // 6)
@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.just("create"),
                st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
                st.one_of(
                    st.just((0, 89)),
                    st.sampled_from([(0, 30), (31, 58), (59, 89), (0, 58), (15, 74)]),
                    st.tuples(st.integers(0, 89), st.integers(0, 89)).map(sorted).map(tuple),
                ),
            ),
            st.tuples(st.sampled_from(["cancel", "delete", "transfer"]), st.integers(0, 7)),
        ),
        max_size=12,
    )
)
def test_sample_transactions_are_conserved_too(actions: list[tuple[Any, ...]]) -> None:
    api, amounts = sample_emulator(), samples()
    runs: list[str] = []
    for action, *arguments in actions:
        wanted: set[tuple[str, str]] = set()
        if action == "create":
            kinds, (first, last) = arguments
            runs.append(create(api, kinds, DAYS[first], DAYS[last]))
            wanted = {(kind, day) for kind in kinds for day in DAYS[first : last + 1]}
        elif runs:
            run = runs[arguments[0] % len(runs)]
            live = [*details(api, run)] if api.status(run) != "gone" else []
            if action == "transfer" and live:
                api.update(live[arguments[0] % len(live)], transferredToAccounting="Yes")
            elif action != "transfer":
                getattr(api, action)(run)
        listed = api.emulator.transactions()
        # Each of them is there once, and all of a month if there is one of it.
        found = Counter((each.type, each.date) for each, _ in listed)
        assert {*found.values()} <= {1}
        months = {(kind, day[:7]) for kind, day in found}
        assert found.keys() == {(kind, day) for kind, day in amounts if (kind, day[:7]) in months}
        assert all(each.amount == amounts[each.type, each.date] for each, _ in listed)
        # Those that are not free add up to the live entries.
        live_entries: dict[str, Decimal] = {}
        for run in runs:
            if api.status(run) != "gone":
                live_entries |= details(api, run)
        sums: Counter[str] = Counter()
        for each, entry in listed:
            if entry:
                sums[entry] += Decimal(each.amount)  # type: ignore[assignment]
        assert sums == live_entries
        # A run took all that it could.
        assert not wanted & {(each.type, each.date) for each, entry in listed if not entry}
        assert api.emulator.transactions(7) == listed[:7]
        for number in live_entries:
            assert api.emulator.transactions(entry=number) == [each for each in listed if each[1] == number]
    api.http.close()
    api.emulator.close()
