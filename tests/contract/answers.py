"""Answers made of the fragment: what it allows, and small steps beyond that."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode

from zuora_journal_runs.contract.cases import configuration
from zuora_journal_runs.contract.document import METHODS
from zuora_journal_runs.spec import resolve_ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hypothesis.strategies import SearchStrategy

quick = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
"""For many readings of answers by chance, the same every time."""

OTHER_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2.5,
    "",
    "Paused",
    "2014-11-15 22:05:12",
    [],
    [None],
    {},
    {"a": 1},
)
"""One or two of every type that JSON has."""


class Kind(NamedTuple):
    """A kind of answer that the fragment has."""

    operation: str
    """The operation's id."""
    status: str
    """200, 4XX or 500."""


class Answers:
    """The answers that a fragment allows.

    Schemathesis makes requests, not answers: so here they are the bodies of operations of their own.
    """

    def __init__(self, document: Mapping[str, Any], seed: int) -> None:
        self._media = {
            Kind(operation["operationId"], status): _bounded(resolve_ref(document, response)["content"])
            for item in document["paths"].values()
            for method, operation in item.items()
            if method in METHODS
            for status, response in operation["responses"].items()
        }
        self._components = {"schemas": _bounded(document["components"]["schemas"])}
        inverted = {
            "openapi": document["openapi"],
            "info": {"title": "answers", "version": "1"},
            "components": self._components,
            "paths": {
                f"/{kind.operation}/{kind.status}": {
                    "post": {
                        "requestBody": {"required": True, "content": content},
                        "responses": {"200": {"description": "none"}},
                    }
                }
                for kind, content in self._media.items()
            },
        }
        self._schema = schemathesis.openapi.from_dict(inverted, config=configuration(seed, 1))

    @property
    def kinds(self) -> list[Kind]:
        """Every operation with every status of its answers."""
        return list(self._media)

    def examples(self, kind: Kind) -> list[Any]:
        """The examples that the fragment gives."""
        media = self._media[kind]["application/json"]
        return [copy.deepcopy(each["value"]) for each in media.get("examples", {}).values()]

    def allowed(self, kind: Kind) -> SearchStrategy[Any]:
        """Bodies that the fragment allows."""
        operation = self._schema[f"/{kind.operation}/{kind.status}"]["POST"]
        return operation.as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)

    def allows(self, kind: Kind, body: Any) -> bool:
        """Whether the fragment allows a body."""
        schema = self._media[kind]["application/json"]["schema"]
        return Draft202012Validator({"components": self._components, **schema}, validate_formats=True).is_valid(body)


def _bounded(part: Any) -> Any:
    """Return a part of the contract in which integers have 64 bits at most. The client refuses wider ones, on purpose."""
    if isinstance(part, list):
        return [_bounded(each) for each in part]
    if not isinstance(part, dict):
        return part
    bounds = {"minimum": 1 - 2**63, "maximum": 2**63 - 1} if part.get("type") == "integer" else {}
    return {**bounds, **{name: _bounded(each) for name, each in part.items()}}


def changed(body: Any) -> Iterator[Any]:
    """All bodies in which one value of this one is another, or a field is missing, or there is one more."""
    for other in OTHER_VALUES:
        if not same(other, body):
            yield other
    if isinstance(body, dict):
        yield {**body, "fieldOfTomorrow": {"a": [1, None]}}
        for name, value in body.items():
            yield {key: each for key, each in body.items() if key != name}
            for other in changed(value):
                yield {**body, name: other}
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield [*body[:index], *body[index + 1 :]]
            for other in changed(value):
                yield [*body[:index], other, *body[index + 1 :]]


def encoded(body: Any) -> bytes:
    """A body as it travels."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def decoded(body: bytes) -> Any:
    """A body as it was sent, with exact numbers."""
    return json.loads(body, parse_float=Decimal)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, where true is not 1, and a number is what it is worth."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    numbers = (int, float, Decimal)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return isinstance(one, bool) == isinstance(other, bool) and one == other
    return type(one) is type(other) and bool(one == other)
