"""Settings as text, for the command."""

from __future__ import annotations

from datetime import date

import pytest

from zuora_journal_runs.emulator import Settings


def test_settings_are_read() -> None:
    assert Settings.parse([]) == Settings()
    texts = [
        "show-cancel-in-progress=no",
        "numeric-codes=yes",
        "max-page-size=40",
        "tenant-version=2025-08-12",
        "entity-ids=e1,e2",
        "organization-ids=",
        "earliest-target-date=2015-01-01",
    ]
    assert Settings.parse(texts) == Settings(
        show_cancel_in_progress=False,
        max_page_size=40,
        tenant_version="2025-08-12",
        entity_ids=frozenset({"e1", "e2"}),
        earliest_target_date=date(2015, 1, 1),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour=green", "unknown setting 'colour': use one of show-cancel-in-progress, "),
        ("numeric-codes", "write yes or no"),
        ("numeric-codes=true", "write yes or no"),
        ("max-page-size=0", "at least 1"),
        ("max-page-size=-1", "at least 1"),
        ("max-page-size=99999999999999999999", "at least 1"),
        ("earliest-target-date=soon", "Invalid isoformat"),
    ],
)
def test_invalid_settings_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings.parse([text])
