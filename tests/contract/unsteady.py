"""Providers that are broken now and then, hang, take too long or never settle; and honest ones that are odd.

The suite knows none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import requests

from .mutants import HTML, RUN, Message, odd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zuora_journal_runs.emulator import Emulator

    from .mutants import Mutation
    from .provider import Handler

    When = Callable[[httpx.Request], bool]


def reads_run(request: httpx.Request) -> bool:
    return request.method == "GET" and RUN.fullmatch(request.url.path) is not None


def lists(request: httpx.Request) -> bool:
    return "/journal-entries/" in request.url.path


def creates(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path == "/v1/journal-runs"


def cancels(request: httpx.Request) -> bool:
    return request.method == "PUT" and RUN.fullmatch(request.url.path) is not None


def deletes(request: httpx.Request) -> bool:
    return request.method == "DELETE" and RUN.fullmatch(request.url.path) is not None


def of_api(request: httpx.Request) -> bool:
    return request.url.path.startswith("/v1/")


def token(request: httpx.Request) -> bool:
    return request.url.path == "/oauth/token"


def now_and_then(
    every: int, change: Callable[[Message], Message], when: When = of_api, only: Callable[[Message], bool] = bool
) -> Mutation:
    """Change one response in so many of those that it is about."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        count = 0

        def handler(request: httpx.Request) -> httpx.Response:
            nonlocal count
            message = Message.of(request, honest(request))
            if when(request) and only(message):
                count += 1
                if count % every == 0:
                    return change(message).response()
            return message.response()

        return handler

    return mutation


def instead(respond: Callable[[], httpx.Response], when: When, every: int = 1) -> Mutation:
    """Do nothing for one request in so many, and respond with something else."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        count = 0

        def handler(request: httpx.Request) -> httpx.Response:
            nonlocal count
            count += when(request)
            return respond() if when(request) and count % every == 0 else honest(request)

        return handler

    return mutation


def taking(seconds: float, when: When, every: int = 1) -> Mutation:
    """Take so long for one response in so many."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        count = 0

        def handler(request: httpx.Request) -> httpx.Response:
            nonlocal count
            response = honest(request)
            count += when(request)
            if when(request) and count % every == 0:
                response.extensions["seconds"] = seconds
            return response

        return handler

    return mutation


def hanging() -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(b""), extensions={"seconds": 1e9})


def dropped() -> httpx.Response:
    raise requests.ConnectionError


def unavailable() -> httpx.Response:
    return page(503)


def page(status: int) -> httpx.Response:
    return httpx.Response(status, headers={"content-type": "text/html"}, stream=httpx.ByteStream(HTML))


def busy() -> httpx.Response:
    body = b'{"success":false,"reasons":[{"code":"50000070","message":"too many"}]}'
    headers = {"content-type": "application/json", "zuora-request-id": "0" * 36}
    return httpx.Response(429, headers=headers, stream=httpx.ByteStream(body))


def showing(status: str, when: Callable[[Any], bool]) -> Mutation:
    """Show a status of runs for ever."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        def handler(request: httpx.Request) -> httpx.Response:
            message = Message.of(request, honest(request))
            return (message.saying(status=status) if message.of_run and when(message.data) else message).response()

        return handler

    return mutation


def ghost(_: Emulator, honest: Handler) -> Handler:
    """A run that was deleted is DeleteInprogress for ever."""
    last: dict[str, Message] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        message = Message.of(request, honest(request))
        if message.of_run:
            last[message.path] = message
        elif reads_run(request) and message.path in last and b"50000040" in message.body:
            return last[message.path]._replace(request=request).saying(status="DeleteInprogress").response()
        return message.response()

    return handler


def forgotten(every: int, when: When) -> Mutation:
    """Say that one change in so many is done, and do nothing."""
    body = b'{"success":true}'

    def done() -> httpx.Response:
        headers = {"content-type": "application/json", "zuora-request-id": "f" * 36}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    return instead(done, when, every)


def cancelled(message: Message) -> bool:
    return message.of_run and message.data.get("status") == "Cancelled"


def lists_cancelled(message: Message) -> bool:
    return message.of_entries and any(each["status"] == "Cancelled" for each in message.data["journalEntries"])


def unbalanced(entries: list[dict[str, Any]]) -> list[Any]:
    return [each | {"journalEntryItems": [{"type": "Debit", "amount": "1.00"}]} for each in entries]


UNSTEADY: Mapping[str, Mutation] = {
    # Failing now and then
    "503 for one reading in 20": instead(unavailable, reads_run, 20),
    "503 for one deletion in 7": instead(unavailable, deletes, 7),
    "a page of a proxy's for one cancellation in 10": instead(lambda: page(502), cancels, 10),
    "503 for one creation in 5": instead(unavailable, creates, 5),
    "503 for one list in 15": instead(unavailable, lists, 15),
    "503 for every second token": instead(unavailable, token, 2),
    "a connection that breaks one time in 25": instead(dropped, of_api, 25),
    "a connection that breaks for one cancellation in 4": instead(dropped, cancels, 4),
    "429 without a time, one time in 20": instead(busy, reads_run, 20),
    "no success in one reading of 33": now_and_then(33, lambda m: m.saying(success=None), reads_run),
    "no request id one time in 50": now_and_then(50, lambda m: m.having(zuora_request_id=None)),
    "JSON that is cut off one time in 40": now_and_then(40, lambda m: m.plain()._replace(body=m.plain().body[:-2])),
    "a page instead of one list in 9": now_and_then(9, lambda m: m.plain()._replace(body=HTML), lists),
    "no gzip one time in 5": now_and_then(5, Message.plain, only=lambda m: "content-encoding" in m.headers),
    "another content type one time in 30": now_and_then(30, lambda m: m.having(content_type="text/plain")),
    # Hanging
    "no response to lists": instead(hanging, lists),
    "no response to cancellations": instead(hanging, cancels),
    "no response to deletions": instead(hanging, deletes),
    "no response to creations": instead(hanging, creates),
    "no response one time in 30": instead(hanging, of_api, 30),
    "no response to what is odd": instead(hanging, odd),
    "no response to the second token": instead(hanging, token, 2),
    # Slow
    "30 seconds for every response": taking(30, lambda _: True),
    "30 seconds for every reading": taking(30, reads_run),
    "31 seconds for every list": taking(31, lists),
    "60 seconds for every cancellation": taking(60, cancels),
    "40 seconds for every deletion": taking(40, deletes),
    "45 seconds one time in 10": taking(45, of_api, 10),
    # Lying one time in a hundred
    "an old status one time in 100": now_and_then(100, lambda m: m.saying(status="Processing"), only=cancelled),
    "an unknown status one time in 100": now_and_then(
        100, lambda m: m.saying(status="Paused"), only=lambda m: m.of_run
    ),
    "another run one time in 100": now_and_then(100, lambda m: m.saying(number="JR-00000001"), only=lambda m: m.of_run),
    "a count off one time in 100": now_and_then(
        100,
        lambda m: m.saying(totalJournalEntryCount=m.data["totalJournalEntryCount"] + 1),
        only=lambda m: m.of_run and m.data["status"] == "Completed",
    ),
    "an entry less one time in 100": now_and_then(
        100, lambda m: m.with_entries(lambda entries: entries[1:]), only=lambda m: m.of_entries
    ),
    "an entry that comes back one time in 100": now_and_then(
        100,
        lambda m: m.with_entries(lambda entries: [each | {"status": "Created"} for each in entries]),
        only=lists_cancelled,
    ),
    "an entry that does not balance one time in 100": now_and_then(
        100, lambda m: m.with_entries(unbalanced), only=lambda m: m.of_entries and bool(m.data["journalEntries"])
    ),
    "one cancellation in 20 is forgotten": forgotten(20, cancels),
    "one deletion in 20 is forgotten": forgotten(20, deletes),
    # Never settling
    "runs are Pending for ever": showing("Pending", lambda run: run["status"] in ("Processing", "Completed")),
    "cancellations are in progress for ever": showing(
        "CancelInprogress", lambda run: run["status"] in ("CancelInprogress", "Cancelled")
    ),
    "deletions are in progress for ever": ghost,
    "cancellations show the old status for ever": showing(
        "Completed", lambda run: run["status"] in ("CancelInprogress", "Cancelled")
    ),
}
"""Providers that are not broken all the time, or that keep others waiting."""


def reordered(value: Any) -> Any:
    """The same JSON with its keys the other way round."""
    if isinstance(value, dict):
        return {name: reordered(each) for name, each in reversed(value.items())}
    return [reordered(each) for each in value] if isinstance(value, list) else value


def gateway(_: Emulator, honest: Handler) -> Handler:
    """Adds headers and fields, orders and formats JSON in its own way, and knows fewer methods."""
    known = {"GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"}

    def handler(request: httpx.Request) -> httpx.Response:
        message = Message.of(request, honest(request))
        if message.status == 405 or request.method not in known:
            return message.plain()._replace(status=501).response()
        message = message.having(via="1.1 gateway", x_cache="MISS", strict_transport_security="max-age=1")
        if isinstance(message.data, dict) and message.data:
            data = {"fieldOfTomorrow": {"a": [1, None]}, **reordered(message.data)}
            message = message.holding(data)
        return message.response()

    return handler


def forgetting(_: Emulator, honest: Handler) -> Handler:
    """Lists and counts no cancelled entries, takes its time, and sometimes asks for patience."""
    calls = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if of_api(request) and calls % 40 == 0:
            early = busy()
            early.headers["retry-after"] = "1"
            early.headers["zuora-request-id"] = f"{calls:036}"
            return early
        message = Message.of(request, honest(request))
        if message.of_entries:
            message = message.with_entries(lambda listed: [each for each in listed if each["status"] != "Cancelled"])
        if message.of_run and message.data["status"] == "Cancelled":
            message = message.saying(totalJournalEntryCount=0)
        response = message.response()
        response.extensions["seconds"] = 5.0
        return response

    return handler


ODD: Mapping[str, Mutation] = {"a tenant that forgets": forgetting, "a gateway": gateway}
"""Honest providers that do what no document forbids."""
