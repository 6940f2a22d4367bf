"""OAuth client credentials: bearer tokens, and what their bearers may do."""

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


class TokenRefusedError(Exception):
    """A token is refused; `body` is the answer, in a form that is not that of the other operations."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(body["message"])
        self.body = body


class Tokens:
    """Issues and checks bearer tokens. Every method belongs inside a transaction of the store."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, identifiers: Identifiers) -> None:
        self._store = store
        self._clock = clock
        self._seconds = settings.token_seconds
        self._identifiers = identifiers

    def issue(self, fields: Mapping[str, str], path: str) -> dict[str, Any]:
        """The answer to a request for a token. Raises TokenRefusedError."""
        client_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        if fields.get("grant_type") != "client_credentials":
            raise self._no_token("Unsupported grant type", path)
        if self._store.secret_of(client_id) != secret:
            raise self._no_token("Invalid client id or client secret", path)
        token, now = self._identifiers.token(), self._clock.timestamp()
        self._store.add_token(token, client_id, now, now + self._seconds)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._seconds - 1,
            "scope": "platform.write",
            "jti": token,
        }

    def _no_token(self, message: str, path: str) -> TokenRefusedError:
        # No body is documented; this is the one on record (a public client's log of a wrong client id).
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
        """What the bearer of a token may do. Raises RefusedError for a token that is missing, unknown or expired."""
        scheme, token = _parts(authorization)
        permissions = self._store.permissions_of(token, self._clock.timestamp())
        if scheme != "bearer" or permissions is None:
            raise RefusedError((NOT_AUTHENTICATED, "Authentication error"), status=401)
        return frozenset(permissions.splitlines())

    def forget(self, authorization: str) -> None:
        """Let a token be good no more."""
        self._store.delete_token(_parts(authorization)[1])


def _parts(authorization: str) -> tuple[str, str]:
    scheme, _, token = authorization.partition(" ")
    return scheme.lower(), token.strip()
