"""The header conventions: what may be sent in each header, checked before anything is sent."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

from zuora_journal_runs._http.token_cache import Secret
from zuora_journal_runs.errors import InvalidArgumentError

_TRACK_ID = re.compile(r"(?! )[ !#-&(-9<-~]{1,64}(?<! )")
_ENTITY_ID = re.compile(r"[!-+\-.-:<-~]+")
_ENTRY_NUMBER = re.compile(r"JE-[0-9]{8,}")
_VISIBLE = re.compile(r"(?! )[ -~]+(?<! )")

MAX_TRACK_ID = 64
MAX_IDEMPOTENCY_KEY = 255


def parse_track_id(value: str) -> str:
    """Return a `Zuora-Track-Id`: 1 to 64 characters of US-ASCII without `:`, `;`, `"` and `'`.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: The value is not valid.
    """
    _check_text("track_id", value)
    if _TRACK_ID.fullmatch(value):
        return value
    if len(value) > MAX_TRACK_ID:
        raise InvalidArgumentError(
            f"track id {value[:20]!r}... has {len(value)} characters; at most {MAX_TRACK_ID} are allowed"
        )
    raise InvalidArgumentError(
        f"track id {value!r} cannot be sent: use US-ASCII characters other than : ; \" ' and no blank at either end"
    )


def parse_entity_id(value: str) -> str:
    """Return a `Zuora-Entity-Ids`, which takes exactly one id.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: The value has a comma, a blank or another character that no id has.
    """
    _check_text("entity_id", value)
    if _ENTITY_ID.fullmatch(value):
        return value
    raise InvalidArgumentError(f"entity id {value!r} is not valid: give exactly one id, without commas and blanks")


def parse_org_ids(values: str | Iterable[str]) -> str:
    """Return a `Zuora-Org-Ids`: the ids, separated by commas.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: There is no id, or one has a blank or another character that no id has.
    """
    ids: list[object] = []
    with contextlib.suppress(TypeError):  # it is not iterable
        ids += values.split(",") if isinstance(values, str) else values
    stripped = [value.strip() for value in ids if isinstance(value, str)]
    if 0 < len(ids) == len(stripped) and all(map(_ENTITY_ID.fullmatch, stripped)):
        return ",".join(stripped)
    raise InvalidArgumentError(
        f"organisation ids {ids or values!r} are not valid: separate them by commas, or give a list of strings"
    )


def parse_zuora_version(value: str) -> str:
    """Return a `Zuora-Version`, such as 2025-08-12 or 341.0.

    Raises:
        InvalidArgumentError: The value cannot be sent in a header.
    """
    _check_text("zuora_version", value)
    return _visible("Zuora-Version", value)


def parse_idempotency_key(value: str) -> str:
    """Return an `Idempotency-Key`: 1 to 255 characters.

    Source: Zuora's swagger file, 2023-12-15.

    Raises:
        InvalidArgumentError: The value is longer, or cannot be sent in a header.
    """
    _check_text("idempotency_key", value)
    if len(value) > MAX_IDEMPOTENCY_KEY:
        raise InvalidArgumentError(
            f"idempotency key {value[:20]!r}... has {len(value)} characters; at most {MAX_IDEMPOTENCY_KEY} are allowed"
        )
    return _visible("Idempotency-Key", value)


def is_token(value: object) -> bool:
    """Return whether a value can be sent as a bearer token."""
    return isinstance(value, str) and _VISIBLE.fullmatch(value) is not None


def parse_token(value: str) -> Secret:
    """Return a bearer token. The error does not repeat it.

    Raises:
        InvalidArgumentError: The value cannot be sent in a header.
    """
    value = Secret(value)
    if is_token(value):
        return value
    raise InvalidArgumentError("the token has characters that cannot be sent in a header, or is empty")


def parse_entry_number(value: str) -> str:
    """Return the number of a summary journal entry, such as JE-00000038.

    Source: Zuora, Update a summary journal entry.

    Raises:
        InvalidArgumentError: It has another form.
    """
    if _ENTRY_NUMBER.fullmatch(value):
        return value
    raise InvalidArgumentError(f"{value!r} is not a journal entry number: it has the form JE-00000038")


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} is {value!r}: give a string")


def _visible(name: str, value: str) -> str:
    if _VISIBLE.fullmatch(value):
        return value
    raise InvalidArgumentError(
        f"{name} {value!r} cannot be sent: use printable US-ASCII characters, no blank at either end"
    )
