"""Readers of recorded traffic: each turns a file into a stream of exchanges.

A reader is a function that takes the parsed JSON of a file and its name, and yields an `Exchange` for each recorded
exchange, or an `Unreadable` for what it cannot understand. It is registered in `READERS` with a function that
recognises its files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from . import har

if TYPE_CHECKING:
    from pathlib import Path

    from zuora_journal_runs.contract.exchange import Exchange


class Unreadable(NamedTuple):
    """Something in a file that cannot be read."""

    source: str
    """Which file, and which entry of it."""
    message: str
    """What is wrong."""


Reader = Callable[[Any, str], Iterator["Exchange | tuple[str, str]"]]

READERS: tuple[tuple[Callable[[Any], bool], Reader], ...] = ((har.recognises, har.exchanges),)
"""Every form of recording: whether it recognises a document, and what reads that."""


def read(path: Path) -> Iterator[Exchange | Unreadable]:
    """Read a file of recorded traffic. What cannot be read is yielded as such, and the rest is still read."""
    name = str(path)
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        yield Unreadable(name, error.strerror or "it cannot be read")
        return
    except (ValueError, RecursionError) as error:
        yield Unreadable(name, f"it is not JSON: {error}")
        return
    reader = next((reader for recognises, reader in READERS if recognises(document)), None)
    if reader is None:
        yield Unreadable(name, "it is not a recording: a HAR file is an object with log.entries")
        return
    for each in reader(document, name):
        yield Unreadable(*each) if isinstance(each, tuple) else each
