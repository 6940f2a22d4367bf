"""Everything that is documented is in the fragment, and nothing else.

The tables here hold what is known to be documented. What Zuora adds comes with the documents in openapi/documents, so that
a new field or value needs no line here; what it takes away does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs import ENVIRONMENTS

from .walk import operations, resolved

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

OPERATIONS = {
    "createJournalRun": ("POST", "/v1/journal-runs"),
    "getJournalRun": ("GET", "/v1/journal-runs/{jr-number}"),
    "deleteJournalRun": ("DELETE", "/v1/journal-runs/{jr-number}"),
    "cancelJournalRun": ("PUT", "/v1/journal-runs/{jr-number}/cancel"),
    "listJournalEntriesOfJournalRun": ("GET", "/v1/journal-entries/journal-runs/{jr-number}"),
    "updateJournalEntry": ("PUT", "/v1/journal-entries/{je-number}/basic-information"),
    "createToken": ("POST", "/oauth/token"),
}
ON_RUNS = tuple(OPERATIONS)[:-1]

COMMON_HEADERS = {
    "Accept-Encoding", "Content-Encoding", "Zuora-Track-Id", "Zuora-Entity-Ids", "Zuora-Org-Ids", "Zuora-Version",
}  # fmt: skip
REQUEST_HEADERS = {
    "createJournalRun": COMMON_HEADERS | {"Idempotency-Key"},
    "getJournalRun": COMMON_HEADERS,
    "deleteJournalRun": COMMON_HEADERS,
    "cancelJournalRun": COMMON_HEADERS,
    "listJournalEntriesOfJournalRun": COMMON_HEADERS,
    "updateJournalEntry": COMMON_HEADERS,
    "createToken": {"Zuora-Track-Id", "Zuora-Entity-Ids"},
}
QUERIES = {"listJournalEntriesOfJournalRun": {"page", "pageSize"}}

ANSWER_HEADERS = {"Zuora-Request-Id", "Zuora-Track-Id"}
RATE_HEADERS = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
CONCURRENCY_HEADERS = {"Concurrency-Limit-Type", "Concurrency-Limit-Limit", "Concurrency-Limit-Remaining"}
TOKEN_RATE_HEADERS = {"X-RateLimit-Limit-minute", "X-RateLimit-Remaining-minute"}

TRANSACTION_TYPES = {
    "Invoice Item",
    "Taxation Item",
    "Invoice Item Adjustment (Invoice)",
    "Invoice Item Adjustment (Tax)",
    "Invoice Adjustment",
    "Electronic Payment",
    "External Payment",
    "Electronic Refund",
    "External Refund",
    "Electronic Credit Balance Payment",
    "External Credit Balance Payment",
    "Electronic Credit Balance Refund",
    "External Credit Balance Refund",
    "Credit Balance Adjustment (Applied from Credit Balance)",
    "Credit Balance Adjustment (Transferred to Credit Balance)",
    "Revenue Event Item",
    "Debit Memo Item (Charge)",
    "Debit Memo Item (Tax)",
    "Credit Memo Item (Charge)",
    "Credit Memo Item (Tax)",
    "Credit Memo Application Item",
    "Electronic Payment Application",
    "External Payment Application",
    "Electronic Refund Application",
    "External Refund Application",
    "Electronic Payment Application Item",
    "External Payment Application Item",
    "Electronic Refund Application Item",
    "External Refund Application Item",
}
ENUMERATIONS = {
    "TransactionType": TRANSACTION_TYPES,
    "JournalRunStatus": {
        "Pending", "Processing", "Completed", "Error", "CancelInprogress", "Cancelled", "DeleteInprogress",
    },
    "JournalEntryStatus": {"Created", "Cancelled"},
    "TransferredToAccounting": {"No", "Processing", "Yes", "Error", "Ignore"},
    "JournalEntryItemType": {"Credit", "Debit"},
    "ContentEncoding": {"gzip"},
}  # fmt: skip

FIELDS = {
    "CreateJournalRunRequest": {
        "accountingPeriodName", "journalEntryDate", "organizationLabels", "targetEndDate", "targetStartDate",
        "transactionTypes",
    },
    "CreateJournalRunResponse": {"journalRunNumber", "processId", "requestId", "success"},
    "JournalRun": {
        "aggregateCurrency", "executedOn", "journalEntryDate", "number", "organizationLabels", "processId",
        "requestId", "segmentationRuleName", "status", "success", "targetEndDate", "targetStartDate",
        "totalJournalEntryCount", "transactionTypes",
    },
    "JournalRunTransactionType": {"type"},
    "OrganizationLabel": {"organizationId", "organizationName"},
    "CommonResponse": {"processId", "requestId", "success"},
    "ErrorResponse": {"processId", "reasons", "requestId", "success"},
    "ServerErrorResponse": {"reasons"},
    "Reason": {"code", "message"},
    "JournalEntriesPage": {"journalEntries", "nextPage", "processId", "requestId", "success"},
    "JournalEntry": {
        "accountingPeriodName", "aggregateCurrency", "currency", "homeCurrency", "journalEntryDate",
        "journalEntryItems", "notes", "number", "organizationLabel", "segments", "status", "timePeriodEnd",
        "timePeriodStart", "transactionType", "transferDateTime", "transferredBy", "transferredToAccounting",
    },
    "JournalEntryItem": {
        "accountingCodeName", "accountingCodeType", "amount", "glAccountName", "glAccountNumber", "glString",
        "homeCurrencyAmount", "type",
    },
    "Segment": {"segmentName", "segmentValue"},
    "UpdateJournalEntryRequest": {"journalEntryItems", "notes", "transferredToAccounting"},
    "JournalEntryItemUpdate": {"accountingCodeName", "accountingCodeType", "type"},
    "TokenRequest": {"client_id", "client_secret", "grant_type"},
    "TokenResponse": {"access_token", "expires_in", "jti", "scope", "token_type"},
}  # fmt: skip

REQUIRED = {
    "CreateJournalRunRequest": {"journalEntryDate", "transactionTypes"},
    "JournalRunTransactionType": {"type"},
    "ErrorResponse": {"reasons", "success"},
    "ServerErrorResponse": {"reasons"},
    "JournalEntryItemUpdate": {"accountingCodeName", "type"},
    "TokenRequest": {"client_id", "client_secret", "grant_type"},
}


def assert_documented(found: Collection[str], tabled: Collection[str], stated: Collection[str] = ()) -> None:
    """Nothing that a table has is missing, and what it has not is stated by the documents."""
    assert set(tabled) - set(found) == set()
    assert set(found) - set(tabled) - set(stated) == set()


def test_operations(fragment: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    assert_documented(operations(fragment), OPERATIONS, operations(stated))
    for identifier, each in operations(fragment).items():
        assert OPERATIONS.get(identifier, (each.method, each.path)) == (each.method, each.path)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_parameters(fragment: Mapping[str, Any], stated: Mapping[str, Any], operation: str) -> None:
    found = operations(fragment)[operation].parameters
    known = operations(stated)[operation].parameters if operation in operations(stated) else {}
    path = set(re.findall("{(.+?)}", OPERATIONS[operation][1]))
    for place, names in (
        ("header", REQUEST_HEADERS[operation]), ("query", QUERIES.get(operation, set())), ("path", path),
    ):  # fmt: skip
        there, more = ({name for where, name in each if where == place} for each in (found, known))
        assert_documented(there, names, more)
    assert {name for (_, name), parameter in found.items() if parameter.get("required")} == path


@pytest.mark.parametrize("operation", OPERATIONS)
def test_statuses_and_the_headers_of_responses(
    fragment: Mapping[str, Any], stated: Mapping[str, Any], operation: str
) -> None:
    found = operations(fragment)[operation].responses
    known = operations(stated)[operation].responses if operation in operations(stated) else {}
    expected = {
        "200": ANSWER_HEADERS | RATE_HEADERS | CONCURRENCY_HEADERS | {"Content-Encoding"},
        "4XX": ANSWER_HEADERS | RATE_HEADERS | {"Retry-After", "Content-Encoding"},
        "500": ANSWER_HEADERS | RATE_HEADERS | {"Content-Encoding"},
    }
    if operation == "createToken":
        expected["200"] = ANSWER_HEADERS | TOKEN_RATE_HEADERS
        expected["4XX"] = ANSWER_HEADERS | {"Retry-After", "Content-Encoding"}
        expected["429"] = expected["4XX"] | TOKEN_RATE_HEADERS
    assert_documented(found, expected, known)
    for status, headers in expected.items():
        response = found[status]
        assert_documented(response["headers"], headers, known.get(status, {}).get("headers", ()))
        assert set(response["content"]) == {"application/json"}
        required = {name for name, each in response["headers"].items() if resolved(fragment, each).get("required")}
        assert required == {"Zuora-Request-Id"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_request_bodies(fragment: Mapping[str, Any], operation: str) -> None:
    body: Any = operations(fragment)[operation].definition.get("requestBody")
    expected = {
        "createJournalRun": "application/json",
        "updateJournalEntry": "application/json",
        "createToken": "application/x-www-form-urlencoded",
    }
    if operation in expected:
        assert body["required"] is True
        assert set(body["content"]) == {expected[operation]}
    else:
        assert body is None


def test_every_operation_but_the_token_request_needs_a_bearer_token(fragment: Mapping[str, Any]) -> None:
    assert fragment["security"] == [{"bearerAuth": []}]
    scheme = fragment["components"]["securitySchemes"]["bearerAuth"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    found = operations(fragment)
    assert found["createToken"].definition["security"] == []
    assert not any("security" in found[operation].definition for operation in ON_RUNS)


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_enumerations(fragment: Mapping[str, Any], stated: Mapping[str, Any], name: str) -> None:
    values = fragment["components"]["schemas"][name]["enum"]
    assert_documented(values, ENUMERATIONS[name], stated["components"]["schemas"].get(name, {}).get("enum", ()))
    assert len(values) == len(set(values))


def test_there_are_29_transaction_types() -> None:
    assert len(TRANSACTION_TYPES) == 29


@pytest.mark.parametrize("name", FIELDS)
def test_fields(fragment: Mapping[str, Any], stated: Mapping[str, Any], name: str) -> None:
    schema = fragment["components"]["schemas"][name]
    known = stated["components"]["schemas"].get(name, {}).get("properties", ())
    assert_documented(schema["properties"], FIELDS[name], known)
    assert set(schema.get("required", ())) >= REQUIRED.get(name, set())
    assert schema.get("additionalProperties", True) is True


def test_no_other_objects(fragment: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    schemas = fragment["components"]["schemas"]
    objects = {name for name, schema in schemas.items() if schema.get("type") == "object"}
    assert_documented(objects, {*FIELDS, "TokenErrorResponse"}, stated["components"]["schemas"])


def test_lengths_and_bounds(fragment: Mapping[str, Any]) -> None:
    schemas, parameters = fragment["components"]["schemas"], fragment["components"]["parameters"]
    assert schemas["TrackId"]["maxLength"] == 64
    assert parameters["IdempotencyKey"]["schema"]["maxLength"] == 255
    request_id = fragment["components"]["headers"]["ZuoraRequestId"]["schema"]
    for schema in (schemas["RequestId"], request_id, schemas["TokenRequest"]["properties"]["client_id"]):
        assert (schema["minLength"], schema["maxLength"]) == (36, 36)
    assert schemas["TokenRequest"]["properties"]["client_secret"]["maxLength"] == 42
    for name in ("JournalEntry", "UpdateJournalEntryRequest"):
        assert schemas[name]["properties"]["notes"]["maxLength"] == 2000
    paging = operations(fragment)["listJournalEntriesOfJournalRun"].parameters
    assert paging["query", "page"]["schema"] == {"type": "integer", "minimum": 1, "default": 1}
    assert paging["query", "pageSize"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 300, "default": 8}


def test_formats(fragment: Mapping[str, Any]) -> None:
    schemas = fragment["components"]["schemas"]
    dates = {
        (model, name)
        for model in FIELDS
        for name, schema in schemas[model]["properties"].items()
        if schema.get("format") == "date"
    }
    assert dates == {
        *(("CreateJournalRunRequest", name) for name in ("journalEntryDate", "targetStartDate", "targetEndDate")),
        *(("JournalRun", name) for name in ("journalEntryDate", "targetStartDate", "targetEndDate")),
        *(("JournalEntry", name) for name in ("journalEntryDate", "timePeriodStart", "timePeriodEnd")),
    }
    assert schemas["JournalRun"]["properties"]["totalJournalEntryCount"]["format"] == "int64"


def test_environments(fragment: Mapping[str, Any]) -> None:
    named = {server["x-environment"]: server["url"] for server in fragment["servers"]}
    assert len(named) == len(fragment["servers"])
    assert named == dict(ENVIRONMENTS)
    assert set(named) == {
        "PROD_NA", "SBX_NA", "PROD", "SBX", "CSBX", "PROD_EU", "SBX_EU", "CSBX_EU", "PROD_AP", "CSBX_AP",
    }  # fmt: skip
    hosts = {
        "rest.na.zuora.com", "rest.sandbox.na.zuora.com", "rest.zuora.com", "rest.apisandbox.zuora.com",
        "rest.test.zuora.com", "rest.eu.zuora.com", "rest.sandbox.eu.zuora.com", "rest.test.eu.zuora.com",
        "rest.ap.zuora.com", "rest.test.ap.zuora.com",
    }  # fmt: skip
    assert set(named.values()) == {f"https://{host}" for host in hosts}
