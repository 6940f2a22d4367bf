"""A stateful stand-in for Zuora's journal runs, in this process or over HTTP.

It shares no code with the client: what both know, they know from the contract.
"""

from .clock import Clock
from .emulator import Emulator, serve
from .errors import DatabaseFileError, EmulatorError, PortInUseError, ResourceNotFoundError, SeedFileError
from .faults import Fault
from .http import RefusedError
from .pacing import AT_ONCE, DEFAULT_PACING, HELD, Pacing
from .request_log import Misuse, MisuseKind, RecordedRequest
from .settings import PERMISSIONS, Settings
from .state.lifecycle import EntryState, EntryStatus, RunStatus, Transfer
from .state.seed import BUSY_SEED, DEFAULT_SEED, SeedRun
from .state.seed_file import read_seed
from .state.tenant import RunState, RunSummary

__all__ = [
    "AT_ONCE",
    "BUSY_SEED",
    "DEFAULT_PACING",
    "DEFAULT_SEED",
    "HELD",
    "PERMISSIONS",
    "Clock",
    "DatabaseFileError",
    "Emulator",
    "EmulatorError",
    "EntryState",
    "EntryStatus",
    "Fault",
    "Misuse",
    "MisuseKind",
    "Pacing",
    "PortInUseError",
    "RecordedRequest",
    "RefusedError",
    "ResourceNotFoundError",
    "RunState",
    "RunStatus",
    "RunSummary",
    "SeedFileError",
    "SeedRun",
    "Settings",
    "Transfer",
    "read_seed",
    "serve",
]
