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
class Segment:
    """One value by which a segmentation rule tells transactions apart."""

    segment_name: str | None | Unset = UNSET
    """The segment's name."""
    segment_value: str | None | Unset = UNSET
    """Its value in this entry."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "segmentName": self.segment_name,
            "segmentValue": self.segment_value,
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
        segment_name = d.pop("segmentName", UNSET)
        if not isinstance(segment_name, str):
            segment_name = other_than("text", "segmentName", segment_name)
        segment_value = d.pop("segmentValue", UNSET)
        if not isinstance(segment_value, str):
            segment_value = other_than("text", "segmentValue", segment_value)
        return cls(
            segment_name,
            segment_value,
            additional_properties=d,
        )
