"""What can be done to an emulator beside the API, over HTTP; `control.yaml` describes it."""

from __future__ import annotations

import ipaddress
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from . import http
from .errors import ResourceNotFoundError
from .faults import Fault
from .http import RefusedError, Response
from .openapi import control, schema_errors
from .settings import PERMISSIONS
from .state.seed_file import read_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .emulator import Emulator
    from .http import Request
    from .openapi import Operation

    Answer = tuple[int, Any]

logger: logging.Logger = logging.getLogger(__name__)

HEALTH = "/health"
CONTROL = "/_emulator/"
"""Where the other paths of the control interface begin. Zuora has none of them."""
_MOST_ENTRIES = 100_000
_DONE: tuple[int, Any] = (204, None)


class Control:
    """The control interface of an emulator that listens on `host`.

    A page in someone's browser can send requests to this machine, also under a name of its own, and must not reach an
    emulator: see `_check_origin`.
    """

    def __init__(self, emulator: Emulator, host: str) -> None:
        self._emulator = emulator
        self._host = host.lower()
        self._operations: dict[str, Callable[[str, Any], Answer]] = {
            "health": lambda *_: (200, {"status": "ok", "now": self._now()}),
            "describe": lambda *_: (200, control().text),
            "reset": lambda *_: self._do(emulator.reset),
            "seed": self._seed,
            "addUser": self._add_user,
            "listRuns": self._list_runs,
            "addRuns": self._add_runs,
            "createRun": lambda _, body: (201, {"number": emulator.create_run(body)}),
            "showRun": self._show_run,
            "cancelRun": lambda number, _: self._do(emulator.cancel_run, number),
            "deleteRun": lambda number, _: self._do(emulator.delete_run, number),
            "stepRun": lambda number, _: self._do(emulator.step, number),
            "releaseRun": lambda number, _: self._do(emulator.release, number),
            "endNextRun": lambda _, body: self._do(emulator.end_next_run, body["outcome"]),
            "markTransferred": self._mark_transferred,
            "listSnapshots": lambda *_: (200, {"snapshots": emulator.snapshots}),
            "takeSnapshot": lambda name, _: self._do(emulator.take_snapshot, name),
            "dropSnapshot": lambda name, _: self._do(emulator.drop_snapshot, name),
            "restoreSnapshot": lambda name, _: self._do(emulator.restore, name),
            "showClock": lambda *_: (200, self._clock()),
            "setClock": self._set_clock,
            "listFaults": lambda *_: (200, {"faults": [_fault(*each) for each in emulator.faults.items()]}),
            "addFault": self._add_fault,
            "clearFaults": lambda *_: self._do(emulator.clear_faults),
            "removeFault": self._remove_fault,
            "listRequests": self._list_requests,
            "clearRequests": lambda *_: self._do(emulator.clear_requests),
            "listMisuses": self._list_lapses,
        }

    def handle(self, request: Request) -> Response:
        """Answer a request. It never raises: what goes wrong in here is logged and answered with 500."""
        headers: list[tuple[bytes, bytes]] = []
        try:
            status, answer = self._answer(request)
        except RefusedError as refusal:
            status = refusal.status or http.HTTP_STATUS[refusal.reasons[0][0]]
            answer = _error("; ".join(said for _, said in refusal.reasons))
            headers = [*refusal.headers]
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            status, answer = 500, _error("An unexpected error occurred.")
        kind = b"application/yaml" if isinstance(answer, str) else b"application/json"
        body = b"" if status == 204 else answer.encode() if isinstance(answer, str) else http.write_json(answer)
        headers += [(b"content-type", kind), (b"cache-control", b"no-store")] if body else []
        if status != 204:
            headers.append((b"content-length", b"%d" % len(body)))
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    def _answer(self, request: Request) -> Answer:
        settings = self._emulator.settings
        http.check_size(request, settings.max_head_size, settings.max_body_size)
        self._check_origin(request)
        found = control().route(request.path)
        if found is None:
            raise RefusedError((40, f"There is no {request.path[:200]} here; see /_emulator/openapi.yaml."), status=404)
        route, name = found
        if request.method not in route.operations:
            allow = ", ".join(sorted(route.operations)).encode()
            raise RefusedError(
                (45, f"{request.method} is not supported here."), status=405, headers=[(b"allow", allow)]
            )
        operation = route.operations[request.method]
        given = _query(request, operation) if operation.query else _body(request, operation, settings.max_body_size)
        try:
            return self._operations[operation.id](unquote(name), given)
        except ValueError as error:
            refused = (40, str(error)) if isinstance(error, ResourceNotFoundError) else (20, str(error))
            raise RefusedError(refused, status=http.HTTP_STATUS[refused[0]]) from None

    def _check_origin(self, request: Request) -> None:
        """Refuse what a page of another origin may have sent.

        Such a page can send a request without a preflight only if it has none of the content types that are asked for
        here, and names its origin in `Origin`. It can get around both by letting its own name lead to this machine,
        but then `Host` has that name.
        """
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if not self._may_call(_name(host)):
            raise RefusedError((10, f"{host[:200]!r} is not a name of this emulator."), status=403)
        if origin is not None and origin != f"{request.scheme}://{host}":
            raise RefusedError((10, f"Pages of {origin[:200]!r} cannot control this emulator."), status=403)

    def _may_call(self, name: str) -> bool:
        if name in ("localhost", self._host) or name.endswith(".localhost"):
            return True
        own = _address(self._host)
        asked = _address(name)
        if asked is not None and asked.is_loopback:
            return True
        # Open to other machines, it is called by their addresses for it, or by a name in their own network. Nobody can
        # let a name without a dot lead anywhere from outside.
        open_to_others = own is not None and not own.is_loopback
        return open_to_others and (asked is not None or (name != "" and "." not in name))

    # Operations

    def _do(self, action: Callable[..., object], *arguments: object) -> Answer:
        action(*arguments)
        return _DONE

    def _seed(self, _: str, body: Any) -> Answer:
        self._emulator.reset(_runs(body))
        return 200, {"numbers": [run.number for run in self._emulator.runs()]}

    def _add_runs(self, _: str, body: Any) -> Answer:
        return 201, {"numbers": self._emulator.add_runs(_runs(body))}

    def _add_user(self, _: str, body: Any) -> Answer:
        client_id, client_secret = self._emulator.add_user(body.get("permissions", PERMISSIONS))
        return 201, {"clientId": client_id, "clientSecret": client_secret}

    def _list_runs(self, _: str, query: Any) -> Answer:
        return 200, {
            "runs": [
                {
                    "number": run.number,
                    "status": run.status,
                    "accountingPeriodName": run.accounting_period,
                    "entries": run.entries,
                    "cancelledEntries": run.cancelled_entries,
                }
                for run in self._emulator.runs(query["limit"], query["upTo"])
            ]
        }

    def _show_run(self, number: str, query: Any) -> Answer:
        run = self._emulator.run(number, query["limit"])
        entries = [
            {"number": entry.number, "status": entry.status, "transferredToAccounting": entry.transfer}
            for entry in run.entries
        ]
        return 200, {"number": run.number, "status": run.status, "entries": entries}

    def _mark_transferred(self, number: str, body: Any) -> Answer:
        by = {"by": body["transferredBy"]} if "transferredBy" in body else {}
        self._emulator.mark_transferred(number, body["transferredToAccounting"], **by)
        return _DONE

    def _set_clock(self, _: str, body: Any) -> Answer:
        clock = self._emulator.clock
        # A span that is too long is refused before anything else is done.
        clock.advance(body.get("advance", 0))
        clock.advance_on_poll = body.get("advanceOnPoll", clock.advance_on_poll)
        if body.get("frozen", clock.frozen) != clock.frozen:
            (clock.freeze if body["frozen"] else clock.resume)()
        return 200, self._clock()

    def _clock(self) -> dict[str, Any]:
        clock = self._emulator.clock
        return {"now": self._now(), "frozen": clock.frozen, "advanceOnPoll": clock.advance_on_poll}

    def _now(self) -> str:
        return _written(self._emulator.clock.timestamp())

    def _add_fault(self, _: str, body: Any) -> Answer:
        fault = Fault.parse(body["fault"])
        return 201, _fault(self._emulator.add_fault(fault), fault)

    def _remove_fault(self, number: str, _: Any) -> Answer:
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            raise ResourceNotFoundError(f"there is no fault {number[:100]}")
        return self._do(self._emulator.remove_fault, int(number))

    def _list_requests(self, _: str, query: Any) -> Answer:
        requests = self._emulator.requests
        return 200, {
            "requests": [
                {
                    "at": _written(each.at),
                    "method": each.method,
                    "path": each.path,
                    "query": each.query,
                    "operation": each.operation,
                    "headers": {**each.headers},
                    "status": each.status,
                    "codes": each.codes,
                    "requestId": each.request_id,
                    "faults": each.faults,
                    "undocumented": each.undocumented,
                }
                for each in requests[-(query["limit"] or len(requests)) :]
            ]
        }

    def _list_lapses(self, *_: object) -> Answer:
        return 200, {
            "misuses": [
                {"kind": each.kind, "message": each.message, "requestId": each.request.request_id}
                for each in self._emulator.misuses()
            ]
        }


def _body(request: Request, operation: Operation, most: int) -> Any:
    if request.method in ("POST", "PUT", "PATCH") and http.media_type(request) != "application/json":
        raise RefusedError((45, "The content type has to be application/json."), status=415)
    content = http.plain_body(request, most)
    body = http.read_json(content) if content else None
    found = schema_errors(operation.body, body)
    if found:
        raise RefusedError(*found)
    return body


def _query(request: Request, operation: Operation) -> dict[str, Any]:
    given = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    query = {}
    for name, parameter in operation.query.items():
        query[name] = parameter.read(given[name]) if name in given else parameter.default
        if name in given and (found := schema_errors(parameter.validator, query[name], name)):
            raise RefusedError(*found)
    return query


def _runs(body: Any) -> list[Any]:
    if sum(run.get("entries", 0) for run in body["runs"]) > _MOST_ENTRIES:
        raise ValueError(f"more than {_MOST_ENTRIES} entries cannot be added at once")
    return [read_run(run) for run in body["runs"]]


def _name(host: str) -> str:
    """The name in a `Host` header, without the port."""
    name = host.lower()
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _error(message: str) -> dict[str, str]:
    return {"error": message}


def _fault(number: int, fault: Fault) -> dict[str, Any]:
    return {"number": number, "fault": str(fault)}


def _written(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat().replace("+00:00", "Z")
