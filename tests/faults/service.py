"""The truth behind the scripted server: runs, tokens, and what was done to them."""

from __future__ import annotations

import base64
import gzip
import json
import re
import uuid
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

CLIENT_SECRET = "sEcReT+of/the=OAuth.client"
READY_TOKEN = "a-token-that-needs-no-request"
RUN, CANCELLED_RUN = "JR-00000075", "JR-00000076"
ENTRY = "JE-00000001"
NEW_RUN = "JR-00000100"

_ROUTES = (
    ("token", "POST", re.compile(r"/oauth/token")),
    ("create", "POST", re.compile(r"/v1/journal-runs")),
    ("update", "PUT", re.compile(r"/v1/journal-entries/(JE-\d+)/basic-information")),
    ("retrieve", "GET", re.compile(r"/v1/journal-runs/(JR-\d+)")),
    ("cancel", "PUT", re.compile(r"/v1/journal-runs/(JR-\d+)/cancel")),
    ("delete", "DELETE", re.compile(r"/v1/journal-runs/(JR-\d+)")),
    ("next page", "GET", re.compile(r"/v1/journal-entries/journal-runs/(JR-\d+)\?cursor=2")),
    ("entries", "GET", re.compile(r"/v1/journal-entries/journal-runs/(JR-\d+)(?:\?.*)?")),
)


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    """By names in lower case."""
    body: bytes = b""
    operation: str = "none"
    number: str = ""

    def __post_init__(self) -> None:
        for operation, method, route in _ROUTES:
            if method == self.method and (match := route.fullmatch(self.target)):
                self.operation, self.number = operation, match[1] if match.re.groups else ""
                return

    @classmethod
    def parse(cls, head: bytes) -> Request:
        first, *lines = head.decode("ascii").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(method, target, headers)

    @property
    def content(self) -> bytes:
        """The body, decompressed."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    """What Content-Length says; the truth if it is None."""
    close: bool = False

    def encoded(self) -> bytes:
        length = len(self.body) if self.length is None else self.length
        headers = {"Content-Length": str(length), **self.headers}
        if self.close:
            headers["Connection"] = "close"
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + self.body

    def with_json(self, **changes: object) -> Answer:
        return replace(self, body=json.dumps({**json.loads(self.body), **changes}).encode())

    def without(self, name: str) -> Answer:
        return replace(
            self, body=json.dumps({key: value for key, value in json.loads(self.body).items() if key != name}).encode()
        )


def refusal(category: str, message: str = "It cannot be done.", *, text: bool = False) -> dict[str, Any]:
    """A body that says no. Codes are seen as numbers and as text."""
    code = "90000011" if category == "11" else f"500000{category}"
    reason = {"code": code if text else int(code), "message": message}
    return {"success": False, "processId": "738CBB9234B47A47", "reasons": [reason]}


class Service:
    """Journal runs. It answers truthfully, and remembers every change that it made."""

    def __init__(self) -> None:
        self.runs = {RUN: "Completed", CANCELLED_RUN: "Cancelled"}
        self.entries: dict[str, object] = {ENTRY: "No"}
        """`transferredToAccounting` of entries that can be updated."""
        self.changes: list[str] = []
        self.tokens = {READY_TOKEN}
        self.origin = ""
        self.client_secret = CLIENT_SECRET
        self.client_id = str(uuid.uuid4())
        """Not the same twice: what is known of a client is kept for the whole process."""
        self.cancelled_status = "CancelInprogress"
        """What a run shows after a cancellation; some stay `Completed` until they are `Cancelled`."""
        self.deleted_status: str | None = None
        """What a run shows after a deletion; None if it is gone at once."""
        self._created: dict[str, dict[str, Any]] = {}
        self._answers = 0

    def answer(self, request: Request) -> Answer:
        """Act upon a request."""
        return self.reply(request, *self._outcome(request))

    def reply(self, request: Request, status: int, payload: object, headers: dict[str, str] | None = None) -> Answer:
        """An answer with the headers that Zuora sets; text is HTML, anything else JSON."""
        self._answers += 1
        kind, body = (
            ("text/html", payload.encode()) if isinstance(payload, str) else ("application/json", _json(payload))
        )
        usual = {"Content-Type": kind, "Zuora-Request-Id": str(uuid.UUID(int=self._answers))}
        if "zuora-track-id" in request.headers:
            usual["Zuora-Track-Id"] = request.headers["zuora-track-id"]
        return Answer(status, body, {**usual, **(headers or {})})

    def _outcome(self, request: Request) -> tuple[int, object]:
        handlers = {
            "none": self._nothing,
            "token": self._token,
            "create": self._create,
            "retrieve": self._retrieve,
            "entries": self._entries,
            "next page": self._entries,
            "cancel": self._cancel,
            "delete": self._delete,
            "update": self._update,
        }
        return self._objection(request) or handlers[request.operation](request)

    def _objection(self, request: Request) -> tuple[int, object] | None:
        """What speaks against a request, whatever it asks for."""
        if request.operation == "token":
            return None
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, refusal("11", "Authentication error", text=True)
        if request.method != "POST" and "idempotency-key" in request.headers:
            return 400, refusal("20", "Request method not supported with Idempotency-Key header")
        if request.method == "PUT" and request.headers.get("content-type") != "application/json":
            return 415, refusal("45", "Content type not supported")
        if request.number and request.number not in self.runs and request.number not in self.entries:
            return 404, refusal("40", f"Cannot find entity by key: '{request.number}'.")
        return None

    def _nothing(self, request: Request) -> tuple[int, object]:
        return 404, refusal("40", f"There is no {request.target}.")

    def _token(self, request: Request) -> tuple[int, object]:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret) or form.get(
            "grant_type"
        ) != "client_credentials":
            return 400, {"status": 400, "error": "Bad Request", "message": "Invalid client id", "path": "/oauth/token"}
        token = f"token-{len(self.tokens)}-{base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip('=')}"
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 3598, "scope": "entity.1"}

    def _create(self, request: Request) -> tuple[int, object]:
        json.loads(request.content)
        key = request.headers.get("idempotency-key", str(uuid.uuid4()))
        if key not in self._created:
            number = f"JR-{100 + len(self._created):08}"
            self.runs[number] = "Pending"
            self.changes.append(f"created {number}")
            self._created[key] = {"success": True, "journalRunNumber": number}
        return 200, self._created[key]

    def _retrieve(self, request: Request) -> tuple[int, object]:
        return 200, {"success": True, "number": request.number, "status": self.runs[request.number]}

    def _entries(self, request: Request) -> tuple[int, object]:
        last = request.operation == "next page"
        entry = {
            "number": f"JE-0000000{2 if last else 1}",
            "status": "Created",
            "transferredToAccounting": "No",
        }
        page: dict[str, object] = {"success": True, "journalEntries": [entry]}
        if not last:
            page["nextPage"] = f"{self.origin}/v1/journal-entries/journal-runs/{request.number}?cursor=2"
        return 200, page

    def _cancel(self, request: Request) -> tuple[int, object]:
        if self.runs[request.number] not in ("Pending", "Error", "Completed"):
            return 200, refusal("30", f"The run is {self.runs[request.number]}.")
        self.runs[request.number] = self.cancelled_status
        change = f"cancelled {request.number}"
        if change not in self.changes:  # a cancellation in progress is not begun again
            self.changes.append(change)
        return 200, {"success": True}

    def _delete(self, request: Request) -> tuple[int, object]:
        if self.runs[request.number] != "Cancelled":
            return 200, refusal("30", f"The run is {self.runs[request.number]}.")
        if self.deleted_status is None:
            del self.runs[request.number]
        else:
            self.runs[request.number] = self.deleted_status
        self.changes.append(f"deleted {request.number}")
        return 200, {"success": True}

    def _update(self, request: Request) -> tuple[int, object]:
        value = json.loads(request.content)["transferredToAccounting"]
        if self.entries[request.number] != value:
            self.entries[request.number] = value
            self.changes.append(f"updated {request.number}")
        return 200, {"success": True}


def _json(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()
