"""No modules import each other, not even for types, nor inside functions."""

import graphlib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]


# `make check` forbids cycles between packages; this finds those between any modules.
@pytest.mark.parametrize(("package", "folder"), [("zuora_journal_runs", "overlays"), ("spec", "openapi")])
def test_imports_form_no_cycle(package: str, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / folder)
    imports = grimp.build_graph(package, cache_dir=None)
    assert len(imports.modules) > 20
    graphlib.TopologicalSorter(
        {module: imports.find_modules_directly_imported_by(module) for module in imports.modules}
    ).prepare()
