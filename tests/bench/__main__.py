"""The budgets, measured: `python -m tests.bench`, or `python -m tests.bench --quick`.

With --growth it draws instead how costs grow, and writes that into the documentation.

Every number is a ratio to something measured in the same run, or has the unit that stands beside it. It fails if a budget is not met.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import emulators, growth, rows, waits
from .processes import Official, Server, python_with_the_sdk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the budgets.")
    parser.add_argument("--quick", action="store_true", help="less exactly, and without Zuora's own SDK")
    parser.add_argument("--growth", action="store_true", help="draw how costs grow, for the documentation")
    arguments = parser.parse_args()
    quick: bool = arguments.quick
    size = rows.QUICK if quick else rows.FULL
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(Server(folder, seconds=900, delay=rows.DELAY))
        python = None if quick else python_with_the_sdk()
        sdk = None if python is None else stack.enter_context(Official(python, server))
        if arguments.growth:
            growth.draw(server, sdk)
            return 0
        found = [
            *rows.imports(size, sdk),
            *rows.calls(size, server, sdk),
            *rows.storms(size, server, sdk),
            *rows.connections(size, server, sdk),
            *rows.parsing(size, sdk),
            *waits.rows(server),
            *emulators.commands(size, folder),
            *emulators.in_process(size),
            *emulators.creations(size),
            *emulators.large(size, folder),
        ]
    show(found)
    if sdk is None and not quick:
        sys.stdout.write("zuora-sdk is left out: it could not be installed.\n")
    return 0 if all(row.met for row in found) else 1


def show(found: list[rows.Row]) -> None:
    """Write the table."""
    table = [("work", "1.00 is", "peers", "ours", "budget", "met")]
    for row in found:
        ours = ", ".join(
            f"{name.removeprefix('ours').lstrip(', ')} {value:.2f}".strip() for name, value in row.ours.items()
        )
        peers = ", ".join(f"{name} {value:.2f}" for name, value in sorted(row.peers.items(), key=lambda peer: peer[1]))
        budget = "" if row.budget is None else f"{row.budget:.2f}"
        table.append((row.work, row.unit, peers, ours, budget, "yes" if row.met else "NO"))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main())
