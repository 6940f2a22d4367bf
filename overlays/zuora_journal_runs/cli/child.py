"""A command that is run for the user, and that looks as if nobody stood in between."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .problems import complain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 128
"""What a shell's exit status is for a command that it cannot run, and from where on for one that a signal ended."""
_FROM_KEYBOARD = {signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT)}
_PASSED_ON = [
    *_FROM_KEYBOARD,
    signal.SIGTERM,
    *(getattr(signal, name) for name in ("SIGHUP", "SIGUSR1", "SIGUSR2") if hasattr(signal, name)),
]


def run_child(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end, pass on to it the signals that come, and return its exit status as a shell would.

    It has to be called in the main thread.
    """
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _: Any) -> None:
        if child is None:
            early.append(number)
        elif number not in _FROM_KEYBOARD or not _of_terminal():
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON if not _ignored(number)}
    try:
        child = subprocess.Popen(command, env=environ)  # noqa: S603 - it is the user's own
        for number in early:
            pass_on(number, None)
        status = _waited_for(child)
    except OSError as error:
        complain(f"{command[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else KILLED - status


def _waited_for(child: subprocess.Popen[bytes]) -> int:
    """The status with which a child ends."""
    while True:
        # A signal that comes just before a wait without end would not be looked at until that ends.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(timeout=1)


def _ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _of_terminal() -> bool:
    """Whether what comes from the keyboard comes to the child as well: both are in the terminal's foreground."""
    if not hasattr(os, "tcgetpgrp"):  # on Windows, where it comes to every program of the console
        return True
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
