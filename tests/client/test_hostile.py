"""Whatever a server sends: each operation gives a result, or raises an error of this package."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pickle
import threading
from random import Random
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import Backoff, FailedAttempt, JournalRunsClient, errors
from zuora_journal_runs._http.retry import retry_after

from .world import URL, Async, Script, Sync, answer, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind

RUN = "JR-00000075"

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "create": lambda client: client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026"),
    "retrieve": lambda client: client.retrieve(RUN),
    "entries": lambda client: client.entries(RUN),
    "plan_cancellation": lambda client: client.plan_cancellation(RUN),
    "cancel": lambda client: client.cancel(RUN),
    "cancel_and_wait": lambda client: client.cancel_and_wait(RUN, timeout=30.0),
    "wait_for_cancellation": lambda client: client.wait_for_cancellation(RUN, timeout=30.0),
    "cancel_many": lambda client: client.cancel_many([RUN, "JR-00000076"], timeout=30.0),
    "wait_for_completion": lambda client: client.wait_for_completion(RUN, timeout=30.0),
    "delete": lambda client: client.delete(RUN, wait=True, timeout=30.0),
}

TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            "1e400",
            "9" * 400,
            "9" * 5000,
            "Sun, 06 Nov 99999 08:49:37 GMT",
            "Sun, 06 Nov 9999 08:49:37 -0000",
            "Sun, 06 Nov 0001 08:49:37 -0000",
            "Mon, 01 Jan 0001 00:00:00 +2359",
            "gzip",
            "br",
            "\u0664",
            "\x00",
            "http://[",
            "//",
            "JR-00000075",
            "\ud800",
            "Cancelled",
            "2026-13-45",
        ]
    ),
    st.text(max_size=20),
)
NAMES = st.sampled_from(
    [
        "Retry-After",
        "RateLimit-Limit",
        "RateLimit-Remaining",
        "RateLimit-Reset",
        "Concurrency-Limit-Limit",
        "Concurrency-Limit-Remaining",
        "Zuora-Request-Id",
        "Zuora-Track-Id",
        "Content-Encoding",
        "Content-Type",
        "Location",
    ]
)
HEADERS = st.lists(st.tuples(NAMES, TEXTS), max_size=4)
NUMBERS = st.sampled_from(["1e999999999", "-1e999999999", "1e-999999999", "1e9999999999999999999", "9" * 5000, "-0.0"])
FIELDS = st.sampled_from(
    [
        "success",
        "reasons",
        "Errors",
        "code",
        "message",
        "number",
        "status",
        "journalRunNumber",
        "journalEntries",
        "journalEntryItems",
        "journalEntryDate",
        "totalJournalEntryCount",
        "transferredToAccounting",
        "transactionTypes",
        "type",
        "amount",
        "nextPage",
        "access_token",
        "expires_in",
        "processId",
        "error",
    ]
)


def written(value: Any) -> str:
    """A value as JSON, with some numbers that Python would not write."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return value.text if isinstance(value, Raw) else json.dumps(value)


@dataclasses.dataclass(frozen=True)
class Raw:
    text: str


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.builds(Raw, NUMBERS)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELDS, inner, max_size=4)),
    max_leaves=8,
)
PLAUSIBLE: list[dict[str, Any]] = [
    {"success": True},
    {"success": True, "number": RUN, "status": "Completed"},
    {"success": True, "number": RUN, "status": "Cancelled"},
    {"success": True, "journalRunNumber": RUN},
    {"success": True, "journalEntries": [{"number": "JE-1", "status": "Created", "transferredToAccounting": "No"}]},
    {"success": True, "journalEntries": []},
    {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find entity by key."}]},
    {"access_token": "t", "expires_in": 3600},
]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["plausible", "plausible", "bent", "bent", "any", "bytes", "deep"]))
    if kind == "bytes":
        return draw(st.binary(max_size=40))
    if kind == "deep":
        return b'{"success":true,"journalEntries":' + b"[" * 100_000
    body = draw(VALUES) if kind == "any" else dict(draw(st.sampled_from(PLAUSIBLE)))
    if kind == "bent":
        body |= draw(st.dictionaries(FIELDS, VALUES, min_size=1, max_size=2))
    return written(body).encode("utf-8", "surrogatepass")


@dataclasses.dataclass(frozen=True)
class Hostile:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def response(self) -> httpx.Response:
        headers = [(name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in self.headers]
        # A stream, since httpx would decompress any other body here and now.
        return httpx.Response(self.status, headers=headers, stream=httpx.ByteStream(self.body))


STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 307, 400, 401, 403, 404, 409, 429, 500, 503, 599])
RESPONSES = st.lists(st.builds(Hostile, STATUSES, HEADERS, bodies()), min_size=1, max_size=4)


def looked_at(value: object) -> None:
    """Use a result, or an error, as its reader does."""
    assert isinstance(repr(value), str)
    assert isinstance(str(value), str)
    if attrs.has(type(value)) and hasattr(value, "to_dict"):
        value.to_dict()
    for name in ("complete", "blocked", "cancelled", "exchange", "advice"):
        getattr(value, name, None)


@pytest.mark.parametrize("kind", [Sync(), Async()], ids=["sync", "async"])
@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=30)
@given(responses=RESPONSES, oauth=st.booleans())
def test_an_operation_raises_only_errors_of_this_package(
    responses: list[Hostile], oauth: bool, operation: str, kind: Kind
) -> None:
    coming = itertools.cycle(responses)
    lock = threading.Lock()

    def handler(_: httpx.Request) -> httpx.Response:
        with lock:
            return next(coming).response()

    authorization = {"client_id": "a", "client_secret": "b"} if oauth else {"token": "t"}
    result: object
    try:
        result = kind.use(handler, OPERATIONS[operation], clock=FakeClock(), deadline=60.0, **authorization)
    except errors.JournalRunsError as error:
        result = pickle.loads(pickle.dumps(error))
    looked_at(result)


def test_a_year_that_no_clock_holds() -> None:
    for text in (
        "Sun, 06 Nov 9999 08:49:37 -0000",
        "Fri, 31 Dec 9999 23:59:59 -0000",
        "Sun, 06 Nov 99999 08:49:37 GMT",
    ):
        seconds = retry_after(text)
        assert seconds is None or seconds > 0


@pytest.mark.parametrize("attempt", [1, 1023, 1024, 1025, 10**6])
def test_a_backoff_that_has_no_end(attempt: int) -> None:
    wait = Backoff(attempts=10**9)(FailedAttempt(errors.ResponseLostError("lost"), attempt, None, Random(1)))
    assert wait is not None
    assert 0.0 <= wait <= 60.0


@pytest.mark.parametrize("wait", [float("nan"), float("-inf"), -1.0, float("inf")])
def test_a_retry_policy_that_gives_no_sensible_wait(kind: Kind, wait: float) -> None:
    script, clock = Script(httpx.ConnectError("refused"), run()), FakeClock()
    if wait < 0:
        assert kind.use(script, OPERATIONS["retrieve"], retry=lambda _: wait, clock=clock).status == "Completed"
    else:
        with pytest.raises(errors.RequestNotSentError):
            kind.use(script, OPERATIONS["retrieve"], retry=lambda _: wait, clock=clock)
    assert sum(clock.waits) == 0.0


class Unhashable(httpx.MockTransport):
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other


def test_a_transport_that_cannot_be_hashed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return answer(body={"access_token": "t"}) if request.url.path == "/oauth/token" else run()

    with JournalRunsClient(URL, client_id="a", client_secret="b", transport=Unhashable(handler)) as client:
        assert client.retrieve(RUN).status == "Completed"
        assert client.with_options(deadline=1.0).retrieve(RUN).status == "Completed"
