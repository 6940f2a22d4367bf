"""Faults on demand: which calls they hit, and what they do to them."""

from .effects import apply_to_body, apply_to_response, category_of, gateway_page
from .fault import (
    FAULT_OPERATIONS,
    MAX_FAULTS,
    REPLACES_RESPONSE,
    Fault,
    FaultHit,
    FaultKind,
    FaultOperation,
    FaultSchedule,
)

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
