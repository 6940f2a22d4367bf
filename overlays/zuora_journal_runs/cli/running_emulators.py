"""Which emulators are running, so that another shell can connect to one.

Each `zjr emulator` keeps a file with its URL and credentials in a folder that only its user can read, until it stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .error_messages import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WINDOWS = os.name == "nt"
_CONNECT_TIMEOUT = 2.0
"""Seconds."""


@contextmanager
def registered(environ: Mapping[str, str]) -> Iterator[None]:
    """Make an emulator known to `find`, as far as its file can be written.

    Args:
        environ: The variables with which to connect to the emulator.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            folder = _folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_private(folder):
                file = folder / f"{os.getpid()}.json"
                stack.callback(file.unlink, missing_ok=True)
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
                    json.dump(dict(environ), opened)
        yield


def find(port: int | None) -> dict[str, str]:
    """Return the variables with which to connect to the running emulator.

    Args:
        port: The emulator's port; None if there is only one emulator.

    Raises:
        CommandError: No emulator is running, or several are and none was chosen.
    """
    found = [environ for environ in _running() if port in (None, _address(environ)[1])]
    if not found:
        where = "" if port is None else f" on port {port}"
        raise CommandError(f"no emulator is running{where}: start one with `zjr emulator`")
    if len(found) > 1:
        urls = ", ".join(sorted(environ["ZUORA_BASE_URL"] for environ in found))
        raise CommandError(f"{len(found)} emulators are running: {urls}; choose one with --port")
    return found[0]


def _running() -> Iterator[dict[str, str]]:
    """Yield the variables of each running emulator, and remove the files of those that were killed."""
    folder = _folder()
    if not (folder.is_dir() and _is_private(folder)):
        return
    for file in folder.glob("*.json"):
        try:
            environ = json.loads(file.read_text())
            socket.create_connection(_address(environ), _CONNECT_TIMEOUT).close()
        except (OSError, ValueError):
            file.unlink(missing_ok=True)
        else:
            yield environ


def _address(environ: Mapping[str, str]) -> tuple[str | None, int | None]:
    parts = urlsplit(environ["ZUORA_BASE_URL"])
    return parts.hostname, parts.port


def _folder() -> Path:
    runtime = os.environ.get("LOCALAPPDATA" if WINDOWS else "XDG_RUNTIME_DIR")
    return Path(runtime) / "zjr" if runtime else Path(tempfile.gettempdir()) / f"zjr-{_user()}"


_user: Callable[[], int] = getattr(os, "getuid", int)
"""The user's id; 0 on Windows, as in `st_uid`."""


def _is_private(folder: Path) -> bool:
    """Return whether nobody else can have written to a folder: what is in it is executed by a shell."""
    found = folder.lstat()
    # On Windows the mode says nothing, and the folder of local application data is its user's own.
    closed = WINDOWS or not found.st_mode & 0o077
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _user() and closed
