"""Serving an emulator as a process of its own."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .emulator import Emulator


_WATCH_INTERVAL = 0.2
"""Seconds."""


def serve(
    emulator: Emulator, ready: Callable[[Emulator], object], watch: Callable[[Emulator], object] | None = None
) -> None:
    """Serve an emulator until SIGINT or SIGTERM. Call this in the main thread of a process of its own.

    It raises the process's limit of open files as far as allowed, because each connection needs one.

    Args:
        emulator: The emulator.
        ready: Called once the port is open.
        watch: Called several times a second while the emulator is serving, for example to show new requests.

    Raises:
        PortInUseError: Another program is listening on the port.
        EmulatorError: The address cannot be listened on.
    """
    _allow_connections()
    stopped = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(each, lambda *_: stopped.set()) for each in signals]
    try:
        with emulator:
            ready(emulator)
            while watch is not None and not stopped.wait(_WATCH_INTERVAL):
                watch(emulator)
            # On Windows, a signal does not end a wait that has no timeout.
            while not stopped.wait(1):
                pass
    finally:
        for each, handler in zip(signals, previous, strict=True):
            signal.signal(each, handler)


def _allow_connections() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):  # not on Windows, and not where the limit is fixed
        import resource

        _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))
