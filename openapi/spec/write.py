"""Files written all or none, whatever happens in between.

They are staged in a folder beside their places, with a list of what is to be done. Renaming that folder decides:
before, nothing was written; after, whoever comes next completes what is left, which needs no room on the disk.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STAGED, DECIDED = ".spec-staged", ".spec-decided"
LIST = "list.json"


def write(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files below a folder, in their order; `None` removes one. Unchanged files are left alone.

    Raises:
        OSError: nothing was written, or what is left to do is kept for `complete`.
    """
    complete(root)
    changed = {name: content for name, content in files.items() if _kept(root / name) != content}
    if not changed:
        return
    staged = root / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir()
        for number, content in enumerate(changed.values()):
            if content is not None:
                (staged / str(number)).write_bytes(content)
        listed = [[name, content is None] for name, content in changed.items()]
        (staged / LIST).write_text(json.dumps(listed), encoding="utf-8")
        staged.rename(root / DECIDED)
    except OSError:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    complete(root)


def is_complete(root: Path) -> bool:
    """Tell whether nothing is left to do below a folder."""
    return not (root / DECIDED).exists()


def complete(root: Path) -> None:
    """Do what an interrupted `write` decided and left."""
    decided = root / DECIDED
    if not decided.exists():
        return
    # Without its list the folder is what the last step of a completed run left.
    if (decided / LIST).exists():
        for number, (name, gone) in enumerate(json.loads((decided / LIST).read_text(encoding="utf-8"))):
            staged, path = decided / str(number), root / name
            if gone:
                path.unlink(missing_ok=True)
            elif staged.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                staged.replace(path)
        (decided / LIST).unlink()
    shutil.rmtree(decided)


def _kept(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
