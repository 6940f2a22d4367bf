"""OAuth client credentials: bearer tokens, and the permissions of their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.http import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zuora_journal_runs.emulator.clock import Clock
    from zuora_journal_runs.emulator.settings import Settings

    from .identifiers import Identifiers
    from .store import Store


NOT_AUTHENTICATED = 90000011
_MAX_KNOWN = 1000


class TokenRefusedError(Exception):
    """A token request is refused; `body` is the response body, which differs in form from that of other operations."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["message"])
        self.body: dict[str, Any] = body


class Tokens:
    """Issues and checks bearer tokens. Call every method within a transaction of the store."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, identifiers: Identifiers) -> None:
        self._store = store
        self._clock = clock
        self._seconds = settings.token_seconds
        self._identifiers = identifiers
        # What the store says of `Authorization` headers: reading it for every request would take longer than the rest.
        self._known: dict[str, tuple[frozenset[str], float]] = {}

    def issue(self, fields: Mapping[str, str], path: str) -> dict[str, Any]:
        """Issue a token; return the response body.

        Raises:
            TokenRefusedError: The grant type or the credentials are wrong.
        """
        client_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        if fields.get("grant_type") != "client_credentials":
            raise self._refused("UnsupportedRequestError grant type", path)
        if self._store.secret_of(client_id) != secret:
            raise self._refused("Invalid client id or client secret", path)
        token, now = self._identifiers.token(), self._clock.timestamp()
        self._store.add_token(token, client_id, now, now + self._seconds)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._seconds - 1,
            "scope": "platform.write",
            "jti": token,
        }

    def _refused(self, message: str, path: str) -> TokenRefusedError:
        # Zuora does not document this body; it was seen in a public client's log of a wrong client id.
        return TokenRefusedError(
            {
                "timestamp": f"{self._clock.now():%Y-%m-%dT%H:%M:%S}.000+0000",
                "status": 400,
                "error": "Bad Request",
                "message": message,
                "path": path,
            }
        )

    def permissions(self, authorization: str) -> frozenset[str]:
        """Return the permissions of the user in an `Authorization` header.

        Raises:
            RefusedError: The token is missing, unknown or expired.
        """
        if authorization not in self._known:
            scheme, token = _parts(authorization)
            user = self._store.user_of(token) if scheme == "bearer" else None
            if user is None:
                raise _not_authenticated()
            if len(self._known) == _MAX_KNOWN:
                self._known.clear()
            self._known[authorization] = user
        permissions, expires = self._known[authorization]
        if self._clock.timestamp() >= expires:
            raise _not_authenticated()
        return permissions

    def user(self, authorization: str) -> str:
        """Return the id of the user in an `Authorization` header that has permissions, in the form of Zuora's ids."""
        return str(self._store.client_of(_parts(authorization)[1])).replace("-", "")

    def revoke(self, authorization: str) -> None:
        """Revoke a token."""
        self._known.clear()
        self._store.delete_token(_parts(authorization)[1])


def _not_authenticated() -> RefusedError:
    return RefusedError((NOT_AUTHENTICATED, "Authentication error"), status=401)


def _parts(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    return scheme.lower(), token.strip()
