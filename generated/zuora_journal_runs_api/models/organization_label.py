from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..types import (
    UNSET,
    Unset,
    concise,
    mapping,
    other_than,
    written,
)


@define(repr=False)
class OrganizationLabel:
    """An organisation of a tenant with Multi-Org, by its id or its name."""

    organization_id: str | None | Unset = UNSET
    """The organisation's id."""
    organization_name: str | None | Unset = UNSET
    """The organisation's name."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "organizationId": self.organization_id,
            "organizationName": self.organization_name,
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
        organization_id = d.pop("organizationId", UNSET)
        if not isinstance(organization_id, str):
            organization_id = other_than("text", "organizationId", organization_id)
        organization_name = d.pop("organizationName", UNSET)
        if not isinstance(organization_name, str):
            organization_name = other_than("text", "organizationName", organization_name)
        return cls(
            organization_id,
            organization_name,
            additional_properties=d,
        )
