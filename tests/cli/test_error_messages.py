"""What goes wrong: one line, no traceback, and an exit status."""

from __future__ import annotations

import inspect
import re
import shlex
import socket
from functools import partial
from typing import TYPE_CHECKING

import click
import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import JournalRunsClient, errors
from zuora_journal_runs._client._base import ClientArguments
from zuora_journal_runs._client.planning import RunChanges
from zuora_journal_runs.cli import error_messages
from zuora_journal_runs.cli.app import zjr as group
from zuora_journal_runs.cli.error_messages import OPTIONS
from zuora_journal_runs.cli.exit_status import ExitStatus, worst
from zuora_journal_runs.cli.failures import report
from zuora_journal_runs.cli.session import Session
from zuora_journal_runs.emulator import AT_ONCE, Emulator, RunStatus, SeedRun

from .running import Zjr

if TYPE_CHECKING:
    from collections.abc import Iterator


def refusal(code: int, status: int = 200) -> httpx.Response:
    body = {"success": False, "reasons": [{"code": code, "message": "It says no."}]}
    return httpx.Response(status, json=body, headers={"Zuora-Request-Id": "a-request"})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(refusal(50000040), "names the tenant that you mean", id="not-found"),
        pytest.param(refusal(53500010), "Ask an administrator for it.", id="permission"),
        pytest.param(refusal(90000011, 401), "Check ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET", id="authentication"),
        pytest.param(refusal(53500070, 429), "Try again later.", id="limit"),
        pytest.param(refusal(53500050), "Try again later.", id="contention"),
        pytest.param(refusal(53500060), "Try again later.", id="internal"),
        pytest.param(refusal(53500020), "It says no. (HTTP 200). [request a-request, track", id="its-own-words"),
        pytest.param(
            httpx.Response(200, content=b"<html>Welcome</html>"), "the address is that of Zuora's REST API", id="a-page"
        ),
        pytest.param(httpx.Response(200, json={"success": True}), "does not match the contract", id="other-fields"),
    ],
)
def test_each_error_is_one_line_with_what_to_do(zjr: Zjr, answer: httpx.Response, said: str) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    result = zjr.responding(handler)("get", "JR-00000075")

    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("zjr: retrieve JR-00000075: ")
    assert said in line
    assert "processed" not in line


def test_an_address_that_does_not_respond_is_given_up_soon(zjr: Zjr) -> None:
    calls: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        raise httpx.ConnectError("Connection refused")

    result = zjr.responding(refuse)("get", "JR-00000075")

    assert result.exit_code == 1
    assert len(calls) == 2
    assert (
        "Is anything listening on rest.example.com? Check the address in ZUORA_BASE_URL or ZUORA_ENVIRONMENT."
    ) in result.stderr


@pytest.mark.parametrize("command", [["get", "JR-00000075"], ["cancel", "--yes", "JR-00000075"]])
def test_an_address_that_refuses_connections_is_asked_about(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    variables = {"ZUORA_BASE_URL": f"http://{address}", "ZUORA_CLIENT_ID": "i", "ZUORA_CLIENT_SECRET": "s"}
    result = Zjr(variables)(*command)

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert f"Connection refused). Is anything listening on {address}? Check the address in " in line


def test_a_token_that_cannot_be_had_for_lack_of_a_network_is_not_blamed_on_the_credentials() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to host")

    zjr = Zjr({"ZUORA_BASE_URL": "https://rest.example.com", "ZUORA_CLIENT_ID": "i", "ZUORA_CLIENT_SECRET": "s"})
    zjr.connect = partial(zjr.connect, transport=httpx.MockTransport(refuse))
    result = zjr("get", "JR-00000075")

    assert result.exit_code == 1
    assert "Check the network" in result.stderr
    assert "ZUORA_CLIENT_ID" not in result.stderr


def test_a_long_wait_is_announced_and_a_short_one_is_not(zjr: Zjr) -> None:
    left = [httpx.Response(503), httpx.Response(429, headers={"Retry-After": "120"})]

    def handler(_: httpx.Request) -> httpx.Response:
        if left:
            return left.pop()
        return httpx.Response(200, json={"success": True, "number": "JR-00000075", "status": "Completed"})

    result = zjr.responding(handler)("get", "JR-00000075")

    assert result.exit_code == 0
    (line,) = result.stderr.splitlines()
    assert line.startswith("zjr: retrieve JR-00000075: ")
    assert line.endswith("; trying again in 120 s")


@pytest.mark.parametrize(
    ("status", "said"), [(401, "Check ZUORA_CLIENT_ID"), (429, "Try again later."), (503, "Try again later.")]
)
def test_a_token_that_is_refused_says_what_to_do(status: int, said: str) -> None:
    zjr = Zjr({"ZUORA_BASE_URL": "https://rest.example.com", "ZUORA_CLIENT_ID": "i", "ZUORA_CLIENT_SECRET": "s"})
    zjr.connect = partial(zjr.connect, transport=httpx.MockTransport(lambda _: httpx.Response(status)))
    result = zjr("get", "JR-00000075")

    assert result.exit_code == 1
    assert said in result.stderr.splitlines()[-1]


def test_a_wrong_secret_is_reported_and_not_shown(zjr: Zjr) -> None:
    zjr.variables["ZUORA_CLIENT_SECRET"] = "not-the-secret"
    result = zjr("get", "JR-00000075")

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "Check ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET" in line
    assert "not-the-secret" not in line


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "no address: set ZUORA_ENVIRONMENT"),
        ({"ZUORA_BASE_URL": "https://rest.zuora.com"}, "no credentials: set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET"),
        ({"ZUORA_BASE_URL": "rest.zuora.com"}, "'rest.zuora.com' is not the address of an API"),
        ({"ZUORA_BASE_URL": "http://rest.zuora.com"}, "use https"),
        ({"ZUORA_ENVIRONMENT": "MOON"}, "ZUORA_ENVIRONMENT is 'MOON'"),
    ],
)
def test_an_environment_that_describes_no_client_is_reported_in_its_own_words(
    variables: dict[str, str], said: str
) -> None:
    credentials = {"ZUORA_CLIENT_ID": "i", "ZUORA_CLIENT_SECRET": "s"} if "credentials" not in said else {}
    result = CliRunner(env={**credentials, **variables}).invoke(group, ["get", "JR-00000075"])

    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("zjr: ")
    assert said in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["get", "JR-75"], "JR-75 has 2 digits; a run number has at least 8. See `zjr get --help`."),
        (["get"], "Missing argument 'NUMBER'. See `zjr get --help`."),
        (["gte"], "No such command 'gte'"),
        (["get", "JR-00000075", "--loud"], "No such option"),
        (["get", "JR-00000075", "--entity", "a,b"], "give exactly one id"),
        (["get", "JR-00000075", "--track-id", "a:b"], "track id 'a:b' cannot be sent"),
        (["entries", "JR-00000075", "--format", "pdf"], "'pdf' is not one of 'table', 'json', 'jsonl', 'csv'"),
        (["cancel", "JR-00000075", "--timeout", "0"], "'0' is not a duration: write it as 90s, 10m, 2h or 1h30m"),
        (["cancel", "JR-00000075", "--timeout", "-1"], "is not a duration"),
        (["cancel", "JR-00000075", "--timeout", "nan"], "is not a duration"),
        (["cancel", "JR-00000075", "--timeout", "inf"], "is not a duration"),
        (["cancel", "JR-00000075", "--timeout", "1h30"], "is not a duration"),
        (["cancel", "JR-00000075", "--stall-after", "0s"], "'0s' is not a duration"),
        (["cancel", "JR-00000075", "--timeout", "soon"], "is not a duration"),
        (["cancel"], "no run: give its NUMBER, or --apply a plan"),
        (["cancel", "JR-00000075", "--at-once", "ten"], "'ten' is not a whole number of at least 1. See"),
        (["cancel", "JR-00000075", "--at-once", "0"], "'0' is not a whole number of at least 1. See"),
        (["emulator", "--port", "70000"], "'70000' is not a whole number of at least 0 and at most 65535. See"),
        (["contract", "--max-time", "0"], "'0' is not a number of seconds above 0. See"),
        (["contract", "--patience", "-1"], "'-1' is not a number of seconds of at least 0. See"),
        (["get", "JR-7"], "JR-7 has 1 digit; a run number has at least 8. See"),
    ],
)
def test_wrong_usage_is_one_line_and_2(zjr: Zjr, emulator: Emulator, arguments: list[str], said: str) -> None:
    result = zjr(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert said in line
    assert not emulator.requests


def test_without_a_command_the_help_is_shown(zjr: Zjr) -> None:
    result = zjr()

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: zjr [OPTIONS] COMMAND [ARGS]...")


def test_the_help_names_the_commands_in_the_order_of_their_use(zjr: Zjr) -> None:
    stdout = zjr("--help").stdout

    listed = stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == list(group.commands)
    assert "..." not in listed
    assert max(map(len, stdout.splitlines())) <= 80


def test_every_option_has_help() -> None:
    options = [
        option for command in group.commands.values() for option in command.params if isinstance(option, click.Option)
    ]

    assert [option.name for option in options if not option.help] == []


def test_no_option_takes_a_secret() -> None:
    names = {name for command in group.commands.values() for option in command.params for name in option.opts}

    assert not [name for name in names if "secret" in name or "token" in name or "client" in name]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "zjr: No space left on device\n"),
        (OSError(21, "Is a directory", "/tmp"), "zjr: /tmp: Is a directory\n"),
        (KeyError("x"), "zjr: internal error, please report it: KeyError: 'x'\n"),
        (EOFError(), "\nzjr: stopped; nothing was changed\n"),
    ],
)
def test_an_unforeseen_error_is_one_line_too(error: Exception, said: str) -> None:
    def fail(**_: object) -> JournalRunsClient:
        raise error

    result = CliRunner().invoke(group, ["get", "JR-00000075"], obj=Session(fail))

    assert result.exit_code in (1, 2, 130)
    assert result.stderr == said


def test_wrong_usage_of_no_command_in_particular(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(click.UsageError("No."), as_json=False) is ExitStatus.USAGE
    assert capsys.readouterr().err == "zjr: No. See `zjr --help`.\n"


def test_an_attempt_that_takes_long_is_not_given_up(zjr: Zjr) -> None:
    left = [503, 503, 503, 503]

    def handler(_: httpx.Request) -> httpx.Response:
        if left:
            return httpx.Response(left.pop())
        return httpx.Response(200, json={"success": True, "number": "JR-00000075", "status": "Completed"})

    assert zjr.responding(handler)("get", "JR-00000075").exit_code == 0


def test_every_kind_of_error_is_reported() -> None:
    """A kind of error that the client gains is either advised on, or speaks for itself."""
    advised = (*error_messages._ADVICE, errors.TokenError, errors.InvalidResponseError)
    speaking = {
        "APIError",
        "ResponseError",
        "CallError",
        "CancellationTimeoutError",
        "ClientClosedError",
        "CompletionTimeoutError",
        "DeletionTimeoutError",
        "EntriesRemainError",
        "EvidenceError",
        "IdempotencyError",
        "IncompleteEntriesError",
        "InvalidArgumentError",
        "InvalidRequestError",
        "JournalRunsError",
        "KeyExpiredError",
        "PlanError",
        "PostingInDoubtError",
        "WaitTimeoutError",
        "RuleViolationError",
        "RunError",
        "UnsupportedRequestError",
        "RunStatusError",
    }
    kinds = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.JournalRunsError)
    ]

    assert {kind.__name__ for kind in kinds if not issubclass(kind, advised)} == speaking


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], ExitStatus.DONE),
        ([0, 3, 4, 2, 1], ExitStatus.ERROR),
        ([4, 2, 3], ExitStatus.USAGE),
        ([3, 4, 0], ExitStatus.UNKNOWN),
        ([0, 3], ExitStatus.INCOMPLETE),
    ],
)
def test_the_worst_of_several_statuses(statuses: list[int], expected: ExitStatus) -> None:
    assert worst(statuses) is expected


def test_a_client_is_made_as_the_environment_says(zjr: Zjr) -> None:
    """Without a client of the tests' own, `from_env` makes it."""
    result = CliRunner(env=zjr.variables).invoke(group, ["get", "JR-00000075"])

    assert result.exit_code == 0
    assert result.stdout.startswith("JR-00000075  Completed")


WITHOUT_OPTION = {
    "base_url", "client_id", "client_secret", "compress_over", "on_attempt", "on_poll", "on_progress", "on_result",
    "on_turn", "page_size", "was_posted",
}  # fmt: skip
"""Arguments of the client that the command does not take as options."""


def arguments_of_the_client() -> set[str]:
    """Return the names of all arguments of the client and its methods that are not English words."""
    methods = [method for name, method in inspect.getmembers(JournalRunsClient) if callable(method) and name[0] != "_"]
    found = {name for method in [JournalRunsClient, *methods] for name in inspect.signature(method).parameters}
    return {
        name
        for name in found | ClientArguments.__annotations__.keys() | RunChanges.__annotations__.keys()
        if "_" in name
    }


def test_every_argument_has_the_name_of_its_option() -> None:
    assert arguments_of_the_client() == OPTIONS.keys() | WITHOUT_OPTION
    options = {option for command in group.commands.values() for each in command.params for option in each.opts}
    assert options.issuperset(OPTIONS.values())


HOSTILE = st.sampled_from(
    ["", " ", "-", "0", "-1", "1e9", "nan", "a b", "a,b", ",", "2026-02-30", "2026-10-31", "JR-1", "Oct"]
) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
CREATION = {
    "--type": st.just("Invoice Item") | HOSTILE,
    "--date": st.just("2026-10-31") | HOSTILE,
    "--from": st.just("2026-10-31") | HOSTILE,
    "--to": st.just("2026-10-01") | HOSTILE,
    **dict.fromkeys(["--period", "--organization-id", "--organization", "--wait-for-turn"], HOSTILE),
}
HEADERS = dict.fromkeys(["--entity", "--org", "--track-id", "--zuora-version"], HOSTILE)
WAITS = dict.fromkeys(["--timeout", "--stall-after"], HOSTILE)
COMMANDS = {
    "get": {},
    "entries": {},
    "create --type Taxation\\ Item --date 2026-10-31": CREATION,
    "create --type Taxation\\ Item --date 2026-10-31 --period Oct-2026": {**CREATION, "--idempotency-key": HOSTILE},
    "cancel": {**WAITS, "--at-once": HOSTILE},
    "delete": {"--timeout": HOSTILE},
    "transfer": {"--value": HOSTILE, "--entry": HOSTILE, "--notes": HOSTILE, "--timeout": HOSTILE},
    "rerun": {**CREATION, **WAITS},
}


@given(st.sampled_from(list(COMMANDS)), st.data())
def test_no_error_names_an_argument_of_python(emulated: Emulator, command: str, data: st.DataObject) -> None:
    """Runs without a period, and values that make no sense, against every option and every variable."""
    options = {**COMMANDS[command], **HEADERS}
    chosen = data.draw(st.lists(st.sampled_from(list(options)), unique=True, max_size=2))
    words = [word for option in chosen for word in (option, data.draw(options[option], label=option))]
    variables = dict(emulated.environ())
    for name in data.draw(
        st.lists(st.sampled_from(["ZUORA_BASE_URL", "ZUORA_ENTITY_ID", "ZUORA_ORG_IDS", "ZUORA_VERSION"]), max_size=1)
    ):
        variables[name] = data.draw(
            st.sampled_from(["foo", "a b", ",", "\u00fc", "http://a@b", "https://a/v1"]), label=name
        )
    if command in ("cancel", "delete", "transfer", "rerun"):
        words.append("--dry-run")
    number = (
        [] if command.startswith("create") else [data.draw(st.sampled_from(["JR-00000075", "JR-00000071", "JR-1"]))]
    )
    result = Zjr(variables)(*shlex.split(command), *words, *number)
    typed = " ".join([*words, *variables.values()])
    named = re.findall(r"[a-z]+(?:_[a-z]+)+", result.stderr)
    assert not [name for name in named if name not in typed]


@pytest.fixture(scope="module")
def emulated() -> Iterator[Emulator]:
    with Emulator(
        pacing=AT_ONCE,
        seed=[SeedRun(number="JR-00000075", entries=2), SeedRun(number="JR-00000071", status=RunStatus.ERROR)],
    ) as emulator:
        yield emulator


def test_what_was_typed_is_not_taken_for_an_argument(zjr: Zjr) -> None:
    result = zjr("create", "--type", "accounting_period_name", "--date", "2026-10-31", "--period", "Oct-2026")
    assert "'accounting_period_name' is not a transaction type" in result.stderr
    result = zjr("rerun", "JR-00000071", "--dry-run")
    assert (result.exit_code, result.stderr) == (
        2,
        "zjr: the accounting period of JR-00000071 is not known, since no entry names it: give --period\n",
    )
