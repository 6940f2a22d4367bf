"""The provider under test: requests to it, checks of its responses, and the suite's own runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from collections import Counter
from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response

from .cases import WIRE_STATUS, CaseAdapter, configuration, id_of, judge, judged, wire_status
from .checks import Skipped, Violation, every_check, expect
from .clock import Clock, OutOfTime
from .conformance import NOT_IMPLEMENTED, Conformance
from .coverage import Coverage
from .document import Operation, operations
from .exchange import Exchange, category_of, parsed
from .findings import Findings, Problem, Request
from .run_model import CANCELABLE, GONE, IN_PROGRESS, RunModel
from .session import NoResponseError, RequestNotSentError, Session, curl

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from datetime import datetime

    from schemathesis import Case
    from schemathesis.schemas import APIOperation, BaseSchema

    from .document import Document
    from .options import Options, Runtime
    from .target import Target

LARGEST_PAGE, SMALLER_PAGE = 300, 40
ENTRIES = "/v1/journal-entries/journal-runs"

FIRST_VERSION, ERROR_STATUSES_FROM = "186.0", "2024-05-20"
"""The `Zuora-Version` of tenants that have none, and the one from which failures have a status of their own."""

_BY_VERSION = frozenset({"20", "22", "30", "40"})
"""Categories of errors whose HTTP status depends on the version. Authentication, for one, has 401 in all."""

AT_REST = ("Completed", "Error", "Cancelled", GONE)
REPETITIONS = 8
"""How often a request is repeated to see whether its response is always the same."""

FIRST_POLLS = 8
"""How many polls follow each other without a pause, for providers in which each poll advances a run."""

CLEAN_UP_SHARE = 0.2
LONGEST_CLEAN_UP = 120.0
"""The share of the time, and the most seconds, that are kept for cleaning up at first."""

CALLS_TO_REMOVE = 25
"""Calls that removing a run takes: time for them is kept for each run that the suite made."""

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What reading a response raises that is not as documented."""

_TOKEN_MARGIN = 60.0
"""Seconds before its end at which a token is not used any more."""

_COMPARED = (
    "accept-encoding",
    "content-encoding",
    "content-type",
    "zuora-entity-ids",
    "zuora-org-ids",
    "zuora-version",
)
"""Request headers that decide what kind of response there must be."""


class ApiResponse(NamedTuple):
    """A response, parsed."""

    status: int
    """The status that it stands for: that of its error's category, if it is a failure."""
    wire: int
    """The status as it was sent."""
    headers: Mapping[str, str]
    """The first of each, by its name in lower case."""
    data: dict[str, Any]
    """The JSON object; empty if there is none."""
    size: int
    """Bytes of the body, not compressed."""


class Harness:
    """A provider, the requests to it, and the runs that the suite made there.

    Args:
        document: The contract.
        target: The provider.
        options: How the suite is run.
        runtime: What the suite uses of the world around it.
    """

    def __init__(self, document: Document, target: Target, options: Options, runtime: Runtime) -> None:
        self.target: Target = target
        self.document: Document = document
        self.may_write: bool = options.may_write(target)
        self.runtime: Runtime = runtime
        self.seed: int = options.seed
        self.examples: int = options.examples_at(target)
        self.clock: Clock = Clock(runtime.now, runtime.sleep)
        self.began: float = self.clock.now()
        self.max_time: float | None = options.max_time
        self.findings: Findings = Findings()
        self.coverage: Coverage = Coverage(document)
        self.observations: dict[str, Counter[str]] = {}
        """What the provider was seen to do where no document decides, for the settings of an emulator."""
        self.own: dict[str, RunModel] = {}
        """The suite's own runs, which alone it may change, by number; those that are gone, too."""
        self.own_entries: set[str] = set()
        """The numbers of the entries of the suite's own runs."""
        self.session: Session = Session(
            may_write=self.may_write,
            own=self.own,
            own_entries=self.own_entries,
            timeout=options.timeout,
            clock=self.clock,
        )
        if target.kind.name == "LOOPBACK":
            self.session.trust_env = False
        if runtime.adapter is not None:
            self.session.mount(target.url, runtime.adapter)
        self.schema: BaseSchema = judged(
            schemathesis.openapi.from_dict(dict(document), config=configuration(self.seed, self.examples)),
        )
        self.operations: dict[str, Operation] = {operation.id: operation for operation in operations(document)}
        self.existing: dict[str, str] = dict(
            zip(("targetStartDate", "targetEndDate"), options.dates or last_month(runtime.today()), strict=True)
        )
        """The fields of a creation that the provider is known to accept."""
        self._days = cycle(days(self.existing["targetStartDate"], self.existing["targetEndDate"]))
        self._run, self._longest = options.run, 0.0
        self.patience: float = options.patience_at_most
        """Seconds that a run may take to settle."""
        self._provoked = self._without_entries = False
        self._unsettled = ""
        self.largest_page: int = LARGEST_PAGE
        """The largest page of entries that the provider is not known to refuse."""
        self._checks = every_check()
        self._conformance = Conformance(document)
        self._repeated: set[tuple[str, str]] = set()
        self._request = Request("", "")
        self._token, self._token_ends = "", float("-inf")
        self._adapter: CaseAdapter | None = None
        self._keep_time()

    # Requests

    @property
    def token(self) -> str:
        """A bearer token that is good for a while."""
        if self.clock.now() >= self._token_ends:
            response = self.call("createToken", data=self.credentials())
            given = response.status == 200 and "access_token" in response.data
            expect(given, f"there is no token: {response.wire} {response.data.get('message', '')}")
            self._token = str(response.data["access_token"])
            seconds = float(response.data.get("expires_in", 3600))
            self.observe("token-seconds", round(seconds))
            self._token_ends = self.clock.now() + max(seconds - _TOKEN_MARGIN, seconds / 2)
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
    ) -> ApiResponse:
        """Make a given request, and check the response against the contract.

        Args:
            operation_id: The operation.
            number: The number of the run, or of the entry, that it is about.
            query: Query parameters.
            headers: Headers in addition to those that every request needs; one that is None is not sent.
            body: The body as JSON.
            data: The body as bytes, or as a form.

        Raises:
            NoResponseError: there was none.
        """
        operation = self.operation(operation_id)
        case = operation.Case(
            path_parameters={} if number is None else {number_name(self.operations[operation_id].path): number},
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

    def send(self, case: Case[Any], *, generated: bool = False, **parts: Any) -> ApiResponse:
        """Send a case, and check the response against the contract: findings are recorded, not raised.

        Args:
            case: The request.
            generated: Whether to apply the checks of schemathesis for generated requests too.
            parts: Other parts of the request, as `requests` takes them.

        Raises:
            NoResponseError: There was none.
            RequestNotSentError: It would touch what the suite may not touch.
            OutOfTime: The suite's time is over.
        """
        response = self.respond(case, **parts)
        return self.hold(case, response, partial(case.validate_response, response) if generated else None)

    def respond(self, case: Case[Any], **parts: Any) -> Response:
        """Send a case, and return its response, which is judged. Raises what `send` raises."""
        with self._responding(id_of(case)):
            return case.call(base_url=self.target.url, session=self.session, **parts)

    def hold(self, case: Case[Any], response: Response, validate: Callable[[], None] | None = None) -> ApiResponse:
        """Hold the response to a case against the contract, by the suite's checks and by `validate`."""
        operation_id = id_of(case)
        exchange = self._exchange(response)
        self._request = Request(operation_id, self._curl(response.request), self._key(operation_id, exchange))
        problems = self._problems(operation_id, exchange)
        if validate is not None and not any(problem.fatal for problem in problems):
            try:
                validate()
            except FailureGroup as group:
                found = [problem_of(failure) for failure in group.exceptions]
                problems += [
                    each
                    for each in found
                    if exchange.status != NOT_IMPLEMENTED or each.check != "refuses-unknown-methods"
                ]
        cleaned = [self._cleaned(problem) for problem in problems]
        new = self.findings.response(self._request, cleaned)
        self.coverage.seen(operation_id, exchange, case.path_parameters, case.query, case.body)
        for finding in new:
            if response.request.method == "GET" and (operation_id, finding.check) not in self._repeated:
                self._repeated.add((operation_id, finding.check))
                self._repeat(operation_id, response.request)
        self._observe(exchange)
        return self._read(exchange)

    def _problems(self, operation_id: str, exchange: Exchange) -> list[Problem]:
        problems = list(self._conformance.problems(operation_id, exchange))
        if self._provoked:
            problems = [problem for problem in problems if problem.check != "server-error"]
        if any(problem.fatal for problem in problems):
            return problems  # Such as the page of a proxy: nothing else in it means anything.
        return problems + [problem for check in self._checks for problem in check(exchange)]

    def _repeat(self, operation_id: str, request: requests.PreparedRequest) -> None:
        """Repeat a request that only reads, to see whether its response is always the same."""
        for _ in range(REPETITIONS):
            try:
                response = Response.from_requests(self.session.send(request, stream=True), verify=True)
            except NoResponseError:
                continue
            judge(response)
            exchange = self._exchange(response)
            problems = self._problems(operation_id, exchange)
            self.findings.response(self._request, map(self._cleaned, problems), only_count=True)

    def raw(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, data: bytes = b""
    ) -> ApiResponse:
        """Make a request that the contract may not have; if it is refused, that must be in Zuora's form.

        Raises:
            NoResponseError: There was none.
            OutOfTime: The suite's time is over.
        """
        label = f"{method} {path}"[:80]
        given = {**self.target.conventions, "Authorization": f"Bearer {self.token}", **(headers or {})}
        # Prepared by hand, for the path must stay as it is.
        request = requests.Request(method, self.target.url, headers=given, data=data).prepare()
        request.url = f"{self.target.url}{path}"
        with self._responding(label):
            response = Response.from_requests(self.session.send(request, stream=True), verify=True)
        judge(response)
        exchange = self._exchange(response)
        self._request = Request(label, self._curl(request), (label, hashlib.sha256(data).digest(), *sorted(given)))
        self.findings.response(self._request, map(self._cleaned, self._conformance.refusal(exchange)))
        return self._read(exchange)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Record what is found inside, which ends it.

        A response that is not as documented may also lack what was to be read in it.
        """
        try:
            yield
        except NoResponseError:
            pass  # It was recorded when there was none.
        except Violation as violation:
            self.note(str(violation), violation.check)
        except (RequestNotSentError, *UNREADABLE) as error:
            if not self.findings.met[self.findings.rule]:
                self.note(f"a response could not be read: {type(error).__name__}: {error}")

    @contextlib.contextmanager
    def provoked(self) -> Iterator[None]:
        """Accept a failure inside, which the provider was made to have."""
        self._provoked, self.session.repeats = True, False
        try:
            yield
        finally:
            self._provoked, self.session.repeats = False, True

    def note(self, message: str, check: str = "") -> None:
        """Record what a rule has found, with the last request."""
        self.findings.violation(self._request, self.clean(message), check)

    def observe(self, name: str, value: object) -> None:
        """Count what the provider does where no document decides."""
        self.observations.setdefault(name, Counter())[str(value)] += 1

    @contextlib.contextmanager
    def _responding(self, operation: str) -> Iterator[None]:
        try:
            yield
        except NoResponseError as error:
            self._request = Request(operation, self._curl(self.session.last))
            problem = Problem("no-response", str(error), fatal=True, stateless=False)
            self.findings.response(self._request, [problem])
            raise

    def _key(self, operation_id: str, exchange: Exchange) -> Hashable:
        """Return what requests have in common that must have the same kind of response."""
        number = self._number_in(exchange.path)
        model = self.own.get(number)
        states = model.states if model else frozenset()
        headers = exchange.request_headers or {}
        return (
            operation_id,
            exchange.method,
            exchange.path.replace(number, "{number}") if model else exchange.path,
            states,
            exchange.query.get("", ""),
            tuple(headers.get(name) for name in _COMPARED),
            headers.get("authorization") == f"Bearer {self._token}",
            str(exchange.request_body),
        )

    @staticmethod
    def _number_in(path: str) -> str:
        return path.removesuffix("/cancel").rpartition("/")[2]

    def _exchange(self, response: Response) -> Exchange:
        request = response.request
        parts = urlsplit(str(request.url))
        sent = {name.lower(): _text(value) for name, value in request.headers.items()}
        return Exchange(
            method=str(request.method),
            path=parts.path,
            status=wire_status(response),
            body=parsed(response.content),
            size=len(response.content),
            headers={name: values for name, values in response.headers.items() if name != WIRE_STATUS},
            request_headers=sent,
            request_body=_json_sent(request),
            query={"": parts.query},
            began=self.clock.now(),
            live=True,
        )

    def _curl(self, request: requests.PreparedRequest) -> str:
        secrets = {
            self.target.client_secret: "ZUORA_CLIENT_SECRET",
            **({self._token: "ZUORA_TOKEN"} if self._token else {}),
        }
        return curl(request, secrets)

    def clean(self, text: str) -> str:
        """Return a text without secrets."""
        return self.target.clean(text.replace(self._token, "[token]") if self._token else text)

    def _cleaned(self, problem: Problem) -> Problem:
        message, cause = self.clean(problem.message), self.clean(problem.cause)
        return Problem(problem.check, message, cause, problem.value, problem.fatal, problem.stateless)

    def _read(self, exchange: Exchange) -> ApiResponse:
        data = exchange.data
        headers = {name: values[0] for name, values in (exchange.headers or {}).items()}
        response = ApiResponse(exchange.judged, exchange.status, headers, data, exchange.size or 0)
        if exchange.method == "POST" and isinstance(number := data.get("journalRunNumber"), str):
            sent = exchange.request_body
            self.own.setdefault(number, RunModel(number, sent if isinstance(sent, dict) else {}))
            self._keep_time()
        return response

    def _observe(self, exchange: Exchange) -> None:
        data = exchange.data
        if data.get("success") is False and exchange.path.startswith("/v1/"):
            for reason in data.get("reasons") or ():
                if isinstance(reason, dict) and "code" in reason:
                    self.observe("numeric-codes", "yes" if isinstance(reason["code"], int) else "no")
            by_version = not exchange.sent("zuora-version") and category_of(data) in _BY_VERSION
            if by_version and exchange.status in (200, exchange.judged):
                self.observe("tenant-version", FIRST_VERSION if exchange.status == 200 else ERROR_STATUSES_FROM)
        for window in (exchange.header("ratelimit-limit") or "").split(","):
            calls, _, seconds = window.strip().partition(";w=")
            if seconds == "60" and calls.isdecimal():
                self.observe("calls-per-minute", calls)

    def learn(self, case: Case[Any], response: ApiResponse) -> RunModel | None:
        """Learn what a case did to one of the suite's runs; return that run, if it was changed."""
        model = self.own.get(str(case.path_parameters.get("jr-number") or response.data.get("journalRunNumber")))
        if model is None or response.status != 200 or case.operation.method == "get":
            return None
        if id_of(case) == "cancelJournalRun":
            model.cancelled(200)
        elif id_of(case) == "deleteJournalRun":
            model.deleted(200)
        return model

    # Generated cases

    def adapt(self, case: Case[Any]) -> None:
        """Adapt a generated case to what exists.

        Raises:
            Skipped: There is no run to name.
        """
        if self._adapter is None:
            self.learn_period()
            self._adapter = CaseAdapter(
                self.document,
                self.target,
                existing=self.existing,
                run=self.run_for,
                entry=self.entry_to_update,
                new_key=self.new_key,
                token=lambda: self.token,
            )
        self._adapter.adapt(case)

    def new_key(self) -> str:
        """An idempotency key that was never used before, not even by another run of the suite with the same seed."""
        return str(uuid.uuid4())

    # Runs

    def run_for(self, operation_id: str) -> str:
        """Return the number of a run whose status allows an operation, or of an entry.

        Raises:
            Skipped: There is none, and none may be created.
        """
        if operation_id == "cancelJournalRun":
            return self.at("Completed").number
        if operation_id == "deleteJournalRun":
            return self.at("Cancelled").number
        if operation_id == "updateJournalEntry":
            return str(self.entry_to_update()["number"])
        return self.readable()

    def entry(self) -> Mapping[str, Any] | None:
        """Return an entry that may be updated; None if runs have none."""
        model = self.at("Completed")
        if not model.entries and not self._without_entries:
            # Another run had the transactions, and has been cancelled since.
            model = self.create()
            self.settle(model)
            self._without_entries = not model.entries
        return next(iter((model.entries or {}).values()), None)

    def entry_to_update(self) -> Mapping[str, Any]:
        """Return an entry that may be updated.

        Raises:
            Skipped: Runs have none.
        """
        if entry := self.entry():
            return entry
        raise Skipped("runs have no entries")

    def readable(self) -> str:
        """Return the number of a run that can be read."""
        if self.may_write:
            return self.at("Completed").number
        if self._run is None:
            raise Skipped("it needs a run to read: name one with --run, or allow writes")
        return self._run

    def learn_period(self) -> str | None:
        """Return the name of the accounting period of the dates, if an entry shows it."""
        if self.may_write and "accountingPeriodName" not in self.existing:
            model = self.at("Completed")
            self.entries(model)
            names = {entry.get("accountingPeriodName") for entry in (model.entries or {}).values()} - {None}
            if len(names) == 1:
                self.existing["accountingPeriodName"] = str(names.pop())
        return self.existing.get("accountingPeriodName")

    def creation(self, **fields: Any) -> dict[str, Any]:
        """Return the body of a creation that the provider accepts, with other fields; one that is None is left out."""
        whole = {
            **{name: self.existing[name] for name in ("targetStartDate", "targetEndDate")},
            "journalEntryDate": self.existing["targetEndDate"],
            "transactionTypes": [{"type": "Invoice Item"}],
            **fields,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def own_day(self) -> dict[str, str]:
        """Return the target dates of a run that is to have other transactions than the last ones."""
        day = next(self._days)
        return {"targetStartDate": day, "targetEndDate": day}

    def create(self, body: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None) -> RunModel:
        """Create a run as soon as no other is in progress; wait for the end of another user's run.

        The suite's own runs over the same dates are cancelled before, so that their transactions are free.
        """
        self.quiet()
        self.free(body or self.existing)
        until, pause = self.clock.now() + self.patience, pauses()
        while True:
            response = self.call("createJournalRun", body=dict(body or self.creation()), headers=headers)
            # A refusal is kept for its key.
            if response.status != 409 or headers or self.clock.now() >= until:
                break
            self.clock.sleep(next(pause))
        number = response.data.get("journalRunNumber")
        expect(response.status == 200 and number in self.own, f"no run was created: {response.wire} {response.data}")
        return self.own[str(number)]

    def free(self, dates: Mapping[str, Any]) -> None:
        """Free the transactions of target dates: cancel the suite's own runs that have entries of them."""
        for model in list(self.own.values()):
            if (
                model.is_surely("Completed")
                and model.entries
                and not model.transferred
                and overlap(model.wanted, dates)
            ):
                self.cancel(model)
                self.settle(model)

    def at(self, status: str) -> RunModel:
        """Return a run of the suite's own that has settled in a status; create one if there is none.

        Raises:
            Violation: It did not settle in that status.
            Skipped: The provider is known not to settle runs.
        """
        resting = [model for model in self.own.values() if model.is_surely(status) and not model.transferred]
        if resting:
            return next((model for model in resting if model.entries), resting[0])
        if status == "Completed":
            model = self.create()
        elif status == "Cancelled":
            model = self.at("Completed")
            response = self.cancel(model)
            expect(response == 200, f"the cancellation of {model.number} got the status {response}, not 200")
        else:
            model = self.at("Cancelled")
            response = self.delete(model)
            expect(response == 200, f"the deletion of {model.number} got the status {response}, not 200")
        settled = self.settle(model)
        expect(settled == status, f"{model.number} should be {status}, and is {settled}")
        return model

    def retrieve(self, model: RunModel) -> str:
        """Retrieve a run; return its status."""
        response = self.call("getJournalRun", model.number)
        model.retrieved(response.status, response.data)
        return str(response.data["status"]) if response.status == 200 else GONE

    def read(self, model: RunModel) -> str:
        """Retrieve a run, and list its entries; return its status."""
        status = self.retrieve(model)
        self.entries(model)
        return status

    def pages(self, number: str, size: int | None) -> Iterator[ApiResponse]:
        """The pages of a run's entries, or the one response that refuses them.

        Raises:
            Violation: they have no end, or lead elsewhere.
        """
        query: dict[str, Any] | None = {} if size is None else {"pageSize": size}
        seen: set[str] = set()
        while query is not None:
            response = self.call("listJournalEntriesOfJournalRun", number, query=query)
            yield response
            entries = {entry["number"] for entry in response.data.get("journalEntries", ())}
            expect(not seen & entries, f"an entry of {number} is listed twice: {sorted(seen & entries)}")
            seen |= entries
            query = None
            if following := response.data.get("nextPage"):
                address = urlsplit(following)
                expect(entries, f"a page of {number} is empty, and there is another")
                expect(address.path == f"{ENTRIES}/{number}", f"the next page of {number} is at {address.path}")
                query = dict(parse_qsl(address.query))

    def entries(self, model: RunModel) -> None:
        """List all entries of a run."""
        pages = list(self.pages(model.number, self.largest_page))
        if pages[-1].status == 400 and self.largest_page == LARGEST_PAGE:
            self.largest_page = SMALLER_PAGE  # Documents say both.
            pages = list(self.pages(model.number, self.largest_page))
        if pages[-1].status == 200:
            self.observe("max-page-size", self.largest_page)
        model.listed(pages[-1].status, [entry for page in pages for entry in page.data.get("journalEntries", ())])
        self.own_entries.update(model.entries or {})

    def update(self, model: RunModel, entry: str, **fields: str) -> int:
        """Update an entry of a run; return the judged status."""
        return self._change("updateJournalEntry", entry, partial(model.updated, entry, fields), body=fields)

    def cancel(self, model: RunModel) -> int:
        """Request the cancellation of a run; return the judged status."""
        return self._change("cancelJournalRun", model.number, model.cancelled, body={})

    def delete(self, model: RunModel) -> int:
        """Request the deletion of a run; return the judged status."""
        return self._change("deleteJournalRun", model.number, model.deleted)

    def _change(self, operation_id: str, number: str, learn: Callable[[int | None], None], **parts: Any) -> int:
        try:
            response = self.call(operation_id, number, **parts)
        except (NoResponseError, OutOfTime):
            learn(None)
            raise
        learn(response.status)
        return response.status

    def watch(self, model: RunModel) -> Iterator[str]:
        """Retrieve a run until it settles; yield each status that it shows.

        Raises:
            Violation: It takes longer than `patience`. Later runs are waited for no longer than the slowest run so far.
            Skipped: Another run took too long before.
        """
        began, pause, polls = self.clock.now(), pauses(), 0
        while True:
            polls += 1
            status = self.retrieve(model)
            if status == "CancelInprogress":
                self.observe("show-cancel-in-progress", "yes")
            yield status
            if self._is_settled(model, status):
                self._longest = max(self._longest, self.clock.now() - began)
                return
            seconds = self.clock.now() - began
            if seconds >= self.patience and polls > FIRST_POLLS:
                if self._unsettled:
                    raise Skipped(f"runs do not settle: {self._unsettled}")
                self._unsettled = f"{model.number} is still {status} after {seconds:.0f} seconds"
                self.patience = min(self.patience, 2 * self._longest)
                entries = sorted({str((model.entries or {})[each]["status"]) for each in model.remaining})
                left = f", with entries that are {', '.join(entries)}" if model.is_being_cancelled() else ""
                raise Violation(f"runs do not settle: {self._unsettled}{left}", "settling")
            self.clock.sleep(min(next(pause), max(self.patience - seconds, 0.1)))

    def _is_settled(self, model: RunModel, status: str) -> bool:
        if model.is_being_cancelled() and status in CANCELABLE and not model.uncertain:
            # A run may show its old status while it is being cancelled: its entries show it.
            self.entries(model)
            return model.blocked
        return status not in IN_PROGRESS

    def settle(self, model: RunModel) -> str:
        """Watch a run until it settles; return the status that it has then.

        Raises what `watch` raises.
        """
        was_being_cancelled = model.is_being_cancelled()
        before, count = len(model.entries or {}), model.count
        shown = list(self.watch(model))
        self.entries(model)
        if was_being_cancelled and shown[-1] == "Cancelled" and before:
            if len(shown) > 2 and "CancelInprogress" not in shown:
                self.observe("show-cancel-in-progress", "no")
            self.observe("count-falls-when-cancelled", "no" if model.count == count else "yes")
            self.observe("cancelled-entries-are-listed", "yes" if len(model.entries or {}) == before else "no")
        if not model.uncertain:
            model.settled(shown[-1])
        return shown[-1]

    def quiet(self) -> None:
        """Bring all of the suite's runs to rest, so that another can be made."""
        for model in list(self.own.values()):
            if not model.is_surely(*AT_REST):
                self.settle(model)

    def _keep_time(self) -> None:
        """Set the deadline of the rules so that there is time to clean up."""
        if self.max_time is None:
            return
        kept = 0.0
        if self.may_write:
            runs = sum(not model.is_surely(GONE) for model in self.own.values())
            per_call = (self.clock.now() - self.began) / max(self.session.calls, 1)
            kept = min(self.max_time * CLEAN_UP_SHARE, LONGEST_CLEAN_UP)
            kept = min(max(kept, runs * CALLS_TO_REMOVE * per_call), self.max_time / 2)
        self.clock.deadline = self.began + self.max_time - kept


def days(start: str, end: str) -> list[str]:
    """Return all dates from one to another."""
    first, last = date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal()
    return [date.fromordinal(day).isoformat() for day in range(first, last + 1)]


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two creations may be of the same dates."""
    return all(
        str(first.get("targetStartDate", "")) <= str(second.get("targetEndDate", "9999"))
        for first, second in ((one, other), (other, one))
    )


def number_name(path: str) -> str:
    """Return the name of the number in a path, such as `jr-number`."""
    return path.partition("{")[2].partition("}")[0]


def pauses() -> Iterator[float]:
    """Yield seconds between polls: none at first, for a run that advances with every poll, and at most ten."""
    yield from (0.0,) * FIRST_POLLS
    pause = 0.1
    while True:
        yield pause
        pause = min(pause * 1.5, 10.0)


def last_month(today: datetime) -> tuple[str, str]:
    """The first and the last date of the month before."""
    end = today.replace(day=1) - timedelta(days=1)
    return f"{end.replace(day=1):%Y-%m-%d}", f"{end:%Y-%m-%d}"


def problem_of(failure: Any) -> Problem:
    """Return what a check of schemathesis found."""
    check = _CHECKS.get(type(failure).__name__, failure.code)
    message = " ".join(failure.message.split()) or failure.title
    return Problem(check, message[:400], f"{failure.operation}: {message}"[:160], stateless=False)


_CHECKS = {
    "RejectedPositiveData": "accepts-valid-requests",
    "AcceptedNegativeData": "rejects-invalid-requests",
    "UseAfterFree": "deleted-is-gone",
    "EnsureResourceAvailability": "created-is-found",
    "MissingHeaderNotRejected": "requires-headers",
    "UnsupportedMethodResponse": "refuses-unknown-methods",
}


def _json_sent(request: Any) -> Any:
    try:
        return json.loads(request.body or b"null")
    except (ValueError, TypeError, RecursionError):
        return request.body


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
