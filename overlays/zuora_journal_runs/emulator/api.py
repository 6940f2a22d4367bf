"""Zuora's API: authentication, validation, the operations on a tenant, and responses in Zuora's form."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote

from . import http
from .faults import (
    FAULT_OPERATIONS,
    REPLACES_RESPONSE,
    apply_to_body,
    apply_to_response,
    category_of,
    gateway_page,
)
from .http import Delivery, RefusedError, Request, Response
from .openapi import Operation, contract, schema_errors, undocumented_fields
from .rate_limit import CallsPerMinute
from .request_log import MAX_LOGGED_BODY, RecordedRequest, RequestLog, masked_body, masked_headers, masked_request_body
from .state.store import SavedResponse
from .state.tokens import NOT_AUTHENTICATED, TokenRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import httpx

    from .clock import Clock
    from .faults import Fault, FaultHit, FaultSchedule
    from .rate_limit import Usage
    from .settings import Settings
    from .state.identifiers import Identifiers
    from .state.store import Store
    from .state.tenant import Tenant
    from .state.tokens import Tokens

    StatusAndBody = tuple[int, bytes]

logger: logging.Logger = logging.getLogger(__name__)

RESOURCE_CODE = {"GET": 500000, "DELETE": 500000, "PUT": 535000, "POST": 535000}
"""The first six digits of error codes. Those of journal runs are not published; nothing should depend on them."""

HTTP_STATUSES_SINCE = "2024-05-20"
"""The first `Zuora-Version` in which errors have an HTTP status other than 200."""
TOKEN_PATH = "/oauth/token"  # noqa: S105
IDEMPOTENCY_SECONDS = 24 * 60 * 60
_MAX_NAMES = 20
_JSON = b"application/json;charset=UTF-8"
_CONCURRENCY = [
    (b"concurrency-limit-type", b"Default"),
    (b"concurrency-limit-limit", b"40"),
    # Calls are processed one at a time, so one of the forty is in use.
    (b"concurrency-limit-remaining", b"39"),
]
_SUCCESS = http.to_json({"success": True})


@dataclass(slots=True)
class _Call:
    """A request while it is processed, and what its response and its log entry will need."""

    request: Request
    request_id: str
    track_id: str | None = None
    operation: str | None = None
    unknown: bool = False
    """Whether no documented operation matches the request."""
    number: str = ""
    """The number of the run or the entry in the path."""
    permissions: Collection[str] = ()
    """The permissions of the user."""
    query: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    content: bytes | None = None
    """The body of the response before it is compressed."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    faults: tuple[str, ...] = ()
    undocumented: tuple[str, ...] = ()
    retry_after: float = 0
    content_type: bytes = _JSON


class ZuoraApi:
    """Processes requests, one at a time."""

    def __init__(
        self,
        store: Store,
        tenant: Tenant,
        tokens: Tokens,
        identifiers: Identifiers,
        clock: Clock,
        settings: Settings,
        faults: FaultSchedule,
        origin: Callable[[], str],
        others: Callable[[httpx.Request], httpx.Response | None] | None = None,
    ) -> None:
        self._store = store
        self._tenant = tenant
        self._tokens = tokens
        self._identifiers = identifiers
        self._clock = clock
        self._settings = settings
        self._origin = origin
        self._others = others
        self._calls = CallsPerMinute(settings.calls_per_minute)
        self._token_calls = CallsPerMinute(settings.token_calls_per_minute)
        limit = settings.calls_per_minute
        self._rate_limit = f"{limit}, {limit};w=60, {45 * limit};w=3600, {540 * limit};w=86400".encode()
        self._faults = faults
        self.request_log: RequestLog = RequestLog(settings.request_log_size)
        # The permission that each operation needs, and what performs it.
        self._operations: dict[str, tuple[str | None, Callable[[_Call, Operation], bytes]]] = {
            "getJournalRun": (None, self._retrieve),
            "listJournalEntriesOfJournalRun": (None, self._entries),
            "updateJournalEntry": (None, self._update),
            "createJournalRun": ("Create Journal Run", self._create),
            "cancelJournalRun": ("Cancel Journal Run", self._cancel),
            "deleteJournalRun": ("Delete Cancelled Journal Run", self._delete),
        }

    def handle(self, request: Request) -> Response:
        """Process a request. This never raises: unexpected errors are logged and become a 500 response."""
        try:
            with self._store.transaction():
                return self._handle(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            call = _Call(request, self._identifiers.uuid())
            response = self._response(call, 500, self._error_body(call, ((60, "An unexpected error occurred."),)))
            self._log(call, response)
            return response

    def _handle(self, request: Request) -> Response:
        call = _Call(request, self._identifiers.uuid())
        hit = self._fault_hit(call) if self._faults.active else None
        response = self._response(call, *self._process(call)) if hit is None else self._faulty_response(call, hit)
        self._log(call, response)
        return response

    def _process(self, call: _Call) -> StatusAndBody:
        try:
            return self._checked(call)
        except RefusedError as error:
            return self._refusal(call, error)

    def _checked(self, call: _Call) -> StatusAndBody:
        http.check_size(call.request, self._settings.max_head_size, self._settings.max_body_size)
        self._check_track_id(call)
        if self._others is not None and (other := self._other(call, self._others)) is not None:
            return other
        operation = self._find_operation(call)
        if operation.path == TOKEN_PATH:
            return self._issue_token(call, operation)
        self._check_rate_limit(call)
        call.permissions = self._tokens.permissions(call.request.headers.get("authorization", ""))
        self._check_parameters(call, operation)
        self._check_tenant_headers(call)
        key = call.request.headers.get("idempotency-key")
        return (self._perform_once if key else self._perform)(call, operation)

    def invalid_http(self, status: int, message: str) -> Response:
        """Return the response to something that cannot be parsed as an HTTP request."""
        call = _Call(Request("", "", "", {}, b""), self._identifiers.uuid())
        return self._response(call, status, self._error_body(call, ((category_of(status), message),)))

    # Faults

    def _fault_hit(self, call: _Call) -> FaultHit | None:
        found = contract().route(call.request.path)
        operation = found and found[0].operations.get(call.request.method)
        if not operation:
            return None
        call.operation = operation.id
        return self._faults.next_call(FAULT_OPERATIONS[operation.id])

    def _faulty_response(self, call: _Call, hit: FaultHit) -> Response:
        fault = hit.fault
        call.faults = hit.effects
        if fault is None:
            response = self._response(call, *self._process(call))
        elif fault.kind in REPLACES_RESPONSE:
            if fault.after:
                self._process(call)
            response = self._replacement(call, fault)
        else:
            if fault.kind == "expired-token":
                self._tokens.revoke(call.request.headers.get("authorization", ""))
            status, body = self._process(call)
            response = apply_to_response(fault.kind, self._response(call, status, apply_to_body(fault.kind, body)))
        self._clock.advance(hit.delay)
        return replace(response, delay=hit.delay + hit.real_delay, real_delay=hit.real_delay)

    def _replacement(self, call: _Call, fault: Fault) -> Response:
        value = int(fault.value or 0)
        call.track_id = call.request.headers.get("zuora-track-id")
        match fault.kind:
            case "reset":
                return Response(0, [], b"", Delivery.RESET)
            case "html":
                return gateway_page(value)
            case "too-many":
                status, category = 429, 70
                call.headers.append((b"retry-after", b"%d" % value))
                if call.operation == "createToken":
                    call.headers += self._token_limit(remaining=0)
                call.retry_after = value
            case "status":
                status, category = value, category_of(value)
            case "error":
                status, category = http.HTTP_STATUS[value], value
            case _:
                status, category = 200, value
        code = NOT_AUTHENTICATED if category == 11 else category
        return self._response(call, status, self._error_body(call, ((code, f"Injected by the fault {fault}."),)))

    # Checks before an operation

    def _check_track_id(self, call: _Call) -> None:
        track_id = call.request.headers.get("zuora-track-id")
        if track_id is not None:
            _raise_errors(schema_errors(contract().schema("TrackId"), track_id, "Zuora-Track-Id"))
            call.track_id = track_id

    def _find_operation(self, call: _Call) -> Operation:
        request = call.request
        found = contract().route(request.path)
        if found is None:
            call.unknown = True
            raise RefusedError((40, f"There is no endpoint {request.path[:200]}."), status=404)
        route, number = found
        if request.method not in route.operations:
            call.unknown = True
            allow = ", ".join(sorted(route.operations)).encode()
            reason = (45, f"Request method '{request.method}' is not supported here.")
            raise RefusedError(reason, status=405, headers=[(b"allow", allow)])
        operation = route.operations[request.method]
        call.operation = operation.id
        call.number = unquote(number)
        if request.method != "POST" and "idempotency-key" in request.headers:
            reason = (20, f"Request method '{request.method}' not supported with Idempotency-Key header")
            raise RefusedError(reason, status=400)
        return operation

    def _check_rate_limit(self, call: _Call) -> None:
        usage = self._calls.count(self._clock.timestamp())
        call.headers = [
            (b"ratelimit-limit", self._rate_limit),
            (b"ratelimit-remaining", b"%d" % usage.remaining),
            (b"ratelimit-reset", b"%d" % usage.reset),
            *_CONCURRENCY,
        ]
        _raise_if_exceeded(call, usage)

    def _check_parameters(self, call: _Call, operation: Operation) -> None:
        headers = call.request.headers
        errors: list[tuple[int, str]] = []
        for header in operation.headers:
            if header.name in headers:
                errors += schema_errors(header.schema, headers[header.name], header.name)
        if call.request.query:
            given = dict(parse_qsl(call.request.query, keep_blank_values=True, errors="replace"))
            call.undocumented = tuple(name[:100] for name in given if name not in operation.query)[:_MAX_NAMES]
            for name, parameter in operation.query.items():
                if name in given:
                    value = call.query[name] = parameter.parse(given[name])
                    errors += schema_errors(parameter.schema, value, name)
        _raise_errors(errors)

    def _check_tenant_headers(self, call: _Call) -> None:
        """Refuse entities and organizations that the tenant does not have, if it has any."""
        headers, settings = call.request.headers, self._settings
        entity, organizations = headers.get("zuora-entity-ids"), headers.get("zuora-org-ids")
        if entity and settings.entity_ids and entity not in settings.entity_ids:
            raise RefusedError((90000020, f"There is no access to the entity {entity[:100]}."))
        if organizations and settings.organization_ids:
            requested = {each.strip() for each in organizations.split(",")}
            if requested - settings.organization_ids:
                raise RefusedError((10, f"There is no access to all of the organizations {organizations[:100]}."))

    def _perform_once(self, call: _Call, operation: Operation) -> StatusAndBody:
        """Perform an operation, or return the saved response if its idempotency key was used before."""
        key = call.request.headers["idempotency-key"]
        now = self._clock.timestamp()
        target = f"{call.request.method} {call.request.path}?{call.request.query}"
        if saved := self._store.saved_response(key, now):
            if saved.target != target:
                raise RefusedError((20, "The Idempotency-Key was used with another URL before."), status=422)
            call.request_id = saved.request_id
            return saved.status, saved.body
        try:
            status, body = self._perform(call, operation)
        except RefusedError as error:
            status, body = self._refusal(call, error)
        saved = SavedResponse(target, status, call.request_id, body)
        self._store.save_response(key, saved, now, now + IDEMPOTENCY_SECONDS)
        return status, body

    # Operations

    def _perform(self, call: _Call, operation: Operation) -> StatusAndBody:
        permission, perform = self._operations[operation.id]
        if permission and permission not in call.permissions:
            raise RefusedError((10, f'The user does not have the permission "{permission}".'))
        return 200, perform(call, operation)

    def _body(self, call: _Call, operation: Operation) -> bytes:
        given = http.media_type(call.request)
        tolerated = not given and call.request.method == "PUT" and not self._settings.put_needs_content_type
        if given != operation.media_type and not tolerated:
            raise RefusedError((45, f"Content type '{given[:100]}' not supported"), status=415)
        return http.decompressed_body(call.request, self._settings.max_body_size)

    def _valid_body(self, call: _Call, operation: Operation) -> Any:
        body = http.parse_json(self._body(call, operation))
        call.undocumented += undocumented_fields(operation, body)
        _raise_errors(schema_errors(operation.body, body))
        return body

    def _create(self, call: _Call, operation: Operation) -> bytes:
        wanted = self._valid_body(call, operation)
        return http.to_json({"journalRunNumber": self._tenant.create(wanted), "success": True})

    def _retrieve(self, call: _Call, _: Operation) -> bytes:
        run = self._tenant.current_run(call.number, poll=True)
        fields = {
            "number": run.number,
            "status": self._tenant.visible_status(run),
            "totalJournalEntryCount": run.entries,
            "success": True,
        }
        # Joined as text: parsing the stored document, and serializing it again, would double the time of a GET.
        return http.to_json(fields)[:-1] + b"," + run.document[1:].encode()

    def _entries(self, call: _Call, operation: Operation) -> bytes:
        run = self._tenant.current_run(call.number, poll=True)
        size = call.query.get("pageSize")
        # Without a page size, `page` has no effect (Zuora, Retrieve journal entries in a journal run).
        page = call.query.get("page", 1) if size else 1
        size = size or operation.query["pageSize"].default
        if size > self._settings.max_page_size:
            raise RefusedError((20, f"pageSize: it is more than {self._settings.max_page_size}"))
        rows = self._store.entries(run.number, size, after=min((page - 1) * size, run.entries))
        rest: dict[str, Any] = {"success": True}
        if page * size < run.entries:
            rest["nextPage"] = self._page_url(call, page + 1, size)
        entries = ",".join(_entry(*row) for row in rows)
        return f'{{"journalEntries":[{entries}],{json.dumps(rest)[1:]}'.encode()

    def _page_url(self, call: _Call, page: int, size: int) -> str:
        host = call.request.headers.get("host", "")
        valid = re.fullmatch(r"[\w.:\[\]-]{1,255}", host, re.ASCII)
        origin = f"{call.request.scheme}://{host}" if valid else self._origin()
        return f"{origin}{call.request.path}?page={page}&pageSize={size}"

    def _update(self, call: _Call, operation: Operation) -> bytes:
        changes = self._valid_body(call, operation)
        user = self._tokens.user(call.request.headers["authorization"])
        self._tenant.update_entry(call.number, changes, by=user, permissions=call.permissions)
        return _SUCCESS

    def _cancel(self, call: _Call, operation: Operation) -> bytes:
        if body := self._body(call, operation):
            call.undocumented += undocumented_fields(operation, http.parse_json(body))
        self._tenant.cancel(call.number)
        return _SUCCESS

    def _delete(self, call: _Call, _: Operation) -> bytes:
        self._tenant.delete(call.number)
        return _SUCCESS

    def _issue_token(self, call: _Call, operation: Operation) -> StatusAndBody:
        usage = self._token_calls.count(self._clock.timestamp())
        call.headers = self._token_limit(usage.remaining)
        _raise_if_exceeded(call, usage)
        self._check_parameters(call, operation)
        self._check_tenant_headers(call)
        form = parse_qs(self._body(call, operation).decode(errors="replace"))
        fields = {name: values[0] for name, values in form.items()}
        call.undocumented += undocumented_fields(operation, fields)
        try:
            return 200, http.to_json(self._tokens.issue(fields, call.request.path))
        except TokenRefusedError as error:
            return 400, http.to_json(error.body)

    def _token_limit(self, remaining: int) -> list[tuple[bytes, bytes]]:
        return [
            (b"x-ratelimit-limit-minute", b"%d" % self._token_calls.limit),
            (b"x-ratelimit-remaining-minute", b"%d" % remaining),
        ]

    def _other(self, call: _Call, respond: Callable[[httpx.Request], httpx.Response | None]) -> StatusAndBody | None:
        """Return the user's response to a request that is not modelled; None if there is none."""
        import httpx

        request = call.request
        if contract().route(request.path) is not None:
            return None
        self._check_rate_limit(call)
        self._tokens.permissions(request.headers.get("authorization", ""))
        address = f"{self._origin()}{request.path}" + (f"?{request.query}" if request.query else "")
        body = http.decompressed_body(request, self._settings.max_body_size)
        headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
        response = respond(httpx.Request(request.method, address, headers=headers, content=body))
        if response is None:
            return None
        call.content_type = response.headers.get("content-type", "").encode()
        return response.status_code, response.content

    # Responses

    def _refusal(self, call: _Call, error: RefusedError) -> StatusAndBody:
        version = call.request.headers.get("zuora-version", self._settings.tenant_version)
        dated = re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version >= HTTP_STATUSES_SINCE
        own_status = dated or call.request.path == TOKEN_PATH
        status = error.status or (http.HTTP_STATUS[error.reasons[0][0] % 100] if own_status else 200)
        call.headers += error.headers
        return status, self._error_body(call, error.reasons)

    def _error_body(self, call: _Call, reasons: tuple[tuple[int, str], ...]) -> bytes:
        resource = RESOURCE_CODE.get(call.request.method, 500000)
        # In real responses, codes are numbers unless they begin with a 9.
        codes: list[Any] = [resource * 100 + reason if reason < 100 else str(reason) for reason, _ in reasons]
        if not self._settings.numeric_codes:
            codes = [str(code) for code in codes]
        call.codes = tuple(map(str, codes))
        body = {
            "success": False,
            "processId": self._identifiers.process(),
            "reasons": [{"code": code, "message": message} for code, (_, message) in zip(codes, reasons, strict=True)],
            "requestId": call.request_id,
        }
        return http.to_json(body)

    def _response(self, call: _Call, status: int, body: bytes) -> Response:
        request = call.request
        headers = [(b"content-type", call.content_type), (b"zuora-request-id", call.request_id.encode()), *call.headers]
        if call.track_id is not None:
            headers.append((b"zuora-track-id", call.track_id.encode()))
        call.content = body
        if len(body) > http.COMPRESSED_ABOVE and http.accepts_gzip(request):
            body = http.compress(body)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", b"%d" % len(body)))
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    def _log(self, call: _Call, response: Response) -> None:
        request = call.request
        is_token = request.path == TOKEN_PATH
        content = response.body if call.content is None else call.content
        recorded = RecordedRequest(
            number=self.request_log.last_number + 1,
            method=request.method,
            path=request.path,
            query="" if is_token else request.query,
            operation=call.operation,
            headers=masked_headers(request.headers),
            body=masked_request_body(request, token=is_token),
            status=response.status or None,
            codes=call.codes,
            request_id=call.request_id,
            at=self._clock.timestamp(),
            faults=call.faults,
            undocumented=call.undocumented,
            raw_response_headers=response.headers,
            raw_response_body=masked_body(content) if is_token else content[:MAX_LOGGED_BODY],
        )
        self.request_log.record(recorded, caller=request.caller, unknown=call.unknown, retry_after=call.retry_after)


def _entry(number: str, status: str, transfer: str, by: str | None, on: str | None, document: str) -> str:
    """Return an entry as JSON text; `document` is a JSON object with the fields that never change.

    This is a template, because calling `json.dumps` for each of up to 300 entries would double the time of a page. Only
    `by` and `on` need escaping: the others are generated numbers and values of enumerations.
    """
    transferred = f'"transferredBy":{json.dumps(by)},"transferDateTime":{json.dumps(on)},' if on else ""
    return (
        f'{{"number":"{number}","status":"{status}","transferredToAccounting":"{transfer}",{transferred}{document[1:]}'
    )


def _raise_errors(errors: list[tuple[int, str]]) -> None:
    if errors:
        raise RefusedError(*errors)


def _raise_if_exceeded(call: _Call, usage: Usage) -> None:
    if not usage.allowed:
        call.retry_after = usage.reset
        message = f"API Rate limit exceeded for the minute, retry after {usage.reset} seconds"
        raise RefusedError((70, message), status=429, headers=[(b"retry-after", b"%d" % usage.reset)])
