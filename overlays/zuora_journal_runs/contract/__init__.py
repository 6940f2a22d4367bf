"""A contract suite for any provider of Zuora's journal runs: the emulator, a sandbox tenant, another stand-in.

It knows the fragment and the documents, and nothing else of whom it tests::

    target = Target.from_environ(os.environ, "http://127.0.0.1:8080")
    report = run(target, Options(seed=1))
    print(summary(report))
"""

from .options import Options, read_dates
from .report import Outcome, Report, Result, summary
from .suite import ITEMS, Run, plan, run
from .target import Kind, Target, WrongUse

__all__ = [
    "ITEMS",
    "Kind",
    "Options",
    "Outcome",
    "Report",
    "Result",
    "Run",
    "Target",
    "WrongUse",
    "plan",
    "read_dates",
    "run",
    "summary",
]
