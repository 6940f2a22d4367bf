"""What is sent: which operation a request is of, and the header conventions on it."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import httpx

from . import _headers, errors
from ._authorization import new_uuid

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ._options import Options

_ROUTES = (
    ("POST", re.compile(rb"/v1/journal-runs"), "create a journal run"),
    ("GET", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})"), "retrieve"),
    ("DELETE", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})"), "delete"),
    ("PUT", re.compile(rb"/v1/journal-runs/(JR-[0-9]{8,})/cancel"), "cancel"),
    ("GET", re.compile(rb"/v1/journal-entries/journal-runs/(JR-[0-9]{8,})"), "list the entries of"),
)


def operation(request: httpx.Request) -> str:
    """The name of the operation that a request is of, in words.

    Raises:
        InvalidInput: it is of none.
    """
    path = request.url.raw_path.partition(b"?")[0]
    for method, route, name in _ROUTES:
        if method == request.method and (match := route.fullmatch(path)):
            return f"{name} {match[1].decode()}" if match.lastindex else name
    raise errors.InvalidInput(
        f"{request.method} {path.decode()} is none of the operations on journal runs; "
        "a journal run number has the form JR-00000075"
    )


def prepared(request: httpx.Request, options: Options, random: Random) -> httpx.Request:
    """The request with all header conventions applied.

    Raises:
        InvalidInput: a header of it cannot be sent.
    """
    headers = request.headers
    for name, check in _CHECKS:
        value = headers.get(name)
        if value is not None:
            check(value)
    if "Zuora-Track-Id" not in headers:
        headers["Zuora-Track-Id"] = options.track_id or new_uuid(random)
    if request.method == "POST":
        if "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = options.idempotency_key or new_uuid(random)
    else:
        headers.pop("Idempotency-Key", None)
    content = request.content
    if request.method == "PUT" and not content:
        # A tenant answers a PUT without a content type with 415.
        headers["Content-Type"] = "application/json"
        content = b"{}"
    asked = headers.pop("Content-Encoding", None) is not None
    if content and (asked or (options.compress_over is not None and len(content) > options.compress_over)):
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, mtime=0)
    if content != request.content:
        del headers["Content-Length"]
        return httpx.Request(
            request.method, request.url, headers=headers, content=content, extensions=request.extensions
        )
    return request


_CHECKS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("Zuora-Track-Id", _headers.track_id),
    ("Zuora-Entity-Ids", _headers.entity_id),
    ("Zuora-Org-Ids", _headers.org_ids),
    ("Zuora-Version", _headers.zuora_version),
    ("Idempotency-Key", _headers.idempotency_key),
)
