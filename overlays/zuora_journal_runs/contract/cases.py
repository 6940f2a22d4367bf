"""The contract for schemathesis, set up so that its cases name what exists and its checks understand failures."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from schemathesis.config import SchemathesisConfig

from .document import reference
from .exchange import judged_status, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemathesis import BaseSchema, Case, HookContext, Response

    from .document import Document
    from .target import Target

# Zuora refuses these in text, which no schema expresses.
_BEYOND_BMP = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


WIRE_STATUS = "x-wire-status"
"""The header under which a response's own status is kept."""

_OWN_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def configuration(seed: int, examples: int) -> SchemathesisConfig:
    """The settings: nothing is kept between runs, or read from the working directory or the provider's source."""
    accepted, refused = ["2xx"], ["400", "401", "404", "415"]
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "cache": {"enabled": False},
            "analysis": {"constants": {"enabled": False}},
            # Fields that the contract does not name are tried by the coverage phase; here they would only take time.
            "generation": {"database": "none", "max-examples": examples, "allow-extra-parameters": False},
            "checks": {
                # What a request names exists, and its status allows the request: there is no reason to refuse it.
                "positive_data_acceptance": {"expected-statuses": accepted},
                "negative_data_rejection": {"expected-statuses": refused},
                # It sends requests of its own; authentication has rules here.
                "ignored_auth": {"enabled": False},
                # Checked by the suite itself, which names the value that is wrong, and in recordings too.
                **{name: {"enabled": False} for name in _OWN_CHECKS},
            },
            "phases": {
                # Along the links a run comes into any status, and is gone in the end.
                "stateful": {"checks": {"positive_data_acceptance": {"expected-statuses": [*accepted, "404", "409"]}}},
            },
        }
    )


class CaseAdapter:
    """Adapts generated cases to what exists at the provider, and leaves alone what is wrong with them.

    Without it every case would be refused for an unknown run or period, or for a header that the request contradicts,
    and nothing else would ever be checked.

    Args:
        document: The contract.
        target: The provider.
        existing: The fields of a creation that the provider accepts.
        run: Gives an operation's id the number of a run whose status allows it.
        entry: Gives an entry that may be updated.
        new_key: Makes idempotency keys that were never used before.
        token: Gives a bearer token.
    """

    def __init__(
        self,
        document: Document,
        target: Target,
        *,
        existing: Mapping[str, str],
        run: Callable[[str], str],
        entry: Callable[[], Mapping[str, Any]],
        new_key: Callable[[], str],
        token: Callable[[], str],
    ) -> None:
        self._conventions, self._run, self._entry = target.conventions, run, entry
        self._new_key, self._token = new_key, token
        self._knows_period = "accountingPeriodName" in existing
        self._dates = {name: existing[name] for name in ("targetStartDate", "targetEndDate")}
        credentials = {"client_id": target.client_id, "client_secret": target.client_secret}
        bodies = {
            "createJournalRun": ("CreateJournalRunRequest", existing),
            "createToken": ("TokenRequest", credentials),
            # Other values would keep the entry from being cancelled, and its run from being cleaned up.
            "updateJournalEntry": ("UpdateJournalEntryRequest", {"transferredToAccounting": "Ignore"}),
        }
        properties = {name: document["components"]["schemas"][name]["properties"] for name, _ in bodies.values()}
        self._existing = {
            operation: [(name, document.validator(properties[schema][name]), value) for name, value in values.items()]
            for operation, (schema, values) in bodies.items()
        }
        self._key = document.validator(document["components"]["parameters"]["IdempotencyKey"]["schema"])
        self._run_number = document.validator(reference("JournalRunNumber"))
        self._entry_number = document.validator(reference("JournalEntryNumber"))
        self._item = document.validator(reference("JournalEntryItemUpdate"))

    def adapt(self, case: Case[Any]) -> Case[Any]:
        """Change a case in place; what is valid in it stays valid, and what is not, invalid."""
        operation_id = id_of(case)
        tested = tested_parameters(case)
        number = case.path_parameters.get("jr-number")
        if number is not None and self._run_number.is_valid(str(number)) and not follows_link(case):
            case.path_parameters["jr-number"] = self._run(operation_id)
        entry = case.path_parameters.get("je-number")
        if entry is not None and self._entry_number.is_valid(str(entry)):
            case.path_parameters["je-number"] = self._entry()["number"]
        self._adapt_headers(case, operation_id, tested)
        if isinstance(case.body, dict):
            case.body = self._adapted_body(copy.deepcopy(case.body), operation_id)
        return case

    def _adapt_headers(self, case: Case[Any], operation_id: str, tested: set[str]) -> None:
        if "Authorization" not in tested and operation_id != "createToken":
            case.headers["Authorization"] = f"Bearer {self._token()}"
        if "Content-Encoding" not in tested:
            case.headers.pop("Content-Encoding", None)  # nothing compresses the body
        key = case.headers.get("Idempotency-Key")
        if key is not None and self._key.is_valid(key):
            # With a known key the body would not be read. Short keys may be known from another run.
            case.headers["Idempotency-Key"] = fresh = self._new_key()
            if len(key) > len(fresh):
                case.headers["Idempotency-Key"] = fresh.ljust(len(key), "k")
        if operation_id == "cancelJournalRun":
            case.headers.setdefault("Content-Type", "application/json")  # a tenant refuses a PUT without one
        documented = {each.name for each in case.operation.headers}
        for name in {"Zuora-Entity-Ids", "Zuora-Org-Ids"} & documented - tested:
            case.headers.pop(name, None)  # any other entity would be one that there is not
            if name in self._conventions:
                case.headers[name] = self._conventions[name]

    def _adapted_body(self, body: dict[str, Any], operation_id: str) -> dict[str, Any]:
        if "accountingPeriodName" in body and operation_id == "createJournalRun" and not self._knows_period:
            # There may be no period of that name.
            body |= self._dates if isinstance(body.pop("accountingPeriodName"), str) else {"accountingPeriodName": 0}
        for name, schema, value in self._existing[operation_id]:
            if name in body and schema.is_valid(body[name]):
                body[name] = value
        items = body.get("journalEntryItems")
        for item in filter(self._item.is_valid, items if isinstance(items, list) else ()):
            real: Mapping[str, Any] = next(iter(self._entry().get("journalEntryItems", ())), {})
            item |= {name: value for name, value in real.items() if name in item}
        types = body.get("transactionTypes")
        if "accountingPeriodName" not in body and isinstance(types, list):
            for each in types:
                if isinstance(each, dict) and each.get("type") == "Revenue Event Item":
                    each["type"] = "Invoice Item"  # the other needs a period
        return {within_bmp(name): within_bmp(value) for name, value in body.items()}


def judged(schema: BaseSchema) -> BaseSchema:
    """Return the same schema, whose checks see the status that a failure stands for."""

    @schema.hooks.hook
    def after_call(context: HookContext, case: Case[Any], response: Response) -> None:  # noqa: ARG001 - the form of a hook
        judge(response)

    return schema


def judge(response: Response) -> None:
    """Give a response the status that it stands for, and keep the one that it had."""
    response.headers[WIRE_STATUS] = [str(response.status_code)]
    body = parsed(response.content)
    response.status_code = judged_status(response.status_code, body if isinstance(body, dict) else {})


def wire_status(response: Response) -> int:
    """Return the status that a response had before it was judged."""
    return int(response.headers[WIRE_STATUS][0])


def id_of(case: Case[Any]) -> str:
    """Return the id of a case's operation."""
    operation_id: str = case.operation.definition.raw["operationId"]
    return operation_id


def follows_link(case: Case[Any]) -> bool:
    """Return whether a case is a step along the links, on a run that an earlier step made."""
    assert case.meta is not None
    return case.meta.phase.name.value == "stateful"


def tested_parameters(case: Case[Any]) -> set[str]:
    """Return the parameters that a case tests."""
    assert case.meta is not None
    data = case.meta.phase.data
    return {name for name in (data.parameter, *(mutation.parameter for mutation in data.mutations)) if name}


def within_bmp(value: Any) -> Any:
    """Return JSON without characters outside the Basic Multilingual Plane."""
    if isinstance(value, str):
        return _BEYOND_BMP.sub("x", value)
    if isinstance(value, list):
        return [within_bmp(each) for each in value]
    if isinstance(value, dict):
        return {within_bmp(name): within_bmp(each) for name, each in value.items()}
    return value
