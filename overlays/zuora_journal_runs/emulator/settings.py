"""What can be chosen where the documents are silent or contradict each other, and how much is borne."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

PERMISSIONS = frozenset({"Create Journal Run", "Cancel Journal Run", "Delete Cancelled Journal Run"})
"""The Zuora Finance permissions that the operations ask for; a standard user has them all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Settings of an emulator, for its whole life."""

    show_cancel_in_progress: bool = True
    """Whether readers see `CancelInprogress`, or the status before until the cancellation is settled."""

    one_run_at_a_time: bool = True
    """Whether a run that is `Pending` or `Processing` keeps another from being created."""

    earliest_target_date: date | None = None
    """The first date that a run may take in; None for that of the first accounting period."""

    tenant_version: str = "186.0"
    """The `Zuora-Version` of calls that name none. From 2024-05-20 errors have an HTTP status of their own."""

    numeric_codes: bool = True
    """Whether reason codes are numbers, as seen in live answers, or text, as in the schemas."""

    put_needs_content_type: bool = True
    """Whether a PUT without a content type is refused with 415, as seen live; Zuora's own SDK 3.21 sends none."""

    entity_ids: frozenset[str] = frozenset()
    """The entities of a tenant with Multi-entity, which `Zuora-Entity-Ids` must name; empty: not looked at."""

    organization_ids: frozenset[str] = frozenset()
    """The organisations of a tenant with Multi-Org, which `Zuora-Org-Ids` must name; empty: not looked at."""

    max_page_size: int = 300
    """The largest `pageSize`; documents say 300 and 40."""

    token_seconds: int = 3600
    """How long a bearer token is good for."""

    calls_per_minute: int = 50_000
    """Calls allowed in a minute of the emulator's clock; beyond, they are refused with 429."""

    token_calls_per_minute: int = 2_000
    """Token requests allowed in a minute."""

    max_body_size: int = 1 << 20
    """The most bytes of a request body, before and after decompression."""

    max_head_size: int = 16 << 10
    """The most bytes of a request's address and headers."""

    max_connections: int = 2000
    """Connections at a time; beyond, they are refused with 503."""

    max_buffered_size: int = 64 << 20
    """The most bytes of request bodies that wait to be complete, over all connections; beyond, 503 as well."""

    request_log_size: int = 1000
    """How many of the last requests are kept."""

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read settings such as `show-cancel-in-progress=no`, `max-page-size=40` and `entity-ids=e1,e2`.

        Raises ValueError, which says what is wrong with a text.
        """
        known = {each.name.replace("_", "-"): each for each in fields(cls)}
        given: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in known:
                raise ValueError(f"{name!r} is no setting; there are {', '.join(known)}")
            try:
                given[known[name].name] = _read(value, known[name].default)
            except ValueError as error:
                raise ValueError(f"{text!r} is no setting: {error}") from None
        return cls(**given)


def _read(value: str, default: object) -> object:
    """A value of the same kind as the default."""
    match default:
        case bool():
            if value not in ("yes", "no"):
                raise ValueError("write yes or no")
            return value == "yes"
        case int():
            if not value.isdecimal() or not 0 < int(value[:10]) < 1 << 31:
                raise ValueError("write a whole number from 1 on")
            return int(value)
        case frozenset():
            return frozenset(filter(None, value.split(",")))
        case None:
            return date.fromisoformat(value)
        case _:
            return value
