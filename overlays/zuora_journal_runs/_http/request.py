"""What is sent: the operation that a request is for, and the header conventions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from zuora_journal_runs import errors
from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http.auth import new_uuid
from zuora_journal_runs._http.transports import user_agent

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from zuora_journal_runs._http.options import Options

_ROUTES = (
    ("GET", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})"), "retrieve"),
    ("PUT", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})/cancel"), "cancel"),
    ("GET", re.compile(r"/v1/journal-entries/journal-runs/(JR-[0-9]{8,})"), "list the entries of"),
    ("PUT", re.compile(r"/v1/journal-entries/(JE-[0-9]{8,})/basic-information"), "update"),
    ("POST", re.compile(r"/v1/journal-runs"), "create a journal run"),
    ("DELETE", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})"), "delete"),
)
_CUSTOM_OBJECTS = "/objects/"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Request:
    """A request that is to be sent.

    Args:
        method: The method.
        path: The path, with the query.
        headers: Headers of this request alone, by their names in lower case.
        content: The body.
        free: Whether it may be any call of Zuora's API, and not only one of the operations on journal runs.
    """

    __slots__ = ("content", "free", "headers", "method", "path")

    def __init__(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes = b"", *, free: bool = False
    ) -> None:
        self.method: str = method
        self.path: str = path
        self.headers: Mapping[str, str] = headers
        self.content: bytes = content
        self.free: bool = free

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

    @classmethod
    def from_call(
        cls, method: str, path: str, params: Mapping[str, Any] | None, body: Any, base_url: httpx.URL
    ) -> Request:
        """Return the request for any call of Zuora's API.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: The path, such as /v1/accounting-periods, or a whole URL on the same origin.
            params: The query.
            body: What to send as JSON; None for nothing.
            base_url: The address of the API.

        Raises:
            InvalidArgumentError: It cannot be sent, or would go to another origin, or is a request for a token.
        """
        method = str(method).upper()
        if method not in _METHODS:
            raise errors.InvalidArgumentError(f"method is {method!r}: use one of {', '.join(_METHODS)}")
        try:
            url = base_url.join(path)
        except (httpx.InvalidURL, TypeError) as invalid:
            raise errors.InvalidArgumentError(f"{path!r} is not a path on the API: {invalid}") from None
        if params is not None:
            if not isinstance(params, Mapping):
                raise errors.InvalidArgumentError(f"params is {params!r}: give a mapping")
            url = url.copy_merge_params(dict(params))
        if url.path == "/oauth/token":
            raise errors.InvalidArgumentError(
                "the client fetches its tokens itself: give it client_id and client_secret"
            )
        if body is None:
            return cls(method, path_on(url, base_url), {}, free=True)
        try:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError) as invalid:
            raise errors.InvalidArgumentError(f"json cannot be written as JSON: {invalid}") from None
        return cls(method, path_on(url, base_url), {"content-type": "application/json"}, content, free=True)

    @property
    def operation(self) -> str:
        """The operation and its run in words, such as `cancel JR-00000075`.

        Raises:
            InvalidArgumentError: The request is for none of the operations, and has to be.
        """
        name = self._operation()
        path = self.path.partition("?")[0]
        if name is None and not self.free:
            raise errors.InvalidArgumentError(
                f"{self.method} {path} is none of the operations on journal runs, whose numbers have the form "
                "JR-00000075; for other calls of Zuora's API, use client.request"
            )
        return name or f"{self.method} {path}"

    @property
    def is_operation(self) -> bool:
        """Whether it is for one of the operations on journal runs."""
        return self._operation() is not None

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again though it may have been processed."""
        return self.method == "GET" or self.is_operation or "idempotency-key" in self.headers

    def _operation(self) -> str | None:
        path = self.path.partition("?")[0]
        for method, route, name in _ROUTES:
            if method == self.method and (match := route.fullmatch(path)):
                return f"{name} {match[1]}" if match.lastindex else name
        return None

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
        if self.method in ("POST", "PATCH"):
            # Zuora knows keys for all of these but some on custom objects, which must not be repeated for that reason.
            key = options.idempotency_key or (None if self.path.startswith(_CUSTOM_OBJECTS) else new_uuid(random))
            if key is not None:
                headers.setdefault("idempotency-key", key)
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
        return Request(self.method, self.path, headers, content, free=self.free)

    def to_httpx(self, url: httpx.URL, host: str, token: str | None) -> httpx.Request:
        """Return the httpx request that is sent.

        Args:
            url: Its URL.
            host: Host and port of the URL.
            token: The bearer token; None if an `httpx.Auth` takes its place.
        """
        # httpx adds host and length to a request whose content it is given, and takes twice as long.
        headers = {"host": host, **self.headers}
        if self.content or self.method in ("POST", "PUT"):
            headers["content-length"] = str(len(self.content))
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        request = httpx.Request(self.method, url, headers=headers, stream=httpx.ByteStream(self.content))
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


_PARSERS: dict[str, Callable[[str], str]] = {
    "zuora-track-id": header_rules.parse_track_id,
    "zuora-entity-ids": header_rules.parse_entity_id,
    "zuora-org-ids": header_rules.parse_org_ids,
    "zuora-version": header_rules.parse_zuora_version,
    "idempotency-key": header_rules.parse_idempotency_key,
}
