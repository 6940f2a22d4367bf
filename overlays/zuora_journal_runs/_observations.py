"""What single responses prove about a journal run.

Each observation has a time (seconds since 1970) and proves one thing. A response that proves nothing becomes a
`Problem`, from which nothing is ever concluded. What HTTP does with a status (renew a token, back off) is decided
elsewhere; what a response means for the run is decided here, by Zuora's own body alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

EntryState = tuple[str, str | None]
"""An entry's `status` and `transferredToAccounting`."""
STAYS = ("Yes", "Processing")
"""The values of `transferredToAccounting` with which an entry cannot be cancelled."""


@frozen
class Accepted:
    """Zuora accepted a request that changes something: the response is 2xx, JSON and says `success: true`."""

    at: float
    """Seconds since 1970."""
    request: Literal["create", "cancel", "delete"]
    """Which request was accepted."""


@frozen
class RunSeen:
    """The run exists and has this status: the response is 2xx and names the run that was requested.

    `success` is true or absent, since Zuora's documents contradict each other about GETs.
    """

    at: float
    """Seconds since 1970."""
    status: str
    """The run's status."""
    total: int | None = None
    """`totalJournalEntryCount`, if the response has it."""


@frozen
class RunNotFound:
    """Zuora refused to return the run, in its own error form, with a reason of category 40."""

    at: float
    """Seconds since 1970."""


@frozen
class EntriesListed:
    """All pages of the run's entries were read, and each entry was on them once."""

    at: float
    """Seconds since 1970."""
    entries: Mapping[str, EntryState]
    """The state of each entry by its number."""


@frozen
class EntriesRefused:
    """Zuora itself refused to list the entries, for a reason that does not pass by itself."""

    at: float
    """Seconds since 1970."""
    problem: str
    """Why, in words of this package."""


@frozen
class Problem:
    """A response that proves nothing about the run, or no response."""

    at: float
    """Seconds since 1970."""
    problem: str
    """What was wrong, in words of this package; it never repeats what a server sent."""


@frozen
class EntryUpdated:
    """Zuora accepted a change of an entry: the response is 2xx, JSON and says `success: true`."""

    at: float
    """When, in seconds since 1970."""
    entry: str
    """The entry's number."""


@frozen
class Planned:
    """What was planned, before anything was changed."""

    at: float
    """When, in seconds since 1970."""
    plan: Mapping[str, Any]
    """The plan, as `Plan.to_dict` returns it."""


CreationStep = Literal["begun", "refused"]
PostingStep = Literal["claimed", "begun", "posted", "failed", "not posted"]


@frozen
class CreationNoted:
    """A creation is about to be sent under an idempotency key, or was refused for good under it."""

    at: float
    """When, in seconds since 1970."""
    step: CreationStep
    """Which of the two it is."""
    key: str
    """The idempotency key."""


@frozen
class PostingNoted:
    """How far the posting of an entry is: what a process that is killed here leaves for the next one to know."""

    at: float
    """When, in seconds since 1970."""
    step: PostingStep
    """`begun`: it is about to be posted. `not posted`: it was found not to be, after a posting in doubt."""
    entry: str
    """The entry's number."""


Note = Planned | CreationNoted | PostingNoted
"""What a program notes of its own doing."""
Observation = Accepted | RunSeen | RunNotFound | EntriesListed | EntriesRefused | EntryUpdated | Problem

_NOT_FOUND = "40"
_TRANSIENT = frozenset({"50", "60", "61", "70", "99"})
_CODE = re.compile(r"(?:[0-9]{6})?([0-9]{2})")
_UPDATE = re.compile(r"/v1/journal-entries/([^/]+)/basic-information")
_REQUESTS: tuple[tuple[str, str, Literal["create", "cancel", "delete"]], ...] = (
    ("POST", r"/v1/journal-runs", "create"),
    ("PUT", r"/v1/journal-runs/[^/]+/cancel", "cancel"),
    ("DELETE", r"/v1/journal-runs/[^/]+", "delete"),
)


class ResponseReader:
    """Reads the responses about one run, in the order in which they came.

    Args:
        number: The run's number.
    """

    def __init__(self, number: str) -> None:
        self._run = f"/v1/journal-runs/{number}"
        self._entries = f"/v1/journal-entries/journal-runs/{number}"
        self._number = number
        self._pages: list[Mapping[str, EntryState]] = []
        """The entries on the pages of the listing that is being read."""
        self._listed: set[str] = set()
        self._before: list[Mapping[str, EntryState]] = []
        """The entries on the pages of the listing before it."""
        self._states: dict[EntryState, EntryState] = {}
        self._next: str | None = None

    def read(self, at: float, method: str, path: str, status: int, body: bytes | str) -> Observation | None:
        """Return what a response proves, or None for a page of entries that is not the last one.

        Args:
            at: When it came, in seconds since 1970.
            method: The method of the request.
            path: The path of the request, with its query.
            status: The status of the response.
            body: The body of the response.
        """
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return Problem(at, f"HTTP {status} without a JSON body")
        if not isinstance(data, dict):
            return Problem(at, f"HTTP {status} without a JSON object")
        return self.read_json(at, method, path, status, data)

    def read_json(self, at: float, method: str, path: str, status: int, data: Mapping[str, Any]) -> Observation | None:
        """Return the same for a body that is already decoded."""
        address = urlsplit(path).path
        if method == "GET" and address == self._run:
            return self._read_run(at, status, data)
        if method == "GET" and address == self._entries:
            return self._read_page(at, path, status, data)
        for its_method, pattern, request in _REQUESTS:
            if method == its_method and re.fullmatch(pattern, address):
                return Accepted(at, request) if _is_accepted(status, data) else _not_accepted(at, status)
        if method == "PUT" and (update := _UPDATE.fullmatch(address)):
            return EntryUpdated(at, update[1]) if _is_accepted(status, data) else _not_accepted(at, status)
        return Problem(at, f"{method} {address} is not a request about {self._number}")

    def _read_run(self, at: float, status: int, data: Mapping[str, Any]) -> Observation:
        category = refusal_category(status, data)
        if category == _NOT_FOUND:
            return RunNotFound(at)
        run_status = data.get("status")
        if category is not None:
            problem = f"HTTP {status}, refused with category {category}"
        elif not 200 <= status < 300:
            problem = f"HTTP {status} without Zuora's error form"
        elif data.get("success", True) is not True:
            problem = "the response does not say `success: true`"
        elif data.get("number") != self._number:
            problem = "the response is about another run"
        elif not isinstance(run_status, str) or not run_status:
            problem = "the response has no run status"
        else:
            return RunSeen(at, run_status, _count(data.get("totalJournalEntryCount")))
        return Problem(at, problem)

    def _read_page(self, at: float, path: str, status: int, data: Mapping[str, Any]) -> Observation | None:
        category = refusal_category(status, data)
        if category is not None and category not in _TRANSIENT:
            return EntriesRefused(at, f"HTTP {status}, refused with category {category}")
        if not 200 <= status < 300:
            return Problem(at, f"HTTP {status} without Zuora's error form")
        page = _entries_on(data)
        if isinstance(page, str):
            return Problem(at, page)
        return self._add_page(at, path, page, _path_of(data.get("nextPage")))

    def _add_page(
        self, at: float, path: str, page: dict[str, EntryState], following: str | None
    ) -> EntriesListed | Problem | None:
        """Return the listing that a page completes, or None if further pages follow."""
        if _is_first(path):
            self._pages, self._listed, self._states = [], set(), {}
        elif path != self._next:
            return Problem(at, "the page is not the one that the page before it names as next")
        if not self._listed.isdisjoint(page):
            return Problem(at, "an entry is listed on two pages")
        self._listed.update(page)
        self._pages.append(self._shared(page))
        self._next = following
        if following:
            return None
        self._before, self._listed = self._pages, set()
        return EntriesListed(at, _Pages(self._pages) if len(self._pages) > 1 else self._pages[0])

    def _shared(self, page: dict[str, EntryState]) -> Mapping[str, EntryState]:
        """Return a page made of objects that are there already: the listings of a long wait share what is equal."""
        place = len(self._pages)
        if place < len(self._before) and self._before[place] == page:
            return self._before[place]
        return {number: self._states.setdefault(state, state) for number, state in page.items()}


class _Pages(Mapping[str, EntryState]):
    """The entries on several pages."""

    def __init__(self, pages: Iterable[Mapping[str, EntryState]]) -> None:
        self._pages = tuple(pages)

    def __len__(self) -> int:
        return sum(map(len, self._pages))

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._pages)

    def __getitem__(self, number: str) -> EntryState:
        for page in self._pages:
            if number in page:
                return page[number]
        raise KeyError(number)

    def items(self) -> ItemsView[str, EntryState]:
        return _Items(self)

    def __eq__(self, other: object) -> bool:
        # Pages that are shared are the same object, which is quickly seen.
        if isinstance(other, _Pages) and self._pages == other._pages:
            return True
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as a dict

    def __repr__(self) -> str:
        return repr(dict(self))


class _Items(ItemsView[str, EntryState]):
    """The items of several pages: `ItemsView` would look each of them up."""

    _mapping: _Pages

    def __iter__(self) -> Iterator[tuple[str, EntryState]]:
        return chain.from_iterable(page.items() for page in self._mapping._pages)  # noqa: SLF001 - of this module


def _is_accepted(status: int, data: Mapping[str, Any]) -> bool:
    return 200 <= status < 300 and data.get("success") is True


def _not_accepted(at: float, status: int) -> Problem:
    return Problem(at, f"HTTP {status} without `success: true`")


def refusal_category(status: int, data: Mapping[str, Any]) -> str | None:
    """Return the category of a refusal in Zuora's own error form, or None if the response is not one.

    The form is `success: false` and a list of reasons, each with a code and a message; the category is the last two
    digits of the first code (Zuora, error handling, 2026).
    """
    reasons = data.get("reasons")
    if status >= 500 or data.get("success") is not False or not isinstance(reasons, list) or not reasons:
        return None
    reason = reasons[0]
    if not isinstance(reason, dict) or not isinstance(reason.get("message"), str):
        return None
    code = _CODE.fullmatch(str(reason.get("code")))
    return None if code is None else code[1]


def is_refusal(status: int, body: bytes) -> bool:
    """Return whether a body is a refusal in Zuora's own error form."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and refusal_category(status, data) is not None


def _entries_on(data: Mapping[str, Any]) -> dict[str, EntryState] | str:
    """Return the entries on a page by number, or what is wrong with the page."""
    listed = data.get("journalEntries")
    if not isinstance(listed, list):
        return "the response has no list of entries"
    if data.get("success", bool(listed)) is not True:
        return "the response does not say `success: true`"
    entries: dict[str, EntryState] = {}
    for entry in listed:
        if not isinstance(entry, dict):
            return "an entry is not a JSON object"
        number, status = entry.get("number"), entry.get("status")
        transferred = entry.get("transferredToAccounting")
        if not (isinstance(number, str) and isinstance(status, str) and isinstance(transferred, str | None)):
            return "an entry has no number, no status, or a `transferredToAccounting` that is not text"
        entries[number] = (status, transferred)
    return entries if len(entries) == len(listed) else "an entry is listed twice on one page"


def _is_first(path: str) -> bool:
    query = dict(parse_qsl(urlsplit(path).query))
    return query.keys() <= {"page", "pageSize"} and query.get("page", "1") == "1"


def _path_of(address: object) -> str | None:
    """Return path and query of the next page, which Zuora names by its full URL."""
    return re.sub(r"^[a-z]+://[^/]*", "", address) if isinstance(address, str) else None


def _count(value: Any) -> int | None:
    """Return a count, which JSON may write with a fraction of zero, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # Compared before it is converted: 1e999999999 has that many digits.
    return int(value) if 0 <= value < 2**63 and value == int(value) else None
