"""Whether a response is one that the contract documents: its status, content type, headers and body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from zuora_journal_runs.spec import resolve_ref

from .document import operations, reference
from .exchange import NOT_JSON, UNKNOWN
from .findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import ValidationError, Validator

    from .document import Document
    from .exchange import Exchange

JSON = "application/json"
TRANSIENT = frozenset({502, 503, 504})
"""Statuses of gateways, which Zuora's guides mention and the contract does not. In recordings they prove nothing."""

NOT_IMPLEMENTED = 501
"""Statuses with which a gateway may refuse an unknown method."""

LONGEST_VALUE = 80
MOST_ERRORS = 50
"""How many errors of a body are considered: in a list, every item may have the same one."""

_IDENTITY = frozenset({"enum", "const"})
"""Keywords whose errors are distinguished by the value: an unknown status is not another unknown status."""


class _Header(NamedTuple):
    required: bool
    numeric: bool
    schema: Validator


class _Response(NamedTuple):
    headers: Mapping[str, _Header]
    media_types: frozenset[str]
    success: Validator
    failure: Validator
    """For a body whose `success` is false; the same as for others, if there is only one form."""


class Conformance:
    """Checks responses against the contract's documentation of them.

    Args:
        document: The contract.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._responses = {
            operation.id: {
                status: self._response(resolve_ref(document, node))
                for status, node in operation.raw["responses"].items()
            }
            for operation in operations(document)
        }
        self._methods = {operation.id: operation.method for operation in operations(document)}
        self._words = frozenset(_words(document["components"]["schemas"]))
        self._error = document.validator(reference("ErrorResponse"))

    def problems(self, operation_id: str, exchange: Exchange) -> Iterator[Problem]:
        """Check a response to an operation, or to a request to its address with another method."""
        if exchange.method != self._methods[operation_id]:
            yield from self.refusal(exchange)
            return
        responses = self._responses[operation_id]
        documented = responses.get(str(exchange.status)) or responses.get(f"{exchange.status // 100}XX")
        if exchange.live and exchange.judged >= 500:
            yield Problem("server-error", f"a server error: {exchange.status}", fatal=True)
        if documented is None:
            if not (exchange.live and exchange.judged >= 500) and exchange.status not in TRANSIENT:
                known = ", ".join(responses)
                yield Problem("status", f"the status {exchange.status}, not one of {known}", fatal=True)
            return
        media_type = self._media_type(exchange)
        if media_type is not None and media_type not in documented.media_types:
            wrong = f"Content-Type is {media_type or 'missing'}, not {', '.join(documented.media_types)}"
            yield Problem("content-type", wrong, wrong, fatal=exchange.body is NOT_JSON)
        elif exchange.body is NOT_JSON:
            yield Problem("body", "the body is not JSON", fatal=True)
        if exchange.headers is not None:
            yield from self._headers(documented.headers, exchange)
        if exchange.body is not NOT_JSON and exchange.body is not UNKNOWN:
            data = exchange.data
            refused = data.get("success") is False or ("success" not in data and "reasons" in data)
            yield from self._body(documented.failure if refused else documented.success, exchange.body)

    def refusal(self, exchange: Exchange) -> Iterator[Problem]:
        """Check a response to a request that the contract does not have."""
        if exchange.status >= 500 and exchange.status != NOT_IMPLEMENTED:
            yield Problem("server-error", f"a server error: {exchange.status}", fatal=True)
        elif 400 <= exchange.status < 500:
            if not self._error.is_valid(None if exchange.body is NOT_JSON else exchange.body):
                yield Problem("refusal", "a refusal that is not in Zuora's form")
            if len(exchange.header("zuora-request-id") or "") != 36:
                yield Problem("refusal", "Zuora-Request-Id does not have 36 characters")

    @staticmethod
    def _media_type(exchange: Exchange) -> str | None:
        if exchange.headers is None or exchange.body is UNKNOWN:
            return None
        if not exchange.all_headers and "content-type" not in exchange.headers:
            return None
        return (exchange.header("content-type") or "").partition(";")[0].strip().lower()

    def _headers(self, headers: Mapping[str, _Header], exchange: Exchange) -> Iterator[Problem]:
        for name, header in headers.items():
            text = exchange.header(name)
            if text is None:
                if header.required and exchange.all_headers:
                    yield Problem("headers", f"the header {_title(name)} is missing", f"{name}: required")
                continue
            value: Any = int(text) if header.numeric and text.strip().isdecimal() else text
            for error in header.schema.iter_errors(value):
                keyword = error.kind.name
                yield Problem("headers", f"{_title(name)}: {_described(error)}", f"{name}: {keyword}")
                break

    def _body(self, schema: Validator, body: Any) -> Iterator[Problem]:
        seen: set[tuple[str, str]] = set()
        wrong_type: set[str] = set()
        for _, error in zip(range(MOST_ERRORS), schema.iter_errors(body), strict=False):
            path = list(error.instance_path)
            keyword = error.kind.name
            if keyword == "required":
                path.append(error.kind.property)  # type: ignore[attr-defined]
            where, pattern = _pointer(path), _pointer(path, indices=False)
            if keyword == "type":
                wrong_type.add(where)
            elif where in wrong_type:
                continue
            shown = _shown(error.instance)
            cause = f"{pattern}: {keyword}" + (f": {shown}" if keyword in _IDENTITY else "")
            if (pattern, cause) in seen:
                continue
            seen.add((pattern, cause))
            value = error.instance if keyword in _IDENTITY and isinstance(error.instance, str) else ""
            distinct = value if len(value) > 2 and value not in self._words else ""
            yield Problem("body", f"{where}: {_described(error)}", cause, distinct)

    def _response(self, node: Mapping[str, Any]) -> _Response:
        content = node["content"]
        schema = content[JSON]["schema"]
        forms = schema.get("oneOf", [schema])
        success, failure = (self._document.validator(each) for each in (forms[0], forms[-1]))
        headers = {name.lower(): self._header(each) for name, each in node.get("headers", {}).items()}
        return _Response(headers, frozenset(content), success, failure)

    def _header(self, node: Mapping[str, Any]) -> _Header:
        header = resolve_ref(self._document, node)
        schema = resolve_ref(self._document, header["schema"])
        return _Header(header.get("required", False), schema["type"] == "integer", self._document.validator(schema))


def _words(schemas: Mapping[str, Any]) -> Iterator[str]:
    for schema in schemas.values():
        yield from (each for each in schema.get("enum", ()) if isinstance(each, str))


def _pointer(path: list[Any], *, indices: bool = True) -> str:
    text = "".join((f"[{each}]" if indices else "[]") if isinstance(each, int) else f".{each}" for each in path)
    return text.removeprefix(".") or "the body"


def _described(error: ValidationError) -> str:
    kind: Any = error.kind
    shown = _shown(error.instance)
    match kind.name:
        case "enum":
            return f"{shown}, not one of {', '.join(map(str, kind.options))}"
        case "const":
            return f"{shown}, not {_shown(kind.expected_value)}"
        case "required":
            return "missing"
        case "type":
            return f"{shown}, not of the type {' or '.join(kind.types)}"
        case "format":
            return f"{shown}, not of the format {kind.format}"
        case _:
            return f"{shown}: {_cut(error.message)}"


def _shown(value: Any) -> str:
    return _cut(f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _title(name: str) -> str:
    return name.title().replace("Ratelimit", "RateLimit")
