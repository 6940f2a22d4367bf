"""Enumerations that are open, values that are absent, and the exchange behind an answer."""

from __future__ import annotations

import copy
import datetime
import pickle
from decimal import Decimal
from enum import StrEnum
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs_api import errors, models
from zuora_journal_runs_api.api.journal_runs import get_journal_run
from zuora_journal_runs_api.models import (
    JournalEntry,
    JournalEntryItem,
    JournalEntryStatus,
    JournalRun,
    JournalRunStatus,
    OrganizationLabel,
    Segment,
    TokenRequest,
    TokenResponse,
)
from zuora_journal_runs_api.types import UNSET, Exchange, Unset

ENUMERATIONS: list[Any] = [model for name in models.__all__ if issubclass(model := getattr(models, name), StrEnum)]
ENTRY: dict[str, Any] = {
    "number": "JE-00000001", "status": "Created", "journalEntryItems": [{"amount": 1}], "custom__c": {"deep": [1, 2]},
}  # fmt: skip
RUN = {"success": True, "number": "JR-00000001", "status": "Paused", "notYetKnown": 1}


def copies(value: Any) -> list[Any]:
    """Copies of a value, made in every way that Python has."""
    pickled = [pickle.loads(pickle.dumps(value, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    return [copy.copy(value), copy.deepcopy(value), *pickled]


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
@given(text=st.text() | st.sampled_from(["name", "value", "__class__", "mro"]))
def test_every_text_is_a_member_of_an_enumeration(enumeration: Any, text: str) -> None:
    values = {member.value for member in enumeration}
    for member in (enumeration(text), enumeration.of(text)):
        assert isinstance(member, enumeration)
        assert (member, member.value, str(member), f"{member}") == (text, text, text, text)
        assert hash(member) == hash(text)
        assert member.is_known == (text in values)
        assert {text: 1}[member] == 1
        for other in copies(member):
            assert isinstance(other, enumeration)
            assert (other, other.value, other.is_known) == (text, text, member.is_known)
    assert {member.value for member in enumeration} == values


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
def test_a_known_value_is_one_object(enumeration: Any) -> None:
    for member in enumeration:
        assert enumeration.of(member.value) is enumeration(member.value) is member
        assert all(other is member for other in copies(member))
        assert member.is_known


@pytest.mark.parametrize("value", [None, 1, b"Pending", ["Pending"]])
def test_what_is_no_text_is_no_member(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid JournalRunStatus"):
        JournalRunStatus(value)


def test_an_unknown_value_falls_through_a_match() -> None:
    match JournalRun.from_dict(RUN).status:
        case JournalRunStatus.PENDING | JournalRunStatus.CANCELLED:
            pytest.fail("it is neither")
        case other:
            assert other.value == "Paused"


def test_unset_is_one_object_and_stays_it() -> None:
    assert all(other is UNSET for other in copies(UNSET))
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert isinstance(UNSET, Unset)


def test_models_survive_a_copy() -> None:
    run = JournalRun.from_dict(RUN)
    for other in copies(run):
        assert other == run
        assert not other.was_sent("executed_on")
        assert other.to_dict() == RUN
        assert not other.status.is_known
        assert other.exchange is None
    run.exchange = Exchange(200, {})
    assert all(other.exchange == run.exchange for other in copies(run))
    entry = JournalEntry.from_dict(ENTRY)
    assert all(other == entry for other in copies(entry))


def test_models_are_equal_if_their_json_is() -> None:
    assert JournalEntry.from_dict(ENTRY) == JournalEntry.from_dict(copy.deepcopy(ENTRY))
    assert JournalEntry.from_dict(ENTRY) != JournalEntry.from_dict({**ENTRY, "costCenter__c": "4711"})
    assert Segment.from_dict({}) != OrganizationLabel.from_dict({})
    assert Segment.from_dict({}) != {}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Segment.from_dict({}))


@pytest.mark.parametrize("field", ["status", "additional_properties", "field_of_tomorrow"])
def test_models_are_immutable(field: str) -> None:
    run = JournalRun.from_dict(RUN)
    with pytest.raises(AttributeError):
        setattr(run, field, "Completed")
    assert run.to_dict() == RUN


def test_nothing_that_is_given_or_taken_is_shared_with_a_model() -> None:
    data: dict[str, Any] = copy.deepcopy(ENTRY)
    entry = JournalEntry.from_dict(data)
    data["journalEntryItems"][0]["amount"] = 2
    data["custom__c"]["deep"].append(3)
    given = {"deep": [1]}
    made = JournalEntry(number="JE-1", status="Created", additional_properties={"custom__c": given})
    given["deep"].append(2)
    assert made.to_dict()["custom__c"] == {"deep": [1]}
    taken = entry.to_dict()
    taken["journalEntryItems"].append({})
    taken["custom__c"]["deep"].clear()
    entry.additional_properties["custom__c"]["deep"].clear()
    entry.journal_entry_items.clear()
    entry.journal_entry_items[0].to_dict()["amount"] = 3
    assert entry.to_dict() == ENTRY


def test_a_field_may_be_as_deep_as_a_decoder_reads() -> None:
    depth = 50_000
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    taken: Any = JournalEntry.from_dict({**ENTRY, "deep__c": deep}).to_dict()["deep__c"]
    for _ in range(depth):
        (taken,) = taken
    assert taken == []


def test_models_can_be_made() -> None:
    entry = JournalEntry(
        number="JE-00000001",
        status=JournalEntryStatus.CREATED,
        transferred_to_accounting="No",
        transferred_by=None,
        journal_entry_date=datetime.date(2026, 10, 31),
        aggregate_currency=False,
        journal_entry_items=(JournalEntryItem(type_="Debit", amount=amount) for amount in (1, "0.50", Decimal("2.0"))),
        additional_properties={"custom__c": [1]},
    )
    sent = {
        "number": "JE-00000001", "status": "Created", "transferredToAccounting": "No", "transferredBy": None,
        "journalEntryDate": "2026-10-31", "aggregateCurrency": False, "custom__c": [1],
        "journalEntryItems": [{"type": "Debit", "amount": amount} for amount in (1, "0.50", Decimal("2.0"))],
    }  # fmt: skip
    assert entry.to_dict() == sent
    assert type(entry.to_dict()["status"]) is str
    assert entry == JournalEntry.from_dict(sent)
    assert (entry.was_sent("transferred_by"), entry.was_sent("notes")) == (True, False)
    assert sum((item.amount or 0 for item in entry.journal_entry_items), Decimal(0)) == Decimal("3.50")
    run = JournalRun(number="JR-00000001", status="Pending")
    assert run.to_dict() == {"number": "JR-00000001", "status": "Pending", "success": True}
    assert run.exchange is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"status": None}, "status is null where text is expected"),
        ({"status": UNSET}, "status is missing, where text is expected"),
        ({"journal_entry_date": "31.10.2026"}, 'journalEntryDate is "31.10.2026" where a date is expected'),
        (
            {"journal_entry_items": [{"amount": "abc"}]},
            'journalEntryItems[0].amount is "abc" where a number is expected',
        ),
        ({"additional_properties": {"notes": 1}}, "notes is 1 where text is expected"),
    ],
)
def test_models_cannot_be_made_of_what_could_not_be_read(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(errors.InvalidResponseError) as caught:
        JournalEntry(**{"number": "JE-1", "status": "Created", **wrong})
    assert str(caught.value) == told


@pytest.mark.parametrize("value", [None, 5, "text", [], ["ab"]])
def test_what_is_no_object_is_no_model(value: Any) -> None:
    with pytest.raises(errors.InvalidResponseError, match=r"^the body is .* where a JSON object is expected$"):
        Segment.from_dict(value)


def test_a_repr_is_short_and_keeps_secrets() -> None:
    entry = JournalEntry.from_dict({**ENTRY, "notes": "a" * 2000, "segments": [{}] * 1000, "transferredBy": None})
    assert repr(entry) == (
        "JournalEntry(number='JE-00000001', status='Created', transferred_by=None, "
        f"notes='{'a' * 56}..., segments=<1000>, journal_entry_items=<1>, additional_properties=<1>)"
    )
    token = TokenResponse.from_dict({"access_token": "a-secret", "token_type": "bearer"})
    assert repr(token) == "TokenResponse(access_token='...', token_type='bearer')"
    request = TokenRequest(client_id="id", client_secret="a-secret", grant_type="client_credentials")
    assert "a-secret" not in repr(request)


def answer(body: Any = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = httpx.Response(200, headers=named, json=RUN if body is None else body)
    response.request = httpx.Request("GET", "https://rest.example.com/")
    return response


def test_the_exchange_behind_a_response() -> None:
    response = answer(
        Zuora_Request_Id="7c1cbd1e-8d2c-4a26-9a5b-3e9f0d7d4c11",
        RateLimit_Limit="2250000, 50000;w=60",
        RateLimit_Remaining="399",
        RateLimit_Reset="1200",
        Concurrency_Limit_Type="Default",
        Concurrency_Limit_Limit="40",
        Concurrency_Limit_Remaining="38",
    )
    response.extensions |= {"track_id": "a-track-id", "attempts": 2}
    parsed = get_journal_run.parse_response(response)
    assert isinstance(parsed, JournalRun)
    exchange = parsed.exchange
    assert exchange is not None
    assert exchange.status_code == 200
    assert exchange.request_id == "7c1cbd1e-8d2c-4a26-9a5b-3e9f0d7d4c11"
    assert (exchange.track_id, exchange.attempts) == ("a-track-id", 2)
    assert exchange.rate_limit == "2250000, 50000;w=60"
    assert (exchange.rate_limit_remaining, exchange.rate_limit_reset) == (399, 1200)
    assert (exchange.concurrency_limit_type, exchange.concurrency_limit) == ("Default", 40)
    assert exchange.concurrency_limit_remaining == 38


def test_the_exchange_behind_a_response_without_headers() -> None:
    exchange = Exchange.of(answer())
    assert exchange.attempts == 1
    for name in ("request_id", "rate_limit", "rate_limit_remaining", "rate_limit_reset", "concurrency_limit_type",
                 "concurrency_limit", "concurrency_limit_remaining"):  # fmt: skip
        assert getattr(exchange, name) is None, name


@pytest.mark.parametrize(
    "text", ["", "plenty", "-1", "1.5", "\N{SUPERSCRIPT TWO}", pytest.param("9" * 5000, id="9...")]
)
def test_a_header_that_is_no_count(text: str) -> None:
    headers = [(b"RateLimit-Remaining", text.encode("utf-8"))]
    exchange = Exchange(200, httpx.Headers(headers))
    assert exchange.rate_limit_remaining is None


def test_the_exchange_is_no_part_of_the_response() -> None:
    one, other = (get_journal_run.parse_response(answer(Zuora_Request_Id=each)) for each in ("1" * 36, "2" * 36))
    assert one == other
    assert "1" * 36 not in repr(one)


@pytest.mark.parametrize("success", [True, None, "false", 0])
def test_only_false_makes_a_failure_of_a_response_of_200(success: Any) -> None:
    body = {**RUN, "success": success, "reasons": [{"code": 50000030, "message": "none"}]}
    if success is True:
        assert isinstance(get_journal_run.parse_response(answer(body)), JournalRun)
    else:
        with pytest.raises(errors.InvalidResponseError, match=r"^success "):
            get_journal_run.parse_response(answer(body))


def test_an_error_says_where_and_what() -> None:
    body = {**RUN, "transactionTypes": [{"type": "Invoice Item"}, {"type": {"a": 1}}]}
    with pytest.raises(errors.InvalidResponseError) as caught:
        get_journal_run.parse_response(answer(body))
    assert str(caught.value) == "transactionTypes[1].type is an object where text is expected"
    for other in copies(caught.value):
        assert (str(other), other.place, other.problem) == (
            str(caught.value), caught.value.place, caught.value.problem,
        )  # fmt: skip
    with pytest.raises(errors.InvalidResponseError, match=r"^number is missing, where text is expected$"):
        JournalRun.from_dict({"success": True, "status": "Pending"})
    with pytest.raises(errors.InvalidResponseError) as caught:
        JournalRun.from_dict({**RUN, "number": ["x" * 1000]})
    assert len(str(caught.value)) < 120
