"""Seed files for `zjr emulator --seed`, and seeds as the control API receives them.

Both have the format of the schema `Seed` in `control.yaml`; docs/reference/seed-file.md has examples.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from zuora_journal_runs.emulator.errors import SeedFileError
from zuora_journal_runs.emulator.openapi import control_api
from zuora_journal_runs.emulator.pacing import Pacing

from .ledger import Transaction
from .lifecycle import RunStatus, Transfer
from .rows import Period
from .seed import Seed, SeedRun

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

_FIELDS = {"number": "number", "accountingPeriodName": "period", "executedOn": "executed_on"}
_MAX_MESSAGE_LENGTH = 300
_TEXT = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class _Loader(yaml.SafeLoader):
    """A YAML loader that reads `Yes` and `2026-11-02 22:05:12` as text, as Zuora does.

    It is based on the loader written in Python: with the one written in C, deep nesting crashes the process.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, form) for tag, form in resolvers if tag not in _TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_seed(file: str | os.PathLike[str]) -> Seed:
    """Read a seed file: JSON if its name ends in `.json`, YAML otherwise.

    Raises:
        SeedFileError: The file cannot be read or is invalid; the message says where and why.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SeedFileError(f"{file}: {reason}") from None
    document = (_json if Path(file).suffix.lower() == ".json" else _yaml)(file, text)
    for invalid in control_api().schema("Seed").validator.iter_errors(document):
        raise _error(file, text, invalid.instance_path, invalid.message[:_MAX_MESSAGE_LENGTH])
    for index, run in enumerate(document.get("runs", ())):
        try:
            parse_seed_run(run)
        except ValueError as error:
            raise _error(file, text, ["runs", index], str(error)) from None
    return parse_seed(document)


def parse_seed(document: Mapping[str, Any]) -> Seed:
    """Convert a seed that is valid against the schema.

    Raises:
        ValueError: The pacing of a run is invalid.
    """
    transactions = document.get("transactions")
    return Seed(
        runs=tuple(map(parse_seed_run, document.get("runs", ()))),
        periods=tuple(map(parse_period, document.get("periods", ()))),
        transactions=None if transactions is None else tuple(map(parse_transaction, transactions)),
    )


def parse_period(period: Mapping[str, Any]) -> Period:
    """Convert a period that is valid against the schema."""
    return Period(period["name"], period["start"], period.get("end"), period.get("status") != "Closed")


def parse_transaction(transaction: Mapping[str, Any]) -> Transaction:
    """Convert a transaction that is valid against the schema."""
    return Transaction(**transaction)


def _json(file: str | os.PathLike[str], text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SeedFileError(f"{file}: it is not JSON: {error}") from None


def _yaml(file: str | os.PathLike[str], text: str) -> Any:
    try:
        return _with_text_keys(yaml.load(text, _Loader))  # noqa: S506 - the loader is safe
    except yaml.MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SeedFileError(f"{file}{place}: it is not YAML: {error.problem}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise SeedFileError(f"{file}: it is not YAML: {' '.join(str(error).split())}") from None


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


def _error(file: str | os.PathLike[str], text: str, path: Sequence[str | int], message: str) -> SeedFileError:
    line = None
    with contextlib.suppress(yaml.YAMLError):  # JSON is valid YAML unless it contains tabs
        line = _line(yaml.compose(text, _Loader), path)
    place = f", line {line}" if line else ""
    where = ".".join(map(str, path))
    return SeedFileError(f"{file}{place}: {where + ': ' if where else ''}{message}")


def _line(node: yaml.Node | None, path: Sequence[str | int]) -> int | None:
    """Return the line number of the value at a path in a document."""
    for step in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(step)]
        else:
            assert isinstance(node, yaml.MappingNode)
            node = next(value for key, value in node.value if key.value == str(step))
    return int(node.start_mark.line) + 1 if node else None


def parse_seed_run(run: dict[str, Any]) -> SeedRun:
    """Convert a run that is valid against the schema.

    Raises:
        ValueError: The pacing is invalid.
    """
    fields: dict[str, Any] = {ours: run[theirs] for theirs, ours in _FIELDS.items() if theirs in run}
    if "entries" in run:
        fields["entries"] = int(run["entries"])  # JSON does not distinguish 3 from 3.0
    if "status" in run:
        fields["status"] = RunStatus(run["status"])
    if "outcome" in run:
        fields["outcome"] = RunStatus(run["outcome"])
    if "transactionTypes" in run:
        fields["transaction_types"] = tuple(run["transactionTypes"])
    if "pacing" in run:
        fields["pacing"] = Pacing.parse(run["pacing"])
    transfers = run.get("transferredToAccounting", {})
    return SeedRun(**fields, transfers={int(position): Transfer(value) for position, value in transfers.items()})
