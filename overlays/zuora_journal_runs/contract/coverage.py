"""Which rows of the contract were reached: its responses, headers, parameters, fields and values. Not which code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from zuora_journal_runs.spec import resolve_ref

from .document import operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Validator

    from .document import Document, Operation
    from .exchange import Exchange

SUCCESS, REFUSED = "success", "refused"


class Row(NamedTuple):
    """Something that the contract says, and that can be reached or not."""

    operation: str
    kind: str
    """response, header, parameter, field or value."""
    name: str


class Coverage:
    """Counts the responses that reached each row of a contract."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._operations = {operation.id: operation for operation in operations(document)}
        self._parameters = {
            operation.id: [(p["name"], p["in"], document.validator(p["schema"])) for p in operation.parameters]
            for operation in self._operations.values()
        }
        self._fields = {id_: dict(self._fields_of(each)) for id_, each in self._operations.items()}
        self._values = dict(self._values_of(document["components"]["schemas"]))
        self.reached: Counter[Row] = Counter(dict.fromkeys(self._rows(), 0))
        self.calls: Counter[tuple[str, str]] = Counter()
        """Requests by operation and the status of the response as it was sent."""
        self.shapes: set[str] = set()
        """What responses consisted of: operation, status, and the headers, fields and their types."""

    def seen(
        self, operation_id: str, exchange: Exchange, path: Mapping[str, Any], query: Mapping[str, Any], body: Any
    ) -> None:
        """Count a response to an operation.

        Args:
            operation_id: The operation.
            exchange: The request and its response.
            path: The request's path parameters.
            query: Its query parameters.
            body: Its body.
        """
        status = exchange.status
        self.calls[operation_id, str(status)] += 1
        known = next((key for key in self._statuses(operation_id) if _covers(key, status)), None)
        data = exchange.data
        if known is not None:
            inside = f" {SUCCESS if data.get('success', True) else REFUSED}" if known == "200" else ""
            self._reach(operation_id, "response", f"{known}{inside}")
            for name in exchange.headers or ():
                self._reach(operation_id, "header", f"{known} {name}")
        outcome = SUCCESS if exchange.judged < 400 else REFUSED
        self._request(operation_id, exchange, {"path": path, "query": query}, body, outcome)
        where = f"{operation_id} {exchange.judged}"
        self._note(where, data)
        self.shapes.update(f"{where} header {name}" for name in exchange.headers or ())

    def prevented(self, row: Row) -> str:
        """Return why no provider can be made to show a row; empty if it can."""
        status, _, name = row.name.partition(" ")
        match row.kind:
            case "header" if name == "content-encoding" and (row.operation, status) not in _LONG:
                return "only a body of more than 1,000 bytes is compressed, and this one is shorter"
            case "header" if status == "500" and name.startswith("ratelimit"):
                return "no document requires it of a server that fails"
            case "header" if (status, name) == ("4XX", "retry-after") and "429" in self._statuses(row.operation):
                return "a refusal says when to return only with the status 429, which has a row of its own"
            case "parameter" if row.name == f"Content-Encoding {SUCCESS}" and row.operation in _WITHOUT_BODY:
                return "such a request has no body to compress"
            case "value" if row.name == "JournalRunStatus Error":
                return "no document says what ends a run in Error"
        return ""

    def why(self, row: Row) -> str:
        """Return why a row may not be reached by requests alone; empty if nothing prevents it."""
        status = row.name.partition(" ")[0]
        if prevented := self.prevented(row):
            return prevented
        if status == "429" or row.name == "4XX retry-after":
            return "it comes only when a limit is reached: give a way with --provoke"
        if status == "500":
            return "a provider fails only when it is made to: give a way with --provoke"
        return ""

    def _request(
        self,
        operation_id: str,
        exchange: Exchange,
        parameters: Mapping[str, Mapping[str, Any]],
        body: Any,
        outcome: str,
    ) -> None:
        headers = exchange.request_headers or {}
        for name, place, schema in self._parameters[operation_id]:
            given: Any = headers.get(name.lower()) if place == "header" else parameters[place].get(name)
            if given is not None and schema.is_valid(given) == (outcome == SUCCESS):
                self._reach(operation_id, "parameter", f"{name} {outcome}")
        fields: dict[str, Any] = body if isinstance(body, dict) else {}
        for name, schema in self._fields[operation_id].items():
            if name in fields and schema.is_valid(fields[name]) == (outcome == SUCCESS):
                self._reach(operation_id, "field", f"{name} {outcome}")
        types = fields.get("transactionTypes")
        for each in types if isinstance(types, list) and outcome == SUCCESS else ():
            self._reach("", "value", f"TransactionType {each['type'] if isinstance(each, dict) else each}")

    def _note(self, where: str, value: Any, path: str = "") -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                self._note(where, each, f"{path}.{name}")
            return
        if isinstance(value, list):
            for each in value:
                self._note(where, each, f"{path}[]")
            return
        self.shapes.add(f"{where} {path.lstrip('.')}: {type(value).__name__}")
        field = path.rpartition(".")[2]
        if isinstance(value, str) and field in ("status", "transferredToAccounting"):
            for schema, values in self._values.items():
                if value in values and (schema == _SCHEMA_OF.get((where.partition(" ")[0], field))):
                    self._reach("", "value", f"{schema} {value}")

    def _reach(self, operation: str, kind: str, name: str) -> None:
        row = Row(operation, kind, name)
        if row in self.reached:
            self.reached[row] += 1

    # The rows that there are

    def _rows(self) -> Iterator[Row]:
        for id_, operation in self._operations.items():
            responses = operation.raw["responses"]
            for status in responses:
                yield from (Row(id_, "response", name) for name in _forms(id_, status))
            for status, node in responses.items():
                for header in resolve_ref(self._document, node).get("headers", {}):
                    yield Row(id_, "header", f"{status} {header.lower()}")
            for name, _, schema in self._parameters[id_]:
                yield from _both(Row(id_, "parameter", name), schema)
            for name, schema in self._fields[id_].items():
                yield from _both(Row(id_, "field", name), schema)
        for schema_name, values in self._values.items():
            yield from (Row("", "value", f"{schema_name} {value}") for value in values)

    def _statuses(self, operation_id: str) -> list[str]:
        return list(self._operations[operation_id].raw["responses"])

    def _fields_of(self, operation: Operation) -> Iterator[tuple[str, Validator]]:
        for media in operation.raw.get("requestBody", {}).get("content", {}).values():
            for name, schema in resolve_ref(self._document, media["schema"])["properties"].items():
                yield name, self._document.validator(schema)

    def _values_of(self, schemas: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        for name in ("TransactionType", "JournalRunStatus", "JournalEntryStatus", "TransferredToAccounting"):
            yield name, schemas[name]["enum"]


_LONG = frozenset(
    {
        ("createJournalRun", "200"),
        ("createJournalRun", "4XX"),
        ("getJournalRun", "200"),
        ("listJournalEntriesOfJournalRun", "200"),
    }
)
"""The responses that can have more than 1,000 bytes: of each wrong field, a refusal says what is wrong with it."""

_WITHOUT_BODY = frozenset({"getJournalRun", "deleteJournalRun", "listJournalEntriesOfJournalRun"})

_SCHEMA_OF = {
    ("getJournalRun", "status"): "JournalRunStatus",
    ("listJournalEntriesOfJournalRun", "status"): "JournalEntryStatus",
    ("listJournalEntriesOfJournalRun", "transferredToAccounting"): "TransferredToAccounting",
}


def _forms(operation_id: str, status: str) -> list[str]:
    """Return the forms of a response with this status: under 200 there may be a failure, but for tokens."""
    if status != "200":
        return [status]
    return [f"{status} {SUCCESS}"] + ([f"{status} {REFUSED}"] if operation_id != "createToken" else [])


def _both(row: Row, schema: Validator) -> Iterator[Row]:
    """The row for a value that is allowed, and the one for a value that is not, if any text is not."""
    yield row._replace(name=f"{row.name} {SUCCESS}")
    if not all(map(schema.is_valid, ("", " ", "\x7f" * 300))):
        yield row._replace(name=f"{row.name} {REFUSED}")


def _covers(key: str, status: int) -> bool:
    return key in (str(status), f"{status // 100}XX")
