"""Completion, in the shells that are installed, and as the command computes it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .running import COMMAND, ON_ITS_TERMINAL, PATIENCE, environment, process

if TYPE_CHECKING:
    from pathlib import Path

PRINT = 'printf "<%s>" {arguments}; echo "|"'
SHELLS = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        'eval "$(zjr completion bash)"; zjr() { ' + PRINT.format(arguments='"$@"') + "; }",
    ),
    "zsh": (
        ["-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(zjr completion zsh)"; zjr() { '
        + PRINT.format(arguments='"$@"')
        + "; }",
    ),
    "fish": (
        ["--no-config", "-i"],
        "zjr completion fish | source; function zjr; " + PRINT.format(arguments="$argv") + "; end",
    ),
}
CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>(][A-Z0-9]?)")


class Shell:
    """A shell on a terminal, in which `zjr` is completed and then prints its arguments."""

    def __init__(self, name: str, folder: Path) -> None:
        options, setup = SHELLS[name]
        self._ours, theirs = pty.openpty()
        path = os.pathsep.join([str(COMMAND.parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            # Fish wants a terminal that controls it.
            [sys.executable, "-c", ON_ITS_TERMINAL, str(theirs), "False", str(shutil.which(name)), *options],
            pass_fds=[theirs],
            env=environment({"PATH": path, "HOME": str(folder), "TERM": "dumb", "PS1": "$ "}),
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._shown = ""
        # What is typed is shown as well, and must not be taken for what is printed.
        self._type(f"{setup}\necho set''up\n")
        self._until("setup")

    def complete(self, line: str, shows: str) -> list[str]:
        """Type a line and Tab, wait until the completion is shown, and return the arguments of the command."""
        self._shown = ""
        self._type(f"{line}\t")
        self._until(shows)
        self._type("\n")
        self._until(">|")
        return re.findall("<([^>]*)>", self._shown.rpartition("\n<")[2].join(["<", ""]))

    def end(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        os.close(self._ours)

    def _type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def _until(self, text: str) -> None:
        while text not in self._shown:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE)
            assert ready, self._shown
            read = os.read(self._ours, 1 << 16).decode(errors="replace")
            self._shown += CONTROL.sub("", read).replace("\r", "\n")


@pytest.mark.measured
@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_completes_values_with_blanks_and_files(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    (tmp_path / "close.yaml").touch()
    (tmp_path / "plan, old.json").touch()
    shell = Shell(name, tmp_path)
    try:
        event = ["create", "--type", "Revenue Event Item"]
        applied = ["create", "--type", "Credit Balance Adjustment (Applied from Credit Balance)"]

        assert shell.complete("zjr create --type Rev", "Item") == event
        assert shell.complete('zjr create --type "Rev', "Item") == event
        assert shell.complete("zjr create --type=Tax", "Item") == ["create", "--type=Taxation Item"]
        assert shell.complete(r"zjr create --type Credit\ Balance\ Adjustment\ \(App", "Credit\\ Balance\\)") == applied
        for options in ("emulator --db", "emulator --seed", "contract --deviations"):
            assert shell.complete(f"zjr {options} clo", "close.yaml") == [*options.split(), "close.yaml"]
        assert shell.complete("zjr emulator --db=clo", "close.yaml") == ["emulator", "--db=close.yaml"]
        assert shell.complete("zjr cancel --plan=pl", "old.json") == ["cancel", "--plan=plan, old.json"]
        assert shell.complete("zjr comp", "completion") == ["completion"]
    finally:
        shell.end()


def completions(shell: str, *words: str) -> list[str]:
    """What the command tells a script of completion about the last word."""
    last = words[-1] if shell == "fish" else str(len(words) - 1)
    variables = {"_ZJR_COMPLETE": f"{shell}_complete", "COMP_WORDS": "\n".join(words), "COMP_CWORD": last}
    return process(variables=variables).stdout.splitlines()


@pytest.mark.parametrize(("start", "completed"), [("inv", "Invoice Item"), ("Tax", "Taxation Item")])
def test_transaction_types_are_completed(start: str, completed: str) -> None:
    assert f"plain,{completed}" in completions("bash", "zjr", "create", "--type", start)
    assert f"plain,{completed}" in completions("bash", "zjr", "create", "--type", "=", start)
    assert f"plain,{completed}" in completions("fish", "zjr", "create", "--type", start)
    assert f"plain,--type={completed}" in completions("fish", "zjr", "create", f"--type={start}")
    assert completed in completions("zsh", "zjr", "create", "--type", start)


def test_bash_has_a_word_of_its_own_for_the_equals_sign() -> None:
    assert len(completions("bash", "zjr", "create", "--type", "=")) == 29


@pytest.mark.parametrize("option", ["--db", "--seed", "--settings"])
def test_files_are_completed(option: str) -> None:
    assert completions("bash", "zjr", "emulator", option, "clo") == ["file,clo"]


@pytest.mark.parametrize(
    "words",
    [
        *(
            (command, option)
            for command in ("cancel", "delete", "transfer", "rerun")
            for option in ("--plan", "--apply")
        ),
        ("transfer", "--evidence"),
        ("rerun", "--evidence"),
    ],
)
def test_files_of_plans_and_evidence_are_completed(words: tuple[str, str]) -> None:
    assert completions("bash", "zjr", *words, "clo") == ["file,clo"]


@pytest.mark.measured
def test_values_and_types_of_a_close_are_completed() -> None:
    assert completions("bash", "zjr", "transfer", "--value", "I") == ["plain,Ignore"]
    assert completions("bash", "zjr", "rerun", "--type", "Tax") == ["plain,Taxation Item"]
    assert completions("bash", "zjr", "demo", "c") == ["plain,close"]


@pytest.mark.parametrize(
    ("shell", "parts"),
    [
        ("bash", ["_ZJR_COMPLETE=bash_complete", 'printf -v value %q "$value"', 'COMPREPLY+=("$value")']),
        ("zsh", ["_ZJR_COMPLETE=zsh_complete", "compset -P '*='", 'compadd -U -i "$IPREFIX" ']),
        ("fish", ["_ZJR_COMPLETE=fish_complete", "string join -- '' $option $found", 'string split -m 1 ","']),
    ],
)
def test_a_script_switches_completion_on(shell: str, parts: list[str]) -> None:
    """The scripts are click's with some changes, which must not be lost when click changes its own."""
    ended = process("completion", shell)

    assert (ended.status, ended.stderr) == (0, "")
    assert all(part in ended.stdout for part in parts)


def test_the_help_has_no_control_characters() -> None:
    assert "\\b" not in process("completion", "--help").stdout
    assert "\b" not in process("completion", "--help").stdout
