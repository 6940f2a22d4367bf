"""Addresses, credentials and the environment."""

from __future__ import annotations

import pickle
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import ENVIRONMENTS, AsyncJournalRunsClient, JournalRunsClient, Polling, errors
from zuora_journal_runs._client import environment
from zuora_journal_runs._http.token_cache import Credentials, Secret, Token

from .world import URL, Script, run

if TYPE_CHECKING:
    from .world import Kind

CREDENTIALS = {"ZUORA_CLIENT_ID": "id", "ZUORA_CLIENT_SECRET": "the-secret"}


@pytest.mark.parametrize(
    "address",
    [
        "https://rest.zuora.com",
        "https://rest.zuora.com/",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.9.9.9:1",
        "http://127.0.0.1:65535",
        "http://[::1]:1",
    ],
)
def test_addresses(address: str) -> None:
    assert str(environment.parse_base_url(address)).rstrip("/") == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "is not the address of an API, such as"),
        ("rest.zuora.com", "is not the address of an API, such as"),
        ("ftp://rest.zuora.com", "is not the address of an API, such as"),
        ("https://", "is not the address of an API, such as"),
        ("https://rest.zuora.com/v1", "leave out /v1"),
        ("https://rest.zuora.com/v1/", "leave out /v1"),
        ("https://user:password@rest.zuora.com/v1", "must not hold"),
        ("https://rest.zuora.com/v2", "is not the address of an API, such as"),
        ("http://127.0.0.1:100753", "the port 100753: ports are 1 to 65535"),
        ("http://127.0.0.1:0", "the port 0"),
        ("https://rest.zuora.com:65536", "the port 65536"),
        ("https://rest.zuora.com?x=1", "is not the address of an API, such as"),
        ("https://rest.zuora.com:port", "is not the address of an API, such as"),
        ("https://user:password@rest.zuora.com", "must not hold"),
        ("http://rest.zuora.com", "use https"),
        ("http://127.0.0.1.example.com", "use https"),
        ("http://localhost.example.com", "use https"),
        (None, "is not the address of an API, such as"),
    ],
)
def test_what_is_no_address(kind: Kind, address: Any, said: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=said) as caught:
        kind.client_class(address, token="t")
    assert "password" not in str(caught.value).replace("user name or password", "")


INVALID = {
    "ZUORA_BASE_URL": ("rest.zuora.com", {}),
    "ZUORA_ENTITY_ID": ("a b", {"entity_id": "e"}),
    "ZUORA_ORG_IDS": ("a,,b", {"org_ids": "o"}),
    "ZUORA_VERSION": ("\u00fc", {"zuora_version": "v"}),
}


@pytest.mark.parametrize(("name", "value", "instead"), [(name, *each) for name, each in INVALID.items()])
def test_a_variable_that_is_invalid_is_named_unless_an_argument_overrides_it(
    kind: Kind, name: str, value: str, instead: dict[str, Any]
) -> None:
    valid = {"ZUORA_BASE_URL": "https://rest.zuora.com", "ZUORA_CLIENT_ID": "i", "ZUORA_CLIENT_SECRET": "s"}
    with pytest.raises(errors.InvalidArgumentError, match=f"^{name}: "):
        kind.client_class.from_env({**valid, name: value})
    if instead:
        kind.client_class.from_env({**valid, name: value}, **instead)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"client_id": "id"},
        {"client_secret": "secret"},
        {"client_secret": "secret", "token": "t"},
        {"client_id": "id", "client_secret": "secret", "token": "t"},
        {"token": "t", "auth": httpx.BasicAuth("a", "b")},
    ],
)
def test_one_kind_of_authorization_is_needed(kind: Kind, arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="client_id and client_secret, or token, or auth"):
        kind.client_class(URL, **arguments)


def test_the_environment(kind: Kind) -> None:
    environ = {
        **CREDENTIALS,
        "ZUORA_ENVIRONMENT": "sbx_eu",
        "ZUORA_ENTITY_ID": " entity ",
        "ZUORA_ORG_IDS": "a, b",
        "ZUORA_VERSION": "2025-08-12",
    }
    client = kind.client_class.from_env(environ, entity_id="given")
    assert repr(client) == f"{kind.client_class.__name__}('{ENVIRONMENTS['SBX_EU']}')"
    headers = client.connection.headers
    assert headers["Zuora-Entity-Ids"] == "given"
    assert headers["Zuora-Org-Ids"] == "a,b"
    assert headers["Zuora-Version"] == "2025-08-12"


def test_the_environment_of_the_process(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "ZUORA_BASE_URL": "http://localhost:1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ZUORA_ENVIRONMENT", raising=False)
    assert "localhost:1" in repr(kind.client_class.from_env())


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "ZUORA_ENVIRONMENT"),
        ({"ZUORA_BASE_URL": " "}, "no address"),
        ({"ZUORA_ENVIRONMENT": "MARS"}, "none of PROD_NA"),
        ({"ZUORA_ENVIRONMENT": "PROD", "ZUORA_BASE_URL": URL}, "different addresses"),
        ({"ZUORA_BASE_URL": URL}, "set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET"),
        ({"ZUORA_BASE_URL": URL, "ZUORA_CLIENT_ID": "id"}, "set ZUORA_CLIENT_SECRET"),
        ({**CREDENTIALS, "ZUORA_BASE_URL": "http://rest.zuora.com"}, "use https"),
        ({**CREDENTIALS, "ZUORA_BASE_URL": URL, "ZUORA_ENTITY_ID": "a,b"}, "entity id"),
    ],
)
def test_what_the_environment_lacks_is_named(kind: Kind, environ: dict[str, str], said: str) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=said) as caught:
        kind.client_class.from_env(environ)
    assert "the-secret" not in str(caught.value)


def test_the_same_address_twice_is_no_contradiction(kind: Kind) -> None:
    environ = {**CREDENTIALS, "ZUORA_ENVIRONMENT": "PROD", "ZUORA_BASE_URL": "https://rest.zuora.com/"}
    assert "https://rest.zuora.com" in repr(kind.client_class.from_env(environ))


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret("the-secret")
    assert secret == "the-secret"
    for holder in (secret, Credentials("id", secret, None), Token(secret, 1.0), [secret], {"x": secret}):
        assert "the-secret" not in repr(holder)
        with pytest.raises(TypeError, match="environment"):
            pickle.dumps(holder)


@pytest.mark.parametrize(
    "polling",
    [
        Polling(first=0.0),
        Polling(first=-1.0),
        Polling(first=float("nan")),
        Polling(first=float("inf")),
        Polling(factor=0.5),
        Polling(factor=float("nan")),
        Polling(factor=1e300),
        Polling(longest=0.0),
        Polling(longest=float("nan")),
        Polling(longest=float("inf")),
    ],
)
def test_intervals_that_would_keep_the_tenant_busy(kind: Kind, polling: Polling) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="polling"):
        kind.client_class(URL, token="t", polling=polling)


@given(
    st.floats(0.01, 1e300), st.floats(1, 100), st.floats(0.01, 1e300), st.integers(1, 10**9), st.none() | st.floats(0)
)
def test_intervals_grow_up_to_the_longest(
    first: float, factor: float, longest: float, polls: int, hint: float | None
) -> None:
    interval = Polling(first, factor, longest).interval(polls, Random(1), hint)
    assert min(first, longest) / 2 <= interval <= max(longest, hint or 0.0)


def test_clients_of_ones_own_kind_keep_their_kind() -> None:
    class Mine(JournalRunsClient):
        pass

    class MineToo(AsyncJournalRunsClient):
        pass

    transport = httpx.MockTransport(Script(run()))
    assert type(Mine(URL, token="t", transport=transport).with_options(deadline=1.0)) is Mine
    assert type(MineToo(URL, token="t", transport=transport).with_options(deadline=1.0)) is MineToo


def test_a_client_with_other_options_is_of_the_same_kind(kind: Kind) -> None:
    class Ours(kind.client_class):  # type: ignore[name-defined,misc]
        team = "nobody"

    client: Any = Ours(URL, token="t")
    client.team = "close"
    api = client.api
    other = client.with_options(track_id="close-2026-10")
    assert type(other) is Ours
    assert other.team == "close"
    assert other.api is not api
    assert client.api is api
