"""Errors of the emulator itself, as opposed to those that it returns in Zuora's place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class EmulatorError(Exception):
    """The emulator cannot do what was requested; the message says what to do about it."""


class PortInUseError(EmulatorError):
    """Another program is listening on the port."""


class DatabaseFileError(EmulatorError):
    """The database file is used by another emulator, or is not an emulator's database."""


class SeedFileError(EmulatorError):
    """A seed file cannot be read or is invalid; the message says where and why."""


class ResourceNotFoundError(EmulatorError, ValueError):
    """There is no such run, entry, fault or snapshot."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """Return a message about a name that is unknown, with the name that was probably meant."""
    names = [*known]
    near = difflib.get_close_matches(name, names, 1, cutoff=0.7)
    return f"unknown {what} {name[:100]!r}: " + (
        f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}"
    )
