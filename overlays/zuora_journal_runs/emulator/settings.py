"""Settings of an emulator: behaviour that Zuora's documents leave open, and limits.

To add a setting: add a field here, and name it in `zjr emulator --help`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PERMISSIONS = frozenset({"Create Journal Run", "Cancel Journal Run", "Delete Cancelled Journal Run"})
"""The Zuora Finance permissions that a standard user has."""

OVERRIDE_TRANSFERRED = "Override Transferred to Accounting"
"""The permission to change `transferredToAccounting` from `Yes`, which a standard user does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Settings of an emulator. They do not change during its life."""

    show_cancel_in_progress: bool = True
    """Whether the API shows `CancelInprogress`, or the previous status until the cancellation has ended."""

    one_run_at_a_time: bool = True
    """Whether a run that is `Pending` or `Processing` prevents the creation of another one."""

    override_transferred: bool = False
    """Whether every user has the permission "Override Transferred to Accounting"."""

    earliest_target_date: date | None = None
    """The first date that a run may cover; None for the start of the first accounting period."""

    tenant_version: str = "186.0"
    """The `Zuora-Version` of requests without one. From 2024-05-20 on, errors have an HTTP status other than 200."""

    numeric_codes: bool = True
    """Whether error codes are numbers, as seen in real responses, or text, as in the schemas."""

    put_needs_content_type: bool = True
    """Whether a PUT without a content type gets a 415, as seen live. Zuora's own SDK 3.21 sends none."""

    entity_ids: frozenset[str] = frozenset()
    """The valid values of `Zuora-Entity-Ids`, for a tenant with Multi-entity; if empty, any value is accepted."""

    organization_ids: frozenset[str] = frozenset()
    """The valid values in `Zuora-Org-Ids`, for a tenant with Multi-Org; if empty, any value is accepted."""

    max_page_size: int = 300
    """The largest `pageSize`; documents say 300 and 40."""

    token_seconds: int = 3600
    """The lifetime of a bearer token in seconds."""

    calls_per_minute: int = 50_000
    """The number of calls per minute of the emulator's clock; further ones get a 429."""

    token_calls_per_minute: int = 2_000
    """The number of token requests per minute; further ones get a 429."""

    max_body_size: int = 1 << 20
    """The maximum size of a request body in bytes, compressed and decompressed."""

    max_head_size: int = 16 << 10
    """The maximum size of a request's URL, and of its headers, in bytes."""

    max_connections: int = 2000
    """The maximum number of connections; further ones get a 503."""

    max_buffered_size: int = 64 << 20
    """The maximum size of all incomplete request bodies together, in bytes; further ones get a 503."""

    request_log_size: int = 1000
    """How many requests the request log keeps."""

    @staticmethod
    def texts_in(path: Path) -> list[str]:
        """Read a TOML file of settings, such as `zjr contract --settings` writes, as texts for `parse`.

        Raises:
            ValueError: It cannot be read, or a value has no meaning here.
        """
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
            return [f"{name}={_text(value)}" for name, value in values.items()]
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Parse settings such as `show-cancel-in-progress=no`, `max-page-size=40` and `entity-ids=e1,e2`.

        Raises:
            ValueError: A text is not a setting; the message says why.
        """
        known = {each.name.replace("_", "-"): each for each in fields(cls)}
        given: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in known:
                raise ValueError(f"unknown setting {name!r}: use one of {', '.join(known)}")
            try:
                given[known[name].name] = _parse(value, known[name].default)
            except ValueError as error:
                raise ValueError(f"{text!r} is not a valid setting: {error}") from None
        return cls(**given)


def _text(value: object) -> str:
    """Return a value of TOML as it is written on the command line."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ",".join(map(str, value))
        case str() | int() | date():
            return str(value)
        case _:
            raise ValueError(f"{value!r} is not a value of a setting")


def _parse(value: str, default: object) -> object:
    """Parse a value of the same type as the default."""
    match default:
        case bool():
            if value not in ("yes", "no"):
                raise ValueError("write yes or no")
            return value == "yes"
        case int():
            if not value.isdecimal() or not 0 < int(value[:10]) < 1 << 31:
                raise ValueError("write a whole number of at least 1")
            return int(value)
        case frozenset():
            return frozenset(filter(None, value.split(",")))
        case None:
            return date.fromisoformat(value)
        case _:
            return value
