"""Where something in the contract comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .base import Base
from .build import corrected
from .overlay import plain

if TYPE_CHECKING:
    from .extract import Documents
    from .names import Names
    from .overlay import Overlay


def explain(documents: Documents, names: Names, overlay: Overlay, pointer: str) -> list[str]:
    """The documents that state what is at a JSON pointer, and the corrections without which it would be otherwise.

    Raises:
        ValueError: there is nothing at that pointer.
    """
    whole = _at(corrected(documents, names, overlay), pointer)
    if whole is None:
        raise ValueError(f"the contract has nothing at {pointer}")
    lines = []
    indexes = {name: each for name, each in documents.items() if each.index}
    for name, document in documents.items():
        if _at(plain(Base(names).build({**indexes, name: document})), pointer) is not None:
            source = document.source
            version = f"version {source.version}" if source.version else "no version"
            lines.append(f"stated by documents/{name}: {version}, sha256 {source.sha256}, read from {source.file}")
    for action in overlay.actions:
        rest = replace(overlay, actions=tuple(each for each in overlay.actions if each is not action))
        if _at(corrected(documents, names, rest), pointer) != whole:
            reason = " ".join(action.reason.split())
            lines.append(f"made what it is by {action}: {reason} ({', '.join(action.sources)})")
    return lines


def _at(document: Any, pointer: str) -> Any:
    """What is at a pointer; None if nothing is."""
    for part in pointer.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        elif isinstance(document, dict):
            document = document.get(name)
        else:
            return None
    return document
