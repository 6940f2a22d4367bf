"""Every public name is described where it is defined, and has a place in the reference."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click import Group

import zuora_journal_runs
from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract.options import PREFIX, Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

DOCS = Path(__file__).resolve().parents[2] / "docs"
PACKAGE = Path(zuora_journal_runs.__file__).parent
MODULES = ("", ".errors", ".evidence", ".emulator", ".contract", ".pytest_plugin")
_DIRECTIVE = re.compile(r"^\.\. (?:py:data|auto(?:class|data|exception|function)):: ([\w.]+)$", re.MULTILINE)
_VARIABLE = re.compile(r"\b(?:ZUORA|ZJR)_[A-Z_]*[A-Z]\b")


def public(module: ModuleType) -> list[str]:
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
        and not name.startswith("pytest_")
    ]


NAMES = {
    f"zuora_journal_runs{suffix}.{name}": getattr(module, name)
    for suffix in MODULES
    for module in [importlib.import_module(f"zuora_journal_runs{suffix}")]
    for name in public(module)
}
CLASSES = {
    name: value
    for name, value in NAMES.items()
    if inspect.isclass(value) and value.__module__.startswith("zuora_journal_runs") and not issubclass(value, str)
}
COMMON = set(vars(object)) | set(dir(BaseException)) | set(dir(tuple)) | set(dir(str)) | set(dir(dict))


def in_the_reference() -> list[str]:
    return [name for page in (DOCS / "reference").glob("*.md") for name in _DIRECTIVE.findall(page.read_text("utf-8"))]


def resolved(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def test_every_public_name_has_a_place_in_the_reference() -> None:
    there = in_the_reference()
    objects = list(map(resolved, there))
    missing = [
        name
        for name, value in NAMES.items()
        if name not in there and not inspect.ismodule(value) and not any(value is each for each in objects)
    ]
    assert missing == []


def test_the_reference_has_each_name_once() -> None:
    there = in_the_reference()
    assert sorted(there) == sorted(set(there))


@functools.cache
def classes_of(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def described_in_source(cls: type) -> set[str]:
    """Name the attributes of a class that a docstring follows, or that the class's own docstring explains."""
    found: set[str] = set()
    for base in cls.__mro__:
        if not base.__module__.startswith("zuora_journal_runs"):
            continue
        tree = classes_of(base.__module__)[base.__name__]
        found |= set(re.findall(r"^ *\**(\w+): ", ast.get_docstring(tree) or "", re.MULTILINE))
        for field, after in zip(tree.body, tree.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
                found.add(field.target.id)
    return found


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class of ours adds: methods, properties and fields."""
    names = {name for base in cls.__mro__ if base.__module__.startswith("zuora_journal_runs") for name in vars(base)}
    fields = {name for base in cls.__mro__ for name in inspect.get_annotations(base)}
    for name in sorted(names | fields):
        if not name.startswith("_") and name not in COMMON:
            yield name, inspect.getattr_static(cls, name, None)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_a_docstring(name: str) -> None:
    value = NAMES[name]
    if inspect.isclass(value) or inspect.isroutine(value):
        assert (value.__doc__ or "").strip()
        assert not (value.__doc__ or "").startswith(f"{value.__name__}(")  # which dataclasses write themselves


@pytest.mark.parametrize("name", CLASSES)
def test_every_member_of_a_public_class_has_a_docstring(name: str) -> None:
    cls = CLASSES[name]
    explained = described_in_source(cls)
    silent = [
        member
        for member, value in members(cls)
        if member not in explained and not (getattr(value, "__func__", value).__doc__ or "").strip()
    ]
    assert silent == []


def commands(group: Group, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        assert command.help, f"{path} {name}"
        yield f"{path} {name}"
        if isinstance(command, Group):
            yield from commands(command, f"{path} {name}")


def test_the_whole_command_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "cli.md").read_text("utf-8")
    assert ".. click:: zuora_journal_runs.cli.app:zjr" in page
    assert ":nested: full" in page
    assert len(list(commands(zjr, "zjr"))) > 10


def test_every_environment_variable_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "environment.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    ours = {name for name in listed if _VARIABLE.fullmatch(name)}
    in_code = {name for path in PACKAGE.rglob("*.py") for name in _VARIABLE.findall(path.read_text("utf-8"))}
    in_code |= {f"{PREFIX}{name.upper()}" for name in Options.__dataclass_fields__}
    assert in_code - ours == NOT_FOR_USERS
    assert ours <= in_code


NOT_FOR_USERS = {
    "ZUORA_TOKEN",  # in the curl lines of findings
}


def test_every_data_centre_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "environment.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `(https://\S+)` \|$", page, re.MULTILINE))
    assert rows == dict(zuora_journal_runs.ENVIRONMENTS)


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} - {"index"}
    assert pages == set(re.findall(r"^([a-z-]+(?:/[a-z-]+)?)$", index, re.MULTILINE))
