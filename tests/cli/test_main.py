"""The entry point."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest

from zuora_journal_runs import cli
from zuora_journal_runs.cli.app import zjr

from .running import process, python

MAIN = "import sys; sys.argv[0] = 'zjr'; from zuora_journal_runs.cli import main; sys.exit(main())"


def test_the_version_is_reported() -> None:
    assert process("--version") == (0, f"zjr {version('zuora-journal-runs')}\n", "")


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_its_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)

    assert cli.main() == 1
    assert capsys.readouterr() == (
        "",
        f"zjr: not installed: {missing}; to install: pip install 'zuora-journal-runs[cli]'\n",
    )


@pytest.mark.measured
@pytest.mark.parametrize("command", ["emulator", "demo"])
@pytest.mark.parametrize("missing", ["httptools", "yaml", "jsonschema_rs"])
def test_without_the_emulators_extra_it_says_what_to_install(command: str, missing: str) -> None:
    ended = python(f"import sys; sys.modules[{missing!r}] = None; sys.argv[1:] = [{command!r}]; {MAIN}")

    assert ended.status == 1
    assert ended.stderr == f"zjr: not installed: {missing}; to install: pip install 'zuora-journal-runs[emulator]'\n"


@pytest.mark.measured
@pytest.mark.parametrize(
    ("package", "extra", "missing"),
    [("emulator", "emulator", "yaml"), ("emulator", "emulator", "httptools"), ("contract", "contract", "hypothesis")],
)
def test_to_import_a_package_without_its_extra_says_what_to_install(package: str, extra: str, missing: str) -> None:
    ended = python(f"import sys; sys.modules[{missing!r}] = None; import zuora_journal_runs.{package}")

    assert ended.status == 1
    assert ended.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: not installed: {missing}; to install: pip install 'zuora-journal-runs[{extra}]'"
    )


def test_the_entry_point_needs_neither_click_nor_rich() -> None:
    ended = python(
        "import sys; import zuora_journal_runs.cli; sys.exit(bool({'click', 'rich', 'httpx'} & sys.modules.keys()))"
    )

    assert ended.status == 0


def test_what_takes_long_to_import_waits_until_it_is_needed() -> None:
    ended = python(
        "import sys; import zuora_journal_runs.cli.app; "
        "sys.exit(' '.join({'aiohttp', 'asyncio', 'httpx', 'rich', 'httptools', 'yaml'} & sys.modules.keys()))"
    )

    assert ended.stderr.strip() == ""


def test_it_returns_the_status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["zjr", "get", "JR-75"])

    assert cli.main() == 2
    assert capsys.readouterr().err.startswith("zjr: ")


def test_ctrl_c_before_anything_was_begun(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(zjr, "main", stop)

    assert cli.main() == 130
    assert capsys.readouterr() == ("", "zjr: stopped; nothing was changed\n")


def test_a_console_that_lacks_a_character_stops_nothing() -> None:
    ended = python(f"import sys; sys.stderr.reconfigure(encoding='latin-1'); sys.argv[1:] = ['get', 'JR-€']; {MAIN}")

    assert ended.status == 2
    assert "JR-\\u20ac" in ended.stderr


@pytest.mark.measured
def test_missing_streams_are_tolerated() -> None:
    ended = python(f"import sys; sys.stdout = None; sys.argv[1:] = ['--version']; {MAIN}")

    assert (ended.status, ended.stderr) == (0, "")
