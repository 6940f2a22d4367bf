"""`make generate` and `make check`: the package is what the fragment makes, byte for byte."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "generated" / "zuora_journal_runs_api"


@pytest.fixture
def generator() -> Any:
    """The program behind both commands, as a module of this test's own."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "openapi" / "generator" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(generator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package in the place of it, which a quick generator would make just so."""
    package = tmp_path / "kept" / KEPT.name
    copy_kept(package)
    monkeypatch.setattr(generator, "PACKAGE", package)
    monkeypatch.setattr(generator, "generate", copy_kept)
    return package


def copy_kept(into: Path) -> None:
    shutil.copytree(KEPT, into, ignore=shutil.ignore_patterns("__pycache__"))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(generator: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["generate.py", *arguments])
    generator.main()


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_package_is_what_the_fragment_makes(
    generator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hash_seed: str
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
    generator.generate(tmp_path / KEPT.name)
    kept = {name: content for name, content in files(KEPT).items() if "__pycache__" not in name}
    assert files(tmp_path / KEPT.name) == kept


def test_a_warning_of_the_generator_fails(generator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schemas of one title, and one of the models would be lost."""
    text = generator.FRAGMENT.read_text(encoding="utf-8")
    for schema in ("Reason", "Segment"):
        assert text.count(f"    {schema}:\n") == 1
        text = text.replace(f"    {schema}:\n", f"    {schema}:\n      title: the same\n")
    fragment = tmp_path / "journal-runs.yaml"
    fragment.write_text(text, encoding="utf-8")
    monkeypatch.setattr(generator, "FRAGMENT", fragment)
    with pytest.raises(generator.GeneratorError, match="openapi-python-client failed"):
        generator.generate(tmp_path / KEPT.name)


def change(package: Path) -> None:
    with (package / "models" / "reason.py").open("a", encoding="utf-8") as file:
        file.write("\n")


def remove(package: Path) -> None:
    (package / "models" / "reason.py").unlink()


def add(package: Path) -> None:
    (package / "models" / "reason_of_yesterday.py").touch()


@pytest.mark.parametrize(
    ("edit", "name"),
    [(change, "models/reason.py"), (remove, "models/reason.py"), (add, "models/reason_of_yesterday.py")],
)
def test_check_names_what_is_not_current_and_generate_mends_it(
    generator: Any, package: Path, monkeypatch: pytest.MonkeyPatch, edit: Callable[[Path], None], name: str
) -> None:
    run(generator, monkeypatch, "--check")
    current = files(package)
    edit(package)
    edited = files(package)
    with pytest.raises(SystemExit, match=f"make generate.*: {name}$"):
        run(generator, monkeypatch, "--check")
    assert files(package) == edited
    run(generator, monkeypatch)
    assert files(package) == current


def test_what_python_leaves_behind_is_no_difference(
    generator: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "models" / "__pycache__").mkdir()
    (package / "models" / "__pycache__" / "reason.pyc").touch()
    run(generator, monkeypatch, "--check")


def test_the_notice_says_which_command_makes_the_package() -> None:
    notice = (KEPT / "DO-NOT-EDIT.md").read_text(encoding="utf-8")
    assert "make generate" in notice
    assert "openapi/journal-runs.yaml" in notice
