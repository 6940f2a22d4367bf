"""The web page at `/`, which shows an emulator and controls it."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING

from .http import Response

if TYPE_CHECKING:
    from .http import Request

PATH = "/"


def is_page(request: Request) -> bool:
    """Whether this is a browser requesting the page. Other clients get the 404 that Zuora returns there."""
    return (
        request.path == PATH and request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    )


def page(request: Request) -> Response:
    """Return the page. It is the same for all emulators; its script loads everything else from the control API."""
    body, policy = _page()
    headers = [
        (b"content-type", b"text/html;charset=UTF-8"),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", policy),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept"),
    ]
    return Response(200, headers, b"" if request.method == "HEAD" else body)


@functools.cache
def _page() -> tuple[bytes, bytes]:
    """Return the page and its content security policy: its own script and style, and requests to its own origin."""
    body = (resources.files(__package__) / "page.html").read_text(encoding="utf-8").encode()
    script, style = (_sources(kind, body) for kind in (b"script", b"style"))
    policy = (
        b"default-src 'none'; connect-src 'self'; img-src data:; "
        b"script-src %s; style-src %s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" % (script, style)
    )
    return body, policy


def _sources(element: bytes, page: bytes) -> bytes:
    (content,) = re.findall(rb"<%b\b[^>]*>(.*?)</%b>" % (element, element), page, re.DOTALL)
    return b"'sha256-%b'" % base64.b64encode(hashlib.sha256(content).digest())
