"""Execute the user's command as if it had been started directly."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .error_messages import print_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 128
"""A shell's exit statuses: for a command that it cannot execute or find, and the base for one that a signal ended."""
_FROM_KEYBOARD = {signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT)}
_FORWARDED = [
    *_FROM_KEYBOARD,
    signal.SIGTERM,
    *(getattr(signal, name) for name in ("SIGHUP", "SIGUSR1", "SIGUSR2") if hasattr(signal, name)),
]


def execute(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Execute a command, forward signals to it, and return its exit status as a shell would.

    Call this in the main thread.
    """
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _: Any) -> None:
        if process is None:
            early.append(number)
        elif number not in _FROM_KEYBOARD or not _shares_terminal():
            process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED if not _ignored(number)}
    try:
        process = subprocess.Popen(command, env=environ)  # noqa: S603 - it is the user's own
        for number in early:
            forward(number, None)
        status = _wait_for(process)
    except OSError as error:
        print_error(f"{command[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else KILLED - status


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process ends, and return its exit status."""
    while True:
        # Python would handle a signal that arrives just before a wait without timeout only when the wait ends.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=1)


def _ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _shares_terminal() -> bool:
    """Return whether the keyboard's signals reach the process directly: both are in the terminal's foreground."""
    if not hasattr(os, "tcgetpgrp"):  # on Windows, where they reach every program of the console
        return True
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
