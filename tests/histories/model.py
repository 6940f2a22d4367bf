"""A client as plain as possible, which reads responses and judges them by the reference rules.

It shows that the histories are fair: whoever follows the rules tells no false story, and comes to the truth.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
from tests.evidence import reference
from tests.evidence.reference import Entry, Observation, Run

from .client import CredentialsError, DeadlineError, NotFoundError, PermissionError_, Story
from .script import NEVER
from .server import URL

if TYPE_CHECKING:
    from collections.abc import Callable

    from .server import Server

_ENTRIES = "/v1/journal-entries/journal-runs/"
_TRANSIENT = ("50", "60", "61", "70", "99")


class Failed(Exception):
    """The wait ends with an error of the package's, of some kind."""

    def __init__(self, kind: type[Exception], *, maybe_processed: bool) -> None:
        def __init__(self: Exception) -> None:  # noqa: N807 - an error's own takes what a plain client has not
            Exception.__init__(self, kind.__name__)

        self.error: Exception = type(kind.__name__, (kind,), {"__init__": __init__, "__str__": Exception.__str__})()
        self.error.maybe_processed = maybe_processed
        super().__init__(kind.__name__)


class Model:
    def __init__(
        self, server: Server, number: str, timeout: float | None = 3600.0, stall_after: float | None = 600.0
    ) -> None:
        self.server, self.number = server, number
        self.clock = server.clock
        self.deadline = server.clock.now + (NEVER if timeout is None else timeout)
        self.stall_after = stall_after
        self.seen: list[Observation] = []

    def tell(self, verb: str) -> Story:
        try:
            story: Story = getattr(self, {"cancel_many": "cancel_and_wait"}.get(verb, verb))(verb)
        except Failed as failed:
            return Story(verb, self.number, failed.error)
        return story

    def cancel_and_wait(self, verb: str) -> Story:
        self._change("cancel", "PUT", f"/v1/journal-runs/{self.number}/cancel", "Cancelled", "CancelInprogress")
        return self.wait_for_cancellation(verb)

    def wait_for_cancellation(self, verb: str) -> Story:
        self._wait(lambda: self._expected().verdict != reference.NOT_KNOWN_YET, listing=True)
        expected = self._expected()
        if expected.verdict == reference.STALLED:
            raise Failed(DeadlineError, maybe_processed=True)
        transferred = {entry.number for entry in reference.left(self.seen) if entry.transferred == "Yes"}
        return Story(
            verb,
            self.number,
            complete=expected.verdict == reference.COMPLETE,
            cancelled=expected.cancelled,
            remaining=expected.remaining,
            blocked=expected.remaining & transferred,
            discrepancies=("something did not fit",) if expected.discrepancy else (),
        )

    def delete(self, verb: str) -> Story:
        self._read_run()
        statuses = [run.status for run in reference.runs(self.seen)]
        if not set(statuses) & {"Cancelled", "DeleteInprogress"}:
            raise Failed(NotFoundError, maybe_processed=False)
        if statuses == ["Cancelled"]:
            self._change("delete", "DELETE", f"/v1/journal-runs/{self.number}", "DeleteInprogress")
        self._wait(lambda: reference.expected_of_deletion(self.seen))
        return Story(verb, self.number, gone=True)

    def wait_for_completion(self, verb: str) -> Story:
        self._wait(lambda: reference.expected_of_completion(self.seen) is not None)
        return Story(verb, self.number, ending=str(reference.expected_of_completion(self.seen)))

    def _expected(self) -> reference.Expected:
        return reference.expected_of_cancellation(self.seen, self.stall_after)

    def _wait(self, ended: Callable[[], bool], *, listing: bool = False) -> None:
        interval = 1.0
        while True:
            self._read_run()
            if not any(one.kind in ("accepted", "run") for one in self.seen):
                raise Failed(NotFoundError, maybe_processed=False)
            if listing and self.seen[-1].kind == "run":
                self._read_entries()
            if ended():
                return
            if self.clock.now >= self.deadline:
                raise Failed(DeadlineError, maybe_processed=True)
            self.clock.sleep(interval)
            interval = min(interval * 1.5, 15.0)

    def _read_run(self) -> None:
        status, body = self._send("GET", f"/v1/journal-runs/{self.number}")
        shown = 200 <= status < 300 and body.get("number") == self.number and _succeeded(body)
        if shown and isinstance(body.get("status"), str):
            return self._note("run", Run(body["status"], body.get("totalJournalEntryCount")))
        if status in (200, 404) and _category(body) == "40":
            return self._note("missing")
        return self._note("problem")

    def _read_entries(self) -> None:
        path: str | None = f"{_ENTRIES}{self.number}?page=1&pageSize=300"
        found: list[Entry] = []
        paths = set()
        while path is not None:
            if path in paths or not path.startswith(f"{_ENTRIES}{self.number}?"):
                return self._note("problem")
            paths.add(path)
            status, body = self._send("GET", path)
            if status < 500 and _category(body) not in (None, *_TRANSIENT):
                return self._note("refused")
            items: Any = body.get("journalEntries")
            shown = 200 <= status < 300 and isinstance(items, list) and _succeeded(body)
            if not shown or not (items or "success" in body):
                return self._note("problem")
            for item in items:
                fields = (
                    [item.get(name) for name in ("number", "status", "transferredToAccounting")]
                    if isinstance(item, dict)
                    else [None]
                )
                if not all(isinstance(field, str) for field in fields):
                    return self._note("problem")
                found.append(Entry(*fields))
            path = str(body["nextPage"]).removeprefix(URL) if "nextPage" in body else None
        if len({entry.number for entry in found}) < len(found):
            return self._note("problem")
        return self._note("entries", tuple(found))

    def _change(self, verb: str, method: str, path: str, *done: str) -> None:
        """Ask for a change; what it did is learned from the run if the response is lost."""
        lost = False
        for _ in range(5):
            status, body = self._send(method, path)
            if 200 <= status < 300 and body.get("success") is True:
                return self._note("accepted", verb)
            if lost and _category(body) in ("30", "40"):
                break
            lost = True
            self.clock.sleep(1.0)
        self._read_run()
        if not any(run.status in done for run in reference.runs(self.seen)):
            raise Failed(NotFoundError, maybe_processed=lost)
        return None

    def _send(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        """Return status and JSON object, which is empty if there is none; status 0 if there is no response."""
        status, body = self._receive(method, path)
        if status == 401:  # as if the token were renewed, once
            status, body = self._receive(method, path)
        if status == 401:
            raise Failed(CredentialsError, maybe_processed=True)
        if _category(body) == "10":
            raise Failed(PermissionError_, maybe_processed=True)
        return status, body

    def _receive(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        try:
            response = self.server(httpx.Request(method, URL + path))
            response.read()
        except httpx.HTTPError:
            return 0, {}
        try:
            body = json.loads(response.content)
        except ValueError:
            body = {}
        return response.status_code, body if isinstance(body, dict) else {}

    def _note(self, kind: str, payload: Any = None) -> None:
        self.seen.append(Observation(self.clock.now, kind, payload))


def _succeeded(body: dict[str, Any]) -> bool:
    return body.get("success", True) is True


def _category(body: dict[str, Any]) -> str | None:
    reasons = body.get("reasons")
    if body.get("success") is not False or not isinstance(reasons, list) or not reasons:
        return None
    return str(reasons[0].get("code"))[-2:]
