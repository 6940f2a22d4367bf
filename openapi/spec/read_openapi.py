"""An OpenAPI 3 file of a whole API, of which only our operations are read, and what they refer to.

That slice is cut out first, since the file may have many megabytes; then it is validated, and then read.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from .model import METHODS, PLACES, RESERVED, Body, Field, Operation, Response
from .yaml_files import FileError, lines, loads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .findings import Findings
    from .yaml_files import Place

KIND = re.compile(r"(?:^|[{,]\s*)[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\.", re.MULTILINE)
VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}
LARGEST = 100_000
"""Values in the slice at most; ours has some thousand."""
ERRORS = 5
"""Errors of the validator that are shown at most."""

Json = dict[str, Any]

RULES = {
    "format", "pattern", "default", "deprecated", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip
STRUCTURE = {"type", "nullable", "enum", "const", "properties", "required", "items"}
SILENT = {"title", "description", "summary", "example", "examples", "externalDocs", "xml", "readOnly", "writeOnly"}
"""Prose, illustrations, and what is there for programs that show the document."""
OPERATION = {"operationId", "tags", "deprecated", "parameters", "requestBody", "responses", "security", *SILENT}
PARAMETER = {"name", "in", "required", "deprecated", "schema", *SILENT}
BODY = {"required", "content", *SILENT}
RESPONSE = {"headers", "content", *SILENT}
MEDIA_TYPE = {"schema", *SILENT}


def is_openapi(text: str) -> bool:
    """Tell whether a text is an OpenAPI or Swagger file."""
    return KIND.search(text) is not None and "paths" in text


def read_openapi(
    text: str, page: str, wanted: Collection[str], tags: Collection[str], findings: Findings
) -> tuple[str | None, tuple[Operation, ...]]:
    """Return the file's version, and our operations.

    Args:
        text: The file.
        page: Its name, for findings.
        wanted: Method and path of each operation that is ours.
        tags: Tags whose operations are ours too.
        findings: Takes what is not understood.
    """
    try:
        document = loads(text, page)
    except FileError as error:
        findings.reject("openapi", page, page, error.what, error.line)
        return None, ()
    problems: list[tuple[Place, str]] = []
    version, operations = _read(document, wanted, tags, problems)
    known = lines(text, {place[:length] for place, _ in problems for length in range(len(place) + 1)})
    for place, what in problems:
        line = next((known[each] for each in (place[:n] for n in range(len(place), -1, -1)) if each in known), 1)
        findings.reject("openapi", page, _pointer(place), what, line)
    return version, operations


def _read(
    document: Any, wanted: Collection[str], tags: Collection[str], problems: list[tuple[Place, str]]
) -> tuple[str | None, tuple[Operation, ...]]:
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        problems.append(((), "this is no OpenAPI file"))
        return None, ()
    validator = VALIDATORS.get(str(document.get("openapi"))[:3])
    if validator is None:
        problems.append(((), f"only OpenAPI {' and '.join(VALIDATORS)} are read"))
        return None, ()
    part = _Slice(document, wanted, tags)
    problems += part.problems
    if part.problems or not part.document["paths"]:
        if not part.problems:
            problems.append(((), "none of our operations is in this file"))
        return None, ()
    problems += _errors(validator.schema_validator.iter_errors(part.document))
    if problems:
        return None, ()
    reader = _Reader(part.document)
    operations = tuple(reader.operations())
    # The validator's rules beyond the schema take it that the schema holds, and that nothing contains itself.
    problems += reader.problems or _errors(validator(part.document).iter_errors())
    return str(part.document["info"].get("version", "")) or None, operations


def _errors(errors: Iterator[Any]) -> list[tuple[Place, str]]:
    return [
        (tuple(map(str, error.absolute_path)), f"this is not valid: {error.message.splitlines()[0]}")
        for error in islice(errors, ERRORS)
    ]


def _pointer(place: Place) -> str:
    return "#/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in place)


def _place(reference: str) -> Place:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/"))


class _Slice:
    """The part of a file that our operations need."""

    def __init__(self, whole: Json, wanted: Collection[str], tags: Collection[str]) -> None:
        self._whole = whole
        self._size = 0
        self.problems: list[tuple[Place, str]] = []
        self.document: Json = {
            "openapi": whole["openapi"],
            "info": whole.get("info") if isinstance(whole.get("info"), dict) else {},
            "paths": {},
            "components": {},
        }
        if "security" in whole:
            self.document["security"] = whole["security"]
        components = whole.get("components")
        if isinstance(components, dict) and "securitySchemes" in components:
            self.document["components"]["securitySchemes"] = components["securitySchemes"]
        self._cut(wanted, set(tags))

    def _cut(self, wanted: Collection[str], tags: set[str]) -> None:
        templates: dict[str, str] = {}
        for path, listed in self._whole["paths"].items():
            if path.startswith("x-"):
                continue
            place: Place = ("paths", path)
            item = self._item(listed, place)
            ours = {method for method in METHODS if self._is_ours(item, method, path, wanted, tags)}
            if not ours:
                continue
            twin = templates.setdefault(re.sub(r"{[^}]*}", "{}", path), path)
            if twin != path:
                self.problems.append((place, f"this is the same path as {twin}"))
            others = {each.lower() for each in METHODS if each not in ours}
            self.document["paths"][path] = {name: each for name, each in item.items() if name not in others}
            if "servers" in item:
                self.problems.append((place, "servers of a path are not understood"))
        self._follow(self.document["paths"])

    def _item(self, listed: Any, place: Place) -> Json:
        item = listed if isinstance(listed, dict) else {}
        if "$ref" in item:
            target = _found(self._whole, item["$ref"])
            if not isinstance(target, dict) or "$ref" in target or item.keys() & target.keys():
                self.problems.append((place, f"the reference {item['$ref']} is not understood"))
                return {}
            item = {**target, **{name: each for name, each in item.items() if name != "$ref"}}
        elif not isinstance(listed, dict):
            self.problems.append((place, "a path has an object"))
        return item

    def _is_ours(self, item: Json, method: str, path: str, wanted: Collection[str], tags: set[str]) -> bool:
        operation = item.get(method.lower())
        if operation is None:
            return False
        if f"{method} {path}" in wanted or not isinstance(operation, dict):
            return True
        own = operation.get("tags")
        return isinstance(own, list) and bool(tags & {each for each in own if isinstance(each, str)})

    def _follow(self, node: Any) -> None:
        """Put in what is referred to, at any remove."""
        waiting: list[tuple[Any, Place]] = [(node, ("paths",))]
        while waiting:
            each, place = waiting.pop()
            self._size += 1
            if self._size > LARGEST or len(place) > LARGEST:
                self.problems.append((place, f"our operations have more than {LARGEST:,} values"))
                return
            if isinstance(each, list):
                waiting += [(inner, (*place, str(index))) for index, inner in enumerate(each)]
            elif isinstance(each, dict):
                waiting += [
                    (inner, (*place, name)) for name, inner in each.items() if name not in {"example", "examples"}
                ]
                if "$ref" in each and place[-1:] != ("properties",):
                    waiting += self._target(each["$ref"], place)

    def _target(self, reference: Any, place: Place) -> Iterator[tuple[Any, Place]]:
        target = _found(self._whole, reference)
        where = _place(reference) if isinstance(reference, str) else ()
        if not isinstance(target, dict) or len(where) != 3 or where[0] != "components":
            self.problems.append((place, f"the reference {reference} leads to no component"))
            return
        kind = self.document["components"].setdefault(where[1], {})
        if where[2] not in kind:
            kind[where[2]] = target
            yield target, where


def _found(document: Json, reference: Any) -> Any:
    """Return what a reference within the file leads to; `None` if that is not there."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    target: Any = document
    for name in _place(reference):
        target = target.get(name) if isinstance(target, dict) else None
    return target


class _Reader:
    """Reads a slice that is valid."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self.problems: list[tuple[Place, str]] = []

    def operations(self) -> Iterator[Operation]:
        """Yield all operations."""
        for path, item in self._document["paths"].items():
            for method in METHODS:
                if operation := item.get(method.lower()):
                    yield self._operation(method, path, item, operation)

    def _report(self, place: Place, what: str) -> None:
        if (place, what) not in self.problems:
            self.problems.append((place, what))

    def _only(self, node: Mapping[str, Any], known: Collection[str], place: Place) -> None:
        for keyword in node:
            if keyword not in known and not keyword.startswith("x-"):
                self._report((*place, keyword), "this keyword is not understood")

    def _operation(self, method: str, path: str, item: Json, operation: Json) -> Operation:
        place: Place = ("paths", path, method.lower())
        self._only(operation, OPERATION, place)
        parameters: dict[str, dict[str, Field]] = {}
        for listed, above in ((item.get("parameters", []), ("paths", path)), (operation.get("parameters", []), place)):
            for index, each in enumerate(listed):
                self._parameter(each, (*above, "parameters", str(index)), parameters)
        request = None
        if "requestBody" in operation:
            body, where = self._resolved(operation["requestBody"], (*place, "requestBody"))
            self._only(body, BODY, where)
            request = self._body(body, where, required=body.get("required", False))
        responses = {
            status if status == "default" else status.upper(): self._response(each, (*place, "responses", status))
            for status, each in operation.get("responses", {}).items()
            if not status.startswith("x-")
        }
        return Operation(
            title=operation.get("summary") or operation.get("operationId") or f"{method} {path}",
            method=method,
            path=path,
            version=None,
            tags=tuple(operation.get("tags", ())),
            deprecated=operation.get("deprecated", False),
            security=self._security(operation.get("security", self._document.get("security")), place),
            parameters=parameters,
            request=request,
            responses=responses,
        )

    def _security(self, stated: list[Json] | None, place: Place) -> tuple[str, ...] | None:
        if stated is None:
            return None
        for each in stated:
            if len(each) != 1 or any(each.values()):
                self._report((*place, "security"), "several schemes at once, none, or scopes are not understood")
        return tuple(name for each in stated for name in each)

    def _parameter(self, listed: Json, place: Place, parameters: dict[str, dict[str, Field]]) -> None:
        parameter, where = self._resolved(listed, place)
        name, kind = parameter["name"], parameter["in"]
        if kind == "header" and name.lower() in RESERVED:
            self._report((*where, "name"), f"OpenAPI has the header {name} ignored among parameters")
            return
        if kind not in PLACES:
            self._report(where, f"a parameter in {kind} is not understood")
            return
        self._only(parameter, PARAMETER, where)
        parameters.setdefault(kind, {})[name] = self._described(parameter, where)

    def _described(self, holder: Json, place: Place) -> Field:
        """Return a parameter or a header."""
        field = self._field(
            holder.get("schema", {}), (*place, "schema"), required=holder.get("required", False), inside=()
        )
        if holder.get("deprecated"):
            field = Field.from_data({**field.as_data(), "deprecated": True})
        return field

    def _response(self, listed: Json, place: Place) -> Response:
        response, where = self._resolved(listed, place)
        self._only(response, RESPONSE, where)
        headers = {}
        for name, stated in response.get("headers", {}).items():
            header, header_at = self._resolved(stated, (*where, "headers", name))
            self._only(header, PARAMETER, header_at)
            headers[name] = self._described(header, header_at)
        return Response(body=self._body(response, where, required=None), headers=headers)

    def _resolved(self, node: Json, place: Place) -> tuple[Json, Place]:
        seen = set()
        while "$ref" in node:
            reference = node["$ref"]
            self._only(node, {"$ref", *SILENT}, place)
            if reference in seen:
                self._report(place, f"the reference {reference} leads to itself")
                return {}, place
            seen.add(reference)
            place, node = _place(reference), _found(self._document, reference)
        return node, place

    def _body(self, holder: Json, place: Place, *, required: bool | None) -> Body | None:
        content = holder.get("content", {})
        if not content:
            return None
        if len(content) > 1:
            self._report((*place, "content"), "bodies of several media types are not understood")
        media_type, media = next(iter(content.items()))
        self._only(media, MEDIA_TYPE, (*place, "content", media_type))
        where = (*place, "content", media_type, "schema")
        found = self._field(media.get("schema", {}), where, required=False, inside=())
        if set(found.types) - {"object"} or found.rules or found.enum or found.element:
            self._report(where, "a body that is not a plain object is not understood")
        return Body(media_type=media_type, fields=found.fields, required=required)

    def _field(self, schema: Json | bool, place: Place, *, required: bool, inside: tuple[str, ...]) -> Field:
        whole, place, inside = self._flat(schema, place, inside)
        self._only(whole, RULES | STRUCTURE | SILENT, place)
        needed = whole.get("required", ())
        for name in needed:
            if name not in whole.get("properties", {}):
                self._report((*place, "required"), f"the field {name} is required and not described")
        fields = {
            name: self._field(each, (*place, "properties", name), required=name in needed, inside=inside)
            for name, each in whole.get("properties", {}).items()
        }
        element = None
        if "items" in whole:
            element = self._field(whole["items"], (*place, "items"), required=False, inside=inside)
            if element.fields and element.types in {("object",), ()} and not element.rules and not fields:
                fields, element = dict(element.fields), None
        return Field(
            types=_types(whole),
            required=required,
            enum=(whole["const"],) if "const" in whole else tuple(whole.get("enum", ())),
            rules={name: whole[name] for name in sorted(RULES & whole.keys())},
            fields=fields,
            element=element,
        )

    def _flat(self, schema: Json | bool, place: Place, inside: tuple[str, ...]) -> tuple[Json, Place, tuple[str, ...]]:
        """Return a schema with what it refers to, its allOf, and an alternative that is null put into it.

        And where it stands, and the references that led there.
        """
        if isinstance(schema, bool):
            self._report(place, "a schema that is true or false is not understood")
            return {}, place, inside
        if "$ref" in schema:
            reference = schema["$ref"]
            if reference in inside:
                self._report(place, f"{reference} contains itself, which is not understood")
                return {}, place, inside
            self._only(schema, {"$ref", *SILENT, *RULES}, place)
            beside = {key: each for key, each in schema.items() if key != "$ref"}
            target = _found(self._document, reference)
            whole, place, inside = self._flat(target, _place(reference), (*inside, reference))
            return self._merged(place, beside, whole), place, inside
        whole = {name: value for name, value in schema.items() if name not in {"allOf", "oneOf", "anyOf"}}
        if whole.get("additionalProperties") is not False and "properties" in whole:
            # Fields of a tenant's own; our readers keep them.
            whole.pop("additionalProperties", None)
        for keyword in ("oneOf", "anyOf"):
            if choices := schema.get(keyword):
                others = [index for index, each in enumerate(choices) if not _is_null(each)]
                if len(others) != 1:
                    self._report((*place, keyword), "alternatives are not understood")
                    continue
                part, _, inside = self._flat(choices[others[0]], (*place, keyword, str(others[0])), inside)
                nullable = {"nullable": True} if len(choices) > 1 else {}
                whole = self._merged(place, whole, {**part, **nullable})
        for index, each in enumerate(schema.get("allOf", ())):
            part, _, inside = self._flat(each, (*place, "allOf", str(index)), inside)
            whole = self._merged(place, whole, part)
        return whole, place, inside

    def _merged(self, place: Place, ours: Json, theirs: Json) -> Json:
        """Return one schema for two that both hold."""
        result = dict(ours)
        for name, value in theirs.items():
            if name == "required":
                result[name] = list(dict.fromkeys([*ours.get(name, ()), *value]))
            elif name == "properties":
                mine = ours.get(name, {})
                twice = [each for each in mine if each in value and mine[each] != value[each]]
                if twice:
                    self._report((*place, "allOf"), f"{', '.join(twice)} described in two ways is not understood")
                result[name] = {**value, **mine}
            elif result.setdefault(name, value) != value and name not in SILENT:
                self._report((*place, name), f"{result[name]} and {value} at once are not understood")
        return result


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


def _types(schema: Json) -> tuple[str, ...]:
    stated = schema.get("type", ())
    types = [stated] if isinstance(stated, str) else list(stated)
    if not types and "properties" in schema:
        types = ["object"]
    if (schema.get("nullable") or schema.get("x-nullable")) and "null" not in types:
        types.append("null")
    return tuple(types)
