"""Reading answers within bounds."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import Backoff, errors
from zuora_journal_runs._http import body as body_module

from .world import Script, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .world import Kind


def retrieve(client: Any) -> Any:
    return client.retrieve("JR-00000075")


def finished(content: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = body_module.Body(httpx.Response(200, headers=named, stream=httpx.ByteStream(b"")))
    for start in range(0, len(content), 7):
        assert body.keep(content[start : start + 7])
    return body.finish()


@given(st.binary())
def test_what_arrives_is_what_is_read(content: bytes) -> None:
    assert finished(content).content == content
    response = finished(gzip.compress(content), Content_Encoding="GZIP")
    assert response.content == content
    assert response.headers["Content-Encoding"] == "GZIP"


@given(st.lists(st.binary(), min_size=1, max_size=4), st.binary(max_size=1).map(lambda some: b"\0" * 5 * len(some)))
def test_gzip_may_have_several_members_and_padding(parts: list[bytes], padding: bytes) -> None:
    response = finished(b"".join(map(gzip.compress, parts)) + padding, Content_Encoding="gzip")
    assert response.content == b"".join(parts)
    assert "problem" not in response.extensions


def test_gzip_with_something_behind_it_is_noticed() -> None:
    assert "announces" in finished(gzip.compress(b"{}") + b"{}", Content_Encoding="gzip").extensions["problem"]


@given(st.binary(min_size=1), st.integers(1, 8))
def test_gzip_that_is_cut_off_is_noticed(content: bytes, missing: int) -> None:
    assert finished(gzip.compress(content)[:-missing], Content_Encoding="gzip").extensions["problem"]


def test_invalid_gzip_is_noticed() -> None:
    assert "announces" in finished(b"{}", Content_Encoding="gzip").extensions["problem"]


def test_an_unknown_content_coding_is_ignored() -> None:
    """Some mock servers name codings that do not exist, and do not code anything."""
    assert finished(b"{}", Content_Encoding="string").content == b"{}"


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An answer that never ends."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock, self.sent, self.closed = clock, 0, False

    def _chunk(self) -> bytes:
        if self.clock is not None:
            self.clock.now += 1.0
        self.sent += 2**20
        return bytes(2**20)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self._chunk()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield self._chunk()

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def test_an_endless_response_is_cut_off(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "LARGEST", 3 * 2**20)
    stream = Endless()
    with pytest.raises(errors.InvalidResponseError, match="more than 3,145,728 bytes"):
        kind.use(lambda _: httpx.Response(200, stream=stream), retrieve)
    assert stream.sent <= 5 * 2**20
    assert stream.closed


def test_a_slow_response_ends_with_the_deadline(kind: Kind) -> None:
    clock = FakeClock()
    stream = Endless(clock)
    with pytest.raises(errors.ResponseLostError, match="no response in time"):
        kind.use(lambda _: httpx.Response(200, stream=stream), retrieve, clock=clock, deadline=10.0)
    assert clock.now <= 1011.0
    assert stream.closed


def test_a_bomb_is_not_blown_up(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "LARGEST", 2**20)
    bomb = gzip.compress(bytes(2**24))
    answers = Script(httpx.Response(200, headers={"Content-Encoding": "identity"}, content=b""))

    def handler(request: httpx.Request) -> httpx.Response:
        answers.requests.append(request)
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    with pytest.raises(errors.InvalidResponseError, match="more than 1,048,576 bytes") as caught:
        kind.use(handler, retrieve)
    assert len(caught.value.body) <= 2**20
    assert len(answers.requests) == 1


def test_a_response_that_was_cut_off_is_requested_again(kind: Kind) -> None:
    compressed = gzip.compress(run().content)
    pieces = iter([compressed[:-4], compressed])

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(next(pieces)))

    assert kind.use(handler, retrieve, retry=Backoff(attempts=2)).exchange.attempts == 2
