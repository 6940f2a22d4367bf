"""The stream of a run's entries: the same as the list, or an error; nothing is left running."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors
from zuora_journal_runs._client import streaming
from zuora_journal_runs._http import RunNumber, Sleep, Wait

from .world import URL, Async, Sync, answer, refusal, run, with_defaults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .world import Kind

RUN = "JR-00000075"
PATIENCE = 20.0
"""Seconds after which a thread counts as stuck."""


class Tenant:
    """A run whose entries are listed by the page, and may change before any request.

    Args:
        entries: The numbers of its entries.
        size: Entries on a page.
        changes: What to do before the request of this index.
        counted: Whether the run has a count of its entries.
    """

    def __init__(
        self,
        entries: list[int],
        size: int,
        changes: dict[int, Callable[[Tenant], None]] | None = None,
        *,
        counted: bool = True,
    ) -> None:
        self.entries, self.size, self.changes = list(entries), size, changes or {}
        self.total: int | None = len(entries) if counted else None
        self.status = "Completed"
        self.requests: list[str] = []
        self.lists: list[list[int]] = []
        """The entries at each request for a page."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if change := self.changes.get(len(self.requests)):
            change(self)
        self.requests.append(request.url.raw_path.decode())
        if request.url.path == f"/v1/journal-runs/{RUN}":
            return run(self.status, **({} if self.total is None else {"totalJournalEntryCount": self.total}))
        self.lists.append(list(self.entries))
        place = int(request.url.params.get("page", "1"))
        shown = self.entries[(place - 1) * self.size : place * self.size]
        body: dict[str, Any] = {
            "success": True,
            "journalEntries": [{"number": f"JE-{number:08}", "status": "Created"} for number in shown],
        }
        if place * self.size < len(self.entries):
            body["nextPage"] = f"{URL}{request.url.path}?page={place + 1}&pageSize={self.size}"
        return answer(body=body)


def collected(
    kind: Kind, handler: Callable[[httpx.Request], httpx.Response], **arguments: Any
) -> tuple[list[int], Any]:
    """Return the entries that a stream gave, and the error that it ended with."""
    found: list[int] = []

    def take(client: Any) -> Any:
        stream = client.iter_entries(RUN)
        if kind.client_class is AsyncJournalRunsClient:
            return take_async(stream)
        found.extend(int(entry.number[3:]) for entry in stream)
        return None

    async def take_async(stream: Any) -> None:
        async for entry in stream:
            found.append(int(entry.number[3:]))  # noqa: PERF401 - an error must not lose those before it

    try:
        kind.use(handler, take, **arguments)
    except errors.JournalRunsError as error:
        return found, error
    return found, None


@given(st.integers(0, 12), st.integers(1, 5), st.booleans())
@pytest.mark.parametrize("make", [Sync, Async])
def test_it_is_the_same_as_the_list(make: type[Kind], count: int, size: int, counted: bool) -> None:
    tenant = Tenant(list(range(count)), size, counted=counted)
    assert collected(make(), tenant) == (list(range(count)), None)
    listed = make().use(tenant, lambda client: client.entries(RUN))
    assert [int(entry.number[3:]) for entry in listed] == list(range(count))


def remove(numbers: set[int], *, count: bool) -> Callable[[Tenant], None]:
    def change(tenant: Tenant) -> None:
        tenant.entries = [number for number in tenant.entries if number not in numbers]
        if count and tenant.total is not None:
            tenant.total = len(tenant.entries)

    return change


def insert(place: int, *, count: bool) -> Callable[[Tenant], None]:
    def change(tenant: Tenant) -> None:
        tenant.entries.insert(place, 100)
        if count and tenant.total is not None:
            tenant.total = len(tenant.entries)

    return change


def turn(tenant: Tenant) -> None:
    tenant.entries.reverse()


CHANGES = st.one_of(
    st.builds(remove, st.sets(st.integers(0, 11), min_size=1), count=st.booleans()),
    st.builds(insert, st.integers(0, 12), count=st.booleans()),
    st.just(turn),
)


@given(st.integers(0, 12), st.integers(1, 5), st.integers(1, 6), CHANGES)
@pytest.mark.parametrize("make", [Sync, Async])
def test_whatever_changes_it_is_never_silently_short(
    make: type[Kind], count: int, size: int, at: int, change: Callable[[Tenant], None]
) -> None:
    """Without an error it has given each entry once, and each one that was there all the time."""
    tenant = Tenant(list(range(count)), size, {at: change})
    found, error = collected(make(), tenant)
    assert len(found) == len(set(found))
    if error is None:
        assert set(found) >= set.intersection(*map(set, tenant.lists))
    else:
        assert isinstance(error, errors.IncompleteEntriesError)
        assert RUN in str(error)
        assert error.run is not None


def test_an_entry_that_moved_to_a_page_that_was_read_is_missed_loudly(kind: Kind) -> None:
    tenant = Tenant([1, 2, 3, 4], 2, {2: remove({1}, count=False)})
    found, error = collected(kind, tenant)
    assert found == [1, 2, 4]
    assert error.message.endswith("the run has 4 entries, and only 3 are listed")
    assert error.listed == 3


def test_a_count_that_follows_shows_it_too(kind: Kind) -> None:
    found, error = collected(kind, Tenant([1, 2, 3, 4], 2, {2: remove({1}, count=True)}))
    assert found == [1, 2, 4]
    assert error.message.endswith("the run had 4 entries before they were listed, and has 3 now")


def test_an_entry_is_never_given_twice(kind: Kind) -> None:
    found, error = collected(kind, Tenant([1, 2, 3, 4], 2, {2: insert(0, count=False)}))
    assert found == [1, 2]
    assert error.message.endswith("JE-00000002 is listed twice, so they changed meanwhile")


def test_without_a_count_the_status_shows_a_change(kind: Kind) -> None:
    def cancelling(tenant: Tenant) -> None:
        tenant.status = "CancelInprogress"

    found, error = collected(kind, Tenant([1, 2, 3], 2, {2: cancelling}, counted=False))
    assert found == [1, 2, 3]
    assert error.message.endswith("the run was Completed before they were listed, and is CancelInprogress now")


def test_a_run_that_fits_on_a_page_takes_two_requests(kind: Kind) -> None:
    tenant = Tenant([1, 2], 2)
    assert collected(kind, tenant) == ([1, 2], None)
    assert tenant.requests == [
        f"/v1/journal-runs/{RUN}",
        f"/v1/journal-entries/journal-runs/{RUN}?page=1&pageSize=300",
    ]


def test_a_page_that_is_shorter_than_the_count_is_no_whole_list(kind: Kind) -> None:
    tenant = Tenant([1, 2], 2)
    tenant.total = 3
    found, error = collected(kind, tenant)
    assert (found, error.listed, error.run.total_journal_entry_count) == ([1, 2], 2, 3)
    # Unless the count is lower by then.
    assert collected(kind, Tenant([1, 2, 3], 3, {1: remove({1}, count=False), 2: remove(set(), count=True)}))[1] is None


class Failing:
    """A tenant that fails at the requests of these indexes."""

    def __init__(self, tenant: Tenant, *failing: int) -> None:
        self.tenant, self.failing, self.count = tenant, failing, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return refusal("50000060", status=503) if self.count - 1 in self.failing else self.tenant(request)


@given(st.sets(st.integers(0, 6)))
@pytest.mark.parametrize("make", [Sync, Async])
def test_an_error_comes_where_it_happened_and_the_stream_goes_on_there(make: type[Kind], failing: set[int]) -> None:
    found: list[str] = []

    def take(client: Any) -> Any:
        stream = client.iter_entries(RUN)
        return take_async(stream) if isinstance(client, AsyncJournalRunsClient) else take_sync(stream)

    def take_sync(stream: Any) -> None:
        for _ in range(len(failing) + 1):
            try:
                for entry in stream:
                    found.append(entry.number)  # noqa: PERF401 - an error must not lose those before it
            except errors.ServerError:
                found.append("error")

    async def take_async(stream: Any) -> None:
        for _ in range(len(failing) + 1):
            try:
                async for entry in stream:
                    found.append(entry.number)  # noqa: PERF401
            except errors.ServerError:
                found.append("error")

    make().use(Failing(Tenant([1, 2, 3, 4, 5], 2), *failing), take, retry=lambda _: None)
    expected: list[str] = []
    index = 0
    # The run, three pages, and the run.
    for entries in ([], [1, 2], [3, 4], [5], []):
        while index in failing:
            expected.append("error")
            index += 1
        index += 1
        expected += [f"JE-{number:08}" for number in entries]
    assert found == expected


def test_what_is_not_complete_stays_so(kind: Kind) -> None:
    """Who iterates again gets neither an end nor further entries."""
    tenant = Tenant([1, 2, 3, 4], 2, {2: insert(0, count=False)})

    def take(client: Any) -> Any:
        stream = client.iter_entries(RUN)
        return take_async(stream) if isinstance(client, AsyncJournalRunsClient) else take_sync(stream)

    def take_sync(stream: Any) -> None:
        assert [next(stream).number, next(stream).number] == ["JE-00000001", "JE-00000002"]
        for _ in range(3):
            with pytest.raises(errors.IncompleteEntriesError, match="JE-00000002 is listed twice"):
                next(stream)

    async def take_async(stream: Any) -> None:
        assert [(await anext(stream)).number for _ in range(2)] == ["JE-00000001", "JE-00000002"]
        for _ in range(3):
            with pytest.raises(errors.IncompleteEntriesError, match="JE-00000002 is listed twice"):
                await anext(stream)

    kind.use(tenant, take)


def test_a_wrong_number_is_refused_at_once(kind: Kind) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="JR-75"):
        kind.use(Tenant([], 1), lambda client: client.iter_entries("JR-75"))


# Nothing is left running


class Blocking:
    """A tenant that holds back its response to the request of an index."""

    def __init__(self, tenant: Callable[[httpx.Request], httpx.Response], at: int) -> None:
        self.tenant, self.at, self.count = tenant, at, 0
        self.arrived, self.released = threading.Event(), threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count - 1 == self.at:
            self.arrived.set()
            assert self.released.wait(PATIENCE)
        return self.tenant(request)


def fetching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "zuora-journal-runs"]


@pytest.fixture
def held() -> Iterator[tuple[Blocking, JournalRunsClient]]:
    """A client whose second page is held back, and refused in the end with a hint to try again after a minute."""
    fine = Tenant([1, 2, 3, 4], 2)

    def tenant(request: httpx.Request) -> httpx.Response:
        return refusal("50000070", status=429, Retry_After="60") if "page=2" in str(request.url) else fine(request)

    handler = Blocking(tenant, 2)
    with JournalRunsClient(URL, **with_defaults({}), transport=httpx.MockTransport(handler)) as client:
        yield handler, client
        handler.released.set()
        for thread in fetching():
            thread.join(PATIENCE)
    assert fetching() == []
    # What was in progress ended, and nothing followed.
    assert handler.count == 3


@pytest.fixture
def released_at_the_end(held: tuple[Blocking, JournalRunsClient], monkeypatch: pytest.MonkeyPatch) -> None:
    """The response comes when the end of the request is waited for."""
    join = streaming._Fetch.join

    def released(fetch: streaming._Fetch) -> None:
        held[0].released.set()
        join(fetch)

    monkeypatch.setattr(streaming._Fetch, "join", released)


@pytest.mark.usefixtures("released_at_the_end")
def test_the_next_page_is_fetched_while_one_is_used(held: tuple[Blocking, JournalRunsClient]) -> None:
    handler, client = held
    with client.iter_entries(RUN) as stream:
        assert next(stream).number == "JE-00000001"
        assert stream.total == 4
        assert handler.arrived.wait(PATIENCE)
    assert fetching() == []
    assert list(stream) == []


def test_closing_waits_for_the_request_in_progress(held: tuple[Blocking, JournalRunsClient]) -> None:
    handler, client = held
    stream = client.iter_entries(RUN)
    next(stream)
    assert handler.arrived.wait(PATIENCE)
    closing = threading.Thread(target=stream.close)
    closing.start()
    assert closing.is_alive()
    handler.released.set()
    closing.join(PATIENCE)
    assert fetching() == []
    stream.close()


def test_a_stream_that_is_forgotten_sends_nothing_more(held: tuple[Blocking, JournalRunsClient]) -> None:
    handler, client = held
    for _ in client.iter_entries(RUN):
        assert handler.arrived.wait(PATIENCE)
        break
    gc.collect()


def test_who_interrupts_does_not_wait(held: tuple[Blocking, JournalRunsClient]) -> None:
    handler, client = held
    with pytest.raises(KeyboardInterrupt), client.iter_entries(RUN) as stream:  # noqa: PT012 - it has to be within
        next(stream)
        assert handler.arrived.wait(PATIENCE)
        raise KeyboardInterrupt
    assert [thread.is_alive() for thread in fetching()] == [True]
    assert list(stream) == []


@pytest.mark.usefixtures("released_at_the_end")
def test_a_wait_that_is_interrupted_can_be_repeated(
    held: tuple[Blocking, JournalRunsClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is still being fetched, and not requested twice."""
    handler, client = held

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with client.iter_entries(RUN) as stream:
        assert [next(stream).number, next(stream).number] == ["JE-00000001", "JE-00000002"]
        assert handler.arrived.wait(PATIENCE)
        with monkeypatch.context() as patched:
            patched.setattr(Future, "result", interrupted)
            for _ in range(2):
                with pytest.raises(KeyboardInterrupt):
                    next(stream)


def test_waits_of_a_page_end_when_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_NAP", 0.01)
    handler = Blocking(Tenant([], 1), 0)
    with JournalRunsClient(URL, **with_defaults({}), transport=httpx.MockTransport(handler)) as client:
        listing = streaming.Listing(client._operations, RunNumber(RUN))
        fetch = streaming._Fetch(listing, client._connection)
        permit: Future[str] = Future()
        later = client._connection.pipeline.clock.monotonic() + 100
        threading.Timer(0.05, lambda: permit.set_result("granted")).start()
        assert fetch._perform(Wait(permit, later)) == "granted"
        assert fetch._perform(Wait(permit, later - 100)) == "granted"
        assert fetch._perform(Sleep(0.025)) is None
        fetch.stop()
        for step in (Wait(Future(), later), Sleep(100), Sleep(0)):
            with pytest.raises(streaming._Stopped):
                fetch._perform(step)
        handler.released.set()
        fetch.join()


class Slow(httpx.AsyncBaseTransport):
    """A tenant that never responds to the request of an index, the first time."""

    def __init__(self, tenant: Tenant, at: int) -> None:
        self.tenant, self.at, self.count = tenant, at, 0
        self.given_up = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.count - 1 == self.at:
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up += 1
        return self.tenant(request)


def in_tasks(work: Callable[[AsyncJournalRunsClient, Slow], Any], at: int = 2) -> Slow:
    transport = Slow(Tenant([1, 2, 3, 4], 2), at)

    async def main() -> None:
        async with AsyncJournalRunsClient(URL, **with_defaults({}), transport=transport) as client:
            await work(client, transport)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    return transport


async def settle() -> None:
    """Let the other tasks go on until they wait."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_task_fetches_the_next_page_and_is_cancelled_with_the_stream() -> None:
    async def work(client: AsyncJournalRunsClient, transport: Slow) -> None:
        async with client.iter_entries(RUN) as stream:
            assert (await anext(stream)).number == "JE-00000001"
            assert stream.total == 4
            await settle()
            assert (transport.count, transport.given_up) == (3, 0)
        assert transport.given_up == 1
        assert [entry async for entry in stream] == []
        await stream.aclose()

    in_tasks(work)


def test_a_stream_that_a_task_forgets_is_given_up() -> None:
    async def work(client: AsyncJournalRunsClient, transport: Slow) -> None:
        async for _ in client.iter_entries(RUN):
            await settle()
            break
        gc.collect()
        await settle()
        assert (transport.count, transport.given_up) == (3, 1)

    in_tasks(work)


def test_a_task_that_is_cancelled_can_go_on_with_the_stream() -> None:
    async def work(client: AsyncJournalRunsClient, transport: Slow) -> None:
        stream = client.iter_entries(RUN)
        found = [(await anext(stream)).number for _ in range(2)]
        waiting = asyncio.ensure_future(anext(stream))
        await settle()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert transport.given_up == 1
        found += [entry.number async for entry in stream]
        assert found == [f"JE-{number:08}" for number in range(1, 5)]

    in_tasks(work)


def test_an_error_that_nobody_reads_is_no_noise(caplog: pytest.LogCaptureFixture) -> None:
    async def work(client: AsyncJournalRunsClient, transport: Slow) -> None:
        transport.tenant.changes[2] = lambda tenant: tenant.entries.insert(0, 2)
        async for _ in client.iter_entries(RUN):
            await settle()
            break
        gc.collect()

    in_tasks(work, at=-1)
    assert caplog.records == []


def test_a_stream_outlives_its_loop() -> None:
    left: list[Any] = []

    async def work(client: AsyncJournalRunsClient, _: Slow) -> None:
        left.append(client.iter_entries(RUN))
        await anext(left[0])

    transport = Slow(Tenant([1, 2, 3, 4], 2), 2)

    async def main() -> None:
        client = AsyncJournalRunsClient(URL, **with_defaults({}), transport=transport)
        await work(client, transport)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    for task in asyncio.all_tasks(loop):
        task.get_coro().close()
    loop.close()
    left.clear()
    gc.collect()
