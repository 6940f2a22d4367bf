from __future__ import annotations

import pytest
from tests.fragment.document import Fragment, load


@pytest.fixture(scope="session")
def fragment() -> Fragment:
    return load()
