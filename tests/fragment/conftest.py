from __future__ import annotations

import pytest
from openapi.spec.base import Base
from openapi.spec.command import Project
from openapi.spec.documents import load_layer
from openapi.spec.names import read_names
from tests.fragment.document import Fragment, load


@pytest.fixture(scope="session")
def fragment() -> Fragment:
    return load()


@pytest.fixture(scope="session")
def stated() -> Fragment:
    """What the documents in openapi/documents state, before any correction."""
    project = Project()
    return Fragment(Base(read_names(project.names)).build(load_layer(project.documents)))
