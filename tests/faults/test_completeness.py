"""Nothing that can happen is without a row."""

from __future__ import annotations

import importlib
import pkgutil

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import errors
from zuora_journal_runs_api import api

from . import faults, test_generated, test_sequences
from .clients import KINDS, Raising, open_session
from .service import READY_TOKEN, RUN
from .table import CELLS, OPERATIONS
from .trial import ended, subclasses

# What may go wrong, in the order of a request's way, and the faults that stand for it. A fault that stands for two
# things has two names.
DANGERS = {
    "refused": ["refused"],
    "DNS": ["DNS"],
    "TLS": ["TLS"],
    "reset before the server acted": ["reset before the server acted"],
    "reset after": ["reset after", "closed without an answer", "reset in the middle of the answer"],
    "timeout in connect": ["timeout in connect"],
    "timeout in write": ["timeout in write"],
    "timeout in read": ["timeout in read before the server acted", "timeout in read after"],
    "timeout in pool": ["timeout in pool"],
    "429 without Retry-After": ["429 without Retry-After"],
    "429 with seconds": ["429 with seconds"],
    "429 with a date": ["429 with a date", "429 with a past date"],
    "429 with a day": ["429 with a day"],
    "500": ["500 before", "500 after the server acted"],
    "502 as HTML": ["502 before", "502 after the server acted"],
    "503": ["503 before", "503 after the server acted", "503 with Retry-After"],
    "504": ["504 before", "504 after the server acted"],
    "truncated JSON": ["truncated JSON"],
    "wrong length": ["length too large", "length too small", "chunks cut off"],
    "broken gzip": ["broken gzip", "truncated gzip"],
    "gzip bomb": ["gzip bomb"],
    "endless body": ["endless body", "endless body, slowly", "endless head"],
    "empty body": ["empty body"],
    "JSON that is not an object": ["JSON list", "JSON null"],
    "200 false in every category": [f"200 false in category {category}" for category in errors.CATEGORIES],
    "a status for every category": [
        f"{status} in category {category}" for category, (status, _) in faults.CATEGORIES.items()
    ],
    "200 without success": ["200 without success", "200 with success null", "200 with success as text"],
    "401 once, 401 always": ["401"],
    "token endpoint down": ["token endpoint down", "token endpoint resets", "token endpoint is busy"],
    "token endpoint refuses": [f"token endpoint refuses: {status}" for status in (400, 401, 403)],
    "token endpoint answers nonsense": [
        "token endpoint answers with a page",
        "token endpoint gives no token",
        "token endpoint gives a token that is no header",
    ],
    "redirect to another origin": ["redirect to another origin", "token endpoint redirects to another origin"],
    "a track id of another call": ["track id of another call"],
}
# A GET may come without `success`: the documents contradict each other.
NOT_A_FAULT = {("200 without success", operation) for operation in ("retrieve", "entries", "next page")}
ONLY_ENTRIES = {"next page on another origin": ["next page on another origin"]}


@pytest.mark.parametrize("operation", [operation.name for operation in OPERATIONS])
@pytest.mark.parametrize("danger", DANGERS)
def test_every_operation_meets_every_danger(operation: str, danger: str) -> None:
    for fault in DANGERS[danger]:
        if (fault, operation) in NOT_A_FAULT:
            continue
        cells = [cell for cell in CELLS if (cell.operation.name, cell.fault.name) == (operation, fault)]
        assert cells, f"no row for {operation} and {fault}"
        assert {cell.kind for cell in cells} == set(KINDS)
        # What may pass is met both ways.
        both = {True, False} if cells[0].fault.passes or cells[0].fault.renews else {True}
        assert {cell.lasting for cell in cells} == both


@pytest.mark.parametrize("danger", ONLY_ENTRIES)
def test_entries_meet_the_dangers_of_paging(danger: str) -> None:
    for fault in ONLY_ENTRIES[danger]:
        assert any((cell.operation.name, cell.fault.name) == ("entries", fault) for cell in CELLS)


def test_every_generated_function_has_a_row() -> None:
    modules = {
        module
        for package in (
            importlib.import_module(f"{api.__name__}.{name.name}") for name in pkgutil.iter_modules(api.__path__)
        )
        for module in (
            importlib.import_module(f"{package.__name__}.{name.name}")
            for name in pkgutil.iter_modules(package.__path__)
        )
    }
    # The token request is met by every operation.
    assert {module.__name__.rpartition(".")[2] for module in modules} - {"create_token"} == {
        module.__name__.rpartition(".")[2] for module in test_generated.GENERATED
    }


def test_every_operation_has_a_row() -> None:
    # The clients have no method of their own for it.
    generated = {operation.name for operation in test_generated.GENERATED.values()} - {"update"}
    assert {operation.name for operation in OPERATIONS} == generated | {"next page"}


def test_every_category_has_a_row_and_its_error() -> None:
    assert {category: error for category, (_, error) in faults.CATEGORIES.items()} == errors.CATEGORIES


def test_every_status_that_has_an_error_of_its_own_has_a_row() -> None:
    rows = {
        fault.name.split()[0]: fault.error
        for fault in faults.FAULTS
        if fault.name[:3].isdecimal() and fault.name[:3] != "200"
    }
    for status, error in errors.STATUSES.items():
        assert rows[str(status)] is error


def test_every_error_of_a_call_has_a_row() -> None:
    seen = {cell.expected.error for cell in [*CELLS, *test_generated.CELLS]} | {
        sequence.error for sequence in test_sequences.SEQUENCES
    }
    bases = {errors.CallError, errors.APIConnectionError, errors.ResponseError}
    assert seen - {None} == {kind for kind in subclasses(errors.CallError) if kind not in bases}


def test_no_cell_stands_twice() -> None:
    names = [cell.name for cell in CELLS]
    assert len(names) == len(set(names))


NEVER_SENT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
}
MAYBE_SENT = {
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
}
"""Whatever else may be raised where a request is sent counts as maybe sent, for that is on the safe side."""
BASES = {
    httpx.HTTPError,
    httpx.RequestError,
    httpx.TransportError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.ProtocolError,
}


@pytest.mark.parametrize("failure", sorted(NEVER_SENT | MAYBE_SENT, key=str))
def test_every_failure_of_a_transport_is_distinguished(failure: type[httpx.RequestError], kind: str) -> None:
    with open_session(
        kind, "http://127.0.0.1:9", hook=Raising(failure("it failed")), token=READY_TOKEN, clock=FakeClock()
    ) as session:
        _, error = ended(session, lambda client: client.cancel(RUN))
    assert type(error) is (errors.RequestNotSentError if failure in NEVER_SENT else errors.ResponseLostError)
    assert error.maybe_processed == (failure not in NEVER_SENT)


def test_every_failure_that_httpx_knows_is_in_the_list() -> None:
    assert {kind for kind in subclasses(httpx.RequestError) if kind.__module__.startswith("httpx")} == (
        NEVER_SENT | MAYBE_SENT | BASES - {httpx.HTTPError, httpx.RequestError}
    )
