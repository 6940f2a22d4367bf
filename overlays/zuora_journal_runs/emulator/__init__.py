"""A stateful stand-in for Zuora's journal runs, in this process or over HTTP.

It shares no code with the client: what both know, they know from the contract.
"""

from .clock import Clock
from .emulator import Emulator, serve
from .errors import DatabaseUnusable, EmulatorError, NotThere, PortInUse, SeedUnusable
from .faults import Fault
from .journal import Lapse, LapseKind, RecordedRequest
from .lifecycle import EntryState, EntryStatus, RunStatus, Transfer
from .pace import AT_ONCE, DEFAULT_PACE, HELD, Pace
from .seed import BUSY_SEED, DEFAULT_SEED, SeedRun
from .seed_file import read_seed
from .settings import PERMISSIONS, Settings
from .tenant import RunState, RunSummary
from .wire import Refusal

__all__ = [
    "AT_ONCE",
    "BUSY_SEED",
    "DEFAULT_PACE",
    "DEFAULT_SEED",
    "HELD",
    "PERMISSIONS",
    "Clock",
    "DatabaseUnusable",
    "Emulator",
    "EmulatorError",
    "EntryState",
    "EntryStatus",
    "Fault",
    "Lapse",
    "LapseKind",
    "NotThere",
    "Pace",
    "PortInUse",
    "RecordedRequest",
    "Refusal",
    "RunState",
    "RunStatus",
    "RunSummary",
    "SeedRun",
    "SeedUnusable",
    "Settings",
    "Transfer",
    "read_seed",
    "serve",
]
