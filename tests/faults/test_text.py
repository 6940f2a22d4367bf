"""What each error says, word for word: one line that begins with what a support ticket needs."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import Backoff, JournalRun, JournalRunsClient, errors
from zuora_journal_runs_api.types import Exchange

from .service import refusal
from .trial import subclasses

REQUEST, TRACK = "7c1cbd1e-8d2c-4a26-9a5b-3e9f0d7d4c11", "close-2026-04"
IDS = f"[request {REQUEST}, track {TRACK}] "
SENT = f"[track {TRACK}] "
RUN = "JR-00000075"

Handler = Callable[[httpx.Request], httpx.Response]


def answer(status: int, payload: object) -> Handler:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return lambda _: httpx.Response(status, headers={"Zuora-Request-Id": REQUEST}, content=content)


def failure(kind: type[httpx.TransportError], text: str) -> Handler:
    def fail(_: httpx.Request) -> httpx.Response:
        raise kind(text)

    return fail


def run(status: str) -> Handler:
    def answers(request: httpx.Request) -> httpx.Response:
        entries = "journal-entries" in request.url.path
        listed = {"journalEntries": [{"number": "JE-1", "status": "Created"}]}
        return answer(200, {"success": True, **(listed if entries else {"number": RUN, "status": status})})(request)

    return answers


def cancel(client: Any) -> Any:
    return client.cancel(RUN)


def retrieve(client: Any) -> Any:
    return client.retrieve(RUN)


Row = tuple[Handler, Callable[[Any], Any], str]

RAISED: dict[type[errors.JournalRunsError], Row] = {
    errors.InvalidArgumentError: (
        answer(200, {}),
        lambda client: client.cancel(".."),
        "'..' is not a journal run number: it has the form JR-00000075",
    ),
    errors.RunStatusError: (
        run("Completed"),
        lambda client: client.delete(RUN),
        f"{IDS}JR-00000075 is Completed, and only a run that is Cancelled can be deleted: cancel it first",
    ),
    errors.PlanError: (
        run("Cancelled"),
        lambda client: client.plan("cancel", [RUN]),
        "JR-00000075 is Cancelled, and only a run that is Pending, Error or Completed can be cancelled",
    ),
    errors.TurnTimeoutError: (
        answer(400, refusal("30", "Only one run at a time.")),
        lambda client: client.create(
            ["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026", wait_for_turn=5
        ),
        f"{IDS}another run was in the way for 5 s, and nothing was created: 50000030 Only one run at a time. (HTTP 400)",
    ),
    errors.RequestNotSentError: (
        failure(httpx.ConnectError, "[Errno 111] Connection refused"),
        cancel,
        (
            f"{SENT}cancel JR-00000075: rest.zuora.com cannot be reached, and nothing was sent "
            "([Errno 111] Connection refused)"
        ),
    ),
    errors.ResponseLostError: (
        failure(httpx.ReadTimeout, ""),
        cancel,
        f"{SENT}cancel JR-00000075: the response of rest.zuora.com was lost (no response in time: ReadTimeout)",
    ),
    errors.InvalidResponseError: (
        answer(200, b"<html>\n</html>"),
        retrieve,
        f"{IDS}retrieve JR-00000075: the response's body is not JSON (Expecting value: line 1 column 1 (char 0))",
    ),
    errors.APIError: (answer(413, b""), cancel, f"{IDS}cancel JR-00000075: no reason given (HTTP 413)"),
    errors.InvalidRequestError: (
        answer(200, refusal("20", "Wrong.")),
        cancel,
        f"{IDS}cancel JR-00000075: 50000020 Wrong. (HTTP 200)",
    ),
    errors.AuthenticationError: (
        answer(401, refusal("11", "Authentication error")),
        cancel,
        f"{IDS}cancel JR-00000075: 90000011 Authentication error (HTTP 401)",
    ),
    errors.PermissionDeniedError: (
        answer(403, refusal("10", "You lack a permission.", text=True)),
        cancel,
        f"{IDS}cancel JR-00000075: 50000010 You lack a permission. (HTTP 403)",
    ),
    errors.RuleViolationError: (
        answer(
            200,
            {"success": False, "reasons": [*refusal("30", "One.")["reasons"], {"code": 59210020, "message": "Two."}]},
        ),
        cancel,
        f"{IDS}cancel JR-00000075: 50000030 One.; 59210020 Two. (HTTP 200)",
    ),
    errors.NotFoundError: (
        answer(404, refusal("40", "Cannot find entity\r\nby key: 'JR-00000075'.")),
        retrieve,
        f"{IDS}retrieve JR-00000075: 50000040 Cannot find entity by key: 'JR-00000075'. (HTTP 404)",
    ),
    errors.UnsupportedRequestError: (
        answer(415, {"status": 415, "error": "UnsupportedRequestError Media Type"}),
        cancel,
        f"{IDS}cancel JR-00000075: UnsupportedRequestError Media Type (HTTP 415)",
    ),
    errors.ConflictError: (
        answer(409, refusal("50", "Locked.")),
        cancel,
        f"{IDS}cancel JR-00000075: 50000050 Locked. (HTTP 409) (after 2 attempts)",
    ),
    errors.IdempotencyError: (
        answer(422, {"message": "The key was used."}),
        lambda client: client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026"),
        f"{IDS}create a journal run: The key was used. (HTTP 422)",
    ),
    errors.RateLimitError: (
        answer(429, {"reasons": [{"code": "REQUEST_EXCEEDED_LIMIT", "message": "Too many."}]}),
        cancel,
        f"{IDS}cancel JR-00000075: REQUEST_EXCEEDED_LIMIT Too many. (HTTP 429) (after 2 attempts)",
    ),
    errors.ServerError: (
        answer(502, b"<html>\n<h1>Bad Gateway</h1></html>"),
        cancel,
        f"{IDS}cancel JR-00000075: no reason given (HTTP 502) (after 2 attempts)",
    ),
    errors.TokenError: (
        answer(400, {"status": 400, "error": "Bad Request", "message": "Invalid client id"}),
        cancel,
        f"{IDS}cancel JR-00000075: no token from https://rest.zuora.com/oauth/token: Invalid client id (HTTP 400)",
    ),
    errors.CancellationTimeoutError: (
        run("CancelInprogress"),
        lambda client: client.wait_for_cancellation(RUN, timeout=5),
        (
            f"{IDS}what the cancellation of JR-00000075 did is not known after 5 s: the run was CancelInprogress when it "
            "was seen last. Wait for it again, or look at the run"
        ),
    ),
    errors.CompletionTimeoutError: (
        run("Processing"),
        lambda client: client.wait_for_completion(RUN, timeout=5),
        (
            f"{IDS}JR-00000075 has not ended after 5 s: the run was Processing when it was seen last. "
            "Wait for it again, or look at the run"
        ),
    ),
    errors.DeletionTimeoutError: (
        run("DeleteInprogress"),
        lambda client: client.delete(RUN, wait=True, timeout=5),
        (
            f"{IDS}JR-00000075 is not known to be gone after 5 s: the run was DeleteInprogress when it was seen last. "
            "Wait for it again, or look at the run"
        ),
    ),
}
_EXCHANGE = Exchange(200, {"Zuora-Request-Id": REQUEST}, 1, TRACK)
BASES: dict[type[errors.JournalRunsError], tuple[errors.JournalRunsError, str]] = {
    errors.EvidenceError: (
        errors.EvidenceError("close.jsonl: line 3 was changed", line=3),
        "close.jsonl: line 3 was changed",
    ),
    errors.KeyExpiredError: (
        errors.KeyExpiredError("a creation was begun a day ago"),
        "a creation was begun a day ago",
    ),
    errors.PostingInDoubtError: (errors.PostingInDoubtError("the ledger timed out"), "the ledger timed out"),
    errors.EntriesRemainError: (
        errors.EntriesRemainError(
            "JE-1 stays",
            run=JournalRun(number=RUN, status="Completed"),
            entries=(),
            maybe_processed=False,
        ),
        "JE-1 stays",
    ),
    errors.IncompleteEntriesError: (
        errors.IncompleteEntriesError("JE-1 is listed twice", run=JournalRun(number=RUN, status="Completed"), listed=1),
        "JE-1 is listed twice",
    ),
    errors.ClientClosedError: (errors.ClientClosedError("the client is closed"), "the client is closed"),
    errors.JournalRunsError: (errors.JournalRunsError("It failed."), "It failed."),
    errors.CallError: (
        errors.CallError("It failed.", errors.CallInfo("cancel JR-00000075", TRACK, attempts=3)),
        f"{SENT}cancel JR-00000075: It failed. (after 3 attempts)",
    ),
    errors.APIConnectionError: (
        errors.APIConnectionError("It failed.", errors.CallInfo(track_id=TRACK)),
        f"{SENT}It failed.",
    ),
    errors.RunError: (errors.RunError("It failed.", run=None), "It failed."),
    errors.ResponseError: (
        errors.ResponseError(
            "It failed.", errors.CallInfo("retrieve JR-00000075", TRACK), exchange=_EXCHANGE, body=b""
        ),
        f"{IDS}retrieve JR-00000075: It failed.",
    ),
    errors.WaitTimeoutError: (
        errors.WaitTimeoutError("It is not known", number=RUN, run=None),
        "It is not known. Wait for it again, or look at the run",
    ),
}


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_what_is_raised(error: type[errors.JournalRunsError]) -> None:
    handler, work, text = RAISED[error]
    got = raised(handler, work, credentials=error is errors.TokenError)
    assert type(got) is error
    assert str(got) == text
    copied = pickle.loads(pickle.dumps(got))
    assert (type(copied), str(copied), vars(copied).keys()) == (error, text, vars(got).keys())


@pytest.mark.parametrize("error", BASES, ids=lambda error: error.__name__)
def test_what_is_not_raised_itself(error: type[errors.JournalRunsError]) -> None:
    got, text = BASES[error]
    assert str(got) == text


def test_every_error_has_a_row() -> None:
    assert {errors.JournalRunsError, *subclasses(errors.JournalRunsError)} == RAISED.keys() | BASES.keys()


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (answer(400, {"message": "a\nb\u2028c\x00d"}), "a b c d (HTTP 400)"),
        (failure(httpx.ConnectError, "a\nb"), "rest.zuora.com cannot be reached, and nothing was sent (a b)"),
    ],
    ids=["of the server", "of the transport"],
)
def test_it_is_one_line_whatever_others_say(handler: Handler, text: str) -> None:
    said = str(raised(handler, retrieve))
    assert len(said.splitlines()) == 1
    assert said.isprintable()
    assert text in said


def raised(handler: Handler, work: Callable[[Any], Any], *, credentials: bool = False) -> errors.JournalRunsError:
    authorization = {"client_id": "id", "client_secret": "secret"} if credentials else {"token": "a-token"}
    with (
        JournalRunsClient(
            "https://rest.zuora.com",
            track_id=TRACK,
            transport=httpx.MockTransport(handler),
            clock=FakeClock(),
            retry=retry_twice_if_told_so,
            **authorization,  # type: ignore[arg-type]
        ) as client,
        pytest.raises(errors.JournalRunsError) as caught,
    ):
        work(client)
    return caught.value


def retry_twice_if_told_so(failed: Any) -> float | None:
    return Backoff(attempts=2)(failed) if isinstance(failed.error, errors.APIError) else None
