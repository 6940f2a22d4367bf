"""How requests reach the provider, and which of them never leave."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote, urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
TOKEN_PATH = "/oauth/token"  # noqa: S105
MOST_REPETITIONS = 3
"""How often a request that came too early is sent again."""

LONGEST_PAUSE = 120.0
"""Seconds to wait at most for a window to begin anew."""

# What libraries add unasked, and by what their values begin.
_ADDED = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "schemathesis/",
    "X-Schemathesis-TestCaseId": "",
}
_RUN_NUMBER = re.compile(r"JR-[0-9]+")
_NAMES_A_RUN = re.compile(r"\d{5}|[0-9a-f]{32}", re.IGNORECASE)
_LEFT_ALONE = 20
"""One in so many requests of a window is left to the others who use the tenant."""


class NotSent(Exception):
    """The request would touch what the suite may not touch."""


class NoAnswer(Exception):
    """There is no answer, or none that can be read."""


class Session(requests.Session):
    """Requests to one provider, one at a time, and within its limits.

    Args:
        may_write: Whether anything may be changed there.
        own: The numbers of the runs that the suite made; no other run is ever changed.
        timeout: Seconds that an answer may take.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self, *, may_write: bool, own: Collection[str], timeout: float, sleep: Callable[[float], object]
    ) -> None:
        super().__init__()
        self.headers.clear()
        # Without it requests would replace the token by what ~/.netrc has for the host.
        self.auth: Callable[[requests.PreparedRequest], requests.PreparedRequest] = lambda request: request
        self.calls: int = 0
        self.last: requests.PreparedRequest = requests.PreparedRequest()
        """The last request that was sent."""
        self._may_write, self._own = may_write, own
        self._timeout, self._sleep = timeout, sleep
        self._pause = 0.0

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and read the whole answer. One that came too early is sent again when it may be.

        Raises:
            NotSent: it would touch what the suite may not touch.
            NoAnswer: it took too long, or what came back is no HTTP.
        """
        for name, value in _ADDED.items():
            if name in request.headers and str(request.headers[name]).startswith(value):
                del request.headers[name]
        self._check(request)
        response = self._answer(request, **kwargs)
        for _ in range(MOST_REPETITIONS):
            if not too_early(response):
                break
            response = self._answer(request, **kwargs)
        return response

    def _answer(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        self._wait()
        self.calls += 1
        self.last = request
        try:
            response = super().send(request, **{**kwargs, "timeout": self._timeout, "allow_redirects": False})
            _ = response.content
        except requests.Timeout:
            raise NoAnswer(f"no answer within {self._timeout:g} seconds") from None
        except requests.exceptions.ContentDecodingError:
            raise NoAnswer("the body is not compressed in the way that Content-Encoding says") from None
        except requests.RequestException as error:
            raise NoAnswer(f"no answer that can be read: {type(error).__name__}") from None
        self._pause = pause_after(response)
        return response

    def _check(self, request: requests.PreparedRequest) -> None:
        path = unquote(urlsplit(request.url or "").path)
        if request.method in READS or path == TOKEN_PATH:
            return
        if not self._may_write:
            raise NotSent(f"{request.method} {path} may change something")
        others = _RUN_NUMBER.sub(lambda found: "" if found[0] in self._own else found[0], path)
        if _NAMES_A_RUN.search(others):
            raise NotSent(f"{request.method} {path} may be about a run that is not the suite's own")

    def _wait(self) -> None:
        if self._pause:
            self._sleep(self._pause)
            self._pause = 0.0


def too_early(response: requests.Response) -> bool:
    """Whether an answer says that there were too many requests, and that nothing was done."""
    return "Retry-After" in response.headers and response.status_code in (200, 429)


def pause_after(response: requests.Response) -> float:
    """Seconds to wait after an answer, so that the tenant's limits are kept and others can work there."""
    asked = _seconds(response.headers.get("Retry-After"))
    if asked is not None and response.status_code in (200, 429, 503):
        return min(asked, LONGEST_PAUSE)
    left, reset = (_seconds(response.headers.get(f"RateLimit-{each}")) for each in ("Remaining", "Reset"))
    quota = _seconds(response.headers.get("RateLimit-Limit", "").partition(",")[0])
    if left is None or reset is None or quota is None or left > quota / _LEFT_ALONE:
        return 0.0
    return min(reset, LONGEST_PAUSE)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.strip().isdecimal() else None


def curl(request: requests.PreparedRequest, secrets: Mapping[str, str]) -> str:
    """A line for a shell that makes a request again.

    Args:
        request: The request.
        secrets: What is not to be seen in the line, with the name of the shell variable that stands for it there.
    """
    line = ["curl", "-sS", "-i", "--path-as-is", "-X", str(request.method), _quoted(str(request.url), secrets)]
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if name.lower() != "content-length":
            line += ["-H", _quoted(f"{name}: {text}" if text else f"{name};", secrets)]
    body = request.body.encode() if isinstance(request.body, str) else bytes(request.body or b"")  # type: ignore[arg-type]
    if not body:
        return " ".join(line)
    try:
        line += ["--data-raw", _quoted(body.decode(), secrets)]
    except UnicodeDecodeError:
        line = ["echo", base64.b64encode(body).decode(), "| base64 -d |", *line, "--data-binary @-"]
    return " ".join(line)


def _quoted(text: str, secrets: Mapping[str, str]) -> str:
    quoted = "'" + text.replace("'", "'\"'\"'") + "'"
    for secret, variable in secrets.items():
        for written in {secret, quote_plus(secret)}:
            quoted = quoted.replace(written, f"'\"${variable}\"'")
    return quoted
