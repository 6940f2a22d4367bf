"""`zjr contract`, and the suite under pytest."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis.configuration import storage_directory

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.cli.commands.contract import _CACHE_VARIABLE
from zuora_journal_runs.contract import RULES, Options, Report, UsageError

from .__main__ import kill
from .mutants import MUTANTS
from .provider import emulator_for_the_suite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.emulator import Emulator

ZJR = str(Path(sys.executable).with_name("zjr"))
SANDBOX = "https://rest.test.zuora.com"
QUICK = ("--only", "statuses/", "--only", "fuzzing/getJournalRun", "--examples", "3")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """No variable has an effect, and what hypothesis caches is shared by all commands under test."""
    for name in os.environ:
        if name.startswith(("ZUORA_", "ZJR_")):
            monkeypatch.delenv(name)
    for name in ("HYPOTHESIS_STORAGE_DIRECTORY", "LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(cache))


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with emulator_for_the_suite() as emulator:
        yield emulator


def contract(*arguments: str, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(zjr, ["contract", *arguments], env=environ or {})


def credentials(emulator: Emulator) -> dict[str, str]:
    return {name: value for name, value in emulator.environ().items() if name != "ZUORA_BASE_URL"}


def test_it_says_what_it_will_do_does_it_and_reports(emulator: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    forms = [argument for form in ("junit", "html", "json") for argument in ("--report", form)]
    done = contract("--url", emulator.url, *QUICK, *forms, "--output", str(folder), environ=credentials(emulator))
    assert (done.exit_code, done.exception) == (0, None)
    assert "is on this machine." in done.stderr
    assert "4 rules are checked" in done.stderr
    assert "4 passed, 0 failed" in done.stdout
    assert {path.name for path in folder.iterdir()} == {"contract.xml", "contract.html", "contract.json"}
    assert Report.from_json((folder / "contract.json").read_text()).passed
    assert emulator.client_secret not in done.output


def test_a_finding_is_exit_status_1(emulator: Emulator) -> None:
    # The organisation that it is told of is none of this tenant's.
    environ = {**emulator.environ(), "ZUORA_ORG_IDS": "another"}
    done = contract("--only", "a-run-is-what-was-asked-for", environ=environ)
    assert done.exit_code == 1
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "http://127.0.0.1:9"), "no credentials: set ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET"),
        ((), "no address"),
        (("--url", "https://rest.zuora.com", "--allow-writes"), "is a production host"),
        (("--url", "http://rest.test.zuora.com"), "is not encrypted"),
        (("--url", "http://127.0.0.1:9"), "cannot be tested: no response that can be read: Connection refused"),
        (("--url", SANDBOX, "--dates", "2026-10-01"), "is not an accounting period"),
        (("--url", SANDBOX, "--deviations", "missing.toml", "--only", "statuses"), "is not a file of deviations"),
        (("--url", SANDBOX, "--dates", "2026-10-31/2026-10-01"), "it ends before it begins"),
        (("--url", SANDBOX, "--dates", "2026-10-01/2027-12-31"), "at most a year"),
        (("--url", SANDBOX, "--only", "nosuch"), "no rule has 'nosuch' in its name"),
        (("--url", SANDBOX, "--only", "nosuch", "--plan"), "no rule has 'nosuch' in its name"),
        (("--url", SANDBOX, "--only", "fuzzing/createJ"), "these rules create runs at random"),
        (("--url", SANDBOX, "--deviations", "missing.toml", "--plan"), "is not a file of deviations"),
        (("drift", "a.json"), "No such"),
    ],
)
def test_wrong_use_is_exit_status_2(arguments: tuple[str, ...], said: str) -> None:
    given = {"ZUORA_CLIENT_ID": "an-id", "ZUORA_CLIENT_SECRET": "a-secret"}
    done = contract(*arguments, environ={} if said.startswith("no credentials") else given)
    assert done.exit_code == 2
    assert said in done.stderr or "does not exist" in done.stderr


def test_a_plan_lists_the_rules_and_makes_no_request() -> None:
    at_random = (
        "coverage/createJ",
        "coverage/can",
        "coverage/upd",
        "coverage/del",
        "fuzzing/createJ",
        "fuzzing/can",
        "fuzzing/upd",
        "fuzzing/del",
        "stateful/links",
    )
    environ = {"ZUORA_CLIENT_ID": "an-id", "ZUORA_CLIENT_SECRET": "a-secret"}
    done = contract("--url", SANDBOX, "--plan", environ=environ)
    assert done.exit_code == 0
    assert "Nothing is created, cancelled or deleted" in done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in RULES if not rule.id.startswith(at_random)]
    assert {line.split()[1] for line in lines} == {"reads", "skipped"}


def test_a_run_in_which_nothing_was_checked_is_no_success(emulator: Emulator) -> None:
    done = contract("--only", "too-many-requests", environ=emulator.environ())
    assert done.exit_code == 2
    assert "0 passed, 0 failed, 0 known deviations, 1 skipped" in done.stdout
    assert "nothing could be checked" in done.stderr


def test_a_report_that_cannot_be_written_keeps_no_other(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "contract.xml").mkdir()
    forms = ("--report", "junit", "--report", "json", "--output", str(tmp_path))
    done = contract("--only", "statuses/old", *forms, environ=emulator.environ())
    assert done.exit_code == 0
    assert "contract.xml could not be written: Is a directory" in done.stderr
    assert Report.from_json((tmp_path / "contract.json").read_text()).passed


def test_what_hypothesis_caches_is_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    used: list[Path] = []

    def check(*_: object, **__: object) -> None:
        used.append(storage_directory().path)
        raise UsageError

    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.setattr("zuora_journal_runs.contract.check_provider", check)
    arguments = ("--url", "http://127.0.0.1:9")
    environ = {"ZUORA_CLIENT_ID": "an-id", "ZUORA_CLIENT_SECRET": "a-secret"}
    monkeypatch.setattr(Path, "home", lambda: cache / "home")
    contract(*arguments, environ=environ)
    contract(*arguments, environ={**environ, _CACHE_VARIABLE: ""})
    monkeypatch.setattr(Path, "home", no_home)
    contract(*arguments, environ={**environ, _CACHE_VARIABLE: ""})
    folder = Path("zuora-journal-runs", "hypothesis")
    assert used == [cache / folder, cache / "home" / ".cache" / folder, Path(os.devnull) / folder]
    assert storage_directory().path == cache


@pytest.mark.posix("signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_report(tmp_path: Path, how: signal.Signals) -> None:
    with emulator_for_the_suite() as emulator:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZUORA_", "ZJR_"))}
        line = [ZJR, "contract", "--only", "cancellation/", "--report", "json", "--output", str(tmp_path)]
        process = subprocess.Popen(
            line, env={**kept, **emulator.environ()}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while not any(each.method == "PUT" for each in emulator.requests):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.01)
        process.send_signal(how)
        stdout, _ = process.communicate()
    assert process.returncode not in (0, 1, 2)
    report = Report.from_json((tmp_path / "contract.json").read_text())
    assert report.ended == "KeyboardInterrupt"
    assert "ended early: KeyboardInterrupt" in stdout


def test_a_person_sees_what_is_being_done(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zuora_journal_runs.cli.commands.contract.is_terminal", lambda _: True)
    done = contract("--only", "statuses/old", environ=emulator.environ())
    assert "passed  statuses/old-versions-have-none" in done.stderr


def test_a_command_that_fails_is_named(emulator: Emulator) -> None:
    command = shlex.join([sys.executable, "-c", "raise SystemExit(3)", "{operation}", "{failure}"])
    done = contract("--only", "too-many-requests", "--provoke", command, environ=emulator.environ())
    assert "could not make createJournalRun fail with 429" in done.stderr
    assert "1 failed" in done.stdout
    done = contract(
        "--only",
        "too-many-requests",
        "--provoke",
        shlex.join([sys.executable, "-c", "pass"]),
        environ=emulator.environ(),
    )
    assert "could not" not in done.stderr
    assert "1 failed" in done.stdout


def test_drift_is_reported(emulator: Emulator, tmp_path: Path) -> None:
    for name, only in (("a", "statuses"), ("b", "statuses/old")):
        folder = tmp_path / name
        contract("--only", only, "--report", "json", "--output", str(folder), environ=emulator.environ())
    reports = [str(tmp_path / name / "contract.json") for name in "aab"]
    same, differing = contract("drift", *reports[:2]), contract("drift", *reports[1:])
    assert (same.exit_code, same.stdout) == (0, "")
    assert differing.exit_code == 1
    assert "statuses/new-versions-have-statuses-for-errors: passed, then missing" in differing.stdout
    (tmp_path / "c.json").write_text("{}")
    assert contract("drift", reports[0], str(tmp_path / "c.json")).exit_code == 2


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "zuora_journal_runs.contract")
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    done = contract("--url", SANDBOX)
    assert done.exit_code == 1
    assert done.stderr == "zjr: not installed: schemathesis; to install: pip install 'zuora-journal-runs[contract]'\n"


def under_pytest(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The suite in a project of somebody else's, where every warning is an error."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers --strict-config\nfilterwarnings = error\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZUORA_", "ZJR_", "PYTEST_"))}
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:randomly",
        "-q",
        "--pyargs",
        "zuora_journal_runs.contract",
        *arguments,
    ]
    return subprocess.run(line, cwd=tmp_path, env={**kept, **environ}, capture_output=True, text=True, check=False)


@pytest.mark.measured
def test_the_same_under_pytest(emulator: Emulator, tmp_path: Path) -> None:
    """The organisation that it is told of is none of this tenant's, so that no run can be created."""
    known = '[[deviation]]\nrule = "headers/concurrency-is-within-its-limit"\nreason = "case 1"\n'
    past = '[[deviation]]\nsays = "went up"\nreason = "case 2"\n'
    (tmp_path / "deviations.toml").write_text(known + past)
    options = {
        "ZUORA_ORG_IDS": "another",
        "ZJR_CONTRACT_ONLY": "statuses/old,concurrency,a-run-is-what-was-asked-for,only-entities",
        "ZJR_CONTRACT_SEED": "3",
        "ZJR_CONTRACT_OUTPUT": "reports",
        "ZJR_CONTRACT_DEVIATIONS": "deviations.toml",
    }
    done = under_pytest(tmp_path, "--junitxml=junit.xml", **emulator.environ(), **options)
    assert done.returncode == 1, done.stdout
    assert f"1 failed, 1 passed, {len(RULES) - 3} skipped, 1 xfailed" in done.stdout
    assert "curl -sS -i" in done.stdout
    names = {case.attrib["name"] for case in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")}
    assert "test_contract[statuses/old-versions-have-none]" in names
    report = Report.from_json((tmp_path / "reports" / "contract.json").read_text())
    assert (report.seed, report.past_deviations) == (3, ["case 2"])


@pytest.mark.measured
def test_pytest_says_what_it_needs(tmp_path: Path) -> None:
    done = under_pytest(tmp_path)
    assert done.returncode == 2
    assert "no address: give --url, or set ZUORA_BASE_URL" in done.stdout + done.stderr


def test_an_environment_gives_options() -> None:
    given = {
        "ZJR_CONTRACT_ALLOW_WRITES": "true",
        "ZJR_CONTRACT_MAX_TIME": "1.5",
        "ZJR_CONTRACT_DATES": "2026-10-01/2026-10-31",
        "ZJR_CONTRACT_ONLY": "a,b",
        "ZJR_CONTRACT_SEED": "",
    }
    options = Options.from_environ(given)
    assert options == Options(allow_writes=True, max_time=1.5, dates=("2026-10-01", "2026-10-31"), only=("a", "b"))
    for name, value in (("ALLOW_WRITES", "perhaps"), ("SEED", "x"), ("DATES", "2026-10-01"), ("DATES", "a/b")):
        with pytest.raises(UsageError, match=f"'{value}'"):
            Options.from_environ({f"ZJR_CONTRACT_{name}": value})


def test_a_mutant_is_killed_and_an_honest_provider_is_not() -> None:
    assert kill(MUTANTS["a short request id"][1]).killer == "headers/track-id-comes-back"
