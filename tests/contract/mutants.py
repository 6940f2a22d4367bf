"""Broken providers: the emulator, with something done to its requests or its answers on their way.

The suite knows none of them.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlencode

import httpx
import requests

from zuora_journal_runs.emulator import Transfer

from .provider import ENTITY, emulator_for_the_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from zuora_journal_runs.emulator import Emulator

    from .provider import Handler

    Mutation = Callable[[Emulator, Handler], Handler]

RUN = re.compile(r"/v1/journal-runs/(JR-\d+)(/cancel)?")
UPDATE = re.compile(r"/v1/journal-entries/(JE-\d+)/basic-information")
REFUSED = b'"success":false'
COMPRESSED_ABOVE = 1000
LOOKING = (b"authorization", b"zuora-track-id", b"zuora-version", b"zuora-entity-ids", b"zuora-org-ids")


class Message(NamedTuple):
    """An answer on its way, with its request."""

    request: httpx.Request
    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, request: httpx.Request, response: httpx.Response) -> Self:
        return cls(request, response.status_code, dict(response.headers.items()), b"".join(response.stream))  # type: ignore[arg-type]

    def response(self) -> httpx.Response:
        headers = {**self.headers, "content-length": str(len(self.body))}
        return httpx.Response(self.status, headers=headers, stream=httpx.ByteStream(self.body))

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def data(self) -> Any:
        return json.loads(self.plain().body or b"{}")

    @property
    def refused(self) -> bool:
        return REFUSED in self.plain().body

    @property
    def of_run(self) -> bool:
        return self.method == "GET" and "totalJournalEntryCount" in self.data

    @property
    def of_entries(self) -> bool:
        return "journalEntries" in self.data

    def plain(self) -> Message:
        if "content-encoding" not in self.headers:
            return self
        return self._replace(body=gzip.decompress(self.body)).having(content_encoding=None)

    def zipped(self) -> Message:
        return self._replace(body=gzip.compress(self.plain().body)).having(content_encoding="gzip")

    def having(self, **headers: str | None) -> Message:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._replace(
            headers={name: value for name, value in {**self.headers, **named}.items() if value is not None}
        )

    def holding(self, data: Any) -> Message:
        """The same answer with other data, compressed as it should be."""
        other = self.plain()._replace(body=json.dumps(data).encode())
        asked = "gzip" in self.request.headers.get("accept-encoding", "").split(", ")
        return other.zipped() if asked and len(other.body) > COMPRESSED_ABOVE else other

    def saying(self, **changes: Any) -> Message:
        """The same answer with fields changed; those that are None are left out."""
        return self.holding({name: value for name, value in {**self.data, **changes}.items() if value is not None})

    def with_entries(self, change: Callable[[list[dict[str, Any]]], list[Any]]) -> Message:
        return self.saying(journalEntries=change(self.data["journalEntries"])) if self.of_entries else self


# How a mutant is made


def lie(change: Callable[[Message], Message], when: Callable[[Message], bool] = lambda _: True) -> Mutation:
    """Change answers."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        def answer(request: httpx.Request) -> httpx.Response:
            message = Message.of(request, honest(request))
            return (change(message) if when(message) else message).response()

        return answer

    return mutation


def told(change: Callable[[Emulator, httpx.Request], httpx.Request | None]) -> Mutation:
    """Change requests; None leaves one as it is."""

    def mutation(emulator: Emulator, honest: Handler) -> Handler:
        return lambda request: honest(change(emulator, request) or request)

    return mutation


def other(
    request: httpx.Request, *, body: bytes | None = None, query: str | None = None, **headers: str | None
) -> httpx.Request:
    """A request with another body, query or headers."""
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    kept = [(name, value) for name, value in request.headers.raw if name.lower() not in {*named, b"content-length"}]
    kept += [(name, value.encode("latin-1")) for name, value in named.items() if value is not None]
    url = request.url if query is None else request.url.copy_with(query=query.encode())
    return httpx.Request(request.method, url, headers=kept, content=request.content if body is None else body)


def without(*names: str) -> Mutation:
    """Ignore headers of requests."""
    return told(lambda _, request: other(request, **dict.fromkeys(names)))


def settings(**chosen: Any) -> Mutation:
    """The emulator with other settings."""

    def mutation(emulator: Emulator, _: Handler) -> Handler:
        another = emulator_for_the_suite(**chosen)
        # The target has the credentials of the one that it was made with.
        token = another.transport().handle_request(token_request(another))
        bearer = f"Bearer {json.loads(b''.join(token.stream))['access_token']}"  # type: ignore[arg-type]
        issued: set[str] = set()

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path == "/oauth/token":
                response = emulator.transport().handle_request(request)
                message = Message.of(request, response)
                issued.add(f"Bearer {message.data.get('access_token')}")
                return message.response()
            if request.headers.get("authorization") in issued:
                request = other(request, authorization=bearer)
            return another.transport().handle_request(request)

        return answer

    return mutation


def token_request(emulator: Emulator) -> httpx.Request:
    form = {
        "client_id": emulator.client_id,
        "client_secret": emulator.client_secret,
        "grant_type": "client_credentials",
    }
    return httpx.Request("POST", f"{emulator.url}/oauth/token", data=form)


def creating(change: Callable[[dict[str, Any]], object]) -> Mutation:
    """Change the bodies of creations that are JSON objects."""

    def changed(_: Emulator, request: httpx.Request) -> httpx.Request | None:
        if request.method != "POST" or request.url.path != "/v1/journal-runs" or "content-encoding" in request.headers:
            return None
        try:
            body = json.loads(request.content)
            change(body)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return None
        return other(request, body=json.dumps(body).encode())

    return told(changed)


def repaired(fixed: Callable[[bytes], bytes]) -> Mutation:
    """Make bodies of creations good that are broken."""

    def changed(_: Emulator, request: httpx.Request) -> httpx.Request | None:
        if request.method != "POST" or request.url.path != "/v1/journal-runs":
            return None
        return other(request, body=fixed(request.content))

    return told(changed)


def accepted(when: Callable[[Emulator, Message], bool]) -> Mutation:
    """Say that a refused change is done, and do nothing."""

    def mutation(emulator: Emulator, honest: Handler) -> Handler:
        def answer(request: httpx.Request) -> httpx.Response:
            message = Message.of(request, honest(request))
            of_one = RUN.fullmatch(message.path) or UPDATE.fullmatch(message.path)
            if of_one and message.refused and b"0030" in message.body and when(emulator, message):
                message = message._replace(status=200, body=b'{"success":true}')
            return message.response()

        return answer

    return mutation


def undone(method: str) -> Mutation:
    """Say that a change is done, and do nothing."""
    wanted = {"PUT": "Completed", "DELETE": "Cancelled"}[method]

    def mutation(_: Emulator, honest: Handler) -> Handler:
        def answer(request: httpx.Request) -> httpx.Response:
            seen = looked(honest, request) if request.method == method else None
            if seen is None or seen.data.get("status") != wanted:
                return honest(request)
            return seen.plain()._replace(body=b'{"success":true}').response()

        return answer

    return mutation


def refusing(status: str) -> Mutation:
    """Refuse to cancel a run in a status that allows it."""

    def mutation(_: Emulator, honest: Handler) -> Handler:
        def answer(request: httpx.Request) -> httpx.Response:
            seen = looked(honest, request) if request.method == "PUT" else None
            if seen is None or seen.data.get("status") != status:
                return honest(request)
            # A run that is not cancelled cannot be deleted: the refusal is in good form.
            return honest(httpx.Request("DELETE", seen.request.url, headers=request.headers))

        return answer

    return mutation


def looked(honest: Handler, request: httpx.Request) -> Message | None:
    """The run that a well-formed request is about, as whoever asks may see it."""
    found = RUN.fullmatch(request.url.path)
    if not found:
        return None
    url = request.url.copy_with(path=f"/v1/journal-runs/{found[1]}")
    look = httpx.Request("GET", url, headers=[each for each in request.headers.raw if each[0].lower() in LOOKING])
    return Message.of(look, honest(look))


def odd(request: httpx.Request) -> bool:
    """Whether a request is one that nobody would think of."""
    return len(request.url.raw_path) > 1000 or b"%" in request.url.raw_path


def failing(how: Callable[[], httpx.Response]) -> Mutation:
    """Break down over odd requests."""
    return lambda _, honest: lambda request: how() if odd(request) else honest(request)


def silence() -> httpx.Response:
    raise requests.ReadTimeout


def hanging_up() -> httpx.Response:
    raise requests.ConnectionError


def breakdown() -> httpx.Response:
    return httpx.Response(500, headers={"content-type": "text/html"}, stream=httpx.ByteStream(b"<html>500</html>"))


def remembering(change: Callable[[dict[Any, Any], Message], Message]) -> Mutation:
    """Change answers by what was answered before."""

    def mutation(emulator: Emulator, honest: Handler) -> Handler:
        memory: dict[Any, Any] = {"emulator": emulator, "honest": honest}

        def answer(request: httpx.Request) -> httpx.Response:
            return change(memory, Message.of(request, honest(request))).response()

        return answer

    return mutation


# Single mutants that take more than a line


def constant_request_id(memory: dict[Any, Any], message: Message) -> Message:
    return message.having(zuora_request_id=memory.setdefault("id", message.headers["zuora-request-id"]))


def counting_up(memory: dict[Any, Any], message: Message) -> Message:
    if "ratelimit-remaining" not in message.headers:
        return message
    memory["left"] = memory.get("left", 100) + 1
    return message.having(ratelimit_remaining=str(memory["left"]))


def new_windows(memory: dict[Any, Any], message: Message) -> Message:
    memory["reset"] = memory.get("reset", 0) + 1
    return message.having(ratelimit_reset=str(memory["reset"])) if "ratelimit-reset" in message.headers else message


def never_gone(memory: dict[Any, Any], message: Message) -> Message:
    if message.of_run:
        memory[message.path] = message
    if message.path not in memory or message.method != "GET" or b"50000040" not in message.body:
        return message
    last: Message = memory[message.path]
    return message._replace(status=200, body=last.plain().body)


def coming_back_from_the_dead(memory: dict[Any, Any], message: Message) -> Message:
    """A run that was deleted is not found once, and then it is there again."""
    told = never_gone(memory, message)
    if told is message or memory.setdefault((message.path, "gone"), message) is message:
        return message
    return told


def entries_for_ever(memory: dict[Any, Any], message: Message) -> Message:
    if message.of_entries:
        memory[message.path] = message
    if message.path not in memory or b"50000040" not in message.body:
        return message
    return message._replace(status=200, body=memory[message.path].plain().body)


def coming_back(memory: dict[Any, Any], message: Message) -> Message:
    """The first entry of a cancelled run is Created every second time."""
    if not message.of_entries or not message.data["journalEntries"]:
        return message
    memory["n"] = memory.get("n", 0) + 1
    if memory["n"] % 2 and message.data["journalEntries"][0]["status"] == "Cancelled":
        return message.with_entries(lambda entries: [entries[0] | {"status": "Created"}, *entries[1:]])
    return message


def other_run(memory: dict[Any, Any], message: Message) -> Message:
    if not message.of_run:
        return message
    return message.saying(number=memory.setdefault("number", message.data["number"]))


def phantom(_: Emulator, honest: Handler) -> Handler:
    """A key that is repeated creates another run, and says the first one's number."""
    answers: dict[str, httpx.Response] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        key = request.headers.get("idempotency-key")
        if key not in answers or request.method != "POST":
            response = honest(request)
            if key and request.method == "POST":
                answers[key] = response
            return response
        honest(other(request, idempotency_key=None))
        return answers[key]

    return answer


def forgetful(_: Emulator, honest: Handler) -> Handler:
    """A refusal is not kept for its key."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = honest(request)
        if "idempotency-key" in request.headers and request.method == "POST":
            message = Message.of(request, response)
            if message.refused and b"0022" in message.body:
                return honest(other(request, idempotency_key=None))
            return message.response()
        return response

    return answer


def spent_tokens(_: Emulator, honest: Handler) -> Handler:
    """A token is good until another is issued."""
    last: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            message = Message.of(request, honest(request))
            last[:] = [f"Bearer {message.data.get('access_token')}"]
            return message.response()
        spent = request.headers.get("authorization") not in last
        return honest(other(request, authorization="Bearer spent") if spent else request)

    return answer


def anybody(methods: tuple[str, ...]) -> Mutation:
    """No token is needed for some methods."""

    def changed(emulator: Emulator, request: httpx.Request) -> httpx.Request | None:
        if request.method not in methods or request.url.path == "/oauth/token":
            return None
        token = emulator.transport().handle_request(token_request(emulator))
        return other(request, authorization=f"Bearer {json.loads(b''.join(token.stream))['access_token']}")  # type: ignore[arg-type]

    return told(changed)


def lenient_token(_: Emulator, request: httpx.Request) -> httpx.Request:
    scheme, _blank, value = request.headers.get("authorization", "").partition(" ")
    return other(request, authorization=f"Bearer {value.removesuffix('x')}" if scheme else None)


def any_secret(emulator: Emulator, request: httpx.Request) -> httpx.Request | None:
    if request.url.path != "/oauth/token":
        return None
    form = dict(parse_qsl(request.content.decode())) | {"client_secret": emulator.client_secret}
    return other(request, body=urlencode(form).encode())


def deleting_at_once(emulator: Emulator, honest: Handler) -> Handler:
    """A run that is not cancelled can be deleted."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = honest(request)
        message = Message.of(request, response)
        if request.method == "DELETE" and message.refused and b"0030" in message.body:
            honest(other_method(request, "PUT", "/cancel"))
            for step in (emulator.release, lambda _: honest(request), emulator.release):
                try:
                    step(RUN.fullmatch(request.url.path)[1])  # type: ignore[index]
                except ValueError:
                    break
            return message._replace(status=200, body=b'{"success":true}').response()
        return message.response()

    return answer


def other_method(request: httpx.Request, method: str, suffix: str) -> httpx.Request:
    url = request.url.copy_with(path=request.url.path + suffix)
    return httpx.Request(method, url, headers={**request.headers, "content-type": "application/json"}, content=b"{}")


def collateral(_: Emulator, honest: Handler) -> Handler:
    """A cancellation cancels the run before, too."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = honest(request)
        found = RUN.fullmatch(request.url.path)
        if request.method == "PUT" and found and response.status_code == 200:
            before = f"JR-{int(found[1][3:]) - 1:08}"
            url = request.url.copy_with(path=f"/v1/journal-runs/{before}/cancel")
            honest(httpx.Request("PUT", url, headers=request.headers.raw, content=b"{}"))
        return response

    return answer


def untransferring(emulator: Emulator, honest: Handler) -> Handler:
    """Cancels what was transferred to accounting."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = RUN.fullmatch(request.url.path)
        if request.method == "PUT" and found:
            for entry in emulator.entry_numbers(found[1]):
                try:
                    emulator.mark_transferred(entry, Transfer.NO)
                except ValueError:
                    continue
        return honest(request)

    return answer


def forgetful_update(*names: str) -> Mutation:
    """Updates of entries succeed, and some of their fields are not changed."""

    def change(_: Emulator, request: httpx.Request) -> httpx.Request | None:
        if not UPDATE.fullmatch(request.url.path) or not request.content:
            return None
        try:
            fields = json.loads(request.content)
        except ValueError:
            return None
        if not isinstance(fields, dict) or not fields.keys() & {*names}:
            return None
        kept = {name: value for name, value in fields.items() if name not in names}
        return other(request, body=json.dumps(kept).encode())

    return told(change)


def half_a_cancellation(message: Message) -> Message:
    """All entries but the last are cancelled, and the run is said to be."""
    return message.with_entries(
        lambda entries: [*entries[:-1], *({**each, "status": "Created"} for each in entries[-1:])]
    )


def is_status(*statuses: str) -> Callable[[Emulator, Message], bool]:
    return lambda _, message: any(status.encode() in message.body for status in statuses)


def cancels(message: Message) -> bool:
    return message.method == "PUT"


def last_page_again(message: Message) -> Message:
    if not message.of_entries or "nextPage" in message.data:
        return message
    query = dict(parse_qsl(message.request.url.query.decode()))
    return message.saying(nextPage=f"{message.request.url.copy_with(query=None)}?{urlencode(query | {'page': 1})}")


def page_repeated(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    query = dict(parse_qsl(request.url.query.decode()))
    if query.get("page") != "2" or "pageSize" not in query:
        return None
    return other(request, query=urlencode(query | {"page": "1"}))


def paged(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    """`page` alone has an effect."""
    query = dict(parse_qsl(request.url.query.decode()))
    return other(request, query=urlencode({"pageSize": "8"} | query)) if "page" in query else None


def default_of_ten(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    if "/journal-entries/" not in request.url.path or b"pageSize" in request.url.query:
        return None
    return other(request, query="pageSize=10")


def bounded(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    query = dict(parse_qsl(request.url.query.decode()))
    if query.get("pageSize", "").isdecimal() and int(query["pageSize"]) > 300:
        return other(request, query=urlencode(query | {"pageSize": "300"}))
    return None


def at_least_one(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    query = dict(parse_qsl(request.url.query.decode()))
    fixed = {name: "1" if value in ("0", "-1") else value for name, value in query.items()}
    return other(request, query=urlencode(fixed)) if fixed != query else None


def swap_dates(body: dict[str, Any]) -> None:
    first, last = sorted((body["targetStartDate"], body["targetEndDate"]))
    body |= {"targetStartDate": first, "targetEndDate": last}


def clip_dates(body: dict[str, Any]) -> None:
    first, last = (date.fromisoformat(body[name]) for name in ("targetStartDate", "targetEndDate"))
    if first < last and first.month != last.month:
        body["targetStartDate"] = f"{body['targetEndDate'][:7]}-01"


def drop_dates(body: dict[str, Any]) -> None:
    if "accountingPeriodName" in body:
        body.pop("targetStartDate", None)
        body.pop("targetEndDate", None)


def add_period(body: dict[str, Any]) -> None:
    if {"type": "Revenue Event Item"} in body["transactionTypes"] and "accountingPeriodName" not in body:
        del body["targetStartDate"], body["targetEndDate"]
        body["accountingPeriodName"] = "Oct-2026"


def drop_a_type(body: dict[str, Any]) -> None:
    if len(body["transactionTypes"]) == 3:
        body["transactionTypes"].pop()


def shift_entry_date(body: dict[str, Any]) -> None:
    if re.fullmatch(r"\d{4}-\d\d-(?!01)\d\d", body["journalEntryDate"]):
        body["journalEntryDate"] = body["journalEntryDate"][:8] + "01"


def known_types(body: dict[str, Any]) -> None:
    for each in body["transactionTypes"]:
        if isinstance(each.get("type"), str):
            each["type"] = {"Invoice item": "Invoice Item", "Bill": "Invoice Item"}.get(each["type"], each["type"])


def lenient_dates(body: dict[str, Any]) -> None:
    for name in ("journalEntryDate", "targetStartDate", "targetEndDate"):
        if isinstance(body.get(name), str):
            body[name] = body[name][:10]


def no_entry_date(body: dict[str, Any]) -> None:
    body.setdefault("journalEntryDate", "2026-10-31")


def within_bmp(body: bytes) -> bytes:
    return re.sub(rb"\\ud8[0-9a-f]{2}\\ud[c-f][0-9a-f]{2}", b"x", body) if body.isascii() else body


def short_key(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    key = request.headers.get("idempotency-key", "")
    return other(request, idempotency_key=key[:255]) if len(key) > 255 else None


def no_key_but_post(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    return other(request, idempotency_key=None) if request.method != "POST" else None


def json_anyway(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    return other(request, content_type="application/json") if request.url.path.startswith("/v1/") else None


def track_id_cut(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    track_id = request.headers.get("zuora-track-id", "")
    return other(request, zuora_track_id=track_id[:64]) if len(track_id) > 64 else None


def track_id_cleaned(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    track_id = request.headers.get("zuora-track-id", "")
    return other(request, zuora_track_id=re.sub("[:;\"']", "", track_id)) if track_id else None


def any_entity(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    entity = request.headers.get("zuora-entity-ids", "")
    return other(request, zuora_entity_ids=ENTITY) if entity != ENTITY and not re.fullmatch(r"[!-~]+", entity) else None


def any_labels(body: dict[str, Any]) -> None:
    """Labels that are a list need not hold what is documented."""
    if isinstance(body["organizationLabels"], list):
        del body["organizationLabels"]


def first_organisation(_: Emulator, request: httpx.Request) -> httpx.Request:
    return other(request, zuora_org_ids=request.headers.get("zuora-org-ids", "").partition(",")[0] or None)


def gunzipped_if_so(_: Emulator, request: httpx.Request) -> httpx.Request | None:
    """`Content-Encoding` is believed only if the body looks like it."""
    zipped = request.content.startswith(b"\x1f\x8b")
    return other(request, content_encoding=None) if "content-encoding" in request.headers and not zipped else None


def in_processing(_: Emulator, message: Message) -> bool:
    return cancels(message) and b"is Processing" in message.body


DEBIT = [{"type": "Debit", "amount": "1.00"}]
HTML = b"<html><body>not found</body></html>"

MUTANTS: Mapping[str, tuple[str, Mutation]] = {
    # Headers
    "no echo of the track id": ("headers/track-id-comes-back", lie(lambda m: m.having(zuora_track_id=None))),
    "an echo in capitals": (
        "headers/track-id-comes-back",
        lie(lambda m: m.having(zuora_track_id=m.headers.get("zuora-track-id", "").upper() or None)),
    ),
    "an echo of nothing": (
        "headers/track-id-comes-back",
        lie(lambda m: m.having(zuora_track_id=m.headers.get("zuora-track-id", "none"))),
    ),
    "an echo that is cut off": (
        "headers/track-id-comes-back",
        lie(lambda m: m.having(zuora_track_id=m.headers.get("zuora-track-id", "")[:32] or None)),
    ),
    "a long track id is accepted": ("headers/track-id-has-a-form", told(track_id_cut)),
    "a colon in a track id is accepted": ("headers/track-id-has-a-form", told(track_id_cleaned)),
    "no request id": ("headers/track-id-comes-back", lie(lambda m: m.having(zuora_request_id=None))),
    "a short request id": ("headers/track-id-comes-back", lie(lambda m: m.having(zuora_request_id="1"))),
    "always the same request id": ("headers/track-id-comes-back", remembering(constant_request_id)),
    "another request id in the body": (
        "headers/track-id-comes-back",
        lie(lambda m: m.saying(requestId="0" * 36), when=lambda m: m.refused),
    ),
    "another content type": ("headers/track-id-comes-back", lie(lambda m: m.having(content_type="text/html"))),
    "gzip is announced and not done": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.plain().having(content_encoding="gzip"), when=lambda m: "content-encoding" in m.headers),
    ),
    "gzip is done and not announced": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.having(content_encoding=None)),
    ),
    "gzip is not done": ("headers/compressed-if-long-and-asked-for", lie(lambda m: m.plain())),
    "gzip is always done": ("headers/track-id-comes-back", lie(lambda m: m.zipped())),
    "gzip is done for short answers": (
        "headers/track-id-comes-back",
        lie(lambda m: m.zipped(), when=lambda m: "gzip" in m.request.headers.get("accept-encoding", "")),
    ),
    "gzip is done for those who do not ask": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.zipped(), when=lambda m: len(m.plain().body) > COMPRESSED_ABOVE),
    ),
    "a quota that stays": (
        "headers/limits-count-down",
        lie(lambda m: m.having(ratelimit_remaining="7"), when=lambda m: "ratelimit-remaining" in m.headers),
    ),
    "a quota that grows": ("headers/limits-count-down", remembering(counting_up)),
    "windows that never end": ("headers/limits-count-down", remembering(new_windows)),
    "a rate limit in words": ("headers/track-id-comes-back", lie(lambda m: m.having(ratelimit_remaining="plenty"))),
    "nothing is in progress": (
        "headers/concurrency-is-within-its-limit",
        lie(lambda m: m.having(concurrency_limit_remaining="40"), when=lambda m: "ratelimit-limit" in m.headers),
    ),
    "the entity is ignored": ("headers/only-entities-that-one-may-reach", without("zuora_entity_ids")),
    "organisations are ignored": ("headers/only-organisations-that-one-may-reach", without("zuora_org_ids")),
    "organisations but the first are ignored": (
        "headers/only-organisations-that-one-may-reach",
        told(first_organisation),
    ),
    # Authentication
    "anybody may read": ("authentication/reading-needs-a-token", anybody(("GET",))),
    "anybody may create": ("authentication/writing-needs-a-token", anybody(("POST",))),
    "anybody may cancel": ("authentication/writing-needs-a-token", anybody(("PUT",))),
    "anybody may delete": ("authentication/writing-needs-a-token", anybody(("DELETE",))),
    "any scheme, and almost any token": ("authentication/reading-needs-a-token", told(lenient_token)),
    "any secret": ("authentication/wrong-credentials-get-no-token", told(any_secret)),
    "a token is spent by the next": ("authentication/a-token-is-good-for-a-while", spent_tokens),
    "a token that is over": (
        "authentication/a-token-is-good-for-a-while",
        lie(lambda m: m.saying(expires_in=0), when=lambda m: "access_token" in m.data),
    ),
    "401 as a page": (
        "authentication/reading-needs-a-token",
        lie(lambda m: m._replace(body=HTML), when=lambda m: b"90000011" in m.body),
    ),
    # Broken requests
    "unknown addresses as a page": (
        "broken-requests/unknown-addresses-are-refused",
        lie(lambda m: m._replace(body=HTML), when=lambda m: b"no endpoint" in m.body),
    ),
    "unknown addresses without a request id": (
        "broken-requests/unknown-addresses-are-refused",
        lie(lambda m: m.having(zuora_request_id=None), when=lambda m: b"no endpoint" in m.body),
    ),
    "unknown addresses are fine": (
        "broken-requests/unknown-addresses-are-refused",
        lie(lambda m: m._replace(status=200, body=b'{"success":true}'), when=lambda m: b"no endpoint" in m.body),
    ),
    "405 without a body": (
        "broken-requests/unknown-methods-are-refused",
        lie(lambda m: m._replace(body=b""), when=lambda m: m.status == 405),
    ),
    "a breakdown over odd input": ("broken-requests/odd-run-numbers-are-refused", failing(breakdown)),
    "silence over odd input": ("broken-requests/odd-run-numbers-are-refused", failing(silence)),
    "hanging up over odd input": ("broken-requests/odd-run-numbers-are-refused", failing(hanging_up)),
    "an undocumented status": (
        "headers/track-id-comes-back",
        lie(lambda m: m._replace(status=202), when=lambda m: m.path.startswith("/v1/")),
    ),
    "a failure inside": (
        "headers/track-id-comes-back",
        lie(lambda m: m._replace(status=500), when=lambda m: m.path.startswith("/v1/")),
    ),
    "a page of a proxy's": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m._replace(body=HTML), when=lambda m: m.of_run),
    ),
    "no success in failures": (
        "headers/track-id-comes-back",
        lie(lambda m: m.saying(success=None), when=lambda m: m.refused),
    ),
    "success of all": (
        "headers/track-id-comes-back",
        lie(lambda m: m.holding({"success": True}), when=lambda m: m.refused and m.status == 200),
    ),
    "no reasons for a failure": (
        "headers/track-id-comes-back",
        lie(lambda m: m.saying(reasons=[]), when=lambda m: m.refused),
    ),
    "reasons without a code": (
        "headers/track-id-comes-back",
        lie(lambda m: m.saying(reasons=[{"message": "no"}]), when=lambda m: m.refused),
    ),
    "an unknown run is a wrong value": (
        "authentication/a-token-is-good-for-a-while",
        lie(lambda m: m.saying(reasons=[{"code": "50000020", "message": "no"}]), when=lambda m: b"50000040" in m.body),
    ),
    "a large page is cut": ("broken-requests/page-sizes-have-bounds", told(bounded)),
    "a page size of 0 is 1": ("broken-requests/page-sizes-have-bounds", told(at_least_one)),
    "JSON with something behind it": (
        "broken-requests/broken-bodies-create-nothing",
        repaired(lambda body: body.removesuffix(b"x")),
    ),
    "JSON that is cut off": (
        "broken-requests/broken-bodies-create-nothing",
        repaired(lambda body: body + b"}" if body.startswith(b'{"') and not body.endswith(b"}") else body),
    ),
    "any content type": ("broken-requests/broken-bodies-create-nothing", told(json_anyway)),
    "a promise of gzip is not kept": ("broken-requests/broken-bodies-create-nothing", told(gunzipped_if_so)),
    "an unknown transaction type": ("broken-requests/broken-fields-create-nothing", creating(known_types)),
    "a date with a time behind it": ("broken-requests/broken-fields-create-nothing", creating(lenient_dates)),
    "no entry date": ("broken-requests/broken-fields-create-nothing", creating(no_entry_date)),
    "any form of entity": ("coverage/getJournalRun", told(any_entity)),
    "any form of organisation labels": ("coverage/createJournalRun", creating(any_labels)),
    # Statuses
    "200 for all failures": (
        "statuses/new-versions-have-statuses-for-errors",
        lie(lambda m: m._replace(status=200), when=lambda m: m.refused and m.path.startswith("/v1/")),
    ),
    "400 for all failures": (
        "statuses/old-versions-have-none",
        lie(lambda m: m._replace(status=400), when=lambda m: m.refused and m.status == 200),
    ),
    # Creations
    "a run has other dates": ("headers/compressed-if-long-and-asked-for", creating(shift_entry_date)),
    "a run has lost a type": ("creation/a-run-is-what-was-asked-for", creating(drop_a_type)),
    "dates the other way round": ("creation/dates-lie-within-one-period", creating(swap_dates)),
    "dates of two periods": ("creation/dates-lie-within-one-period", creating(clip_dates)),
    "a period and any dates": ("creation/a-period-and-dates-agree", creating(drop_dates)),
    "revenue events by dates": ("creation/revenue-events-need-a-period", creating(add_period)),
    "characters of four bytes": ("creation/text-is-within-the-basic-plane", repaired(within_bmp)),
    "gzip is not understood": (
        "creation/a-body-may-be-compressed",
        told(lambda _, request: other(request, body=b"?") if "content-encoding" in request.headers else None),
    ),
    "two runs at a time": ("creation/one-run-at-a-time", settings(one_run_at_a_time=False)),
    "keys are ignored": (
        "creation/a-key-creates-once",
        told(lambda _, request: other(request, idempotency_key=None) if request.method == "POST" else None),
    ),
    "a repeated key creates a phantom": ("creation/a-key-creates-once", phantom),
    "a refusal is forgotten": ("creation/a-failure-is-kept-for-its-key-too", forgetful),
    "a long key is cut": ("creation/keys-have-a-length", told(short_key)),
    "keys with every method": ("broken-requests/broken-cancellations-cancel-nothing", told(no_key_but_post)),
    "a number of another form": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(journalRunNumber="76"), when=lambda m: "journalRunNumber" in m.data),
    ),
    # Runs
    "the run that was asked for first": ("authentication/writing-needs-a-token", remembering(other_run)),
    "an unknown status": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(status="Canceled"), when=lambda m: m.of_run),
    ),
    "a run without status": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(status=None), when=lambda m: m.of_run),
    ),
    "a success without success": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(success=None), when=lambda m: m.of_run),
    ),
    "success in words": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(success="true"), when=lambda m: m.of_run),
    ),
    "reasons for a success": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(reasons=[{"code": "50000030", "message": "none"}]), when=lambda m: m.of_run),
    ),
    "a count that is text": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(totalJournalEntryCount="3"), when=lambda m: m.of_run),
    ),
    "a count off by one": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(totalJournalEntryCount=m.data["totalJournalEntryCount"] + 1), when=lambda m: m.of_run),
    ),
    "a date with a time": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(journalEntryDate="2026-10-31T00:00:00Z"), when=lambda m: m.of_run),
    ),
    "executed yesterday": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(executedOn="yesterday"), when=lambda m: m.of_run),
    ),
    "always Completed": (
        "authentication/writing-needs-a-token",
        lie(lambda m: m.saying(status="Completed"), when=lambda m: m.of_run),
    ),
    "always Processing": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.saying(status="Processing"), when=lambda m: m.of_run),
    ),
    # Entries
    "an entry's status is a number": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.with_entries(lambda entries: [each | {"status": 1} for each in entries])),
    ),
    "an entry without number": (
        "headers/compressed-if-long-and-asked-for",
        lie(
            lambda m: m.with_entries(
                lambda entries: [{k: v for k, v in each.items() if k != "number"} for each in entries]
            )
        ),
    ),
    "entries that do not balance": (
        "entries/entries-balance",
        lie(lambda m: m.with_entries(lambda entries: [each | {"journalEntryItems": DEBIT} for each in entries])),
    ),
    "entries of another type": (
        "entries/entries-balance",
        lie(lambda m: m.with_entries(lambda entries: [each | {"transactionType": "Bill"} for each in entries])),
    ),
    "no entries": ("headers/compressed-if-long-and-asked-for", lie(lambda m: m.with_entries(lambda _: []))),
    "every entry twice": ("headers/compressed-if-long-and-asked-for", lie(lambda m: m.with_entries(lambda es: es * 2))),
    "a next page that is no address": (
        "entries/pages-hold-every-entry-once",
        lie(lambda m: m.saying(nextPage="page 2"), when=lambda m: m.of_entries and "nextPage" in m.data),
    ),
    "no next page": (
        "entries/pages-hold-every-entry-once",
        lie(lambda m: m.saying(nextPage=None), when=lambda m: m.of_entries),
    ),
    "pages without end": ("headers/compressed-if-long-and-asked-for", lie(last_page_again)),
    "a page is repeated": ("entries/pages-hold-every-entry-once", told(page_repeated)),
    "a page lacks its last entry": (
        "entries/pages-hold-every-entry-once",
        lie(
            lambda m: m.with_entries(lambda entries: entries[:-1]), when=lambda m: m.of_entries and "nextPage" in m.data
        ),
    ),
    "entries in another order": (
        "entries/pages-hold-every-entry-once",
        lie(lambda m: m.with_entries(lambda entries: entries[::-1])),
    ),
    "ten entries to a page": ("entries/pages-hold-every-entry-once", told(default_of_ten)),
    "a page alone has an effect": ("entries/a-page-alone-has-no-effect", told(paged)),
    # Cancellations and deletions
    "cancels what is Processing": ("cancellation/runs-in-processing-are-not-cancelled", accepted(in_processing)),
    "cancels twice": (
        "cancellation/nothing-is-cancelled-twice",
        accepted(lambda _, m: cancels(m) and b"is CancelInprogress" in m.body),
    ),
    "cancels what is cancelled": (
        "cancellation/a-whole-life",
        accepted(lambda _, m: cancels(m) and b"is Cancelled" in m.body),
    ),
    "refuses to cancel what is Completed": ("authentication/writing-needs-a-token", refusing("Completed")),
    "refuses to cancel what is Pending": ("cancellation/pending-runs-can-be-cancelled", refusing("Pending")),
    "cancels nothing": ("authentication/writing-needs-a-token", undone("PUT")),
    "deletes what is not cancelled": ("cancellation/a-whole-life", deleting_at_once),
    "says that it deletes what is not cancelled": (
        "cancellation/a-whole-life",
        accepted(lambda _, m: m.method == "DELETE" and b"is Completed" in m.body),
    ),
    "deletes while it cancels": (
        "cancellation/nothing-is-deleted-while-it-is-cancelled",
        accepted(lambda _, m: m.method == "DELETE" and b"is CancelInprogress" in m.body),
    ),
    "deletes twice": (
        "cancellation/a-whole-life",
        accepted(lambda _, m: m.method == "DELETE" and b"is DeleteInprogress" in m.body),
    ),
    "deletes nothing": ("broken-requests/unknown-runs-are-not-found", undone("DELETE")),
    "a run that comes back": ("cancellation/a-whole-life", remembering(coming_back_from_the_dead)),
    "entries of a run that is gone": ("cancellation/a-whole-life", remembering(entries_for_ever)),
    "a run that is never gone": ("broken-requests/unknown-runs-are-not-found", remembering(never_gone)),
    "Cancelled, with an entry left": ("authentication/writing-needs-a-token", lie(half_a_cancellation)),
    "entries that are never cancelled": (
        "authentication/writing-needs-a-token",
        lie(lambda m: m.with_entries(lambda entries: [each | {"status": "Created"} for each in entries])),
    ),
    "entries that are cancelled before": (
        "headers/compressed-if-long-and-asked-for",
        lie(lambda m: m.with_entries(lambda entries: [each | {"status": "Cancelled"} for each in entries])),
    ),
    "a cancelled entry comes back": ("authentication/writing-needs-a-token", remembering(coming_back)),
    "transferred entries are cancelled": ("cancellation/transferred-entries-stay", untransferring),
    "cancelled entries are transferred": (
        "entries/a-cancelled-entry-is-not-transferred",
        accepted(lambda _, m: b"can no longer be changed" in m.body),
    ),
    "updates lose the transfer": ("entries/updates-are-shown", forgetful_update("transferredToAccounting")),
    "updates lose the notes": ("entries/updates-are-shown", forgetful_update("notes")),
    "every entry was transferred": (
        "authentication/writing-needs-a-token",
        lie(lambda m: m.with_entries(lambda entries: [each | {"transferredToAccounting": "Yes"} for each in entries])),
    ),
    "cancels the run before, too": ("cancellation/other-runs-stay-as-they-are", collateral),
}
"""Every mutant, with the rule that is known to find it."""

ALIKE: Mapping[str, str] = {
    "no limit headers": "none of them is documented as always there",
    "a transaction type is refused": "which types a tenant has depends on its features",
    "cancellations are never seen in progress": "a run may show its old status all the while, says the documents' silence",
    "deletions are done at once": "how long a deletion takes is not documented",
    "codes as text": "the schemas say text, and live answers have numbers",
    "runs never end in Error": "what ends a run in Error is not documented, and nothing in the contract causes it",
    "keys are kept for an hour, not a day": "a suite that takes a minute cannot tell",
}
"""Providers that no client can tell from an honest one, with the reason."""
