"""The extracted layer as an OpenAPI document, which the corrections are applied to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .combine import statements
from .names import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .combine import Statement
    from .documents import Documents
    from .model import Body, Field, Fields, Response
    from .names import Names

Json = dict[str, Any]

SEED = "SEED"
"""The source key of the documents read here."""


class Placeholder(str):
    """A description that stands until a correction gives a better one."""

    __slots__ = ()


class Base:
    """A document under construction."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._components: dict[str, dict[str, Json]] = {"parameters": {}, "headers": {}, "responses": {}, "schemas": {}}
        self._stated: dict[str, Fields] = {}
        self.problems: list[str] = []
        self.against: list[tuple[str, str]] = []
        self.notes: list[str] = []
        """What one place states and another does not, though they share a schema."""

    def build(self, documents: Documents) -> Json:
        """All operations that the documents state."""
        everything, self.against = statements(documents)
        stated = [each for each in everything if each.operation.key in self._names.operations]
        versions = [each.operation.version for each in stated if each.operation.version]
        versions += [each.source.version for each in documents.values() if each.source.version]
        info = {
            "title": Placeholder("Zuora"),
            "version": max(versions, default=""),
            "x-source-keys": {SEED: _seed(documents)},
        }
        document: Json = {"openapi": "3.1.0", "info": info}
        if tags := dict.fromkeys(each.tag for each in stated if each.tag):
            document["tags"] = [{"name": tag} for tag in tags]
        # What most operations need holds for those too of which no document says what they need.
        needs = Counter(each.operation.security for each in stated if each.operation.security is not None)
        shared = needs.most_common(1)[0][0] if needs else None
        if shared is not None:
            document["security"] = [{name: []} for name in shared]
        document["paths"] = self._paths(stated, shared)
        document["components"] = {name: each for name, each in self._components.items() if each}
        return document

    def _paths(self, stated: Sequence[Statement], shared: tuple[str, ...] | None) -> Json:
        paths: dict[str, Json] = {}
        for each in stated:
            item = paths.setdefault(each.operation.path, {})
            if parameters := self._path_parameters(each, item):
                item["parameters"] = parameters
            operation = self._operation(each)
            if each.operation.security not in {None, shared}:
                operation["security"] = [{name: []} for name in each.operation.security or ()]
            item[each.operation.method.lower()] = operation
        return paths

    def _operation(self, stated: Statement) -> Json:
        operation = stated.operation
        identifier = self._names.operations[operation.key]
        about = f'Zuora\'s page "{operation.title}" tells what this does.'
        result: Json = {"operationId": identifier}
        if stated.tag:
            result["tags"] = [stated.tag]
        result |= {"summary": operation.title, "description": Placeholder(about), "x-sources": [SEED]}
        if operation.deprecated:
            result["deprecated"] = True
        listed = [
            self._parameter(place, name, each, stated)
            for place in ("query", "header")
            for name, each in operation.parameters.get(place, {}).items()
        ]
        if listed:
            result["parameters"] = listed
        if operation.request:
            required = operation.request.required
            if required is None:
                required = any(each.required for each in operation.request.fields.values())
            name = self._names.body(identifier, "request") or f"{identifier[0].upper()}{identifier[1:]}Request"
            result["requestBody"] = {"required": True} if required else {}
            result["requestBody"]["content"] = {
                operation.request.media_type or "application/json": {
                    "schema": self._body(name, operation.request, stated)
                }
            }
        if operation.responses:
            result["responses"] = {
                status: self._response(identifier, status, each, stated) for status, each in operation.responses.items()
            }
        return result

    def _path_parameters(self, stated: Statement, item: Json) -> list[Json]:
        named = stated.operation.parameters.get("path", {})
        listed: list[Json] = item.get("parameters", [])
        for part in stated.operation.path.split("/"):
            if part.startswith("{"):
                name = part.strip("{}")
                reference = self._parameter("path", name, named.get(name), stated)
                if reference not in listed:
                    listed.append(reference)
        return listed

    def _parameter(self, place: str, name: str, stated: Field | None, about: Statement) -> Json:
        component = self._names.parameter(name)
        parameter: Json = {"name": name, "in": place}
        if place == "path" or (stated and stated.required):
            parameter["required"] = True
        parameter["description"] = _placeholder(about)
        schema = self._schema("", stated, about) if stated else {}
        schema.pop("description", None)
        named = self._names.parameter_schema(name) or (component if stated and stated.enum else None)
        if named:
            self._merge_schema(named, schema)
            schema = {"$ref": f"#/components/schemas/{named}"}
        parameter["schema"] = schema
        known = self._components["parameters"].get(component)
        if known is None:
            self._components["parameters"][component] = parameter
        else:
            known["schema"] = self._merged(name, known["schema"], schema)
            if known.get("required") != parameter.get("required"):
                self.problems.append(f"{about.operation.key}: the parameter {name} is not required everywhere")
        return {"$ref": f"#/components/parameters/{component}"}

    def _response(self, operation: str, status: str, response: Response, about: Statement) -> Json:
        result: Json = {"description": Placeholder(f"The response {status} to {about.operation.title}.")}
        if response.headers:
            result["headers"] = {name: self._header(name, each, about) for name, each in response.headers.items()}
        # An operation whose body has a name of its own has the response to itself.
        own = status in self._names.bodies.get(operation, {})
        shared = None if own else self._names.responses.get(status)
        if response.body is not None:
            name = self._names.body(operation, status) or self._same(response.body) or _response_name(operation, status)
            reference: Json = self._body(name, response.body, about)
            # Corrections add other forms of an response of success beside the documented one.
            schema = {"oneOf": [reference]} if status.startswith("2") else reference
            result["content"] = {response.body.media_type or "application/json": {"schema": schema}}
        if not shared:
            return result
        known = self._components["responses"].setdefault(shared, result)
        if known.get("content") != result.get("content"):
            self.problems.append(f"{about.operation.key}: the response {status} differs from another operation's")
        known.setdefault("headers", {}).update(result.get("headers", {}))
        if not known["headers"]:
            del known["headers"]
        return {"$ref": f"#/components/responses/{shared}"}

    def _header(self, name: str, stated: Field, about: Statement) -> Json:
        component = self._names.parameter(name)
        header: Json = {"description": _placeholder(about)}
        if stated.required:
            header["required"] = True
        schema = self._schema("", stated, about)
        schema.pop("description", None)
        if named := self._names.parameter_schema(name):
            self._merge_schema(named, schema)
            schema = {"$ref": f"#/components/schemas/{named}"}
        self._components["headers"].setdefault(component, {**header, "schema": schema})
        return {"$ref": f"#/components/headers/{component}"}

    def _same(self, body: Body) -> str | None:
        """The name of an response that states the same."""
        return next((name for name, fields in self._stated.items() if fields == body.fields), None)

    def _body(self, name: str, body: Body, about: Statement) -> Json:
        self._stated.setdefault(name, body.fields)
        self._merge_schema(name, self._object(name, body.fields, about))
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, name: str, fields: Fields, about: Statement) -> Json:
        schema: Json = {"type": "object"}
        if fields:
            schema["properties"] = {each: self._property(name, each, field, about) for each, field in fields.items()}
        if required := [each for each, field in fields.items() if field.required]:
            schema["required"] = required
        return schema

    def _property(self, owner: str, name: str, stated: Field, about: Statement) -> Json:
        named, element = self._names.field(owner, name), self._names.field(owner, f"{name}[]")
        is_array = "array" in stated.types
        if named is None and (stated.enum or (stated.fields and not is_array)):
            named = joined(owner, name)
        if element is None and (stated.fields or (stated.element and stated.element.enum)) and is_array:
            element = joined(owner, name, "Item")
        schema = self._schema(named or "", stated, about, element)
        if not named:
            return schema
        self._merge_schema(named, schema)
        return {"$ref": f"#/components/schemas/{named}"}

    def _schema(self, name: str, stated: Field, about: Statement, element: str | None = None) -> Json:
        types = [each for each in stated.types if each != "any"]
        schema: Json = {"type": types[0] if len(types) == 1 else types} if types else {}
        schema |= stated.rules
        if stated.enum:
            schema["enum"] = list(stated.enum)
        schema["description"] = _placeholder(about)
        if "array" in types:
            items = self._object(element or "", stated.fields, about) if stated.fields else {}
            if stated.element:
                items = self._schema("", stated.element, about)
                items.pop("description")
            if element and items:
                self._merge_schema(element, {"description": _placeholder(about), **items})
                items = {"$ref": f"#/components/schemas/{element}"}
            schema["items"] = items
        elif stated.fields:
            inner = self._object(name, stated.fields, about)
            schema |= {key: value for key, value in inner.items() if key != "type"}
            schema.setdefault("type", "object")
        return schema

    def _merge_schema(self, name: str, schema: Json) -> None:
        schemas = self._components["schemas"]
        schemas[name] = self._merged(name, schemas[name], schema) if name in schemas else schema

    def _merged(self, name: str, ours: Json, theirs: Json) -> Json:
        """Return one schema for what two places state: all fields, and only what both require."""
        for one, other in ((ours, theirs), (theirs, ours)):
            if "$ref" in one and "$ref" not in other:
                # A component because of what one place alone states.
                self._merge_schema(one["$ref"].rpartition("/")[2], other)
                return one
        result = {**ours, **self._merged_parts(name, ours, theirs)}
        if "required" in ours and not (
            required := [each for each in ours["required"] if each in theirs.get("required", ())]
        ):
            del result["required"]
        elif "required" in ours:
            result["required"] = required
        if values := [*ours.get("enum", ()), *theirs.get("enum", ())]:
            result["enum"] = list(dict.fromkeys(values))
        for keyword, value in theirs.items():
            if keyword in {"properties", "required", "enum", "items", "description"}:
                continue
            if result.setdefault(keyword, value) != value:
                self.problems.append(
                    f"{name}: the documents state {keyword} as {result[keyword]} in one place, as {value} in another; "
                    "give these a name each in names.yaml"
                )
        return result

    def _merged_parts(self, name: str, ours: Json, theirs: Json) -> Json:
        """Return the fields and elements that either schema has."""
        parts: Json = {}
        for keyword in ("properties", "enum"):
            if ours.get(keyword) and theirs.get(keyword):
                one, other = list(ours[keyword]), list(theirs[keyword])
                only = [str(each) for each in [*one, *other] if (each in one) != (each in other)]
                self.notes += [f"{name}: the documents state `{each}` in one place and not in another" for each in only]
        if "properties" in ours or "properties" in theirs:
            one, other = ours.get("properties", {}), theirs.get("properties", {})
            parts["properties"] = {
                each: self._merged(f"{name}.{each}", one[each], other[each])
                if each in one and each in other
                else {**one, **other}[each]
                for each in {**one, **other}
            }
        if ours.get("items") and theirs.get("items"):
            parts["items"] = self._merged(f"{name}[]", ours["items"], theirs["items"])
        elif "items" in ours or "items" in theirs:
            parts["items"] = ours.get("items") or theirs.get("items") or {}
        return parts


def _seed(documents: Documents) -> str:
    """What the source key of the documents stands for."""
    read: dict[str, set[str]] = {}
    for document in documents.values():
        version = f", version {document.source.version}" if document.source.version else ""
        if document.index:
            about = f"the index page of {document.index.tag}"
        elif document.source.form == "openapi":
            about = "the specification"
        else:
            about = f'the page "{next(iter(document.titles.values()))}"'
        read.setdefault(about, set()).add(version)
    return f"Zuora's own: {'; '.join(f'{about}{max(versions)}' for about, versions in sorted(read.items()))}"


def _placeholder(about: Statement) -> Placeholder:
    return Placeholder(f'See Zuora\'s page "{about.operation.title}".')


def _response_name(operation: str, status: str) -> str:
    name = f"{operation[0].upper()}{operation[1:]}"
    return f"{name}Response" if status == "200" else f"{name}Response{status}"
