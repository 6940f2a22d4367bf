"""`zjr emulator`, as a process of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.cli import running_emulators, subprocesses
from zuora_journal_runs.cli.app import zjr as group
from zuora_journal_runs.cli.commands import emulator as emulator_command
from zuora_journal_runs.cli.subprocesses import execute
from zuora_journal_runs.emulator import Emulator, Settings

from .running import COMMAND, PATIENCE, Terminal, Zjr, environment, process

if TYPE_CHECKING:
    from collections.abc import Iterator


class Serving:
    """An emulator that runs."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "emulator", *arguments],
            env=environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def client(self) -> JournalRunsClient:
        return JournalRunsClient(
            self.ready["url"], client_id=self.ready["client_id"], client_secret=self.ready["client_secret"]
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        """What else it said on standard output and error."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE)


@pytest.fixture
def serving() -> Iterator[Serving]:
    serving = Serving()
    yield serving
    serving.process.kill()
    serving.process.communicate(timeout=PATIENCE)


def test_it_says_in_one_line_where_it_is_and_serves_there(serving: Serving) -> None:
    assert list(serving.ready) == ["url", "client_id", "client_secret"]
    with serving.client() as client:
        assert client.retrieve("JR-00000075").status == "Completed"


@pytest.mark.posix("signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_silence(serving: Serving, number: signal.Signals) -> None:
    assert serving.stop(number) == ("", "")
    assert serving.process.returncode == 0


def test_what_zuora_leaves_open_is_chosen(zjr: Zjr) -> None:
    shown = "import os; print(os.environ['ZUORA_BASE_URL'])"
    assert zjr("emulator", "--set", "max-page-size=40", "run", sys.executable, "-c", shown).exit_code == 0
    refused = zjr("emulator", "--set", "max-page-size=many", "run", "true")
    assert refused.exit_code == 2
    assert "'max-page-size=many' is not a valid setting: write a whole number of at least 1" in refused.stderr
    told = zjr("emulator", "--help").stdout
    for field in fields(Settings):
        assert field.name.replace("_", "-") in told


def test_its_runs_are_kept_in_a_file(tmp_path: Path) -> None:
    arguments = ("--db", str(tmp_path / "runs.db"))
    first = Serving(*arguments)
    with first.client() as client:
        client.cancel("JR-00000075")
    first.stop()

    second = Serving(*arguments)
    with second.client() as client:
        status = client.retrieve("JR-00000075").status
    second.stop()

    assert status == "CancelInprogress"
    assert second.ready["client_secret"] == first.ready["client_secret"]


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = process("emulator", "--port", str(port))

    assert ended.status == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("zjr: ")
    assert f"Port {port} on 127.0.0.1 is in use." in line


@pytest.mark.measured
def test_a_file_that_is_no_database_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("These are notes, and more than a few of them. " * 100)
    ended = process("emulator", "--db", str(tmp_path / "notes.txt"))

    assert ended.status == 1
    (line,) = ended.stderr.splitlines()
    assert "notes.txt" in line


def test_an_invalid_port_is_wrong_usage() -> None:
    assert process("emulator", "--port", "70000").status == 2


@pytest.mark.measured
def test_on_a_terminal_it_prints_how_to_connect_and_the_requests() -> None:
    terminal = Terminal("emulator", "--fault", "entries:reset", variables={})
    terminal.until("Press Ctrl-C to stop. Requests:\n")
    url = re.findall(r"^Open (\S+) in a browser", terminal.shown)[0]
    exports = dict(re.findall(r"^  export (\w+)=(\S+)$", terminal.shown, re.MULTILINE))
    assert exports["ZUORA_BASE_URL"] == url
    assert re.search(r'^  eval "\$\(.*zjr\S* emulator env\)"$', terminal.shown, re.MULTILINE)
    assert " cancel JR-00000075\n" in terminal.shown
    assert "{" not in terminal.shown

    zjr = Zjr(exports)
    assert zjr("get", "JR-00000075").exit_code == 0
    terminal.until("GET     /v1/journal-runs/JR-00000075  200\n")
    assert zjr("get", "JR-00000099").exit_code == 1
    terminal.until("GET     /v1/journal-runs/JR-00000099  \x1b[31m200\x1b[0m  50000040\n")
    zjr("entries", "JR-00000075")
    terminal.until("/JR-00000075  \x1b[31mreset\x1b[0m  fault reset\n")
    assert terminal.shown.count("POST    /oauth/token  200\n") == 1
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.end() == 0


def test_without_colors_a_failed_request_is_plain() -> None:
    terminal = Terminal("emulator", variables={"NO_COLOR": "1"})
    terminal.until("Requests:\n")
    url = re.findall(r"^Open (\S+) in a browser", terminal.shown)[0]
    httpx.get(f"{url}/v1/journal-runs/JR-00000075")
    terminal.until("GET     /v1/journal-runs/JR-00000075  401")
    terminal.process.send_signal(signal.SIGTERM)

    assert terminal.end() == 0
    assert "\x1b" not in terminal.shown


class TestEnv:
    """`zjr emulator env`, in another shell."""

    def test_it_prints_how_to_connect(self, serving: Serving) -> None:
        command = shlex.quote(str(COMMAND))
        shell = f'eval "$({command} emulator env)"; {command} get JR-00000075'
        ended = subprocess.run(
            ["sh", "-c", shell],
            env=environment({"ZUORA_ENVIRONMENT": "PROD"}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith("JR-00000075  Completed\n")
        assert serving.ready["client_secret"] in process("emulator", "env").stdout

    @pytest.mark.parametrize("value", ["plain", "with blanks", "it's $HOME", "back\\slash", "\\'", ""])
    @pytest.mark.parametrize("shell", ["sh", "fish"])
    def test_a_shell_reads_any_value(self, shell: str, value: str) -> None:
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        code = f"{emulator_command.ASSIGNMENTS[shell]('NAME', value)}\nprintenv NAME"
        ended = subprocess.run([shell, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (ended.stdout, ended.stderr) == (f"{value}\n", "")

    def test_powershell_on_windows(
        self, serving: Serving, runtime: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # A mode there says nothing.
        monkeypatch.setattr(running_emulators, "WINDOWS", True)
        monkeypatch.setenv("LOCALAPPDATA", str(runtime.parent))
        monkeypatch.setenv("ZUORA_ENVIRONMENT", "PROD")
        monkeypatch.delenv("SHELL", raising=False)
        runtime.chmod(0o777)
        environ = {"ZUORA_BASE_URL": serving.ready["url"], "ZUORA_CLIENT_ID": serving.ready["client_id"]}
        expected = ["$env:ZUORA_ENVIRONMENT = ''", *(f"$env:{name} = '{value}'" for name, value in environ.items())]
        assert CliRunner().invoke(group, ["emulator", "env"]).stdout.splitlines()[:3] == expected
        assert emulator_command.ASSIGNMENTS["powershell"]("NAME", "it's") == "$env:NAME = 'it''s'"
        monkeypatch.setattr(emulator_command, "is_terminal", lambda _: True)
        with Emulator() as emulator:
            emulator_command._announce(emulator)
            shown = capsys.readouterr().out
            assert "emulator env | Out-String | Invoke-Expression" in shown
            assert f"  $env:ZUORA_BASE_URL = '{emulator.url}'" in shown
        # Git brings a bash, which sets this.
        monkeypatch.setenv("SHELL", "/usr/bin/bash")
        assert "export ZUORA_ENVIRONMENT=''" in CliRunner().invoke(group, ["emulator", "env"]).stdout

    def test_an_emulator_that_stopped_is_not_found(self) -> None:
        Serving().stop()

        ended = process("emulator", "env")
        assert (ended.status, ended.stdout) == (1, "")
        assert ended.stderr == "zjr: no emulator is running: start one with `zjr emulator`\n"

    @pytest.mark.measured
    def test_an_emulator_that_was_killed_is_not_found_and_its_file_removed(self, runtime: Path) -> None:
        killed = Serving()
        killed.stop(signal.SIGKILL)
        assert len(list(runtime.glob("*.json"))) == 1

        assert process("emulator", "env").status == 1
        assert not list(runtime.glob("*.json"))

    @pytest.mark.measured
    def test_of_several_one_is_chosen(self, serving: Serving) -> None:
        other = Serving()
        port = other.ready["url"].rpartition(":")[2]

        ended = process("emulator", "env")
        assert (ended.status, ended.stdout) == (1, "")
        assert ended.stderr.startswith("zjr: 2 emulators are running: http://127.0.0.1:")
        assert ended.stderr.endswith("; choose one with --port\n")
        assert serving.ready["url"] in ended.stderr
        assert other.ready["client_id"] in process("emulator", "env", "--port", port).stdout
        other.stop()
        assert process("emulator", "env", "--port", port).stderr.startswith(
            f"zjr: no emulator is running on port {port}"
        )

    @pytest.mark.measured
    def test_a_folder_that_others_can_write_is_not_trusted(self, runtime: Path) -> None:
        runtime.mkdir()
        runtime.chmod(0o777)
        serving = Serving()

        assert not list(runtime.iterdir())
        (runtime / "1.json").write_text(json.dumps({"ZUORA_BASE_URL": serving.ready["url"]}))
        assert process("emulator", "env").status == 1
        assert serving.stop() == ("", "")

    @pytest.mark.measured
    def test_a_folder_that_cannot_be_written_does_not_matter(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
        serving = Serving()

        assert process("emulator", "env").status == 1
        assert serving.stop() == ("", "")

    def test_without_a_runtime_folder_it_is_the_temporary_one(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        serving = Serving()

        (folder,) = tmp_path.glob("zjr-*")
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())] == [0o700, 0o600]
        assert process("emulator", "env").status == 0
        serving.stop()
        assert not list(folder.iterdir())

    @pytest.fixture
    def runtime(self) -> Path:
        return Path(os.environ["XDG_RUNTIME_DIR"]) / "zjr"


# What it begins with


def test_pacing_seed_and_faults_are_given(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text("runs: [{number: JR-00000100, entries: 3}]")
    arguments = (
        "--seed",
        str(seed),
        "--pacing",
        "at-once",
        "--fault",
        "get:status-503",
        "--fault",
        "cancel:reset-after",
    )
    serving = Serving(*arguments)
    faults = httpx.get(f"{serving.ready['url']}/_emulator/faults").json()["faults"]
    with serving.client() as client:
        outcome = client.cancel_and_wait("JR-00000100")
    health = httpx.get(f"{serving.ready['url']}/health").json()
    assert serving.stop() == ("", "")

    assert [fault["fault"] for fault in faults] == ["get:1:status-503", "cancel:1:reset-after"]
    assert len(outcome.cancelled) == 3
    assert health["status"] == "ok"


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--pacing", "fast"), 2, "'fast' is not a pacing: use at-once"),
        (("--fault", "cancel:boom"), 2, "'cancel:boom' is not a fault: unknown kind of fault 'boom'"),
        (("--seed", "none.yaml"), 1, "none.yaml: No such file or directory"),
        (("--fault", "boom", "run", "true"), 2, "'boom' is not a fault"),
        (("run",), 2, "Missing argument"),
    ],
)
def test_what_is_wrong_with_it_is_reported_in_one_line(
    zjr: Zjr, arguments: tuple[str, ...], status: int, says: str
) -> None:
    result = zjr("emulator", *arguments)
    assert result.exit_code == status
    (line,) = result.stderr.splitlines()
    assert says in line


def test_a_seed_that_no_tenant_can_hold_is_reported_in_one_line(zjr: Zjr, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"runs": [{"number": "JR-00000100"}, {"number": "JR-00000100"}]}')
    result = zjr("emulator", "--seed", str(seed))
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "seed.json: there is a run JR-00000100 already" in line


@pytest.mark.parametrize(
    ("host", "warned"), [("0.0.0.0", True), ("emulator.invalid", True), ("127.0.0.2", False), ("localhost", False)]
)
def test_to_listen_elsewhere_is_warned_of(zjr: Zjr, host: str, warned: bool) -> None:
    result = zjr("emulator", "--host", host, "run", sys.executable, "-c", "")
    warning = f"zjr: warning: anyone who can reach {host} can use and control this emulator"
    assert (warning in result.stderr) == warned


def test_an_address_of_all_is_called_by_one() -> None:
    with Emulator(host="0.0.0.0") as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{emulator.url}/health").status_code == 200


# Around a command


def ending(zjr: Zjr, code: str) -> Any:
    return zjr("emulator", "run", "--", sys.executable, "-c", code)


def test_a_command_finds_the_emulator_and_its_status_is_passed_on() -> None:
    code = """
import os, sys
from zuora_journal_runs import JournalRunsClient
assert "ZUORA_ENVIRONMENT" not in os.environ
with JournalRunsClient.from_env() as client:
    print(client.retrieve("JR-00000075").status)
sys.exit(7)
"""
    ended = process("emulator", "run", "--", sys.executable, "-c", code, variables={"ZUORA_ENVIRONMENT": "PROD"})
    assert ended == (7, "Completed\n", "")


def test_options_of_the_command_are_its_own(zjr: Zjr) -> None:
    assert (
        zjr("emulator", "run", sys.executable, "-c", "import sys; sys.exit(len(sys.argv))", "--pacing").exit_code == 2
    )


@pytest.mark.posix("signals that end a process")
def test_a_command_that_a_signal_ends(zjr: Zjr) -> None:
    assert ending(zjr, "import os; os.kill(os.getpid(), 9)").exit_code == 128 + 9


def test_a_command_that_cannot_be_run(zjr: Zjr, tmp_path: Path) -> None:
    nowhere = zjr("emulator", "run", str(tmp_path / "nothing"))
    assert (nowhere.exit_code, nowhere.stderr) == (127, f"zjr: {tmp_path}/nothing: No such file or directory\n")
    assert zjr("emulator", "run", str(tmp_path)).exit_code == 126


WAITS = """
import os, signal, sys, time
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
    signal.signal(getattr(signal, name), lambda number, _: (os.write(1, b"%d\\n" % number), sys.exit(number)))
os.write(1, b"ready\\n")
while True:
    time.sleep(0.1)  # one that comes just before a sleep does not end it
"""


@pytest.mark.measured
@pytest.mark.posix("signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_signals_are_passed_on_to_the_command(name: str) -> None:
    number = getattr(signal, name)
    wrapper = subprocess.Popen(
        [COMMAND, "emulator", "run", "--", sys.executable, "-c", WAITS],
        env=environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert wrapper.stdout is not None
    assert wrapper.stdout.readline() == "ready\n"
    wrapper.send_signal(number)
    assert wrapper.communicate(timeout=PATIENCE) == (f"{number.value}\n", "")
    assert wrapper.returncode == number


@pytest.mark.posix("signals")
def test_what_a_terminal_sends_to_both_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "_shares_terminal", lambda: True)
    code = (
        "import os, signal; os.kill(os.getppid(), signal.SIGINT); os.kill(os.getppid(), signal.SIGTERM); signal.pause()"
    )
    before = signal.getsignal(signal.SIGINT)
    assert execute([sys.executable, "-c", code], os.environ) == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.posix("signals")
def test_windows_sends_what_comes_from_the_keyboard_to_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "tcgetpgrp")
    sent: list[int] = []
    monkeypatch.setattr(subprocess.Popen, "send_signal", lambda _, number: sent.append(number))
    code = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"
    assert execute([sys.executable, "-c", code], os.environ) == 0
    assert sent == []


@pytest.mark.posix("signals")
def test_a_signal_that_comes_before_the_command_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def late(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        signal.raise_signal(signal.SIGTERM)
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", late)
    assert execute([sys.executable, "-c", "import signal; signal.pause()"], os.environ) == 128 + signal.SIGTERM


def test_a_wait_for_the_command_wakes_up_regularly(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    wait = subprocess.Popen.wait

    def impatient(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        waits.append(timeout)
        if len(waits) == 1:
            raise subprocess.TimeoutExpired(process.args, 0)
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", impatient)
    assert execute([sys.executable, "-c", ""], os.environ) == 0
    assert len(waits) > 1
    assert None not in waits


WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.measured
@pytest.mark.posix("pseudo-terminals")
def test_ctrl_c_reaches_the_command_once() -> None:
    import pty

    ours, theirs = pty.openpty()
    wrapper = subprocess.Popen(
        [sys.executable, "-c", WITH_TERMINAL, COMMAND, "emulator", "run", "--", sys.executable, "-c", WAITS],
        env=environment({}),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    assert wrapper.stdout is not None
    assert wrapper.stdout.readline() == "ready\n"
    os.write(ours, b"\x03")
    assert wrapper.communicate(timeout=PATIENCE) == (f"{signal.SIGINT.value}\n", "")
    os.close(ours)
    assert wrapper.returncode == signal.SIGINT
