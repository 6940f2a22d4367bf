"""The suite finds providers that lie: the emulator, with an answer changed on its way."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from zuora_journal_runs.emulator import AT_ONCE, Emulator

from .checks import body_of
from .lifecycle import GONE, IN_PROGRESS, LONGEST_WAIT, Life
from .provider import suite_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .suite import Suite

NEW_RUN = {
    "accountingPeriodName": "Oct-2026",
    "journalEntryDate": "2026-10-31",
    "transactionTypes": [{"type": "Invoice Item"}],
}


class Message(NamedTuple):
    """An answer on its way, with the method and the path of the request."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The body, read."""
        data: dict[str, Any] = json.loads(self.plain().body)
        return data

    def plain(self) -> Message:
        """The same answer, not compressed."""
        if "content-encoding" not in self.headers:
            return self
        return self._replace(body=gzip.decompress(self.body)).with_header("content-encoding", None)

    def compressed(self) -> Message:
        """The same answer, compressed."""
        if "content-encoding" in self.headers:
            return self
        return self._replace(body=gzip.compress(self.body)).with_header("content-encoding", "gzip")

    def saying(self, data: Mapping[str, Any], **changes: Any) -> Message:
        """The same answer with another body, of changed fields; those that are None are left out."""
        said = {name: value for name, value in {**data, **changes}.items() if value is not None}
        other = self.plain()._replace(body=json.dumps(said).encode())
        return other.compressed() if "content-encoding" in self.headers else other

    def with_header(self, name: str, value: str | None) -> Message:
        """The same answer with another header, or without it."""
        headers = {**self.headers, name: value}
        return self._replace(headers={name: value for name, value in headers.items() if value is not None})

    def of_run(self) -> bool:
        """Whether a run was retrieved."""
        return self.method == "GET" and "status" in self.data

    def of_entries(self, **changes: Any) -> Message:
        """The same answer, with the fields of its entries changed."""
        if "journalEntries" not in self.data:
            return self
        return self.saying(self.data, journalEntries=[entry | changes for entry in self.data["journalEntries"]])


def lying(app: Any, lie: Callable[[Message], Message]) -> Any:
    """An ASGI application whose every answer goes through a lie."""

    async def liar(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        sent: list[Any] = []

        async def keep(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, keep)
        start, body = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        told = lie(Message(scope["method"], scope["path"], start["status"], headers, body["body"]))
        named = {**told.headers, "content-length": str(len(told.body))}
        raw = [(name.encode(), value.encode()) for name, value in named.items()]
        await send({**start, "status": told.status, "headers": raw})
        await send({**body, "body": told.body})

    return liar


def about_runs(lie: Callable[[Message], Message]) -> Callable[[Message], Message]:
    """A lie about runs that are retrieved."""
    return lambda message: lie(message) if message.of_run() else message


def same_request_id() -> Callable[[Message], Message]:
    first: dict[str, str] = {}
    return lambda m: m.with_header("zuora-request-id", first.setdefault("id", m.headers["zuora-request-id"]))


def never_gone() -> Callable[[Message], Message]:
    last: dict[str, Message] = {}

    def lie(message: Message) -> Message:
        if message.of_run() and message.data["success"]:
            last[message.path] = message
        if message.path not in last or message.method != "GET" or b"50000040" not in message.body:
            return message
        return last[message.path].with_header("zuora-request-id", message.headers["zuora-request-id"])

    return lie


LIES: Mapping[str, tuple[str, Callable[[Message], Message]]] = {
    "no request id": ("ST107", lambda m: m.with_header("zuora-request-id", None)),
    "a short request id": ("ST108", lambda m: m.with_header("zuora-request-id", "1")),
    "always the same request id": ("has_its_own_request_id", same_request_id()),
    "no echo of the track id": ("echoes_track_id", lambda m: m.with_header("zuora-track-id", None)),
    "an echo in capitals": (
        "echoes_track_id",
        lambda m: m.with_header("zuora-track-id", m.headers.get("zuora-track-id", "").upper() or None),
    ),
    "an echo of nothing": (
        "echoes_track_id",
        lambda m: m.with_header("zuora-track-id", m.headers.get("zuora-track-id", "none")),
    ),
    "another content type": ("ST105", lambda m: m.with_header("content-type", "text/html")),
    "a rate limit in words": ("ST108", lambda m: m.with_header("ratelimit-remaining", "plenty")),
    "gzip that was not asked for": ("compresses_honestly", lambda m: m.compressed()),
    "no gzip at all": ("compresses_honestly", lambda m: m.plain()),
    "an undocumented status": ("ST103", lambda m: m._replace(status=202)),
    "a failure inside": ("ST101", lambda m: m._replace(status=500)),
    "a page of a proxy's": ("ST109", lambda m: m._replace(body=b"<html></html>")),
    "success is missing": ("ST108", lambda m: m.saying(m.data, success=None)),
    "success in words": ("ST108", lambda m: m.saying(m.data, success="true")),
    "success of all": ("ST108", lambda m: m.saying({"success": True}) if m.status == 200 else m),
    "reasons for a success": (
        "gives_reasons",
        lambda m: m.saying(m.data, reasons=[{"code": "50000030", "message": "none"}]),
    ),
    "no reasons for a failure": ("ST108", lambda m: m.saying(m.data, reasons=[]) if "reasons" in m.data else m),
    "an unknown status": ("ST108", about_runs(lambda m: m.saying(m.data, status="Canceled"))),
    "a run without status": ("ST108", about_runs(lambda m: m.saying(m.data, status=None))),
    "a count that is text": ("ST108", about_runs(lambda m: m.saying(m.data, totalJournalEntryCount="3"))),
    "a count off by one": (
        "had . before",
        about_runs(lambda m: m.saying(m.data, totalJournalEntryCount=m.data["totalJournalEntryCount"] + 1)),
    ),
    "a date with a time": ("ST108", about_runs(lambda m: m.saying(m.data, journalEntryDate="2026-10-31T00:00:00Z"))),
    "executed yesterday": ("ST108", about_runs(lambda m: m.saying(m.data, executedOn="yesterday"))),
    "always Completed": ("is Completed, and nothing", about_runs(lambda m: m.saying(m.data, status="Completed"))),
    "always Processing": ("Processing", about_runs(lambda m: m.saying(m.data, status="Processing"))),
    "entries that are never cancelled": ("its entry .* is not", lambda m: m.of_entries(status="Created")),
    "entries that are cancelled before": ("nobody asked", lambda m: m.of_entries(status="Cancelled")),
    "a transferred entry is cancelled": ("was transferred", lambda m: m.of_entries(transferredToAccounting="Yes")),
    "an entry's status is a number": ("ST108", lambda m: m.of_entries(status=1)),
    "no entries": ("had . before", lambda m: m.saying(m.data, journalEntries=[]) if "journalEntries" in m.data else m),
    "every entry twice": (
        "listed twice",
        lambda m: m.saying(m.data, journalEntries=2 * m.data["journalEntries"]) if "journalEntries" in m.data else m,
    ),
    "a next page that is no address": (
        "ST108",
        lambda m: m.saying(m.data, nextPage="page 2") if "journalEntries" in m.data else m,
    ),
    "a run that is never gone": ("can only be", never_gone()),
    "a number of another form": (
        "ST108",
        lambda m: m.saying(m.data, journalRunNumber="76") if m.method == "POST" else m,
    ),
    "no token needed": ("ST401", lambda m: m.saying({"success": True})._replace(status=200) if m.status == 401 else m),
}
"""What is said in place of the truth, and what has to find it."""


def tour(suite: Suite) -> None:
    """The life of two runs, each from its creation until it is gone."""
    for headers in ({"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip", "Zuora-Track-Id": "a tour"}):
        number = body_of(suite.call("createJournalRun", body=NEW_RUN, headers=headers))["journalRunNumber"]
        life = Life(number)
        assert rest(suite, life, headers) == "Completed"
        life.deleted(suite.call("deleteJournalRun", number, headers=headers).status_code)
        life.cancelled(suite.call("cancelJournalRun", number, headers=headers).status_code)
        status = rest(suite, life, headers)
        assert status == "Cancelled", f"{number} is {status}, and nothing kept it from being cancelled"
        life.cancelled(suite.call("cancelJournalRun", number, headers=headers).status_code)
        life.deleted(suite.call("deleteJournalRun", number, headers=headers).status_code)
        assert rest(suite, life, headers) == GONE


def rest(suite: Suite, life: Life, headers: Mapping[str, str]) -> str:
    """The status that a run comes to rest in."""
    status = ""
    for _ in range(LONGEST_WAIT):
        response = suite.call("getJournalRun", life.number, headers=headers)
        life.retrieved(response.status_code, body_of(response))
        status = body_of(response).get("status", GONE)
        response = suite.call("listJournalEntriesOfJournalRun", life.number, query={"pageSize": 300}, headers=headers)
        life.listed(response.status_code, body_of(response).get("journalEntries", []))
        if status not in IN_PROGRESS:
            break
    return status


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(pace=AT_ONCE, seed=())


def test_the_emulator_does_not_lie(emulator: Emulator, fragment: Mapping[str, Any]) -> None:
    tour(suite_for(emulator, fragment))


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found(emulator: Emulator, fragment: Mapping[str, Any], name: str) -> None:
    found, lie = LIES[name]
    suite = suite_for(emulator, fragment)
    suite.schema.app = lying(emulator.asgi(), lie)
    with pytest.raises((AssertionError, BaseExceptionGroup), match=found):
        tour(suite)
