"""OAuth tokens: requested once for all threads and tasks, refreshed before they expire, shared within the process."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from concurrent.futures import Future

from zuora_journal_runs import errors

from .fork import renew_after_fork

_LIFETIME = 3600.0
"""Seconds, where the response does not say (Zuora's authentication tutorial, 2026)."""
_MARGIN = 300.0
"""Seconds before its end at which a token is refreshed (the same tutorial); less for a short-lived token."""


class Secret(str):
    """A string that no repr shows, so that a traceback with local variables does not show it either."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'...'"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled: pass them to the other process by its environment")


class Credentials:
    """An OAuth client. Its secret is never shown.

    Args:
        client_id: Its id.
        client_secret: Its secret.
        entity_id: The entity that its tokens are for; None for the default one.
    """

    __slots__ = ("client_id", "client_secret", "entity_id")

    def __init__(self, client_id: str, client_secret: Secret, entity_id: str | None = None) -> None:
        self.client_id: str = client_id
        self.client_secret: Secret = client_secret
        self.entity_id: str | None = entity_id

    def for_entity(self, entity_id: str | None) -> Credentials:
        """Return the same client's credentials for the tokens of an entity."""
        return Credentials(self.client_id, self.client_secret, entity_id)

    def digest(self) -> bytes:
        """Return a checksum that is the same for the same client."""
        text = "\0".join(map(str, (self.client_id, self.client_secret, self.entity_id)))
        return hashlib.sha256(text.encode()).digest()

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, entity_id={self.entity_id!r})"


class Token:
    """An access token, and when to refresh it.

    Args:
        token: The token.
        refresh_at: Seconds on the monotonic clock.
    """

    __slots__ = ("refresh_at", "token")

    def __init__(self, token: Secret, refresh_at: float) -> None:
        self.token, self.refresh_at = token, refresh_at


def refresh_time(now: float, expires_in: object) -> float:
    """Return when to refresh a token that was requested at `now`; `expires_in` is what the response says."""
    try:
        lifetime = float(str(expires_in))
    except ValueError:
        lifetime = _LIFETIME
    if not 0.0 < lifetime < float("inf"):
        lifetime = _LIFETIME
    return now + lifetime - min(_MARGIN, lifetime / 10.0)


RefreshResult = Token | errors.TokenError | None
"""A token, an error for all that wait, or None if the refresh was interrupted and another one has to try."""


class Refresh:
    """A request for a token that is in progress.

    Args:
        result: What it will return.
        mine: Whether the caller has to send it, and to call `TokenCache.finish`.
    """

    __slots__ = ("mine", "result")

    def __init__(self, result: Future[RefreshResult], *, mine: bool) -> None:
        self.result, self.mine = result, mine


class TokenCache:
    """One OAuth client's token, shared by threads, tasks and event loops.

    Refreshing is single-flight: the first caller that finds no valid token requests one, and the others wait for it.
    """

    def __init__(self) -> None:
        self._token: Token | None = None
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget a refresh that is in progress: the threads of the parent do not exist in a forked child."""
        self._lock = threading.Lock()
        self._refreshing: Future[RefreshResult] | None = None

    def get(self, now: float, rejected: Secret | None) -> Secret | Refresh:
        """Return a valid token other than the rejected one, or the refresh that will return one."""
        with self._lock:
            held = self._token
            if held is not None and held.token != rejected and now < held.refresh_at:
                return held.token
            if self._refreshing is not None:
                return Refresh(self._refreshing, mine=False)
            self._refreshing = Future()
            return Refresh(self._refreshing, mine=True)

    def finish(self, refresh: Refresh, result: RefreshResult) -> None:
        """End a refresh."""
        with self._lock:
            if self._refreshing is refresh.result:
                self._refreshing = None
            if isinstance(result, Token):
                self._token = result
        refresh.result.set_result(result)


_MOST_CACHES = 256
"""Caches that are kept for later clients. A client that exists keeps its own."""


class _Caches:
    """The caches by address and credentials; the least recently used one is dropped first."""

    def __init__(self) -> None:
        self._caches: OrderedDict[tuple[str, bytes], TokenCache] = OrderedDict()
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def get(self, address: str, credentials: Credentials) -> TokenCache:
        key = (address, credentials.digest())
        with self._lock:
            cache = self._caches.pop(key, None) or TokenCache()
            self._caches[key] = cache
            if len(self._caches) > _MOST_CACHES:
                self._caches.popitem(last=False)
        return cache


_caches = _Caches()
_caches_of_transport: weakref.WeakKeyDictionary[object, _Caches] = weakref.WeakKeyDictionary()


def shared_token_cache(address: str, credentials: Credentials, transport: object | None) -> TokenCache:
    """Return the cache of these credentials at this address; a transport that the caller passes has its own caches."""
    if transport is None:
        return _caches.get(address, credentials)
    try:
        caches = _caches_of_transport.setdefault(transport, _Caches())
    except TypeError:  # it has no hash, or cannot have weak references
        return TokenCache()
    return caches.get(address, credentials)
