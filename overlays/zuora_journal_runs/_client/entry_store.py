"""The entries that a wait has seen, in little memory however many they are."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, overload

from zuora_journal_runs.results import is_cancelled
from zuora_journal_runs_api.models import JournalEntry
from zuora_journal_runs_api.types import decode, views

if TYPE_CHECKING:
    from zuora_journal_runs_api.models import JournalEntriesPage

_KEPT = 1000
"""How many entries that are not cancelled are kept as they are, if the entries are on several pages."""


class _Page:
    """A page of entries, compressed: its text has a third of the size of the entries, and repeats itself."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = zlib.compress(content, 1)

    def entries(self) -> list[JournalEntry]:
        """Return the entries, which were checked when they came."""
        return views(JournalEntry, decode(zlib.decompress(self._content))["journalEntries"])


class _Place:
    """Where an entry is on a page."""

    __slots__ = ("index", "is_cancelled", "page")

    def __init__(self, page: _Page, index: int, *, cancelled: bool) -> None:
        self.page, self.index, self.is_cancelled = page, index, cancelled


class StoredEntries(Sequence[JournalEntry]):
    """Entries that are decoded again whenever they are used, a page at a time."""

    def __init__(self, places: Sequence[JournalEntry | _Place]) -> None:
        self._places = places
        self._last: tuple[_Page, list[JournalEntry]] | None = None

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> StoredEntries: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | StoredEntries:
        if isinstance(index, slice):
            return StoredEntries(self._places[index])
        place = self._places[index]
        if isinstance(place, JournalEntry):
            return place
        last = self._last
        if last is None or last[0] is not place.page:
            last = self._last = (place.page, place.page.entries())
        return last[1][place.index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list | StoredEntries) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        return f"<{len(self):,} entries>"


class EntryStore:
    """Each entry of a run as it was shown last; once it was shown to be cancelled it stays so.

    An entry takes 3,500 bytes once it is decoded. If the entries are on several pages, these are kept as they came,
    compressed, and what does not end as cancelled is likely to be looked at: some of that is kept decoded.
    """

    def __init__(self) -> None:
        self.cancelled: int = 0
        """How many entries are cancelled."""
        self._places: dict[str, JournalEntry | _Place] = {}
        self._several = False
        self._kept = 0

    def __len__(self) -> int:
        return len(self._places)

    def take(self, page: JournalEntriesPage, content: bytes) -> None:
        """Take in a page.

        Args:
            page: The page.
            content: What it was read from.
        """
        self._several = self._several or bool(page.next_page)
        stored: _Page | None = None
        for index, entry in enumerate(page.journal_entries):
            number, cancelled = entry.number, is_cancelled(entry)
            known = self._places.get(number)
            if isinstance(known, JournalEntry):
                was_cancelled = is_cancelled(known)
                self._kept -= not was_cancelled
            else:
                was_cancelled = known is not None and known.is_cancelled
            if was_cancelled and not cancelled:
                continue
            self.cancelled += cancelled and not was_cancelled
            if not self._several or (not cancelled and self._kept < _KEPT):
                self._places[number] = entry
                self._kept += not cancelled
            else:
                stored = stored or _Page(content)
                self._places[number] = _Place(stored, index, cancelled=cancelled)

    def values(self) -> Sequence[JournalEntry]:
        """Return all entries, in the order in which they were shown first."""
        return _sequence(tuple(self._places.values()))

    def of(self, numbers: Iterable[str]) -> Sequence[JournalEntry]:
        """Return the entries of these numbers, as far as there are any."""
        return _sequence(tuple(self._places[number] for number in numbers if number in self._places))


def _sequence(places: tuple[JournalEntry | _Place, ...]) -> Sequence[JournalEntry]:
    entries = [place for place in places if isinstance(place, JournalEntry)]
    return entries if len(entries) == len(places) else StoredEntries(places)
