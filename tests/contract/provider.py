"""The emulator as the provider that the contract suite is tried on, in this process."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import requests
import urllib3
from requests.adapters import BaseAdapter

from zuora_journal_runs.contract import Options, Report, Runtime, Suite, Target
from zuora_journal_runs.emulator import Emulator, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[httpx.Request], httpx.Response]

ENTITY = "11e64eef-ac1f-4e52-8ab2-8d1b1c5b5b9a"
ORGANISATION = "8ad097b4"
PACE = "polls:2/3"
"""Each state is seen by more than one look, so that it is known when something is asked of a run in it."""


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class InProcess(BaseAdapter):
    """Has requests handled by a function; a response whose extension `seconds` is set takes that long."""

    def __init__(self, handler: Handler, clock: Clock | None = None) -> None:
        super().__init__()
        self._handler, self._clock = handler, clock or Clock()

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        body = request.body.encode() if isinstance(request.body, str) else request.body
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        sent = httpx.Request(str(request.method), str(request.url), headers=fields, content=bytes(body or b""))  # type: ignore[arg-type]
        answered = self._handler(sent)
        seconds = answered.extensions.get("seconds", 0.0)
        self._clock.seconds += min(seconds, options["timeout"])
        if seconds >= options["timeout"]:
            raise requests.ReadTimeout
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(b"".join(answered.stream)),  # type: ignore[arg-type]
            headers=answered.headers.multi_items(),  # type: ignore[arg-type]
            status=answered.status_code,
            version=11,
            preload_content=False,
            request_method=request.method,
        )
        response = requests.Response()
        response.status_code, response.raw, response.request = answered.status_code, raw, request
        response.headers, response.url = requests.structures.CaseInsensitiveDict(raw.headers), str(request.url)
        return response

    def close(self) -> None:
        pass


def emulator_for_the_suite(**settings: Any) -> Emulator:
    """An emulator with an entity and an organisation, in which everything takes a while."""
    chosen = Settings(entity_ids=frozenset({ENTITY}), organization_ids=frozenset({ORGANISATION}), **settings)
    return Emulator(pacing=PACE, seed=(), settings=chosen)


def target_of(emulator: Emulator) -> Target:
    environ = emulator.environ() | {"ZUORA_ENTITY_ID": ENTITY, "ZUORA_ORG_IDS": ORGANISATION}
    return Target.from_environ(environ)


OPERATIONS = {
    "createJournalRun": "create",
    "getJournalRun": "get",
    "listJournalEntriesOfJournalRun": "entries",
    "updateJournalEntry": "update",
    "cancelJournalRun": "cancel",
    "deleteJournalRun": "delete",
    "createToken": "token",
}
FAILURES = {"500": "status-500", "429": "too-many-1"}


def provoke(emulator: Emulator, operation: str, failure: str) -> None:
    """Make the emulator fail once."""
    emulator.add_fault(f"{OPERATIONS[operation]}:1:{FAILURES[failure]}")


def suite_for(
    emulator: Emulator,
    options: Options | None = None,
    handler: Handler | None = None,
    *,
    transfer: bool = True,
    clock: Clock | None = None,
) -> Suite:
    """The suite, on an emulator or on what changes its responses on their way."""
    clock = clock or Clock()
    runtime = Runtime(
        transfer=emulator.mark_transferred if transfer else None,
        provoke=partial(provoke, emulator) if transfer else None,
        adapter=InProcess(handler or emulator.transport().handle_request, clock),
        now=clock.now,
        sleep=clock.sleep,
    )
    return Suite(target_of(emulator), options or Options(), runtime)


def report_of(suite: Suite) -> Report:
    """Check all selected rules, clean up, and report."""
    suite.connect()
    for rule in suite.rules:
        suite.check(rule)
    suite.clean_up()
    return suite.report()
