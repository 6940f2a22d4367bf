"""The public face: what can be imported, that both clients have the same, and that nothing costs more than it must."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import zuora_journal_runs
from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors, evidence

PACKAGE = Path(zuora_journal_runs.__file__).parent
VERBS = (
    "request",
    "create",
    "retrieve",
    "entries",
    "iter_entries",
    "plan_cancellation",
    "cancel",
    "cancel_and_wait",
    "cancel_many",
    "wait_for_cancellation",
    "wait_for_completion",
    "delete",
    "plan",
    "plan_rerun",
    "plan_transfer",
    "check_plan",
    "apply",
    "rerun",
    "post_entries",
    "transfer",
)


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(zuora_journal_runs.__all__) == sorted(set(zuora_journal_runs.__all__))
    for name in zuora_journal_runs.__all__:
        assert getattr(zuora_journal_runs, name) is not None
    homes = {name for names in zuora_journal_runs._HOMES.values() for name in names}
    assert homes | {"errors"} == set(zuora_journal_runs.__all__)
    assert zuora_journal_runs.__version__[0].isdecimal()


def test_what_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'JournalRunClient'"):
        zuora_journal_runs.JournalRunClient  # noqa: B018


def public(cls: type) -> set[str]:
    return {name for name in vars(cls) if not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    assert public(JournalRunsClient) - {"close"} == public(AsyncJournalRunsClient) - {"aclose"}
    assert public(JournalRunsClient) - {"close"} == {*VERBS, "from_env", "with_options", "api", "connection"}


@pytest.mark.parametrize("verb", VERBS)
def test_signatures_and_docstrings_agree(verb: str) -> None:
    sync, tasks = getattr(JournalRunsClient, verb), getattr(AsyncJournalRunsClient, verb)
    if verb == "iter_entries":  # its results are iterated, not awaited
        assert inspect.signature(sync).parameters == inspect.signature(tasks).parameters
    else:
        assert inspect.signature(sync) == inspect.signature(tasks)
        assert inspect.iscoroutinefunction(tasks)
    assert "Raises:" in sync.__doc__
    assert f"`JournalRunsClient.{verb}`" in tasks.__doc__


def kinds(root: type[BaseException]) -> set[type[BaseException]]:
    return {root}.union(*(kinds(kind) for kind in root.__subclasses__()))


def test_all_errors_have_one_root_and_a_place_in_the_tree() -> None:
    ours = {value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, BaseException)}
    assert ours == kinds(errors.JournalRunsError)
    assert errors.__doc__ is not None
    names = {kind.__name__ for kind in ours - {errors.CallError}}
    assert {name for name in names if name not in errors.__doc__} == set()


def test_an_import_costs_no_more_than_what_is_used() -> None:
    code = (
        "import sys, zuora_journal_runs; assert 'httpx' not in sys.modules;"
        "from zuora_journal_runs import JournalRunsClient;"
        "heavy = {'aiohttp', 'attrs', 'zuora_journal_runs_api', 'httptools', 'yaml', 'jsonschema_rs'} & sys.modules.keys();"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_what_dir_and_help_show_is_public() -> None:
    public_names = {*zuora_journal_runs.__all__, "__version__"}
    assert {name for name in dir(zuora_journal_runs) if name not in ("__all__", "__doc__")} == public_names
    _, _, shown = pydoc.plain(pydoc.render_doc(zuora_journal_runs)).partition("\nCLASSES\n")
    assert [
        name for name in zuora_journal_runs.__all__ if name != "errors" and not re.search(rf"\b{name}\b", shown)
    ] == []
    assert re.findall(r"^    (_[a-zA-Z]\w*)", shown, re.MULTILINE) == []


@pytest.mark.parametrize("package", ["_http", "_client"])
def test_a_surface_is_what_the_modules_inside_have(package: str) -> None:
    """What is not loaded is not in `vars`, so that a name that no module has would be noticed only when it is used."""
    module = importlib.import_module(f"zuora_journal_runs.{package}")
    assert all(getattr(module, name) is not None for name in module.__all__)
    with pytest.raises(AttributeError, match=f"module 'zuora_journal_runs.{package}' has no attribute 'other'"):
        _ = module.other


def public_functions(module: ModuleType, names: list[str]) -> Iterator[tuple[str, FunctionType | type]]:
    """Each public class, function, method and property of a module."""
    for name in names:
        value = getattr(module, name)
        if isinstance(value, FunctionType):
            yield name, value
        if not inspect.isclass(value):
            continue
        yield name, value
        for attribute, member in inspect.getmembers_static(value):
            if attribute.startswith("_") and attribute != "__init__":
                continue
            function = underneath(member)
            if isinstance(function, FunctionType):
                yield f"{name}.{attribute}", function


def underneath(member: object) -> object:
    """The function that a property or a class method was made from."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member.__func__ if isinstance(member, classmethod | staticmethod) else member


FUNCTIONS = {
    f"{module.__name__}.{name}": function
    for module, names in (
        (zuora_journal_runs, zuora_journal_runs.__all__),
        (errors, errors.__all__),
        (evidence, evidence.__all__),
    )
    for name, function in public_functions(module, names)
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_type_hints_can_be_resolved(name: str) -> None:
    typing.get_type_hints(FUNCTIONS[name])


def test_type_hints_are_the_types() -> None:
    hints = typing.get_type_hints(JournalRunsClient.wait_for_completion)
    assert hints["return"] is zuora_journal_runs.CompletionOutcome
    assert typing.get_type_hints(AsyncJournalRunsClient.retrieve)["return"] is zuora_journal_runs.JournalRun
    assert hints == typing.get_type_hints(AsyncJournalRunsClient.wait_for_completion)


def test_a_lazy_module_shows_its_name() -> None:
    from zuora_journal_runs import _generated

    assert repr(_generated.models) == "<LazyModule zuora_journal_runs_api.models>"
