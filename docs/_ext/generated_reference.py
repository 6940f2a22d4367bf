"""Reference pages that are made from what the package itself reads: schemas, the control API, options.

They cannot be out of date, since nothing is written twice.
"""

from __future__ import annotations

import inspect
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.cli.schema import records_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from docutils import nodes
    from sphinx.application import Sphinx

EVIDENCE = ("zuora_journal_runs.evidence", "evidence.schema.json")
CONTROL = ("zuora_journal_runs.emulator", "control.yaml")


def load(package: str, name: str) -> dict[str, Any]:
    """Read a JSON or YAML file of the package."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    return loaded


def type_of(schema: dict[str, Any]) -> str:
    """Return a schema's type, as short as a table has room for."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    if "oneOf" in schema or "anyOf" in schema:
        return " or ".join(map(type_of, schema.get("oneOf") or schema["anyOf"]))
    kinds = schema.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds and "items" in schema:
        kinds = [f"array of {type_of(schema['items'])}" if kind == "array" else kind for kind in kinds]
    return " or ".join(kinds)


def field_table(schema: dict[str, Any]) -> Iterator[str]:
    """Yield a Markdown table of an object's fields."""
    required = schema.get("required", ())
    yield "| Field | Type | Description |"
    yield "|---|---|---|"
    for name, each in schema.get("properties", {}).items():
        notes = [each["description"]] if "description" in each else []
        notes += ["Default: `" + json.dumps(each["default"]) + "`."] if "default" in each else []
        notes += ["Required."] if name in required and "const" not in each else []
        text = " ".join(note if note.endswith(".") else f"{note}." for note in notes)
        yield f"| `{name}` | {type_of(each)} | {text.replace('|', chr(92) + '|')} |"
    yield ""


def definitions(schema: dict[str, Any]) -> Iterator[str]:
    """Yield a section for each object that a JSON Schema defines."""
    for name, each in schema["$defs"].items():
        if "properties" in each:
            yield from (f"## `{name}`", "", each.get("description", ""), "", *field_table(each))


def line_of_evidence(schema: dict[str, Any]) -> Iterator[str]:
    """Yield a section for one kind of line in an evidence file."""
    yield from (f"### `{schema['properties']['kind']['const']}`", "", schema.get("description", ""), "")
    yield from field_table(schema)


def body_of(content: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a request's or a response's body."""
    while "$ref" in content:
        *_, section, name = content["$ref"].split("/")
        content = document["components"][section][name]
    (media,) = content.get("content", {"": {"schema": {}}}).values()
    schema: dict[str, Any] = media["schema"]
    return schema


def operations(document: dict[str, Any]) -> Iterator[str]:
    """Yield a section for each tag of an OpenAPI document, with its operations."""
    for tag in document["tags"]:
        yield from (f"## {tag['name']}", "", tag["description"], "")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if method != "parameters" and tag["name"] in operation["tags"]:
                    yield from operation_section(f"{method.upper()} {path}", operation, document)


def operation_section(title: str, operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Yield what a caller of an operation has to know."""
    yield from (f"### `{title}`", "", f"{operation['summary']}. {operation.get('description', '')}", "")
    parameters = {each["name"]: {**each["schema"], **each} for each in operation.get("parameters", ())}
    if parameters:
        yield from field_table({"properties": parameters})
    if "requestBody" in operation:
        body = body_of(operation["requestBody"], document)
        if "$ref" in body:
            yield from (f"Body: {type_of(body)}, see [below](#objects).", "")
        elif "properties" in body:
            yield from ("Body:", "", *field_table(body))
        else:
            yield from (f"Body: {body['description']}", "")
    for status, response in operation["responses"].items():
        if status != "default":
            body = body_of(response, document)
            fields = ", ".join(f"`{name}`" for name in body.get("properties", ())) or (type_of(body) if body else "")
            yield f"- `{status}`" + (f": {fields}" if fields else "")
    yield ""


class Records(SphinxDirective):
    """The objects that `zjr --json` prints."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        return self.parse_text_to_nodes("\n".join(definitions(records_schema())), allow_section_headings=True)


class EvidenceLines(SphinxDirective):
    """The lines of an evidence file."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        lines = [line for each in load(*EVIDENCE)["oneOf"] for line in line_of_evidence(each)]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class ControlApi(SphinxDirective):
    """The emulator's control API."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        document = load(*CONTROL)
        lines = [*operations(document), "## Objects", ""]
        for name, schema in document["components"]["schemas"].items():
            if "properties" in schema:
                lines += [f"### `{name}`", "", schema.get("description", ""), "", *field_table(schema)]
            else:
                lines += [f"### `{name}`", "", f"{schema.get('description', '')} {type_of(schema)}", ""]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class ControlSchema(SphinxDirective):
    """One object of the control API, by its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        schema = load(*CONTROL)["components"]["schemas"][self.arguments[0]]
        return self.parse_text_to_nodes("\n".join(field_table(schema)))


class ClientOptions(SphinxDirective):
    """The options that a method of the client takes by name, which are a typed dict."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table of the dict's own keys."""
        method = getattr(JournalRunsClient, self.arguments[0])
        (annotation,) = [text for text in method.__annotations__.values() if "Unpack[" in str(text)]
        options = eval(annotation, method.__globals__).__args__[0]  # noqa: S307 - an annotation of this package
        source = ModuleAnalyzer.for_module(options.__module__)
        documented = source.find_attr_docs()
        lines = ["| Option | Type | Meaning |", "|---|---|---|"]
        for (owner, name), docstring in documented.items():
            if owner == options.__qualname__:
                kind = source.annotations[owner, name].replace("|", "\\|")
                lines.append(f"| `{name}` | `{kind}` | {' '.join(docstring).strip()} |")
        return self.parse_text_to_nodes("\n".join(lines))


def show_epilog(_app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Show the end of a command's help as it is: its columns are lost in running text."""
    epilog = inspect.cleandoc(context.command.epilog or "")
    if epilog:
        shown = epilog.replace("\b\n", "").splitlines()
        lines[:] = [".. code-block:: text", "", *(f"   {line}" for line in shown), ""]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("records", Records)
    app.add_directive("evidence-lines", EvidenceLines)
    app.add_directive("control-api", ControlApi)
    app.add_directive("control-schema", ControlSchema)
    app.add_directive("client-options", ClientOptions)
    app.connect("sphinx-click-process-epilog", show_epilog)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
