"""How requests reach the provider, and which of them never leave."""

from __future__ import annotations

import base64
import contextlib
import math
import re
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .clock import Clock

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
TOKEN_PATH = "/oauth/token"  # noqa: S105
MOST_REPETITIONS = 3
"""How often a request that came too early is sent again."""

MOST_BYTES = 64 << 20
"""The largest body that is read."""

_RESOLUTION = 0.1
"""Seconds between two checks of the time."""

LONGEST_PAUSE = 120.0
"""The maximum wait for a new rate-limit window, in seconds."""

# What libraries add unasked, and by what their values begin.
_ADDED = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
    "User-Agent": "schemathesis/",
    "X-Schemathesis-TestCaseId": "",
}
_NUMBER = re.compile(r"J[RE]-[0-9]+")
_NAMES_A_RUN = re.compile(r"\d{5}|[0-9a-f]{32}", re.IGNORECASE)
_LEFT_ALONE = 20
"""One in so many requests of a window is left to the others who use the tenant."""


class RequestNotSentError(Exception):
    """The request would touch what the suite may not touch."""


class NoResponseError(Exception):
    """There is no response, or none that can be read."""


class Session(requests.Session):
    """Requests to one provider, one at a time, within its limits and within the suite's time.

    Args:
        may_write: Whether anything may be changed there.
        own: The numbers of the runs that the suite made; no other run is ever changed.
        own_entries: The numbers of their entries; no other entry is ever changed.
        timeout: Seconds that a whole response may take.
        clock: The suite's clock; no request and no wait goes beyond its deadline.
    """

    def __init__(
        self, *, may_write: bool, own: Collection[str], own_entries: Collection[str] = (), timeout: float, clock: Clock
    ) -> None:
        super().__init__()
        self.headers.clear()
        # Without it requests would replace the token by what ~/.netrc has for the host.
        self.auth: Any = lambda request: request
        for scheme in ("http://", "https://"):
            self.mount(scheme, BoundedAdapter())
        self.calls: int = 0
        self.repeats: bool = True
        """Whether a request that came too early is sent again, and the next one waits until it may be sent."""
        self.last: requests.PreparedRequest = requests.PreparedRequest()
        """The last request that was sent."""
        self._may_write, self._own, self._own_entries = may_write, own, own_entries
        self._timeout, self._clock = timeout, clock
        self._not_before = -math.inf

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and read the whole response. One that came too early is sent again when it may be.

        Raises:
            RequestNotSentError: It would touch what the suite may not touch.
            NoResponseError: It took too long, or what came back is not HTTP.
            OutOfTime: The suite's time is over.
        """
        for name, value in _ADDED.items():
            if name in request.headers and str(request.headers[name]).startswith(value):
                del request.headers[name]
        self._check(request)
        response = self._respond(request, **kwargs)
        for _ in range(MOST_REPETITIONS):
            if not (self.repeats and too_early(response)):
                break
            response = self._respond(request, **kwargs)
        return response

    def _respond(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        wait = self._not_before - self._clock.now() if self.repeats else 0.0
        self._clock.sleep(wait) if wait > 0 else self._clock.check()
        self.calls += 1
        self.last = request
        timeout = min(self._timeout, self._clock.remaining)
        try:
            response = super().send(request, **{**kwargs, "timeout": timeout, "allow_redirects": False})
            _ = response.content
        except requests.exceptions.ContentDecodingError:
            raise NoResponseError("the body is not compressed in the way that Content-Encoding says") from None
        except requests.RequestException as error:
            if timeout < self._timeout:
                self._clock.check()  # The suite's own time is over, which says nothing about the provider.
            if isinstance(error, requests.Timeout):
                raise NoResponseError(f"no complete response within {self._timeout:g} seconds") from None
            raise NoResponseError(f"no response that can be read: {described(error)}") from None
        self._not_before = max(self._not_before, self._clock.now() + pause_after(response))
        return response

    def _check(self, request: requests.PreparedRequest) -> None:
        path = unquote(urlsplit(request.url or "").path)
        if request.method in READS or path == TOKEN_PATH:
            return
        if not self._may_write:
            raise RequestNotSentError(f"{request.method} {path} may change something")
        others = _NUMBER.sub(lambda found: "" if self._is_own(found[0]) else found[0], path)
        if _NAMES_A_RUN.search(others):
            raise RequestNotSentError(f"{request.method} {path} may be about a run that is not the suite's own")

    def _is_own(self, number: str) -> bool:
        return number in self._own or number in self._own_entries


class BoundedAdapter(HTTPAdapter):
    """Bounds the time of a whole response, however slowly its bytes arrive, and its size.

    The timeout of a socket starts again with every byte. One thread per adapter watches the time, and closes the
    connection of a response that takes too long.
    """

    def __init__(self) -> None:
        self._ends = math.inf
        self._socket: socket.socket | None = None
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return a pool whose connections report their sockets."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        adapter = self

        class Reporting(pool.ConnectionCls):  # type: ignore[misc, name-defined]
            def connect(self) -> None:
                super().connect()
                adapter._socket = self.sock

        if pool.ConnectionCls.__name__ != "Reporting":
            pool.ConnectionCls = Reporting
        return pool

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request, and read the whole response within `timeout`.

        Raises:
            requests.Timeout: It took longer than `timeout`.
            requests.RequestException: Something else went wrong.
        """
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="zjr-contract-timeout", daemon=True)
            self._watcher.start()
        ends = self._ends = time.monotonic() + kwargs["timeout"]
        try:
            response = super().send(request, *args, **kwargs)
            _read(response)
        except requests.RequestException:
            if time.monotonic() >= ends:
                raise requests.ReadTimeout from None
            raise
        finally:
            self._ends = math.inf
        if time.monotonic() >= ends:
            raise requests.ReadTimeout  # A body without a length just ends when the connection is closed.
        return response

    def close(self) -> None:
        """Close all connections, and end the thread."""
        self._closed.set()
        super().close()

    def _watch(self) -> None:
        while not self._closed.wait(_RESOLUTION):
            if time.monotonic() >= self._ends and self._socket is not None:
                self._ends = math.inf
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


def _read(response: requests.Response) -> None:
    chunks, size = [], 0
    for chunk in response.iter_content(1 << 16):
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            response.close()
            raise requests.exceptions.InvalidHeader(f"the body has more than {MOST_BYTES >> 20} MB")
    response._content = b"".join(chunks)  # noqa: SLF001 - requests has no other way to bound a body


def described(error: requests.RequestException) -> str:
    """Return what went wrong with a connection, without addresses of objects."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, requests.exceptions.InvalidHeader):
        return str(error)
    return type(error).__name__


def too_early(response: requests.Response) -> bool:
    """Return whether a response says that there were too many requests, and that nothing was done."""
    return "Retry-After" in response.headers and response.status_code in (200, 429)


def pause_after(response: requests.Response) -> float:
    """Return seconds to wait after a response, so that the tenant's limits are kept and others can work there."""
    requested = _seconds(response.headers.get("Retry-After"))
    if requested is not None and response.status_code in (200, 429, 503):
        return min(requested, LONGEST_PAUSE)
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
