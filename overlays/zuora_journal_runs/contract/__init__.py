"""A contract suite for any provider of Zuora's journal runs: the emulator, a sandbox tenant, another stand-in.

It knows the contract and the documents, and nothing else about the provider::

    target = Target.from_environ(os.environ, "http://127.0.0.1:8080")
    report = check_provider(target, Options(seed=1))
    print(summary(report))
"""

from zuora_journal_runs._extras import require

require("contract", "hypothesis", "jsonschema_rs", "pytest", "requests", "schemathesis", "yaml")

from .calibration import emulator_settings
from .options import Options, Runtime, read_dates
from .report import Outcome, Report, Result, summary
from .suite import RULES, Suite, check_provider, plan, steps
from .target import Kind, Target, UsageError

__all__ = [
    "RULES",
    "Kind",
    "Options",
    "Outcome",
    "Report",
    "Result",
    "Runtime",
    "Suite",
    "Target",
    "UsageError",
    "check_provider",
    "emulator_settings",
    "plan",
    "read_dates",
    "steps",
    "summary",
]
