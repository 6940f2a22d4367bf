"""What is sent: which operation a request is of, and the header conventions on it."""

from __future__ import annotations

import functools
import gzip
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
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
    ("PUT", re.compile(r"/v1/journal-entries/(JE-[0-9]{8,})/basic-information"), "update"),
    ("POST", re.compile(r"/v1/journal-runs"), "create a journal run"),
    ("DELETE", re.compile(r"/v1/journal-runs/(JR-[0-9]{8,})"), "delete"),
)
_CUSTOM_OBJECTS = "/objects/"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Outgoing(NamedTuple):
    """A request that is to be made."""

    method: str
    path: str
    """The path, with the query."""
    headers: Mapping[str, str]
    """Headers of this request alone, by their names in lower case."""
    content: bytes = b""
    free: bool = False
    """Whether it may be any call of Zuora's API, and not only one of the operations on journal runs."""

    @property
    def is_operation(self) -> bool:
        """Whether it is one of the operations on journal runs."""
        return self._operation() is not None

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again though it may have been processed."""
        return self.method == "GET" or self.is_operation or "idempotency-key" in self.headers

    @property
    def operation(self) -> str:
        """The name of the operation that it is of, in words.

        Raises:
            InvalidArgumentError: it is of none.
        """
        name = self._operation()
        path = self.path.partition("?")[0]
        if name is None and not self.free:
            raise errors.InvalidArgumentError(
                f"{self.method} {path} is none of the operations on journal runs, whose numbers have the form "
                "JR-00000075; for other calls of Zuora's API, use client.request"
            )
        return name or f"{self.method} {path}"

    def _operation(self) -> str | None:
        path = self.path.partition("?")[0]
        for method, route, name in _ROUTES:
            if method == self.method and (match := route.fullmatch(path)):
                return f"{name} {match[1]}" if match.lastindex else name
        return None

    def request(self, base_url: httpx.URL, token: str | None) -> httpx.Request:
        """The request as httpx sends it."""
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


def of_arguments(arguments: Mapping[str, Any]) -> Outgoing:
    """The request that a generated function describes."""
    params, body = arguments.get("params"), arguments.get("json")
    return Outgoing(
        arguments["method"].upper(),
        f"{arguments['url']}?{urlencode(params)}" if params else arguments["url"],
        {name.lower(): value for name, value in arguments["headers"].items()},
        b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def of_call(method: str, path: str, params: Mapping[str, Any] | None, body: Any, base_url: httpx.URL) -> Outgoing:
    """The request of any call of Zuora's API.

    Args:
        method: GET, POST, PUT, PATCH or DELETE.
        path: The path, such as /v1/accounting-periods, or a whole address on the same origin.
        params: The query.
        body: What to send as JSON; None for nothing.
        base_url: The address of the API.

    Raises:
        InvalidArgumentError: it cannot be sent, or would go to another origin, or is a request for a token.
    """
    method = method.upper()
    if method not in _METHODS:
        raise errors.InvalidArgumentError(f"method is {method!r}: use one of {', '.join(_METHODS)}")
    try:
        url = base_url.join(path)
        url = url.copy_merge_params(dict(params)) if params else url
    except (httpx.InvalidURL, TypeError) as invalid:
        raise errors.InvalidArgumentError(f"{path!r} is not a path on the API: {invalid}") from None
    if url.path == "/oauth/token":
        raise errors.InvalidArgumentError("the client fetches its tokens itself: give it client_id and client_secret")
    if body is None:
        return Outgoing(method, path_on(url, base_url), {}, free=True)
    try:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as invalid:
        raise errors.InvalidArgumentError(f"json cannot be written as JSON: {invalid}") from None
    return Outgoing(method, path_on(url, base_url), {"content-type": "application/json"}, content, free=True)


def of_request(request: httpx.Request, base_url: httpx.URL) -> Outgoing:
    """The same of a request that is already made.

    Raises:
        InvalidArgumentError: it would go to another origin.
    """
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    return Outgoing(request.method, path_on(request.url, base_url), headers, request.content)


def path_on(url: httpx.URL, base_url: httpx.URL) -> str:
    """The path of an address, with its query.

    Raises:
        InvalidArgumentError: it is on another origin.
    """
    if (url.scheme, url.host, url.port) != (base_url.scheme, base_url.host, base_url.port):
        raise errors.InvalidArgumentError(f"{url} is not on {base_url}: the token is sent nowhere else")
    return url.raw_path.decode()


def with_conventions(outgoing: Outgoing, options: Options, random: Random) -> Outgoing:
    """The request with all header conventions applied, but for the token.

    Raises:
        InvalidArgumentError: a header of it cannot be sent.
    """
    for name, check in _CHECKS.items():
        if name in outgoing.headers:
            check(outgoing.headers[name])
    method, path, given, content, _ = outgoing
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": user_agent(),
        **options.headers(),
        "zuora-track-id": options.track_id or new_uuid(random),
        **given,
    }
    if method in ("POST", "PATCH"):
        # Zuora remembers keys for all of these but some on custom objects, which must not be repeated under a new one.
        key = options.idempotency_key or (None if path.startswith(_CUSTOM_OBJECTS) else new_uuid(random))
        if key is not None:
            headers.setdefault("idempotency-key", key)
    else:
        headers.pop("idempotency-key", None)
    if method == "PUT" and not content:
        # A tenant answers a PUT without a content type with 415.
        headers["content-type"] = "application/json"
        content = b"{}"
    asked = headers.pop("content-encoding", None) is not None
    if content and (asked or (options.compress_over is not None and len(content) > options.compress_over)):
        headers["content-encoding"] = "gzip"
        content = gzip.compress(content, mtime=0)
    return outgoing._replace(headers=headers, content=content)


@functools.lru_cache(maxsize=1024)
def _address(base_url: httpx.URL, path: str) -> httpx.URL:
    """An address on the API. A run that is waited for is asked for again and again, and parsing takes its time."""
    return base_url.join(path)


_CHECKS: dict[str, Callable[[str], str]] = {
    "zuora-track-id": header_rules.track_id,
    "zuora-entity-ids": header_rules.entity_id,
    "zuora-org-ids": header_rules.org_ids,
    "zuora-version": header_rules.zuora_version,
    "idempotency-key": header_rules.idempotency_key,
}
