"""What has to be made anew in the child after a fork: locks that nobody will release, sockets that are the parent's."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """An object that holds locks, sockets or requests of the threads that a child does not have."""

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
