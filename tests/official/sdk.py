"""Zuora's own SDK, unchanged, against the emulator: `make official`. Its import alone takes fifteen seconds."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.bench.processes import python_with_the_sdk

from zuora_journal_runs.emulator import AT_ONCE, Emulator, Settings


def test_a_month_end_close_with_the_official_sdk() -> None:
    python = python_with_the_sdk()
    if python is None:
        pytest.skip("zuora-sdk cannot be installed here")
    # The SDK sends a PUT without a content type. Live tenants have been seen to refuse that, and so does the emulator
    # unless it is told otherwise.
    with Emulator(pacing=AT_ONCE, settings=Settings(put_needs_content_type=False)) as emulator:
        given = [emulator.url, emulator.client_id, emulator.client_secret]
        done = subprocess.run(
            [python, Path(__file__).with_name("month_end.py"), *given], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["entries"]
        assert told == {
            "created": "JR-00000076",
            "made": "Completed",
            "entries": ["Created"] * len(told["entries"]),
            "cancelled": True,
            "after": "Cancelled",
            "entries_after": ["Cancelled"] * len(told["entries"]),
            "deleted": True,
            "missing": 404,
        }
        asked = [f"{request.method} {request.path}" for request in emulator.requests]
        assert asked[0] == "POST /oauth/token"
        assert asked[-1] == f"GET /v1/journal-runs/{told['created']}"
