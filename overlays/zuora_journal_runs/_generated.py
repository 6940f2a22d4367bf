"""The models and types of the generated client, imported when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zuora_journal_runs_api import client, models, types
else:
    from ._lazy import LazyModule

    client = LazyModule("zuora_journal_runs_api.client")
    models = LazyModule("zuora_journal_runs_api.models")
    types = LazyModule("zuora_journal_runs_api.types")

__all__ = ["client", "models", "types"]
