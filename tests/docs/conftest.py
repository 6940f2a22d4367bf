"""The surroundings of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .running import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Surroundings]:
    made = Surroundings(tmp_path, monkeypatch)
    yield made
    made.close()
