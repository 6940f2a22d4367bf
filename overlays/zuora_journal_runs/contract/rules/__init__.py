"""Rules that no schema holds, each tried by requests that are not left to chance."""

from . import authentication, broken, cancellation, creation, entries, headers, statuses

RULES = (
    *headers.rules,
    *authentication.rules,
    *broken.rules,
    *statuses.rules,
    *creation.rules,
    *entries.rules,
    *cancellation.rules,
)
"""All of them, the cheapest first."""
