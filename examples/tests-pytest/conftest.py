"""No test reaches a real tenant: each has an emulator of its own."""

import pytest

from zuora_journal_runs.emulator import Emulator


@pytest.fixture(autouse=True)
def zuora(zuora_emulator: Emulator, zuora_environ: dict[str, str]) -> Emulator:
    """The emulator, whose address and credentials are in the environment."""
    return zuora_emulator
