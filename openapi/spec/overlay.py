"""Our corrections, an OpenAPI Overlay 1.1 document, applied to what the documents state.

The Overlay specification lets an action pass that finds nothing to do. Here that is an error, since it means that the
documents have changed under the correction. Three fields of ours stand beside the standard ones of an action:

- `description`, which is standard, is required: the reason;
- `x-sources`: keys of `info.x-source-keys`, where it was read;
- `x-documented`: what the documents state where an action removes or replaces it. If they come to state anything else,
  the correction has to be looked at again.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import jsonpath_rfc9535 as jsonpath

from .base import Placeholder
from .compare import NOTES
from .yaml_files import FileError, lines, loads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .yaml_files import Place

FIELDS = {"target", "description", "update", "remove", "x-sources", "x-documented"}

BESIDE = {"$ref", "summary", "description"}
"""What may stand beside a reference; a field cannot be what it refers to and something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One correction."""

    number: int
    """Its place in the overlay, from 0."""
    at: str
    """The file and line where it begins."""
    target: str
    reason: str
    sources: tuple[str, ...]
    update: Any = None
    remove: bool = False
    documented: Any = None

    def __str__(self) -> str:
        return f"{self.at}: {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All corrections."""

    version: str
    """The version of the newest source that they draw on."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A correction that does not fit what the documents state."""

    action: Action
    what: str
    stated: tuple[Place, ...] = ()
    """The places in its update that the documents state themselves."""

    def __str__(self) -> str:
        return f"{self.action}: {self.what} (the correction's reason: {' '.join(self.action.reason.split())})"


def parsed(text: str, name: str) -> Overlay:
    """Return the corrections in a file with a name.

    Raises:
        FileError: an action is not of the form above.
    """
    data = loads(text, name)
    listed = data.get("actions") if isinstance(data, dict) else None
    version = data.get("info", {}).get("version") if isinstance(data, dict) else None
    if not isinstance(listed, list) or not isinstance(version, str):
        raise FileError(name, 1, "an overlay has an `info` with a `version`, and a list of `actions`")
    begins = lines(text, {("actions", str(number)) for number in range(len(listed))})
    actions = []
    for number, each in enumerate(listed):
        line = begins.get(("actions", str(number)), 1)
        if problem := _wrong(each):
            raise FileError(name, line, problem)
        try:
            jsonpath.compile(each["target"])
        except jsonpath.JSONPathError as error:
            what = f"the target {each['target']} is no JSONPath: {error}".splitlines()[0]
            raise FileError(name, line, what) from error
        actions.append(
            Action(
                number=number,
                at=f"{name}:{line}",
                target=each["target"],
                reason=each["description"],
                sources=tuple(each["x-sources"]),
                update=each.get("update"),
                remove=each.get("remove", False),
                documented=each.get("x-documented"),
            )
        )
    return Overlay(version=version, actions=tuple(actions))


def relocated(overlay: Overlay, original: Overlay) -> Overlay:
    """Return an overlay that was pruned, whose actions are said to be where they were before."""
    before = iter(original.actions)
    actions = []
    for action in overlay.actions:
        was = next(each for each in before if (each.target, each.reason) == (action.target, action.reason))
        actions.append(replace(action, at=was.at))
    return replace(overlay, actions=tuple(actions))


def _wrong(action: Any) -> str | None:
    """Return why an action is not of its form; `None` if it is."""
    if not isinstance(action, dict):
        return "an action is a mapping"
    sources = action.get("x-sources")
    if unknown := action.keys() - FIELDS:
        return f"an action has no {', '.join(sorted(map(str, unknown)))}"
    for name in ("target", "description"):
        if not isinstance(action.get(name), str) or not action[name].strip():
            return f"an action has a {name}"
    if not isinstance(sources, list) or not sources or not all(isinstance(each, str) for each in sources):
        return "an action has x-sources, a list of source keys"
    if ("update" in action) == (action.get("remove") is True):
        return "an action has either an update or `remove: true`"
    return None


def apply(overlay: Overlay, base: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return what the documents state with all corrections, and what does not fit, which is applied too."""
    document = copy.deepcopy(dict(base))
    problems: list[Problem] = []
    for action in overlay.actions:
        # A wildcard selects what is there; its values are of the kind that JSON has.
        nodes = [
            (cast("Place", node.location), node.value) for node in jsonpath.find(action.target, cast("Any", document))
        ]
        if not nodes:
            problems.append(Problem(action, "its target is gone from the documents"))
        elif action.remove:
            for place, value in reversed(nodes):
                if plain(value) != action.documented:
                    what = f"the documents state {_shown(value)} there, and it removes {_shown(action.documented)}"
                    problems.append(Problem(action, what))
                _remove(document, place)
        else:
            merge = _Merge(action)
            for place, value in nodes:
                _set(document, place, merge.merged(value, action.update, action.documented, ()))
            problems += merge.problems()
    return document, problems


@dataclass(slots=True)
class _Merge:
    """An update of one or more nodes, and what it changed in them."""

    action: Action
    new: set[Place] = field(default_factory=set)
    stated: dict[Place, Any] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        """Return what does not fit. What some of the nodes stated and others did not is well corrected."""
        stated = {place: value for place, value in self.stated.items() if place not in self.new}
        if not stated:
            return self._problems
        listed = "; ".join(f"{_pointer(place)}: {_shown(value)}" for place, value in stated.items())
        what = f"the documents now state this themselves: {listed}"
        return [*self._problems, Problem(self.action, what, tuple(stated))]

    def merged(self, ours: Any, update: Any, documented: Any, place: Place) -> Any:
        """Return a node with an update."""
        if isinstance(ours, dict) and isinstance(update, dict):
            return self._mapping(ours, update, documented, place)
        if isinstance(ours, list):
            result = list(ours)
            for index, each in enumerate(update if isinstance(update, list) else [update]):
                if each in ours:
                    self.stated[(*place, str(index))] = each
                else:
                    self.new.add((*place, str(index)))
                    result.append(copy.deepcopy(each))
            return result
        if isinstance(ours, dict) or isinstance(update, dict | list):
            self._problems.append(Problem(self.action, f"{_pointer(place)} is {_shown(ours)}, which cannot take it"))
            return ours
        if isinstance(ours, Placeholder):
            self.new.add(place)
        elif ours == update and isinstance(ours, bool) == isinstance(update, bool):
            self.stated[place] = update
        else:
            self.new.add(place)
            if documented != ours:
                expected = "" if documented is None else f", and the correction was made for {_shown(documented)}"
                what = f"the documents state {_pointer(place)}: {_shown(ours)}{expected}"
                self._problems.append(Problem(self.action, what))
        return update

    def _mapping(self, ours: dict[str, Any], update: dict[str, Any], documented: Any, place: Place) -> dict[str, Any]:
        expected = documented if isinstance(documented, dict) else {}
        result = dict(ours)
        for name, value in update.items():
            inner = (*place, name)
            if name in ours:
                result[name] = self.merged(ours[name], value, expected.get(name), inner)
            else:
                self.new |= set(_leaves(value, inner))
                fields = (self.action.target.rpartition(".")[2], *place)[-1] == "properties"
                if name not in NOTES and (_is_note(value) or (fields and _is_partial(value))):
                    self._problems.append(Problem(self.action, f"{_pointer(inner)} is gone from the documents"))
                    continue
                result[name] = copy.deepcopy(value)
                if name in expected:
                    what = f"the documents no longer state {_pointer(inner)}: {_shown(expected[name])}"
                    self._problems.append(Problem(self.action, what))
        beside = [name for name in result if name not in BESIDE and not name.startswith("x-")]
        if "$ref" in result and beside:
            what = f"{_pointer(place)} would be a reference to {result['$ref']}, and have {', '.join(beside)} beside it"
            self._problems.append(Problem(self.action, what))
        if place[-1:] == ("properties",) or self.action.target.endswith(".properties"):
            # A correction that names fields also says in which order they are shown.
            return {name: result[name] for name in dict.fromkeys([*update, *ours]) if name in result}
        return result


def _leaves(value: Any, place: Place) -> Sequence[Place]:
    if isinstance(value, dict) and value:
        return [leaf for name, each in value.items() for leaf in _leaves(each, (*place, name))]
    if isinstance(value, list) and value:
        return [(*place, str(index)) for index in range(len(value))]
    return [place]


def _is_note(value: Any) -> bool:
    """Tell whether an update only adds words, and so must find something that they are about."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(name in NOTES or name == "x-beyond-schema" or _is_note(each) for name, each in value.items())
    )


def _is_partial(value: Any) -> bool:
    """Tell whether an update says something of a field, and not what it is."""
    return isinstance(value, dict) and bool(value) and not value.keys() & {"type", "$ref", "oneOf", "anyOf", "allOf"}


def plain(value: Any) -> Any:
    """Return a value without the descriptions that stand for missing ones."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if not isinstance(each, Placeholder)}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def _parent(document: Any, place: Place) -> Any:
    for name in place[:-1]:
        document = document[name]
    return document


def _set(document: dict[str, Any], place: Place, value: Any) -> None:
    if place:
        _parent(document, place)[place[-1]] = value
    else:
        document.update(value)


def _remove(document: dict[str, Any], place: Place) -> None:
    del _parent(document, place)[place[-1]]


def _pointer(place: Place) -> str:
    return "/" + "/".join(map(str, place))


def _shown(value: Any) -> str:
    text = str(plain(value))
    return text if len(text) <= 100 else text[:98] + " …"
