from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.emulator.state import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api


def test_credentials_and_tokens_have_the_documented_format(api: Api) -> None:
    assert len(api.emulator.client_id) == 36
    assert len(api.emulator.client_secret) <= 42
    response = api.token()
    body = response.json()
    assert response.status_code == 200
    assert response.headers["x-ratelimit-limit-minute"] == "2000"
    assert (body["token_type"], body["expires_in"], body["jti"]) == ("bearer", 3599, body["access_token"])
    assert body["scope"]


def test_a_token_is_valid_for_an_hour(api: Api) -> None:
    api.emulator.clock.advance(3599)
    assert api.get().status_code == 200
    api.emulator.clock.advance(1)
    assert api.get().status_code == 401
    api.sign_in()
    assert api.get().status_code == 200


def test_the_validity_of_tokens_can_be_shortened(make: Callable[..., Api]) -> None:
    api = make(token_seconds=10)
    assert api.token().json()["expires_in"] == 9
    api.emulator.clock.advance(10)
    assert api.get().status_code == 401


def test_a_new_token_does_not_end_the_old_one(api: Api) -> None:
    assert api.token().json()["access_token"] not in api.http.headers["Authorization"]
    assert api.get().status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_id": "x" * 36}, "Invalid client id"),
        ({"client_id": ""}, "Invalid client id"),
        ({"client_secret": "wrong"}, "Invalid client id"),
        ({"client_secret": ""}, "Invalid client id"),
        ({"grant_type": "password"}, "grant type"),
        ({"grant_type": ""}, "grant type"),
    ],
)
@pytest.mark.parametrize("version", ["186.0", "2025-08-12"])
def test_wrong_credentials(api: Api, fields: dict[str, Any], expected: str, version: str) -> None:
    api.http.headers["Zuora-Version"] = version
    response = api.token(**fields)
    body = response.json()
    assert response.status_code == body["status"] == 400
    assert expected in body["message"]
    assert (body["error"], body["path"], body["timestamp"]) == (
        "Bad Request",
        "/oauth/token",
        "2026-11-22T12:00:00.000+0000",
    )


def test_a_secret_of_another_user(api: Api) -> None:
    client_id, _ = api.emulator.add_user()
    assert api.token((client_id, api.emulator.client_secret)).status_code == 400


def test_a_token_request_must_be_a_form(api: Api) -> None:
    response = api.http.post("/oauth/token", json={"client_id": api.emulator.client_id})
    assert response.status_code == 415


@pytest.mark.parametrize("content", [b"", b"\xff\xff=%ff", b"a=1&" * 1000, b"&&==&"])
def test_invalid_token_forms(api: Api, content: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.http.post("/oauth/token", content=content, headers=headers).status_code == 400


def test_a_track_id_comes_back_with_the_token(api: Api) -> None:
    api.http.headers["Zuora-Track-Id"] = "t-1"
    assert api.token().headers["zuora-track-id"] == "t-1"


def test_a_refused_request_for_a_token_never_looks_like_a_token(api: Api) -> None:
    api.http.headers.update({"Zuora-Track-Id": "a;b", "Zuora-Version": "186.0"})
    assert api.token().status_code == 400


def test_an_expired_token_is_ignored_in_a_token_request(api: Api) -> None:
    api.http.headers["Authorization"] = "Bearer expired"
    assert api.token().status_code == 200


def test_many_tokens_are_valid_at_the_same_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_MAX_KNOWN", 2)
    given = [api.token().json()["access_token"] for _ in range(5)]
    for _ in range(2):
        assert [api.get(Authorization=f"Bearer {token}").status_code for token in given] == [200] * 5
    assert len(api.emulator._api._tokens._known) <= 2
    api.emulator.clock.advance(3600)
    assert [api.get(Authorization=f"Bearer {token}").status_code for token in given] == [401] * 5
