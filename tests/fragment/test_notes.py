"""What the fragment says of itself: where each operation comes from, and which side it takes where documents differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .walk import nodes, operations, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_every_operation_names_its_sources(fragment: Mapping[str, Any]) -> None:
    keys = set(fragment["info"]["x-source-keys"])
    for operation in operations(fragment).values():
        sources = operation.definition["x-sources"]
        assert sources, operation.id
        assert set(sources) <= keys, operation.id


def test_every_decision_says_what_was_taken_and_why_and_from_where(fragment: Mapping[str, Any]) -> None:
    keys = set(fragment["info"]["x-source-keys"])
    decisions = {place: node["x-decision"] for place, node in nodes(fragment) if "x-decision" in node}
    assert len(decisions) >= 20
    for place, decision in decisions.items():
        assert decision.keys() == {"taken", "because", "sources"}, place
        assert decision["taken"].strip().endswith("."), place
        assert decision["because"].strip().endswith("."), place
        assert decision["sources"], place
        assert set(decision["sources"]) <= keys, place


def test_every_source_key_is_used(fragment: Mapping[str, Any]) -> None:
    used = set()
    for _, node in nodes(fragment):
        used.update(node.get("x-sources", ()))
        used.update(node.get("x-decision", {}).get("sources", ()))
        used.update(re.findall(r"\b[A-Z][A-Z0-9]+\b", node.get("x-beyond-schema", "")))
    assert set(fragment["info"]["x-source-keys"]) <= used


CONTRADICTIONS = {
    "the largest page and the usual one": "/get/parameters/1",
    "organizationLabels as an array or an object": "CreateJournalRunRequest/properties/organizationLabels",
    "a reason's code as text or a number": "Reason/properties/code",
    "an answer of 500 with or without success": "responses/Failed",
    "the statuses that can be cancelled": "/cancel/put",
    "executedOn as a date-time or with a blank": "JournalRun/properties/executedOn",
    "transferDateTime as a date-time or text": "JournalEntry/properties/transferDateTime",
    "amounts as text or numbers": "schemas/Amount",
    "the descriptions of glAccountName and glAccountNumber": "JournalEntryItem/properties/glAccountName",
    "accounting code types outside their list": "JournalEntryItem/properties/accountingCodeType",
    "transferredToAccounting that is null": "JournalEntry/properties/transferredToAccounting",
    "the length of an idempotency key, and its methods": "parameters/IdempotencyKey",
    "the names of the rate-limit headers": "headers/RateLimitLimit",
    "Retry-After always or sometimes": "headers/RetryAfter",
    "three forms of errors or one": "responses/Refused",
    "one transaction type more in the user interface": "schemas/TransactionType",
    "the status of an answer to a deletion": "/delete/responses/200",
    "failures under status 200 or their own": "parameters/ZuoraVersion",
    "whether the entity id need not or should not be sent": "parameters/ZuoraEntityIds",
    "success required or not": "schemas/Success",
    "the lifetime of a token as a number or text": "TokenResponse/properties/expires_in",
    "the error of a token request, which no document has": "/oauth/token/post/responses/4XX",
    "a deletion that is still in progress": "{jr-number}/delete",
}
"""What documents contradict each other in, or are silent about, and the place where the fragment decides it."""


def test_every_contradiction_is_decided(fragment: Mapping[str, Any]) -> None:
    decided = [place for place, node in nodes(fragment) if "x-decision" in node]
    undecided = {what for what, end in CONTRADICTIONS.items() if not any(place.endswith(end) for place in decided)}
    assert undecided == set()


def test_rules_beyond_a_schema_are_reported(fragment: Mapping[str, Any]) -> None:
    told = [place for place, node in nodes(fragment) if node.get("x-beyond-schema", "").strip()]
    for end in (
        "/v1/journal-runs/post",
        "/cancel/put",
        "/get/parameters/0",
        "parameters/IdempotencyKey",
        "parameters/ContentEncoding",
        "parameters/ZuoraOrgIds",
        "parameters/ZuoraVersion",
        "schemas/TrackId",
        "schemas/CreateJournalRunRequest",
        "CreateJournalRunRequest/properties/accountingPeriodName",
        "CreateJournalRunRequest/properties/targetStartDate",
    ):
        assert any(place.endswith(end) for place in told), end


def test_everything_is_described(fragment: Mapping[str, Any]) -> None:
    for operation in operations(fragment).values():
        assert operation.definition["summary"], operation.id
        assert operation.definition["description"], operation.id
        for name, parameter in operation.parameters.items():
            assert parameter["description"], (operation.id, name)
        for status, response in operation.responses.items():
            assert response["description"], (operation.id, status)
    for name, schema in fragment["components"]["schemas"].items():
        for field, definition in schema.get("properties", {}).items():
            assert resolved(fragment, definition).get("description") or "anyOf" in definition, (name, field)
