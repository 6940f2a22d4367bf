"""From one page read to four, as README.md rehearses it, and what later changes of those pages come to.

The pages in `later/` have the form and the facts of Zuora's, and none of its sentences.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from openapi.generator import generate as generator
from openapi.spec.command import Project, check, spec
from openapi.spec.compare import CALLERS, HARMLESS, READERS, Effect
from openapi.spec.yaml_files import load

LATER = Path(__file__).parent / "later"
LABELS = "$.components.schemas.CreateJournalRunRequest.properties.organizationLabels"
REQUEST = "  - target: $.components.schemas\n    description: The request of the creation.\n"
# What the maintainer decides: the page says object, where everything else says array.
DECISION = f"""\
  - target: {LABELS}
    description: The page says object, but its text speaks of the items of an array, as all other sources do.
    x-sources: [S23, SDK]
    x-documented: {{$ref: '#/components/schemas/CreateJournalRunRequestOrganizationLabels'}}
    remove: true

"""


@dataclass
class Rehearsal:
    project: Project
    pages: Path

    def edit(self, file: str, old: str, new: str) -> None:
        """Have Zuora publish another version of a page."""
        path = self.pages / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1
        path.write_text(text.replace(old, new).replace("2026-09-11", "2026-12-01"), encoding="utf-8")


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory, contract: str) -> Path:
    """A project whose maintainer has read the four pages."""
    folder = tmp_path_factory.mktemp("merged")
    project = Project(folder)
    shutil.copytree(Path(__file__).parent / "layers", project.openapi)
    project.contract.write_text(contract, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator, "generate", lambda *_: None)
        patch.setattr(generator, "differences", lambda *_: [])
        report = spec(project, [LATER], prune=True)
        (problem,) = report.problems
        line = project.overlay.read_text(encoding="utf-8").split(REQUEST)[0].count("\n") + 1
        assert problem.startswith(f"corrections.overlay.yaml:{line}: $.components.schemas: ")
        assert "/CreateJournalRunRequest/properties/organizationLabels would be a reference to" in problem
        assert project.contract.read_text(encoding="utf-8") == contract
        text = project.overlay.read_text(encoding="utf-8")
        project.overlay.write_text(text.replace(REQUEST, DECISION + REQUEST), encoding="utf-8")
        report = spec(project, [LATER], prune=True)
    assert report.problems == []
    assert [each.what for each, _ in report.changes if each.effect != HARMLESS] == []
    return folder


@pytest.fixture
def rehearsal(merged: Path, tmp_path: Path) -> Rehearsal:
    shutil.copytree(merged, tmp_path / "project")
    shutil.copytree(LATER, tmp_path / "pages")
    return Rehearsal(Project(tmp_path / "project"), tmp_path / "pages")


def test_nothing_is_lost_when_pages_take_the_place_of_corrections(
    rehearsal: Rehearsal, contract: str, tmp_path: Path
) -> None:
    project = rehearsal.project
    assert check(project) == []
    (tmp_path / "before.yaml").write_text(contract, encoding="utf-8")
    before, after = load(tmp_path / "before.yaml"), load(project.contract)
    for schema in ("CreateJournalRunRequest", "JournalRun", "TransactionType", "JournalRunStatus", "OrganizationLabel"):
        one, other = before["components"]["schemas"][schema], after["components"]["schemas"][schema]
        assert sorted(one.pop("required", ())) == sorted(other.pop("required", ()))
        assert one == other
    assert not [name for name in after["components"]["schemas"] if name not in before["components"]["schemas"]]
    # Everything is stated now, so that nothing is left to take out.
    assert spec(project, [LATER]).changes == []


FIELD = '  - `executedOn` (string)\n    When it was executed.\n    Example: "2014-11-15 22:05:12"\n'
RULE = "  - `segmentationRuleName` (string)\n    The rule.\n"
GONE = "is gone from the documents"
CASES: list[tuple[str, str, str, Effect, str, str]] = [
    # The page; what it says, and comes to say; whom that breaks, and what is said of it; the decision, if one is needed.
    ("get_journalrun.md", FIELD, "", READERS, "the field `executedOn` is gone", f"/JournalRun/properties/executedOn {GONE}"),
    ("get_journalrun.md", RULE, "", READERS, "the field `segmentationRuleName` is gone", f"/JournalRun/properties/segmentationRuleName {GONE}"),
    ("get_journalrun.md", "`success` (boolean)", "`done` (boolean)", READERS, "the field `success` is gone", "requires the field success, which is gone"),
    ("get_journalrun.md", RULE, RULE + "\n  - `closedBy` (string)\n    Who.\n", HARMLESS, "the field `closedBy` is new", ""),
    ("get_journalrun.md", "`totalJournalEntryCount` (integer)", "`totalJournalEntryCount` (string)", READERS, "the field `totalJournalEntryCount` was `integer` and is `string`", ""),
    ("get_journalrun.md", '"DeleteInprogress"', '"DeleteInprogress", "Held"', HARMLESS, "`Held` is a new value of field `status`", ""),
    ("get_journalrun.md", '"Processing", ', "", HARMLESS, "`Processing` is no value of field `status` any more", ""),
    ("get_journalrun.md", "# Retrieve a journal run", "# Find a journal run", HARMLESS, "", ""),
    ("post_journalrun.md", "`targetStartDate` (string)", "`targetStartDate` (string, required)", CALLERS, "the field `targetStartDate` becomes required", ""),
    ("post_journalrun.md", "  - `accountingPeriodName` (string)\n    The period.\n", "", CALLERS, "the field `accountingPeriodName` is gone", f"/CreateJournalRunRequest/properties/accountingPeriodName {GONE}"),
    ("post_journalrun.md", "`Idempotency-Key` (string)", "`Idempotency-Key` (string, required)", CALLERS, "the header parameter `Idempotency-Key` becomes required", ""),
    ("delete_journalrun.md", "  - `Zuora-Track-Id` (string)", "  - `Zuora-Trace-Id` (string)", CALLERS, "the header parameter `Zuora-Track-Id` is gone", ""),
    ("delete_journalrun.md", "Security: bearerAuth", "Security: basicAuth", CALLERS, "the operation `DELETE /v1/journal-runs/{jr-number}` needed bearerAuth and needs basicAuth", ""),
    ("delete_journalrun.md", "## Response 200 fields", "## Response 202 fields", READERS, "the status 200 is gone", ""),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "effect", "what", "problem"), CASES, ids=[f"{row[4]}" for row in CASES])
def test_a_later_change_of_a_page(
    rehearsal: Rehearsal, file: str, old: str, new: str, effect: Effect, what: str, problem: str
) -> None:
    project = rehearsal.project
    before = project.contract.read_bytes()
    rehearsal.edit(file, old, new)
    report = spec(project, [rehearsal.pages], prune=True)
    reported = [(each.effect, each.what) for each, _ in report.changes if each.thing != "notes"]
    assert ((effect, what) in reported) if what else (reported == [])
    assert any(problem in each for each in report.problems) or not problem
    if problem:
        assert project.contract.read_bytes() == before
    elif not report.problems:
        assert check(project) == []
        assert project.contract.read_bytes() != before


def test_another_sign_in_on_one_page_is_that_operations_alone(rehearsal: Rehearsal) -> None:
    """The others keep theirs, among them those whose pages are not read."""
    rehearsal.edit("delete_journalrun.md", "Security: bearerAuth", "Security: basicAuth")
    report = spec(rehearsal.project, [rehearsal.pages])
    assert [each.where for each, _ in report.changes if each.effect != HARMLESS] == [("Delete a journal run",)]


def test_a_value_that_only_one_of_two_pages_gives_up(rehearsal: Rehearsal) -> None:
    """The request and the response share a schema."""
    rehearsal.edit("post_journalrun.md", '"Invoice Item", ', "")
    note = "TransactionType: the documents state `Invoice Item` in one place and not in another"
    assert note in spec(rehearsal.project, [rehearsal.pages]).notes
    rehearsal.edit("get_journalrun.md", '"Invoice Item", ', "")
    report = spec(rehearsal.project, [rehearsal.pages])
    what = "`Invoice Item` is no value of field `transactionTypes.type` any more"
    assert (CALLERS, what) in [(each.effect, each.what) for each, _ in report.changes]
    assert note not in report.notes


@pytest.mark.usefixtures("client")
def test_contract_and_client_agree_in_the_end(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """What `make check` holds against the contract holds when the pages are merged."""
    project = rehearsal.project
    rehearsal.edit("get_journalrun.md", RULE, RULE + "\n  - `closedBy` (string)\n    Who.\n")
    assert spec(project, [rehearsal.pages]).problems == []
    assert check(project) == []
    made = tmp_path / "made"
    generator.generate(made, project.contract)
    assert generator.differences(made, project.client) == []
    assert "closed_by" in (project.client / "models" / "journal_run.py").read_text(encoding="utf-8")
    program = "import zuora_journal_runs_api.models as m; assert m.JournalRun.from_dict({RUN}).closed_by == 'me'"
    run = "{'success': True, 'number': 'JR-00000001', 'status': 'Error', 'closedBy': 'me'}"
    environment = {**os.environ, "PYTHONPATH": str(project.client.parent)}
    subprocess.run([sys.executable, "-c", program.replace("{RUN}", run)], env=environment, check=True)
