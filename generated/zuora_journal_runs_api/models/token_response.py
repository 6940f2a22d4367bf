from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    check_number,
    number,
    written,
)


class TokenResponse(Model):
    """A bearer token."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "access_token": "access_token",
        "token_type": "token_type",
        "expires_in": "expires_in",
        "scope": "scope",
        "jti": "jti",
    }

    def __init__(
        self,
        *,
        access_token: str,
        token_type: str | None | Unset = UNSET,
        expires_in: Decimal | int | str | None | Unset = UNSET,
        scope: str | None | Unset = UNSET,
        jti: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "access_token": access_token,
            "token_type": token_type,
            "expires_in": expires_in,
            "scope": scope,
            "jti": jti,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def access_token(self) -> str:
        """The token itself."""
        value: str = self._data["access_token"]
        return value

    @property
    def token_type(self) -> str | None:
        """Always `bearer`."""
        value: str | None = self._data.get("token_type")
        return value

    @property
    def expires_in(self) -> Decimal | None:
        """Seconds for which the token is good, about 3,600."""
        value = self._data.get("expires_in")
        return number(value) if value is not None else None

    @property
    def scope(self) -> str | None:
        """What the token is good for."""
        value: str | None = self._data.get("scope")
        return value

    @property
    def jti(self) -> str | None:
        """The token's identifier."""
        value: str | None = self._data.get("jti")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("access_token", UNSET)).__class__ is not str:
            check(str, "text", "access_token", value)
        if (value := data.get("token_type")).__class__ is not str and value is not None:
            check(str, "text", "token_type", value)
        if (value := data.get("expires_in")) is not None:
            check_number("expires_in", value)
        if (value := data.get("scope")).__class__ is not str and value is not None:
            check(str, "text", "scope", value)
        if (value := data.get("jti")).__class__ is not str and value is not None:
            check(str, "text", "jti", value)
