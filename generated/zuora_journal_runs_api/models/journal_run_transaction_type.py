from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..models.transaction_type import TransactionType
from ..types import (
    UNSET,
    Model,
    check,
    written,
)


class JournalRunTransactionType(Model):
    """One transaction type of a run."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "type_": "type",
    }

    def __init__(
        self,
        *,
        type_: TransactionType | str,
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "type": type_,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def type_(self) -> TransactionType:
        """A kind of transaction that a run can take in. Which of them a tenant has depends on its features."""
        value = self._data["type"]
        return TransactionType.of(value)

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        if (value := data.get("type", UNSET)).__class__ is not str:
            check(str, "text", "type", value)
