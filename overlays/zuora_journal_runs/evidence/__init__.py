"""What counts as proof: observations of a journal run, the verdict on them, and the files that keep them."""

from zuora_journal_runs._observations import (
    Accepted,
    EntriesListed,
    EntriesRefused,
    EntryState,
    Observation,
    Problem,
    ResponseReader,
    RunNotFound,
    RunSeen,
    is_refusal,
)
from zuora_journal_runs.errors import EvidenceError

from ._file import Conclusion, Evidence, EvidenceWriter, Header, Step, digest_of, parse_evidence, read_evidence
from ._verdict import History, Judgement, Verdict, judge_cancellation, judge_completion, judge_deletion

__all__ = [
    "Accepted",
    "Conclusion",
    "EntriesListed",
    "EntriesRefused",
    "EntryState",
    "Evidence",
    "EvidenceError",
    "EvidenceWriter",
    "Header",
    "History",
    "Judgement",
    "Observation",
    "Problem",
    "ResponseReader",
    "RunNotFound",
    "RunSeen",
    "Step",
    "Verdict",
    "digest_of",
    "is_refusal",
    "judge_cancellation",
    "judge_completion",
    "judge_deletion",
    "parse_evidence",
    "read_evidence",
]
