"""The four functions of every operation, on httpx clients of the caller's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.contract.answers import Answers, Kind, encoded

from zuora_journal_runs_api import Client
from zuora_journal_runs_api.errors import InvalidResponseError

from .reading import MODULES, function_of, is_model, model_of, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "https://rest.example.com"


@pytest.fixture(scope="module")
def answers(fragment: Mapping[str, Any]) -> Answers:
    return Answers(fragment, seed=8)


@pytest.mark.parametrize("operation", MODULES)
def test_all_four_give_the_same(answers: Answers, operation: str) -> None:
    kind = Kind(operation, "200")
    body = answers.examples(kind)[0]
    asked: list[tuple[str, str]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url)))
        return httpx.Response(200, content=encoded(body), headers={"Zuora-Request-Id": "1" * 36})

    async def asynchronously() -> tuple[Any, Any]:
        async with httpx.AsyncClient(base_url=URL, transport=httpx.MockTransport(serve)) as connection:
            client = Client().set_async_httpx_client(connection)
            return (
                await function_of(operation, "asyncio")(client=client),
                await function_of(operation, "asyncio_detailed")(client=client),
            )

    with httpx.Client(base_url=URL, transport=httpx.MockTransport(serve)) as connection:
        client = Client().set_httpx_client(connection)
        parsed = function_of(operation, "sync")(client=client)
        detailed = function_of(operation, "sync_detailed")(client=client)
    parsed_too, detailed_too = asyncio.run(asynchronously())
    assert is_model(parsed, model_of(kind, body))
    assert parsed == parsed_too == detailed.parsed == detailed_too.parsed
    assert parsed.to_dict() == body
    for response in (detailed, detailed_too):
        assert (response.status_code, response.content) == (200, encoded(body))
        assert response.exchange.request_id == response.headers["Zuora-Request-Id"] == "1" * 36
    assert len(asked) == 4
    assert len(set(asked)) == 1


def test_what_a_header_means_is_reported(fragment: Mapping[str, Any]) -> None:
    doc = " ".join(str(module_of("cancelJournalRun").sync.__doc__).split())
    headers = [each for each in fragment["components"]["parameters"].values() if each["in"] == "header"]
    for header in headers:
        if header["name"] != "Idempotency-Key":
            said = " ".join(header["description"].split())
            assert f"{header['name'].lower().replace('-', '_')}: {said}" in doc


@pytest.mark.parametrize("operation", MODULES)
def test_what_cannot_be_read_is_kept(operation: str) -> None:
    content = b'{"success": 7}'

    def serve(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"Zuora-Request-Id": "1" * 36})

    with httpx.Client(base_url=URL, transport=httpx.MockTransport(serve)) as connection:
        for name in ("sync", "sync_detailed"):
            with pytest.raises(InvalidResponseError) as caught:
                function_of(operation, name)(client=Client().set_httpx_client(connection))
            assert caught.value.content == content
            assert caught.value.exchange is not None
            assert caught.value.exchange.request_id == "1" * 36


def test_a_client_for_the_other_kind_of_function() -> None:
    with pytest.raises(RuntimeError, match=r"no httpx\.Client"):
        Client().get_httpx_client()
    with pytest.raises(RuntimeError, match=r"no httpx\.AsyncClient"):
        Client().get_async_httpx_client()
