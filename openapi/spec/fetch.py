"""Zuora's pages, fetched as a guest should: one after the other, with pauses, and only if they have changed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from .findings import Findings
from .read_index import read_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USER_AGENT = "zuora-journal-runs-spec/1 (reads a few reference pages; conditional requests)"
LARGEST_PAGE, LARGEST_FILE = 2_000_000, 64_000_000
"""Bytes; the pages have a few thousand, the file of the whole API has 13 million."""
FILES = (".yaml", ".yml", ".json")
"""How the address of a file of the whole API ends."""
SEEN = ".seen.json"
"""The file, beside the pages, that keeps what conditional requests need."""


class NotFetched(Exception):
    """A page was not fetched, and why."""


@dataclass(slots=True)
class Fetcher:
    """Fetches an index page and the pages that it links to, or one file of the whole API, into a folder.

    Args:
        into: The folder. Pages that are there already are asked for only if they have changed.
        client: Sends the requests; it must not follow redirects.
        pause: Seconds between two requests.
        deadline: Seconds for all of it.
        sleep: Waits.
        clock: Tells the seconds that have gone.
        largest: The size, in bytes, above which a page is refused.
    """

    into: Path
    client: httpx.Client
    pause: float = 2.0
    deadline: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    largest: int = LARGEST_PAGE
    _robots: RobotFileParser | None = None
    _seen: dict[str, dict[str, str]] = field(default_factory=dict)
    _asked: bool = False
    _until: float = 0.0

    def fetch(self, address: str) -> list[str]:
        """Fetch what is at an address, and return the names of the files that are new or have changed.

        Raises:
            NotFetched: an address is not to be fetched, or cannot be, or is neither an index page nor a file.
        """
        self._refuse_unsafe(address)
        self._until = self.clock() + self.deadline
        self.into.mkdir(parents=True, exist_ok=True)
        kept = self.into / SEEN
        self._seen = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        try:
            if _name(address).endswith(FILES):
                self.largest = max(self.largest, LARGEST_FILE)
                return self._page(address)
            return self._pages(address)
        finally:
            kept.write_text(json.dumps(self._seen, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def _pages(self, index: str) -> list[str]:
        changed = self._page(index)
        findings = Findings()
        name = _name(index)
        listed = read_index((self.into / name).read_text(encoding="utf-8"), name, findings)
        if listed is None or findings.errors:
            raise NotFetched(f"{index}: {'; '.join(map(str, findings.errors)) or 'this is no index page'}")
        addresses = list(dict.fromkeys(entry.address for entry in listed.entries))
        names = [name, *map(_name, addresses)]
        for address, its in zip(addresses, names[1:], strict=True):
            if _origin(address) != _origin(index):
                raise NotFetched(f"{address}: the index page leads to another host")
            if names.count(its) > 1:
                raise NotFetched(f"{address}: another page has this name too")
            changed += self._page(address)
        self._forget({each for each in self._seen if not _name(each).endswith(FILES)} - {index, *addresses})
        return changed

    def _page(self, address: str) -> list[str]:
        if not self._may(address):
            raise NotFetched(f"{address}: robots.txt asks programs to keep away")
        path, seen = self.into / _name(address), self._seen.get(address, {})
        headers = {}
        if path.exists():
            conditions = {"If-None-Match": seen.get("etag"), "If-Modified-Since": seen.get("last-modified")}
            headers = {name: value for name, value in conditions.items() if value}
        status, responseed, content = self._get(address, headers)
        if status == HTTPStatus.NOT_MODIFIED:
            return []
        if status != HTTPStatus.OK:
            raise NotFetched(f"{address}: the response was {status}")
        known = {name: responseed[name] for name in ("etag", "last-modified") if name in responseed}
        self._seen[address] = known
        if path.exists() and path.read_bytes() == content:
            return []
        path.write_bytes(content)
        return [path.name]

    def _forget(self, addresses: set[str]) -> None:
        """Pages that the index page no longer leads to."""
        for address in addresses:
            (self.into / _name(address)).unlink(missing_ok=True)
            del self._seen[address]

    def _may(self, address: str) -> bool:
        if self._robots is None:
            self._robots = RobotFileParser()
            status, _, content = self._get(f"{_origin(address)}/robots.txt", {})
            if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise NotFetched(f"{_origin(address)}/robots.txt: the response was {status}")
            text = content.decode("utf-8", "replace") if status == HTTPStatus.OK else ""
            self._robots.parse(text.splitlines())
        if wanted := self._robots.crawl_delay(USER_AGENT):
            self.pause = max(self.pause, float(wanted))
        return self._robots.can_fetch(USER_AGENT, address)

    def _get(self, address: str, headers: dict[str, str]) -> tuple[int, httpx.Headers, bytes]:
        if self._asked:
            self.sleep(self.pause)
        self._asked = True
        self._expect_time(address)
        content = bytearray()
        try:
            with self.client.stream("GET", address, headers={"User-Agent": USER_AGENT, **headers}) as response:
                for part in response.iter_bytes():
                    content += part
                    self._expect_time(address)
                    if len(content) > self.largest:
                        raise NotFetched(f"{address}: larger than {self.largest} bytes")
                return response.status_code, response.headers, bytes(content)
        except httpx.HTTPError as error:
            raise NotFetched(f"{address}: {error}") from error

    def _expect_time(self, address: str) -> None:
        if self.clock() > self._until:
            raise NotFetched(f"{address}: the {self.deadline:g} seconds for all of it are over")

    def _refuse_unsafe(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise NotFetched(f"{address}: only https is fetched")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _name(address: str) -> str:
    """The name of a page's file.

    Raises:
        NotFetched: the address has none that could be a file's.
    """
    name = urlsplit(address).path.rsplit("/", 1)[-1]
    if not name or name.startswith(".") or "\\" in name or "%" in name:
        raise NotFetched(f"{address}: it names no file")
    return name
