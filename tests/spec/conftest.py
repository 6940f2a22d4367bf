from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openapi.generator import generate as generator
from openapi.spec import documents
from openapi.spec.build import build
from openapi.spec.command import Project
from openapi.spec.names import read_names
from openapi.spec.overlay import parsed

LAYERS = Path(__file__).parent / "layers"
"""Layers of these tests' own, as they were when one of four pages had been read; the live ones may change at will."""


@pytest.fixture(scope="session")
def contract() -> str:
    """The contract that the layers build."""
    layer = documents.load_layer(LAYERS / "documents")
    overlay = (LAYERS / "corrections.overlay.yaml").read_text(encoding="utf-8")
    return build(layer, read_names(LAYERS / "names.yaml"), parsed(overlay, "corrections.overlay.yaml")).text


@pytest.fixture
def project(tmp_path: Path, contract: str) -> Project:
    """A copy of the layers, with the contract, to be changed at will."""
    copy = Project(tmp_path / "project")
    shutil.copytree(LAYERS, copy.openapi)
    copy.contract.write_text(contract, encoding="utf-8")
    return copy


@pytest.fixture
def client() -> None:
    """Ask for a client that is generated."""


@pytest.fixture(autouse=True)
def _no_client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate no client, which takes seconds, unless a test asks for it."""
    if "client" not in request.fixturenames:
        monkeypatch.setattr(generator, "generate", lambda *_: None)
        monkeypatch.setattr(generator, "differences", lambda *_: [])
