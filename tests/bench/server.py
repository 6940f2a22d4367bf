"""A server that costs as little as possible, as a process of its own: `python -m tests.bench.server CERTIFICATE SECONDS DELAY`.

It answers every GET of a run at once, every PUT after a delay, and every POST with a token. The run JR-00100000 has
100,000 entries, and so on, which are listed by the page. Runs from JR-20000000 on have none, and are cancelled once they
were polled so often. One line of JSON on standard output tells its ports. It ends with its parent, and after so many
seconds at the latest. GET /polls tells how the runs were polled, and GET /delay/0.2 changes the delay.
"""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
import sys
import time
from typing import ClassVar

import httptools

from .data import NUMBER, RUN, page

BODIES = {
    b"PUT": json.dumps({"success": True}).encode(),
    b"POST": json.dumps({"access_token": "t" * 32, "token_type": "bearer", "expires_in": 3598}).encode(),
}
HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Zuora-Request-Id: 0e9a7d4c-6b9f-4dd5-8f43-6c1f6ae0b5d1\r\n"
    "RateLimit-Limit: 50000, 50000;window=60, 2250000;window=3600\r\n"
    "RateLimit-Remaining: 49000\r\n"
    "RateLimit-Reset: 30\r\n"
    "Concurrency-Limit-Type: default\r\n"
    "Concurrency-Limit-Limit: 40\r\n"
    "Concurrency-Limit-Remaining: {free}\r\n"
    "Content-Length: {length}\r\n"
    "{echo}\r\n"
)


POLLS = 10
"""Polls until a run is cancelled."""
WAITED_FOR = 20_000_000
RUNS, ENTRIES = "/v1/journal-runs/", "/v1/journal-entries/journal-runs/"


def run(path: str) -> bytes:
    """The run of a path, which is polled again and again."""
    number = path.removeprefix(RUNS)
    if number == NUMBER:
        return json.dumps(RUN).encode()
    return json.dumps({**RUN, "number": number, "totalJournalEntryCount": int(number[3:])}).encode()


def listed(url: str) -> bytes:
    """A page of the entries of a run."""
    path, _, query = url.partition("?")
    asked = dict(pair.split("=") for pair in query.split("&"))
    place, size, total = int(asked["page"]), int(asked["pageSize"]), int(path.removeprefix(f"{ENTRIES}JR-"))
    first = (place - 1) * size
    body = page(min(size, total - first), first)
    if first + size < total:
        return body[:-1] + f', "nextPage": "{path}?page={place + 1}&pageSize={size}"}}'.encode()
    return body


class Polls:
    """When runs were polled that are waited for."""

    count = 0
    first = last = longest_gap = 0.0
    of_run: ClassVar[dict[str, tuple[int, float]]] = {}

    @classmethod
    def status(cls, number: str) -> str:
        """The status of a run at one more poll."""
        now = time.monotonic()
        times, before = cls.of_run.pop(number, (0, now))
        cls.longest_gap, cls.last = max(cls.longest_gap, now - before), now
        cls.first = cls.first or now
        cls.count += 1
        if times + 1 == POLLS:
            return "Cancelled"
        cls.of_run[number] = times + 1, now
        return "CancelInprogress"

    @classmethod
    def report(cls) -> bytes:
        """What was polled since the last report: how many times a second, and the longest time between two polls."""
        found = [cls.count / (cls.last - cls.first), cls.longest_gap]
        cls.count, cls.first, cls.longest_gap = 0, 0.0, 0.0
        return json.dumps(found).encode()


@functools.lru_cache(1000)
def constant(url: str) -> bytes:
    """The body of the answer to a GET that is always the same."""
    return listed(url) if url.startswith(ENTRIES) else run(url)


def got(url: str) -> bytes:
    """The body of the answer to a GET."""
    number = url.partition("?")[0].rpartition("/")[2]
    if url == "/polls":
        return Polls.report()
    if url.startswith("/delay/"):
        Exchange.delay = float(number)
        return b"{}"
    if int(number[3:]) < WAITED_FOR:
        return constant(url)
    if url.startswith(ENTRIES):
        return json.dumps({"success": True, "journalEntries": []}).encode()
    status = Polls.status(number)
    return json.dumps({**RUN, "number": number, "status": status, "totalJournalEntryCount": 0}).encode()


class Exchange(asyncio.Protocol):
    """One connection."""

    active = 0
    delay = 0.0
    _url = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._parser, self._echo = transport, httptools.HttpRequestParser(self), ""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"zuora-track-id":
            self._echo = f"Zuora-Track-Id: {value.decode()}\r\n"

    def on_message_complete(self) -> None:
        method: bytes = self._parser.get_method()
        Exchange.active += 1
        if method == b"PUT":
            asyncio.get_running_loop().call_later(self.delay, self._answer, method)
        else:
            self._answer(method)

    def _answer(self, method: bytes) -> None:
        body = got(self._url) if method == b"GET" else BODIES[method]
        Exchange.active -= 1
        head = HEAD.format(free=max(0, 39 - Exchange.active), length=len(body), echo=self._echo)
        self._transport.write(head.encode() + body)
        self._echo = ""


async def main(certificate: str, seconds: float, delay: float) -> None:
    Exchange.delay = delay
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(Exchange, "127.0.0.1", 0, ssl=context, backlog=1000) for context in (None, tls)]
    sys.stdout.write(json.dumps([server.sockets[0].getsockname()[1] for server in servers]) + "\n")
    sys.stdout.flush()
    parent_ended = asyncio.Event()
    loop.add_reader(sys.stdin, parent_ended.set)
    try:
        await asyncio.wait_for(parent_ended.wait(), seconds)
    except TimeoutError:
        sys.stderr.write("the server's time is up\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
