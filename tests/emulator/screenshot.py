"""Take the screenshot of the emulator's page that the README shows: `make screenshot`."""

from __future__ import annotations

import base64
import contextlib
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from tests.emulator.browser import Page, chromium

from zuora_journal_runs.emulator import Clock, Emulator
from zuora_journal_runs.errors import NotFoundError

TARGET = Path(__file__).parents[2] / "docs" / "emulator.webp"
WIDTH, HEIGHT = 1280, 1010


def main(target: Path = TARGET) -> None:
    clock = Clock(datetime(2026, 11, 2, 22, 30, tzinfo=UTC), running=False)
    faults = ["cancel:1:reset-after", "get:10%:status-503"]
    with (
        Emulator(clock=clock, random=Random(1), faults=faults) as emulator,
        emulator.client(random=Random(1)) as client,
        tempfile.TemporaryDirectory() as profile,
        chromium(Path(profile)) as browser,
    ):
        client.cancel_and_wait("JR-00000075")
        with contextlib.suppress(NotFoundError):
            client.retrieve("JR-00000070")
        page = Page(browser, emulator)
        page.command("Emulation.setScrollbarsHidden", hidden=True)
        # Its port is another one each time.
        page.js("document.getElementById('address').textContent = 'http://127.0.0.1:8080'")
        page.run()
        page.device(WIDTH, HEIGHT, mobile=False)
        page.js("document.activeElement.blur()")
        target.write_bytes(base64.b64decode(page.command("Page.captureScreenshot", format="webp", quality=90)["data"]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
