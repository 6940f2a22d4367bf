"""Answers made of the fragment, and what both clients make of them through all of their layers."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, errors

from .answers import Answers, Kind, changed, decoded, encoded, quick, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

URL = "https://rest.example.com"
RUN = "JR-00000075"
SUCCESS = {"success": True, "number": RUN, "status": "Completed", "journalEntries": [], "journalRunNumber": RUN}
"""Good for every operation."""
REASONS = [{"code": "50000030", "message": "The journal run is Processing and cannot be cancelled."}]
REFUSALS = (400, 401, 403, 404, 405, 406, 409, 415, 422, 429)


class Use(NamedTuple):
    """How an operation is used."""

    method: str
    call: Callable[[Any], Any]
    """The verb of either client."""
    status: str = "Completed"
    """The status of the run, for a verb that looks at that too."""


USES: Mapping[str, Use] = {
    "createJournalRun": Use(
        "POST", lambda client: client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026")
    ),
    "getJournalRun": Use("GET", lambda client: client.retrieve(RUN)),
    "listJournalEntriesOfJournalRun": Use("GET", lambda client: client.entries(RUN)),
    "cancelJournalRun": Use("PUT", lambda client: client.cancel(RUN)),
    "deleteJournalRun": Use("DELETE", lambda client: client.delete(RUN), status="Cancelled"),
}
OPERATIONS = list(USES)
STATUSES = ["200", "4XX", "500"]


class Answer(NamedTuple):
    """What the server says when the operation is called."""

    status: int
    body: bytes
    coding: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def response(self) -> httpx.Response:
        headers = {"Content-Type": "application/json;charset=UTF-8", "Zuora-Request-Id": "0" * 36, **dict(self.headers)}
        if self.coding is not None:
            headers["Content-Encoding"] = self.coding
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return httpx.Response(self.status, headers=fields, stream=httpx.ByteStream(self.body))


def made_of(operation: str, answer: Answer) -> Any:
    """What the clients make of an answer, which is a result or one of the package's errors, and the same for both."""
    use = USES[operation]

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page", "1") != "1":
            return httpx.Response(200, json={"success": True, "journalEntries": []})
        if request.method == use.method:
            return answer.response()
        return httpx.Response(200, json={"success": True, "number": RUN, "status": use.status})

    arguments: dict[str, Any] = {
        "token": "a-token",
        "track_id": "a-track-id",
        "idempotency_key": "a-key",
        "retry": lambda _: None,
        "clock": FakeClock(),
        "transport": httpx.MockTransport(serve),
    }

    async def asynchronously() -> Any:
        async with AsyncJournalRunsClient(URL, **arguments) as client:
            try:
                return await use.call(client)
            except errors.JournalRunsError as error:
                return error

    with JournalRunsClient(URL, **arguments) as client:
        try:
            made = use.call(client)
        except errors.JournalRunsError as error:
            made = error
    other = asyncio.run(asynchronously())
    assert (type(other), str(other)) == (type(made), str(made))
    return made


def written(operation: str, made: Any) -> Any:
    """A result as JSON, as far as it is there."""
    if operation == "listJournalEntriesOfJournalRun":
        return [entry.to_dict() for entry in made]
    return made.to_dict() if hasattr(made, "to_dict") else None


def sent(operation: str, body: bytes) -> Any:
    """That part of a body which `written` gives."""
    data = decoded(body)
    if operation == "listJournalEntriesOfJournalRun":
        return data["journalEntries"]
    return data if operation in ("createJournalRun", "getJournalRun") else None


def assert_understood(kind: Kind, answer: Answer, plain: bytes) -> None:
    """An answer that the fragment allows is read in full, or is the error that it stands for."""
    made, data = made_of(kind.operation, answer), decoded(plain)
    if answer.status == 200 and data["success"] is True:
        assert not isinstance(made, errors.JournalRunsError), f"{made} of {plain!r}"
        assert same(written(kind.operation, made), sent(kind.operation, plain)), f"{made} of {plain!r}"
    else:
        assert isinstance(made, errors.APIError), f"{made!r} of {plain!r}"
        assert made.codes == [str(reason["code"]) for reason in data["reasons"]], plain
        assert (made.status_code, made.body) == (answer.status, plain)


def assert_nothing_lost(kind: Kind, answer: Answer, plain: bytes) -> None:
    """Any other answer is an error that has its body, or is read in full all the same."""
    made = made_of(kind.operation, answer)
    if isinstance(made, errors.JournalRunsError):
        assert isinstance(made, errors.ResponseError), f"{made!r} of {plain!r}"
        assert (made.status_code, made.body) == (answer.status, plain)
    else:
        assert answer.status == 200, plain
        # Zuora's documents contradict each other about GETs, so that it may be absent there.
        data = decoded(plain)
        assert data.get("success", USES[kind.operation].method == "GET") is True, plain
        read, given = written(kind.operation, made), sent(kind.operation, plain)
        assert same(read, {**given, "success": True} if kind.operation == "getJournalRun" else given), (made, plain)


def about_the_run(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body about the run that is requested: one about another run is refused."""
    return {**body, "number": RUN} if "number" in body else body


@pytest.fixture(scope="module")
def answers(fragment: Mapping[str, Any]) -> Answers:
    return Answers(fragment, seed=75)


def test_every_operation_is_used(answers: Answers) -> None:
    # The clients have no method of their own for the update.
    assert {kind.operation for kind in answers.kinds} == {*USES, "updateJournalEntry", "createToken"}
    assert {kind.status for kind in answers.kinds} == {*STATUSES, "429"}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_allowed_response_is_understood(answers: Answers, operation: str, status: str) -> None:
    kind = Kind(operation, status)

    # The forms of a failure are the same for all operations.
    @settings(quick, max_examples=50 if status == "200" else 10)
    @given(answers.allowed(kind), st.sampled_from(REFUSALS), st.booleans())
    def understood(body: dict[str, Any], refusal: int, compressed: bool) -> None:
        if "nextPage" in body:
            body["nextPage"] = f"{URL}/v1/journal-entries/journal-runs/{RUN}?page=2&pageSize=300"
        plain = encoded(about_the_run(body))
        code = refusal if status == "4XX" else int(status)
        answer = Answer(code, gzip.compress(plain), "gzip") if compressed else Answer(code, plain)
        assert_understood(kind, answer, plain)

    understood()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_change_of_an_example_is_understood_or_an_error(answers: Answers, operation: str, status: str) -> None:
    kind, code = Kind(operation, status), {"200": 200, "4XX": 404, "500": 500}[status]
    understood = 0
    for example in answers.examples(kind):
        example.pop("nextPage", None)
        for body in changed(about_the_run(example)):
            plain = encoded(body)
            if answers.allows(kind, body):
                assert_understood(kind, Answer(code, plain), plain)
                understood += 1
            else:
                assert_nothing_lost(kind, Answer(code, plain), plain)
    assert understood


HEADERS = (
    "Concurrency-Limit-Limit", "Concurrency-Limit-Remaining", "Concurrency-Limit-Type", "Content-Type", "Date",
    "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "Zuora-Request-Id",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["", "-1", "0", "1e9", "9" * 400, "NaN", "inf", "soon", "1, 2;w=3", "text/html; charset=utf-7"]),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30).map(
        str.strip
    ),
    st.integers().map(str),
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_header_spoils_a_response(operation: str) -> None:
    """Whatever headers say of limits, ids and types, the body is read, and a failure has its own error."""

    @settings(quick, max_examples=40)
    @given(st.dictionaries(st.sampled_from(HEADERS), VALUES), st.booleans(), st.sampled_from([200, 404, 429, 500]))
    def read(headers: dict[str, str], compressed: bool, status: int) -> None:
        plain = encoded(SUCCESS if status == 200 else {"success": False, "reasons": REASONS})
        body, coding = (gzip.compress(plain), "gzip") if compressed else (plain, None)
        made = made_of(operation, Answer(status, body, coding, tuple(headers.items())))
        if status == 200:
            assert not isinstance(made, errors.JournalRunsError), f"{made!r} with {headers}"
            assert same(written(operation, made), sent(operation, plain))
        else:
            assert isinstance(made, errors.APIError), f"{made!r} with {headers}"
            assert (made.codes, made.status_code, made.body) == (["50000030"], status, plain)

    read()


@pytest.mark.parametrize("status", [201, 202, 203, 206, 302, 404, 429, 500, 503])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_success_under_another_status_is_not_a_success(operation: str, status: int) -> None:
    for reasons in ([], REASONS):
        body = encoded({**SUCCESS, "reasons": reasons})
        made = made_of(operation, Answer(status, body))
        assert isinstance(made, errors.ResponseError), made
        assert (made.status_code, made.body) == (status, body)


@pytest.mark.parametrize("success", [False, None, "true", 1])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_reasons_without_success_are_a_failure(operation: str, success: Any) -> None:
    body = encoded({**SUCCESS, "success": success, "reasons": REASONS})
    made = made_of(operation, Answer(200, body))
    assert isinstance(made, errors.RuleViolationError), made
    assert (made.codes, made.body) == (["50000030"], body)


@pytest.mark.parametrize("status", [200, 404, 500, 520])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_that_is_no_json_is_an_error(operation: str, status: int) -> None:
    whole = encoded(SUCCESS)
    for body in (
        *(whole[:length] for length in range(0, len(whole), 5)),
        b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        b'{"success": true, "number": "JR-0000007\xff"}',
        b"\x00",
        b"null",
        b"[" * 100_000,
        b'{"success": true, "amount": NaN}',
    ):
        made = made_of(operation, Answer(status, body))
        assert isinstance(made, errors.ResponseError), body[:80]
        assert (made.status_code, made.body) == (status, body)


@pytest.mark.parametrize("number", ["1" * 5000, "1e9999999999999999999", "-1e-9999999999999999999"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_number_beyond_all_bounds_is_an_error(operation: str, number: str) -> None:
    body = f'{{"success": true, "amount": {number}}}'.encode()
    made = made_of(operation, Answer(200, body))
    assert isinstance(made, errors.InvalidResponseError), made
    assert made.body == body


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_that_is_not_gzip_although_its_header_says_so_is_an_error(operation: str) -> None:
    whole = gzip.compress(encoded({"success": True, "number": RUN, "status": "Completed", "journalEntries": []}))
    for body in (b"", b"{}", whole[:10], whole[:-1], whole[:-9]):
        made = made_of(operation, Answer(200, body, "gzip"))
        assert isinstance(made, errors.InvalidResponseError), body


@pytest.mark.parametrize(
    "address",
    [
        f"https://rest.zuora.com/v1/journal-entries/journal-runs/{RUN}?page=2",
        f"http://rest.example.com/v1/journal-entries/journal-runs/{RUN}?page=2",
        f"{URL}/v1/journal-runs",
        "https://[",
        "mailto:someone@example.com",
        "urn:x",
        "https://rest.example.com:99999/",
        "https://rest.example.com/\x00",
    ],
)
def test_a_next_page_that_cannot_be_one_is_an_error(address: str) -> None:
    body = encoded({"success": True, "journalEntries": [], "nextPage": address})
    made = made_of("listJournalEntriesOfJournalRun", Answer(200, body))
    assert isinstance(made, errors.ResponseError), made
    assert made.body == body


class TokenUse(NamedTuple):
    """What became of a call that needed a token."""

    made: Any
    authorizations: list[str | None]
    """The header `Authorization` of every request but the one for the token."""


def used_token(answer: Answer) -> TokenUse:
    """What a client makes of the answer to its request for a token."""
    authorizations: list[str | None] = []

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return answer.response()
        authorizations.append(request.headers.get("Authorization"))
        return httpx.Response(200, json={"success": True, "number": RUN, "status": "Completed"})

    with JournalRunsClient(
        URL, client_id="an-id", client_secret="a-secret", transport=httpx.MockTransport(serve), retry=lambda _: None
    ) as client:
        try:
            return TokenUse(client.retrieve(RUN), authorizations)
        except errors.JournalRunsError as error:
            return TokenUse(error, authorizations)


@pytest.mark.parametrize("status", STATUSES)
def test_every_allowed_response_to_a_token_request_is_understood(answers: Answers, status: str) -> None:
    @settings(quick, max_examples=40)
    @given(answers.allowed(Kind("createToken", status)), st.sampled_from(REFUSALS))
    def understood(body: dict[str, Any], refusal: int) -> None:
        use = used_token(Answer(refusal if status == "4XX" else int(status), encoded(body)))
        token = body.get("access_token", "")
        if status == "200" and token and token.isascii() and token.isprintable() and token.strip() == token:
            assert use.authorizations == [f"Bearer {token}"], use
        else:
            assert isinstance(use.made, errors.TokenError), use
            assert not use.authorizations

    understood()


@pytest.mark.parametrize("status", STATUSES)
def test_every_change_of_a_token_example_is_understood_or_an_error(answers: Answers, status: str) -> None:
    kind = Kind("createToken", status)
    for example in answers.examples(kind):
        for body in changed(example):
            use = used_token(Answer({"200": 200, "4XX": 400, "500": 500}[status], encoded(body)))
            token = body.get("access_token") if status == "200" and isinstance(body, dict) else None
            if isinstance(token, str) and token:
                assert use.authorizations == [f"Bearer {token}"], body
            else:
                assert isinstance(use.made, errors.TokenError), body
