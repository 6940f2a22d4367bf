"""Fetching pages, from a server on this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
from openapi.spec.fetch import LARGEST_PAGE, USER_AGENT, Fetcher, NotFetched
from openapi.spec.model import Entry, Index

from .pages import index_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Site:
    """A site with an index page and two others."""

    pages: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    address: str = ""
    etags: bool = True

    @property
    def index(self) -> str:
        return f"{self.address}/api/things.md"

    def link(self, *names: str, host: str = "") -> None:
        """Have the index page lead to these pages."""
        entries = [
            Entry(
                title=f"Do {name}",
                method="GET",
                path=f"/v1/{number}",
                address=f"{host or self.address}/api/things/{name}",
            )
            for number, name in enumerate(names)
        ]
        self.pages["/api/things.md"] = index_page(Index(tag="Things", entries=tuple(entries)))

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = site.pages.get(self.path)
            status = site.statuses.get(self.path, 404 if page is None else 200)
            content = (page or "").encode()
            etag = f'"{hash(page)}"'
            if status == 200 and site.etags and self.headers.get("If-None-Match") == etag:
                status, content = 304, b""
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", "/api/things/one.md")
            if status == 200 and site.etags:
                self.send_header("ETag", etag)
                self.send_header("Last-Modified", "Sat, 02 May 2026 00:00:00 GMT")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.address = f"http://127.0.0.1:{server.server_port}"
        site.pages |= {"/api/things/one.md": "# One", "/api/things/two.md": "# Two"}
        site.link("one.md", "two.md")
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def fetcher(tmp_path: Path, pauses: list[float]) -> Iterator[Fetcher]:
    with httpx.Client(trust_env=False) as client:
        yield Fetcher(tmp_path / "pages", client, pause=1.5, sleep=pauses.append)


def test_an_index_page_and_its_pages(site: Site, fetcher: Fetcher, pauses: list[float]) -> None:
    assert fetcher.fetch(site.index) == ["things.md", "one.md", "two.md"]
    assert (fetcher.into / "one.md").read_text(encoding="utf-8") == "# One"
    assert site.paths == ["/robots.txt", "/api/things.md", "/api/things/one.md", "/api/things/two.md"]
    assert pauses == [1.5, 1.5, 1.5]
    assert {headers["user-agent"] for _, headers in site.requests} == {USER_AGENT}


@pytest.mark.parametrize("etags", [True, False])
def test_only_what_has_changed_is_taken(site: Site, fetcher: Fetcher, etags: bool) -> None:
    site.etags = etags
    fetcher.fetch(site.index)
    site.requests.clear()
    site.pages["/api/things/two.md"] = "# Two, anew"
    assert fetcher.fetch(site.index) == ["two.md"]
    assert (fetcher.into / "two.md").read_text(encoding="utf-8") == "# Two, anew"
    asked = [headers for path, headers in site.requests if path != "/robots.txt"]
    assert all(("if-none-match" in headers) == etags for headers in asked)
    assert all(("if-modified-since" in headers) == etags for headers in asked)


def test_a_page_that_was_lost_is_fetched_whole(site: Site, fetcher: Fetcher) -> None:
    fetcher.fetch(site.index)
    (fetcher.into / "one.md").unlink()
    assert fetcher.fetch(site.index) == ["one.md"]


def test_a_page_that_the_index_no_longer_leads_to_goes(site: Site, fetcher: Fetcher) -> None:
    fetcher.fetch(site.index)
    site.link("one.md")
    assert fetcher.fetch(site.index) == ["things.md"]
    assert sorted(path.name for path in fetcher.into.iterdir()) == [".seen.json", "one.md", "things.md"]


def test_robots_are_heard(site: Site, fetcher: Fetcher, pauses: list[float]) -> None:
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 7\nDisallow: /api/things/two.md\n"
    with pytest.raises(NotFetched, match=r"two\.md: robots\.txt asks programs to keep away"):
        fetcher.fetch(site.index)
    assert "/api/things/two.md" not in site.paths
    assert pauses[-1] == 7


@pytest.mark.parametrize("status", [401, 403, 500])
def test_robots_that_cannot_be_heard(site: Site, fetcher: Fetcher, status: int) -> None:
    site.statuses["/robots.txt"] = status
    with pytest.raises(NotFetched, match=rf"robots\.txt: the response was {status}"):
        fetcher.fetch(site.index)
    assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    ("path", "status"), [("/api/things.md", 404), ("/api/things/one.md", 301), ("/api/things/two.md", 503)]
)
def test_other_responses(site: Site, fetcher: Fetcher, path: str, status: int) -> None:
    site.statuses[path] = status
    with pytest.raises(NotFetched, match=f"{path}: the response was {status}"):
        fetcher.fetch(site.index)


def test_a_page_that_is_too_large(site: Site, fetcher: Fetcher) -> None:
    site.pages["/api/things/one.md"] = "#" * 5000
    fetcher.largest = 4000
    with pytest.raises(NotFetched, match=r"one\.md: larger than 4000 bytes"):
        fetcher.fetch(site.index)
    assert not (fetcher.into / "one.md").exists()


def test_a_file_of_the_whole_api(site: Site, fetcher: Fetcher) -> None:
    """It may be large, and stands beside pages."""
    assert fetcher.fetch(site.index) == ["things.md", "one.md", "two.md"]
    site.pages["/yaml/all.yaml"] = f"openapi: 3.1.0\n# {'.' * LARGEST_PAGE}\n"
    assert fetcher.fetch(f"{site.address}/yaml/all.yaml") == ["all.yaml"]
    assert fetcher.fetch(f"{site.address}/yaml/all.yaml") == []
    assert fetcher.fetch(site.index) == []
    assert {path.name for path in fetcher.into.iterdir()} == {"things.md", "one.md", "two.md", "all.yaml", ".seen.json"}


def test_all_of_it_has_a_deadline(site: Site, fetcher: Fetcher) -> None:
    seconds = iter([0, 0, 0, 100, 200, 300, *range(400, 900, 10)])
    fetcher.clock, fetcher.deadline = lambda: float(next(seconds)), 350.0
    with pytest.raises(NotFetched, match=r"\.md: the 350 seconds for all of it are over"):
        fetcher.fetch(site.index)


def test_a_page_that_is_not_an_index(site: Site, fetcher: Fetcher) -> None:
    site.pages["/api/things.md"] = "<html>Please wait.</html>"
    with pytest.raises(NotFetched, match=r"things\.md: .*the name of the tag is not understood"):
        fetcher.fetch(site.index)


def test_pages_of_another_host(site: Site, fetcher: Fetcher) -> None:
    site.link("one.md", host="http://127.0.0.2:1")
    with pytest.raises(NotFetched, match="the index page leads to another host"):
        fetcher.fetch(site.index)


@pytest.mark.parametrize("name", ["things.md", "", ".seen.json", "a%2Fb.md"])
def test_names_that_no_page_may_have(site: Site, fetcher: Fetcher, name: str) -> None:
    site.link(name)
    with pytest.raises(NotFetched, match=r"another page has this name too|it names no file"):
        fetcher.fetch(site.index)


@pytest.mark.parametrize("address", ["http://developer.example/api/things.md", "ftp://127.0.0.1/a.md", "file:///a.md"])
def test_only_https_is_fetched(fetcher: Fetcher, address: str) -> None:
    with pytest.raises(NotFetched, match="only https is fetched"):
        fetcher.fetch(address)


def test_no_server(fetcher: Fetcher) -> None:
    with pytest.raises(NotFetched, match=r"http://localhost:1/robots\.txt: "):
        fetcher.fetch("http://localhost:1/a.md")
