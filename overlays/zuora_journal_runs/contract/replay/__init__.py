"""Recorded traffic, held against the contract and the life cycle of runs: read-only and offline."""

from .judge import RULES, Judge, judge_files
from .readers import READERS, Unreadable, read

__all__ = ["READERS", "RULES", "Judge", "Unreadable", "judge_files", "read"]
