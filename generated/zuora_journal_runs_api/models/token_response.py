from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from attrs import define, field

from ..types import (
    NUMBERS,
    UNSET,
    Unset,
    concise,
    mapping,
    other_than,
    read_number,
    required,
    written,
)


@define(repr=False)
class TokenResponse:
    """A bearer token."""

    access_token: str
    """The token itself."""
    token_type: str | None | Unset = UNSET
    """Always `bearer`."""
    expires_in: Decimal | str | None | Unset = UNSET
    """Seconds for which the token is good, about 3,600."""
    scope: str | None | Unset = UNSET
    """What the token is good for."""
    jti: str | None | Unset = UNSET
    """The token's identifier."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            "scope": self.scope,
            "jti": self.jti,
        }
        return {
            **{name: written(value) for name, value in fields.items() if value is not UNSET},
            **self.additional_properties,
        }

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """This from JSON. Unknown fields and unknown values of enumerations are kept; null is read as None.

        Raises:
            UnreadableAnswer: a field that must be there is missing, or one has a value of another type.
        """
        d = mapping(src_dict)
        access_token = d.pop("access_token", UNSET)
        if not isinstance(access_token, str):
            raise required("text", "access_token", access_token)
        token_type = d.pop("token_type", UNSET)
        if not isinstance(token_type, str):
            token_type = other_than("text", "token_type", token_type)
        expires_in = d.pop("expires_in", UNSET)
        if expires_in.__class__ in NUMBERS:
            expires_in = read_number("expires_in", expires_in)
        elif not isinstance(expires_in, str):
            expires_in = other_than("text or a number", "expires_in", expires_in)
        scope = d.pop("scope", UNSET)
        if not isinstance(scope, str):
            scope = other_than("text", "scope", scope)
        jti = d.pop("jti", UNSET)
        if not isinstance(jti, str):
            jti = other_than("text", "jti", jti)
        return cls(
            access_token,
            token_type,
            expires_in,
            scope,
            jti,
            additional_properties=d,
        )
