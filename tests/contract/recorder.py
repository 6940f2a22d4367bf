"""Records traffic as a HAR file, as a proxy does."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from zuora_journal_runs.contract.document import load
from zuora_journal_runs.contract.exchange import Exchange
from zuora_journal_runs.contract.replay import RULES, Judge, har

from .mutants import Message

if TYPE_CHECKING:
    import httpx

    from .provider import Handler

IN_RESPONSES = {rule.id.partition("/")[2] for rule in RULES} - {"run-model"}
"""The checks that need nothing but responses. What a run may be is known better by who alone changes it."""

TIMEOUT = 30.0
"""Seconds after which nobody waits any more."""

BEGAN = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


class Recorder:
    """Passes requests on, and keeps what came of them."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.entries: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        try:
            honest = self._handler(request)
        except requests.RequestException:
            self._lost(request)
            raise
        seconds = honest.extensions.get("seconds", 0.0)
        if seconds >= TIMEOUT:
            self._lost(request)
            raise requests.ReadTimeout
        message = Message.of(request, honest)
        try:
            body = message.plain().body
        except (OSError, EOFError):
            body = message.body  # It is not compressed in the way that it says.
        response = {
            "status": message.status,
            "headers": [{"name": name, "value": value} for name, value in message.headers.items()],
            "content": {"size": len(body), "text": base64.b64encode(body).decode(), "encoding": "base64"},
        }
        self.entries.append(self._entry(request, response))
        passed_on = message.response()
        passed_on.extensions["seconds"] = seconds
        return passed_on

    def _lost(self, request: httpx.Request) -> None:
        self.entries.append(self._entry(request, {"status": 0, "headers": [], "content": {}}))

    def _entry(self, request: httpx.Request, response: dict[str, Any]) -> dict[str, Any]:
        headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers.raw]
        return {
            "startedDateTime": (BEGAN + timedelta(seconds=len(self.entries))).isoformat(),
            "time": 500,
            "request": {
                "method": request.method,
                "url": str(request.url),
                "headers": [{"name": name, "value": value} for name, value in headers],
                "postData": {"text": request.content.decode("utf-8", "replace")},
            },
            "response": response,
        }

    def har(self) -> bytes:
        return json.dumps({"log": {"version": "1.2", "entries": self.entries}}).encode()


def judged(recorder: Recorder) -> Judge:
    """What a replay of the traffic finds."""
    judge = Judge(load())
    for each in har.exchanges(recorder.har(), "recorded.har") or ():
        if not isinstance(each, Exchange):
            raise TypeError(each)
        judge.add(each)
    judge.finish()
    return judge
