"""What both clients are made of."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Union

import httpx

from zuora_journal_runs._client import environment
from zuora_journal_runs._http import (
    Authorization,
    Authorizer,
    Clock,
    Credentials,
    OptionChanges,
    Options,
    Pipeline,
    RateLimiter,
    Secret,
    TokenFunction,
    changed,
    default_clock,
    parse_count,
    parse_token,
)
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from zuora_journal_runs import close, results
    from zuora_journal_runs._generated import models

DEFAULT_TIMEOUT = 3600.0
"""Seconds to wait for a run by default: Zuora takes 25 minutes for one with a million items."""
DEFAULT_RERUN_TIMEOUT = 2 * DEFAULT_TIMEOUT
"""Seconds for a cancellation and a new run together, by default."""
DEFAULT_VERIFICATION_TIMEOUT = 120.0
"""Seconds to wait by default until entries show what they were marked with."""
DEFAULT_STALL = 600.0
"""Seconds without any change after which a cancellation that has begun counts as stalled, by default."""

EvidenceFile = str | os.PathLike[str]
EvidenceFolder = Union[str, "os.PathLike[str]", Callable[[str], "os.PathLike[str] | None"], None]
OnProgress = Callable[["results.CancellationProgress"], None]
OnPoll = Callable[["models.JournalRun"], None]
OnTurn = Callable[["close.TurnProgress"], None]
Post = Callable[["models.JournalEntry"], Any]
"""Posts an entry; it may be asynchronous."""
WasPosted = Callable[["models.JournalEntry"], Any]
"""Returns whether an entry was posted: True, False, or None if that cannot be told. It may be asynchronous."""
OnResult = Callable[["results.CancellationResult"], None]


class ClientArguments(OptionChanges, total=False):
    """What a client is made of, beside its address and authorization: see OptionChanges for the options."""

    concurrency: int | None
    """How many requests may be in progress at once; by default what the tenant's headers say, and 40 until they do."""
    clock: Clock
    """Time; the machine's own by default, unless `use_clock` has chosen another."""
    random: Random
    """The source of randomness, for waits and for identifiers."""


def build_pipeline(
    base_url: str,
    client_id: str | None,
    client_secret: str | None,
    token: str | Callable[[], str | Awaitable[str]] | None,
    auth: httpx.Auth | None,
    transport: object | None,
    arguments: ClientArguments,
) -> tuple[Pipeline, Options]:
    """Return the pipeline and the options of a client.

    Raises:
        InvalidArgumentError: An argument is not valid; the error names it.
    """
    clock = arguments.pop("clock", None) or default_clock()
    random = arguments.pop("random", None) or SystemRandom()
    concurrency = arguments.pop("concurrency", None)
    if concurrency is not None:
        parse_count("concurrency", concurrency)
    options = changed(Options(), arguments)
    url = environment.parse_base_url(base_url)
    authorization = _parse_authorization(client_id, client_secret, token, auth)
    authorizer = Authorizer(url, authorization, transport, clock, random)
    return Pipeline(url, authorizer, RateLimiter(concurrency), clock, random), options


def _parse_authorization(client_id: object, client_secret: object, token: Any, auth: object) -> Authorization:
    """Return the one kind of authorization that is given.

    Raises:
        InvalidArgumentError: There is not exactly one, or one is of the wrong type.
    """
    kinds = [kind for kind in (token, auth, client_id) if kind is not None]
    if len(kinds) != 1 or (client_id is None) != (client_secret is None):
        raise InvalidArgumentError("give client_id and client_secret, or token, or auth: one of the three")
    if client_id is not None:
        if isinstance(client_id, str) and isinstance(client_secret, str):
            return Credentials(client_id, Secret(client_secret))
        raise InvalidArgumentError("client_id and client_secret: give strings")
    if auth is not None:
        if isinstance(auth, httpx.Auth):
            return auth
        raise InvalidArgumentError(f"auth is of the type {_type_name(auth)}: give an httpx.Auth")
    if isinstance(token, str):
        return parse_token(token)
    if callable(token):
        function: TokenFunction = token
        return function
    raise InvalidArgumentError(
        f"token is of the type {_type_name(token)}: give a string, or a function that returns one"
    )


def check_transport(transport: object, kind: type) -> None:
    """Check a transport that the caller passes.

    Raises:
        InvalidArgumentError: It is not an httpx transport of this kind.
    """
    if not isinstance(transport, kind):
        raise InvalidArgumentError(f"transport is of the type {_type_name(transport)}: give an httpx.{kind.__name__}")


def check_synchronous(*functions: object) -> None:
    """Check functions that the caller passes to the client for threads.

    Raises:
        InvalidArgumentError: One of them is asynchronous.
    """
    for function in functions:
        if inspect.iscoroutinefunction(function):
            raise InvalidArgumentError(
                f"{getattr(function, '__name__', function)} is asynchronous: use AsyncJournalRunsClient"
            )


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
