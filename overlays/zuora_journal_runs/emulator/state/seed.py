"""The runs that an emulator starts with."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from .lifecycle import RunStatus, Transfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zuora_journal_runs.emulator.pacing import Pacing

BILLING = ("Invoice Item", "Taxation Item", "Electronic Payment", "Revenue Event Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedRun:
    """A run as it is put into an emulator.

    `entries` counts its summary journal entries; `transfers` gives `transferredToAccounting` of those, counted
    from 1, that are not `No`. The amounts follow from the run's number alone. A run that is `Cancelled` or
    `DeleteInprogress` has only cancelled entries. `outcome` is the status in which a run ends that is not
    processed yet. A `pacing` of None means the emulator's.
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
"""JR-00000075 is the run of Zuora's own account of a cancellation: ten entries, one transferred to accounting.

Beside it stand a run that failed, one that is cancelled and may be deleted, one with three pages of entries,
and one with an entry on its way to accounting. None of them keeps a new run from being created.
"""

BUSY_SEED = (
    *DEFAULT_SEED,
    SeedRun(number="JR-00000076", status=RunStatus.PENDING, period="Nov-2026", executed_on="2026-11-22 08:00:00"),
)
"""The same with a run that is pending, so that no other can be created."""
