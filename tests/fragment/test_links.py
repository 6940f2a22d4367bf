"""The links lead from a creation to a deletion."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from .walk import operations

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFE = (
    "createJournalRun",
    "getJournalRun",
    "cancelJournalRun",
    "listJournalEntriesOfJournalRun",
    "deleteJournalRun",
    "getJournalRun",
)


def links(fragment: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, str]]]:
    """For each operation those that its answers lead to, with the parameters that they are given."""
    found = operations(fragment)
    return {
        identifier: {
            link["operationId"]: link["parameters"]
            for response in operation.responses.values()
            for link in response.get("links", {}).values()
        }
        for identifier, operation in found.items()
    }


def test_links_lead_to_operations_and_give_them_what_they_need(fragment: Mapping[str, Any]) -> None:
    found = operations(fragment)
    for source, targets in links(fragment).items():
        for target, parameters in targets.items():
            needed = {name for (_, name), each in found[target].parameters.items() if each.get("required")}
            assert parameters.keys() == needed, (source, target)
            for expression in parameters.values():
                assert_expression(fragment, source, expression)


def assert_expression(fragment: Mapping[str, Any], source: str, expression: str) -> None:
    """What an expression points at is there: a parameter of the request, or a required field of the answer."""
    kind, _, name = expression.rpartition("/") if "#" in expression else expression.rpartition(".")
    operation = operations(fragment)[source]
    if kind == "$request.path":
        assert ("path", name) in operation.parameters, (source, expression)
        return
    assert kind == "$response.body#", (source, expression)
    (media_type,) = operation.responses["200"]["content"].values()
    model = media_type["schema"]["oneOf"][0]["$ref"].rpartition("/")[2]
    schema = fragment["components"]["schemas"][model]
    assert name in schema["required"], (source, expression)
    assert schema["properties"][name] == {"$ref": "#/components/schemas/JournalRunNumber"}


@pytest.mark.parametrize(("source", "target"), list(pairwise(LIFE)))
def test_links_walk_the_life_of_a_run(fragment: Mapping[str, Any], source: str, target: str) -> None:
    assert target in links(fragment)[source]


def test_links_stand_under_a_success_alone(fragment: Mapping[str, Any]) -> None:
    for operation in operations(fragment).values():
        assert {status for status, response in operation.responses.items() if "links" in response} <= {"200"}
