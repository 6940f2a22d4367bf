"""Zuora's API over a tenant: who calls, what they ask for, and the answer in Zuora's form."""

from __future__ import annotations

import json
import logging
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote

from . import http
from .faults import FAULT_OPERATIONS, REPLACES_RESPONSE, apply_to_body, apply_to_response, category_of, gateway_page
from .http import Delivery, RefusedError, Request, Response
from .openapi import Operation, contract, schema_errors, undocumented_fields
from .request_log import RequestLog
from .state.store import SavedResponse
from .state.tokens import NOT_AUTHENTICATED, TokenRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .clock import Clock
    from .faults import Fault, FaultHit, FaultSchedule
    from .settings import Settings
    from .state.identifiers import Identifiers
    from .state.store import Store
    from .state.tenant import Tenant
    from .state.tokens import Tokens

logger: logging.Logger = logging.getLogger(__name__)

RESOURCE = {"GET": 500000, "DELETE": 500000, "PUT": 535000, "POST": 535000}
"""The first six digits of reason codes. That of journal runs is not published; nothing should depend on it."""

STATUSES_FROM = "2024-05-20"
TOKEN_PATH = "/oauth/token"  # noqa: S105
IDEMPOTENCY_SECONDS = 24 * 60 * 60
_MOST_NAMES = 20
_CONTENT_TYPE = (b"content-type", b"application/json;charset=UTF-8")
_CONCURRENCY = [
    (b"concurrency-limit-type", b"Default"),
    (b"concurrency-limit-limit", b"40"),
    # Calls are answered one after another, so one of the forty is in use.
    (b"concurrency-limit-remaining", b"39"),
]


@dataclass(slots=True)
class _Call:
    """A request on its way to an answer."""

    request: Request
    request_id: str
    track_id: str | None = None
    operation: str | None = None
    unknown: bool = False
    run: str = ""
    query: dict[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    faults: tuple[str, ...] = ()
    undocumented: tuple[str, ...] = ()
    retry_after: float = 0


class _Window:
    """Calls counted in each minute. It is not kept in the store: a restart begins a new minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._minute = self._used = 0

    def use(self, now: float) -> tuple[bool, int, int]:
        """Count one call: whether it is within the limit, how many are left, seconds until the next minute."""
        minute = math.floor(now / 60)
        if minute != self._minute:
            self._minute, self._used = minute, 0
        self._used += 1
        return self._used <= self.limit, max(0, self.limit - self._used), math.ceil((minute + 1) * 60 - now)


class ZuoraApi:
    """Answers requests, one at a time."""

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
    ) -> None:
        self._store = store
        self._tenant = tenant
        self._tokens = tokens
        self._identifiers = identifiers
        self._clock = clock
        self._settings = settings
        self._origin = origin
        self._calls = _Window(settings.calls_per_minute)
        self._token_calls = _Window(settings.token_calls_per_minute)
        limit = settings.calls_per_minute
        self._rate_limit = f"{limit}, {limit};w=60, {45 * limit};w=3600, {540 * limit};w=86400".encode()
        self.faults = faults
        self.request_log: RequestLog = RequestLog(settings.request_log_size)
        self._operations: dict[str, tuple[str | None, Callable[[_Call, Operation], bytes]]] = {
            "getJournalRun": (None, self._retrieve),
            "listJournalEntriesOfJournalRun": (None, self._entries),
            "createJournalRun": ("Create Journal Run", self._create),
            "cancelJournalRun": ("Cancel Journal Run", self._cancel),
            "deleteJournalRun": ("Delete Cancelled Journal Run", self._delete),
        }

    def handle(self, request: Request) -> Response:
        """Answer a request. It never raises: what goes wrong in here is logged and answered with 500."""
        try:
            with self._store.transaction():
                return self._handle(request)
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            call = _Call(request, self._identifiers.uuid())
            response = self._finish(call, 500, self._error_body(call, ((60, "An unexpected error occurred."),)))
            self._record(call, response)
            return response

    def _handle(self, request: Request) -> Response:
        call = _Call(request, self._identifiers.uuid())
        strike = self._strike(call) if self.faults.pending else None
        response = self._finish(call, *self._try(call)) if strike is None else self._struck(call, strike)
        self._record(call, response)
        return response

    def _try(self, call: _Call) -> tuple[int, bytes]:
        try:
            return self._answer(call)
        except RefusedError as refusal:
            return self._refuse(call, refusal)

    def _answer(self, call: _Call) -> tuple[int, bytes]:
        http.check_size(call.request, self._settings.max_head_size, self._settings.max_body_size)
        self._check_track_id(call)
        operation = self._find_operation(call)
        if operation.path == TOKEN_PATH:
            return self._token(call, operation)
        self._count(call)
        permissions = self._tokens.permissions(call.request.headers.get("authorization", ""))
        self._check_parameters(call, operation)
        key = call.request.headers.get("idempotency-key")
        return (self._once if key else self._perform)(call, operation, permissions)

    def not_http(self, status: int, message: str) -> Response:
        """The answer to what cannot be read as a request, or is not."""
        call = _Call(Request("", "", "", {}, b""), self._identifiers.uuid())
        return self._finish(call, status, self._error_body(call, ((category_of(status), message),)))

    # FaultSchedule

    def _strike(self, call: _Call) -> FaultHit | None:
        found = contract().route(call.request.path)
        operation = found and found[0].operations.get(call.request.method)
        if not operation:
            return None
        call.operation = operation.id
        return self.faults.strike(FAULT_OPERATIONS[operation.id])

    def _struck(self, call: _Call, strike: FaultHit) -> Response:
        fault = strike.fault
        call.faults = strike.names
        if fault is None:
            response = self._finish(call, *self._try(call))
        elif fault.kind in REPLACES_RESPONSE:
            if fault.after:
                self._try(call)
            response = self._answer_with(call, fault)
        else:
            if fault.kind == "expired-token":
                self._tokens.forget(call.request.headers.get("authorization", ""))
            status, body = self._try(call)
            response = apply_to_response(fault.kind, self._finish(call, status, apply_to_body(fault.kind, body)))
        self._clock.advance(strike.delay)
        return replace(response, delay=strike.delay + strike.real_delay, real_delay=strike.real_delay)

    def _answer_with(self, call: _Call, fault: Fault) -> Response:
        value = int(fault.value or 0)
        call.track_id = call.request.headers.get("zuora-track-id")
        match fault.kind:
            case "reset":
                return Response(0, [], b"", Delivery.RESET)
            case "html":
                return gateway_page(value)
            case "too-many":
                status, reason = 429, 70
                call.headers.append((b"retry-after", b"%d" % value))
                call.retry_after = value
            case "status":
                status, reason = value, category_of(value)
            case "error":
                status, reason = http.HTTP_STATUS[value], value
            case _:
                status, reason = 200, value
        code = NOT_AUTHENTICATED if reason == 11 else reason
        return self._finish(call, status, self._error_body(call, ((code, f"The fault {fault} was asked for."),)))

    # Before an operation

    def _check_track_id(self, call: _Call) -> None:
        track_id = call.request.headers.get("zuora-track-id")
        if track_id is not None:
            _refuse_findings(schema_errors(contract().schema("TrackId"), track_id, "Zuora-Track-Id"))
            call.track_id = track_id

    def _find_operation(self, call: _Call) -> Operation:
        request = call.request
        found = contract().route(request.path)
        if found is None:
            call.unknown = True
            raise RefusedError((40, f"There is no endpoint {request.path[:200]}."), status=404)
        route, run = found
        if request.method not in route.operations:
            call.unknown = True
            allow = ", ".join(sorted(route.operations)).encode()
            refused = (45, f"Request method '{request.method}' is not supported here.")
            raise RefusedError(refused, status=405, headers=[(b"allow", allow)])
        operation = route.operations[request.method]
        call.operation = operation.id
        call.run = unquote(run)
        if request.method != "POST" and "idempotency-key" in request.headers:
            refused = (20, f"Request method '{request.method}' not supported with Idempotency-Key header")
            raise RefusedError(refused, status=400)
        return operation

    def _count(self, call: _Call) -> None:
        allowed, left, reset = self._calls.use(self._clock.timestamp())
        call.headers = [
            (b"ratelimit-limit", self._rate_limit),
            (b"ratelimit-remaining", b"%d" % left),
            (b"ratelimit-reset", b"%d" % reset),
            *_CONCURRENCY,
        ]
        if not allowed:
            raise _too_many(call, reset)

    def _check_parameters(self, call: _Call, operation: Operation) -> None:
        headers = call.request.headers
        found: list[tuple[int, str]] = []
        for header in operation.headers:
            if header.name in headers:
                found += schema_errors(header.validator, headers[header.name], header.name)
        if call.request.query:
            given = dict(parse_qsl(call.request.query, keep_blank_values=True, errors="replace"))
            call.undocumented = tuple(name[:100] for name in given if name not in operation.query)[:_MOST_NAMES]
            for name, parameter in operation.query.items():
                if name in given:
                    value = call.query[name] = parameter.read(given[name])
                    found += schema_errors(parameter.validator, value, name)
        _refuse_findings(found)
        entity, organizations = headers.get("zuora-entity-ids"), headers.get("zuora-org-ids")
        if entity and self._settings.entity_ids and entity not in self._settings.entity_ids:
            raise RefusedError((90000020, f"There is no access to the entity {entity[:100]}."))
        if organizations and self._settings.organization_ids:
            asked = {each.strip() for each in organizations.split(",")}
            if asked - self._settings.organization_ids:
                raise RefusedError((10, f"There is no access to all of the organisations {organizations[:100]}."))

    def _once(self, call: _Call, operation: Operation, permissions: Collection[str]) -> tuple[int, bytes]:
        key = call.request.headers["idempotency-key"]
        now = self._clock.timestamp()
        asked = f"{call.request.method} {call.request.path}?{call.request.query}"
        if kept := self._store.saved_response(key, now):
            if kept.call != asked:
                raise RefusedError((20, "The Idempotency-Key was used with another address before."), status=422)
            call.request_id = kept.request_id
            return kept.status, kept.body
        try:
            status, body = self._perform(call, operation, permissions)
        except RefusedError as refusal:
            status, body = self._refuse(call, refusal)
        reply = SavedResponse(asked, status, call.request_id, body)
        self._store.save_response(key, reply, now, now + IDEMPOTENCY_SECONDS)
        return status, body

    # Operations

    def _perform(self, call: _Call, operation: Operation, permissions: Collection[str]) -> tuple[int, bytes]:
        permission, perform = self._operations[operation.id]
        if permission and permission not in permissions:
            raise RefusedError((10, f'The user does not have the permission "{permission}".'))
        return 200, perform(call, operation)

    def _body(self, call: _Call, operation: Operation) -> bytes:
        given = http.media_type(call.request)
        tolerated = not given and call.request.method == "PUT" and not self._settings.put_needs_content_type
        if given != operation.media_type and not tolerated:
            raise RefusedError((45, f"Content type '{given[:100]}' not supported"), status=415)
        return http.plain_body(call.request, self._settings.max_body_size)

    def _create(self, call: _Call, operation: Operation) -> bytes:
        wanted = http.read_json(self._body(call, operation))
        call.undocumented += undocumented_fields(operation, wanted)
        _refuse_findings(schema_errors(operation.body, wanted))
        return http.write_json({"journalRunNumber": self._tenant.create(wanted), "success": True})

    def _retrieve(self, call: _Call, _: Operation) -> bytes:
        run = self._tenant.current_run(call.run, poll=True)
        return (
            f'{{"number":"{run.number}","status":"{self._tenant.shown(run)}",{run.document},'
            f'"totalJournalEntryCount":{run.entries},"success":true}}'
        ).encode()

    def _entries(self, call: _Call, operation: Operation) -> bytes:
        run = self._tenant.current_run(call.run, poll=True)
        size = call.query.get("pageSize")
        # Without a page size the page has no effect (Zuora, Retrieve journal entries in a journal run).
        page = call.query.get("page", 1) if size else 1
        size = size or operation.query["pageSize"].default
        if size > self._settings.max_page_size:
            raise RefusedError((20, f"pageSize: it is more than {self._settings.max_page_size}"))
        rows = self._store.entries(run.number, size, min((page - 1) * size, run.entries))
        entries = ",".join(_entry(*row) for row in rows)
        more = page * size < run.entries
        following = f'"nextPage":{json.dumps(self._address(call, page + 1, size))},' if more else ""
        return f'{{"journalEntries":[{entries}],{following}"success":true}}'.encode()

    def _address(self, call: _Call, page: int, size: int) -> str:
        host = call.request.headers.get("host", "")
        named = re.fullmatch(r"[\w.:\[\]-]{1,255}", host, re.ASCII)
        origin = f"{call.request.scheme}://{host}" if named else self._origin()
        return f"{origin}{call.request.path}?page={page}&pageSize={size}"

    def _cancel(self, call: _Call, operation: Operation) -> bytes:
        if body := self._body(call, operation):
            call.undocumented += undocumented_fields(operation, http.read_json(body))
        self._tenant.cancel(call.run)
        return b'{"success":true}'

    def _delete(self, call: _Call, _: Operation) -> bytes:
        self._tenant.delete(call.run)
        return b'{"success":true}'

    def _token(self, call: _Call, operation: Operation) -> tuple[int, bytes]:
        allowed, left, reset = self._token_calls.use(self._clock.timestamp())
        call.headers = [
            (b"x-ratelimit-limit-minute", b"%d" % self._token_calls.limit),
            (b"x-ratelimit-remaining-minute", b"%d" % left),
        ]
        if not allowed:
            raise _too_many(call, reset)
        self._check_parameters(call, operation)
        form = parse_qs(self._body(call, operation).decode(errors="replace"))
        fields = {name: values[0] for name, values in form.items()}
        call.undocumented += undocumented_fields(operation, fields)
        try:
            return 200, http.write_json(self._tokens.issue(fields, call.request.path))
        except TokenRefusedError as refused:
            return 400, http.write_json(refused.body)

    # Answers

    def _refuse(self, call: _Call, refusal: RefusedError) -> tuple[int, bytes]:
        version = call.request.headers.get("zuora-version", self._settings.tenant_version)
        dated = re.fullmatch(r"\d{4}-\d\d-\d\d", version) and version >= STATUSES_FROM
        own = dated or call.request.path == TOKEN_PATH
        status = refusal.status or (http.HTTP_STATUS[refusal.reasons[0][0] % 100] if own else 200)
        call.headers += refusal.headers
        return status, self._error_body(call, refusal.reasons)

    def _error_body(self, call: _Call, reasons: tuple[tuple[int, str], ...]) -> bytes:
        resource = RESOURCE.get(call.request.method, 500000)
        # Live answers have numbers, but for codes that begin with a 9.
        codes: list[Any] = [resource * 100 + reason if reason < 100 else str(reason) for reason, _ in reasons]
        if not self._settings.numeric_codes:
            codes = [str(code) for code in codes]
        call.codes = tuple(map(str, codes))
        answer = {
            "success": False,
            "processId": self._identifiers.process(),
            "reasons": [{"code": code, "message": message} for code, (_, message) in zip(codes, reasons, strict=True)],
            "requestId": call.request_id,
        }
        return http.write_json(answer)

    def _finish(self, call: _Call, status: int, body: bytes) -> Response:
        request = call.request
        headers = [_CONTENT_TYPE, (b"zuora-request-id", call.request_id.encode()), *call.headers]
        if call.track_id is not None:
            headers.append((b"zuora-track-id", call.track_id.encode()))
        if len(body) > http.COMPRESSED_ABOVE and http.wants_gzip(request):
            body = http.compress(body)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", b"%d" % len(body)))
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    def _record(self, call: _Call, response: Response) -> None:
        request = call.request
        self.request_log.record(
            request,
            operation=call.operation,
            unknown=call.unknown,
            query="" if request.path == TOKEN_PATH else request.query,
            status=response.status or None,
            codes=call.codes,
            request_id=call.request_id,
            at=self._clock.timestamp(),
            faults=call.faults,
            undocumented=call.undocumented,
            retry_after=call.retry_after,
        )


def _entry(number: str, status: str, transfer: str, by: str | None, on: str | None, document: str) -> str:
    transferred = f'"transferredBy":{json.dumps(by)},"transferDateTime":{json.dumps(on)},' if on else ""
    return f'{{"number":"{number}","status":"{status}","transferredToAccounting":"{transfer}",{transferred}{document}}}'


def _refuse_findings(found: list[tuple[int, str]]) -> None:
    if found:
        raise RefusedError(*found)


def _too_many(call: _Call, reset: int) -> RefusedError:
    call.retry_after = reset
    message = f"API Rate limit exceeded for the minute, retry after {reset} seconds"
    return RefusedError((70, message), status=429, headers=[(b"retry-after", b"%d" % reset)])
