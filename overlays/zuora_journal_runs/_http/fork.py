"""Renew in a forked child what it cannot use: locks that no thread will release, and sockets of the parent."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """An object with locks, sockets or requests of threads that do not exist in a forked child."""

    def renew(self) -> None:
        """Make this object usable in the child. Only one thread is running."""


_objects: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_after_fork(target: Renewable) -> None:
    """Call `target.renew()` in every child that is forked while `target` is alive."""
    _objects.add(target)


def _renew_all() -> None:
    for target in list(_objects):
        target.renew()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_renew_all)
