"""Readers of recorded traffic: each turns the content of a file into a stream of exchanges.

A reader takes the bytes of a file and its name. It returns None if the file has another form; otherwise it yields an
`Exchange` for each recorded exchange, and for what it cannot understand an `Unreadable`. To read another form, add a
reader to `READERS`, before the one for HAR files, which also says what is wrong with a file that is no JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from . import evidence, har
from .unreadable import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from zuora_journal_runs.contract.exchange import Exchange

Reader = Callable[[bytes, str], "Iterator[Exchange | Unreadable] | None"]

READERS: tuple[Reader, ...] = (evidence.exchanges, har.exchanges)
"""The readers of all forms, in the order in which they are tried."""


def read(path: Path) -> Iterator[Exchange | Unreadable]:
    """Read a file of recorded traffic. What cannot be read is yielded as such, and the rest is still read."""
    name = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        yield Unreadable(name, error.strerror or "it cannot be read")
        return
    for reader in READERS:
        found = reader(content, name)
        if found is not None:
            yield from found
            return
    yield Unreadable(name, "it is neither an evidence file nor a HAR file, which is an object with log.entries")
