"""No secret shows, wherever it was put in and whatever goes wrong.

Three things are out of this package's hands. The frames of its callers hold what they pass, and so do the frames of
the libraries underneath while an exception that is none of this package's, such as a cancellation, travels through
them: a traceback printed with locals shows those. The `body` of an error is the answer as it came, with whatever the
server put there. And an `httpx.Auth` or a token function is the caller's own object, and shows what it wants to.
"""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, Backoff, JournalRunsClient, errors

from . import faults
from .clients import KINDS, Hook, Raising, open_session
from .service import RUN, refusal
from .table import OPERATIONS, cancel, create
from .trial import ended

if TYPE_CHECKING:
    from .clients import Session
    from .server import Behaviour, Exchange, Server
    from .trial import World

SECRET = "hUsH-hUsH.0123456789"
LOGGERS = ("zuora_journal_runs", "httpx", "httpcore", "aiohttp", "asyncio")


class Auth(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {SECRET}"
        yield request


async def token_of_a_task() -> str:
    return SECRET


async def give_secret(exchange: Exchange) -> None:
    """Give the secret as the token."""
    await exchange.read()
    answer = {"access_token": SECRET, "token_type": "bearer", "expires_in": 3598}
    await exchange.send(exchange.server.service.reply(exchange.request, 200, answer))


def planted(server: Server) -> dict[str, dict[str, Any]]:
    """Every way to put a secret in."""
    server.service.client_secret = SECRET
    server.service.tokens.add(SECRET)
    client_id = server.service.client_id
    return {
        "client secret": {"client_id": client_id, "client_secret": SECRET},
        "fetched token": {"client_id": client_id, "client_secret": "of no interest"},
        "ready token": {"token": SECRET},
        "token function": {"token": lambda: SECRET},
        "asynchronous token function": {"token": token_of_a_task},
        "httpx.Auth": {"auth": Auth()},
    }


WAYS = ("client secret", "fetched token", "ready token", "token function", "asynchronous token function", "httpx.Auth")


# What goes wrong: with which operation, in what kind of request, and how.
Trouble = tuple[Callable[[Any], Any], "dict[str, Behaviour]", Hook | None]
TROUBLES: dict[str, Trouble] = {
    "nothing": (create, {}, None),
    "refused by a rule": (cancel, {"cancel": faults.says(200, refusal("30"))}, None),
    "no permission": (cancel, {"cancel": faults.says(403, "<html>")}, None),
    "401 always": (cancel, {"cancel": faults.says(401, refusal("11"))}, None),
    "500": (cancel, {"cancel": faults.says(500, b"")}, None),
    "reset": (cancel, {"cancel": faults.reset(act=False)}, None),
    "reset in the middle of the answer": (cancel, {"cancel": faults.break_off, "retrieve": faults.break_off}, None),
    "truncated JSON": (create, {"create": faults.with_body(lambda body: body[:9])}, None),
    "fields of other types": (
        create,
        {"create": faults.changed(lambda answer, _: answer.with_json(journalRunNumber=1))},
        None,
    ),
    "another call's track id": (
        create,
        {"create": faults.with_track_id("another")},
        None,
    ),
    "redirect": (create, {"create": faults.redirect}, None),
    "next page elsewhere": (
        lambda client: client.entries(RUN),
        {"entries": faults.with_next_page(lambda _: "https://rest.zuora.com/")},
        None,
    ),
    "wrong status": (lambda client: client.delete(RUN), {}, None),
    "wrong number": (lambda client: client.cancel(".."), {}, None),
    "write error": (create, {}, Raising(httpx.WriteError("it failed"))),
    "not settled": (lambda client: client.wait_for_cancellation(RUN, timeout=1), {}, None),
}
TOKEN_TROUBLES: dict[str, Trouble] = {
    "token endpoint down": (create, {"token": faults.says(503, "<html>")}, None),
    "token endpoint resets": (create, {"token": faults.reset(act=False)}, None),
    "token endpoint refuses, and repeats the secret": (
        create,
        {"token": faults.says(400, {"message": f"Bad client_secret {SECRET}"})},
        None,
    ),
    "token endpoint answers with a page that repeats the secret": (
        create,
        {"token": faults.says(401, f"<html>client_secret={SECRET}</html>")},
        None,
    ),
    "token endpoint gives a token that is no header": (
        create,
        {"token": faults.says(200, {"access_token": f"{SECRET}\r\n"})},
        None,
    ),
}
TRIALS = [
    (way, trouble, kind)
    for kind in KINDS
    for way in WAYS
    for trouble in (*TROUBLES, *(TOKEN_TROUBLES if way == "client secret" else ()))
    if kind == "async" or way != "asynchronous token function"
]


@pytest.mark.parametrize(("way", "trouble", "kind"), TRIALS)
def test_nothing_shows_it(way: str, trouble: str, kind: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    work, behaviours, hook = {**TROUBLES, **TOKEN_TROUBLES}[trouble]
    if way == "fetched token":
        behaviours = {"token": give_secret, **behaviours}
    server = world.serve(script={name: forever(behaviour) for name, behaviour in behaviours.items()})
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)
    with open_session(
        kind, server.url, hook=hook, clock=FakeClock(), compress_over=None, retry=Backoff(2), **planted(server)[way]
    ) as session:
        result, error = ended(session, work)
        assert (error is None) == (trouble == "nothing")
        shown = {**looks_of_client(session), **looks_of(result), **looks_of(error)}
    shown["log"] = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert [f"{place}: {line}" for place, text in shown.items() for line in text.splitlines() if SECRET in line] == []
    assert ("zuora_journal_runs" in {record.name for record in caplog.records}) == (trouble != "wrong number")


def forever(behaviour: Behaviour) -> Iterator[Behaviour]:
    while True:
        yield behaviour


def looks_of_client(session: Session) -> dict[str, str]:
    return {
        place: text
        for value in session.do(lambda client: [client, client.api, client.connection, client.with_options(deadline=5)])
        for place, text in looks_of(value).items()
    }


def looks_of(value: Any) -> dict[str, str]:
    """All that can be seen of a value: as text, inside, pickled, copied; and of an error, its traceback with locals."""
    if value is None:
        return {}
    name = type(value).__name__
    looks = {f"{name}, {place}": text for place, text in inside(value)}
    for way, show in (("str", str), ("format", format), ("pickle", pickled)):
        looks[f"{name}, {way}"] = show(value)
    if isinstance(value, BaseException):
        lines = traceback.TracebackException.from_exception(value, capture_locals=True).format()
        looks[f"{name}, traceback"] = "".join(lines)
    return looks


def inside(value: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, str]]:
    """The repr of a value and of what vars() leads to."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    yield f"repr{path}", repr(value)
    if type(value).__module__.partition(".")[0] in ("zuora_journal_runs", "zuora_journal_runs_api", "httpx"):
        for name, part in getattr(value, "__dict__", {}).items():
            yield from inside(part, f"{path}.{name}", seen)


def pickled(value: Any) -> str:
    """What a pickle holds; a client makes none."""
    try:
        return pickle.dumps(value).decode("latin-1") + repr(copy.copy(value))
    except (TypeError, AttributeError, pickle.PicklingError) as refusal:
        return str(refusal)


URL = "https://rest.zuora.com"
Face = type[JournalRunsClient] | type[AsyncJournalRunsClient]
MISTAKES: dict[str, Callable[[Face], object]] = {
    "not encrypted": lambda face: face("http://rest.zuora.com", client_id="id", client_secret=SECRET),
    "no address": lambda face: face("rest.zuora.com", token=SECRET),
    "a password in the address": lambda face: face(f"https://user:{SECRET}@rest.zuora.com", token="t"),
    "a password in what is no address": lambda face: face(f"ftp://user:{SECRET}@rest.zuora.com", token="t"),
    "a wrong option": lambda face: face(URL, client_id="id", client_secret=SECRET, deadline=0),
    "a wrong track id": lambda face: face(URL, token=SECRET, track_id=":"),
    "no client id": lambda face: face(URL, client_secret=SECRET),
    "two kinds of authorization": lambda face: face(URL, client_id="id", client_secret=SECRET, token=SECRET),
    "a token that is no header": lambda face: face(URL, token=f"{SECRET}\n"),
    "no address in the environment": lambda face: face.from_env(),
}


@pytest.mark.parametrize("face", [JournalRunsClient, AsyncJournalRunsClient])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_does_not_show_it(mistake: str, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZUORA_BASE_URL", "ZUORA_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZUORA_CLIENT_SECRET", SECRET)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        MISTAKES[mistake](face)
    shown = looks_of(caught.value)
    assert [f"{place}: {line}" for place, text in shown.items() for line in text.splitlines() if SECRET in line] == []


def test_requests_bear_it_where_it_belongs_alone(kind: str, world: World) -> None:
    server = world.serve(script={"token": forever(give_secret)})
    server.service.tokens.add(SECRET)
    with open_session(kind, server.url, client_id="id", client_secret="another") as session:
        for operation in OPERATIONS:
            session.do(operation.work)
    for request in server.requests:
        assert request.headers.pop("authorization", None) == (
            None if request.operation == "token" else f"Bearer {SECRET}"
        )
        assert SECRET not in repr(request)
        assert ("another" in repr(request)) == (request.operation == "token")
        assert "another" not in request.target
