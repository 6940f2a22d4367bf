"""The Markdown page of an operation.

Such a page, which its publisher serves at the address of the HTML page with `.md` behind it, looks like this:

    # Stop a thing

    Prose, with lists, tables and code.

    Endpoint: PUT /v1/things/{thing-number}/stop
    Version: 2026-02-20
    Security: bearerAuth

    ## Path parameters:

      - `thing-number` (string, required)
        Prose.

    ## Response 200 fields (application/json):

      - `parts` (array)

      - `parts.state` (string,null)
        Enum: "On", "Off"
        Example: "On"

A line break more or less changes nothing: copies of such pages have lost theirs. Where lines are kept, sections, items
and the lines `Enum:` and `Example:` count only at the start of a line; where they are lost, wherever they stand.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .entities import unescape
from .findings import Reader
from .model import METHODS, TYPES, Body, Field, Fields, Operation, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .findings import Findings

ENDPOINT = re.compile(rf"Endpoint: (?P<method>{'|'.join(METHODS)}) (?P<path>/\S*)")
SECTION = re.compile(
    r"(?:(?P<place>header|path|query) parameters"
    r"|(?P<request>request) fields"
    r"|response (?P<status>[1-5](?:\d\d|XX)|default) fields)"
    r"(?: \((?P<media_type>[\w.+-]+/[\w.+*-]+)\))?:?",
    re.IGNORECASE,
)
FENCED = re.compile(r"^(?P<fence>```+|~~~+)[^\n]*\n.*?^(?P=fence)[^\n]*$", re.MULTILINE | re.DOTALL)
STRAY = re.compile(rf"(?<!\S)- `[^`\n]+` \((?:{'|'.join(TYPES)})\b[^)\n]*\)")
VERSION = re.compile(r"Version: (?P<version>\S+)")
SECURITY = re.compile(r"Security: (?P<security>[\w.-]+(?:, ?[\w.-]+)*)")


@dataclass(slots=True)
class _Draft:
    """A field whose own fields are still coming."""

    stated: Field
    fields: dict[str, _Draft] = field(default_factory=dict)

    def finished(self) -> Field:
        return replace(self.stated, fields={name: each.finished() for name, each in self.fields.items()})


def is_page(text: str) -> bool:
    """Whether a text is the page of an operation."""
    masked = _mask_fenced(text.replace("\r\n", "\n"))
    return re.search(rf"^{ENDPOINT.pattern}", masked, re.MULTILINE) is not None or (
        _lines_are_lost(masked) and re.search(rf"\s{ENDPOINT.pattern}", masked) is not None
    )


def read_page(text: str, page: str, titles: Mapping[str, str], findings: Findings) -> Operation | None:
    """The operation on a page.

    Args:
        text: The page.
        page: Its name, for findings.
        titles: Titles by method and path, from the index page. Where line breaks are lost, nothing else tells where
            the title ends.
        findings: Takes what is not understood.
    """
    return _Page(page, text.removeprefix("\ufeff").replace("\r\n", "\n"), findings).read(titles)


class _Page(Reader):
    def __init__(self, page: str, text: str, findings: Findings) -> None:
        super().__init__("markdown", page, text, findings)
        self._masked = _mask_fenced(text)
        self._lost = _lines_are_lost(text)
        # What stands before a section, an item or a line of its own.
        self._start = r"(?:^|(?<=\s))" if self._lost else r"^"

    def read(self, titles: Mapping[str, str]) -> Operation | None:
        text = self._masked
        endpoints = list(re.finditer(rf"{self._start}{ENDPOINT.pattern}", text, re.MULTILINE))
        if not endpoints:
            self.report(0, text[:80], "there is no endpoint here")
            return None
        # Prose may speak of an endpoint; the page's own is the last.
        endpoint = endpoints[-1]
        method, path = endpoint["method"], unescape(endpoint["path"])
        headings = list(re.finditer(rf"{self._start}## ", text, re.MULTILINE))
        version, security = self._head(endpoint, headings)
        parameters: dict[str, Fields] = {}
        responses: dict[str, Response] = {}
        request: Body | None = None
        seen = set()
        for heading, name, at, end in self._sections(headings):
            key = (name["place"] or name["request"] or name["status"]).lower()
            if key in seen:
                self.report(heading, name[0], "this section was there already")
                continue
            seen.add(key)
            if name["place"]:
                if fields := self._fields(at, end, place=key):
                    parameters[key] = fields
            elif name["request"]:
                request = Body(media_type=name["media_type"], fields=self._fields(at, end))
            else:
                fields = self._fields(at, end)
                body = Body(media_type=name["media_type"], fields=fields) if fields or name["media_type"] else None
                responses[name["status"].upper() if key != "default" else key] = Response(body=body)
        title = self._title(titles.get(f"{method} {path}"))
        named = set(re.findall(r"{([^}]*)}", path))
        for name_ in sorted(parameters.get("path", {}).keys() ^ named) if "path" in parameters else ():
            self.report(endpoint.start(), name_, "the path and the path parameters do not agree on this name")
        return Operation(
            title=title,
            method=method,
            path=path,
            version=version,
            security=security,
            parameters=parameters,
            request=request,
            responses=responses,
        )

    def _title(self, known: str | None) -> str:
        if not self.text.lstrip().startswith("# "):
            self.report(0, self.text[:80], "a page begins with its title")
            return known or ""
        at = self.text.index("# ") + 2
        line = unescape(" ".join(self.text[at:].split("\n", 1)[0].split()))
        if not self._lost:
            return line
        if known is None or not line.startswith(known):
            self.report(0, self.text[:80], "line breaks are lost, and no index page tells where the title ends")
            return known or ""
        return known

    def _head(
        self, endpoint: re.Match[str], headings: list[re.Match[str]]
    ) -> tuple[str | None, tuple[str, ...] | None]:
        """The version and the security, which follow the endpoint or stand right before it."""
        text = self._masked
        end = next((each.start() for each in headings if each.start() > endpoint.start()), len(text))
        version, security = None, None
        before = text[: endpoint.start()]
        rests = [(endpoint.end(), text[endpoint.end() : end])]
        gap = r"\s+" if self._lost else r"[ \t]*\n"
        while found := re.search(
            rf"{self._start}(?:{VERSION.pattern}|{SECURITY.pattern}){gap}\Z", before, re.MULTILINE
        ):
            rests.append((found.start(), found[0]))
            before = before[: found.start()]
        for at, rest in rests:
            left = rest
            if found := re.search(rf"{self._start}{VERSION.pattern}", left, re.MULTILINE):
                version = found["version"]
                left = _blanked(left, found)
            if found := re.search(rf"{self._start}{SECURITY.pattern}", left, re.MULTILINE):
                security = tuple(re.split(r", ?", found["security"]))
                left = _blanked(left, found)
            if left.strip():
                self.report(at + len(left) - len(left.lstrip()), left, "this beside the endpoint is not understood")
        return version, security

    def _sections(self, headings: list[re.Match[str]]) -> Iterator[tuple[int, re.Match[str], int, int]]:
        """The offset, the name and the extent of each section that is known."""
        text = self._masked
        starts = {each.start() for each in headings}
        for stray in re.finditer(rf"(?<!\S)## {SECTION.pattern}", text, re.IGNORECASE):
            if stray.start() not in starts:
                self.report(stray.start(), stray[0], "this section does not stand where a section would")
        ends = [each.start() for each in headings[1:]] + [len(text)]
        for heading, end in zip(headings, ends, strict=False):
            rest = text[heading.end() : end]
            name = SECTION.match(rest)
            if name and (self._lost or not rest[name.end() :].split("\n", 1)[0].strip()):
                yield heading.start(), name, heading.end() + name.end(), end
            else:
                line = rest if self._lost else rest.split("\n", 1)[0]
                self.report(heading.start(), f"## {line}", "no section of this name is known")

    def _fields(self, start: int, end: int, *, place: str | None = None) -> Fields:
        """The items of a section: parameters in a place, or fields of a body."""
        text = self._masked[start:end]
        blanks = r"" if self._lost else r" {0,2}"
        items = list(
            re.finditer(rf"{self._start}{blanks}- `(?P<name>[^`\n]+)`(?: \((?P<facts>[^)\n]*)\))?", text, re.MULTILINE)
        )
        starts = {each.start() + each[0].index("-") for each in items}
        for stray in STRAY.finditer(text):
            if stray.start() not in starts:
                self.report(start + stray.start(), stray[0], "this item does not stand where an item would")
        before = text[: items[0].start()] if items else text
        if before.strip():
            self.report(start + len(before) - len(before.lstrip()), before, "there is no item here")
        drafts: dict[str, _Draft] = {}
        ends = [each.start() for each in items[1:]] + [len(text)]
        for item, until in zip(items, ends, strict=False):
            at = start + item.start()
            if item["facts"] is None and self._lost:
                self.report(at, item[0], "an item without a type cannot be told from prose where line breaks are lost")
                continue
            name = unescape(item["name"].strip())
            stated = self._item(at, item, start + item.end(), text[item.end() : until])
            if place is None:
                self._put(at, name, stated, drafts)
            elif name in drafts:
                self.report(at, name, "this name was there already")
            elif place != "header" or not self.is_reserved(at, name):
                drafts[name] = _Draft(stated)
        return {name: each.finished() for name, each in drafts.items()}

    def _put(self, at: int, name: str, stated: Field, drafts: dict[str, _Draft]) -> None:
        """Put a field where its dotted name says."""
        *parents, last = name.split(".")
        for depth, parent in enumerate(parents):
            if parent not in drafts:
                missing = ".".join(parents[: depth + 1])
                self.report(at, name, f"this has a place in `{missing}`, which is not there")
                return
            types = set(drafts[parent].stated.types) - {"null"}
            if types and not types & {"object", "array", "any"}:
                self.report(at, name, f"`{parent}` is of a type that has no fields")
                return
            drafts = drafts[parent].fields
        if last in drafts:
            self.report(at, name, "this name was there already")
        else:
            drafts[last] = _Draft(stated)

    def _item(self, at: int, item: re.Match[str], rest_at: int, rest: str) -> Field:
        types, required = [], False
        for word in unescape(item["facts"] or "").split(","):
            stripped = word.strip()
            if stripped == "required":
                required = True
            elif stripped in TYPES:
                types.append(stripped)
            elif stripped:
                self.report(at, item[0].strip(), f"no type or rule `{stripped}` is known")
        rest, examples = self._values(rest, "Example")
        rest, enum = self._values(rest, "Enum")
        # Prose may begin so too, but not with a value.
        if found := re.search(rf"{self._start}[ \t]*(?P<enum>Enum: [\"\d\[-].*)", rest, re.MULTILINE):
            self.report(rest_at + found.start("enum"), found["enum"], "the values of an enumeration are not understood")
        if not all(isinstance(value, str | int | float | None) for value in enum):
            self.report(at, item[0].strip(), "an enumeration of other than plain values")
            enum = ()
        return Field(types=tuple(types), required=required, enum=tuple(enum), examples=tuple(examples))

    def _values(self, text: str, label: str) -> tuple[str, tuple[Any, ...]]:
        """What stands before a last line of values, and the values."""
        for found in re.finditer(rf"{self._start}[ \t]*{label}: ", text, re.MULTILINE):
            values = _json_values(text[found.end() :].strip())
            if values is not None:
                return text[: found.start()], tuple(map(_unescaped, values))
        return text, ()


def _lines_are_lost(text: str) -> bool:
    return re.search(r"^(?:Endpoint: |## |Version: )", text, re.MULTILINE) is None


def _mask_fenced(text: str) -> str:
    """The text with blanks in place of fenced code, so that offsets stay."""
    return FENCED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _blanked(text: str, found: re.Match[str]) -> str:
    return text[: found.start()] + " " * (found.end() - found.start()) + text[found.end() :]


def _json_values(text: str) -> list[Any] | None:
    """The values that a whole text lists, separated by commas; None if it is anything else."""
    for candidate in (text, unescape(text)):
        decoder, values, at = json.JSONDecoder(), [], 0
        try:
            while True:
                value, at = decoder.raw_decode(candidate, at)
                values.append(value)
                if at == len(candidate):
                    return values
                separator = re.compile(r",\s*").match(candidate, at)
                if not separator:
                    break
                at = separator.end()
        except ValueError:
            continue
    return None


def _unescaped(value: Any) -> Any:
    """A value with its HTML entities read."""
    if isinstance(value, str):
        return unescape(value)
    if isinstance(value, list):
        return [_unescaped(each) for each in value]
    if isinstance(value, dict):
        return {_unescaped(name): _unescaped(each) for name, each in value.items()}
    return value
