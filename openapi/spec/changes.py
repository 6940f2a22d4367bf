"""What differs between two contracts, and whom it breaks.

The comparison tools on the registries are programs for Node or Go, and none knows that our readers bear with unknown
values and fields. This one follows the contract's own shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .facts import METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Effect = Literal["breaking for callers", "breaking for readers", "harmless"]
CALLERS: Effect = "breaking for callers"
READERS: Effect = "breaking for readers"
HARMLESS: Effect = "harmless"

Side = Literal["request", "answer"]
Json = dict[str, Any]

UPPER = {"maxLength": "longest", "maximum": "largest", "maxItems": "most items", "exclusiveMaximum": "upper bound"}
LOWER = {"minLength": "shortest", "minimum": "smallest", "minItems": "fewest items", "exclusiveMinimum": "lower bound"}
# What a schema says for people, or is looked at by a rule of its own.
WORDS = {"description", "examples", "example", "title", "deprecated"}
JUDGED = {"type", "enum", "const", "required", "properties", "items", "oneOf", "anyOf", "$ref", *UPPER, *LOWER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, in users' words."""

    kind: Literal["added", "removed", "changed"]
    effect: Effect
    what: str
    where: tuple[str, ...]
    """Every place where it is so."""
    thing: Literal[
        "operation",
        "parameter",
        "request field",
        "answer",
        "answer field",
        "answer header",
        "value",
        "rule",
        "words",
        "other operation",
    ]
    names: tuple[str, ...]
    """What programs would call it."""


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What differs, the same thing in several places as one, the worst first."""
    found: dict[Change, list[str]] = {}
    for each in _Comparison(old, new).operations():
        (place,) = each.where
        places = found.setdefault(replace(each, where=()), [])
        if place not in places:
            places.append(place)
    result = [replace(each, where=tuple(places)) for each, places in found.items()]
    if not result and _without_words(old) != _without_words(new):
        result = [
            Change(
                kind="changed",
                effect=HARMLESS,
                what="notes or examples",
                where=("the contract",),
                thing="words",
                names=(),
            )
        ]
    return sorted(result, key=lambda each: (CALLERS, READERS, HARMLESS).index(each.effect))


class _Comparison:
    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new

    def operations(self) -> Iterator[Change]:
        olds, news = _operations(self._old), _operations(self._new)
        for key in [*olds, *(key for key in news if key not in olds)]:
            one, other = olds.get(key), news.get(key)
            title = (other or one or {}).get("summary", key)
            names = (key.split(" ")[1], (other or one or {}).get("operationId", ""))
            if one is None or other is None:
                kind: Literal["added", "removed"] = "added" if one is None else "removed"
                effect = HARMLESS if one is None else CALLERS
                what = f"the operation `{key}` is {'new' if one is None else 'gone'}"
                yield Change(kind=kind, effect=effect, what=what, where=(title,), thing="operation", names=names)
                continue
            if one.get("deprecated", False) != other.get("deprecated", False):
                what = f"the operation `{key}` is {'now' if other.get('deprecated') else 'no longer'} deprecated"
                yield Change(kind="changed", effect=HARMLESS, what=what, where=(title,), thing="operation", names=names)
            if one.get("summary") != other.get("summary"):
                what = f"the operation `{key}` had the title {one.get('summary')!r}"
                yield Change(kind="changed", effect=HARMLESS, what=what, where=(title,), thing="operation", names=names)
            if one["security"] != other["security"]:
                what = "who may call it is said otherwise"
                yield Change(kind="changed", effect=CALLERS, what=what, where=(title,), thing="operation", names=names)
            yield from self._parameters(title, one, other)
            yield from self._request(title, one, other)
            yield from self._answers(title, one, other)

    def _parameters(self, title: str, old: Json, new: Json) -> Iterator[Change]:
        olds = {(each["in"], each["name"]): each for each in map(self._of_old, old["parameters"]) if each}
        news = {(each["in"], each["name"]): each for each in map(self._of_new, new["parameters"]) if each}
        for key in [*olds, *(key for key in news if key not in olds)]:
            place, name = key
            where, what, names = (title,), f"the {place} parameter `{name}`", (name,)
            if key not in olds:
                required = news[key].get("required", False)
                effect = CALLERS if required else HARMLESS
                what += " is new, and required" if required else " is new"
                yield Change(kind="added", effect=effect, what=what, where=where, thing="parameter", names=names)
            elif key not in news:
                what += " is gone"
                yield Change(kind="removed", effect=CALLERS, what=what, where=where, thing="parameter", names=names)
            else:
                one, other = olds[key], news[key]
                if one.get("required", False) != other.get("required", False):
                    required = other.get("required", False)
                    effect = CALLERS if required else HARMLESS
                    now = f"{what} {'becomes' if required else 'is no longer'} required"
                    yield Change(kind="changed", effect=effect, what=now, where=where, thing="parameter", names=names)
                yield from self._schema(title, what, name, one.get("schema", {}), other.get("schema", {}), "request")

    def _request(self, title: str, old: Json, new: Json) -> Iterator[Change]:
        one, other = self._of_old(old.get("requestBody", {})), self._of_new(new.get("requestBody", {}))
        if bool(one) != bool(other):
            kind: Literal["added", "removed"] = "added" if other else "removed"
            effect = CALLERS if one or other.get("required") else HARMLESS
            what = f"the request's body is {'new' if other else 'gone'}"
            yield Change(kind=kind, effect=effect, what=what, where=(title,), thing="request field", names=())
        elif one:
            if one.get("required", False) != other.get("required", False):
                effect = CALLERS if other.get("required") else HARMLESS
                what = f"the request's body {'becomes' if other.get('required') else 'is no longer'} required"
                yield Change(kind="changed", effect=effect, what=what, where=(title,), thing="request field", names=())
            yield from self._content(title, "the request", one, other, "request")

    def _answers(self, title: str, old: Json, new: Json) -> Iterator[Change]:
        olds, news = old.get("responses", {}), new.get("responses", {})
        for status in [*olds, *(status for status in news if status not in olds)]:
            where = f"{title}, answer {status}"
            if status not in olds or status not in news:
                kind: Literal["added", "removed"] = "added" if status in news else "removed"
                # Readers that know one status for success do not know a second.
                effect = READERS if status.startswith("2") else HARMLESS
                what = f"the status {status} is {'new' if status in news else 'gone'}"
                yield Change(kind=kind, effect=effect, what=what, where=(title,), thing="answer", names=(status,))
                continue
            one, other = self._of_old(olds[status]), self._of_new(news[status])
            headers, others = one.get("headers", {}), other.get("headers", {})
            for name in headers.keys() ^ others.keys():
                kind, effect = ("added", HARMLESS) if name in others else ("removed", READERS)
                what = f"the header `{name}` is {'new' if name in others else 'gone'}"
                yield Change(kind=kind, effect=effect, what=what, where=(where,), thing="answer header", names=(name,))
            for name in sorted(headers.keys() & others.keys()):
                first, second = self._of_old(headers[name]), self._of_new(others[name])
                if first.get("required", False) != second.get("required", False):
                    effect = HARMLESS if second.get("required") else READERS
                    what = (
                        f"the header `{name}` {'is now' if second.get('required') else 'is no longer'} in every answer"
                    )
                    yield Change(
                        kind="changed", effect=effect, what=what, where=(where,), thing="answer header", names=(name,)
                    )
                about = f"the header `{name}`"
                yield from self._schema(where, about, name, first.get("schema", {}), second.get("schema", {}), "answer")
            yield from self._content(where, "the body", one, other, "answer")

    def _content(self, where: str, about: str, old: Json, new: Json, side: Side) -> Iterator[Change]:
        olds, news = old.get("content", {}), new.get("content", {})
        effect = CALLERS if side == "request" else READERS
        thing: Literal["request field", "answer field"] = "request field" if side == "request" else "answer field"
        if olds.keys() != news.keys():
            what = f"{about} was {'/'.join(olds) or 'empty'} and is {'/'.join(news) or 'empty'}"
            yield Change(kind="changed", effect=effect, what=what, where=(where,), thing=thing, names=())
        for media_type in olds.keys() & news.keys():
            yield from self._schema(
                where, about, "", olds[media_type].get("schema", {}), news[media_type].get("schema", {}), side
            )

    def _schema(
        self, where: str, about: str, name: str, old: Json, new: Json, side: Side, inside: tuple[str, ...] = ()
    ) -> Iterator[Change]:
        """What differs between two schemas of the thing that `about` speaks of and programs call `name`."""
        reference = new.get("$ref", "")
        if reference and reference in inside:
            return
        inside = (*inside, reference)
        old, new = self._of_old(old), self._of_new(new)
        worse = CALLERS if side == "request" else READERS
        thing: Literal["request field", "answer field"] = "request field" if side == "request" else "answer field"

        def changed(what: str, effect: Effect, kind: Literal["added", "removed", "changed"] = "changed") -> Change:
            return Change(
                kind=kind, effect=effect, what=what, where=(where,), thing="rule", names=(name,) if name else ()
            )

        olds, news = _types(old), _types(new)
        if olds != news:
            # A request may be what it was, an answer may be what it is.
            fits = news >= olds if side == "request" else news <= olds
            yield changed(f"{about} was {_listed(olds)} and is {_listed(news)}", HARMLESS if fits else worse)
        yield from self._values(where, about, name, old, new, side)
        for keyword, word in {**UPPER, **LOWER}.items():
            one, other = old.get(keyword), new.get(keyword)
            if one != other:
                tighter = other is not None and (one is None or (other < one if keyword in UPPER else other > one))
                effect = CALLERS if side == "request" and tighter else HARMLESS
                yield changed(
                    f"{about}: {word} {'any' if one is None else one} is now {'any' if other is None else other}",
                    effect,
                )
        for keyword in sorted((old.keys() | new.keys()) - JUDGED - WORDS):
            if not keyword.startswith("x-") and old.get(keyword) != new.get(keyword):
                gone = keyword not in new and side == "request" and keyword in {"pattern", "format"}
                yield changed(
                    f"{about}: {keyword} {_value(old.get(keyword))} is now {_value(new.get(keyword))}",
                    HARMLESS if gone else worse,
                )
        one_of, other_of = self._alternatives(old, self._old), self._alternatives(new, self._new)
        for key in [*one_of, *(key for key in other_of if key not in one_of)]:
            if key not in one_of or key not in other_of:
                effect = worse if (key in other_of) == (side == "answer") else HARMLESS
                kind: Literal["added", "removed"] = "added" if key in other_of else "removed"
                yield changed(
                    f"{about} may {'now' if key in other_of else 'no longer'} be of the form {key}", effect, kind
                )
            else:
                yield from self._schema(where, about, name, one_of[key], other_of[key], side, inside)
        if "items" in old and "items" in new:
            yield from self._schema(where, f"{about}, an element", name, old["items"], new["items"], side, inside)
        yield from self._properties(where, name, old, new, side, inside, thing)

    def _properties(
        self,
        where: str,
        owner: str,
        old: Json,
        new: Json,
        side: Side,
        inside: tuple[str, ...],
        thing: Literal["request field", "answer field"],
    ) -> Iterator[Change]:
        olds, news = old.get("properties", {}), new.get("properties", {})
        for name in [*olds, *(name for name in news if name not in olds)]:
            path = f"{owner}.{name}" if owner else name
            about, names = f"the field `{path}`", (name,)
            was, required = name in old.get("required", ()), name in new.get("required", ())
            if name not in olds:
                effect = CALLERS if side == "request" and required else HARMLESS
                what = f"{about} is new{', and required' if required else ''}"
                yield Change(kind="added", effect=effect, what=what, where=(where,), thing=thing, names=names)
                continue
            if name not in news:
                effect = CALLERS if side == "request" else READERS
                what = f"{about} is gone"
                yield Change(kind="removed", effect=effect, what=what, where=(where,), thing=thing, names=names)
                continue
            if was != required:
                effect = HARMLESS if required == (side == "answer") else CALLERS if side == "request" else READERS
                what = f"{about} {'becomes' if required else 'is no longer'} required"
                yield Change(kind="changed", effect=effect, what=what, where=(where,), thing=thing, names=names)
            yield from self._schema(where, about, path, olds[name], news[name], side, inside)

    def _values(self, where: str, about: str, name: str, old: Json, new: Json, side: Side) -> Iterator[Change]:
        olds, news = _enumerated(old), _enumerated(new)
        if olds == news:
            return
        names = tuple(str(value) for value in olds or news or ())
        if olds is None or news is None:
            effect = CALLERS if side == "request" and olds is None else HARMLESS
            what = f"{about} is {'now' if olds is None else 'no longer'} one of {_listed(news or olds or [])}"
            yield Change(
                kind="changed", effect=effect, what=what, where=(where,), thing="rule", names=(name,) if name else ()
            )
            return
        for value in news:
            if value not in olds:
                # Zuora's version policy lets answers have new values any day, and our readers keep them.
                what = f"`{value}` is a new value of {about.removeprefix('the ')}"
                yield Change(kind="added", effect=HARMLESS, what=what, where=(where,), thing="value", names=names)
        for value in olds:
            if value not in news:
                effect = CALLERS if side == "request" else HARMLESS
                what = f"`{value}` is no value of {about.removeprefix('the ')} any more"
                yield Change(
                    kind="removed", effect=effect, what=what, where=(where,), thing="value", names=(str(value),)
                )

    def _of_old(self, node: Json) -> Json:
        return _resolved(node, self._old)

    def _of_new(self, node: Json) -> Json:
        return _resolved(node, self._new)

    def _alternatives(self, schema: Json, document: Mapping[str, Any]) -> dict[str, Json]:
        found = {}
        for each in [*schema.get("oneOf", ()), *schema.get("anyOf", ())]:
            resolved = _resolved(each, document)
            found[each.get("$ref", "").rpartition("/")[2] or str(resolved.get("type", resolved.get("const")))] = each
        return found


def _operations(document: Mapping[str, Any]) -> dict[str, Json]:
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if operation := item.get(method.lower()):
                parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
                security = operation.get("security", document.get("security"))
                found[f"{method} {path}"] = {**operation, "parameters": parameters, "security": security}
    return found


def _resolved(node: Json, document: Mapping[str, Any]) -> Json:
    """What a node stands for; nothing if that is gone."""
    while "$ref" in node:
        target: Any = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target.get(name, {})
        node = target
    return node


def _types(schema: Json) -> set[str]:
    stated = schema.get("type", ())
    return {stated} if isinstance(stated, str) else set(stated)


def _enumerated(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _listed(values: set[str] | list[Any]) -> str:
    return " or ".join(f"`{value}`" for value in (sorted(values) if isinstance(values, set) else values)) or "anything"


def _value(value: Any) -> str:
    return "unstated" if value is None else f"`{value}`"


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_words(each)
            for name, each in value.items()
            if name not in {"description", "x-source-keys", "version"}
        }
    return [_without_words(each) for each in value] if isinstance(value, list) else value
