from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..models.token_request_grant_type import TokenRequestGrantType
from ..types import (
    UNSET,
    Model,
    check,
    written,
)


class TokenRequest(Model):
    """A client's credentials, as a form."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "client_id": "client_id",
        "client_secret": "client_secret",
        "grant_type": "grant_type",
    }

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        grant_type: TokenRequestGrantType | str,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "client_id": client_id,
            "client_secret": client_secret,
            "grant_type": grant_type,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def client_id(self) -> str:
        """The OAuth client's id."""
        value: str = self._data["client_id"]
        return value

    @property
    def client_secret(self) -> str:
        """The OAuth client's secret."""
        value: str = self._data["client_secret"]
        return value

    @property
    def grant_type(self) -> TokenRequestGrantType:
        """Always `client_credentials`."""
        value = self._data["grant_type"]
        return TokenRequestGrantType.of(value)

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("client_id", UNSET)).__class__ is not str:
            check(str, "text", "client_id", value)
        if (value := data.get("client_secret", UNSET)).__class__ is not str:
            check(str, "text", "client_secret", value)
        if (value := data.get("grant_type", UNSET)).__class__ is not str:
            check(str, "text", "grant_type", value)
