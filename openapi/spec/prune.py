"""Corrections taken out of the overlay, which stays as its authors wrote it otherwise."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .overlay import Problem
    from .yaml_files import Place

NULL = "tag:yaml.org,2002:null"


def pruned(overlay: str, stated: Sequence[Problem]) -> str:
    """Return an overlay without what the documents state themselves, and without actions with nothing left to do."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda dumper, _: dumper.represent_scalar(NULL, "null"))
    document = yaml.load(overlay)
    places = {problem.action.number: problem.stated for problem in stated}
    for number in sorted(places, reverse=True):
        action = document["actions"][number]
        # From the end, so that the places of a list's other items stay what they are.
        for place in sorted(places[number], key=_last_first, reverse=True):
            _take_out(action, ("update", *place))
        if "update" not in action:
            del document["actions"][number]
    written = io.StringIO()
    yaml.dump(document, written)
    # The empty line before an action goes with what stood last in the one before it.
    return re.sub(r"(?<=[^\n])\n(?=  - target: )", "\n\n", written.getvalue())


def _last_first(place: Place) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in place)


def _take_out(node: Any, place: Place) -> None:
    """Take out what is at a place, and what is empty then."""
    name: Any = place[0] if not isinstance(node, list) else int(place[0])
    if isinstance(node, dict) and name not in node:
        # The only item of what was no list.
        return
    if len(place) > 1 and isinstance(node[name], dict | list):
        _take_out(node[name], place[1:])
        if node[name]:
            return
    del node[name]
