"""What a provider does where no document decides becomes the settings of an emulator."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract import Options, emulator_settings
from zuora_journal_runs.emulator import Settings

from .provider import ENTITY, ORGANISATION, emulator_for_the_suite, report_of, suite_for

if TYPE_CHECKING:
    from pathlib import Path

ONLY = ("broken-requests/broken-cancellations", "creation/one-run", "cancellation/completed")
TENANTS: list[dict[str, Any]] = [
    {},
    {"show_cancel_in_progress": False},
    {"one_run_at_a_time": False},
    {"put_needs_content_type": False},
    {"numeric_codes": False},
    {"tenant_version": "2024-05-20"},
    {"max_page_size": 40},
    {"token_seconds": 600, "calls_per_minute": 900},
]


@pytest.mark.parametrize("tenant", TENANTS, ids=str)
def test_an_emulator_of_a_tenant_behaves_as_the_tenant(tmp_path: Path, tenant: dict[str, Any]) -> None:
    report = report_of(suite_for(emulator_for_the_suite(**tenant), Options(only=ONLY)))
    path = tmp_path / "emulator.toml"
    path.write_text(emulator_settings(report))
    read = Settings.parse(Settings.texts_in(path))
    wanted = Settings(**tenant)
    assert "Not seen" not in path.read_text()
    for name in tomllib.loads(path.read_text()):
        field = name.replace("-", "_")
        given, expected = getattr(read, field), getattr(wanted, field)
        assert given == expected or (field == "token_seconds" and expected - 1 == given), name


def test_what_was_not_seen_or_in_several_ways_is_reported() -> None:
    report = report_of(suite_for(emulator_for_the_suite(), Options(only=("statuses/old",))))
    report.observations = {"numeric-codes": {"yes": 2, "no": 3}, "count-falls-when-cancelled": {"no": 1}}
    text = emulator_settings(report)
    assert "# numeric-codes varied: yes 2 times, no 3 times\nnumeric-codes = false" in text
    assert "# Not seen: show-cancel-in-progress, one-run-at-a-time" in text
    assert "# The emulator has no setting for count-falls-when-cancelled: no once" in text


def test_the_command_writes_them_and_the_emulator_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "emulator.toml"
    with emulator_for_the_suite(numeric_codes=False) as emulator:
        environ = {**emulator.environ(), "ZUORA_ENTITY_ID": ENTITY, "ZUORA_ORG_IDS": ORGANISATION}
        done = CliRunner().invoke(zjr, ["contract", "--only", "statuses/old", "--settings", str(path)], env=environ)
    assert done.exit_code == 0
    assert tomllib.loads(path.read_text())["numeric-codes"] is False
    line = ["emulator", "--settings", str(path), "--set", "max-page-size=0", "run", "--", "true"]
    refused = CliRunner().invoke(zjr, line)
    assert refused.exit_code == 2
    assert "'max-page-size=0' is not a valid setting" in refused.stderr
    path.write_text("unknown = 1")
    unknown = CliRunner().invoke(zjr, ["emulator", "--settings", str(path), "run", "--", "true"])
    assert (unknown.exit_code, "unknown setting 'unknown'" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a = ", "emulator.toml: "), ("max-page-size = 1.5", "1.5 is not a value of a setting")],
)
def test_a_bad_file_of_settings_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "emulator.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        Settings.texts_in(path)
    with pytest.raises(ValueError, match=r"missing.toml: No such file"):
        Settings.texts_in(tmp_path / "missing.toml")


def test_every_kind_of_setting_can_be_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "emulator.toml"
    path.write_text('entity-ids = ["a", "b"]\nearliest-target-date = 2026-01-01\ntenant-version = "341.0"\n')
    read = Settings.parse(Settings.texts_in(path))
    assert (read.entity_ids, str(read.earliest_target_date)) == (frozenset({"a", "b"}), "2026-01-01")
    assert read.tenant_version == "341.0"
