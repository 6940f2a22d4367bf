"""The entries that a wait has seen: as if all of them were kept."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs._client import entry_store
from zuora_journal_runs._client.entry_store import EntryStore, StoredEntries
from zuora_journal_runs_api.models import JournalEntriesPage
from zuora_journal_runs_api.types import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zuora_journal_runs import JournalEntry

Shown = list[tuple[int, bool]]
"""The entries on a page: the number of each, and whether it is cancelled."""
PAGES = st.lists(
    st.tuples(st.lists(st.tuples(st.integers(0, 6), st.booleans()), unique_by=lambda shown: shown[0]), st.booleans()),
    max_size=6,
)


def page(shown: Shown, version: int, *, more: bool) -> tuple[JournalEntriesPage, bytes]:
    body: dict[str, Any] = {
        "success": True,
        "journalEntries": [
            {
                "number": f"JE-{number:08}",
                "status": "Cancelled" if cancelled else "Created",
                "notes": f"version {version}",
                "journalEntryItems": [{"type": "Debit", "amount": 0.1}],
            }
            for number, cancelled in shown
        ],
    }
    content = json.dumps({**body, "nextPage": "/next"} if more else body).encode()
    return JournalEntriesPage.from_dict(decode(content)), content


def stored(pages: Sequence[tuple[Shown, bool]]) -> tuple[EntryStore, dict[str, JournalEntry]]:
    """Return a store, and what it has to hold."""
    store, expected = EntryStore(), dict[str, Any]()
    for version, (shown, more) in enumerate(pages):
        found, content = page(shown, version, more=more)
        store.take(found, content)
        for entry in found.journal_entries:
            known = expected.get(entry.number)
            if known is None or known.status != "Cancelled" or entry.status == "Cancelled":
                expected[entry.number] = entry
    return store, expected


@pytest.mark.parametrize("kept", [0, 1, 3, 1000])
@given(PAGES, st.lists(st.integers(0, 8)))
def test_it_holds_each_entry_as_it_was_shown_last(kept: int, pages: list[tuple[Shown, bool]], asked: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(entry_store, "_KEPT", kept)
        store, expected = stored(pages)
    assert len(store) == len(expected)
    assert list(store.values()) == list(expected.values())
    assert store.cancelled == sum(entry.status == "Cancelled" for entry in expected.values())
    numbers = [f"JE-{number:08}" for number in asked]
    assert list(store.of(numbers)) == [expected[number] for number in numbers if number in expected]
    decoded = [place for place in store._places.values() if not isinstance(place, entry_store._Place)]
    if any(more for _, more in pages[:1]):
        assert len(decoded) <= kept
        assert all(entry.status != "Cancelled" for entry in decoded)


def test_entries_of_one_page_are_a_list() -> None:
    store, expected = stored([([(1, True), (2, False)], False)])
    assert store.values() == list(expected.values())
    assert isinstance(store.values(), list)


def test_stored_entries_are_a_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    store, expected = stored([([(1, True), (2, False)], True), ([(3, True), (4, True)], False)])
    entries, listed = store.values(), list(expected.values())
    assert isinstance(entries, StoredEntries)
    assert (len(entries), repr(entries)) == (4, "<4 entries>")
    assert entries == listed
    assert entries == store.values()
    assert entries != listed[1:]
    assert entries != tuple(listed)
    assert entries[1:] == listed[1:]
    assert entries[-1] == listed[-1]
    assert listed[2] in entries
    assert pickle.loads(pickle.dumps(entries)) == listed
    with pytest.raises(IndexError):
        entries[4]
    # In order, each page is decoded once.
    decoded: list[bytes] = []

    def counted(content: bytes) -> dict[str, Any]:
        decoded.append(content)
        return decode(content)

    monkeypatch.setattr(entry_store, "decode", counted)
    assert [entry.number for entry in store.values()] == list(expected)
    assert len(decoded) == 2


def test_what_is_not_cancelled_stays_decoded_however_often_it_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_store, "_KEPT", 2)
    store, expected = stored([([(1, False), (2, True), (3, False)], True)] * 3)
    assert isinstance(store.of(["JE-00000001", "JE-00000003"]), list)
    assert isinstance(store.values(), StoredEntries)
    assert store.values() == list(expected.values())


def test_a_page_is_not_kept_when_no_entry_is_on_it_any_more() -> None:
    """A wait may list the entries very often."""
    store, _ = stored([([(1, True), (2, True)], True)] * 5)
    assert len({id(place.page) for place in store._places.values() if isinstance(place, entry_store._Place)}) == 1
