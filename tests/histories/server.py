"""A server for histories. It shares no code with the emulator or the clients."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from .script import CANCELABLE, Script, Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.clock import FakeClock

    from .odd import Respond

URL = "https://rest.example.com"
NUMBER, OTHER = "JR-00000075", "JR-00000099"
CLIENT_ID, CLIENT_SECRET = "c4a1f6be-1111-4222-8333-944445555666", "a-secret-of-histories"

_ROUTES = {
    "token": ("POST", re.compile(r"/oauth/token")),
    "create": ("POST", re.compile(r"/v1/journal-runs")),
    "run": ("GET", re.compile(r"/v1/journal-runs/(JR-\d+)")),
    "cancel": ("PUT", re.compile(r"/v1/journal-runs/(JR-\d+)/cancel")),
    "delete": ("DELETE", re.compile(r"/v1/journal-runs/(JR-\d+)")),
    "entries": ("GET", re.compile(r"/v1/journal-entries/journal-runs/(JR-\d+)")),
}


@dataclass(frozen=True)
class Odd:
    """Requests of an operation that get an odd response: see odd.py."""

    kind: str
    operation: str
    """token, run, entries, cancel, delete or create."""
    at: int = 0
    """The first of them, counted from 0 for each run."""
    times: int = 1
    """How many of them."""


@dataclass(frozen=True)
class Call:
    """A request, as it was understood."""

    operation: str
    run: Truth | None
    request: httpx.Request
    now: float


class Server:
    """Serves runs as their scripts have it, but for odd responses.

    Args:
        clock: The time. Each request takes `latency` of it.
        scripts: The runs by number.
        odds: Odd responses.
        page_size: The most entries on a page.
        token_lifetime: Seconds.
        latency: Seconds.
        more: More kinds of odd responses than odd.py has.
    """

    def __init__(
        self,
        clock: FakeClock,
        scripts: Mapping[str, Script],
        odds: tuple[Odd, ...] = (),
        page_size: int = 300,
        token_lifetime: float = 3600.0,
        latency: float = 0.05,
        more: Mapping[str, Respond] | None = None,
    ) -> None:
        self.clock, self.odds, self.page_size = clock, odds, page_size
        self.token_lifetime, self.latency = token_lifetime, latency
        self.runs = {number: Truth(number, script, clock.now) for number, script in scripts.items()}
        self.calls: Counter[tuple[str, str]] = Counter()
        self.log: list[tuple[float, str, str, str]] = []
        """Time, operation, run and what kind of response: "" if the truth was told."""
        self.shown: dict[str, set[str]] = defaultdict(set)
        """The statuses that were shown truthfully, by run."""
        self.accepted: set[tuple[str, str]] = set()
        """What a client was told that was accepted: operation and run."""
        self.last: dict[str, float] = {}
        """When a run was last asked about: nothing later can be known of it."""
        self._more = more or {}
        self._tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        from . import odd

        self.clock.now += self.latency
        operation, number = self._understood(request)
        now = self.clock.now
        call = Call(operation, self.runs.get(number), request, now)
        nth = self.calls[operation, number]
        self.calls[operation, number] += 1
        if number:
            self.last[number] = now
        kind = next(
            (one.kind for one in self.odds if one.operation == operation and one.at <= nth < one.at + one.times), ""
        )
        self.log.append((now, operation, number, kind))
        if kind:
            respond = self._more[kind] if kind in self._more else odd.KINDS[kind].respond
            return respond(self, call)
        return self.respond(call)

    def respond(self, call: Call) -> httpx.Response:
        """Do what is asked for, and tell the truth."""
        status, body = self.act(call)
        if status == 200 and call.run is not None:
            if call.operation == "run":
                self.shown[call.run.number].add(body["status"])
            elif call.operation in ("cancel", "delete", "create") and body["success"]:
                self.accepted.add((call.operation, call.run.number))
        return reply(status, body)

    def act(self, call: Call) -> tuple[int, dict[str, Any]]:
        """Do what is asked for, and return status and body."""
        run = call.run
        if call.operation == "token":
            self._tokens += 1
            return 200, {
                "access_token": f"token-{self._tokens}",
                "token_type": "bearer",
                "expires_in": self.token_lifetime,
            }
        if call.operation == "create":
            return 200, {"success": True, "journalRunNumber": NUMBER}
        if call.operation == "run":
            return self.run_body(run, call.now)
        if call.operation == "entries":
            return self.entries_body(run, call.now, call.request)
        return self._change(call.operation, run, call.now)

    def _change(self, operation: str, run: Truth | None, now: float) -> tuple[int, dict[str, Any]]:
        status = None if run is None else run.status(now)
        if run is None or status is None:
            return 404, not_found(run)
        if status not in (CANCELABLE if operation == "cancel" else ("Cancelled",)):
            return 400, refusal("50000030", f"The run is {status}.")
        if operation == "delete":
            run.delete_accepted = now
        elif run.cancel_accepted is None:
            run.cancel_accepted = now
        return 200, {"success": True}

    def run_body(self, run: Truth | None, now: float) -> tuple[int, dict[str, Any]]:
        """Return GET run as it is, or was, at some time."""
        status = None if run is None else run.status(now)
        if run is None or status is None:
            return 404, not_found(run)
        body: dict[str, Any] = {"number": run.number, "status": status, "journalEntryDate": "2026-10-31"}
        if run.script.says_success:
            body["success"] = True
        if status not in ("Pending", "Processing") and run.script.count != "absent":
            left = len(run.remaining(now)) if run.script.count == "follows" else len(run.script.entries)
            body["totalJournalEntryCount"] = left
        return 200, body

    def entries(self, run: Truth, now: float) -> list[dict[str, Any]]:
        """Return all entries that are listed at some time."""
        if run.status(now) in ("Pending", "Processing"):
            return []
        return [
            {
                "number": run.entry_number(index),
                "status": "Cancelled" if run.is_cancelled(index, now) else "Created",
                "transferredToAccounting": run.transferred(index, now),
            }
            for index in range(len(run.script.entries))
            if run.script.listed == "all" or not run.is_cancelled(index, now)
        ]

    def entries_body(self, run: Truth | None, now: float, request: httpx.Request) -> tuple[int, dict[str, Any]]:
        if run is None or run.status(now) is None:
            return 404, not_found(run)
        return 200, self.page(self.entries(run, now), request, says_success=run.script.says_success)

    def page(
        self, entries: list[dict[str, Any]], request: httpx.Request, *, says_success: bool = True
    ) -> dict[str, Any]:
        """Return the page of a listing that a request asks for."""
        page = int(request.url.params.get("page", "1"))
        size = min(int(request.url.params.get("pageSize", "8")), self.page_size)
        body: dict[str, Any] = {"journalEntries": entries[(page - 1) * size : page * size]}
        if says_success or not body["journalEntries"]:
            body["success"] = True
        if page * size < len(entries):
            body["nextPage"] = str(request.url.copy_merge_params({"page": str(page + 1), "pageSize": str(size)}))
        return body

    def _understood(self, request: httpx.Request) -> tuple[str, str]:
        for operation, (method, route) in _ROUTES.items():
            match = route.fullmatch(request.url.path)
            if method == request.method and match is not None:
                return operation, match[1] if route.groups else NUMBER if operation == "create" else ""
        raise AssertionError(f"no such operation: {request.method} {request.url}")


def reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Return a response: text is HTML, bytes are what they are, anything else is JSON."""
    usual = {"Zuora-Request-Id": "7c1cbd1e-8d2c-4a26-9a5b-3e9f0d7d4c11"}
    if isinstance(body, str | bytes):
        usual["Content-Type"] = "text/html" if isinstance(body, str) else "application/json"
        content = body.encode() if isinstance(body, str) else body
    else:
        usual["Content-Type"] = "application/json"
        content = json.dumps(body).encode()
    return httpx.Response(status, headers={**usual, **(headers or {})}, content=content)


def refusal(code: str, message: str) -> dict[str, Any]:
    """Return a body in Zuora's own error form."""
    return {"success": False, "processId": "738CBB9234B47A47", "reasons": [{"code": int(code), "message": message}]}


def not_found(run: Truth | None) -> dict[str, Any]:
    return refusal("50000040", f"Cannot find entity by key: '{NUMBER if run is None else run.number}'.")
