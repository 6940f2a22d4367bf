"""A page's surroundings: an emulator, a folder, and a clock on which waits take no time."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from click.testing import CliRunner

from zuora_journal_runs import SystemClock
from zuora_journal_runs.cli import confirmation
from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.cli.terminal import Person
from zuora_journal_runs.emulator import Clock, Emulator
from zuora_journal_runs.emulator.clock import ClientClock

from .blocks import Block, commands_of, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

_BIN = Path(sys.executable).parent
_SETTINGS = (
    "ALL_PROXY", "COLUMNS", "COVERAGE_", "FORCE_COLOR", "HTTPS_PROXY", "NO_COLOR", "PYTEST_ADDOPTS", "PYTEST_PLUGINS",
    "PY_COLORS", "ZJR_", "ZUORA_",
)  # fmt: skip
"""Variables of whoever runs the tests that would change what a page prints."""
_NOT_NEEDED = ("asyncio", "cacheprovider", "hypothesispytest", "pytest_cov", "randomly", "schemathesis", "xdist")
"""Plugins of pytest that no page is about, and that take longer to import than its tests."""
_SHELL = set("|&;$`")
PATIENCE = 300.0
"""Seconds after which a command is taken for stuck."""


class _Ended(NamedTuple):
    status: int
    output: str


class Surroundings:
    """Where the blocks of one page are executed, in their order.

    Args:
        folder: An empty folder.
        monkeypatch: Undoes what the page does to this process.
        names: What Python blocks know from the beginning.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, names: dict[str, Any] | None = None) -> None:
        self._names: dict[str, Any] = {"__name__": "__main__", **(names or {})}
        self._monkeypatch = monkeypatch
        self._stack = contextlib.ExitStack()
        # However slow this machine is, a page's clock goes on by what its programs wait.
        self._emulator = self._stack.enter_context(Emulator(clock=Clock(running=False)))
        self._status = 0
        self._printed = ""
        self._files: dict[str, int] = {}
        monkeypatch.chdir(folder)
        for name in [*os.environ]:
            if name.startswith(_SETTINGS):
                monkeypatch.delenv(name)
        monkeypatch.setenv("PATH", f"{_BIN}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{plugin}" for plugin in _NOT_NEEDED))
        for name, value in self._emulator.environ().items():
            monkeypatch.setenv(name, value)
        self._use_the_emulators_clock()

    def _use_the_emulators_clock(self) -> None:
        clock = ClientClock(self._emulator.clock)
        for name in ("monotonic", "time", "sleep", "sleep_async"):
            method = getattr(clock, name)
            self._monkeypatch.setattr(SystemClock, name, lambda _, *given, method=method: method(*given))

    def close(self) -> None:
        """Close what the page has left open."""
        for value in self._names.values():
            if callable(close := getattr(value, "close", None)) and type(value).__module__.startswith("zuora_"):
                close()
        self._stack.close()

    def run(self, blocks: list[Block]) -> None:
        """Execute all blocks.

        Raises:
            AssertionError: A block does not do what the page says.
        """
        with _logging_not_configured():
            self._run(blocks)

    def _run(self, blocks: list[Block]) -> None:
        runners: dict[str, Callable[[Block], None]] = {
            "python": self._python,
            "console": self._console,
            "text": self._text,
            "yaml": self._yaml,
            "toml": self._toml,
        }
        for block in blocks:
            if block.not_run is not None:
                continue
            assert block.language in runners, f"line {block.line}: nobody knows how to execute {block.language!r}"
            if block.language != "text":
                self._nothing_left(block.line)
            if block.fresh:
                self._emulator.reset()
            runners[block.language](block)
        self._nothing_left(blocks[-1].line if blocks else 0)
        for name, line in self._files.items():
            later = "".join(block.code for block in blocks if block.line > line)
            assert Path(name).stem in later or "pytest" in later, f"line {line}: nothing uses {name}"

    def _nothing_left(self, line: int) -> None:
        assert not self._printed, (
            f"line {line}: this was printed before, and the page does not show it:\n{self._printed}"
        )

    def _written(self, block: Block) -> bool:
        if block.file is None:
            return False
        path = Path(block.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code, encoding="utf-8")
        self._files[block.file] = block.line
        return True

    def _python(self, block: Block) -> None:
        if self._written(block):
            return
        # As many empty lines before it as there are on the page, so that a traceback names the page's line.
        code = compile("\n" * (block.line - 1) + block.code, "<page>", "exec", dont_inherit=True)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, self._names)
        self._printed = printed.getvalue()

    def _text(self, block: Block) -> None:
        printed, self._printed = self._printed, ""
        compare(block.line, block.code, printed)

    def _yaml(self, block: Block) -> None:
        assert self._written(block), f"line {block.line}: say in a comment which file this is"
        assert yaml.safe_load(block.code) is not None

    def _toml(self, block: Block) -> None:
        assert self._written(block), f"line {block.line}: say in a comment which file this is"
        assert tomllib.loads(block.code)

    def _console(self, block: Block) -> None:
        commands = list(commands_of(block))
        for command, following in zip(commands, [*commands[1:], None], strict=True):
            shows_status = following is not None and following.text == "echo $?"
            ended = self._execute(command.text, command.output)
            compare(command.line + command.text.count("\n") + 1, command.output, ended.output)
            assert ended.status == 0 or shows_status, f"line {command.line}: it exits with {ended.status}"
            self._status = ended.status

    def _execute(self, command: str, shown: str) -> _Ended:
        if command == "echo $?":
            return _Ended(0, f"{self._status}\n")
        words = shlex.split(command.replace("\\\n", ""), comments=True)
        if words[0] == "export":
            for word in words[1:]:
                self._monkeypatch.setenv(*word.split("=", 1))
            return _Ended(0, "")
        if words[:2] == ["zjr", "emulator"] and "run" not in words:
            return self._serve(words)
        if words[0] == "zjr" and not (_SHELL & set(command)) and "run" not in words:
            return self._zjr(words[1:], "y" if "[y/N] y" in shown else None)
        return _process(command)

    def _serve(self, words: list[str]) -> _Ended:
        """Start an emulator beside the page, which the next commands use."""
        process = subprocess.Popen(
            [_BIN / words[0], *words[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        assert process.stdout is not None
        self._stack.callback(process.stdout.close)
        line = process.stdout.readline()
        ready = json.loads(line)
        self._monkeypatch.setenv("ZUORA_BASE_URL", ready["url"])
        self._monkeypatch.setenv("ZUORA_CLIENT_ID", ready["client_id"])
        self._monkeypatch.setenv("ZUORA_CLIENT_SECRET", ready["client_secret"])
        return _Ended(0, line)

    def _zjr(self, words: list[str], answer: str | None) -> _Ended:
        """Run the command in this process, where waits take no time."""
        given, target = None, None
        while len(words) > 2 and words[-2] in ("<", ">"):
            if words[-2] == "<":
                given = Path(words[-1]).read_text(encoding="utf-8")
            else:
                target = Path(words[-1])
            words = words[:-2]
        self._monkeypatch.setattr(confirmation, "person", lambda: _typing(answer))
        result = CliRunner().invoke(zjr, words, input=given)
        output = result.output
        if target is not None:
            target.write_text(result.stdout, encoding="utf-8")
            output = result.stderr
        # A terminal shows progress in a line that vanishes; elsewhere it is written to standard error, like errors.
        progress = [line for line in result.stderr.splitlines() if not line.startswith("zjr: ")]
        return _Ended(result.exit_code, "\n".join(line for line in output.splitlines() if line not in progress))


@contextlib.contextmanager
def _logging_not_configured() -> Iterator[None]:
    """Leave logging as it is in a program that has just begun; pytest has handlers of its own."""
    handlers, logger = logging.root.handlers[:], logging.getLogger("zuora_journal_runs")
    level = logger.level
    logging.root.handlers.clear()
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        logger.setLevel(level)


class _Keyboard(io.StringIO):
    """A keyboard on which somebody types; what is typed is seen on the screen."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        line = super().readline(-1 if size is None else size)
        sys.stdout.write(line)
        sys.stdout.flush()
        return line


@contextlib.contextmanager
def _typing(answer: str | None) -> Iterator[Person | None]:
    """Be the person at the terminal who types this, or nobody."""
    yield None if answer is None else Person(_Keyboard(f"{answer}\n"), sys.stdout)


def _process(command: str) -> _Ended:
    """Run a command in a shell."""
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ.copy(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
        start_new_session=True,
    )
    return _Ended(done.returncode, done.stdout)
