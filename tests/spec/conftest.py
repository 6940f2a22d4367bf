from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openapi.spec import command
from openapi.spec.command import Project

ROOT = Path(__file__).parents[2]
LAYERS = ("names.yaml", "corrections.overlay.yaml", "ignored.yaml", "journal-runs.yaml")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the layers, the contract and the client, to be changed at will."""
    copy = Project(tmp_path / "project")
    shutil.copytree(ROOT / "openapi" / "documents", copy.documents)
    for name in LAYERS:
        shutil.copy(ROOT / "openapi" / name, copy.openapi / name)
    shutil.copytree(Project().client, copy.client, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client is generated, which takes a second, where a test is not about that."""

    class Generator:
        @staticmethod
        def generate(*_: Path) -> None:
            pass

        @staticmethod
        def differences(*_: Path) -> list[str]:
            return []

    monkeypatch.setattr(command, "_generator", lambda: Generator)
