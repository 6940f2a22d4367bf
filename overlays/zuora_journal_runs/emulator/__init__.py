"""A stateful stand-in for Zuora's journal runs, in this process or over HTTP.

It shares no code with the client: what both know, they know from the contract.
"""

from .app import RecordedRequest
from .clock import Clock
from .emulator import Emulator, serve
from .errors import DatabaseUnusable, EmulatorError, PortInUse
from .lifecycle import EntryStatus, RunStatus, Transfer
from .pace import AT_ONCE, DEFAULT_PACE, HELD, Pace
from .seed import BUSY_SEED, DEFAULT_SEED, SeedRun
from .settings import PERMISSIONS, Settings

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
    "EntryStatus",
    "Pace",
    "PortInUse",
    "RecordedRequest",
    "RunStatus",
    "SeedRun",
    "Settings",
    "Transfer",
    "serve",
]
