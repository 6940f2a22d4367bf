"""With `--json`, whatever ends a command is a record."""

from __future__ import annotations

import sys
from typing import Any

import click
import httpx
import pytest
from click.testing import CliRunner

from zuora_journal_runs.cli.app import zjr as group
from zuora_journal_runs.cli.session import Session

from .running import Zjr, process, records

OCTOBER = ("create", "--type", "Invoice Item", "--date", "2026-10-31", "--period", "Oct-2026")
WITH_JSON = [
    name for name, command in group.commands.items() if any("--json" in option.opts for option in command.params)
]


def error_of(result: Any, status: int) -> dict[str, Any]:
    """The one record of a command that failed; standard error has the same message in one line."""
    assert result.exit_code == status, result.output
    (record,) = records(result.stdout)
    assert (record["kind"], record["exitStatus"]) == ("error", status)
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"zjr: {record['message']}")
    return dict(record)


@pytest.mark.parametrize("command", WITH_JSON)
def test_wrong_usage_of_any_command(zjr: Zjr, command: str) -> None:
    for arguments in ([command, "--json", "--loud"], [command, "--loud", "--json"], ["--json", command]):
        record = error_of(zjr(*arguments), 2)
        assert record["advice"].startswith("See `zjr")
        assert not record["maybeProcessed"]


def test_all_commands_that_report_on_runs_have_it() -> None:
    assert WITH_JSON == ["get", "entries", "create", "cancel", "delete", "transfer", "rerun", "evidence", "doctor"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["get", "JR-00000099", "--json"], 1, "retrieve JR-00000099: "),
        (["entries", "JR-00000099", "--format", "json"], 1, "retrieve JR-00000099: "),
        (["entries", "JR-00000099", "--format=json"], 1, "retrieve JR-00000099: "),
        (["entries", "JR-00000099", "--format=jsonl"], 1, "retrieve JR-00000099: "),
        (["entries", "JR-00000099", "--format", "jsonl"], 1, "retrieve JR-00000099: "),
        (["entries", "JR-00000075", "--format", "csv", "--json"], 2, "--json and --format csv contradict each other"),
        (["get", "JR-0000075", "--json"], 2, "Invalid value for 'NUMBER': JR-0000075 has 7 digits; a run number has"),
        (["get", "--json"], 2, "Missing argument 'NUMBER'"),
        (["cancel", "-", "--json"], 2, "no run numbers on standard input"),
        (["cancel", "JR-00000075", "--at-once", "ten", "--json"], 2, "Invalid value for '--at-once': 'ten' is not a "),
        (["evidence", "no-such-file", "--json"], 2, "Invalid value for 'FILE': "),
        (["--json", "get", "JR-00000075"], 2, "--json belongs after the command: zjr get --json"),
        (["--json"], 2, "--json belongs after the command: zjr COMMAND --json"),
        (["--json", "gte"], 2, "--json belongs after the command: zjr COMMAND --json"),
        (["--timeout", "5s", "cancel", "JR-00000075", "--json"], 2, "--timeout belongs after the command: zjr cancel"),
        (["gte", "--json"], 2, "No such command 'gte'"),
        (["--loud", "get", "--json"], 2, "No such option"),
    ],
)
def test_each_failure(zjr: Zjr, arguments: list[str], status: int, message: str) -> None:
    record = error_of(zjr(*arguments), status)

    assert record["message"].startswith(message)


def test_identifiers_and_advice_are_fields(zjr: Zjr) -> None:
    record = error_of(zjr("get", "JR-00000099", "--json"), 1)

    assert record["advice"].startswith("Check the number")
    assert record["requestId"]
    assert record["trackId"]


def test_an_environment_without_settings() -> None:
    record = error_of(CliRunner().invoke(group, ["get", "JR-00000075", "--json"]), 1)

    assert record["message"].startswith("no address: set ZUORA_ENVIRONMENT")


@pytest.mark.parametrize(("arguments", "maybe_processed"), [(["get", "JR-00000075"], False), (OCTOBER, True)])
def test_ctrl_c(zjr: Zjr, arguments: list[str], maybe_processed: bool) -> None:
    def stop(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    record = error_of(zjr.responding(stop)(*arguments, "--json"), 130)

    assert record["maybeProcessed"] is maybe_processed


def test_a_lost_response(zjr: Zjr) -> None:
    def lose(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    record = error_of(zjr.responding(lose)(*OCTOBER, "--json"), 1)

    assert record["maybeProcessed"] is True
    assert "--idempotency-key" in record["advice"]


def test_an_error_that_nobody_expected() -> None:
    def fail(**_: object) -> Any:
        raise KeyError("x")

    record = error_of(CliRunner().invoke(group, ["get", "JR-00000075", "--json"], obj=Session(fail)), 1)

    assert record["message"] == "internal error, please report it: KeyError: 'x'"


def test_a_full_disk_has_its_message_on_standard_error(zjr: Zjr, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str, err: bool = False, **_: object) -> None:
        if not err:
            raise OSError(28, "No space left on device")
        sys.stderr.write(f"{text}\n")

    monkeypatch.setattr(click, "echo", full)
    result = zjr("get", "JR-00000075", "--json")

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "zjr: No space left on device\n")


def test_what_a_command_of_the_user_is_given_is_not_for_zjr() -> None:
    for command in (["emulator", "--pacing", "x", "run", "true", "--json"], ["emulator", "run", "--", "--json"]):
        ended = process(*command)
        assert ended.status != 0
        assert ended.stdout == ""


def test_without_it_standard_output_stays_empty(zjr: Zjr) -> None:
    assert zjr("get", "--", "--json").stdout == ""
    assert zjr("get", "JR-00000099").stdout == ""
    assert zjr("get", "--loud").stdout == ""
