"""A wrong argument is refused before anything is sent, by an error that names it and says what it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import Polling, Timeouts, errors

from .world import URL

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind

NUMBER = "JR-00000075"
PERIOD = {"accounting_period_name": "Oct-2026"}
TYPES = ["Invoice Item"]
DATE = "2026-10-31"

CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "retrieve": (lambda client: client.retrieve(75), "number is 75: give a string such as 'JR-00000075'"),
    "entries": (lambda client: client.entries(None), "number is None: give a string"),
    "plan_cancellation": (lambda client: client.plan_cancellation(b"JR-00000075"), "number is b'JR-00000075': give"),
    "cancel": (lambda client: client.cancel(["JR-00000075"]), "number is ['JR-00000075']: give a string"),
    "cancel_and_wait": (lambda client: client.cancel_and_wait(75), "number is 75: give a string"),
    "wait_for_cancellation": (lambda client: client.wait_for_cancellation(75), "number is 75: give a string"),
    "wait_for_completion": (lambda client: client.wait_for_completion(75), "number is 75: give a string"),
    "delete": (lambda client: client.delete(75.0), "number is 75.0: give a string"),
    "cancel_many, a number": (lambda client: client.cancel_many(75), "numbers is 75: give a list of numbers"),
    "cancel_many, numbers": (lambda client: client.cancel_many([NUMBER, 76]), "not a journal run number, such as"),
    "timeout": (lambda client: client.cancel_and_wait(NUMBER, timeout="x"), "timeout is 'x': give a number of seconds"),
    "timeout, bool": (lambda client: client.delete(NUMBER, timeout=True), "timeout is True: give a number of seconds"),
    "stall_after": (
        lambda client: client.wait_for_cancellation(NUMBER, stall_after="10m"),
        "stall_after is '10m': give a number of seconds above 0, or None",
    ),
    "at_once": (
        lambda client: client.cancel_many([NUMBER], at_once="2"),
        "at_once is '2': give a whole number above 0, or None",
    ),
    "at_once, 0": (lambda client: client.cancel_many([NUMBER], at_once=0), "at_once is 0: give a whole number above 0"),
    "transaction_types": (lambda client: client.create(5, DATE, **PERIOD), "transaction_types is 5: give a list"),
    "a type": (lambda client: client.create([5], DATE, **PERIOD), "5 is not a transaction type"),
    "journal_entry_date": (lambda client: client.create(TYPES, 5, **PERIOD), "journal_entry_date is 5, which is not"),
    "accounting_period_name": (
        lambda client: client.create(TYPES, DATE, accounting_period_name=10),
        "accounting_period_name is 10: give a string",
    ),
    "organization_labels": (
        lambda client: client.create(TYPES, DATE, organization_labels=[1], **PERIOD),
        "organization_labels is [1]: give a list of mappings",
    ),
    "organization_labels, a number": (
        lambda client: client.create(TYPES, DATE, organization_labels=1, **PERIOD),
        "organization_labels is 1: give a list of mappings",
    ),
    "wait_for_turn": (
        lambda client: client.create(TYPES, DATE, wait_for_turn="x", **PERIOD),
        "wait_for_turn is 'x': give a number of seconds above 0, or None not to wait",
    ),
    "a method": (lambda client: client.request(5, "/v1/x"), "method is '5': use one of GET"),
    "a path": (lambda client: client.request("GET", 5), "5 is not a path on the API"),
    "params": (lambda client: client.request("GET", "/v1/x", params=5), "params is 5: give a mapping"),
    "plan": (lambda client: client.plan(5, [NUMBER]), "operation is 5: use cancel or delete"),
    "plan, numbers": (lambda client: client.plan("cancel", 75), "numbers is 75: give a list of numbers"),
    "plan_transfer": (lambda client: client.plan_transfer(75), "number is 75: give a string"),
    "plan_rerun": (lambda client: client.plan_rerun(75), "number is 75: give a string"),
    "a change": (
        lambda client: client.plan_rerun(NUMBER, period="x"),
        "period cannot be changed: use transaction_types,",
    ),
    "a change of types": (
        lambda client: client.plan_rerun(NUMBER, transaction_types=5),
        "transaction_types is 5: give",
    ),
    "a change of labels": (
        lambda client: client.plan_rerun(NUMBER, organization_labels=[1]),
        "give a list of mappings",
    ),
    "check_plan": (lambda client: client.check_plan(5), "plan is 5: give a Plan"),
    "apply": (lambda client: client.apply("plan.json"), "plan is 'plan.json': give a Plan, such as Plan.read returns"),
    "rerun": (lambda client: client.rerun(75, evidence="x"), "number is 75: give a string"),
    "rerun, evidence": (lambda client: client.rerun(NUMBER, evidence=None), "evidence is None: give a file"),
    "rerun, plan": (lambda client: client.rerun(NUMBER, evidence="x", plan={}), "plan is {}: give a Plan"),
    "rerun, a change": (lambda client: client.rerun(NUMBER, evidence="x", notes="y"), "notes cannot be changed"),
    "post_entries": (lambda client: client.post_entries(75, print), "number is 75: give a string"),
    "transfer": (lambda client: client.transfer(75), "number is 75: give a string"),
    "a value": (lambda client: client.transfer(NUMBER, value=True), "value is True: use one of No, Processing, Yes"),
    "notes": (lambda client: client.transfer(NUMBER, notes=5), "notes is 5: give a string"),
    "entries, a number": (lambda client: client.transfer(NUMBER, entries=5), "entries is 5: give a list of numbers"),
    "no entries": (lambda client: client.transfer(NUMBER, entries=[]), "entries is []: give a list of numbers"),
    "entries, numbers": (lambda client: client.transfer(NUMBER, entries=[5]), "entries is [5]: give a list of numbers"),
    "transfer, plan": (lambda client: client.transfer(NUMBER, plan=5), "plan is 5: give a Plan"),
}

OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt": ({"tracking_id": "x"}, "tracking_id is not an option: did you mean track_id?"),
    "unknown": ({"verify": False}, "verify is not an option: the options are track_id, idempotency_key,"),
    "track_id": ({"track_id": 5}, "track_id is 5: give a string"),
    "idempotency_key": ({"idempotency_key": 5}, "idempotency_key is 5: give a string"),
    "entity_id": ({"entity_id": 5}, "entity_id is 5: give a string"),
    "org_ids": ({"org_ids": 5}, "organisation ids 5 are not valid"),
    "org_ids, a list": ({"org_ids": ["a", 5]}, "organisation ids ['a', 5] are not valid"),
    "zuora_version": ({"zuora_version": 341.0}, "zuora_version is 341.0: give a string"),
    "timeouts": ({"timeouts": 5}, "timeouts is 5: give Timeouts, such as Timeouts(read=30.0)"),
    "timeouts of httpx": ({"timeouts": httpx.Timeout(5.0)}, "timeouts is Timeout(timeout=5.0): give Timeouts"),
    "a phase": ({"timeouts": Timeouts(read="5")}, "read of timeouts is '5': give a number of seconds"),  # type: ignore[arg-type]
    "deadline": ({"deadline": "5"}, "deadline is '5': give a number of seconds above 0"),
    "no deadline": ({"deadline": None}, "deadline is None: give a number of seconds above 0"),
    "retry": ({"retry": 5}, "retry is 5: give a function"),
    "compress_over": ({"compress_over": "1k"}, "compress_over is '1k': give a number of bytes, or None"),
    "page_size": ({"page_size": "40"}, "page_size is '40': Zuora allows 1 to 300"),
    "page_size, bool": ({"page_size": True}, "page_size is True: Zuora allows 1 to 300"),
    "polling": ({"polling": 5.0}, "polling is 5.0: give Polling, such as Polling(longest=60.0)"),
    "an interval": ({"polling": Polling(first="1")}, "first of polling is '1': give at least 0.01 s"),  # type: ignore[arg-type]
    "a factor": ({"polling": Polling(factor="2")}, "factor of polling is '2': give 1 to 100"),  # type: ignore[arg-type]
    "on_attempt": ({"on_attempt": []}, "on_attempt is []: give a function"),
}

CLIENTS: dict[str, tuple[dict[str, Any], str]] = {
    "client_id": ({"client_id": 5, "client_secret": "s"}, "client_id and client_secret: give strings"),
    "client_secret": ({"client_id": "i", "client_secret": 5}, "client_id and client_secret: give strings"),
    "token": ({"token": 5}, "token is of the type int: give a string, or a function that returns one"),
    "auth": ({"auth": ("user", "password")}, "auth is of the type tuple: give an httpx.Auth"),
    "concurrency": ({"token": "t", "concurrency": "4"}, "concurrency is '4': give a whole number above 0, or None"),
    "concurrency, 0": ({"token": "t", "concurrency": 0}, "concurrency is 0: give a whole number above 0, or None"),
    "transport": ({"token": "t", "transport": object()}, "transport is of the type object: give an httpx."),
}


class Transport:
    """A transport of another library, such as httpx2."""

    def handle_request(self, request: object) -> object:
        raise NotImplementedError

    handle_async_request = handle_request


def nothing_is_sent(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request)


@pytest.mark.parametrize("name", CALLS)
def test_arguments_of_calls(kind: Kind, name: str) -> None:
    work, message = CALLS[name]
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.use(nothing_is_sent, work)
    assert message in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", OPTIONS)
def test_options(kind: Kind, name: str) -> None:
    options, message = OPTIONS[name]
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.use(nothing_is_sent, lambda client: client.with_options(**options))
    assert message in str(caught.value)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.client_class(URL, token="t", **options)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", CLIENTS)
def test_arguments_of_clients(kind: Kind, name: str) -> None:
    arguments, message = CLIENTS[name]
    with pytest.raises(errors.InvalidArgumentError) as caught:
        kind.client_class(URL, **arguments)
    assert message in str(caught.value)
    assert "password" not in str(caught.value)


def test_a_transport_of_another_library(kind: Kind) -> None:
    wrong: Any = Transport()
    with pytest.raises(errors.InvalidArgumentError, match=r"transport is of the type .*\.Transport: give an httpx\."):
        kind.client_class(URL, token="t", transport=wrong)


def test_a_transport_of_the_other_kind(kind: Kind) -> None:
    class Threads(httpx.BaseTransport):
        pass

    class Tasks(httpx.AsyncBaseTransport):
        pass

    wrong: Any = Tasks() if kind.client_class.__name__ == "JournalRunsClient" else Threads()
    with pytest.raises(errors.InvalidArgumentError, match="transport is of the type"):
        kind.client_class(URL, token="t", transport=wrong)
