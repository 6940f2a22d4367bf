"""`zjr doctor`."""

from __future__ import annotations

from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import httpx
import pytest
from click.testing import CliRunner
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.cli import record_types
from zuora_journal_runs.cli.app import zjr as group
from zuora_journal_runs.cli.session import Session
from zuora_journal_runs.emulator import Emulator, Settings

from .running import Zjr
from .running import records as parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = 1_795_370_000.0
SETTINGS = {"ZUORA_ENVIRONMENT": "CSBX_EU", "ZUORA_CLIENT_ID": "an-id", "ZUORA_CLIENT_SECRET": "a-secret"}
MISSING = {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find it."}]}
LIMITS = {
    "RateLimit-Limit": "50000, 50000;w=60",
    "RateLimit-Remaining": "49998",
    "Concurrency-Limit-Limit": "40",
    "Concurrency-Limit-Remaining": "39",
}


def refusal(code: int, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"success": False, "reasons": [{"code": code, "message": "It says no."}]})


def api(
    run: httpx.Response | Exception | None = None,
    token: httpx.Response | Exception | None = None,
    entries: httpx.Response | None = None,
    headers: Mapping[str, str] | None = None,
) -> Callable[[httpx.Request], httpx.Response]:
    """An API in which all is well, but for what is given."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            given = token or httpx.Response(200, json={"access_token": "a-token", "expires_in": 3600})
        elif "journal-entries" in request.url.path:
            given = entries or httpx.Response(200, json=MISSING)
        else:
            assert request.method == "GET"
            given = run or httpx.Response(200, json=MISSING, headers=headers)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return handler


def session(handler: Callable[[httpx.Request], httpx.Response], variables: Mapping[str, str]) -> Session:
    connect = partial(JournalRunsClient.from_env, variables, clock=FakeClock(), transport=httpx.MockTransport(handler))
    return Session(connect, now=lambda: NOW)


def diagnose(
    handler: Callable[[httpx.Request], httpx.Response], *arguments: str, **variables: str
) -> tuple[int, dict[str, Any]]:
    """The exit status, and what is said of each thing."""
    environ = {**SETTINGS, **variables}
    result = CliRunner(env=environ).invoke(group, ["doctor", "--json", *arguments], obj=session(handler, environ))
    assert "a-secret" not in result.output
    (record,) = parsed(result.stdout)
    assert record["exitStatus"] == result.exit_code
    return result.exit_code, {check["name"]: check for check in record["checks"]}


def wrong(found: Mapping[str, Any]) -> list[str]:
    return [name for name, check in found.items() if check["verdict"] == "wrong"]


def test_all_is_well_with_an_emulator(zjr: Zjr, emulator: Emulator) -> None:
    result = zjr("doctor")

    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Nothing is wrong."
    assert f"  address      ok: {emulator.url}, not a data centre of Zuora, from" in lines
    assert "  limits       ok: requests 49999 of 50000 left; at once 39 of 40 left" in lines
    assert emulator.client_secret not in result.output


def test_nothing_is_changed(zjr: Zjr, emulator: Emulator) -> None:
    zjr("doctor")

    assert {request.method for request in emulator.requests if request.path != "/oauth/token"} == {"GET"}


def test_all_is_well_with_a_data_centre() -> None:
    dated = {**LIMITS, "Date": formatdate(NOW - 59, usegmt=True)}
    status, found = diagnose(api(headers=dated), ZUORA_ENTITY_ID="e1", ZUORA_ORG_IDS="o1,o2")

    assert status == 0
    assert list(found) == list(get_args(record_types.CheckName))
    assert {name: check["finding"] for name, check in found.items() if name != "versions"} == {
        "address": "https://rest.test.eu.zuora.com, CSBX_EU, from ZUORA_ENVIRONMENT",
        "TLS": "the server's certificate is valid",
        "credentials": "a token was issued and accepted",
        "entity": "e1, from ZUORA_ENTITY_ID; o1,o2, from ZUORA_ORG_IDS",
        "read": "runs and entries can be read; JR-99999999 does not exist, as expected",
        "permissions": "whether runs may be created, cancelled and deleted only shows when it is tried",
        "clock": "this machine's clock and the server's agree",
        "limits": "requests 49998 of 50000 left; at once 39 of 40 left",
    }
    assert found["permissions"]["verdict"] == "unknown"
    assert "Python 3." in found["versions"]["finding"]


def test_an_existing_run_is_as_good() -> None:
    run = {"success": True, "number": "JR-99999999", "status": "Completed"}
    page = {"success": True, "journalEntries": []}

    assert diagnose(api(httpx.Response(200, json=run), entries=httpx.Response(200, json=page)))[0] == 0


@pytest.mark.parametrize(
    ("variables", "name", "said"),
    [
        ({"ZUORA_ENVIRONMENT": ""}, "address", "no address: set ZUORA_ENVIRONMENT"),
        ({"ZUORA_ENVIRONMENT": "MOON"}, "address", "ZUORA_ENVIRONMENT is 'MOON'"),
        ({"ZUORA_ENVIRONMENT": "", "ZUORA_BASE_URL": "http://rest.zuora.com"}, "address", "use https"),
        ({"ZUORA_CLIENT_ID": ""}, "credentials", "no credentials: set ZUORA_CLIENT_ID"),
        ({"ZUORA_ENTITY_ID": "a,b"}, "entity", "ZUORA_ENTITY_ID: entity id 'a,b' is not valid"),
        ({"ZUORA_VERSION": "ü"}, "entity", "ZUORA_VERSION: "),
        ({"HTTPS_PROXY": "socks5://localhost"}, "address", "the proxy that HTTPS_PROXY or ALL_PROXY names"),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_nothing_is_sent(variables: dict[str, str], name: str, said: str) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing is sent")

    status, found = diagnose(refuse, **variables)

    assert status == 1
    assert wrong(found) == [name]
    assert said in found[name]["finding"]
    assert found["read"]["finding"] == "not checked, because something else is wrong"


def test_several_wrong_settings_are_all_named() -> None:
    environ = {"ZUORA_ENTITY_ID": "a,b"}
    result = CliRunner(env=environ).invoke(group, ["doctor"], obj=session(api(), environ))

    assert result.stdout.splitlines()[0] == "3 things are wrong."
    assert result.stdout.count("WRONG: ") == 3


def test_a_proxy_is_named() -> None:
    _, found = diagnose(api(), HTTPS_PROXY="http://user:password@proxy.example.com:3128")

    assert found["address"]["finding"].endswith(", through the proxy proxy.example.com")


CERTIFICATE = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")


@pytest.mark.parametrize(
    ("handler", "name", "said", "advice"),
    [
        (api(token=httpx.ConnectError("refused")), "address", "cannot be reached", "Check the network"),
        (api(httpx.ConnectError("refused")), "address", "cannot be reached", "Check the network"),
        (api(token=CERTIFICATE), "TLS", "certificate verify failed", "SSL_CERT_FILE"),
        (api(token=httpx.Response(401)), "credentials", "no token", "Check ZUORA_CLIENT_ID"),
        (api(token=httpx.Response(503)), "credentials", "no token", "Try again later"),
        (api(token=httpx.Response(404)), "address", "no token", "the address of Zuora's REST API"),
        (api(refusal(90000011, 401)), "credentials", "It says no.", "Check ZUORA_CLIENT_ID"),
        (api(httpx.Response(404, content=b"<html>")), "address", "HTTP 404", "the address of Zuora's REST API"),
        (api(httpx.Response(200, content=b"<html>")), "address", "not JSON", "the address of Zuora's REST API"),
        (api(refusal(53500010)), "read", "It says no.", "Ask an administrator"),
        (api(refusal(53500060)), "read", "It says no.", "Try again later"),
        (api(entries=refusal(53500010)), "read", "It says no.", "Ask an administrator"),
    ],
)
def test_what_fails_is_reported_with_what_to_do(
    handler: Callable[[httpx.Request], httpx.Response], name: str, said: str, advice: str
) -> None:
    status, found = diagnose(handler)

    assert status == 1
    assert wrong(found) == [name]
    assert said in found[name]["finding"]
    assert advice in found[name]["advice"]


@pytest.mark.parametrize(
    ("arguments", "variables", "source"),
    [
        ([], {"ZUORA_ENTITY_ID": "e2"}, "ZUORA_ENTITY_ID is e2"),
        (["--entity", "e2"], {}, "--entity is e2"),
    ],
)
def test_an_entity_that_is_refused_is_distinguished_from_credentials(
    arguments: list[str], variables: dict[str, str], source: str
) -> None:
    with Emulator(settings=Settings(entity_ids=frozenset({"e1"}))) as emulator:
        zjr = Zjr({**emulator.environ(), **variables})
        (record,) = zjr.json("doctor", *arguments, status=1)
    found = {check["name"]: check for check in record["checks"]}

    assert wrong(found) == ["entity"]
    assert found["entity"]["finding"].startswith(f"{source}, which is refused: ")


def test_an_entity_is_not_blamed_for_what_fails_without_it_too() -> None:
    _, found = diagnose(api(refusal(53500010)), ZUORA_ENTITY_ID="e1")

    assert wrong(found) == ["read"]


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (61, "this machine's clock is 61 s ahead of the server's"),
        (-7200, "this machine's clock is 7,200 s behind the server's"),
    ],
)
def test_a_clock_that_is_off_is_reported(ahead: int, said: str) -> None:
    status, found = diagnose(api(headers={"Date": formatdate(NOW - ahead, usegmt=True)}))

    assert (status, wrong(found), found["clock"]["finding"]) == (1, ["clock"], said)


def test_what_the_response_does_not_say_is_not_known() -> None:
    status, found = diagnose(api())

    assert status == 0
    assert (found["clock"]["verdict"], found["limits"]["verdict"]) == ("unknown", "unknown")


def test_a_server_that_repeats_the_secret_is_not_repeated() -> None:
    said = httpx.Response(400, json={"error_description": "a-secret is wrong"})
    _, found = diagnose(api(token=said))

    assert "is wrong (HTTP 400)" in found["credentials"]["finding"]
