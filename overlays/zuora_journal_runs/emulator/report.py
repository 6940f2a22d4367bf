"""What happened on an emulator, as text for whoever looks into a failing test."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import ResourceNotFoundError
from .pacing import HELD
from .state.lifecycle import IN_PROGRESS, EntryStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .core import EmulatorCore
    from .request_log import RecordedRequest

_RUN_NUMBER = re.compile(r"JR-\d{8,18}")
_MAX_LINES = 40
"""How many lines of requests are listed: the last ones."""
_MAX_RUNS = 20
_MAX_ENTRIES = 10


def report(emulator: EmulatorCore) -> str:
    """Return the requests, the faults that struck, and the state of the runs that requests name or created."""
    requests = emulator.requests
    lines = [*_requests(requests), *_faults(emulator), *_runs(emulator, requests)]
    lines += [f"misuse: {misuse}" for misuse in emulator.misuses()]
    return "\n".join(lines)


def _requests(requests: tuple[RecordedRequest, ...]) -> Iterator[str]:
    if not requests:
        yield "no requests: does the code under test read ZUORA_BASE_URL, or use this emulator's transport?"
        return
    lines: list[tuple[RecordedRequest, int]] = []
    polls: dict[tuple[str, str], int] = {}
    for request in requests:
        if request.method != "GET" or request.failed or request.faults:
            polls.clear()
        elif (place := polls.setdefault((request.path, request.query), len(lines))) < len(lines):
            # The same poll again, with nothing but other polls in between.
            lines[place] = (request, lines[place][1] + 1)
            continue
        lines.append((request, 1))
    lines.sort(key=lambda line: line[0].at)
    yield f"{len(requests)} requests, by the emulator's clock" + (":" if len(lines) <= _MAX_LINES else "; the last:")
    for request, times in lines[-_MAX_LINES:]:
        at = f"{datetime.fromtimestamp(request.at, UTC):%H:%M:%S.%f}"[:-3]
        query = f"?{request.query}" if request.query else ""
        repeated = f", {times} times until then" if times > 1 else ""
        yield f"  {at}  {request.method:6} {request.path[:200]}{query[:200]}  {_response(request)}{repeated}"


def _response(request: RecordedRequest) -> str:
    status = "no response" if request.status is None else str(request.status)
    if request.failed and request.status == 200:
        status += " success: false"
    found = re.search(r'"message":"((?:[^"\\]|\\.)*)"', request.response_body) if request.codes else None
    notes = [*(f"fault {fault}" for fault in request.faults), *request.codes]
    notes += [found[1][:200]] if found and not request.faults else []
    return f"{status}  {', '.join(notes)}" if notes else status


def _faults(emulator: EmulatorCore) -> Iterator[str]:
    for fault, hits in emulator.pending_faults().items():
        struck = "did not strike" if hits == 0 else f"struck {hits} times so far"
        yield f"fault {fault} {struck}"


def _runs(emulator: EmulatorCore, requests: tuple[RecordedRequest, ...]) -> Iterator[str]:
    touched: dict[str, None] = {}
    for request in requests:
        text = request.response_body if request.operation == "createJournalRun" else request.path
        touched.update(dict.fromkeys(_RUN_NUMBER.findall(text)))
    for number in [*touched][:_MAX_RUNS]:
        yield from _run(emulator, number)
    if len(touched) > _MAX_RUNS:
        yield f"and {len(touched) - _MAX_RUNS} more runs"


def _run(emulator: EmulatorCore, number: str) -> Iterator[str]:
    try:
        run = emulator.run(number)
    except ResourceNotFoundError:
        yield f"{number} does not exist, or was deleted"
        return
    remaining = [entry for entry in run.entries if entry.status is EntryStatus.CREATED]
    cancelled = len(run.entries) - len(remaining)
    yield f"{number} is {run.status}; {cancelled} of {len(run.entries)} entries cancelled"
    if cancelled:
        for entry in remaining[:_MAX_ENTRIES]:
            yield f"  {entry.number} stays; transferred to accounting: {entry.transfer}"
        if len(remaining) > _MAX_ENTRIES:
            yield f"  and {len(remaining) - _MAX_ENTRIES} more entries"
    if run.status in IN_PROGRESS and run.pacing.kind == HELD.kind:
        yield f'  its pacing is held: nothing happens until .step("{number}") or .release("{number}")'
