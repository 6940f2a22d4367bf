"""The fragment as a test suite: schemathesis, set up so that it asks for what exists and understands what it is told.

Nothing in here knows a particular provider. `Known` says what exists at the one that is tested.
"""

from __future__ import annotations

import copy
import re
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import schemathesis
from jsonschema_rs import Draft202012Validator
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET

from .checks import every_check, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemathesis import Case, HookContext, Response

# Zuora refuses these in text, and no schema says so.
_BEYOND_BMP = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


class Known(NamedTuple):
    """What exists at the provider, so that a request is refused for what is wrong with it and for nothing else."""

    runs: Mapping[str, str]
    """For each operation on a run, by its id, the number of one whose status allows it."""
    period: str
    """The name of an accounting period."""
    start: str
    """Its first date."""
    end: str
    """Its last date."""
    client_id: str
    """The id of an OAuth client."""
    client_secret: str
    """Its secret."""


class Suite:
    """The fragment, ready to test one provider with: set the schema's `app`, or its base URL.

    Args:
        document: The fragment.
        known: What exists at the provider.
        token: A bearer token for it.
        seed: Decides all that is left to chance.
        examples: How many requests the fuzzing of each operation makes.
        new_key: Makes idempotency keys that were never used before.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        known: Known,
        *,
        token: str,
        seed: int,
        examples: int,
        new_key: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.schema = schemathesis.openapi.from_dict(dict(document), config=configuration(token, seed, examples))
        self.checks = every_check()
        self._authorization = f"Bearer {token}"
        fitting = Fitting(document, known, new_key)

        @self.schema.hooks.hook
        def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:  # noqa: ARG001 - the form of a hook
            return fitting.fit(case)

        # `map_case` does not see the examples of the fragment.
        @self.schema.hooks.hook
        def before_add_examples(context: HookContext, examples: list[Case[Any]]) -> None:  # noqa: ARG001 - the form of a hook
            for case in examples:
                fitting.fit(case)

        @self.schema.hooks.hook
        def after_call(context: HookContext, case: Case[Any], response: Response) -> None:  # noqa: ARG001 - the form of a hook
            judge(response)

    def call(
        self,
        operation_id: str,
        number: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Any = NOT_SET,
        data: bytes | None = None,
    ) -> Response:
        """Make a request that is not left to chance, and hold the answer against the fragment.

        Args:
            operation_id: The operation.
            number: The number of the run that it is about.
            query: Query parameters.
            headers: Headers, beside those that every request needs; one that is None is left out.
            body: The body as JSON.
            data: The body as bytes.

        Raises:
            FailureGroup: the answer is not what the fragment says.
        """
        operation = self.schema.find_operation_by_id(operation_id)
        case = operation.Case(
            path_parameters={} if number is None else {"jr-number": number},
            query=dict(query or {}),
            body=body,
            media_type=None if body is NOT_SET else "application/json",
        )
        needed = {"Authorization": self._authorization, "Accept-Encoding": "gzip"}
        if operation_id == "cancelJournalRun":
            needed["Content-Type"] = "application/json"
        # Given to the call rather than to the case, they go before those that the session has.
        sent = {name: value for name, value in {**needed, **(headers or {})}.items() if value is not None}
        parts: dict[str, Any] = {} if data is None else {"data": data}
        return case.call_and_validate(headers=sent, additional_checks=self.checks, **parts)


def configuration(token: str, seed: int, examples: int) -> SchemathesisConfig:
    """The settings: nothing is kept between runs, or read from the working directory or the provider's source."""
    accepted, refused = ["2xx"], ["400", "401", "404", "415"]
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "cache": {"enabled": False},
            "analysis": {"constants": {"enabled": False}},
            "auth": {"openapi": {"bearerAuth": {"bearer": token}}},
            # Fields that the contract does not name are tried by the coverage phase; here they would only take time.
            "generation": {"database": "none", "max-examples": examples, "allow-extra-parameters": False},
            "checks": {
                # What a request names exists, and its status allows what is asked: there is no reason to refuse it.
                "positive_data_acceptance": {"expected-statuses": accepted},
                "negative_data_rejection": {"expected-statuses": refused},
            },
            "phases": {
                # Along the links a run comes into any status, and is gone in the end.
                "stateful": {"checks": {"positive_data_acceptance": {"expected-statuses": [*accepted, "404", "409"]}}},
            },
        }
    )


class Fitting:
    """Makes requests ask for what exists, and leaves alone what is wrong with them.

    Without it an unknown run or period, or a promise that the request does not keep, would be what it is refused for,
    and no other rule would ever be tried.
    """

    def __init__(self, document: Mapping[str, Any], known: Known, new_key: Callable[[], str]) -> None:
        self._runs, self._new_key = known.runs, new_key
        existing = {
            "createJournalRun": {
                "accountingPeriodName": known.period,
                "targetStartDate": known.start,
                "targetEndDate": known.end,
            },
            "createToken": {"client_id": known.client_id, "client_secret": known.client_secret},
        }
        schemas = document["components"]["schemas"]
        bodies = {"createJournalRun": "CreateJournalRunRequest", "createToken": "TokenRequest"}
        self._existing = {
            operation: [
                (
                    name,
                    Draft202012Validator(schemas[bodies[operation]]["properties"][name], validate_formats=True),
                    value,
                )
                for name, value in values.items()
            ]
            for operation, values in existing.items()
        }
        self._run_number = Draft202012Validator(schemas["JournalRunNumber"])

    def fit(self, case: Case[Any]) -> Case[Any]:
        """Change a case in place; what is valid in it stays valid, and what is not, invalid."""
        operation_id = case.operation.definition.raw["operationId"]
        tested = tested_parameters(case)
        number = case.path_parameters.get("jr-number")
        if number is not None and self._run_number.is_valid(str(number)) and not walks(case):
            case.path_parameters["jr-number"] = self._runs[operation_id]
        if "Authorization" not in tested:
            self._fit_headers(case, operation_id, tested)
        if isinstance(case.body, dict):
            case.body = self._fitted_body(copy.deepcopy(case.body), operation_id)
        return case

    def _fit_headers(self, case: Case[Any], operation_id: str, tested: set[str]) -> None:
        if "Content-Encoding" not in tested:
            case.headers.pop("Content-Encoding", None)  # nothing compresses the body
        if "Idempotency-Key" not in tested and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = self._new_key()  # a known one would be answered without being read
        if operation_id == "cancelJournalRun":
            case.headers.setdefault("Content-Type", "application/json")  # a tenant refuses a PUT without one

    def _fitted_body(self, body: dict[str, Any], operation_id: str) -> dict[str, Any]:
        for name, schema, value in self._existing[operation_id]:
            if name in body and schema.is_valid(body[name]):
                body[name] = value
        types = body.get("transactionTypes")
        if "accountingPeriodName" not in body and isinstance(types, list):
            for each in types:
                if isinstance(each, dict) and each.get("type") == "Revenue Event Item":
                    each["type"] = "Invoice Item"  # the other needs a period
        return {within_bmp(name): within_bmp(value) for name, value in body.items()}


def walks(case: Case[Any]) -> bool:
    """Whether a case is a step along the links, on a run that an earlier step made."""
    return case.meta is not None and case.meta.phase.name.value == "stateful"


def tested_parameters(case: Case[Any]) -> set[str]:
    """The parameters that a case is about."""
    if case.meta is None:
        return set()
    data = case.meta.phase.data
    return {name for name in (data.parameter, *(mutation.parameter for mutation in data.mutations)) if name}


def within_bmp(value: Any) -> Any:
    """JSON without characters outside the Basic Multilingual Plane."""
    if isinstance(value, str):
        return _BEYOND_BMP.sub("x", value)
    if isinstance(value, list):
        return [within_bmp(each) for each in value]
    if isinstance(value, dict):
        return {within_bmp(name): within_bmp(each) for name, each in value.items()}
    return value
