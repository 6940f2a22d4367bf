from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..models.reason import Reason
from ..types import (
    UNSET,
    Model,
    check,
    check_list,
    views,
    written,
)


class ServerErrorResponse(Model):
    """Something failed on Zuora's side."""

    __slots__ = ()
    _names: ClassVar[Mapping[str, str]] = {
        "reasons": "reasons",
    }

    def __init__(
        self,
        *,
        reasons: Iterable[Reason],
        additional_properties: Mapping[str, Any] | None = None,
    ) -> None:
        fields: dict[str, Any] = {
            "reasons": reasons,
        }
        super().__init__(written(fields, additional_properties))

    @property
    def reasons(self) -> list[Reason]:
        """Why the call failed."""
        return views(Reason, self._data["reasons"])

    @staticmethod
    def _check(data: Any) -> None:
        if data.__class__ is not dict:
            check(dict, "a JSON object", "", data)
        check_list("reasons", data.get("reasons", UNSET), Reason._check)
