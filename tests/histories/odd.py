"""Odd responses: what gateways, firewalls, lagging replicas and confused providers say. None of them proves anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from .server import OTHER, refusal, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .server import Call, Server

    Respond = Callable[[Server, Call], httpx.Response]

HTML = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
LAG = 25.0
"""Seconds that a lagging replica is behind: more than the longest interval between polls."""


@dataclass(frozen=True)
class Kind:
    respond: Respond
    operations: tuple[str, ...]
    """The operations whose requests it can befall."""
    deceives: bool = False
    """Whether it looks like an observation, so that only what comes before and after tells that it is none."""
    may_end: bool = False
    """Whether the specification lets it end a wait."""


def says(status: int, body: object, headers: Mapping[str, str] | None = None) -> Respond:
    return lambda *_: reply(status, body, headers)


def fails(failure: type[httpx.RequestError]) -> Respond:
    def respond(_: Server, call: Call) -> httpx.Response:
        raise failure("it failed", request=call.request)

    return respond


def after_acting(respond: Respond) -> Respond:
    """Do what is asked for, and lose the response."""

    def lose(server: Server, call: Call) -> httpx.Response:
        server.act(call)
        return respond(server, call)

    return lose


def claims(status: int = 200, run_status: object = "Cancelled", **changes: object) -> Respond:
    """Claim that the run has a status, with some fields changed; a field that is changed to ... is left out."""

    def respond(_: Server, call: Call) -> httpx.Response:
        assert call.run is not None
        body: dict[str, object] = {"success": True, "number": call.run.number, "status": run_status, **changes}
        return reply(status, {name: value for name, value in body.items() if value is not ...})

    return respond


def claims_entries(status: int = 200, **changes: object) -> Respond:
    """Claim that all entries are cancelled, with some fields changed; a field that is changed to ... is left out."""

    def respond(server: Server, call: Call) -> httpx.Response:
        entries = [{**entry, "status": "Cancelled"} for entry in _entries(server, call)]
        body: dict[str, object] = {"success": True, "journalEntries": entries, **changes}
        return reply(status, {name: value for name, value in body.items() if value is not ...})

    return respond


def altered(change: Callable[[list[dict[str, Any]]], list[Any]]) -> Respond:
    """List the entries with something wrong about them, on a page."""
    return lambda server, call: reply(200, {"success": True, "journalEntries": change(_entries(server, call))})


def truncated(server: Server, call: Call) -> httpx.Response:
    status, body = server.act(call)
    whole = reply(status, body)
    return httpx.Response(status, headers={"Content-Type": "application/json"}, content=whole.content[:-7])


def stale(server: Server, call: Call) -> httpx.Response:
    """What was true a while ago; never of a time before the cancellation that was accepted, if there was none."""
    then = max(call.now - LAG, server.runs[call.run.number].start) if call.run is not None else call.now
    if call.operation == "run":
        return reply(*server.run_body(call.run, then))
    return reply(*server.entries_body(call.run, then, call.request))


def not_found_here(_: Server, call: Call) -> httpx.Response:
    """What a sign-in of another entity gets."""
    assert call.run is not None
    return reply(404, refusal("50000040", f"Cannot find entity by key: '{call.run.number}'."))


def not_found_under_200(server: Server, call: Call) -> httpx.Response:
    response = not_found_here(server, call)
    return httpx.Response(200, headers={"Content-Type": "application/json"}, content=response.content)


def repeated_pages(server: Server, call: Call) -> httpx.Response:
    """The first page again, whatever page was asked for."""
    assert call.run is not None
    body = server.page(server.entries(call.run, call.now), call.request)
    first = server.page(
        server.entries(call.run, call.now), httpx.Request("GET", call.request.url.copy_with(query=None))
    )
    return reply(200, {**body, "journalEntries": first["journalEntries"] or body["journalEntries"]})


def next_page(address: str) -> Respond:
    def respond(server: Server, call: Call) -> httpx.Response:
        url = str(call.request.url) if address == "itself" else address
        return reply(200, {"success": True, "journalEntries": _entries(server, call)[:1], "nextPage": url})

    return respond


def _entries(server: Server, call: Call) -> list[dict[str, Any]]:
    assert call.run is not None
    return server.entries(call.run, call.now)


READS, RUN, ENTRIES = ("run", "entries"), ("run",), ("entries",)
WRITES = ("cancel", "delete")
ALL = (*READS, *WRITES)

KINDS: dict[str, Kind] = {
    # Gateways and proxies
    "404 HTML": Kind(says(404, HTML.format("404 Not Found")), READS),
    "404 empty": Kind(says(404, b""), READS),
    "404 no route": Kind(says(404, {"message": "no Route matched with those values"}), READS),
    "404 Spring": Kind(says(404, {"timestamp": 1, "status": 404, "error": "Not Found", "path": "/"}), READS),
    "404 success null": Kind(says(404, {"success": None, "reasons": []}), READS),
    "404 success false": Kind(says(404, {"success": False, "reasons": []}), READS),
    "404 other fault": Kind(says(404, {"FaultCode": "404", "FaultMessage": "50000040"}), READS),
    "410 empty": Kind(says(410, b""), READS),
    "204 empty": Kind(says(204, b""), READS),
    "302 to a login": Kind(says(302, HTML.format("Found"), {"Location": "https://login.example.com/"}), READS),
    "403 HTML": Kind(says(403, HTML.format("Request blocked")), READS),
    "400 HTML": Kind(says(400, HTML.format("Bad Request")), READS),
    "401 HTML": Kind(says(401, HTML.format("Unauthorized")), READS),
    "429 HTML": Kind(says(429, HTML.format("Too Many Requests"), {"Retry-After": "7"}), READS),
    "429 Zuora": Kind(says(429, refusal("50000070", "Too many concurrent requests.")), ALL),
    "500 SystemError": Kind(says(500, {"reasons": [{"code": "SystemError", "message": "No."}]}), READS),
    "502 HTML": Kind(says(502, HTML.format("502 Bad Gateway")), READS),
    "503 HTML": Kind(says(503, HTML.format("503 Service Unavailable")), ALL),
    "504 empty": Kind(says(504, b""), READS),
    "200 HTML": Kind(says(200, HTML.format("Sign in")), READS),
    "200 empty": Kind(says(200, b""), READS),
    "200 empty object": Kind(says(200, {}), READS),
    # Zuora, in trouble
    "401 Zuora": Kind(says(401, refusal("90000011", "Authentication error")), READS),
    "200 contention": Kind(says(200, refusal("50000050", "Locking contention.")), READS),
    "200 temporary": Kind(says(200, refusal("50000061", "Temporary error.")), READS),
    "200 no reason": Kind(says(200, {"success": False}), READS),
    "200 success null": Kind(says(200, {"success": None}), READS),
    # Broken bodies
    "truncated JSON": Kind(truncated, READS),
    "array": Kind(says(200, []), READS),
    "number": Kind(says(200, 42), READS),
    "text": Kind(says(200, b'"Cancelled"'), READS),
    "null": Kind(says(200, None), READS),
    "broken gzip": Kind(says(200, b"{}", {"Content-Encoding": "gzip"}), READS),
    # Transport
    "connect error": Kind(fails(httpx.ConnectError), ALL),
    "read timeout": Kind(fails(httpx.ReadTimeout), READS),
    "protocol error": Kind(fails(httpx.RemoteProtocolError), READS),
    "read timeout after acting": Kind(after_acting(fails(httpx.ReadTimeout)), WRITES),
    "504 after acting": Kind(after_acting(says(504, b"")), WRITES),
    "truncated after acting": Kind(truncated, WRITES),
    # Bodies that look like a run
    "another run": Kind(claims(number=OTHER), RUN),
    "no number": Kind(claims(number=...), RUN),
    "number of another type": Kind(claims(number=75), RUN),
    "claim without success": Kind(claims(success=None), RUN),
    "claim that failed": Kind(claims(success=False), RUN),
    "claim under 404": Kind(claims(404), RUN),
    "claim under 503": Kind(claims(503), RUN),
    "no status": Kind(claims(run_status=...), RUN),
    "status null": Kind(claims(run_status=None), RUN),
    "status of another type": Kind(claims(run_status=["Cancelled"]), RUN),
    "unknown status": Kind(claims(run_status="Archiving"), RUN),
    # Bodies that look like entries
    "no entries": Kind(claims_entries(journalEntries=...), ENTRIES),
    "entries null": Kind(claims_entries(journalEntries=None), ENTRIES),
    "entries of another type": Kind(claims_entries(journalEntries={}), ENTRIES),
    "entries that failed": Kind(claims_entries(success=False), ENTRIES),
    "entries without success": Kind(claims_entries(success=None), ENTRIES),
    "entries under 503": Kind(claims_entries(503), ENTRIES),
    "empty list without success": Kind(claims_entries(success=..., journalEntries=[]), ENTRIES),
    "entries of other types": Kind(altered(lambda entries: [5, None, *entries]), ENTRIES),
    "numbers of other types": Kind(altered(lambda entries: [{**entry, "number": 5} for entry in entries]), ENTRIES),
    "statuses of other types": Kind(altered(lambda entries: [{**entry, "status": []} for entry in entries]), ENTRIES),
    "next page itself": Kind(next_page("itself"), ENTRIES),
    "next page elsewhere": Kind(next_page("https://elsewhere.example.com/v1/journal-entries/journal-runs/x"), ENTRIES),
    "entries twice": Kind(altered(lambda entries: [*entries, *entries[:1]]), ENTRIES),
    "first page again": Kind(repeated_pages, ENTRIES),
    # What only its surroundings give away
    "empty list": Kind(claims_entries(journalEntries=[]), ENTRIES, deceives=True),
    "short list": Kind(altered(lambda entries: entries[:-1]), ENTRIES, deceives=True),
    "stale run": Kind(stale, RUN, deceives=True),
    "stale entries": Kind(stale, ENTRIES, deceives=True),
    "404 in another entity": Kind(not_found_here, READS, deceives=True),
    "200 in another entity": Kind(not_found_under_200, READS, deceives=True),
    # What the specification lets end a wait
    "403 Zuora": Kind(says(403, refusal("50000010", "Permission denied.")), READS, may_end=True),
    "200 permission": Kind(says(200, refusal("50000010", "Permission denied.")), READS, may_end=True),
    # Of the token endpoint
    "token 503": Kind(says(503, HTML.format("503 Service Unavailable")), ("token",)),
    "token 429": Kind(says(429, b""), ("token",)),
    "token timeout": Kind(fails(httpx.ReadTimeout), ("token",)),
    "token HTML": Kind(says(200, HTML.format("Sign in")), ("token",)),
}
