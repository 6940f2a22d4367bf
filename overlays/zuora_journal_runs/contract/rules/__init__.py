"""Rules that no schema expresses, each checked with fixed requests."""

from . import authentication, broken, cancellation, creation, entries, failures, headers, statuses

RULES = (
    *headers.rules,
    *authentication.rules,
    *broken.rules,
    *statuses.rules,
    *creation.rules,
    *entries.rules,
    *cancellation.rules,
    *failures.rules,
)
"""All of them, the cheapest first."""
