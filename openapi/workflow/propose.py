"""Read pages that were fetched, and propose what comes of them: a pull request, or an issue if a decision is needed.

The workflow beside this file runs it in a clean checkout, with git and gh signed in. It never overwrites what people
put on its branch, and it says in the pull request whether `make check` and `make test` pass, since a pull request that
is opened with a workflow's own token starts no checks.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

WRITTEN = ("openapi/documents", "openapi/corrections.overlay.yaml", "openapi/journal-runs.yaml", "generated")
NAME, EMAIL = "github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"
TITLE = "Follow Zuora's documents"
QUESTION = "Zuora's documents have changed in a way that needs a decision"
LINES = 60
"""Lines that are shown at most of the output of a failing command."""


class ForeignCommitsError(Exception):
    """Somebody has put commits on the branch."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command, and show what it prints."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    sys.stdout.write(done.stdout)
    return done


def output(*command: str) -> str:
    """Return what a command prints.

    Raises:
        CalledProcessError: it failed.
    """
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True).stdout.strip()


def pushed(branch: str) -> str:
    """Return the commit of the remote branch; empty if there is none.

    Raises:
        ForeignCommitsError: it has commits of others, which a push would take away.
    """
    if not output("git", "ls-remote", "--heads", "origin", branch):
        return ""
    output("git", "fetch", "--quiet", "origin", f"+refs/heads/{branch}:refs/remotes/origin/{branch}")
    commits = output("git", "log", "--format=%h %ae %s", f"HEAD..origin/{branch}").splitlines()
    if foreign := [each for each in commits if each.split(" ")[1] != EMAIL]:
        raise ForeignCommitsError(f"the branch {branch} has commits of others: {'; '.join(foreign)}")
    return output("git", "rev-parse", f"origin/{branch}")


def checked(target: str) -> str:
    """Run a target of the Makefile, and return its result for the pull request."""
    done = run("make", target)
    if not done.returncode:
        return f"- `make {target}` passes."
    shown = "\n".join(done.stdout.splitlines()[-LINES:])
    return f"- **`make {target}` fails.**\n\n<details><summary>Output</summary>\n\n```\n{shown}\n```\n\n</details>"


def ask(body: Path) -> None:
    """Open an issue, or bring the open one up to date."""
    found = output(
        "gh", "issue", "list", "--state=open", f"--search={QUESTION} in:title", "--json=number", "--jq=.[].number"
    )
    if found:
        output("gh", "issue", "edit", found.split()[0], f"--body-file={body}")
    else:
        output("gh", "issue", "create", f"--title={QUESTION}", f"--body-file={body}")


def propose(branch: str, lease: str, body: Path) -> None:
    """Push what was written, and open a pull request or bring it up to date."""
    output("git", "switch", "--quiet", "--force-create", branch)
    author = ("-c", f"user.name={NAME}", "-c", f"user.email={EMAIL}")
    output("git", *author, "commit", "--quiet", f"--message={TITLE}")
    output("git", "push", "--quiet", f"--force-with-lease={branch}:{lease}", "origin", branch)
    if output("gh", "pr", "list", "--state=open", f"--head={branch}", "--json=number", "--jq=.[].number"):
        output("gh", "pr", "edit", branch, f"--body-file={body}")
    else:
        output("gh", "pr", "create", f"--head={branch}", f"--title={TITLE}", f"--body-file={body}")


def main(arguments: list[str]) -> int:
    """Return 0 if nothing changed or it was proposed, 1 if a person is needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path, help="the folder with the pages")
    parser.add_argument("--branch", default="zuora-documents")
    given = parser.parse_args(arguments)
    where = f"{os.environ.get('GITHUB_SERVER_URL')}/{os.environ.get('GITHUB_REPOSITORY')}/actions/runs"
    attached = f"\nThe pages that were read are attached to [this run]({where}/{os.environ.get('GITHUB_RUN_ID')}).\n"
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "report.md"
        try:
            lease = pushed(given.branch)
        except ForeignCommitsError as error:
            print(f"::error::{error}; merge or close its pull request first")
            return 1
        read = run("make", "spec", f"DOCS={given.pages}", f"SPEC_OPTIONS=--prune --markdown {body}")
        report = body.read_text(encoding="utf-8") if body.exists() else f"```\n{read.stdout}\n```\n"
        if read.returncode:
            body.write_text(report + attached, encoding="utf-8")
            ask(body)
            print("::error::a decision is needed; an issue says which")
            return 1
        output("git", "add", *WRITTEN)
        if not output("git", "diff", "--cached", "--name-only"):
            print("The pages state what they stated.")
            return 0
        checks = "\n".join(checked(target) for target in ("check", "test"))
        body.write_text(f"{report}\n## Checks\n\n{checks}\n{attached}", encoding="utf-8")
        propose(given.branch, lease, body)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
