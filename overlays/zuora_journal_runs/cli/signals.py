"""SIGTERM, which ends a command as Ctrl-C does: with what is known, and how to go on."""

from __future__ import annotations

import signal
from typing import Any

from .exit_status import ExitStatus


class Terminated(KeyboardInterrupt):
    """SIGTERM was received."""


def handle_sigterm() -> None:
    """Raise Terminated in the main thread when SIGTERM comes, unless whoever started this process has it ignored."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _terminate)


def status_of_interrupt(stop: BaseException | None) -> ExitStatus:
    """Return the exit status for what stopped a command."""
    return ExitStatus.TERMINATED if isinstance(stop, Terminated) else ExitStatus.STOPPED


def _terminate(*_: Any) -> None:
    # Another one must not cut short what is said about the first.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated
