"""The control API: what tests and the web page do to an emulator over HTTP.

To add an operation: describe it in `control.yaml`, and enter its `operationId` in `ControlApi`.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from . import http
from .errors import ResourceNotFoundError
from .faults import Fault
from .http import RefusedError, Response
from .openapi import control_api, schema_errors
from .settings import PERMISSIONS
from .state.seed_file import parse_period, parse_seed, parse_seed_run, parse_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core import EmulatorCore
    from .http import Request
    from .openapi import Operation
    from .request_log import RecordedRequest

    StatusAndBody = tuple[int, Any]

logger: logging.Logger = logging.getLogger(__name__)

HEALTH = "/health"
CONTROL = "/_emulator/"
"""The prefix of all other paths of the control API; Zuora has none of them."""
_MAX_ENTRIES = 100_000
_NO_CONTENT: tuple[int, Any] = (204, None)


class ControlApi:
    """The control API of an emulator that listens on `host`.

    Web pages of other origins must not control an emulator from a user's browser: see `_check_origin`.
    """

    def __init__(self, emulator: EmulatorCore, host: str) -> None:
        self._emulator = emulator
        self._host = host.lower()
        self._operations: dict[str, Callable[[str, Any], StatusAndBody]] = {
            "health": lambda *_: (200, {"status": "ok", "now": self._now()}),
            "describe": lambda *_: (200, control_api().text),
            "reset": lambda *_: self._call(emulator.reset),
            "seed": self._seed,
            "addUser": self._add_user,
            "listRuns": self._list_runs,
            "addRuns": self._add_runs,
            "listPeriods": self._list_periods,
            "addPeriods": lambda _, body: self._call(emulator.add_periods, map(parse_period, body["periods"])),
            "listTransactions": self._list_transactions,
            "addTransactions": lambda _, body: self._call(
                emulator.add_transactions, map(parse_transaction, body["transactions"])
            ),
            "createRun": lambda _, body: (201, {"number": emulator.create_run(body)}),
            "showRun": self._show_run,
            "cancelRun": lambda number, _: self._call(emulator.cancel_run, number),
            "deleteRun": lambda number, _: self._call(emulator.delete_run, number),
            "stepRun": lambda number, _: self._call(emulator.step, number),
            "releaseRun": lambda number, _: self._call(emulator.release, number),
            "endNextRun": lambda _, body: self._call(emulator.end_next_run, body["outcome"]),
            "markTransferred": self._mark_transferred,
            "listSnapshots": lambda *_: (200, {"snapshots": emulator.snapshots}),
            "takeSnapshot": lambda name, _: self._call(emulator.take_snapshot, name),
            "dropSnapshot": lambda name, _: self._call(emulator.drop_snapshot, name),
            "restoreSnapshot": lambda name, _: self._call(emulator.restore, name),
            "showClock": lambda *_: (200, self._clock()),
            "setClock": self._set_clock,
            "listFaults": lambda *_: (200, {"faults": [_fault(*each) for each in emulator.faults.items()]}),
            "addFault": self._add_fault,
            "clearFaults": lambda *_: self._call(emulator.clear_faults),
            "removeFault": self._remove_fault,
            "listRequests": self._list_requests,
            "showRequest": self._show_request,
            "clearRequests": lambda *_: self._call(emulator.clear_requests),
            "listMisuses": self._list_misuses,
        }

    def handle(self, request: Request) -> Response:
        """Process a request. This never raises: unexpected errors are logged and become a 500 response."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            status, content = self._process(request)
        except RefusedError as error:
            status = error.status or http.HTTP_STATUS[error.reasons[0][0]]
            content = _error("; ".join(message for _, message in error.reasons))
            headers = [*error.headers]
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            status, content = 500, _error("An unexpected error occurred.")
        return _response(request, status, headers, content)

    def _process(self, request: Request) -> StatusAndBody:
        settings = self._emulator.settings
        http.check_size(request, settings.max_head_size, settings.max_body_size)
        self._check_origin(request)
        found = control_api().route(request.path)
        if found is None:
            raise RefusedError((40, f"There is no {request.path[:200]} here; see /_emulator/openapi.yaml."), status=404)
        route, name = found
        if request.method not in route.operations:
            allow = ", ".join(sorted(route.operations)).encode()
            raise RefusedError(
                (45, f"{request.method} is not supported here."), status=405, headers=[(b"allow", allow)]
            )
        operation = route.operations[request.method]
        in_query = bool(operation.query)
        argument = _query(request, operation) if in_query else _body(request, operation, settings.max_body_size)
        try:
            return self._operations[operation.id](unquote(name), argument)
        except ValueError as error:
            category = 40 if isinstance(error, ResourceNotFoundError) else 20
            raise RefusedError((category, str(error))) from None

    def _check_origin(self, request: Request) -> None:
        """Refuse what a web page of another origin may have sent.

        Without a CORS preflight, such a page cannot send the content type that is required here, and its browser sends
        its origin in `Origin`. A page that gets around both by DNS rebinding has its own name in `Host`.
        """
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if not self._is_own_name(_name(host)):
            raise RefusedError((10, f"{host[:200]!r} is not a name of this emulator."), status=403)
        if origin is not None and origin != f"{request.scheme}://{host}":
            raise RefusedError((10, f"Pages of {origin[:200]!r} cannot control this emulator."), status=403)

    def _is_own_name(self, name: str) -> bool:
        if name in ("localhost", self._host) or name.endswith(".localhost"):
            return True
        own = _address(self._host)
        requested = _address(name)
        if requested is not None and requested.is_loopback:
            return True
        # If it listens for other machines, they call it by an address, or by a name in their own network: names without
        # a dot cannot be resolved from outside.
        open_to_others = own is not None and not own.is_loopback
        return open_to_others and (requested is not None or (name != "" and "." not in name))

    # Operations

    def _call(self, action: Callable[..., object], *arguments: object) -> StatusAndBody:
        action(*arguments)
        return _NO_CONTENT

    def _seed(self, _: str, body: Any) -> StatusAndBody:
        _check_size(body)
        self._emulator.reset(parse_seed(body))
        return 200, {"numbers": [run.number for run in self._emulator.runs()]}

    def _add_runs(self, _: str, body: Any) -> StatusAndBody:
        _check_size(body)
        return 201, {"numbers": self._emulator.add_runs(map(parse_seed_run, body["runs"]))}

    def _list_periods(self, *_: object) -> StatusAndBody:
        return 200, {
            "periods": [
                {"name": each.name, "start": each.start, "end": each.end, "status": "Open" if each.open else "Closed"}
                for each in self._emulator.periods
            ]
        }

    def _list_transactions(self, _: str, query: Any) -> StatusAndBody:
        return 200, {
            "transactions": [
                {**asdict(each), "amount": f"{each.amount:f}", "entry": entry}
                for each, entry in self._emulator.transactions(query["limit"], entry=query["entry"])
            ]
        }

    def _add_user(self, _: str, body: Any) -> StatusAndBody:
        client_id, client_secret = self._emulator.add_user(body.get("permissions", PERMISSIONS))
        return 201, {"clientId": client_id, "clientSecret": client_secret}

    def _list_runs(self, _: str, query: Any) -> StatusAndBody:
        return 200, {
            "runs": [
                {
                    "number": run.number,
                    "status": run.status,
                    "accountingPeriodName": run.accounting_period,
                    "executedOn": run.executed_on,
                    "entries": run.entries,
                    "cancelledEntries": run.cancelled_entries,
                    "remainingEntries": run.remaining_entries,
                }
                for run in self._emulator.runs(query["limit"], query["search"])
            ]
        }

    def _show_run(self, number: str, query: Any) -> StatusAndBody:
        return 200, self._emulator.run_details(number, query["limit"])

    def _mark_transferred(self, number: str, body: Any) -> StatusAndBody:
        by = {"by": body["transferredBy"]} if "transferredBy" in body else {}
        self._emulator.mark_transferred(number, body["transferredToAccounting"], **by)
        return _NO_CONTENT

    def _set_clock(self, _: str, body: Any) -> StatusAndBody:
        clock = self._emulator.clock
        # This fails if it leads too far, and must then be the only thing that happens.
        clock.advance(body.get("advance", 0))
        clock.advance_on_poll = body.get("advanceOnPoll", clock.advance_on_poll)
        if body.get("frozen", clock.frozen) != clock.frozen:
            (clock.freeze if body["frozen"] else clock.resume)()
        return 200, self._clock()

    def _clock(self) -> dict[str, Any]:
        clock = self._emulator.clock
        return {"now": self._now(), "frozen": clock.frozen, "advanceOnPoll": clock.advance_on_poll}

    def _now(self) -> str:
        return _iso(self._emulator.clock.timestamp())

    def _add_fault(self, _: str, body: Any) -> StatusAndBody:
        fault = Fault.parse(body["fault"])
        return 201, _fault(self._emulator.add_fault(fault), fault)

    def _remove_fault(self, number: str, _: Any) -> StatusAndBody:
        return self._call(self._emulator.remove_fault, _number("fault", number))

    def _list_requests(self, _: str, query: Any) -> StatusAndBody:
        requests = self._emulator.requests
        return 200, {"requests": [_request(each) for each in requests[-(query["limit"] or len(requests)) :]]}

    def _show_request(self, number: str, _: Any) -> StatusAndBody:
        request = self._emulator.request(_number("request", number))
        response = {"headers": request.response_headers, "body": request.response_body}
        return 200, {**_request(request), "body": request.body, "response": response}

    def _list_misuses(self, *_: object) -> StatusAndBody:
        return 200, {
            "misuses": [
                {"kind": each.kind, "message": each.message, "requestId": each.request.request_id}
                for each in self._emulator.misuses()
            ]
        }


def _number(what: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ResourceNotFoundError(f"there is no {what} {text[:100]}")
    return int(text)


def _request(request: RecordedRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "at": _iso(request.at),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "operation": request.operation,
        "headers": {**request.headers},
        "status": request.status,
        "failed": request.failed,
        "codes": request.codes,
        "requestId": request.request_id,
        "faults": request.faults,
        "undocumented": request.undocumented,
    }


def _body(request: Request, operation: Operation, max_size: int) -> Any:
    if request.method in ("POST", "PUT", "PATCH") and http.media_type(request) != "application/json":
        raise RefusedError((45, "The content type must be application/json."), status=415)
    content = http.decompressed_body(request, max_size)
    body = http.parse_json(content) if content else None
    if errors := schema_errors(operation.body, body):
        raise RefusedError(*errors)
    return body


def _query(request: Request, operation: Operation) -> dict[str, Any]:
    given = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    query = {}
    for name, parameter in operation.query.items():
        query[name] = parameter.parse(given[name]) if name in given else parameter.default
        if name in given and (errors := schema_errors(parameter.schema, query[name], name)):
            raise RefusedError(*errors)
    return query


def _check_size(body: Any) -> None:
    if sum(run.get("entries", 0) for run in body.get("runs", ())) > _MAX_ENTRIES:
        raise ValueError(f"more than {_MAX_ENTRIES} entries cannot be added at once")


def _name(host: str) -> str:
    """Return the name in a `Host` header, without the port."""
    name = host.lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _response(request: Request, status: int, headers: list[tuple[bytes, bytes]], content: Any) -> Response:
    if status == 204:
        return Response(status, headers, b"")
    is_text = isinstance(content, str)
    body = content.encode() if is_text else http.to_json(content)
    headers += [
        (b"content-type", b"application/yaml" if is_text else b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(body)),
    ]
    return Response(status, headers, b"" if request.method == "HEAD" else body)


def _error(message: str) -> dict[str, str]:
    return {"error": message}


def _fault(number: int, fault: Fault) -> dict[str, Any]:
    return {"number": number, "fault": str(fault)}


def _iso(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
