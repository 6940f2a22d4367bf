from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zuora_journal_runs.emulator import BUSY_SEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api

KEY = {"Idempotency-Key": "5b6e3f0a-58c5-4f0e-8f38-6f3f0b0f6a11"}
DAY = 24 * 60 * 60


def test_a_repeated_request_gets_the_first_response_and_changes_nothing(api: Api) -> None:
    first = api.create(KEY)
    again = api.create(KEY)
    assert again.content == first.content
    assert again.status_code == first.status_code
    assert again.headers["zuora-request-id"] == first.headers["zuora-request-id"]
    assert api.status("JR-00000077") == "gone"


def test_another_idempotency_key_is_another_request(make: Callable[..., Api]) -> None:
    api = make(one_run_at_a_time=False)
    assert api.create(KEY).json() != api.create({"Idempotency-Key": "other"}).json()


@pytest.mark.parametrize("version", ["186.0", "2025-08-12"])
def test_failures_are_repeated_too(make: Callable[..., Api], version: str) -> None:
    api = make(seed=BUSY_SEED)
    api.http.headers["Zuora-Version"] = version
    first = api.create(KEY)
    assert first.json()["success"] is False
    api.emulator.release("JR-00000076")
    again = api.create(KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert api.create().json()["success"] is True


def test_the_body_is_not_compared(api: Api) -> None:
    assert api.create(KEY).content == api.create(KEY, accountingPeriodName="Dec-2014").content


def test_an_idempotency_key_expires_after_a_day(make: Callable[..., Api]) -> None:
    api = make(pacing="at-once")
    api.create(KEY)
    api.emulator.clock.advance(DAY - 1)
    api.sign_in()
    assert api.create(KEY).json()["journalRunNumber"] == "JR-00000076"
    api.emulator.clock.advance(1)
    assert api.create(KEY).json()["journalRunNumber"] == "JR-00000077"


def test_an_idempotency_key_belongs_to_one_url(api: Api) -> None:
    api.create(KEY)
    response = api.http.post("/v1/journal-runs?again", json={}, headers=KEY)
    assert response.status_code == 422
    assert response.json()["success"] is False


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (255, 200), (256, 400)])
def test_how_long_a_key_may_be(api: Api, length: int, status: int) -> None:
    assert api.create({"Idempotency-Key": "k" * length}).status_code == status


def test_a_refused_token_does_not_use_up_an_idempotency_key(api: Api) -> None:
    assert api.create(KEY | {"Authorization": "Bearer nonsense"}).status_code == 401
    assert api.create(KEY).json()["success"] is True


def test_each_response_has_its_own_limits_and_track_id(api: Api) -> None:
    first = api.create(KEY | {"Zuora-Track-Id": "one"}).headers
    again = api.create(KEY | {"Zuora-Track-Id": "two"}).headers
    assert (first["zuora-track-id"], again["zuora-track-id"]) == ("one", "two")
    assert first["ratelimit-remaining"] > again["ratelimit-remaining"]
