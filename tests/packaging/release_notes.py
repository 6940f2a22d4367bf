"""Print the release notes of a tag: what CHANGELOG.md says of its version.

python tests/packaging/release_notes.py v0.1.0

It exits with 1 if the tag is not that of the version in pyproject.toml, or if its section has no date or no content.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(tag: str, root: Path = ROOT) -> str:
    """Return the notes, with one line to a paragraph: a release's page shows every line break."""
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if tag != f"v{version}":
        raise SystemExit(f"the tag is {tag}, but pyproject.toml has version {version}")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.compile(rf"^## \[{re.escape(version)}\] - (.+)$", re.MULTILINE).search(changelog)
    if heading is None:
        raise SystemExit(f"CHANGELOG.md has no section for {version}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", heading[1]):
        raise SystemExit(f"CHANGELOG.md has no date for {version}, but: {heading[1]}")
    section = re.split(r"^## ", changelog[heading.end() :], maxsplit=1, flags=re.MULTILINE)[0]
    notes = re.sub(r"(?<=\S)\n *(?=[^\s#*-])", " ", section).strip()
    if not notes:
        raise SystemExit(f"CHANGELOG.md says nothing of {version}")
    return notes


if __name__ == "__main__":
    sys.stdout.write(f"{main(sys.argv[1])}\n")
