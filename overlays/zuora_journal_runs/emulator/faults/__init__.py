"""Faults on demand: their kinds, their text form, which calls they hit, and what they do to responses."""

from .effects import apply_to_body, apply_to_response, category_of, gateway_page
from .fault import Fault
from .kinds import FAULT_OPERATIONS, REPLACES_RESPONSE, FaultKind, FaultOperation
from .schedule import MAX_FAULTS, FaultHit, FaultSchedule

__all__ = [
    "FAULT_OPERATIONS",
    "MAX_FAULTS",
    "REPLACES_RESPONSE",
    "Fault",
    "FaultHit",
    "FaultKind",
    "FaultOperation",
    "FaultSchedule",
    "apply_to_body",
    "apply_to_response",
    "category_of",
    "gateway_page",
]
