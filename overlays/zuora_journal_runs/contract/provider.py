"""The provider under test: requests to it, and checks of its responses."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response

from .cases import WIRE_STATUS, configuration, id_of, judge, judged, wire_status
from .checks import Violation, every_check, expect
from .clock import Clock
from .conformance import NOT_IMPLEMENTED, Conformance
from .coverage import Coverage
from .document import Operation, operations
from .exchange import Exchange, category_of, parsed
from .findings import Findings, Problem, Request
from .run_model import GONE, RunModel
from .session import NoResponseError, RequestNotSentError, Session, curl

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from schemathesis import Case
    from schemathesis.schemas import APIOperation, BaseSchema

    from .document import Document
    from .options import Options, Runtime
    from .target import Target

FIRST_VERSION, ERROR_STATUSES_FROM = "186.0", "2024-05-20"
"""The `Zuora-Version` of tenants that have none, and the one from which failures have a status of their own."""

_BY_VERSION = frozenset({"20", "22", "30", "40"})
"""Categories of errors whose HTTP status depends on the version. Authentication, for one, has 401 in all."""

REPETITIONS = 8
"""How often a request is repeated to see whether its response is always the same."""

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


class Provider:
    """A provider, and the requests to it.

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
        self._provoked = False
        self._checks = every_check()
        self._conformance = Conformance(document)
        self._repeated: set[tuple[str, str]] = set()
        self._request = Request("", "")
        self._token, self._token_ends = "", float("-inf")
        self._keep_time()

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


def number_name(path: str) -> str:
    """Return the name of the number in a path, such as `jr-number`."""
    return path.partition("{")[2].partition("}")[0]


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
