"""The provider on the bench: requests to it, with their answers held against the contract, and the suite's own runs."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response

from .checks import Violation, body_of, every_check, expect, judge, wire_status
from .coverage import Coverage
from .fragment import operations, reference, validator
from .lifecycle import CANCELABLE, GONE, IN_PROGRESS, Life
from .record import Record
from .schema import Fitting, configuration, id_of, judged
from .wire import NoAnswer, NotSent, Session, curl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests.adapters import BaseAdapter
    from schemathesis import Case
    from schemathesis.schemas import APIOperation, BaseSchema

    from .fragment import Operation
    from .target import Target

LARGEST_PAGE = 300
ENTRIES = "/v1/journal-entries/journal-runs"

RESTING = {"Completed", "Error", "Cancelled", GONE}
_TOKEN_MARGIN = 60.0
"""Seconds before its end at which a token is not used any more."""


class NotTried(Exception):
    """What a rule needs is not there."""


class TimeIsUp(BaseException):
    """The suite has had the time that it was given. Like KeyboardInterrupt, it is nothing that a test finds."""


class Answer(NamedTuple):
    """An answer, read."""

    status: int
    """As its error's category says, if it is a failure."""
    wire: int
    """As it was sent."""
    headers: Mapping[str, str]
    """The first of each, by its name in lower case."""
    data: dict[str, Any]
    """The JSON object; empty if there is none."""
    size: int
    """Bytes of the body, not compressed."""


class Bench:
    """A provider, the requests to it, and the runs that the suite made there.

    Args:
        document: The fragment.
        target: The provider.
        may_write: Whether runs may be created, cancelled and deleted.
        run: The number of a run that may be read, if none can be created.
        dates: The first and the last date of an accounting period.
        seed: Decides all that is left to chance.
        examples: How many requests the fuzzing of each operation makes.
        timeout: Seconds that an answer may take.
        patience: Seconds that a run may take to come to rest.
        deadline: When to stop, by `now`.
        transfer: Has accounting take over the entry with this number.
        adapter: Another way to reach the provider than over the network.
        now: Seconds, from any beginning.
        sleep: Waits for so many seconds.
        today: Decides which dates are asked for, if none are given.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        target: Target,
        *,
        may_write: bool,
        run: str | None,
        dates: tuple[str, str] | None,
        seed: int,
        examples: int,
        timeout: float,
        patience: float,
        deadline: float | None,
        transfer: Callable[[str], object] | None,
        adapter: BaseAdapter | None,
        now: Callable[[], float],
        sleep: Callable[[float], object],
        today: datetime,
    ) -> None:
        self.target: Target = target
        self.document: Mapping[str, Any] = document
        self.may_write: bool = may_write
        self.transfer: Callable[[str], object] | None = transfer
        self.seed: int = seed
        self.examples: int = examples
        self.record: Record = Record()
        self.coverage: Coverage = Coverage(document)
        self.own: dict[str, Life] = {}
        """The suite's own runs, which alone it may change, by number; those that are gone, too."""
        self.session: Session = Session(may_write=may_write, own=self.own, timeout=timeout, sleep=sleep)
        if adapter is not None:
            self.session.mount(target.url, adapter)
        elif target.kind.name == "LOOPBACK":
            self.session.trust_env = False
        self.schema: BaseSchema = judged(
            schemathesis.openapi.from_dict(dict(document), config=configuration(seed, examples)),
        )
        self.operations: dict[str, Operation] = {operation.id: operation for operation in operations(document)}
        self.existing: dict[str, str] = dict(
            zip(("targetStartDate", "targetEndDate"), dates or last_month(today), strict=True)
        )
        """The fields of a creation that the provider is known to accept."""
        self._run, self._patience, self._deadline = run, patience, deadline
        self._now, self._sleep = now, sleep
        self._checks = every_check()
        self._error = validator(document, reference("ErrorResponse"))
        self._token, self._token_ends = "", float("-inf")
        self._fitting: Fitting | None = None

    # Requests

    @property
    def token(self) -> str:
        """A bearer token that is good for a while."""
        if self._now() >= self._token_ends:
            answer = self.call("createToken", data=self.credentials())
            given = answer.status == 200 and "access_token" in answer.data
            expect(given, f"there is no token: {answer.wire} {answer.data.get('message', '')}")
            self._token = str(answer.data["access_token"])
            seconds = float(answer.data.get("expires_in", 3600))
            self._token_ends = self._now() + max(seconds - _TOKEN_MARGIN, seconds / 2)
        return self._token

    def credentials(self) -> dict[str, str]:
        """The form of a token request."""
        return {
            "client_id": self.target.client_id,
            "client_secret": self.target.client_secret,
            "grant_type": "client_credentials",
        }

    def call(
        self,
        operation_id: str,
        number: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Any = NOT_SET,
        data: Any = None,
    ) -> Answer:
        """Make a request that is not left to chance, and hold the answer against the fragment.

        Args:
            operation_id: The operation.
            number: The number of the run that it is about.
            query: Query parameters.
            headers: Headers, beside those that every request needs; one that is None is left out.
            body: The body as JSON.
            data: The body as bytes, or as a form.

        Raises:
            NoAnswer: there was none.
        """
        operation = self.operation(operation_id)
        case = operation.Case(
            path_parameters={} if number is None else {"jr-number": number},
            query=dict(query or {}),
            body=body,
            media_type=None if body is NOT_SET else "application/json",
        )
        documented = {each["name"] for each in self.operations[operation_id].parameters}
        needed: dict[str, str | None] = {"Accept-Encoding": "gzip"}
        needed |= {name: value for name, value in self.target.conventions.items() if name in documented}
        if operation_id != "createToken":
            needed["Authorization"] = f"Bearer {self.token}" if "Authorization" not in (headers or {}) else None
        if operation_id == "cancelJournalRun":
            needed["Content-Type"] = "application/json"
        given = {name: value for name, value in {**needed, **(headers or {})}.items() if value is not None}
        parts: dict[str, Any] = {} if data is None else {"data": data}
        return self.send(case, headers=given, **parts)

    def operation(self, operation_id: str) -> APIOperation[Any, Any, Any, Any]:
        """An operation of the schema."""
        found = self.operations[operation_id]
        return self.schema[found.path][found.method]

    def send(self, case: Case[Any], **parts: Any) -> Answer:
        """Send a case, and hold the answer against the contract: what is found is recorded, and not raised.

        Raises:
            NoAnswer: there was none.
            NotSent: it would touch what the suite may not touch.
            TimeIsUp: the suite is to stop.
        """
        response = self.respond(case, **parts)
        return self.hold(case, response, partial(case.validate_response, response))

    def respond(self, case: Case[Any], **parts: Any) -> Response:
        """Send a case; the answer, which is judged. Raises what `send` raises."""
        with self._answering(id_of(case)):
            return case.call(base_url=self.target.url, session=self.session, **parts)

    def hold(self, case: Case[Any], response: Response, validate: Callable[..., None]) -> Answer:
        """Hold the answer to a case against the contract, by its own checks and by `validate`."""
        operation_id = id_of(case)
        try:
            validate(additional_checks=self._checks)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._found(operation_id, response, *named(failure))
        self.coverage.seen(operation_id, case, response)
        return self._read(response)

    def raw(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, data: bytes = b"") -> Answer:
        """Make a request that may be none of the fragment's; if it is refused, that has to be in Zuora's form.

        Raises:
            NoAnswer: there was none.
            TimeIsUp: the suite is to stop.
        """
        label = f"{method} {path}"[:80]
        given = {**self.target.conventions, "Authorization": f"Bearer {self.token}", **(headers or {})}
        # Prepared by hand, for the path is to stay as it is.
        request = requests.Request(method, self.target.url, headers=given, data=data).prepare()
        request.url = f"{self.target.url}{path}"
        with self._answering(label):
            response = Response.from_requests(self.session.send(request, stream=True), verify=True)
        judge(response)
        if response.status_code >= 500:
            self._found(label, response, "not_a_server_error", f"a server error: {wire_status(response)}")
        elif response.status_code >= 400:
            if not self._error.is_valid(body_of(response)):
                self._found(label, response, "refuses_in_form", "the refusal is not in Zuora's form")
            if len(response.headers.get("zuora-request-id", [""])[0]) != 36:
                self._found(label, response, "has_request_id", "Zuora-Request-Id does not have 36 characters")
        return self._read(response)

    @contextlib.contextmanager
    def recording(self, operation: str) -> Iterator[None]:
        """Record what is found inside, which ends it.

        An answer that is not as the fragment says may also lack what was to be read in it.
        """
        try:
            yield
        except NoAnswer:
            pass  # It was recorded when there was none.
        except Violation as violation:
            self.note(operation, str(violation))
        except (NotSent, LookupError, TypeError, ValueError, AttributeError) as error:
            if not self.record.met:
                said = f"an answer could not be read: {type(error).__name__}: {error}"
                self.note(operation, said)

    def note(self, operation: str, message: str) -> None:
        """Record what the rule or phase itself has found, with the last request."""
        self.record.add(operation, self.record.rule, self.clean(message), self._curl(self.session.last))

    @contextlib.contextmanager
    def _answering(self, operation: str) -> Iterator[None]:
        if self._deadline is not None and self._now() >= self._deadline:
            raise TimeIsUp
        try:
            yield
        except NoAnswer as error:
            self.record.add(operation, "answers", str(error), self._curl(self.session.last))
            raise

    def _found(self, operation: str, response: Response, check: str, message: str) -> None:
        self.record.add(operation, check, self.clean(message), self._curl(response.request))

    def _curl(self, request: requests.PreparedRequest) -> str:
        secrets = {
            self.target.client_secret: "ZUORA_CLIENT_SECRET",
            **({self._token: "ZUORA_TOKEN"} if self._token else {}),
        }
        return curl(request, secrets)

    def clean(self, text: str) -> str:
        """A text without secrets."""
        return self.target.clean(text.replace(self._token, "[token]") if self._token else text)

    def _read(self, response: Response) -> Answer:
        data = body_of(response)
        headers = {name.lower(): values[0] for name, values in response.headers.items()}
        answer = Answer(response.status_code, wire_status(response), headers, data, len(response.content))
        if response.request.method == "POST" and isinstance(number := data.get("journalRunNumber"), str):
            self.own.setdefault(number, Life(number, _json_sent(response)))
        return answer

    def follow(self, case: Case[Any], answer: Answer) -> Life | None:
        """Take note of what a case has done to a run of the suite's; that run, if it was changed."""
        life = self.own.get(str(case.path_parameters.get("jr-number") or answer.data.get("journalRunNumber")))
        if life is None or answer.status != 200 or case.operation.method == "get":
            return None
        if id_of(case) == "cancelJournalRun":
            life.cancelled(200)
        elif id_of(case) == "deleteJournalRun":
            life.deleted(200)
        return life

    # Cases of schemathesis'

    def fit(self, case: Case[Any]) -> None:
        """Have a case that schemathesis made ask for what exists.

        Raises:
            NotTried: there is no run to ask for.
        """
        if self._fitting is None:
            self.learn_period()
            self._fitting = Fitting(
                self.document,
                self.target,
                existing=self.existing,
                run=self.run_for,
                new_key=self.new_key,
                token=lambda: self.token,
            )
        self._fitting.fit(case)

    def new_key(self) -> str:
        """An idempotency key that was never used before, not even by another run of the suite with the same seed."""
        return str(uuid.uuid4())

    # Runs

    def run_for(self, operation_id: str) -> str:
        """The number of a run whose status allows an operation.

        Raises:
            NotTried: there is none, and none may be made.
        """
        if operation_id == "cancelJournalRun":
            return self.at("Completed").number
        if operation_id == "deleteJournalRun":
            return self.at("Cancelled").number
        return self.readable()

    def readable(self) -> str:
        """The number of a run that can be read."""
        if self.may_write:
            return self.at("Completed").number
        if self._run is None:
            raise NotTried("it needs a run to read: name one with --run, or allow writes")
        return self._run

    def learn_period(self) -> str | None:
        """The name of the accounting period that the dates are of, if an entry tells it."""
        if self.may_write and "accountingPeriodName" not in self.existing:
            life = self.at("Completed")
            self.entries(life)
            names = {entry.get("accountingPeriodName") for entry in (life.entries or {}).values()} - {None}
            if len(names) == 1:
                self.existing["accountingPeriodName"] = str(names.pop())
        return self.existing.get("accountingPeriodName")

    def creation(self, **fields: Any) -> dict[str, Any]:
        """The body of a creation that the provider accepts, with other fields; one that is None is left out."""
        whole = {
            **{name: self.existing[name] for name in ("targetStartDate", "targetEndDate")},
            "journalEntryDate": self.existing["targetEndDate"],
            "transactionTypes": [{"type": "Invoice Item"}],
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def create(self, body: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None) -> Life:
        """Make a run, when no other is on its way; somebody else's is waited for."""
        self.quiet()
        until, pause = self._now() + self._patience, pauses()
        while True:
            answer = self.call("createJournalRun", body=dict(body or self.creation()), headers=headers)
            # A refusal is kept for its key.
            if answer.status != 409 or headers or self._now() >= until:
                break
            self._sleep(next(pause))
        number = answer.data.get("journalRunNumber")
        expect(answer.status == 200 and number in self.own, f"no run was created: {answer.wire} {answer.data}")
        return self.own[str(number)]

    def at(self, status: str) -> Life:
        """A run of the suite's own that has come to rest in a status, made if there is none.

        Raises:
            Violation: it did not come to that status.
        """
        for life in self.own.values():
            if life.possible == {status} and not life.transferred:
                return life
        if status == "Completed":
            life = self.create()
        elif status == "Cancelled":
            life = self.at("Completed")
            self.cancel(life)
        else:
            life = self.at("Cancelled")
            self.delete(life)
        rest = self.settle(life)
        expect(rest == status, f"{life.number} was to be {status}, and is {rest}")
        return life

    def retrieve(self, life: Life) -> str:
        """Retrieve a run; its status."""
        answer = self.call("getJournalRun", life.number)
        life.retrieved(answer.status, answer.data)
        return str(answer.data["status"]) if answer.status == 200 else GONE

    def look(self, life: Life) -> str:
        """Retrieve a run, and list its entries; its status."""
        status = self.retrieve(life)
        self.entries(life)
        return status

    def pages(self, number: str, size: int | None = LARGEST_PAGE) -> Iterator[Answer]:
        """The pages of a run's entries, or the one answer that refuses them.

        Raises:
            Violation: they have no end, or lead elsewhere.
        """
        query: dict[str, Any] | None = {} if size is None else {"pageSize": size}
        seen: set[str] = set()
        while query is not None:
            answer = self.call("listJournalEntriesOfJournalRun", number, query=query)
            yield answer
            entries = {entry["number"] for entry in answer.data.get("journalEntries", ())}
            expect(not seen & entries, f"an entry of {number} is listed twice: {sorted(seen & entries)}")
            seen |= entries
            query = None
            if following := answer.data.get("nextPage"):
                address = urlsplit(following)
                expect(entries, f"a page of {number} is empty, and there is another")
                expect(address.path == f"{ENTRIES}/{number}", f"the next page of {number} is at {address.path}")
                query = dict(parse_qsl(address.query))

    def entries(self, life: Life) -> None:
        """List all entries of a run."""
        pages = list(self.pages(life.number))
        life.listed(pages[-1].status, [entry for page in pages for entry in page.data.get("journalEntries", ())])

    def cancel(self, life: Life) -> int:
        """Ask for a run to be cancelled; the judged status."""
        answer = self.call("cancelJournalRun", life.number, body={})
        life.cancelled(answer.status)
        return answer.status

    def delete(self, life: Life) -> int:
        """Ask for a run to be deleted; the judged status."""
        answer = self.call("deleteJournalRun", life.number)
        life.deleted(answer.status)
        return answer.status

    def watch(self, life: Life) -> Iterator[str]:
        """Retrieve a run until it comes to rest; each status that it has.

        Raises:
            Violation: it takes longer than `patience`.
        """
        until, pause = self._now() + self._patience, pauses()
        while True:
            status = self.retrieve(life)
            yield status
            if self._rests(life, status):
                return
            expect(self._now() < until, f"{life.number} is still {status} after {self._patience:g} seconds")
            self._sleep(next(pause))

    def _rests(self, life: Life, status: str) -> bool:
        if life.before and status in life.before:
            # A run may show its old status all the while that it is being cancelled: its entries tell.
            self.entries(life)
            return life.blocked
        return status not in IN_PROGRESS

    def settle(self, life: Life) -> str:
        """Watch a run until it comes to rest; the status that it has then.

        Raises:
            Violation: it takes longer than `patience`.
        """
        *_, status = self.watch(life)
        self.entries(life)
        life.possible = {status}
        return status

    def quiet(self) -> None:
        """Bring all of the suite's runs to rest, so that another can be made."""
        for life in list(self.own.values()):
            if not life.possible <= RESTING:
                self.settle(life)

    def clean_up(self) -> list[str]:
        """Cancel and delete what the suite made; what is left, said.

        A provider that does not keep to the contract may keep it from doing so.
        """
        self._deadline = None
        left = []
        for life in self.own.values():
            try:
                self.remove(life)
            except (AssertionError, NoAnswer, NotSent, LookupError, TypeError, ValueError) as error:
                left.append(f"{life.number}: {self.clean(str(error))}")
        return left

    def remove(self, life: Life) -> None:
        """See a run to its end."""
        status = self.settle(life)
        if status in CANCELABLE:
            self.cancel(life)
            status = self.settle(life)
        if status == "Cancelled":
            self.delete(life)
            status = self.settle(life)
        why = ", since entries of it were transferred to accounting" if life.blocked else ""
        expect(status == GONE, f"it is {status}, and stays{why}")


def pauses() -> Iterator[float]:
    """Seconds between looks at a run: none at first, for one that goes on with every look, and up to ten in the end."""
    yield from (0.0,) * 8
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 1.5, 10.0)


def last_month(today: datetime) -> tuple[str, str]:
    """The first and the last date of the month before."""
    end = today.replace(day=1) - timedelta(days=1)
    return f"{end.replace(day=1):%Y-%m-%d}", f"{end:%Y-%m-%d}"


def named(failure: Any) -> tuple[str, str]:
    """The name of the check that failed, and what it says."""
    if custom := re.search(r"`(\w+)`", failure.title):
        return custom[1], failure.message
    return f"{failure.code} {failure.kind_title}", failure.message or failure.title


def _json_sent(response: Response) -> dict[str, Any]:
    try:
        data = json.loads(response.request.body or b"")  # type: ignore[arg-type]
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
