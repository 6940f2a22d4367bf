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
    settings = Settings(put_needs_content_type=False, override_transferred=True)
    with Emulator(pacing=AT_ONCE, settings=settings) as emulator:
        arguments = [emulator.url, emulator.client_id, emulator.client_secret]
        done = subprocess.run(
            [python, Path(__file__).with_name("month_end.py"), *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        story = json.loads(done.stdout)
        count = len(story["entries"])
        assert count
        assert story == {
            "first": "JR-00000076",
            "status": "Completed",
            "entries": [["Created", "No"]] * count,
            "marked": [True] * count,
            "posted": [["Created", "Yes"]] * count,
            # All transactions are in entries that are posted.
            "second": ["JR-00000077", "Completed", []],
            "cancelled while posted": [True, "Completed", [["Created", "Yes"]] * count],
            "taken back": [True] * count,
            "cancelled": [True, "Cancelled", [["Cancelled", "No"]] * count],
            # They are free again.
            "again": ["JR-00000078", "Completed", [["Created", "No"]] * count],
            "deleted": [True, 404],
        }
        requests = [f"{request.method} {request.path}" for request in emulator.requests]
        assert requests[0] == "POST /oauth/token"
        assert requests[-1] == f"GET /v1/journal-runs/{story['first']}"
