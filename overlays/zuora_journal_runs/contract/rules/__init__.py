"""Rules that no schema holds, each checked by requests that are not left to chance."""

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
