"""The templates on operations of shapes that the contract does not have, or not yet."""

from __future__ import annotations

import importlib
import itertools
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openapi.generator import generate as generator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
FORM = {"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Thing"}}}
EITHER = {
    "application/json": {
        "schema": {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Error"}]}
    }
}

HEADERS: dict[str, Any] = {
    "none": [],
    "optional": [{"name": "X-Track", "in": "header", "schema": {"type": "string"}}],
    "required": [{"name": "X-Track", "in": "header", "required": True, "schema": {"type": "string"}}],
}
QUERIES: dict[str, Any] = {"none": [], "some": [{"name": "page", "in": "query", "schema": {"type": "integer"}}]}
BODIES: dict[str, Any] = {
    "none": None,
    "json": {"required": True, "content": JSON},
    "maybe": {"content": JSON},
    "form": {"required": True, "content": FORM},
}
RESPONSES: dict[str, Any] = {
    "json": {"200": {"description": "Done.", "content": JSON}},
    "nothing": {"204": {"description": "Done."}, "4XX": {"description": "Refused.", "content": JSON}},
    "several": {
        "200": {"description": "Done.", "content": EITHER},
        "202": {"description": "Later."},
        "404": {"description": "Gone.", "content": JSON},
        "4XX": {"description": "Refused."},
    },
    "default": {"200": {"description": "Done."}, "default": {"description": "Else.", "content": JSON}},
}
SHAPES = [
    shape
    for number, shape in enumerate(itertools.product(("", "/{id}"), HEADERS, QUERIES, BODIES, RESPONSES))
    # Every value of each beside every other of the next is enough.
    if number % 3 == 0
]


def document() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for number, (path, header, query, body, response) in enumerate(SHAPES):
        parameters = [*HEADERS[header], *QUERIES[query]]
        if path:
            parameters.append({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
        operation: dict[str, Any] = {
            "operationId": f"do{number}", "tags": ["Things"], "summary": f"Do it {number}", "description": "Does it.",
            "parameters": parameters, "responses": RESPONSES[response],
        }  # fmt: skip
        if BODIES[body]:
            operation["requestBody"] = BODIES[body]
        paths[f"/v1/{number}{path}"] = {"put": operation}
    thing = {"type": "object", "properties": {"name": {"type": "string"}}}
    error = {"type": "object", "properties": {"success": {"const": False}}}
    schemas = {"Thing": thing, "Error": error}
    info = {"title": "Things", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "all.yaml").write_text(json.dumps(document()), encoding="utf-8")
    generator.generate(folder / "shapes_client", folder / "all.yaml")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [each for each in sys.modules if each.split(".")[0] == "shapes_client"]:
        del sys.modules[name]


def test_every_shape_is_sent_and_read(client: Path) -> None:
    """By each generated function: what is stated is sent and nothing else, and each response is read."""
    del client
    models = importlib.import_module("shapes_client.models")
    things = "shapes_client.api.things"
    for number, (path, header, query, body, response) in enumerate(SHAPES):
        module = importlib.import_module(f"{things}.do{number}")
        given: dict[str, Any] = {"id": "a/b"} if path else {}
        given |= {"x_track": "t"} if header == "required" else {}
        sent: list[httpx.Request] = []
        for status, stated in RESPONSES[response].items():
            code = 499 if status == "4XX" else 500 if status == "default" else int(status)
            content = b'{"name": "n"}' if "content" in stated else b""

            def answer(
                request: httpx.Request, code: int = code, content: bytes = content, sent: list[httpx.Request] = sent
            ) -> httpx.Response:
                sent.append(request)
                return httpx.Response(code, content=content)

            bodies = [{"body": models.Thing(name="n")}] if body != "none" else [{}]
            bodies += [{}] if body == "maybe" else []
            for extra in bodies:
                with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://test") as connection:
                    made = importlib.import_module("shapes_client.client").Client
                    read = module.sync_detailed(client=made(connection), **given, **extra)
                assert (read.status_code, read.parsed and read.parsed.name) == (code, "n" if content else None)
                request = sent[-1]
                assert request.url.raw_path.decode() == f"/v1/{number}{'/a%2Fb' if path else ''}"
                assert request.headers.get("X-Track") == ("t" if header == "required" else None)
                kinds = {"json": "application/json", "maybe": "application/json"}
                kinds["form"] = "application/x-www-form-urlencoded"
                assert request.headers.get("Content-Type") == (kinds[body] if extra else None)
                assert request.content == {"form": b"name=n"}.get(body, b'{"name":"n"}' if extra else b"")
        assert len(sent) == len(RESPONSES[response]) * (2 if body == "maybe" else 1)
        assert query in QUERIES


def test_the_client_has_sound_types(client: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(client / ".cache"), "-p", "shapes_client"],
        cwd=client, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
