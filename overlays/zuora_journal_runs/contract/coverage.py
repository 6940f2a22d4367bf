"""Which rows of the contract were reached: its answers, headers, parameters, fields and values. Not which code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .checks import body_of, wire_status
from .fragment import operations, resolved, validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Validator
    from schemathesis import Case
    from schemathesis.core.transport import Response

    from .fragment import Operation

SUCCESS, REFUSED = "success", "refused"


class Row(NamedTuple):
    """Something that the contract says, and that can be reached or not."""

    operation: str
    kind: str
    """answer, header, parameter, field or value."""
    name: str


class Coverage:
    """Counts the answers that reached each row of a fragment."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._operations = {operation.id: operation for operation in operations(document)}
        self._parameters = {
            operation.id: [(p["name"], p["in"], validator(document, p["schema"])) for p in operation.parameters]
            for operation in self._operations.values()
        }
        self._fields = {id_: dict(self._fields_of(each)) for id_, each in self._operations.items()}
        self._values = dict(self._values_of(document["components"]["schemas"]))
        self.reached: Counter[Row] = Counter(dict.fromkeys(self._rows(), 0))
        self.calls: Counter[tuple[str, str]] = Counter()
        """Requests by operation and the status of the answer as it was sent."""
        self.shapes: set[str] = set()
        """What the provider was seen to answer: operation, status, and the headers, fields and their types."""

    def seen(self, operation_id: str, case: Case[Any], response: Response) -> None:
        """An operation was answered."""
        wire = wire_status(response)
        self.calls[operation_id, str(wire)] += 1
        status = next((key for key in self._statuses(operation_id) if _covers(key, wire)), None)
        data = body_of(response)
        if status is not None:
            inside = f" {SUCCESS if data.get('success', True) else REFUSED}" if status == "200" else ""
            self._reach(operation_id, "answer", f"{status}{inside}")
            for name in response.headers:
                self._reach(operation_id, "header", f"{status} {name.lower()}")
        outcome = SUCCESS if response.status_code < 400 else REFUSED
        self._request(operation_id, case, response, outcome)
        self._note(f"{operation_id} {response.status_code}", data)
        self.shapes.update(f"{operation_id} {response.status_code} header {name.lower()}" for name in response.headers)

    def _request(self, operation_id: str, case: Case[Any], response: Response, outcome: str) -> None:
        headers = response.request.headers
        for name, place, schema in self._parameters[operation_id]:
            given: Any = {"header": headers, "query": case.query, "path": case.path_parameters}[place].get(name)
            if given is None:
                continue
            given = given.decode("latin-1") if isinstance(given, bytes) else given
            valid = schema.is_valid(given)
            if valid == (outcome == SUCCESS):
                self._reach(operation_id, "parameter", f"{name} {outcome}")
        body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
        for name, schema in self._fields[operation_id].items():
            if name in body and schema.is_valid(body[name]) == (outcome == SUCCESS):
                self._reach(operation_id, "field", f"{name} {outcome}")
        types = body.get("transactionTypes")
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
            answers = operation.raw["responses"]
            for status in answers:
                yield from (Row(id_, "answer", name) for name in _forms(id_, status))
            for status, node in answers.items():
                for header in resolved(self._document, node).get("headers", {}):
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
            for name, schema in resolved(self._document, media["schema"])["properties"].items():
                yield name, validator(self._document, schema)

    def _values_of(self, schemas: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        for name in ("TransactionType", "JournalRunStatus", "JournalEntryStatus", "TransferredToAccounting"):
            yield name, schemas[name]["enum"]


_SCHEMA_OF = {
    ("getJournalRun", "status"): "JournalRunStatus",
    ("listJournalEntriesOfJournalRun", "status"): "JournalEntryStatus",
    ("listJournalEntriesOfJournalRun", "transferredToAccounting"): "TransferredToAccounting",
}


def _forms(operation_id: str, status: str) -> list[str]:
    """The forms that an answer of this status has: under 200 there may be a failure, but for tokens."""
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
