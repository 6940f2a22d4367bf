"""The command `zjr`: journal runs for people and for scripts.

It reads address and credentials from the environment only, reports errors in one line, and prints its results to
standard output: as text, or with `--json` as the objects that `record_types.py` defines.
"""

from __future__ import annotations

import io
import sys

from zuora_journal_runs._extras import require

from .signals import handle_sigterm, status_of_interrupt

__all__ = ["main"]


def main() -> int:
    """Run the command with the arguments of this process, and return its exit status."""
    try:
        require("cli", "click", "rich")
    except ModuleNotFoundError as error:
        sys.stderr.write(f"zjr: {error}\n")
        return 1
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that a console cannot show must not stop a command that has done its work.
            stream.reconfigure(errors="backslashreplace")
    handle_sigterm()
    try:
        from .app import zjr

        status: int = zjr.main(prog_name="zjr", standalone_mode=False)
    except KeyboardInterrupt as interrupt:
        sys.stderr.write("zjr: stopped; nothing was changed\n")
        return status_of_interrupt(interrupt)
    return status
