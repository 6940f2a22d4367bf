"""What the weekly workflow does with the pages that it fetched, in a repository of its own with a remote and a gh."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from openapi.spec.command import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# `make spec` takes a page's text for the contract, and needs a decision if it is to.
MAKEFILE = """\
REPORT = $(lastword $(SPEC_OPTIONS))
spec:
	@echo "A report." > $(REPORT)
	@grep --quiet decision $(DOCS)/page && { echo "A question." >> $(REPORT); exit 1; } || cp $(DOCS)/page openapi/journal-runs.yaml
check:
	@echo "checked"
test:
	@if grep --quiet broken openapi/journal-runs.yaml; then echo "1 failed"; exit 1; fi
"""
GH = """\
#!/bin/sh
echo "$@" >> "$LOG"
for each in "$@"; do
  case "$each" in --body-file=*) cat "${each#--body-file=}" >> "$LOG";; esac
done
case "$1 $2" in "$OPEN list") echo 7;; esac
"""


@dataclass
class Repository:
    root: Path
    log: Path
    open: str = "none"
    """What gh has open: `pr` or `issue`."""

    def git(self, *arguments: str, author: str = "person@example.com") -> str:
        settings = ("-c", f"user.email={author}", "-c", "user.name=N", "-c", "commit.gpgsign=false")
        command = ["git", *settings, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=True
        ).stdout

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "MFLAGS"))}
        return {
            **kept, "PATH": f"{self.log.parent}{os.pathsep}{kept['PATH']}", "LOG": str(self.log), "OPEN": self.open,
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GITHUB_SERVER_URL": "https://host",
            "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "5",
        }  # fmt: skip

    def propose(self, text: str) -> tuple[int, str, str]:
        """What comes of a page, and what gh was asked for; the checkout is clean again afterwards."""
        pages = self.root.parent / "pages"
        pages.mkdir(exist_ok=True)
        (pages / "page").write_text(text, encoding="utf-8")
        self.log.write_text("", encoding="utf-8")
        program = [sys.executable, str(ROOT / "openapi" / "workflow" / "propose.py"), str(pages)]
        run = subprocess.run(program, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)
        assert run.stderr == ""
        self.git("switch", "--quiet", "--force", "main")
        return run.returncode, run.stdout, self.log.read_text(encoding="utf-8")

    def proposed(self) -> str:
        """The contract on the remote branch."""
        self.git("fetch", "--quiet", "origin")
        return self.git("show", "origin/zuora-documents:openapi/journal-runs.yaml")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work", tmp_path / "bin" / "log")
    made.root.mkdir()
    made.log.parent.mkdir()
    gh = made.log.parent / "gh"
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    for name in (
        "openapi/documents/a.yaml",
        "openapi/corrections.overlay.yaml",
        "openapi/journal-runs.yaml",
        "generated/a.py",
    ):
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was\n", encoding="utf-8")
    (made.root / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", ".")
    made.git("commit", "--quiet", "--message=Begin")
    made.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    made.git("remote", "add", "origin", str(tmp_path / "remote"))
    made.git("push", "--quiet", "origin", "main")
    return made


def test_nothing_new(repository: Repository) -> None:
    assert repository.propose("as it was\n") == (0, "The pages state what they stated.\n", "")


def test_a_pull_request_says_whether_checks_and_tests_pass(repository: Repository) -> None:
    status, _, asked = repository.propose("new\n")
    assert status == 0
    assert repository.proposed() == "new\n"
    assert "pr create --head=zuora-documents --title=Follow Zuora's documents" in asked
    for line in ("A report.", "- `make check` passes.", "- `make test` passes."):
        assert line in asked.splitlines()
    assert "https://host/o/r/actions/runs/5" in asked


def test_a_pull_request_says_what_fails(repository: Repository) -> None:
    status, _, asked = repository.propose("broken\n")
    assert (status, repository.proposed()) == (0, "broken\n")
    assert "- **`make test` fails.**" in asked
    assert "1 failed" in asked


def test_its_own_commit_is_replaced(repository: Repository) -> None:
    repository.propose("new\n")
    repository.open = "pr"
    status, _, asked = repository.propose("newer\n")
    assert (status, repository.proposed()) == (0, "newer\n")
    assert "pr edit zuora-documents" in asked
    assert "pr create" not in asked
    assert len(repository.git("log", "--format=%h", "main..origin/zuora-documents").split()) == 1


def test_commits_of_people_stay(repository: Repository) -> None:
    repository.propose("new\n")
    repository.git("switch", "--quiet", "--create", "zuora-documents-2", "origin/zuora-documents")
    (repository.root / "openapi" / "journal-runs.yaml").write_text("decided\n", encoding="utf-8")
    repository.git("commit", "--quiet", "--all", "--message=Decide")
    repository.git("push", "--quiet", "origin", "HEAD:zuora-documents")
    repository.git("switch", "--quiet", "main")
    status, printed, asked = repository.propose("newer\n")
    assert (status, asked, repository.proposed()) == (1, "", "decided\n")
    assert "::error::the branch zuora-documents has commits of others: " in printed
    assert "person@example.com Decide" in printed


@pytest.mark.parametrize(("opened", "call"), [("none", "issue create --title=Zuora's"), ("issue", "issue edit 7")])
def test_a_decision_leaves_an_issue(repository: Repository, opened: str, call: str) -> None:
    repository.open = opened
    status, printed, asked = repository.propose("decision\n")
    assert status == 1
    assert "::error::a decision is needed; an issue says which" in printed
    assert call in asked
    assert "A question." in asked
    assert "https://host/o/r/actions/runs/5" in asked
    assert repository.git("ls-remote", "--heads", "origin", "zuora-documents") == ""
