"""YAML as this package reads and writes it: JSON's values only, and written to be read."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

WIDTH = 112
FLOW_WIDTH = 100
"""A small collection stands on one line if it is no longer than this."""

BOOL, TIMESTAMP = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"


class Loader(yaml.CSafeLoader):
    """Reads YAML 1.2's booleans, and dates as text: `No` is a value of an enumeration, not false."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {BOOL, TIMESTAMP}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


class Dumper(yaml.SafeDumper):
    """Writes small collections on one line, long text folded, and lists indented under their names."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists too."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write twice what is there twice."""
        return True


def _text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text.rstrip("\n") or text.endswith("\n"):
        style = "|"
    elif len(text) > FLOW_WIDTH and " " in text:
        style = ">"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_small(value: Any) -> bool:
    """Whether a collection may stand on one line: it is short, and holds no other but short lists of plain values."""
    return "\n" not in str(value) and len(str(value)) <= FLOW_WIDTH - 10 and _depth(value) <= 2


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _mapping(dumper: Dumper, value: dict[str, Any]) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", value.items())
    node.flow_style = not value or (_is_small(value) and (len(value) == 1 or not _holds_sections(value)))
    return node


def _holds_sections(value: dict[str, Any]) -> bool:
    return any(isinstance(each, dict) and len(each) > 1 for each in value.values())


def _list(dumper: Dumper, value: list[Any]) -> yaml.SequenceNode:
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", value)
    node.flow_style = not value or _is_small(value)
    return node


Dumper.add_representer(str, _text)
Dumper.add_representer(dict, _mapping)
Dumper.add_representer(list, _list)


def loads(text: str) -> Any:
    """The value that a text holds, which is YAML or JSON.

    Raises:
        yaml.YAMLError: it is neither.
    """
    if text.lstrip().startswith("{"):
        # Some of JSON's escapes are not YAML's.
        with contextlib.suppress(ValueError):
            return json.loads(text)
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader


def load(path: Path) -> Any:
    """The value that a file holds."""
    return loads(path.read_text(encoding="utf-8"))


def dumps(value: Any, notice: str = "") -> str:
    """A value as text, under a notice."""
    comment = "".join(f"# {line}\n" for line in notice.splitlines())
    return comment + yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
