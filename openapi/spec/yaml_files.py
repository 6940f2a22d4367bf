"""YAML as this package reads and writes it: JSON's values only, with file and line in every error."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

WIDTH = 112
FLOW_WIDTH = 100
"""A small collection is written on one line if it is no longer than this."""
DEEPEST = 200
"""Levels of nesting at most, so that no reader of a document runs out of stack."""
LARGEST = 5_000_000
"""Values at most, those counted again that an alias repeats."""

TAG = "tag:yaml.org,2002:"
UNREAD = {f"{TAG}{name}" for name in ("bool", "timestamp", "merge", "value")}

Place = tuple[str, ...]


class FileError(ValueError):
    """A file is not of its form; the message begins with its name and the line."""

    def __init__(self, name: str, line: int, what: str) -> None:
        super().__init__(f"{name}:{line}: {what}")
        self.line = line
        self.what = what


class Loader(yaml.CSafeLoader):
    """Knows YAML 1.2's booleans, and dates as text: `No` is a value of an enumeration, not false."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in UNREAD]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(f"{TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
RESOLVERS: dict[str, list[tuple[str, re.Pattern[str]]]] = Loader.yaml_implicit_resolvers
NUMBERS = yaml.constructor.SafeConstructor()


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


class _Builder:
    """Builds the value that a stream of events describes, without recursion and without nodes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[tuple[dict[str, Any] | list[Any], str | None, int]] = []
        """Collections that are not complete, with their anchors and how many values preceded them."""
        self._keys: list[str | None] = []
        """For each of them the key that waits for its value, if it is a mapping."""
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self.result: Any = None

    def take(self, event: yaml.Event) -> None:
        """Take the next event.

        Raises:
            FileError: it is none of JSON's values, a key is there twice, or there is too much of it.
        """
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            value, anchor, before = self._open.pop()
            self._keys.pop()
            self._anchor(anchor, value, self._count - before)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._error(event, f"the anchor {event.anchor} is not known, or encloses this alias")
            value, size = self._anchors[event.anchor]
            self._put(event, value, size)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._open and isinstance(self._open[-1][0], dict) and self._keys[-1] is None:
            if event.value in self._open[-1][0]:
                raise self._error(event, f"the key {event.value} is there twice")
            self._keys[-1] = event.value
            self._anchor(event.anchor, event.value, 1)
            return
        value = self._value(event)
        self._put(event, value, 1)
        self._anchor(event.anchor, value, 1)

    def _value(self, event: yaml.ScalarEvent) -> Any:
        tag = event.tag
        if event.implicit[0]:
            first = event.value[:1]
            found = (each for each, pattern in RESOLVERS.get(first, ()) if pattern.match(event.value))
            tag = next(found, f"{TAG}str")
        if tag in {None, "!", f"{TAG}str"}:
            return event.value
        if tag == f"{TAG}null":
            return None
        if tag == f"{TAG}bool":
            return event.value.lower() == "true"
        try:
            if tag == f"{TAG}int":
                return NUMBERS.construct_yaml_int(yaml.ScalarNode(tag, event.value))
            if tag == f"{TAG}float" and math.isfinite(number := float(event.value.replace("_", ""))):
                return number
        except ValueError as error:
            raise self._error(event, f"this number is not understood: {error}") from error
        raise self._error(event, f"the tag {tag} is not understood")

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) == DEEPEST:
            raise self._error(event, f"this is nested more than {DEEPEST} levels deep")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        before = self._count
        self._put(event, value, 1)
        self._open.append((value, event.anchor, before))
        self._keys.append(None)

    def _put(self, event: yaml.Event, value: Any, size: int) -> None:
        self._count += size
        if self._count > LARGEST:
            raise self._error(event, f"there are more than {LARGEST:,} values in this file")
        if not self._open:
            self.result = value
            return
        holder, key = self._open[-1][0], self._keys[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key is None:
            raise self._error(event, "a key is text, and nothing else")
        else:
            holder[key] = value
            self._keys[-1] = None

    def _anchor(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor:
            self._anchors[anchor] = (value, size)

    def _error(self, event: yaml.Event, what: str) -> FileError:
        return FileError(self._name, _line(event), what)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _events(text: str, name: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=Loader)
    except yaml.reader.ReaderError as error:
        raise FileError(name, text.count("\n", 0, error.position) + 1, "a character that YAML forbids") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(each for each in (error.context, error.problem) if each)
        raise FileError(name, mark.line + 1 if mark else 1, f"this is not YAML: {what}") from error


def loads(text: str, name: str = "text") -> Any:
    """Return the value that a text holds, which is YAML or JSON.

    Raises:
        FileError: it is neither, or too deep or too large.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            return _json(text, name)
        except json.JSONDecodeError:
            # A mapping of YAML may begin so too.
            pass
    builder = _Builder(name)
    documents = 0
    for event in _events(text, name):
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise FileError(name, _line(event), "a second document begins here")
        builder.take(event)
    return builder.result


def _json(text: str, name: str) -> Any:
    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise FileError(name, 1, f"the key {twice} is there twice in one object")
        return found

    def constant(word: str) -> None:
        raise FileError(name, 1, f"{word} is not JSON")

    try:
        value = json.loads(text.lstrip("\ufeff"), object_pairs_hook=mapping, parse_constant=constant)
    except RecursionError:
        value = None
    else:
        level = [value]
        for _ in range(DEEPEST):
            level = [
                inner
                for each in level
                for inner in (each.values() if isinstance(each, dict) else each)
                if isinstance(inner, dict | list)
            ]
            if not level:
                return value
    raise FileError(name, 1, f"this is nested more than {DEEPEST} levels deep")


def load(path: Path) -> Any:
    """Return the value that a file holds.

    Raises:
        FileError: it is neither YAML nor JSON.
    """
    return loads(read_text(path), path.name)


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        FileError: it is not UTF-8.
    """
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(path.name, line, f"this is not UTF-8 text: {error.reason}") from error


def lines(text: str, places: Collection[Place]) -> dict[Place, int]:
    """Return the line where the value at each place begins, as far as the text can be read."""
    found: dict[Place, int] = {}
    inside: list[_Frame] = []
    try:
        for event in _events(text, ""):
            if isinstance(event, yaml.CollectionEndEvent):
                inside.pop()
            elif not isinstance(event, yaml.NodeEvent) or (inside and inside[-1].is_key(event)):
                continue
            else:
                here = tuple(str(frame.key) for frame in inside)
                if here in places:
                    found.setdefault(here, _line(event))
                if isinstance(event, yaml.CollectionStartEvent):
                    inside.append(_Frame(isinstance(event, yaml.MappingStartEvent)))
                    continue
            if inside and inside[-1].is_mapping:
                inside[-1].key = None
    except FileError:
        pass
    return found


@dataclass(slots=True)
class _Frame:
    """A collection that a reader is in, and the key or index of its current value."""

    is_mapping: bool
    key: str | int | None = None

    def is_key(self, event: yaml.NodeEvent) -> bool:
        """Tell whether an event is the key of a mapping, and go on to the next value."""
        if self.is_mapping and self.key is None:
            self.key = getattr(event, "value", "")
            return True
        if not self.is_mapping:
            self.key = 0 if self.key is None else int(self.key) + 1
        return False


def dumps(value: Any, notice: str = "") -> str:
    """Return a value as YAML, under a notice."""
    comment = "".join(f"# {line}\n" for line in notice.splitlines())
    return comment + yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
