from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import Clock, Emulator, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUN = "JR-00000075"
STATUSES = "2025-08-12"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Api:
    """Calls an emulator without a socket, signed in, with a `Zuora-Version` in which errors have their own status."""

    def __init__(self, emulator: Emulator, credentials: tuple[str, str] | None = None) -> None:
        self.emulator = emulator
        self.http = httpx.Client(transport=emulator.transport(), base_url=emulator.url)
        self.http.headers.pop("accept-encoding")
        self.http.headers["Zuora-Version"] = STATUSES
        self.sign_in(credentials)

    def token(self, credentials: tuple[str, str] | None = None, **fields: str) -> httpx.Response:
        client_id, secret = credentials or (self.emulator.client_id, self.emulator.client_secret)
        form = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"} | fields
        return self.http.post("/oauth/token", data=form)

    def sign_in(self, credentials: tuple[str, str] | None = None) -> Api:
        self.http.headers["Authorization"] = f"Bearer {self.token(credentials).json()['access_token']}"
        return self

    def get(self, number: str = RUN, **headers: str) -> httpx.Response:
        return self.http.get(f"/v1/journal-runs/{number}", headers=headers)

    def status(self, number: str = RUN) -> str:
        response = self.get(number)
        return "gone" if response.status_code == 404 else str(response.json()["status"])

    def entries(self, number: str = RUN, **query: Any) -> httpx.Response:
        return self.http.get(f"/v1/journal-entries/journal-runs/{number}", params=query)

    def entry_statuses(self, number: str = RUN) -> list[str]:
        return [entry["status"] for entry in self.entries(number, pageSize=300).json()["journalEntries"]]

    def create(self, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        body = {
            "accountingPeriodName": "Nov-2014",
            "journalEntryDate": "2014-11-04",
            "transactionTypes": [{"type": "Invoice Item"}, {"type": "Revenue Event Item"}],
        } | changes
        body = {name: value for name, value in body.items() if value is not None}
        return self.http.post("/v1/journal-runs", json=body, headers=headers)

    def created(self, **changes: Any) -> str:
        return str(self.create(**changes).json()["journalRunNumber"])

    def cancel(self, number: str = RUN, **headers: str) -> httpx.Response:
        return self.http.put(f"/v1/journal-runs/{number}/cancel", json={}, headers=headers)

    def update(self, entry: str, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
        return self.http.put(f"/v1/journal-entries/{entry}/basic-information", json=changes, headers=headers)

    def entry(self, number: str, run: str = RUN) -> dict[str, Any]:
        entries = self.entries(run, pageSize=300).json()["journalEntries"]
        return next(entry for entry in entries if entry["number"] == number)

    def delete(self, number: str = RUN, **headers: str) -> httpx.Response:
        return self.http.delete(f"/v1/journal-runs/{number}", headers=headers)


@pytest.fixture
def make() -> Iterator[Callable[..., Api]]:
    """Makes emulators with a frozen clock and fixed identifiers, and signs in to them."""
    with ExitStack() as stack:

        def make(**options: Any) -> Api:
            settings = {name: options.pop(name) for name in Settings.__dataclass_fields__ if name in options}
            options.setdefault("clock", Clock(NOON, running=False))
            options.setdefault("random", Random(0))
            emulator = Emulator(settings=Settings(**settings), **options)
            stack.callback(emulator.close)
            api = Api(emulator)
            stack.callback(api.http.close)
            return api

        yield make


@pytest.fixture
def api(make: Callable[..., Api]) -> Api:
    return make()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits for something that another thread is about to do."""

    def until(done: Callable[[], object]) -> None:
        patience = time.monotonic() + 30
        while not done():
            assert time.monotonic() < patience
            time.sleep(0)

    return until
