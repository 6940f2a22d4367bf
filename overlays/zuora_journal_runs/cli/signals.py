"""SIGTERM ends a command as Ctrl-C does: it reports what is known and how to resume."""

from __future__ import annotations

import signal
from typing import Any

from .exit_status import ExitStatus


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


def handle_sigterm() -> None:
    """Raise Terminated in the main thread on SIGTERM, unless the parent process made this one ignore it."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _terminate)


def status_of_interrupt(interrupt: BaseException | None) -> ExitStatus:
    """Return the exit status for what interrupted a command."""
    return ExitStatus.TERMINATED if isinstance(interrupt, Terminated) else ExitStatus.INTERRUPTED


def _terminate(*_: Any) -> None:
    # A second SIGTERM must not cut short the report on the first.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated
