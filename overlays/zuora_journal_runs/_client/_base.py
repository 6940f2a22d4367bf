"""What both clients are made of."""

from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING

from zuora_journal_runs._client import environment
from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http.auth import Authorization, Authorizer
from zuora_journal_runs._http.clock import Clock, default_clock
from zuora_journal_runs._http.options import OptionChanges, Options, changed
from zuora_journal_runs._http.pipeline import Pipeline
from zuora_journal_runs._http.rate_limit import RateLimiter
from zuora_journal_runs._http.token_cache import Credentials, Secret, token_cache
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

DEFAULT_TIMEOUT = 3600.0
"""Seconds to wait for a run by default: one with a million items takes Zuora 25 minutes."""
DEFAULT_STALL = 600.0
"""Seconds without any change after which a cancellation that has begun counts as stalled, by default."""


class ClientArguments(OptionChanges, total=False):
    """What a client is made of, beside its address and authorization: see OptionChanges for the options."""

    concurrency: int | None
    """Requests under way at once at most; what the tenant's headers say, and 40 until they do, by default."""
    clock: Clock
    """Time; the machine's own by default, unless `use_clock` has chosen another."""
    random: Random
    """Chance, for waits and for identifiers."""


def build_pipeline(
    base_url: str,
    client_id: str | None,
    client_secret: str | None,
    token: str | Callable[[], str | Awaitable[str]] | None,
    auth: httpx.Auth | None,
    transport: object | None,
    arguments: ClientArguments,
) -> tuple[Pipeline, Options]:
    clock = arguments.pop("clock", None) or default_clock()
    random = arguments.pop("random", None) or SystemRandom()
    concurrency = arguments.pop("concurrency", None)
    if concurrency is not None and concurrency < 1:
        raise InvalidArgumentError(f"concurrency is {concurrency}: give a number above 0, or None")
    options = changed(Options(), arguments)
    url = environment.base_url(base_url)
    given = [name for name, value in (("token", token), ("auth", auth), ("client_id", client_id)) if value is not None]
    if len(given) != 1 or (client_id is None) != (client_secret is None):
        raise InvalidArgumentError("give client_id and client_secret, or token, or auth: one of the three")
    authorization: Authorization
    cache = None
    if client_id is not None and client_secret is not None:
        authorization = Credentials(client_id, Secret(client_secret), options.entity_id)
        cache = token_cache(str(url), authorization, transport)
    elif token is not None:
        authorization = header_rules.token(token) if isinstance(token, str) else token
    else:
        assert auth is not None
        authorization = auth
    authorizer = Authorizer(url, authorization, cache, clock, random)
    return Pipeline(url, authorizer, RateLimiter(concurrency), clock, random, {}), options
