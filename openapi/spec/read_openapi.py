"""An OpenAPI 3 or swagger 2.0 file of a whole API, of which only our operations are read, and what they refer to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from .facts import METHODS, PLACES, Answer, Body, Field, Operation
from .findings import Reader
from .swagger import converted
from .yaml_files import Loader, loads

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .findings import Findings

KIND = re.compile(r"(?:^|[{,]\s*)[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\.", re.MULTILINE)
RULES = {
    "format", "pattern", "default", "deprecated", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
}  # fmt: skip
STRUCTURE = {"$ref", "type", "nullable", "enum", "const", "properties", "required", "items", "allOf", "oneOf", "anyOf"}
# Prose, illustrations, and what is said for programs that show the document.
SILENT = {"title", "description", "summary", "example", "examples", "externalDocs", "xml", "readOnly", "writeOnly"}


def is_openapi(text: str) -> bool:
    """Whether a text is an OpenAPI or swagger file."""
    return KIND.search(text) is not None and "paths" in text


def read_openapi(
    text: str, page: str, wanted: Collection[str], tags: Collection[str], findings: Findings
) -> tuple[str | None, tuple[Operation, ...]]:
    """The file's version, and our operations.

    Args:
        text: The file.
        page: Its name, for findings.
        wanted: Method and path of each operation that is ours.
        tags: Tags whose operations are ours too.
        findings: Takes what is not understood.
    """
    try:
        document = loads(text)
    except yaml.YAMLError as error:
        findings.reject("openapi", page, page, f"this is neither YAML nor JSON: {' '.join(str(error).split())}")
        return None, ()
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        findings.reject("openapi", page, page, "this is no OpenAPI file")
        return None, ()
    return _File(page, text, document, findings).read(wanted, tags)


class _File(Reader):
    def __init__(self, page: str, text: str, document: dict[str, Any], findings: Findings) -> None:
        super().__init__("openapi", page, text, findings)
        self._document = document
        self._swagger = "swagger" in self._document
        self._nodes: Any = None

    def read(self, wanted: Collection[str], tags: Collection[str]) -> tuple[str | None, tuple[Operation, ...]]:
        operations = []
        base = self._document.get("basePath", "").rstrip("/") if self._swagger else ""
        for path, item in self._document["paths"].items():
            for method in METHODS:
                operation = item.get(method.lower())
                if operation is None:
                    continue
                key = f"{method} {base}{path}"
                if key in wanted or set(tags) & set(operation.get("tags", ())):
                    operations.append(self._operation(method, path, base, item, operation))
        version = self._document.get("info", {}).get("version")
        return None if version is None else str(version), tuple(operations)

    def report_at(self, place: tuple[str, ...], what: str) -> None:
        """Record a finding at a place in the file."""
        pointer = "#/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in place)
        self.report(self._offset(place), pointer, what)

    def _offset(self, place: tuple[str, ...]) -> int:
        if self._nodes is None:
            try:
                self._nodes = yaml.compose(self.text, Loader=Loader)
            except yaml.YAMLError:
                # JSON with escapes that are not YAML's: its places are not known.
                return 0
        node = self._nodes
        for name in place:
            if isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == name), node)
            elif isinstance(node, yaml.SequenceNode) and name.isdigit():
                node = node.value[int(name)]
        return int(node.start_mark.index)

    def _operation(
        self, method: str, path: str, base: str, item: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> Operation:
        place = ("paths", path, method.lower())
        shared = item.get("parameters", [])
        if self._swagger:
            operation = converted(operation, shared, self._document)
            shared = []
        parameters: dict[str, dict[str, Field]] = {}
        for listed in [*shared, *operation.get("parameters", [])]:
            parameter, where = self._resolved(listed, (*place, "parameters"))
            name, kind = str(parameter["name"]), str(parameter["in"])
            if kind not in PLACES:
                self.report_at(where, f"a parameter in {kind} is not understood")
            elif kind != "header" or not self.is_reserved(self._offset(where), name):
                found = self._field(
                    parameter.get("schema", {}), (*where, "schema"), required=bool(parameter.get("required"))
                )
                parameters.setdefault(kind, {})[name] = found
        request = None
        if "requestBody" in operation:
            body, where = self._resolved(operation["requestBody"], (*place, "requestBody"))
            request = self._body(body, where, required=bool(body.get("required", False)))
        answers = {}
        for status, listed in operation.get("responses", {}).items():
            answer, where = self._resolved(listed, (*place, "responses", str(status)))
            headers = {}
            for name, stated in answer.get("headers", {}).items():
                header, header_at = self._resolved(stated, (*where, "headers", name))
                headers[name] = self._field(
                    header.get("schema", {}), (*header_at, "schema"), required=bool(header.get("required"))
                )
            answers[str(status).upper() if str(status) != "default" else "default"] = Answer(
                body=self._body(answer, where, required=None), headers=headers
            )
        security = operation.get("security", self._document.get("security"))
        return Operation(
            title=str(operation.get("summary") or operation.get("operationId") or ""),
            method=method,
            path=base + path,
            version=None,
            tags=tuple(operation.get("tags", ())),
            deprecated=bool(operation.get("deprecated", False)),
            security=None if security is None else tuple(name for each in security for name in each),
            parameters=parameters,
            request=request,
            answers=answers,
        )

    def _resolved(self, node: Mapping[str, Any], place: tuple[str, ...]) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        seen = set()
        while "$ref" in node:
            reference = node["$ref"]
            if not reference.startswith("#/") or reference in seen:
                self.report_at(place, f"the reference {reference} is not understood")
                return {}, place
            seen.add(reference)
            place = tuple(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/"))
            target: Any = self._document
            for name in place:
                target = target.get(name) if isinstance(target, dict) else None
            if not isinstance(target, dict):
                self.report_at(place, f"the reference {reference} leads nowhere")
                return {}, place
            node = target
        return node, place

    def _body(self, holder: Mapping[str, Any], place: tuple[str, ...], *, required: bool | None) -> Body | None:
        content = holder.get("content", {})
        if not content:
            return None
        if len(content) > 1:
            self.report_at((*place, "content"), "bodies of several media types are not understood")
        media_type, media = next(iter(content.items()))
        where = (*place, "content", media_type, "schema")
        found = self._field(media.get("schema", {}), where, required=False)
        if set(found.types) - {"object"}:
            self.report_at(where, "a body that is no object is not understood")
        return Body(media_type=media_type, fields=found.fields, required=required)

    def _field(
        self, schema: Mapping[str, Any], place: tuple[str, ...], *, required: bool, inside: tuple[str, ...] = ()
    ) -> Field:
        reference = schema.get("$ref")
        if reference in inside:
            self.report_at(place, f"{reference} contains itself, which is not understood")
            return Field()
        inside = (*inside, reference) if reference else inside
        schema, place = self._resolved(schema, place)
        schema = self._whole(schema, place)
        for keyword in schema.keys() - RULES - STRUCTURE - SILENT:
            if not keyword.startswith("x-") and not (keyword == "additionalProperties" and "properties" in schema):
                self.report_at((*place, keyword), "this keyword is not understood")
        stated = schema.get("type", ())
        types = [stated] if isinstance(stated, str) else list(stated)
        if not types and "properties" in schema:
            types = ["object"]
        if schema.get("nullable") or schema.get("x-nullable"):
            types.append("null")
        needed = schema.get("required", ())
        fields = {
            name: self._field(each, (*place, "properties", name), required=name in needed, inside=inside)
            for name, each in schema.get("properties", {}).items()
        }
        element = None
        if "items" in schema:
            element = self._field(schema["items"], (*place, "items"), required=False, inside=inside)
            if element.fields and element.types in {("object",), ()}:
                fields, element = dict(element.fields), None
        return Field(
            types=tuple(types),
            required=required,
            enum=tuple(schema["enum"]) if "enum" in schema else (schema["const"],) if "const" in schema else (),
            rules={name: schema[name] for name in sorted(RULES & schema.keys())},
            fields=fields,
            element=element,
        )

    def _whole(self, schema: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
        """A schema with its allOf, and an alternative that is null, put into it."""
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                choices = [each for each in schema[keyword] if each.get("type") != "null"]
                if len(choices) != 1:
                    self.report_at((*place, keyword), "alternatives are not understood")
                    return {name: value for name, value in schema.items() if name != keyword}
                chosen, where = self._resolved(choices[0], place)
                rest = {name: value for name, value in schema.items() if name != keyword}
                schema = {**rest, **self._whole(chosen, where), "nullable": True}
        if "allOf" not in schema:
            return schema
        whole: dict[str, Any] = {name: value for name, value in schema.items() if name != "allOf"}
        for index, listed in enumerate(schema["allOf"]):
            part, where = self._resolved(listed, (*place, "allOf", str(index)))
            for name, value in self._whole(part, where).items():
                if name == "properties":
                    whole[name] = {**value, **whole.get(name, {})}
                elif name == "required":
                    whole[name] = [*whole.get(name, ()), *value]
                else:
                    whole.setdefault(name, value)
        return whole
