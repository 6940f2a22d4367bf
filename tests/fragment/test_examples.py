"""Every example satisfies the schema that it stands beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .walk import nodes, operations, resolved, schema_named, validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def examples(fragment: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every example, with its place and its schema."""
    for place, node in nodes(fragment):
        if "schema" in node:  # a media type, a parameter or a header
            if "example" in node:
                yield f"{place}/example", node["schema"], node["example"]
            for name, example in node.get("examples", {}).items():
                yield f"{place}/examples/{name}", node["schema"], example["value"]
        elif isinstance(node.get("examples"), list):
            for index, example in enumerate(node["examples"]):
                yield f"{place}/examples/{index}", node, example


def test_every_example_satisfies_its_schema(fragment: Mapping[str, Any]) -> None:
    found = list(examples(fragment))
    wrong = {
        place: [error.message for error in validator(fragment, schema).iter_errors(example)]
        for place, schema, example in found
    }
    assert {place: messages for place, messages in wrong.items() if messages} == {}


def test_no_example_is_left_out(fragment: Mapping[str, Any]) -> None:
    count = 0
    for _, node in nodes(fragment):
        listed = node.get("examples", ())
        # A schema's examples are a list; a property may be called "examples" some day.
        count += len(listed) if isinstance(listed, (dict, list)) else 0
        count += "example" in node
    assert len(list(examples(fragment))) == count > 30


def test_every_body_has_an_example(fragment: Mapping[str, Any]) -> None:
    for operation in operations(fragment).values():
        for holder in (operation.definition.get("requestBody", {}), *operation.responses.values()):
            for media_type in holder.get("content", {}).values():
                assert "example" in media_type or media_type["examples"], operation.id


def test_every_header_has_an_example(fragment: Mapping[str, Any]) -> None:
    for name, header in fragment["components"]["headers"].items():
        schema = resolved(fragment, header["schema"])
        assert "example" in header or "enum" in schema, name


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (operation, "200")
        for operation in ("createJournalRun", "getJournalRun", "cancelJournalRun", "updateJournalEntry")
    ],
)
def test_a_response_of_200_has_an_example_of_success_and_one_of_failure(
    fragment: Mapping[str, Any], operation: str, status: str
) -> None:
    (media_type,) = operations(fragment)[operation].responses[status]["content"].values()
    assert {example["value"]["success"] for example in media_type["examples"].values()} == {True, False}


def test_what_the_documents_show(fragment: Mapping[str, Any]) -> None:
    """The examples on the documents' pages that are good for more than one reading."""
    run = schema_named(fragment, "JournalRun")
    shown = {"number": "JR-00000002", "status": "Completed", "success": True}
    for executed_on in ("2014-11-15 22:05:12", "2014-11-15T22:05:12Z", "2014-11-15T22:05:12.123+01:00"):
        assert run.is_valid({**shown, "executedOn": executed_on}), executed_on
    for executed_on in ("2014-11-15", "15/11/2014 22:05:12", ""):
        assert not run.is_valid({**shown, "executedOn": executed_on}), executed_on

    reason = schema_named(fragment, "Reason")
    for code in (50000040, "90000011", "SystemError", 70, "REQUEST_EXCEEDED_LIMIT"):
        assert reason.is_valid({"code": code, "message": "none"}), code
    assert not reason.is_valid({"code": None, "message": "none"})

    entry = schema_named(fragment, "JournalEntry")
    minimal = {"number": "JE-00000001", "status": "Created"}
    assert entry.is_valid({**minimal, "transferredToAccounting": None})
    for amount in ("30000.00", 30000, 30000.5, -1):
        assert entry.is_valid({**minimal, "journalEntryItems": [{"amount": amount}]}), amount
    assert entry.is_valid({**minimal, "customField__c": "any"})

    token = schema_named(fragment, "TokenResponse")
    for lifetime in (3599, "3599", 3599.5):
        assert token.is_valid({"access_token": "a", "expires_in": lifetime}), lifetime


ITEM = {"accountingCodeName": "Accounts Receivable", "type": "Debit"}


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({}, True),
        ({"transferredToAccounting": "Yes"}, True),
        ({"transferredToAccounting": "yes"}, False),
        ({"transferredToAccounting": None}, False),
        ({"notes": "x" * 2000, "batch__c": {"any": "value"}}, True),
        ({"notes": "x" * 2001}, False),
        ({"journalEntryItems": []}, True),
        ({"journalEntryItems": [{**ITEM, "accountingCodeName": "", "batch__c": 1}]}, True),
        ({"journalEntryItems": [{"accountingCodeName": "Cash"}]}, False),
        ({"journalEntryItems": [{"type": "Debit"}]}, False),
        ({"journalEntryItems": [{**ITEM, "type": "debit"}]}, False),
        ({"journalEntryItems": ITEM}, False),
        ([], False),
    ],
)
def test_what_an_update_may_say(fragment: Mapping[str, Any], body: Any, allowed: bool) -> None:
    assert schema_named(fragment, "UpdateJournalEntryRequest").is_valid(body) == allowed


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"accountingPeriodName"}, True),
        ({"targetStartDate", "targetEndDate"}, True),
        ({"accountingPeriodName", "targetStartDate", "targetEndDate"}, True),
        ({"accountingPeriodName", "targetStartDate"}, True),
        (set(), False),
        ({"targetStartDate"}, False),
        ({"targetEndDate"}, False),
        ({"accountingPeriodName", "targetEndDate"}, False),
    ],
)
def test_a_creation_needs_a_period_or_dates(fragment: Mapping[str, Any], given: set[str], allowed: bool) -> None:
    values = {"accountingPeriodName": "Nov-2014", "targetStartDate": "2014-11-01", "targetEndDate": "2014-11-30"}
    body = {
        "journalEntryDate": "2014-11-04",
        "transactionTypes": [{"type": "Invoice Item"}],
        **{name: values[name] for name in given},
    }
    assert schema_named(fragment, "CreateJournalRunRequest").is_valid(body) == allowed


def test_a_success_is_no_failure(fragment: Mapping[str, Any]) -> None:
    """One form of an answer of 200 at most fits: `success` decides."""
    reasons = [{"code": "50000030", "message": "none"}]
    success = {"success": True, "number": "JR-00000001", "status": "Pending", "journalRunNumber": "JR-00000001"}
    success["journalEntries"] = []
    for operation in operations(fragment).values():
        if operation.id == "createToken":
            continue
        (media_type,) = operation.responses["200"]["content"].values()
        schema = validator(fragment, media_type["schema"])
        assert schema.is_valid(success), operation.id
        assert schema.is_valid({"success": False, "reasons": reasons}), operation.id
        for wrong in (
            {**success, "success": False},
            {name: value for name, value in success.items() if name != "success"},
            {**success, "success": "true"},
            {"success": False},
            {"success": False, "reasons": []},
            {"reasons": reasons},
        ):
            assert not schema.is_valid(wrong), (operation.id, wrong)
