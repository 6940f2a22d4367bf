"""The document model: what a document states of an operation. Names, types, rules; no prose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Scalar = str | int | float | bool | None

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null", "any")
PLACES = ("path", "query", "header")
RESERVED = {"accept", "content-type", "authorization"}
"""Headers that OpenAPI has ignored where they are listed as parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter, a field of a body, or a header of an response."""

    types: tuple[str, ...] = ()
    """Of TYPES; empty if the document states none."""
    required: bool = False
    enum: tuple[Scalar, ...] = ()
    rules: Mapping[str, Scalar] = field(default_factory=dict)
    """Lengths, bounds, format, pattern, default and the like, by their names in JSON Schema."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """The fields of an object, or of an array's elements."""
    element: Field | None = None
    """What an array's elements are, if they have no fields."""
    examples: tuple[Any, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """This for the extracted layer, with nothing in it that is not stated. Examples are Zuora's, and stay there."""
        data: dict[str, Any] = {}
        if self.types:
            data["type"] = self.types[0] if len(self.types) == 1 else list(self.types)
        if self.required:
            data["required"] = True
        if self.enum:
            data["enum"] = list(self.enum)
        data.update(self.rules)
        if self.element:
            data["element"] = self.element.as_data()
        if self.fields:
            data["fields"] = {name: each.as_data() for name, each in self.fields.items()}
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Field:
        """This from the extracted layer."""
        stated = dict(data)
        types = stated.pop("type", ())
        element = stated.pop("element", None)
        return cls(
            types=(types,) if isinstance(types, str) else tuple(types),
            required=stated.pop("required", False),
            enum=tuple(stated.pop("enum", ())),
            element=None if element is None else cls.from_data(element),
            fields={name: cls.from_data(each) for name, each in stated.pop("fields", {}).items()},
            rules=stated,
        )


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body with fields, of a request or an response."""

    media_type: str | None = None
    fields: Fields = field(default_factory=dict)
    required: bool | None = None
    """Whether a request needs it; None if the document does not say."""

    def as_data(self) -> dict[str, Any]:
        """This for the extracted layer."""
        data: dict[str, Any] = {} if self.media_type is None else {"media-type": self.media_type}
        if self.required is not None:
            data["required"] = self.required
        return {**data, "fields": {name: each.as_data() for name, each in self.fields.items()}}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Body:
        """This from the extracted layer."""
        fields = {name: Field.from_data(each) for name, each in data["fields"].items()}
        return cls(media_type=data.get("media-type"), fields=fields, required=data.get("required"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An response of one status."""

    body: Body | None = None
    """None if there is none, or the document does not show it."""
    headers: Fields = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """This for the extracted layer."""
        data = {} if self.body is None else self.body.as_data()
        if self.headers:
            data["headers"] = {name: each.as_data() for name, each in self.headers.items()}
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Response:
        """This from the extracted layer."""
        headers = {name: Field.from_data(each) for name, each in data.get("headers", {}).items()}
        return cls(body=Body.from_data(data) if "fields" in data else None, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as one document states it."""

    title: str
    method: str
    path: str
    version: str | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    security: tuple[str, ...] | None = None
    """The security schemes; None if the document does not say."""
    parameters: Mapping[str, Fields] = field(default_factory=dict)
    """By place, then by name."""
    request: Body | None = None
    responses: Mapping[str, Response] = field(default_factory=dict)
    """By status."""

    @property
    def key(self) -> str:
        """Method and path, by which documents of one operation are told to be that."""
        return f"{self.method} {self.path}"

    def as_data(self) -> dict[str, Any]:
        """This for the extracted layer."""
        data: dict[str, Any] = {"title": self.title, "method": self.method, "path": self.path}
        if self.version is not None:
            data["version"] = self.version
        if self.tags:
            data["tags"] = list(self.tags)
        if self.deprecated:
            data["deprecated"] = True
        if self.security is not None:
            data["security"] = list(self.security)
        if self.parameters:
            data["parameters"] = {
                place: {name: each.as_data() for name, each in fields.items()}
                for place, fields in self.parameters.items()
            }
        if self.request:
            data["request"] = self.request.as_data()
        if self.responses:
            data["responses"] = {status: each.as_data() for status, each in self.responses.items()}
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Operation:
        """This from the extracted layer."""
        security = data.get("security")
        return cls(
            title=data["title"],
            method=data["method"],
            path=data["path"],
            version=data.get("version"),
            tags=tuple(data.get("tags", ())),
            deprecated=data.get("deprecated", False),
            security=None if security is None else tuple(security),
            parameters={
                place: {name: Field.from_data(each) for name, each in fields.items()}
                for place, fields in data.get("parameters", {}).items()
            },
            request=Body.from_data(data["request"]) if "request" in data else None,
            responses={status: Response.from_data(each) for status, each in data.get("responses", {}).items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an index page."""

    title: str
    method: str
    path: str
    address: str

    @property
    def key(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The index page of a tag: its operations, and where their pages are."""

    tag: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts were read."""

    form: str
    """markdown, text, index or openapi."""
    file: str
    sha256: str
    version: str | None = None
    """The version that the document bears, if it bears one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What was read from one document, of one operation or of the index of a tag."""

    source: Source
    operation: Operation | None = None
    index: Index | None = None

    @property
    def name(self) -> str:
        """The name of its file in the extracted layer, which a newer copy shares, whatever its title is by then."""
        about = self.operation.key if self.operation else self.index.tag if self.index else ""
        return f"{'-'.join(re.findall(r'[a-z0-9]+', about.lower()))}.{self.source.form}.yaml"

    @property
    def titles(self) -> dict[str, str]:
        """The titles of its operations, by method and path."""
        listed: list[Operation | Entry] = [self.operation] if self.operation else []
        listed += self.index.entries if self.index else ()
        return {each.key: each.title for each in listed}

    def as_data(self) -> dict[str, Any]:
        """This for the extracted layer."""
        source = {"form": self.source.form, "version": self.source.version}
        source |= {"file": self.source.file, "sha256": self.source.sha256}
        data: dict[str, Any] = {"source": {name: value for name, value in source.items() if value is not None}}
        if self.index:
            data["tag"] = self.index.tag
            data["operations"] = [
                {"title": each.title, "method": each.method, "path": each.path, "address": each.address}
                for each in self.index.entries
            ]
        if self.operation:
            data["operation"] = self.operation.as_data()
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Document:
        """This from the extracted layer."""
        source = Source(**data["source"])
        if "tag" in data:
            entries = tuple(Entry(**each) for each in data["operations"])
            return cls(source=source, index=Index(tag=data["tag"], entries=entries))
        return cls(source=source, operation=Operation.from_data(data["operation"]))
