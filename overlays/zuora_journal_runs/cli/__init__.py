"""The command `zjr`: journal runs for people and for scripts.

It takes address and credentials from the environment alone, says in one line what went wrong, and answers on standard
output: in words, or with `--json` in the objects that `records.schema.json` describes.
"""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec

from .signals import handle_sigterm, status_of_interrupt

__all__ = ["main"]


def main() -> int:
    """Run the command with the arguments of this process.

    Returns:
        Its exit status.
    """
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"zjr: not installed: {', '.join(missing)}; to install: pip install 'zuora-journal-runs[cli]'\n"
        )
        return 1
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a console cannot show must not stop a command that has done its work.
            stream.reconfigure(errors="backslashreplace")
    handle_sigterm()
    try:
        from .app import zjr

        status: int = zjr.main(prog_name="zjr", standalone_mode=False)
    except KeyboardInterrupt as stop:
        sys.stderr.write("zjr: stopped; nothing was changed\n")
        return status_of_interrupt(stop)
    return status
