"""A contract suite for any provider of Zuora's journal runs: the emulator, a sandbox tenant, another stand-in.

It knows the contract and the documents, and nothing else about the provider::

    target = Target.from_environ(os.environ, "http://127.0.0.1:8080")
    report = check_provider(target, Options(seed=1))
    print(summary(report))
"""

from .calibration import emulator_settings
from .deviations import read as read_deviations
from .options import Options, Runtime, read_dates
from .replay import RULES as REPLAY_RULES
from .replay import Unreadable, judge_files
from .report import FORMS, Outcome, Report, Result, differences, summary
from .suite import RULES, Suite, check_provider, plan, steps
from .target import Kind, Target, UsageError

__all__ = [
    "FORMS",
    "REPLAY_RULES",
    "RULES",
    "Kind",
    "Options",
    "Outcome",
    "Report",
    "Result",
    "Runtime",
    "Suite",
    "Target",
    "Unreadable",
    "UsageError",
    "check_provider",
    "differences",
    "emulator_settings",
    "judge_files",
    "plan",
    "read_dates",
    "read_deviations",
    "steps",
    "summary",
]
