"""A stateful emulator of Zuora's journal runs, in process or over HTTP.

It shares no code with the client, so that both cannot have the same mistake: what they have in common is the contract.

Where things are:

- `core.py`: the tenant, Zuora's API to it, and methods to inspect and change both; `emulator.py`: `Emulator`, which
  adds the ways to reach it
- `api.py`: Zuora's API; `openapi.py`: its operations and schemas; `rate_limit.py`; `request_log.py`: requests, misuses
- `control.py`, `control.yaml`: the control API; `page.py`, `page.html`: the web page
- `report.py`: what happened, as text
- `state/`: the life cycle of runs, the tenant, periods, the ledger of transactions, the store, seeds, tokens
- `faults/`: faults on demand; `kinds.py` says how to add one
- `pacing.py`, `clock.py`, `settings.py`: what a user can choose
- `server.py`, `process.py`, `asgi.py`, `transport.py`: the ways to call it; `http.py`: requests and responses as values
"""

from zuora_journal_runs._extras import require

require("emulator", "httptools", "jsonschema_rs", "yaml")

from .clock import Clock
from .emulator import Emulator
from .errors import DatabaseFileError, EmulatorError, PortInUseError, ResourceNotFoundError, SeedFileError
from .faults import Fault
from .http import RefusedError
from .pacing import AT_ONCE, DEFAULT_PACING, HELD, Pacing
from .process import serve
from .request_log import Misuse, MisuseKind, RecordedRequest
from .settings import OVERRIDE_TRANSFERRED, PERMISSIONS, Settings
from .state.ledger import Transaction
from .state.lifecycle import EntryState, EntryStatus, RunStatus, Transfer
from .state.rows import Period
from .state.seed import BUSY_SEED, DEFAULT_SEED, Seed, SeedRun
from .state.seed_file import read_seed
from .state.tenant import RunState, RunSummary

__all__ = [
    "AT_ONCE",
    "BUSY_SEED",
    "DEFAULT_PACING",
    "DEFAULT_SEED",
    "HELD",
    "OVERRIDE_TRANSFERRED",
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
    "Period",
    "PortInUseError",
    "RecordedRequest",
    "RefusedError",
    "ResourceNotFoundError",
    "RunState",
    "RunStatus",
    "RunSummary",
    "Seed",
    "SeedFileError",
    "SeedRun",
    "Settings",
    "Transaction",
    "Transfer",
    "read_seed",
    "serve",
]
