"""What a run of the suite has to say, and the forms in which it says it."""

from collections.abc import Callable

from .drift import drift as differences
from .html import page
from .junit import junit
from .model import Outcome, Report, Result, Row
from .text import summary

FORMS: dict[str, tuple[str, Callable[[Report], str]]] = {
    "junit": ("contract.xml", junit),
    "html": ("contract.html", page),
    "json": ("contract.json", Report.to_json),
}
"""The name of each form's file, and what writes it."""

__all__ = ["FORMS", "Outcome", "Report", "Result", "Row", "differences", "junit", "page", "summary"]
