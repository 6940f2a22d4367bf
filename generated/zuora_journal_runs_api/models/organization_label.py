from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..types import (
    UNSET,
    Model,
    Unset,
    check,
    written,
)


class OrganizationLabel(Model):
    """An organisation of a tenant with Multi-Org, by its id or its name."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "organization_id": "organizationId",
        "organization_name": "organizationName",
    }

    def __init__(
        self,
        *,
        organization_id: str | None | Unset = UNSET,
        organization_name: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "organizationId": organization_id,
            "organizationName": organization_name,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def organization_id(self) -> str | None:
        """The organisation's id."""
        value: str | None = self._data.get("organizationId")
        return value

    @property
    def organization_name(self) -> str | None:
        """The organisation's name."""
        value: str | None = self._data.get("organizationName")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("organizationId")).__class__ is not str and value is not None:
            check(str, "text", "organizationId", value)
        if (value := data.get("organizationName")).__class__ is not str and value is not None:
            check(str, "text", "organizationName", value)
