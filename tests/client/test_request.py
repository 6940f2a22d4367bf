"""Any other call of Zuora's API over the same connection: conventions, errors, and what is sent again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import Backoff, JournalRunsClient, errors
from zuora_journal_runs.emulator import Clock, Emulator

from .world import URL, Script, answer, refusal

if TYPE_CHECKING:
    from .world import Kind

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PERIODS = "/v1/accounting-periods"
OBJECTS = "/objects/records/default/invoice"
TWICE = Backoff(attempts=2, first=0.001)


def call(method: str = "GET", path: str = PERIODS, **arguments: Any) -> Any:
    return lambda client: client.request(method, path, **arguments)


@pytest.mark.parametrize("method", METHODS)
def test_the_conventions_are_those_of_all_calls(kind: Kind, method: str) -> None:
    script = Script(answer())
    response = kind.use(
        script,
        call(method.lower(), json={"ä": 1}, params={"page": 2, "status": "Open"}),
        entity_id="42",
        zuora_version="2025-08-12",
        track_id="close",
    )
    assert response.json() == {"success": True}
    (sent,) = script.requests
    assert str(sent.url) == f"{URL}{PERIODS}?page=2&status=Open"
    assert json.loads(sent.content) == {"ä": 1}
    assert ("Idempotency-Key" in sent.headers) == (method in ("POST", "PATCH"))
    expected = {
        "authorization": "Bearer a-token",
        "zuora-entity-ids": "42",
        "zuora-version": "2025-08-12",
        "zuora-track-id": "close",
        "content-type": "application/json",
        "accept-encoding": "gzip",
    }
    assert expected.items() <= dict(sent.headers).items()


FAILURES: dict[str, tuple[httpx.Response | Exception, bool]] = {
    # The failure, and whether the request may have been processed.
    "no connection": (httpx.ConnectError("refused"), False),
    "429": (answer(429), False),
    "locked": (refusal("50000050"), False),
    "lost": (httpx.ReadTimeout("lost"), True),
    "503": (answer(503, {}), True),
    "failed inside": (refusal("50000061"), True),
    "cut off": (httpx.Response(200, content=b'{"succ', headers={"Content-Type": "application/json"}), True),
}


@pytest.mark.parametrize(("failure", "maybe"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("path", [PERIODS, OBJECTS])
@pytest.mark.parametrize("method", METHODS)
def test_what_may_have_been_done_is_not_done_twice(
    kind: Kind, method: str, path: str, failure: httpx.Response | Exception, maybe: bool
) -> None:
    script = Script(failure, answer())
    keyed = method in ("POST", "PATCH") and path == PERIODS
    again = not maybe or method == "GET" or keyed
    if again:
        assert kind.use(script, call(method, path), retry=TWICE).status_code == 200
    else:
        with pytest.raises(errors.CallError) as caught:
            kind.use(script, call(method, path), retry=TWICE)
        assert caught.value.maybe_processed
        assert caught.value.call == f"{method} {path}"
    assert len(script.requests) == 1 + again
    keys = {request.headers.get("Idempotency-Key") for request in script.requests}
    assert len(keys) == 1
    assert (None in keys) == (not keyed)


def test_a_key_of_the_callers_own_is_sent_even_for_custom_objects(kind: Kind) -> None:
    script = Script(httpx.ReadTimeout("lost"), answer())
    kind.use(script, call("POST", OBJECTS), retry=TWICE, idempotency_key="mine")
    assert [request.headers["Idempotency-Key"] for request in script.requests] == ["mine", "mine"]


def test_a_refused_token_is_renewed(kind: Kind) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            tokens.append(f"t{len(tokens)}")
            return answer(body={"access_token": tokens[-1], "token_type": "bearer", "expires_in": 3600})
        return answer() if request.headers["Authorization"] == "Bearer t1" else refusal("90000011", status=401)

    tokens: list[str] = []
    kind.use(handler, call("PUT"), client_id=f"renewing-{kind.client_class.__name__}", client_secret="s")
    assert tokens == ["t0", "t1"]


def of(content: str, media: str = "application/json", status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=content, headers={"Content-Type": media})


SUCCESSES = {
    "without success": of('{"records": [], "done": true}'),
    "a list": of('[{"Success": true, "Id": "1"}]'),
    "created": of('{"success": true}', status=201),
    "accepted": of('{"requestId": "1"}', status=202),
    "nothing": httpx.Response(204),
    "a file": of("a,b\n1,2\n", "text/csv"),
    "a number": of("5", "application/hal+json"),
}


@pytest.mark.parametrize("given", SUCCESSES.values(), ids=SUCCESSES)
def test_what_is_a_success(kind: Kind, given: httpx.Response) -> None:
    response = kind.use(Script(given), call("POST"))
    assert (response.status_code, response.content) == (given.status_code, given.content)


NO_SUCCESSES: dict[str, tuple[httpx.Response, type[errors.ResponseError], bool]] = {
    # The response, the error, and whether the request may have been processed.
    "success false": (refusal("50000040"), errors.NotFoundError, False),
    "accepted, and success false": (refusal("50000030", status=202), errors.RuleViolationError, False),
    "Success false": (of('{"Success": false, "Errors": [{"Code": "50000020", "Message": "m"}]}'), errors.InvalidRequestError, False),
    "success null": (of('{"success": null}'), errors.APIError, False),
    "reasons alone": (of('{"reasons": [{"code": 50000030, "message": "m"}]}'), errors.RuleViolationError, False),
    "an item of two": (of('[{"Success": true}, {"Success": false, "Errors": [{"Code": "50000020", "Message": "m"}]}]'), errors.InvalidRequestError, True),
    "both items": (of('[{"success": false, "reasons": [{"code": 50000020, "message": "m"}]}, {"Success": false}]'), errors.InvalidRequestError, False),
    "404": (answer(404, {"message": "no Route matched"}), errors.NotFoundError, False),
    "500": (answer(500, {}), errors.ServerError, True),
    "a page": (of("<html>", "text/html; charset=utf-8"), errors.InvalidResponseError, True),
    "not JSON": (of("{"), errors.InvalidResponseError, True),
    "too deep": (of("[" * 100_000), errors.InvalidResponseError, True),
    "redirect": (answer(302, {}, Location="https://elsewhere.example/"), errors.InvalidResponseError, True),
    "another call's": (answer(Zuora_Track_Id="another"), errors.InvalidResponseError, True),
}  # fmt: skip


@pytest.mark.parametrize(("given", "error", "maybe"), NO_SUCCESSES.values(), ids=NO_SUCCESSES)
def test_what_is_not_a_success(
    kind: Kind, given: httpx.Response, error: type[errors.ResponseError], maybe: bool
) -> None:
    with pytest.raises(error) as caught:
        kind.use(Script(given), call("PUT"), retry=Backoff(attempts=1))
    assert type(caught.value) is error
    assert caught.value.maybe_processed is maybe
    assert caught.value.body == given.content


BAD = {
    "another host": (("GET", "https://elsewhere.example.com/v1/x"), {}, "sent nowhere else"),
    "another host without scheme": (("GET", "//elsewhere.example.com/v1/x"), {}, "sent nowhere else"),
    "a token": (("POST", "/oauth/token"), {}, "fetches its tokens itself"),
    "a token in disguise": (("POST", "/v1/../oauth/token"), {}, "fetches its tokens itself"),
    "a strange method": (("CONNECT", PERIODS), {}, "use one of GET"),
    "no path": (("GET", "http://[::1"), {}, "is not a path"),
    "no JSON": (("POST", PERIODS), {"json": {1, 2}}, "cannot be written as JSON"),
    "not a number": (("POST", PERIODS), {"json": float("nan")}, "cannot be written as JSON"),
}


@pytest.mark.parametrize(("arguments", "options", "said"), BAD.values(), ids=BAD)
def test_what_is_not_sent(kind: Kind, arguments: Any, options: Any, said: str) -> None:
    script = Script(answer())
    with pytest.raises(errors.InvalidArgumentError, match=said):
        kind.use(script, call(*arguments, **options))
    assert script.requests == []


def test_an_address_of_a_next_page(kind: Kind) -> None:
    script = Script(answer())
    kind.use(script, call("GET", f"{URL}{PERIODS}?page=2"))
    assert str(script.requests[0].url) == f"{URL}{PERIODS}?page=2"


def test_an_operation_on_runs_keeps_its_own_rules(kind: Kind) -> None:
    """Its success has to be said, and it is sent again, since a second cancellation does nothing."""
    with pytest.raises(errors.InvalidResponseError, match="success"):
        kind.use(Script(answer(body={})), call("PUT", "/v1/journal-runs/JR-00000075/cancel"))
    script = Script(httpx.ReadTimeout("lost"), answer())
    kind.use(script, call("PUT", "/v1/journal-runs/JR-00000075/cancel"), retry=TWICE)
    assert len(script.requests) == 2


def test_the_emulator_lets_a_handler_respond_to_what_it_does_not_model() -> None:
    seen: list[httpx.Request] = []

    def others(request: httpx.Request) -> httpx.Response | None:
        seen.append(request)
        if request.url.path == "/v1/catalog":
            return None
        return httpx.Response(200, text="a,b", headers={"Content-Type": "text/csv"})

    emulator = Emulator(others=others, clock=Clock(running=False))
    with emulator.client(compress_over=0) as client:
        response = client.request("POST", PERIODS, json={"name": "x" * 2000}, params={"page": 1})
        assert (response.text, response.headers["Content-Type"]) == ("a,b", "text/csv")
        assert response.headers["Zuora-Track-Id"] == seen[0].headers["Zuora-Track-Id"]
        with pytest.raises(errors.NotFoundError, match="no endpoint /v1/catalog"):
            client.request("GET", "/v1/catalog")
        assert client.retrieve("JR-00000075").number == "JR-00000075"
    assert json.loads(seen[0].content) == {"name": "x" * 2000}
    assert seen[0].url.query == b"page=1"
    assert [request.url.path for request in seen] == [PERIODS, "/v1/catalog"]
    assert [misuse.request.path for misuse in emulator.misuses()] == ["/v1/catalog"]
    with (
        JournalRunsClient(emulator.url, token="wrong", transport=emulator.transport()) as stranger,
        pytest.raises(errors.AuthenticationError),
    ):
        stranger.request("GET", PERIODS)
    assert len(seen) == 2
