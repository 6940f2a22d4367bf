"""The fragment, as the tests read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class Fragment(dict[str, Any]):
    """The fragment, which is too long to be shown when a test fails."""

    def __repr__(self) -> str:
        return "<the fragment>"


def load() -> Fragment:
    """Read openapi/journal-runs.yaml."""
    path = Path(__file__).parents[2] / "openapi" / "journal-runs.yaml"
    return Fragment(yaml.safe_load(path.read_text(encoding="utf-8")))
