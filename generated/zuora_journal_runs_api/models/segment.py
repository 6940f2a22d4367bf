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


class Segment(Model):
    """One value by which a segmentation rule tells transactions apart."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "segment_name": "segmentName",
        "segment_value": "segmentValue",
    }

    def __init__(
        self,
        *,
        segment_name: str | None | Unset = UNSET,
        segment_value: str | None | Unset = UNSET,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "segmentName": segment_name,
            "segmentValue": segment_value,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def segment_name(self) -> str | None:
        """The segment's name."""
        value: str | None = self._data.get("segmentName")
        return value

    @property
    def segment_value(self) -> str | None:
        """Its value in this entry."""
        value: str | None = self._data.get("segmentValue")
        return value

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("segmentName")).__class__ is not str and value is not None:
            check(str, "text", "segmentName", value)
        if (value := data.get("segmentValue")).__class__ is not str and value is not None:
            check(str, "text", "segmentValue", value)
