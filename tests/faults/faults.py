"""The faults, and what is true of each."""

from __future__ import annotations

import asyncio
import email.utils
import functools
import gzip
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import errors

from .service import Answer, refusal

if TYPE_CHECKING:
    from .server import Behaviour, Exchange, Outage

Change = Callable[[Answer, "Exchange"], Answer]


def reset(*, act: bool) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.read()
        if act:
            exchange.act()
        exchange.reset()

    return behave


def silence(*, act: bool) -> Behaviour:
    async def behave(exchange: Exchange) -> None:
        await exchange.read()
        if act:
            exchange.act()
        await exchange.keep_silent()

    return behave


async def deafness(exchange: Exchange) -> None:
    """Take no more of the request than its head."""
    await exchange.keep_silent()


async def hang_up(exchange: Exchange) -> None:
    await exchange.read()
    exchange.act()
    exchange.last = True


async def break_off(exchange: Exchange) -> None:
    await exchange.read()
    encoded = exchange.act().encoded()
    await exchange.write(encoded[:-5])
    exchange.reset()


async def babble(exchange: Exchange) -> None:
    await exchange.read()
    exchange.act()
    await exchange.write(b"\x15\x03\x01\x00\x02\x02\x46 no HTTP at all\r\n\r\n")
    exchange.last = True


async def cut_chunks(exchange: Exchange) -> None:
    """End a chunked answer before its last chunk."""
    await exchange.read()
    answer = exchange.act()
    await exchange.write(chunked_head(answer) + b"%x\r\n%b\r\n" % (len(answer.body), answer.body))
    exchange.last = True


async def endless_head(exchange: Exchange) -> None:
    await exchange.read()
    exchange.act()
    await exchange.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(2**12):
        await exchange.write(b"X-Padding: %b\r\n" % (b"x" * 2**12))
    exchange.last = True


def chunked_head(answer: Answer) -> bytes:
    head = replace(answer, body=b"", headers={**answer.headers, "Transfer-Encoding": "chunked"}).encoded()
    return head.replace(b"Content-Length: 0\r\n", b"")


def endless(piece: bytes, pieces: int, pause: float = 0.0) -> Behaviour:
    """Go on for so many pieces, which is longer than any client should listen."""

    async def behave(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.write(chunked_head(exchange.act()))
        for _ in range(pieces):
            await exchange.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await asyncio.sleep(pause)
        exchange.last = True

    return behave


def says(
    status: int, payload: object, headers: Mapping[str, str | Callable[[], str]] | None = None, *, act: bool = False
) -> Behaviour:
    """Answer with a status and a body of the fault's own; a header may be made when it is needed."""

    async def behave(exchange: Exchange) -> None:
        await exchange.read()
        if act:
            exchange.act()
        made = {name: value if isinstance(value, str) else value() for name, value in (headers or {}).items()}
        await exchange.send(exchange.server.service.reply(exchange.request, status, payload, made))

    return behave


def changed(change: Change) -> Behaviour:
    """Act, and answer with something else than the truth."""

    async def behave(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.send(change(exchange.act(), exchange))

    return behave


def with_body(make: Callable[[bytes], bytes], headers: Mapping[str, str] | None = None) -> Behaviour:
    return changed(
        lambda answer, _: replace(answer, body=make(answer.body), headers={**answer.headers, **(headers or {})})
    )


def with_track_id(track_id: str) -> Behaviour:
    return changed(lambda answer, _: replace(answer, headers={**answer.headers, "Zuora-Track-Id": track_id}))


def with_next_page(address: Callable[[Exchange], str]) -> Behaviour:
    return changed(lambda answer, exchange: answer.with_json(nextPage=address(exchange)))


async def expire(exchange: Exchange) -> None:
    """Take no token that was given out so far."""
    exchange.server.service.tokens.clear()
    await exchange.read()
    await exchange.send(exchange.act())


async def redirect(exchange: Exchange) -> None:
    await exchange.read()
    location = exchange.server.elsewhere + exchange.request.target
    await exchange.send(exchange.server.service.reply(exchange.request, 307, "<html>", {"Location": location}))


@functools.cache
def bomb() -> bytes:
    """Some 350 kB of gzip that hold 80 MB."""
    compressor = zlib.compressobj(1, wbits=31)
    pieces = [compressor.compress(bytes(2**20)) for _ in range(80)]
    return b"".join([*pieces, compressor.flush()])


def in_a_while() -> str:
    return email.utils.formatdate(time.time() + 60, usegmt=True)


def long_ago() -> str:
    return email.utils.formatdate(time.time() - 100, usegmt=True)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a request, and what follows from it whatever the operation is.

    Of the faults that may pass there are two cells: in one it passes after one request, in the other it stays.
    """

    name: str
    error: type[errors.CallError]
    """What the caller gets of it."""
    behaviour: Behaviour | None = None
    """What the server does to the request."""
    outage: Outage | None = None
    """Or why it cannot be reached."""
    failure: type[httpx.TransportError] | None = None
    """Or what the transport says, where no socket can be brought to it."""
    of_token: bool = False
    """Whether it is the token request that it befalls."""
    reaches: bool = True
    """Whether the server sees the request."""
    acts: bool = False
    """Whether the server acts upon the request."""
    ambiguous: bool = False
    """Whether the caller cannot know if it did."""
    status_intact: bool = False
    """Whether the caller can read the true status, if nothing else."""
    passes: bool = False
    """Whether it may pass, so that the request is worth repeating."""
    renews: bool = False
    """Whether it is answered with a new token, once and at once."""
    retry_after: float | None = None
    """Seconds to wait that the server asks for, at least."""
    timeout: str | None = None
    """The phase of the attempt that has to time out."""
    only: tuple[str, ...] = ()
    """The operations that it can befall; all by default."""
    large: bool = False
    """Whether it takes a large request."""
    slow: bool = False
    """Whether it takes longer than the deadline."""
    leads_elsewhere: bool = False
    """Whether it tries to lead the client to another server."""

    @property
    def variants(self) -> tuple[str, ...]:
        """The cells that there are of it."""
        return ("once", "always") if self.passes or self.renews else ("always",)


def lost(name: str, behaviour: Behaviour, *, acts: bool, **more: Any) -> Fault:
    return Fault(name, errors.ResponseLostError, behaviour, acts=acts, ambiguous=True, **{"passes": True, **more})


def unreached(name: str, **more: Any) -> Fault:
    return Fault(name, errors.RequestNotSentError, reaches=False, passes=True, **more)


def cut_off(name: str, behaviour: Behaviour) -> Fault:
    return Fault(
        name, errors.InvalidResponseError, behaviour, acts=True, ambiguous=True, passes=True, status_intact=True
    )


def unreadable(name: str, behaviour: Behaviour, *, acts: bool = True, **more: Any) -> Fault:
    return Fault(name, errors.InvalidResponseError, behaviour, acts=acts, ambiguous=True, **more)


def no_token(name: str, behaviour: Behaviour, **more: Any) -> Fault:
    return Fault(name, errors.TokenError, behaviour, of_token=True, reaches=False, **more)


def slow_down(
    name: str, retry_after: str | Callable[[], str] | None = None, at_least: float | None = None, **more: Any
) -> Fault:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    behaviour = says(429, refusal("70", "The total number of concurrent requests has exceeded the limit."), headers)
    return Fault(name, errors.RateLimitError, behaviour, **{"passes": True, "retry_after": at_least, **more})


_SPRING = {"timestamp": "2026-11-20T10:00:00.000+00:00", "status": 500, "error": "Internal Server Error", "path": "/"}
_PAGE = "<html><head><title>502 Bad Gateway</title></head>\r\n<body><center>nginx</center></body></html>\r\n"

UNREACHED = [
    unreached("refused", outage="refused"),
    unreached("DNS", outage="unresolved"),
    unreached("TLS", outage="untrusted"),
    unreached("timeout in connect", outage="mute", timeout="connect"),
    unreached("timeout in pool", failure=httpx.PoolTimeout),
]
LOST = [
    lost("reset before the server acted", reset(act=False), acts=False),
    lost("reset after", reset(act=True), acts=True),
    lost("closed without an answer", hang_up, acts=True),
    lost("timeout in read before the server acted", silence(act=False), acts=False, timeout="read"),
    lost("timeout in read after", silence(act=True), acts=True, timeout="read"),
    Fault(
        "timeout in write",
        errors.ResponseLostError,
        failure=httpx.WriteTimeout,
        reaches=False,
        ambiguous=True,
        passes=True,
    ),
    lost("timeout in write of a large body", deafness, acts=False, timeout="write", only=("create",), large=True),
    lost("reset in the middle of the answer", break_off, acts=True),
    lost(
        "length too large",
        changed(lambda answer, _: replace(answer, length=len(answer.body) + 9, close=True)),
        acts=True,
    ),
    lost("chunks cut off", cut_chunks, acts=True),
    lost("not HTTP", babble, acts=True),
    lost("endless head", endless_head, acts=True),
    lost("endless body, slowly", endless(b" ", 2_000, 0.001), acts=True, passes=False, slow=True),
]
UNREADABLE = [
    cut_off("truncated JSON", with_body(lambda body: body[: len(body) // 2])),
    cut_off("length too small", changed(lambda answer, _: replace(answer, length=len(answer.body) - 3, close=True))),
    cut_off("broken gzip", with_body(lambda body: body, {"Content-Encoding": "gzip"})),
    cut_off("truncated gzip", with_body(lambda body: gzip.compress(body)[:-4], {"Content-Encoding": "gzip"})),
    cut_off("empty body", with_body(lambda _: b"")),
    cut_off("HTML under 200", with_body(lambda _: _PAGE.encode())),
    cut_off("JSON list", with_body(lambda body: b"[%b]" % body)),
    cut_off("JSON null", with_body(lambda _: b"null")),
    unreadable("gzip bomb", with_body(lambda _: bomb(), {"Content-Encoding": "gzip"})),
    unreadable("endless body", endless(b" " * 2**18, 64)),
    # The documents contradict each other about GETs, so that a run and entries may come without it.
    unreadable(
        "200 without success",
        changed(lambda answer, _: answer.without("success")),
        only=("create", "cancel", "delete", "update"),
    ),
    unreadable("200 with success null", changed(lambda answer, _: answer.with_json(success=None))),
    unreadable("200 with success as text", changed(lambda answer, _: answer.with_json(success="true"))),
    unreadable("202", changed(lambda answer, _: replace(answer, status=202))),
    unreadable(
        "fields of other types",
        changed(lambda answer, _: answer.with_json(journalRunNumber=1, number=[], journalEntries={}, requestId=1)),
    ),
    unreadable("track id of another call", with_track_id("another-call")),
    unreadable("redirect to another origin", redirect, acts=False, leads_elsewhere=True),
    *(
        unreadable(name, with_next_page(page), only=("entries",), leads_elsewhere=name.endswith("origin"))
        for name, page in {
            "next page on another origin": lambda exchange: exchange.server.elsewhere + exchange.request.target,
            "next page of another kind": lambda _: "/v1/accounts/1",
            "next page that is no address": lambda _: "http://[",
            "next page that is itself": lambda exchange: exchange.server.url + exchange.request.target,
        }.items()
    ),
]
FAILED = [
    Fault(
        f"{status} {'after the server acted' if acts else 'before'}",
        errors.ServerError,
        says(status, payload, act=acts),
        acts=acts,
        ambiguous=True,
        passes=True,
    )
    for status, payload in ((500, _SPRING), (502, _PAGE), (503, _PAGE), (504, b""))
    for acts in (False, True)
] + [
    replace(
        Fault(
            "503 with Retry-After",
            errors.ServerError,
            says(503, _PAGE, {"Retry-After": "20"}),
            ambiguous=True,
            passes=True,
        ),
        retry_after=20,
    )
]
BUSY = [
    slow_down("429 without Retry-After"),
    slow_down("429 with seconds", "7", 7),
    slow_down("429 with a date", in_a_while, 58),
    slow_down("429 with a past date", long_ago),
    slow_down("429 with nonsense", "soon"),
    slow_down("429 with a day", "86400", passes=False),
]

# The category, its status since Zuora-Version 2024-05-20, and the error that stands for it (facts of Zuora's error
# handling, 2026).
CATEGORIES: dict[str, tuple[int, type[errors.APIError]]] = {
    "10": (403, errors.PermissionDeniedError),
    "11": (401, errors.AuthenticationError),
    "20": (400, errors.InvalidRequestError),
    "21": (400, errors.InvalidRequestError),
    "22": (400, errors.InvalidRequestError),
    "23": (400, errors.InvalidRequestError),
    "27": (400, errors.InvalidRequestError),
    "30": (400, errors.RuleViolationError),
    "40": (404, errors.NotFoundError),
    "45": (415, errors.UnsupportedRequestError),
    "50": (409, errors.ConflictError),
    "60": (500, errors.ServerError),
    "61": (500, errors.ServerError),
    "70": (429, errors.RateLimitError),
    "90": (400, errors.InvalidRequestError),
    "99": (500, errors.ServerError),
}
_MAY_PASS = {"50", "60", "61", "70", "99"}
_FAILED_WITHIN = {"60", "61", "99"}
REFUSED = [
    Fault(
        f"{status}{'' if dialect == 'status' else ' false'} in category {category}",
        error,
        says(status, refusal(category, text=dialect == "status")),
        ambiguous=category in _FAILED_WITHIN,
        passes=category in _MAY_PASS,
        renews=category == "11",
    )
    for category, (own_status, error) in CATEGORIES.items()
    for dialect, status in (("success", 200), ("status", own_status))
]
REFUSED.append(Fault("200 false without a reason", errors.APIError, says(200, {"success": False})))
BY_STATUS = [
    Fault(f"{status} with a page", error, says(status, "<html>No.</html>"), passes=error is errors.ConflictError)
    for status, error in {
        400: errors.InvalidRequestError,
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
        405: errors.UnsupportedRequestError,
        406: errors.UnsupportedRequestError,
        409: errors.ConflictError,
        413: errors.APIError,
        415: errors.UnsupportedRequestError,
        422: errors.IdempotencyError,
    }.items()
]
UNAUTHORIZED = [
    Fault("401", errors.AuthenticationError, expire, renews=True),
]
_BAD_CLIENT = {"timestamp": 1763719200, "status": 400, "error": "Bad Request", "message": "Invalid client id"}
TOKENLESS = [
    no_token("token endpoint down", says(503, _PAGE), passes=True),
    no_token("token endpoint resets", reset(act=False), passes=True),
    no_token("token endpoint is busy", says(429, b""), passes=True),
    no_token("token endpoint refuses: 400", says(400, _BAD_CLIENT)),
    no_token("token endpoint refuses: 401", says(401, {"message": "Bad credentials"})),
    no_token("token endpoint refuses: 403", says(403, {"error": "Unauthorized", "status": 401, "message": "inactive"})),
    no_token("token endpoint answers with a page", says(200, _PAGE), passes=True),
    no_token("token endpoint gives no token", says(200, {"token_type": "bearer"})),
    no_token("token endpoint gives a token that is no header", says(200, {"access_token": "a\r\nb", "expires_in": 9})),
    no_token("token endpoint redirects to another origin", redirect, leads_elsewhere=True),
]

FAULTS = [
    *UNREACHED,
    *LOST,
    *UNREADABLE,
    *FAILED,
    *BUSY,
    *REFUSED,
    *BY_STATUS,
    *UNAUTHORIZED,
    *TOKENLESS,
]
