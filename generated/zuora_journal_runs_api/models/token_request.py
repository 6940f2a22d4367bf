from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..models.token_request_grant_type import TokenRequestGrantType
from ..types import (
    UNSET,
    concise,
    mapping,
    required,
    written,
)


@define(repr=False)
class TokenRequest:
    """A client's credentials, as a form."""

    client_id: str
    """The OAuth client's id."""
    client_secret: str
    """The OAuth client's secret."""
    grant_type: TokenRequestGrantType
    """Always `client_credentials`."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": self.grant_type,
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
        client_id = d.pop("client_id", UNSET)
        if not isinstance(client_id, str):
            raise required("text", "client_id", client_id)
        client_secret = d.pop("client_secret", UNSET)
        if not isinstance(client_secret, str):
            raise required("text", "client_secret", client_secret)
        grant_type = d.pop("grant_type", UNSET)
        if isinstance(grant_type, str):
            grant_type = TokenRequestGrantType.of(grant_type)
        else:
            raise required("text", "grant_type", grant_type)
        return cls(
            client_id,
            client_secret,
            grant_type,
            additional_properties=d,
        )
