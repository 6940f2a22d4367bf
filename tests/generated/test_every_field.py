"""Types are true: each field is what its annotation says, and the program that type checkers read uses all of them."""

from __future__ import annotations

import ast
import inspect
from decimal import Decimal
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.contract.answers import Answers, Kind, encoded

from zuora_journal_runs_api import models
from zuora_journal_runs_api.types import Model

from . import every_field
from .reading import MODULES, attribute, fields_of, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRINTERS: dict[type[Model], Callable[..., None]] = {
    next(iter(get_type_hints(printer, {**vars(every_field), "Show": object}).values())): printer
    for printer in every_field.PRINTERS
}


@pytest.fixture(scope="module")
def answers(fragment: Mapping[str, Any]) -> Answers:
    return Answers(fragment, seed=8)


def test_the_program_prints_every_field_of_every_model() -> None:
    found = {getattr(models, name) for name in models.__all__}
    assert PRINTERS.keys() == {model for model in found if issubclass(model, Model)}
    for model, printer in PRINTERS.items():
        body = ast.parse(inspect.getsource(printer))
        argument = next(iter(inspect.signature(printer).parameters))
        used = {
            node.attr
            for node in ast.walk(body)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == argument
        }
        assert fields_of(model).keys() <= used, model


@pytest.mark.parametrize("operation", MODULES)
@pytest.mark.parametrize("status", ["200", "4XX", "500"])
def test_every_field_is_what_its_type_says_and_what_was_sent(
    fragment: Mapping[str, Any], answers: Answers, operation: str, status: str
) -> None:
    kind = Kind(operation, status)

    @settings(deadline=None, derandomize=True, database=None, max_examples=20, phases=[Phase.generate],
              suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
    @given(answers.allowed(kind))
    def typed(body: Any) -> None:
        parsed = read(kind, encoded(body))
        assert is_of(parsed, type(parsed))
        assert_shown(fragment, parsed)
        PRINTERS[type(parsed)](parsed, str)

    typed()


def assert_shown(fragment: Mapping[str, Any], model: Model) -> None:
    """Each field of a model has the value that JSON has under its name."""
    sent = model.to_dict()
    for name in fragment["components"]["schemas"][type(model).__name__]["properties"]:
        value, text = getattr(model, attribute(name)), sent.get(name)
        if isinstance(value, list):
            assert [each.to_dict() for each in value] == (text or []), name
            for each in value:
                assert_shown(fragment, each)
        elif isinstance(value, Decimal):
            assert value == Decimal(str(text)), name
        else:
            assert value == text or str(value) == text, name


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (None, str),
        (1, str | None),
        ([1], list[str]),
        ("a", list[str]),
        (1, Literal[True]),
        (True, int),
        ({}, models.Segment),
    ],
)
def test_what_is_of_another_type_is_found(value: object, type_: Any) -> None:
    assert not is_of(value, type_)


def is_of(value: Any, type_: Any) -> bool:
    """Whether a value, with all that is in it, is of a type."""
    if isinstance(type_, UnionType):
        return any(is_of(value, each) for each in get_args(type_))
    if get_origin(type_) is Literal:
        return any(value is each for each in get_args(type_))
    if get_origin(type_) is list:
        return type(value) is list and all(is_of(each, *get_args(type_)) for each in value)
    if issubclass(type_, Model):
        return type(value) is type_ and all(
            is_of(getattr(value, name), get_type_hints(field.fget)["return"])
            for name, field in fields_of(type_).items()
        )
    return type(value) is type_
