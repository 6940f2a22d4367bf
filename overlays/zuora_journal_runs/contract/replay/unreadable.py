"""What cannot be read in a recording."""

from __future__ import annotations

from typing import NamedTuple


class Unreadable(NamedTuple):
    """Something in a file that cannot be read."""

    source: str
    """Which file, and which entry of it."""
    message: str
    """What is wrong."""
