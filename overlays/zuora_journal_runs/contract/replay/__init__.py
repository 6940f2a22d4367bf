"""Check recorded traffic against the contract and the life cycle of runs, offline."""

from .judge import RULES, Judge, judge_files
from .readers import READERS, read
from .unreadable import Unreadable

__all__ = ["READERS", "RULES", "Judge", "Unreadable", "judge_files", "read"]
