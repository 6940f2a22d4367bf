"""OAuth: one token request however many ask, renewed in time, and once when it is refused."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, Backoff, JournalRunsClient, errors
from zuora_journal_runs._http.token_cache import Credentials, Refresh, Secret, Token, TokenCache, refresh_time

from .world import URL, answer, refusal, run

if TYPE_CHECKING:
    from .world import Kind

SECRET = "the-secret-of-this-client"
OAUTH: dict[str, Any] = {"client_id": "54c61c9b-6e7f-4fa2-8a0e-8a5c26d5b1f3", "client_secret": SECRET}


class Server:
    """Hands out tokens 1, 2, 3 and so on, and takes the newest, or those that it is told to."""

    def __init__(self, **fields: object) -> None:
        self.fields: dict[str, object] = {"expires_in": 3600, **fields}
        self.issued = 0
        self.refused: set[str] = set()
        self.token_answers: list[httpx.Response | Exception] = []
        self.forms: list[dict[str, list[str]]] = []
        self.token_requests: list[httpx.Request] = []
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.forms.append(parse_qs(request.content.decode()))
            self.token_requests.append(request)
            if self.token_answers:
                given = self.token_answers.pop(0)
                if isinstance(given, Exception):
                    raise given
                return given
            self.issued += 1
            return answer(body={"access_token": f"token-{self.issued}", "token_type": "bearer", **self.fields})
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.calls.append(token)
        return refusal("90000011", "Authentication error", 401) if token in self.refused else run()


def retrieve(client: Any) -> Any:
    return client.retrieve("JR-00000075")


def test_the_token_request(kind: Kind) -> None:
    server = Server()
    kind.use(server, retrieve, **OAUTH, entity_id="entity-1")
    assert server.forms == [
        {"client_id": [OAUTH["client_id"]], "client_secret": [SECRET], "grant_type": ["client_credentials"]}
    ]
    (request,) = server.token_requests
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Zuora-Entity-Ids"] == "entity-1"
    assert "Authorization" not in request.headers
    assert "Idempotency-Key" not in request.headers
    assert server.calls == ["token-1"]


def test_a_token_is_used_until_shortly_before_it_expires() -> None:
    server, clock = Server(), FakeClock()
    with JournalRunsClient(URL, **OAUTH, clock=clock, transport=httpx.MockTransport(server)) as client:
        retrieve(client)
        clock.now += 3299
        retrieve(client)
        clock.now += 2
        retrieve(client)
    assert server.calls == ["token-1", "token-1", "token-2"]


@given(st.one_of(st.none(), st.text(), st.booleans(), st.integers(), st.floats(), st.lists(st.integers())))
def test_whatever_expires_in_holds_a_token_is_renewed_ahead_of_its_end(expires_in: object) -> None:
    assert 0 < refresh_time(0.0, expires_in) <= 1.8e308


@pytest.mark.parametrize(
    ("expires_in", "at"), [(3600, 3300.0), ("3599", 3299.0), (None, 3300.0), ("soon", 3300.0), (-1, 3300.0), (10, 9.0)]
)
def test_when_a_token_is_renewed(expires_in: object, at: float) -> None:
    assert refresh_time(0.0, expires_in) == at


def test_a_refused_token_is_renewed_once(kind: Kind) -> None:
    server = Server()
    server.refused = {"token-1"}
    kind.use(server, retrieve, **OAUTH)
    assert server.calls == ["token-1", "token-2"]
    server.refused = {f"token-{number}" for number in range(10)}
    with pytest.raises(errors.AuthenticationError) as caught:
        kind.use(server, retrieve, **OAUTH)
    assert caught.value.attempts == 2


def test_a_ready_token_is_not_tried_twice(kind: Kind) -> None:
    server = Server()
    server.refused = {"ready"}
    with pytest.raises(errors.AuthenticationError):
        kind.use(server, retrieve, token="ready")
    assert server.calls == ["ready"]


def test_a_token_function_is_asked_for_each_attempt(kind: Kind) -> None:
    server = Server()
    server.refused = {"old"}
    tokens = iter(["old", "new"])
    kind.use(server, retrieve, token=lambda: next(tokens))
    assert server.calls == ["old", "new"]


def test_a_token_function_may_be_asynchronous_in_the_async_client_alone() -> None:
    async def token() -> str:
        return "awaited"

    server = Server()

    async def main() -> None:
        async with AsyncJournalRunsClient(URL, token=token, transport=httpx.MockTransport(server)) as client:
            await client.retrieve("JR-00000075")

    asyncio.run(main())
    assert server.calls == ["awaited"]
    made = token()
    with (
        JournalRunsClient(URL, token=lambda: made, transport=httpx.MockTransport(server)) as client,  # type: ignore[arg-type,return-value]
        pytest.raises(errors.InvalidArgumentError, match="AsyncJournalRunsClient"),
    ):
        client.retrieve("JR-00000075")
    made.close()


def test_a_token_that_cannot_stand_in_a_header(kind: Kind) -> None:
    for token in ("", "a\nb", "á"):
        with pytest.raises(errors.InvalidArgumentError) as caught:
            kind.use(Server(), retrieve, token=token)
        assert "á" not in str(caught.value)
        with pytest.raises(errors.TokenError, match="the token function returned") as failed:
            kind.use(Server(), retrieve, token=lambda token=token: token)
        assert "á" not in str(failed.value)


def test_a_token_function_that_fails(kind: Kind) -> None:
    def sealed() -> str:
        raise OSError("the vault is sealed")

    server = Server()
    with pytest.raises(errors.TokenError, match="OSError: the vault is sealed") as caught:
        kind.use(server, retrieve, token=sealed)
    assert caught.value.call == "retrieve JR-00000075"
    assert server.calls == []


class OwnAuth(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = "Bearer first"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = "Bearer second"
            yield request


def test_an_auth_of_httpx(kind: Kind) -> None:
    server = Server()
    server.refused = {"first"}
    kind.use(server, retrieve, auth=OwnAuth())
    assert server.calls == ["first", "second"]


# When there is no token


REFUSALS: dict[str, tuple[httpx.Response, str, int]] = {
    "bad client": (answer(400, {"status": 400, "error": "Bad Request", "message": "Invalid client id"}), "Invalid client id", 400),
    "inactive user": (answer(403, {"status": 403, "message": "User is not active"}), "User is not active", 403),
    "oauth form": (answer(401, {"error": "invalid_client", "error_description": "Bad secret"}), "Bad secret", 401),
    "zuora form": (refusal("90000011", "Authentication error", 401), "90000011 Authentication error", 401),
    "html": (httpx.Response(404, content=b"<html>"), "no reason given", 404),
    "no token in it": (answer(200, {"token_type": "bearer"}), "no reason given", 200),
}  # fmt: skip


@pytest.mark.parametrize(("given_answer", "said", "status"), REFUSALS.values(), ids=REFUSALS)
def test_a_failed_login_is_an_error_with_the_servers_reason(
    kind: Kind, given_answer: httpx.Response, said: str, status: int
) -> None:
    server = Server()
    server.token_answers = [given_answer]
    with pytest.raises(errors.TokenError, match=said) as caught:
        kind.use(server, retrieve, **OAUTH, retry=Backoff(attempts=1))
    assert caught.value.status_code == status
    assert caught.value.call == "retrieve JR-00000075"
    assert not caught.value.maybe_processed
    assert SECRET not in str(caught.value)
    assert server.calls == []


def test_a_token_request_is_tried_again_where_that_helps(kind: Kind) -> None:
    server, clock = Server(), FakeClock()
    server.token_answers = [httpx.ConnectError("refused"), answer(503), answer(429, {}, Retry_After="30")]
    kind.use(server, retrieve, **OAUTH, clock=clock)
    assert server.calls == ["token-1"]
    assert len(server.forms) == 4
    assert clock.waits[-1] >= 30
    server.token_answers = [answer(400, {})] * 2
    with pytest.raises(errors.TokenError):
        kind.use(server, retrieve, **{**OAUTH, "client_secret": "another"}, clock=clock)
    assert len(server.token_answers) == 1


def test_a_token_request_keeps_to_the_deadline(kind: Kind) -> None:
    server, clock = Server(), FakeClock()
    server.token_answers = [answer(429, {}, Retry_After="86400")]
    with pytest.raises(errors.TokenError):
        kind.use(server, retrieve, **OAUTH, clock=clock)
    assert clock.waits == []


def test_a_lost_call_stays_in_doubt_when_no_token_follows(kind: Kind) -> None:
    server = Server()
    answers: list[httpx.Response | Exception] = [httpx.ReadTimeout("late")]

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return server(request)
        server.token_answers = [answer(400, {})]
        clock.now += 4000
        raise answers[0]  # type: ignore[misc]

    clock = FakeClock()
    with pytest.raises(errors.CallError) as caught:
        kind.use(handler, lambda client: client.cancel("JR-00000075"), **OAUTH, clock=clock, deadline=9000.0)
    assert isinstance(caught.value, errors.TokenError)
    assert caught.value.maybe_processed


# However many ask at once


def test_threads_share_one_token_request() -> None:
    server = Server()
    gate = threading.Barrier(20)

    def handler(request: httpx.Request) -> httpx.Response:
        return server(request)

    with JournalRunsClient(URL, **OAUTH, transport=httpx.MockTransport(handler)) as client:

        def work(_: int) -> None:
            gate.wait(timeout=10)
            retrieve(client)

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(work, range(20)))
    assert len(server.forms) == 1
    assert server.calls == ["token-1"] * 20


class SlowServer(Server):
    """Gives no token before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            await self.go.wait()
        return self(request)


def client_of(server: SlowServer, **arguments: Any) -> AsyncJournalRunsClient:
    return AsyncJournalRunsClient(URL, **OAUTH, transport=httpx.MockTransport(server.answer), **arguments)


async def test_tasks_share_one_token_request() -> None:
    server = SlowServer()
    async with client_of(server) as client:
        tasks = [asyncio.create_task(client.retrieve("JR-00000075")) for _ in range(20)]
        await asyncio.sleep(0)
        server.go.set()
        await asyncio.gather(*tasks)
    assert len(server.forms) == 1


async def test_when_the_task_that_fetches_is_cancelled_another_does() -> None:
    server = SlowServer()
    async with client_of(server) as client:
        first = asyncio.create_task(client.retrieve("JR-00000075"))
        await asyncio.sleep(0)
        second = asyncio.create_task(client.retrieve("JR-00000075"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.go.set()
        assert (await second).status == "Completed"


async def test_when_a_task_that_waits_is_cancelled_the_others_go_on() -> None:
    server = SlowServer()
    async with client_of(server) as client:
        tasks = [asyncio.create_task(client.retrieve("JR-00000075")) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks[1].cancel()
        server.go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result).__name__ for result in results] == ["JournalRun", "CancelledError", "JournalRun"]


async def test_a_failed_token_request_is_shared_too() -> None:
    server = SlowServer()
    server.token_answers = [answer(400, {"message": "Invalid client id"})]
    async with client_of(server) as client:
        tasks = [asyncio.create_task(client.retrieve("JR-00000075")) for _ in range(5)]
        await asyncio.sleep(0)
        server.go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, errors.TokenError) for result in results)
    assert len({id(result) for result in results}) == 5
    assert len(server.forms) == 1


async def test_who_waits_for_a_token_keeps_to_the_deadline() -> None:
    server = SlowServer()
    clock = FakeClock()
    async with client_of(server, clock=clock) as client:
        first = asyncio.create_task(client.retrieve("JR-00000075"))
        await asyncio.sleep(0)
        second = asyncio.create_task(client.with_options(deadline=0.001).retrieve("JR-00000075"))
        with pytest.raises(errors.TokenError, match="deadline"):
            await second
        server.go.set()
        await first


def test_each_entity_has_its_own_token(kind: Kind) -> None:
    """Zuora's documents do not say whether a token that was requested for one entity is good for another."""
    server = Server()
    entities = [None, "e1", "e2", "e1", None, "e2"]

    async def in_order(clients: list[Any]) -> None:
        for client in clients:
            await retrieve(client)

    def work(client: Any) -> Any:
        others = [client.with_options(entity_id=entity) for entity in entities]
        return in_order(others) if kind.client_class is AsyncJournalRunsClient else list(map(retrieve, others))

    kind.use(server, work, **OAUTH, entity_id="e0")
    assert [request.headers.get("Zuora-Entity-Ids") for request in server.token_requests] == [None, "e1", "e2"]
    assert server.calls == ["token-1", "token-2", "token-3", "token-2", "token-1", "token-3"]


def test_tokens_are_kept_apart_by_address_client_and_entity() -> None:
    from zuora_journal_runs._http.token_cache import shared_token_cache

    one = Credentials("id", Secret("secret"), None)
    cell = shared_token_cache("https://one.example", one, None)
    assert shared_token_cache("https://one.example", Credentials("id", Secret("secret"), None), None) is cell
    assert shared_token_cache("https://two.example", one, None) is not cell
    assert shared_token_cache("https://one.example", Credentials("id", Secret("other"), None), None) is not cell
    assert shared_token_cache("https://one.example", Credentials("id", Secret("secret"), "entity"), None) is not cell
    transport = httpx.MockTransport(Server())
    assert shared_token_cache("https://one.example", one, transport) is not cell
    assert shared_token_cache("https://one.example", one, transport) is shared_token_cache(
        "https://one.example", one, transport
    )


def test_a_refresh_of_before_a_fork_does_not_end_the_one_of_the_child() -> None:
    """A task that was requesting a token in the parent is cancelled in the child."""
    cache = TokenCache()
    inherited = cache.get(0.0, None)
    cache.renew()
    own = cache.get(0.0, None)
    assert isinstance(inherited, Refresh)
    assert isinstance(own, Refresh)
    assert own.mine
    cache.finish(inherited, None)
    waiting = cache.get(0.0, None)
    assert isinstance(waiting, Refresh)
    assert waiting.result is own.result
    assert not waiting.mine
    cache.finish(own, Token(Secret("fresh"), 10.0))
    assert cache.get(0.0, None) == "fresh"


def test_random_is_not_shared_with_the_secret() -> None:
    """Identifiers come from the chance that was passed in, so that a test can know them."""
    names = []
    for _ in range(2):
        server = Server()
        with JournalRunsClient(URL, **OAUTH, random=Random(3), transport=httpx.MockTransport(server)) as client:
            found = retrieve(client)
            names.append(found.exchange.track_id)
    assert names[0] == names[1]
