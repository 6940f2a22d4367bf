"""The emulator as the provider that the contract suite is tried on."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import httpx

from .suite import Known, Suite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zuora_journal_runs.emulator import Emulator

SEED = 75


def suite_for(emulator: Emulator, fragment: Mapping[str, Any], *, examples: int = 1) -> Suite:
    """The suite for an emulator, in process."""
    keys = itertools.count()
    suite = Suite(
        fragment,
        known(emulator),
        token=token_of(emulator),
        seed=SEED,
        examples=examples,
        new_key=lambda: f"key-{next(keys)}",
    )
    suite.schema.app = emulator.asgi()
    return suite


def known(emulator: Emulator) -> Known:
    """What a new emulator has, or one that was reset."""
    return Known(
        runs={
            "getJournalRun": "JR-00000073",
            "listJournalEntriesOfJournalRun": "JR-00000073",
            "cancelJournalRun": "JR-00000075",
            "deleteJournalRun": "JR-00000072",
        },
        period="Oct-2026",
        start="2026-10-01",
        end="2026-10-31",
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
    )


def token_of(emulator: Emulator) -> str:
    """A bearer token of an emulator's."""
    form = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "grant_type": "client_credentials",
    }
    with httpx.Client(transport=emulator.transport(), base_url=emulator.url) as client:
        token: str = client.post("/oauth/token", data=form).raise_for_status().json()["access_token"]
    return token
