"""OAuth tokens: fetched once however many ask, renewed before they expire, and kept for the whole process."""

from __future__ import annotations

import hashlib
import threading
import weakref
from concurrent.futures import Future
from typing import NamedTuple

from . import errors

_LIFETIME = 3600.0
"""Seconds, where the answer does not say (Zuora's authentication tutorial, 2026)."""
_MARGIN = 300.0
"""Seconds before its end at which a token is renewed, after the same tutorial; less for a token of short life."""


class Secret(str):
    """A text that no repr shows, so that a traceback with local variables does not either."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'...'"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled: pass them to the other process by its environment")


class Credentials(NamedTuple):
    """An OAuth client. Its secret is shown nowhere."""

    client_id: str
    client_secret: Secret
    entity_id: str | None

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, entity_id={self.entity_id!r})"


class HeldToken(NamedTuple):
    """A token, and when to renew it."""

    token: Secret
    renew_at: float
    """Seconds on the monotonic clock."""


def renewal(now: float, expires_in: object) -> float:
    """When to renew a token that was asked for at `now`, whose answer gave `expires_in` as a number, text or not."""
    try:
        lifetime = float(str(expires_in))
    except ValueError:
        lifetime = _LIFETIME
    if not 0.0 < lifetime < float("inf"):
        lifetime = _LIFETIME
    return now + lifetime - min(_MARGIN, lifetime / 10.0)


Fetch = Future[HeldToken | errors.TokenError | None]
"""A token request under way. It ends with a token, with an error that all share, or with None if it was interrupted."""


class TokenCell:
    """One OAuth client's token, shared by threads, tasks and event loops.

    Whoever finds no good token first leads: it fetches one, while the others wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: HeldToken | None = None
        self._fetch: Fetch | None = None

    def claim(self, now: float, rejected: Secret | None) -> Secret | Fetch | None:
        """The token; or a fetch to wait for; or None, and then the caller has to fetch, and to call `settle`."""
        with self._lock:
            held = self._held
            if held is not None and held.token != rejected and now < held.renew_at:
                return held.token
            if self._fetch is not None:
                return self._fetch
            self._fetch = Future()
            return None

    def settle(self, result: HeldToken | errors.TokenError | None) -> None:
        """End a fetch."""
        with self._lock:
            fetch, self._fetch = self._fetch, None
            if isinstance(result, HeldToken):
                self._held = result
        assert fetch is not None
        fetch.set_result(result)


_Cells = dict[tuple[str, bytes], TokenCell]
_cells: _Cells = {}
_cells_of_transport: weakref.WeakKeyDictionary[object, _Cells] = weakref.WeakKeyDictionary()
_cells_lock = threading.Lock()


def cell_for(address: str, credentials: Credentials, transport: object | None) -> TokenCell:
    """The cell of these credentials at this address; a transport of the caller's own has cells of its own."""
    digest = hashlib.sha256("\0".join(map(str, credentials)).encode()).digest()
    with _cells_lock:
        cells = _cells if transport is None else _cells_of_transport.setdefault(transport, {})
        return cells.setdefault((address, digest), TokenCell())
