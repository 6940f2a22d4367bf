"""An operation's page as text copied from a browser.

It names lengths, which the Markdown page leaves out, and shows only those responses that were unfolded.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .entities import unescape
from .findings import Reader
from .model import METHODS, Body, Field, Fields, Operation, Response, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .findings import Findings

ENDPOINT = re.compile(rf"^(?P<method>{'|'.join(map(str.lower, METHODS))}) ?(?P<path>/\S*)$")
NAME = re.compile(r"^[A-Za-z_$][\w.$-]*$")
STATUS = re.compile(r"^(?P<status>[1-5](?:\d\d|XX)|default)(?: .*)?$")
SECTION = re.compile(
    r"^(?:(?P<place>path|query|header) Parameters"
    r"|(?P<request>Request Body) schema: ?(?P<request_type>\S+)"
    r"|(?P<response>Response) Schema: ?(?P<response_type>\S+)"
    r"|(?P<headers>Response) Headers)$",
    re.IGNORECASE,
)
TYPE = re.compile(
    r"^(?P<array>(?:Array of )?)(?P<type>string|integer|number|boolean|object|any|null)(?P<plural>s?)"
    r"(?P<null> or null)?(?: <(?P<format>[\w-]+)>)?(?: \([\w ]+\))?(?P<bounds>(?: .+)?)$"
)
NUMBER = r"-?\d+(?:\.\d+)?"
BOUNDS = (
    (re.compile(rf"^\[ ?({NUMBER}) \.\. ({NUMBER}) ?\] characters$"), ("minLength", "maxLength")),
    (re.compile(rf"^<= ({NUMBER}) characters$"), ("maxLength",)),
    (re.compile(rf"^>= ({NUMBER}) characters$"), ("minLength",)),
    (re.compile(rf"^= ({NUMBER}) characters$"), ("minLength", "maxLength")),
    (re.compile(r"^non-empty$"), ("minLength",)),
    (re.compile(rf"^\[ ?({NUMBER}) \.\. ({NUMBER}) ?\]$"), ("minimum", "maximum")),
    (re.compile(rf"^<= ({NUMBER})$"), ("maximum",)),
    (re.compile(rf"^>= ({NUMBER})$"), ("minimum",)),
)


def is_text(text: str) -> bool:
    """Whether a text was copied from an operation's page."""
    lines = [line.strip() for line in text.splitlines()]
    return "Responses" in lines and any(map(ENDPOINT.match, lines))


def read_text(text: str, page: str, findings: Findings) -> Operation | None:
    """The operation on a page."""
    return _Page(page, text.removeprefix("\ufeff").replace("\r\n", "\n"), findings).read()


class _Page(Reader):
    def __init__(self, page: str, text: str, findings: Findings) -> None:
        super().__init__("text", page, text, findings)
        self._lines: list[tuple[int, str]] = []
        at = 0
        for line in text.split("\n"):
            self._lines.append((at, unescape(line.strip())))
            at += len(line) + 1

    def read(self) -> Operation | None:
        names = [line for _, line in self._lines]
        end = next(index for index, line in enumerate(names) if ENDPOINT.match(line))
        endpoint = ENDPOINT.match(names[end])
        assert endpoint
        # Prose may hold any of these words on a line of its own; the page's structure is what comes last.
        responses_at = len(names) - 1 - names[::-1].index("Responses")
        if responses_at > end:
            self.report(self._lines[end][0], names[end], "the endpoint stands after the responses")
            return None
        requests = [index for index, line in enumerate(names[:responses_at]) if line == "Request"]
        request_at = requests[-1] if requests else responses_at
        parameters: dict[str, Fields] = {}
        request = None
        for section, fields in self._sections(request_at + 1, responses_at):
            if section["place"]:
                parameters[section["place"].lower()] = fields
            elif section["request"]:
                request = Body(media_type=section["request_type"], fields=fields)
            else:
                self.report(self._lines[request_at][0], section[0], "this section belongs to an response")
        return Operation(
            title=next((line for line in names if line), ""),
            method=endpoint["method"].upper(),
            path=endpoint["path"],
            parameters=parameters,
            request=request,
            responses=self._responses(responses_at + 1, end),
        )

    def _responses(self, start: int, end: int) -> dict[str, Response]:
        statuses = [index for index in range(start, end) if STATUS.match(self._lines[index][1])]
        for at, line in self._lines[start : statuses[0] if statuses else end]:
            if line:
                self.report(at, line, "no response of this status is known")
        responses = {}
        for index, until in zip(statuses, [*statuses[1:], end], strict=False):
            found = STATUS.match(self._lines[index][1])
            assert found
            response = Response()
            for section, fields in self._sections(index + 1, until):
                if section["response"]:
                    response = replace(response, body=Body(media_type=section["response_type"], fields=fields))
                elif section["headers"]:
                    response = replace(response, headers=fields)
                else:
                    self.report(self._lines[index][0], section[0], "this section belongs to a request")
            responses[found["status"]] = response
        return responses

    def _sections(self, start: int, end: int) -> Iterator[tuple[re.Match[str], Fields]]:
        headings = [index for index in range(start, end) if SECTION.match(self._lines[index][1])]
        for at, line in self._lines[start : headings[0] if headings else end]:
            if line:
                self.report(at, line, "no section of this name is known")
        for index, until in zip(headings, [*headings[1:], end], strict=False):
            section = SECTION.match(self._lines[index][1])
            assert section
            yield section, dict(self._fields(index + 1, until, header=section["place"] == "header"))

    def _fields(self, start: int, end: int, *, header: bool) -> Iterator[tuple[str, Field]]:
        """The fields of a section: blocks of lines that begin with a name. Other blocks are prose."""
        index, known = start, None
        while index < end:
            block = []
            while index < end and self._lines[index][1]:
                block.append(self._lines[index])
                index += 1
            index += 1
            if not block:
                continue
            at, name = block[0]
            if len(block) > 1 and NAME.match(name):
                known = self._field(block)
                if known and not (header and self.is_reserved(at, name)):
                    yield name, known
            elif known is None:
                self.report(at, name, "there is no field here")
            else:
                self._prose(block)

    def _prose(self, block: list[tuple[int, str]]) -> None:
        """Report what looks like a field in the midst of prose, such as one after an unknown heading."""
        for (at, line), (_, following) in pairwise(block):
            if NAME.match(line) and (following == "required" or TYPE.match(following)):
                self.report(at, line, "this field does not stand where a field would")

    def _field(self, block: list[tuple[int, str]]) -> Field | None:
        at, name = block[0]
        rest = block[1:]
        required = rest[0][1] == "required"
        rest = rest[required:]
        found = TYPE.match(rest[0][1]) if rest else None
        if not found:
            self.report(at, " ".join(line for _, line in block), "the type of this field is not understood")
            return None
        types = (found["type"], *(["null"] if found["null"] else []))
        rules: dict[str, Scalar] = {"format": found["format"]} if found["format"] else {}
        if bounds := found["bounds"].strip():
            for pattern, keywords in BOUNDS:
                if bound := pattern.match(bounds):
                    values = [json.loads(value) for value in bound.groups()] or [1]
                    rules |= zip(keywords, values * len(keywords) if len(values) == 1 else values, strict=True)
                    break
            else:
                self.report(at, f"{name} {rest[0][1]}", "the bounds of this field are not understood")
        enum: tuple[Scalar, ...] = ()
        for line_at, line in rest[1:]:
            label, _, value = line.partition(":")
            match label:
                case "Default":
                    rules["default"] = _value(value)
                case "Enum" | "Items Enum" | "Value":
                    enum = tuple(map(_value, re.findall(r'"(?:[^"\\]|\\.)*"|\S+', value)))
                case "Example":
                    pass
                case _:
                    self.report(line_at, line, "this line of a field is not understood")
        if found["array"]:
            if found["type"] == "object":
                return Field(types=("array",), required=required)
            return Field(types=("array",), required=required, element=Field(types=types, enum=enum, rules=rules))
        return Field(types=types, required=required, enum=enum, rules=rules)


def _value(text: str) -> Scalar:
    """A value as the page shows it: JSON, or a bare word."""
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    return value if isinstance(value, str | int | float | None) else text.strip()
