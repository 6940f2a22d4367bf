"""What is sent: the operation that a request is for, and the header conventions."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http.auth import new_uuid
from zuora_journal_runs._http.transports import user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from zuora_journal_runs._http.options import Options

_ROUTES = (
    ("GET", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})"), "retrieve"),
    ("PUT", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})/cancel"), "cancel"),
    ("GET", re.compile(r"/v1/journal-entries/journal-runs/(JR-[0-9]{8,})"), "list the entries of"),
    ("POST", re.compile(r"/v1/journal-runs"), "create a journal run"),
    ("DELETE", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})"), "delete"),
)


class Request:
    """A request that is to be sent.

    Args:
        method: The method.
        path: The path, with the query.
        headers: Headers of this request alone, by their names in lower case.
        content: The body.
    """

    __slots__ = ("content", "headers", "method", "path")

    def __init__(self, method: str, path: str, headers: Mapping[str, str], content: bytes = b"") -> None:
        self.method, self.path, self.headers, self.content = method, path, headers, content

    @classmethod
    def from_kwargs(cls, kwargs: Mapping[str, Any]) -> Request:
        """Return the request that a generated function describes by the arguments of an httpx request."""
        params, body = kwargs.get("params"), kwargs.get("json")
        return cls(
            kwargs["method"].upper(),
            f"{kwargs['url']}?{urlencode(params)}" if params else kwargs["url"],
            {name.lower(): value for name, value in kwargs["headers"].items()},
            b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        )

    @classmethod
    def from_httpx(cls, request: httpx.Request, base_url: httpx.URL) -> Request:
        """Return the request that an httpx request describes.

        Raises:
            InvalidArgumentError: It would go to another origin.
        """
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        return cls(request.method, path_on(request.url, base_url), headers, request.content)

    @property
    def operation(self) -> str:
        """The operation and its run in words, such as `cancel JR-00000075`.

        Raises:
            InvalidArgumentError: The request is for none of the operations.
        """
        path = self.path.partition("?")[0]
        for method, route, name in _ROUTES:
            if method == self.method and (match := route.fullmatch(path)):
                return f"{name} {match[1]}" if match.lastindex else name
        raise errors.InvalidArgumentError(
            f"{self.method} {path} is none of the operations on journal runs; "
            "a journal run number has the form JR-00000075"
        )

    def with_conventions(self, options: Options, random: Random) -> Request:
        """Return the request with all header conventions applied, except for the token.

        Raises:
            InvalidArgumentError: One of its headers cannot be sent.
        """
        for name, parse in _PARSERS.items():
            if name in self.headers:
                parse(self.headers[name])
        content = self.content
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": user_agent(),
            **options.headers(),
            "zuora-track-id": options.track_id or new_uuid(random),
            **self.headers,
        }
        if self.method == "POST":
            headers.setdefault("idempotency-key", options.idempotency_key or new_uuid(random))
        else:
            headers.pop("idempotency-key", None)
        if self.method == "PUT" and not content:
            # A tenant refuses a PUT without a content type with 415.
            headers["content-type"] = "application/json"
            content = b"{}"
        compress = headers.pop("content-encoding", None) is not None
        if content and (compress or (options.compress_over is not None and len(content) > options.compress_over)):
            import gzip  # few requests are as large

            headers["content-encoding"] = "gzip"
            content = gzip.compress(content, mtime=0)
        return Request(self.method, self.path, headers, content)

    def to_httpx(self, base_url: httpx.URL, token: str | None) -> httpx.Request:
        """Return the httpx request that is sent."""
        # httpx adds host and length to a request whose content it is given, and takes twice as long.
        headers = {"host": base_url.netloc.decode("ascii"), **self.headers}
        if self.content or self.method in ("POST", "PUT"):
            headers["content-length"] = str(len(self.content))
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        request = httpx.Request(
            self.method, _address(base_url, self.path), headers=headers, stream=httpx.ByteStream(self.content)
        )
        request.read()
        return request


def path_on(url: httpx.URL, base_url: httpx.URL) -> str:
    """Return the path of a URL, with its query.

    Raises:
        InvalidArgumentError: The URL is on another origin.
    """
    if (url.scheme, url.host, url.port) != (base_url.scheme, base_url.host, base_url.port):
        raise errors.InvalidArgumentError(f"{url} is not on {base_url}: the token is sent nowhere else")
    return url.raw_path.decode()


@functools.lru_cache(maxsize=1024)
def _address(base_url: httpx.URL, path: str) -> httpx.URL:
    """Return a URL of the API. A run that is waited for is polled again and again, and parsing takes time."""
    return base_url.join(path)


_PARSERS: dict[str, Callable[[str], str]] = {
    "zuora-track-id": header_rules.parse_track_id,
    "zuora-entity-ids": header_rules.parse_entity_id,
    "zuora-org-ids": header_rules.parse_org_ids,
    "zuora-version": header_rules.parse_zuora_version,
    "idempotency-key": header_rules.parse_idempotency_key,
}
