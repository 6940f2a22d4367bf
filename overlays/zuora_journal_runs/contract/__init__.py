"""A contract suite for any provider of Zuora's journal runs: the emulator, a sandbox tenant, another stand-in.

It knows the contract and the documents, and nothing else about the provider::

    import os

    target = Target.from_environ(os.environ)
    report = check_provider(target, Options(only=("headers/track-id",)))
    assert report.passed, summary(report)
"""

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
