"""What differs between two contracts, and whom it breaks.

The comparison tools on the registries are programs for Node or Go, and none knows that our readers accept unknown
values and fields. This one walks both documents at once. Every keyword of every object has a rule in the tables at the
end, is a note for people, or is reported as "not compared", so that no difference is passed over.
"""

# ruff: noqa: ARG002 - every rule takes the same arguments

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .model import METHODS

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping

Effect = Literal["breaking for callers", "breaking for readers", "not compared", "harmless"]
CALLERS: Effect = "breaking for callers"
READERS: Effect = "breaking for readers"
UNKNOWN: Effect = "not compared"
HARMLESS: Effect = "harmless"
EFFECTS = (CALLERS, READERS, UNKNOWN, HARMLESS)

Kind = Literal["added", "removed", "changed"]
Thing = Literal[
    "contract", "operation", "parameter", "request field", "response", "response field", "response header", "value",
    "rule", "notes", "other operation",
]  # fmt: skip
Json = dict[str, Any]

NOTES = {
    "summary", "description", "title", "example", "examples", "externalDocs", "x-sources", "x-source-keys",
    "x-decision",
}  # fmt: skip
"""What stands there for people, and changes nothing for programs."""
TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}
UPPER = {"maxLength": "longest", "maximum": "largest", "maxItems": "most items", "exclusiveMaximum": "upper bound"}
LOWER = {"minLength": "shortest", "minimum": "smallest", "minItems": "fewest items", "exclusiveMinimum": "lower bound"}
SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference, in users' words."""

    kind: Kind
    effect: Effect
    what: str
    where: tuple[str, ...]
    """Every place where it is so."""
    thing: Thing
    names: tuple[str, ...] = ()
    """What programs would call it."""


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs, the same thing in several places as one, the worst first."""
    places: dict[Change, dict[str, None]] = {}
    for each in _Comparison(old, new).document():
        places.setdefault(replace(each, where=()), {}).update(dict.fromkeys(each.where))
    if not places and json.dumps(old) != json.dumps(new):
        what = "nothing but the order of things, or how a value is written"
        places = {Change(kind="changed", effect=HARMLESS, what=what, where=(), thing="notes"): {"the contract": None}}
    result = [replace(each, where=tuple(where)) for each, where in places.items()]
    return sorted(result, key=lambda each: EFFECTS.index(each.effect))


def compare_others(before: Mapping[str, str], after: Mapping[str, str], ours: Collection[str]) -> list[Change]:
    """Return which operations of the documents came and went, given their titles, apart from ours."""
    changes = []
    for key in sorted((before.keys() ^ after.keys()) - set(ours)):
        kind: Kind = "added" if key in after else "removed"
        what = f"the operation `{key}`, which is not in the contract, is {'new' if key in after else 'gone'}"
        where = ({**before, **after}[key],)
        changes.append(Change(kind=kind, effect=HARMLESS, what=what, where=where, thing="other operation"))
    return changes


@dataclass(frozen=True, slots=True)
class _At:
    """A place in both documents."""

    where: str
    """What the report calls it."""
    about: str
    """The thing there, such as "the field `status`"."""
    name: str = ""
    path: str = ""
    """The names of the fields that lead to it."""
    thing: Thing = "contract"
    request: bool = False
    """Whether callers send it, rather than read it."""
    inside: tuple[tuple[Any, Any], ...] = ()
    """The references that led here, in the old and the new document."""

    @property
    def worse(self) -> Effect:
        """Whom a change breaks that may go either way."""
        return self.fit(tighter=True, looser=True)

    def fit(self, *, tighter: bool, looser: bool) -> Effect:
        """Return whom a rule breaks that allows less, or more, than before.

        A request that was right may no longer be; a response may now be what its readers never saw.
        """
        if self.request:
            return CALLERS if tighter else HARMLESS
        return READERS if looser else HARMLESS

    def change(self, effect: Effect, what: str, kind: Kind = "changed", thing: Thing | None = None) -> Change:
        """Return a change of the thing here."""
        names = (self.name,) if self.name else ()
        return Change(kind=kind, effect=effect, what=what, where=(self.where,), thing=thing or self.thing, names=names)

    def rule(self, effect: Effect, what: str, kind: Kind = "changed") -> Change:
        """Return a change of a rule for the thing here."""
        return self.change(effect, what, kind, "rule")

    def came(self, effect: Effect, *, new: bool, required: bool = False) -> Change:
        """Return that the thing here is new, or gone."""
        what = f"{self.about} is {'new' if new else 'gone'}{', and required' if required else ''}"
        return self.change(effect, what, "added" if new else "removed")

    def unknown(self, keyword: str, old: Any, new: Any) -> Change:
        """Return a change that no rule judges."""
        return self.rule(UNKNOWN, f"{self.about}: {keyword} {_shown(old)} is now {_shown(new)}; look whom it breaks")

    def note(self) -> Change:
        """Return a change of words."""
        return replace(self, name="").change(HARMLESS, "notes, descriptions or examples", thing="notes")


class _Comparison:
    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._documents = (dict(old), dict(new))

    def document(self) -> Iterator[Change]:
        """Compare everything."""
        yield from self._each(DOCUMENT, _At("the contract", "the contract"), *self._documents)

    def _each(self, rules: Mapping[str, Any], at: _At, old: Any, new: Any) -> Iterator[Change]:
        """Compare two objects, keyword by keyword."""
        old, new = _mapping(old), _mapping(new)
        for keyword in dict.fromkeys([*old, *new]):
            one, other = old.get(keyword), new.get(keyword)
            form, judge = rules.get(keyword, (None, None))
            if form and judge and all(keyword not in each or isinstance(each[keyword], form) for each in (old, new)):
                yield from judge(self, at, keyword, one, other)
            elif not self._same(one, other) or (keyword in old) != (keyword in new):
                yield at.note() if keyword in NOTES else at.unknown(keyword, one, other)

    def _same(self, old: Any, new: Any) -> bool:
        """Tell whether two values mean the same, with what they refer to."""
        return _text(self._whole(old, 0, ())) == _text(self._whole(new, 1, ()))

    def _whole(self, value: Any, side: int, inside: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [self._whole(each, side, inside) for each in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference not in inside:
            target = self._whole(_target(self._documents[side], reference), side, (*inside, reference))
            return {**value, "refers to": target}
        return {name: self._whole(each, side, inside) for name, each in value.items()}

    def _pair(self, at: _At, old: Any, new: Any) -> Generator[Change, None, tuple[Json, Json]]:
        """Compare what stands beside references, and return what they refer to."""
        pair = []
        for side, node in enumerate((old, new)):
            seen = set()
            while isinstance(reference := _mapping(node).get("$ref"), str) and reference not in seen:
                seen.add(reference)
                node = _target(self._documents[side], reference)  # noqa: PLW2901 - followed
            pair.append(_mapping(node))
        one, other = _mapping(old), _mapping(new)
        if "$ref" in one and "$ref" in other:
            yield from self._each({"$ref": (str, _Comparison.nothing)}, at, one, other)
        return pair[0], pair[1]

    # The document.

    def nothing(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare nothing: another rule does."""
        yield from ()

    def note(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare what is for people alone."""
        if _text(old) != _text(new):
            yield replace(at, where=f"{at.where}, {keyword}" if at.where == "the contract" else at.where).note()

    def servers(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare addresses; a list of one's own replaces the one above it."""
        olds, news = _keyed(old, "url"), _keyed(new, "url")
        for key in dict.fromkeys([*olds, *news]):
            about = replace(at, about=f"the server {_plain(key)}")
            if key in olds and key in news:
                yield from self._each(SERVER, about, olds[key], news[key])
            else:
                yield about.came(HARMLESS if key in news and olds else CALLERS, new=key in news)

    def inherited(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the security of operations that do not state their own; those that there are report it."""
        items = [each for document in self._documents for _, each in _operations(document).values()]
        if _text(old) != _text(new) and all(keyword in each for each in items):
            yield at.unknown(keyword, old, new)

    def components(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare security schemes, and what nothing refers to; the rest is compared where it is referred to."""
        reachable = [reached(document) for document in self._documents]
        for kind in dict.fromkeys([*_mapping(old), *_mapping(new)]):
            sections = [_mapping(old).get(kind, {}), _mapping(new).get(kind, {})]
            came = (kind in _mapping(old)) != (kind in _mapping(new)) and not any(sections)
            if came or (sections[0] != sections[1] and not all(isinstance(each, dict) for each in sections)):
                yield at.unknown(f"components/{kind}", *sections)
            if not all(isinstance(each, dict) for each in sections):
                continue
            for name in dict.fromkeys([*sections[0], *sections[1]]):
                one, other = (section.get(name, "nothing") for section in sections)
                about = replace(at, about=f"the security scheme `{name}`", name=name)
                if kind == "securitySchemes":
                    yield from self._scheme(about, one, other)
                elif not any(f"#/components/{kind}/{name}" in each for each in reachable) and not self._same(
                    one, other
                ):
                    yield at.unknown(f"components/{kind}/{name}, which nothing refers to,", one, other)

    def _scheme(self, at: _At, old: Any, new: Any) -> Iterator[Change]:
        if isinstance(old, dict) and isinstance(new, dict):
            for change in self._each({}, at, old, new):
                yield replace(change, effect=CALLERS) if change.effect == UNKNOWN else change
        else:
            yield at.came(HARMLESS if isinstance(new, dict) else CALLERS, new=isinstance(new, dict))

    # Operations.

    def paths(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare operations, and what paths have beside them."""
        olds, news = (_operations(document) for document in self._documents)
        for key in dict.fromkeys([*olds, *news]):
            path, known = news.get(key) or olds[key]
            method = key.split(" ")[0]
            title, name = str(known.get("summary", key)), known.get("operationId")
            about = _At(title, f"the operation `{method} {path}`", str(name or ""), thing="operation")
            if key in olds and key in news:
                yield from self._operation(about, olds[key], news[key])
            else:
                gone = about.came(HARMLESS if key in news else CALLERS, new=key in news)
                yield replace(gone, names=(path, *gone.names))
        olds, news = _by_template(old), _by_template(new)
        for template in dict.fromkeys([*olds, *news]):
            path, one = olds.get(template, (template, "nothing"))
            path, other = news.get(template, (path, "nothing"))
            about = replace(at, where=path, about=f"the path {path}")
            yield from self._each(PATH, about, one, other)
            if not any(name in METHOD_NAMES for each in (one, other) for name in _mapping(each)) and one != other:
                yield about.unknown("it", one, other)

    def _operation(self, at: _At, old: tuple[str, Json], new: tuple[str, Json]) -> Iterator[Change]:
        names = [PLACEHOLDER.findall(path) for path, _ in (old, new)]
        for one, other in zip(*names, strict=True):
            if one != other:
                what = f"the path parameter `{one}` is now called `{other}`"
                yield replace(at, name=one).change(HARMLESS, what, thing="parameter")
        yield from self._parameters(at, self._listed(0, old[1], names[0]), self._listed(1, new[1], names[1]))
        securities = [
            item.get("security", document.get("security"))
            for (_, item), document in zip((old, new), self._documents, strict=True)
        ]
        yield from self._security(at, *securities)
        yield from self._each(OPERATION, at, old[1], new[1])

    def identifier(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the name of an operation, which the generated function has too."""
        if old != new:
            what = f"{at.about} was called {_shown(old)} and is called {_shown(new)}; the generated function is too"
            yield replace(at, name=old or "").change(CALLERS, what)

    def tags(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the tags of an operation; the generated function lies in the module of the first."""
        if _text(old) != _text(new):
            moves = (old or [None])[:1] != (new or [None])[:1]
            what = f"{at.about} had the tags {_shown(old)} and has {_shown(new)}"
            yield at.change(CALLERS if moves else HARMLESS, what + ("; the generated function moves" if moves else ""))

    def title(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the title of an operation."""
        if old != new:
            yield at.change(HARMLESS, f"{at.about} had the title {_shown(old)}")

    def deprecated(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare whether something is on its way out."""
        if bool(old) != bool(new):
            yield at.change(HARMLESS, f"{at.about} is {'now' if new else 'no longer'} deprecated")

    def _security(self, at: _At, old: Any, new: Any) -> Iterator[Change]:
        """Compare who may call; whoever could must still be able to."""
        if _text(old) == _text(new):
            return
        olds, news = _alternatives(old), _alternatives(new)
        kept = all(any(other <= one for other in news) for one in olds)
        what = f"{at.about} needed {_either(olds)} and needs {_either(news)}"
        yield at.change(HARMLESS if kept else CALLERS, what)

    def _listed(self, side: int, operation: Json, placeholders: list[str]) -> dict[Any, Any]:
        """Return parameters by place and name, those of the path by their order in it."""
        found: dict[Any, Any] = {}
        for each in operation["parameters"]:
            target = _mapping(each)
            if "$ref" in target:
                target = _mapping(_target(self._documents[side], target["$ref"]))
                if not target:
                    continue
            place, name = str(target.get("in")), str(target.get("name"))
            in_path = place == "path" and name in placeholders
            found[_unused((place, placeholders.index(name) if in_path else name), found)] = each
        return found

    def _parameters(self, at: _At, olds: dict[Any, Any], news: dict[Any, Any]) -> Iterator[Change]:
        for key in dict.fromkeys([*olds, *news]):
            about = replace(at, request=True, thing="parameter")
            one, other = yield from self._pair(about, olds.get(key, {}), news.get(key, {}))
            name, place = str((other or one).get("name")), (other or one).get("in")
            about = replace(about, about=f"the {place} parameter `{name}`", name=name)
            required = bool(other.get("required"))
            if key not in olds:
                yield about.came(CALLERS if required else HARMLESS, new=True, required=required)
            elif key not in news:
                yield about.came(CALLERS, new=False)
            else:
                yield from self._each(PARAMETER, about, one, other)

    def required(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare whether something must be there."""
        if bool(old) != bool(new):
            what = f"{at.about} {'becomes' if new else 'is no longer'} required"
            yield at.change(at.fit(tighter=bool(new), looser=not new), what)

    def way(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare how a value is written into an address, a form or a header."""
        if _text(old) != _text(new):
            yield at.rule(at.worse, f"{at.about}: {keyword} {_shown(old)} is now {_shown(new)}")

    # Bodies.

    def request(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the bodies of requests."""
        about = replace(at, about="the body of the request", name="", thing="request field", request=True)
        one, other = yield from self._pair(about, old, new)
        if old is None or new is None:
            yield about.came(CALLERS if new is None or other.get("required") else HARMLESS, new=old is None)
        else:
            yield from self._each(REQUEST, about, one, other)

    def responses(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare responses by status; readers that know one status for success do not know a second."""
        olds, news = _mapping(old), _mapping(new)
        for status in dict.fromkeys([*olds, *news]):
            if status not in olds or status not in news:
                about = replace(at, about=f"the status {status}", name=status, thing="response")
                yield about.came(READERS if status.startswith("2") else HARMLESS, new=status in news)
                continue
            about = _At(f"{at.where}, response {status}", "the body", thing="response field")
            one, other = yield from self._pair(about, olds[status], news[status])
            yield from self._each(RESPONSE, about, one, other)
            if not isinstance(olds[status], dict) or not isinstance(news[status], dict):
                yield about.unknown("it", olds[status], news[status])

    def headers(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the headers of responses."""
        olds, news = _mapping(old), _mapping(new)
        for name in dict.fromkeys([*olds, *news]):
            about = replace(at, about=f"the header `{name}`", name=name, thing="response header")
            one, other = yield from self._pair(about, olds.get(name, {}), news.get(name, {}))
            if name in olds and name in news:
                yield from self._each(HEADER, about, one, other)
            else:
                yield about.came(HARMLESS if name in news else READERS, new=name in news)

    def content(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare bodies by media type."""
        olds, news = _mapping(old), _mapping(new)
        if olds.keys() != news.keys():
            what = f"{at.about} was {'/'.join(olds) or 'empty'} and is {'/'.join(news) or 'empty'}"
            yield at.change(at.fit(tighter=bool(olds.keys() - news.keys()), looser=True), what)
        for media_type in olds:
            if media_type in news:
                yield from self._each(MEDIA_TYPE, at, olds[media_type], news[media_type])

    # Schemas.

    def schema(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare two schemas of the thing at a place; one that is not there allows anything."""
        references = (_mapping(old).get("$ref"), _mapping(new).get("$ref"))
        if any(references) and references in at.inside:
            return
        at = replace(at, inside=(*at.inside, references))
        one, other = yield from self._pair(at, old, new)
        if any(references) and not all(references) and "oneOf" in (one if references[1] else other):
            # A schema that became one of several is a choice of one, and the other way round.
            one, other = ({"oneOf": [old]} if references[0] else one, {"oneOf": [new]} if references[1] else other)
        else:
            yield from self._model(at, references, one, other)
        yield from self._types(at, one, other)
        yield from self._values(at, one, other)
        for keyword_ in ("oneOf", "anyOf"):
            yield from self._choices(at, keyword_, one.get(keyword_), other.get(keyword_))
        yield from self._fields(at, one, other)
        yield from self._each(SCHEMA, at, one, other)

    def _model(self, at: _At, references: tuple[Any, Any], old: Json, new: Json) -> Iterator[Change]:
        """Compare the names of models, which generated classes have too."""
        names = [str(each).rpartition("/")[2] if each else "none" for each in references]
        if names[0] != names[1] and any("properties" in each or "enum" in each for each in (old, new)):
            yield at.rule(CALLERS, f"{at.about}: the model {names[0]} is now {names[1]}; the generated class is too")
        elif names[0] != names[1]:
            yield at.note()

    def _types(self, at: _At, old: Json, new: Json) -> Iterator[Change]:
        olds, news = self._types_of(old, 0), self._types_of(new, 1)
        if olds != news:
            what = f"{at.about} was {_types_listed(olds)} and is {_types_listed(news)}"
            yield at.rule(at.fit(tighter=not news >= olds, looser=not news <= olds), what)
        elif _text(old.get("type")) != _text(new.get("type")):
            yield at.rule(HARMLESS, f"{at.about}: type {_shown(old.get('type'))} is now {_shown(new.get('type'))}")

    def _types_of(self, schema: Json, side: int, depth: int = 0) -> set[str]:
        """Return the types of JSON that a schema allows."""
        stated = schema.get("type")
        if isinstance(stated, str | list) and stated:
            types = {stated} if isinstance(stated, str) else set(map(str, stated))
        elif (values := _enumerated(schema)) is not None:
            types = {_type_of(each) for each in values}
        elif (choices := schema.get("oneOf", schema.get("anyOf"))) and isinstance(choices, list) and depth < 9:
            targets = (_target(self._documents[side], _mapping(each).get("$ref")) or each for each in choices)
            types = set().union(*(self._types_of(_mapping(each), side, depth + 1) for each in targets))
        else:
            types = set(TYPES)
        return types | {"integer"} if "number" in types else types

    def _values(self, at: _At, old: Json, new: Json) -> Iterator[Change]:
        olds, news = _enumerated(old), _enumerated(new)
        if (olds is None) != (news is None):
            tighter = olds is None
            listed = " or ".join(f"`{_plain(each)}`" for each in (news if olds is None else olds) or ())
            what = f"{at.about} is {'now' if tighter else 'no longer'} one of {listed or 'nothing'}"
            yield at.rule(at.fit(tighter=tighter, looser=not tighter), what)
            return
        texts = [{_text(each): each for each in values or ()} for values in (olds, news)]
        for text in dict.fromkeys([*texts[0], *texts[1]]):
            if text in texts[0] and text in texts[1]:
                continue
            value = _plain({**texts[0], **texts[1]}[text])
            about, subject = replace(at, name=value, thing="value"), at.about.removeprefix("the ")
            if text in texts[1]:
                # Our readers accept values that they do not know.
                yield about.change(HARMLESS, f"`{value}` is a new value of {subject}", "added")
            else:
                effect = at.fit(tighter=True, looser=False)
                yield about.change(effect, f"`{value}` is no value of {subject} any more", "removed")

    def _choices(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare the alternatives of `oneOf` or `anyOf`."""
        if not isinstance(old, list | None) or not isinstance(new, list | None):
            return
        olds, news = _choices(old), _choices(new)
        for key in dict.fromkeys([*olds, *news]):
            if key in olds and key in news:
                yield from self.schema(at, keyword, olds[key], news[key])
                continue
            added = key in news
            # Where there was no choice, a first alternative allows less.
            looser = added if olds and news else not added
            # The first form of a response is its success.
            missed = not added and key == next(iter(olds))
            what = f"{at.about} may {'now' if added else 'no longer'} be of the form {key}"
            effect = at.fit(tighter=not looser, looser=looser or missed)
            yield at.rule(effect, what, "added" if added else "removed")
        if list(olds) != list(news) and sorted(olds) == sorted(news):
            yield at.unknown(keyword, list(olds), list(news))

    def _fields(self, at: _At, old: Json, new: Json) -> Iterator[Change]:
        olds, news = _mapping(old.get("properties")), _mapping(new.get("properties"))
        needed = [
            [each for each in _sequence(schema.get("required")) if isinstance(each, str)] for schema in (old, new)
        ]
        thing: Thing = "request field" if at.request else "response field"
        for name in dict.fromkeys([*olds, *news, *(each for names in needed for each in names if each in names)]):
            path = f"{at.path}.{name}" if at.path else str(name)
            about = replace(at, about=f"the field `{path}`", name=str(name), path=path, thing=thing)
            was, required = name in needed[0], name in needed[1]
            if (name in olds) != (name in news):
                effect = at.fit(tighter=name in olds or required, looser=name in olds)
                yield about.came(effect, new=name in news, required=required and name in news)
                continue
            yield from self.required(about, "", was, required)
            if name in olds:
                yield from self.schema(about, "", olds[name], news[name])

    def names(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare what are no names of fields; those that are, are compared with the fields."""
        one, other = ([each for each in _sequence(names) if not isinstance(each, str)] for names in (old, new))
        if one != other:
            yield at.unknown(keyword, old, new)

    def element(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare what the elements of an array are."""
        yield from self.schema(replace(at, about=f"{at.about}, an element"), keyword, old or {}, new or {})

    def bound(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare a bound."""
        if old == new:
            return
        above = keyword in UPPER
        tighter = old is None or (new is not None and (new < old if above else new > old))
        what = f"{at.about}: {({**UPPER, **LOWER})[keyword]} {'any' if old is None else old} is now "
        effect = at.fit(tighter=tighter, looser=not tighter)
        yield at.rule(effect, what + ("any" if new is None else str(new)))

    def constraint(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare a rule that allows less if it is there."""
        one, other = (None if each is True and keyword == "additionalProperties" else each for each in (old, new))
        one, other = (None if each is False and keyword == "uniqueItems" else each for each in (one, other))
        if not self._same(one, other):
            effect = at.fit(tighter=other is not None, looser=one is not None)
            yield at.rule(effect, f"{at.about}: {keyword} {_shown(old)} is now {_shown(new)}")

    def default(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare what holds if a caller says nothing; one that becomes known changes nothing."""
        if _text(old) != _text(new):
            effect = CALLERS if at.request and old is not None else HARMLESS
            yield at.rule(effect, f"{at.about}: {keyword} {_shown(old)} is now {_shown(new)}")

    def dependents(self, at: _At, keyword: str, old: Any, new: Any) -> Iterator[Change]:
        """Compare which fields others need."""
        olds, news = _mapping(old), _mapping(new)
        for name in dict.fromkeys([*olds, *news]):
            one, other = (
                set(map(_text, value if isinstance(value := each.get(name, []), list) else [value]))
                for each in (olds, news)
            )
            if one != other:
                effect = at.fit(tighter=bool(other - one), looser=bool(one - other))
                what = f"{at.about}: {keyword} of `{name}` {_shown(olds.get(name))} is now {_shown(news.get(name))}"
                yield at.rule(effect, what)


METHOD_NAMES = [each.lower() for each in METHODS]
PLACEHOLDER = re.compile(r"{([^}]*)}")

_C = _Comparison
DOCUMENT: dict[str, Any] = {
    "info": (dict, _C.note), "tags": (list, _C.note), "servers": (list, _C.servers), "paths": (dict, _C.paths),
    "security": (list, _C.inherited), "components": (dict, _C.components),
}  # fmt: skip
SERVER: dict[str, Any] = {"url": (str, _C.nothing)}
PATH: dict[str, Any] = {
    **dict.fromkeys(METHOD_NAMES, (dict, _C.nothing)), "parameters": (list, _C.nothing), "servers": (list, _C.servers),
}  # fmt: skip
OPERATION: dict[str, Any] = {
    "operationId": (str, _C.identifier), "tags": (list, _C.tags), "summary": (str, _C.title),
    "deprecated": (bool, _C.deprecated), "parameters": (list, _C.nothing), "requestBody": (dict, _C.request),
    "responses": (dict, _C.responses), "security": (list, _C.nothing), "servers": (list, _C.servers),
}  # fmt: skip
HEADER: dict[str, Any] = {
    "required": (bool, _C.required), "deprecated": (bool, _C.deprecated), "schema": (dict, _C.schema),
    "style": (str, _C.way), "explode": (bool, _C.way),
}  # fmt: skip
PARAMETER: dict[str, Any] = {
    **HEADER, "name": (str, _C.nothing), "in": (str, _C.nothing), "allowReserved": (bool, _C.way),
    "allowEmptyValue": (bool, _C.way),
}  # fmt: skip
REQUEST: dict[str, Any] = {"required": (bool, _C.required), "content": (dict, _C.content)}
RESPONSE: dict[str, Any] = {"headers": (dict, _C.headers), "content": (dict, _C.content)}
MEDIA_TYPE: dict[str, Any] = {"schema": (dict, _C.schema)}
SCHEMA: dict[str, Any] = {
    **dict.fromkeys([*UPPER, *LOWER], ((int, float), _C.bound)),
    **dict.fromkeys(
        ["pattern", "format", "multipleOf", "uniqueItems", "not"], ((str, int, float, dict), _C.constraint)
    ),
    "additionalProperties": ((bool, dict), _C.constraint), "default": (object, _C.default),
    "dependentRequired": (dict, _C.dependents), "deprecated": (bool, _C.deprecated), "items": (dict, _C.element),
    "type": ((str, list), _C.nothing), "enum": (list, _C.nothing), "const": (object, _C.nothing),
    "oneOf": (list, _C.nothing), "anyOf": (list, _C.nothing), "properties": (dict, _C.nothing),
    "required": (list, _C.names),
}  # fmt: skip


def _operations(document: Json) -> dict[str, tuple[str, Json]]:
    """Return paths and operations, by method and path without the names of its parameters."""
    found: dict[str, tuple[str, Json]] = {}
    for template, (path, item) in _by_template(document.get("paths")).items():
        for method in METHODS:
            if isinstance(operation := _mapping(item).get(method.lower()), dict):
                listed = [*_sequence(item.get("parameters")), *_sequence(operation.get("parameters"))]
                found[f"{method} {template}"] = (path, {**operation, "parameters": listed})
    return found


def _by_template(paths: Any) -> dict[str, tuple[str, Any]]:
    """Return paths and what they have, by the path without the names of its parameters."""
    found: dict[str, tuple[str, Any]] = {}
    for path, item in _mapping(paths).items():
        found[str(_unused(PLACEHOLDER.sub("{}", path), found))] = (path, item)
    return found


def reached(document: Json) -> set[str]:
    """Return the references that lead from the paths to components, at any remove."""
    found: set[str] = set()
    waiting: list[Any] = [document.get("paths")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            reference = node.get("$ref")
            if isinstance(reference, str) and reference not in found:
                found.add(reference)
                waiting.append(_target(document, reference))
    return found


def _target(document: Json, reference: Any) -> Any:
    """Return what a reference leads to; an empty object if that is gone."""
    target: Any = document
    for name in str(reference).removeprefix("#/").split("/"):
        target = _mapping(target).get(name.replace("~1", "/").replace("~0", "~"), {})
    return target


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _keyed(values: Any, name: str) -> dict[Any, Any]:
    """Return objects by what they are called."""
    found: dict[Any, Any] = {}
    for each in values or ():
        found[_unused(_text(_mapping(each).get(name, each)), found)] = each
    return found


def _unused(key: Any, found: Collection[Any]) -> Any:
    """Return a key, with a number if it is there already."""
    number, unused = 1, key
    while unused in found:
        number += 1
        unused = f"{key} ({number})"
    return unused


def _choices(values: list[Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in values or ():
        schema = _mapping(each)
        name = str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("type", schema.get("const")))
        found[str(_unused(name, found))] = each
    return found


def _alternatives(security: Any) -> list[set[str]]:
    """Return the sets of schemes, with their scopes, of which one is enough."""
    listed = [
        {f"{name} {scope}".strip() for name, scopes in _mapping(each).items() for scope in ["", *_sequence(scopes)]}
        for each in _sequence(security)
    ]
    return listed or [set()]


def _either(alternatives: Iterable[set[str]]) -> str:
    return " or ".join(" and ".join(sorted(each)) or "no sign-in" for each in alternatives)


def _enumerated(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return each if isinstance(each := schema.get("enum"), list) else None


def _type_of(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _types_listed(types: set[str]) -> str:
    stated = types - {"integer"} if "number" in types else types
    if stated >= TYPES - {"integer"}:
        return "anything"
    return " or ".join(f"`{each}`" for each in sorted(stated)) or "nothing"


def _text(value: Any) -> str:
    """Return a value as text that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    if value is None:
        return "unstated"
    text = _plain(value)
    return f"`{text if len(text) <= SHOWN else f'{text[: SHOWN - 2]} …'}`"
