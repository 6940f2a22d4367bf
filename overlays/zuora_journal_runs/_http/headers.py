"""The header conventions: what may be sent in each, checked before anything is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zuora_journal_runs._http.token_cache import Secret
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRACK_ID = re.compile(r"(?! )[ !#-&(-9<-~]{1,64}(?<! )")
_ENTITY_ID = re.compile(r"[!-+\-.-:<-~]+")
_VISIBLE = re.compile(r"(?! )[ -~]+(?<! )")
_RUN_NUMBER = re.compile(r"JR-[0-9]{8,}")
_ENTRY_NUMBER = re.compile(r"JE-[0-9]{8,}")

MAX_TRACK_ID = 64
MAX_IDEMPOTENCY_KEY = 255


def track_id(value: str) -> str:
    """A `Zuora-Track-Id`: 1 to 64 characters of US-ASCII without `:`, `;`, `"` and `'`.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: it is anything else.
    """
    if _TRACK_ID.fullmatch(value):
        return value
    if len(value) > MAX_TRACK_ID:
        raise InvalidArgumentError(
            f"track id {value[:20]!r}... has {len(value)} characters; at most {MAX_TRACK_ID} are allowed"
        )
    raise InvalidArgumentError(
        f"track id {value!r} cannot be sent: use US-ASCII characters other than : ; \" ' and no blank at either end"
    )


def entity_id(value: str) -> str:
    """A `Zuora-Entity-Ids`, which takes exactly one id.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: it holds a comma, a blank or another character that no id has.
    """
    if _ENTITY_ID.fullmatch(value):
        return value
    raise InvalidArgumentError(f"entity id {value!r} is not one: give exactly one id, without commas and blanks")


def org_ids(values: str | Iterable[str]) -> str:
    """A `Zuora-Org-Ids`: the ids, separated by commas.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: there is none, or one holds a blank or another character that no id has.
    """
    ids = [value.strip() for value in (values.split(",") if isinstance(values, str) else values)]
    if ids and all(_ENTITY_ID.fullmatch(value) for value in ids):
        return ",".join(ids)
    raise InvalidArgumentError(f"organisation ids {values!r} are not a list of ids: separate them by commas")


def zuora_version(value: str) -> str:
    """A `Zuora-Version`, such as 2025-08-12 or 341.0.

    Raises:
        InvalidArgumentError: it cannot stand in a header.
    """
    return _visible("Zuora-Version", value)


def idempotency_key(value: str) -> str:
    """An `Idempotency-Key`: 1 to 255 characters.

    Source: Zuora's swagger file, 2023-12-15.

    Raises:
        InvalidArgumentError: it is longer, or cannot stand in a header.
    """
    if len(value) > MAX_IDEMPOTENCY_KEY:
        raise InvalidArgumentError(
            f"idempotency key {value[:20]!r}... has {len(value)} characters; at most {MAX_IDEMPOTENCY_KEY} are allowed"
        )
    return _visible("Idempotency-Key", value)


def is_token(value: str) -> bool:
    """Whether a text can be sent as a bearer token."""
    return _VISIBLE.fullmatch(value) is not None


def token(value: str) -> Secret:
    """A bearer token. The error does not repeat it.

    Raises:
        InvalidArgumentError: it cannot stand in a header.
    """
    value = Secret(value)
    if is_token(value):
        return value
    raise InvalidArgumentError("the token has characters that cannot stand in a header, or is empty")


def run_number(value: str) -> str:
    """The number of a journal run, such as JR-00000075.

    Source: Zuora, Cancel a journal run, 2026-02-20.

    Raises:
        InvalidArgumentError: it has another form.
    """
    if _RUN_NUMBER.fullmatch(value):
        return value
    raise InvalidArgumentError(f"{value!r} is not a journal run number: it has the form JR-00000075")


def entry_number(value: str) -> str:
    """Return the number of a summary journal entry, such as JE-00000038.

    Source: Zuora, Update a summary journal entry.

    Raises:
        InvalidArgumentError: It has another form.
    """
    if _ENTRY_NUMBER.fullmatch(value):
        return value
    raise InvalidArgumentError(f"{value!r} is not a journal entry number: it has the form JE-00000038")


def _visible(name: str, value: str) -> str:
    if _VISIBLE.fullmatch(value):
        return value
    raise InvalidArgumentError(
        f"{name} {value!r} cannot be sent: use printable US-ASCII characters, no blank at either end"
    )
