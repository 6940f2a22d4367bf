from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from ..models.transaction_type import TransactionType
from ..types import (
    UNSET,
    concise,
    mapping,
    required,
    written,
)


@define(repr=False)
class JournalRunTransactionType:
    """One transaction type of a run."""

    type_: TransactionType
    """A kind of transaction that a run can take in. Which of them a tenant has depends on its features."""
    additional_properties: dict[str, Any] = field(factory=dict, kw_only=True)
    """Fields that the contract does not name, as they came."""

    __repr__ = concise

    def to_dict(self) -> dict[str, Any]:
        """This as JSON has it, with absent fields left out and unknown ones as they came."""
        fields: dict[str, Any] = {
            "type": self.type_,
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
        type_ = d.pop("type", UNSET)
        if isinstance(type_, str):
            type_ = TransactionType.of(type_)
        else:
            raise required("text", "type", type_)
        return cls(
            type_,
            additional_properties=d,
        )
