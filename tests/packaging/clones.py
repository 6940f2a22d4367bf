"""Run `make test` in fresh clones under unlike conditions, and print how each of them ended.

    python tests/packaging/clones.py                      # all of them, one after the other
    python tests/packaging/clones.py --list
    python tests/packaging/clones.py long-path umask -- tests/cli -k terminal
    python tests/packaging/clones.py long-path+umask blanks+lang-c     # several conditions in one clone

What is committed is cloned. The environment of each is empty but for `PATH`, how pip reaches its packages, and what the
condition sets.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
LONG = 200
"""Characters of the longest path."""
NOBODY = 65534


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is unlike in a clone."""

    says: str
    folder: str = "clone"
    variables: dict[str, str] = field(default_factory=dict)
    home: bool = True
    home_mode: int = 0o755
    umask: int = 0o022
    root: bool = True
    """Whether it may run as root. Root may write where nobody may."""


CONDITIONS = {
    "short-path": Condition(says="a short path", folder="c"),
    "long-path": Condition(says=f"a path of {LONG} characters", folder=""),
    "blanks": Condition(
        says="a path with blanks and letters that are not ASCII", folder="Zürich 月次 close (it's new)"
    ),
    "read-only-home": Condition(says="a home that is read-only", home_mode=0o555, root=False),
    "no-home": Condition(says="no HOME", home=False),
    "lang-c": Condition(says="LANG=C", variables={"LANG": "C", "LC_ALL": "C"}),
    "far-east": Condition(says="TZ at +14", variables={"TZ": "UTC-14"}),
    "umask": Condition(says="umask 077", umask=0o077),
    "no-root": Condition(says="a user that is not root, without CI", root=False),
    "ci": Condition(says="CI=true", variables={"CI": "true"}),
}


def combined(names: str) -> Condition:
    """Return the condition of a clone in which several are met, such as `long-path+umask`."""
    parts = [CONDITIONS[name] for name in names.split("+")]
    folders = [part.folder for part in parts if part.folder != Condition.folder]
    return Condition(
        says=", ".join(part.says for part in parts),
        folder=folders[0] if folders else Condition.folder,
        variables={name: value for part in parts for name, value in part.variables.items()},
        home=all(part.home for part in parts),
        home_mode=min(part.home_mode for part in parts),
        umask=max(part.umask for part in parts),
        root=all(part.root for part in parts),
    )


class Ended(NamedTuple):
    """How `make test` ended in a clone."""

    status: int
    seconds: float
    last: str


def main() -> int:
    options = _options()
    if options.list:
        for name, condition in CONDITIONS.items():
            _say(f"{name:15} {condition.says}")
        return 0
    names = options.conditions or list(CONDITIONS)
    folder = Path(options.into or tempfile.mkdtemp(prefix="z")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if _git("status", "--porcelain"):
        _say("What is not committed is not in the clones.")
    if os.geteuid():
        _say("You are not root: each clone is tested as you.")

    def tested(name: str) -> Ended:
        condition = combined(name)
        ended = test(condition, folder / name, options.arguments)
        verdict = "green" if ended.status == 0 else f"RED {ended.status}"
        _say(f"{name:15} {verdict:8} {ended.seconds:5.0f} s  {condition.says}: {ended.last}")
        return ended

    with ThreadPoolExecutor(options.jobs) as pool:
        all_ended = list(pool.map(tested, names))
    red = sum(ended.status != 0 for ended in all_ended)
    if red:
        _say(f"{red} of {len(names)} clones are red; see {folder}")
        return 1
    _say(f"All {len(names)} clones are green.")
    if not options.into:
        shutil.rmtree(folder)
    return 0


def test(condition: Condition, folder: Path, arguments: list[str]) -> Ended:
    """Clone the project, and run `make test` there."""
    began = time.monotonic()
    home = folder / "home"
    home.mkdir(parents=True)
    inner = condition.folder or "l" * (LONG - len(str(folder)) - 1)
    clone = folder / inner
    _git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
    if condition.umask & 0o077:
        # As if it had been cloned so.
        for path in (clone, *clone.rglob("*")):
            path.chmod(path.stat().st_mode & ~condition.umask)
    command = ["make", "test"]
    if arguments:
        command.append(f"TESTS={' '.join(arguments)}")
    if not condition.root and not os.geteuid():
        for path in (folder, home, clone, *clone.rglob("*")):
            os.lchown(path, NOBODY, NOBODY)
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    home.chmod(condition.home_mode)
    variables = {name: value for name, value in os.environ.items() if name.upper().startswith(PASSED_ON)}
    variables |= condition.variables
    if condition.home:
        variables["HOME"] = str(home)
    log = folder / "log.txt"
    with log.open("wb") as out:
        done = subprocess.run(
            command,
            cwd=clone,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            umask=condition.umask,
            check=False,
        )
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    home.chmod(0o755)
    if done.returncode == 0:
        shutil.rmtree(clone)
    last = next((line for line in reversed(lines) if " passed" in line or " failed" in line), lines[-1])
    return Ended(done.returncode, time.monotonic() - began, last.strip("= "))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run `make test` in fresh clones under unlike conditions.")
    parser.add_argument("conditions", nargs="*", metavar="CONDITION", help="these alone; see --list")
    parser.add_argument("--list", action="store_true", help="list the conditions")
    parser.add_argument("--into", metavar="FOLDER", help="clone into this folder, and keep the logs")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="test so many clones at once (default: 1)")
    given = sys.argv[1:]
    at = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:at])
    options.arguments = given[at + 1 :]
    if unknown := {part for each in options.conditions for part in each.split("+")} - set(CONDITIONS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(CONDITIONS)}")
    return options


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
