"""The number of a journal run, as a type: whoever has one knows that it is valid."""

from __future__ import annotations

import re
from typing import Self

from zuora_journal_runs.errors import InvalidArgumentError

_FORM = re.compile(r"JR-[0-9]{8,}")


class RunNumber(str):
    """A valid journal run number, such as JR-00000075.

    Parse text once, where it comes in; the rest of the code takes a `RunNumber`.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: The value is not a valid run number.
    """

    __slots__ = ()

    def __new__(cls, value: object) -> Self:
        """Parse a value."""
        if isinstance(value, str) and _FORM.fullmatch(value):
            return super().__new__(cls, value)
        if isinstance(value, str):
            raise InvalidArgumentError(f"{value!r} is not a journal run number: it has the form JR-00000075")
        raise InvalidArgumentError(f"number is {value!r}: give a string such as 'JR-00000075'")
