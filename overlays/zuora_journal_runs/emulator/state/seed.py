"""What an emulator starts with: runs, accounting periods and transactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from .lifecycle import RunStatus, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zuora_journal_runs.emulator.pacing import Pacing

    from .ledger import Transaction
    from .rows import Period

BILLING = ("Invoice Item", "Taxation Item", "Electronic Payment", "Revenue Event Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedRun:
    """A run to insert into an emulator.

    The amounts of its entries depend on its number alone. They sum up transactions that come with the run, and that
    are free again when they are cancelled; otherwise the month has no transactions of the run's types. In a run that is
    `Cancelled` or `DeleteInprogress`, all entries are cancelled, and no transactions come with it.

    Args:
        number: The run number; the next free one by default.
        status: The status.
        period: The accounting period.
        executed_on: When it was executed, as in `2026-11-02 22:05:12`; now by default, by the emulator's clock.
        transaction_types: The transaction types, which the entries take in turn.
        entries: The number of journal entries.
        transfers: `transferredToAccounting` by entry, counted from 1; `No` for entries that are not listed.
        outcome: The status in which processing ends, if the run is not processed yet.
        pacing: How fast operations on the run progress; like the emulator's by default.
    """

    number: str | None = None
    status: RunStatus = RunStatus.COMPLETED
    period: str = "Oct-2026"
    executed_on: str | None = None
    transaction_types: tuple[str, ...] = BILLING
    entries: int = 0
    transfers: Mapping[int, Transfer] = field(default_factory=lambda: MappingProxyType({}))
    outcome: RunStatus = RunStatus.COMPLETED
    pacing: Pacing | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Seed:
    """What an emulator starts with.

    Args:
        runs: The runs.
        periods: Accounting periods besides the months `Jan-2014` to `Dec-2039`; one takes the place of the months that
            it overlaps.
        transactions: The transactions that are in no run. By default every month has one a day of each type, always the
            same ones.
    """

    runs: Iterable[SeedRun] = ()
    periods: Iterable[Period] = ()
    transactions: Iterable[Transaction] | None = None


DEFAULT_SEED = (
    SeedRun(number="JR-00000071", status=RunStatus.ERROR, period="Sep-2026", executed_on="2026-10-01 21:40:07"),
    SeedRun(
        number="JR-00000072",
        status=RunStatus.CANCELLED,
        period="Sep-2026",
        executed_on="2026-10-01 22:03:51",
        entries=4,
    ),
    SeedRun(number="JR-00000073", period="Sep-2026", executed_on="2026-10-01 22:31:18", entries=24),
    SeedRun(
        number="JR-00000074",
        executed_on="2026-11-02 21:58:40",
        transaction_types=("Electronic Payment", "Electronic Refund"),
        entries=3,
        transfers={2: Transfer.PROCESSING},
    ),
    SeedRun(
        number="JR-00000075",
        executed_on="2026-11-02 22:05:12",
        entries=10,
        transfers={7: Transfer.YES},
    ),
)
"""The default seed.

JR-00000075 is the example in Zuora's description of a cancellation: ten entries, one transferred to accounting. The
others are a run that failed, a cancelled one that can be deleted, one with three pages of entries, and one with an
entry that is being transferred. None of them prevents the creation of a new run.
"""

BUSY_SEED = (
    *DEFAULT_SEED,
    SeedRun(number="JR-00000076", status=RunStatus.PENDING, period="Nov-2026", executed_on="2026-11-22 08:00:00"),
)
"""The default seed and a pending run, which prevents the creation of another one."""
