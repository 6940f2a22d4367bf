"""Where something in the contract comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .base import Base
from .build import at, corrected
from .overlay import plain

if TYPE_CHECKING:
    from .documents import Documents
    from .names import Names
    from .overlay import Overlay


def explain(documents: Documents, names: Names, overlay: Overlay, pointer: str) -> list[str]:
    """Return which documents state what is at a JSON pointer, and which corrections made it what it is.

    Raises:
        ValueError: there is nothing at that pointer.
    """
    whole = at(corrected(documents, names, overlay), pointer)
    if whole is None:
        raise ValueError(f"the contract has nothing at {pointer}")
    lines = []
    indexes = {name: each for name, each in documents.items() if each.index}
    for name, document in documents.items():
        if at(plain(Base(names).build({**indexes, name: document})), pointer) is not None:
            source = document.source
            version = f"version {source.version}" if source.version else "no version"
            lines.append(f"stated by documents/{name}: {version}, sha256 {source.sha256}, read from {source.file}")
    for action in overlay.actions:
        rest = replace(overlay, actions=tuple(each for each in overlay.actions if each is not action))
        if at(corrected(documents, names, rest), pointer) != whole:
            reason = " ".join(action.reason.split())
            lines.append(f"made what it is by {action}: {reason} ({', '.join(action.sources)})")
    return lines
