"""What can be seen of calls from outside: log lines, a hook for metrics, and the connection itself."""

from __future__ import annotations

import asyncio
import logging
import pickle
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import AsyncJournalRunsClient, Attempt, JournalRunsClient, errors
from zuora_journal_runs._http.clock import SystemClock
from zuora_journal_runs_api import Client
from zuora_journal_runs_api.api.journal_runs import get_journal_run

from .world import REQUEST_ID, URL, Script, refusal, run

if TYPE_CHECKING:
    from .world import Kind


def retrieve(client: Any) -> Any:
    return client.with_options(track_id="mine").retrieve("JR-00000075")


def test_one_line_for_each_call(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "zuora_journal_runs")
    kind.use(Script(refusal("50000061"), run()), retrieve)
    with pytest.raises(errors.RequestNotSentError):
        kind.use(Script(httpx.ConnectError("refused")), retrieve)
    lines = [record.getMessage() for record in caplog.records if record.name == "zuora_journal_runs"]
    assert re.fullmatch(
        rf"retrieve JR-00000075: status 200 in \d+\.\d{{3}} s, attempt 2, request {REQUEST_ID}, track mine", lines[0]
    )
    assert re.fullmatch(
        r"retrieve JR-00000075: no response in \d+\.\d{3} s, attempt 5, request None, track mine", lines[1]
    )
    assert len(lines) == 2


def test_repeated_attempts_are_reported_at_debug(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "zuora_journal_runs")
    kind.use(Script(refusal("50000061", "Try later."), run()), retrieve)
    told = [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.DEBUG and record.name == "zuora_journal_runs"
    ]
    assert len(told) == 1
    assert "50000061 Try later." in told[0]


def test_each_attempt_is_handed_to_the_hook(kind: Kind) -> None:
    seen: list[Attempt] = []
    kind.use(Script(httpx.ReadTimeout("late"), refusal("50000061"), run()), retrieve, on_attempt=seen.append)
    assert [(attempt.number, attempt.status_code, type(attempt.error).__name__) for attempt in seen] == [
        (1, None, "ResponseLostError"),
        (2, 200, "ServerError"),
        (3, 200, "NoneType"),
    ]
    assert {attempt.call for attempt in seen} == {"retrieve JR-00000075"}
    assert [attempt.wait is None for attempt in seen] == [False, False, True]


def test_generated_functions_share_the_connection() -> None:
    script = Script(refusal("50000061"), run())
    with JournalRunsClient(URL, token="t", transport=httpx.MockTransport(script), retry=lambda _: 0.0) as client:
        response = get_journal_run.sync_detailed("JR-00000075", client=client.api)
    assert response.status_code == 200
    assert response.exchange.attempts == 2
    assert response.exchange.request_id == REQUEST_ID

    async def main() -> Any:
        script = Script(refusal("50000040", status=404))
        transport = httpx.MockTransport(script)
        async with AsyncJournalRunsClient(URL, token="t", transport=transport) as client:
            return await get_journal_run.asyncio("JR-00000075", client=client.api)

    with pytest.raises(errors.NotFoundError):
        asyncio.run(main())


def test_a_generated_client_without_a_connection_says_so() -> None:
    with pytest.raises(RuntimeError, match="asyncio functions"):
        Client().get_httpx_client()
    with pytest.raises(RuntimeError, match="sync functions"):
        Client().get_async_httpx_client()


def test_errors_survive_pickling(kind: Kind) -> None:
    with pytest.raises(errors.RuleViolationError) as caught:
        kind.use(Script(refusal("50000030", "No.")), lambda client: client.cancel("JR-00000075"))
    error = pickle.loads(pickle.dumps(caught.value))
    assert type(error) is errors.RuleViolationError
    assert str(error) == str(caught.value)
    assert (error.codes, error.body, error.exchange.request_id) == (["50000030"], caught.value.body, REQUEST_ID)


def test_results_survive_pickling(kind: Kind) -> None:
    found = kind.use(Script(run()), retrieve)
    copy = pickle.loads(pickle.dumps(found))
    assert copy == found
    assert copy.exchange.request_id == REQUEST_ID


def test_the_clock_of_the_machine() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    clock.sleep(0.0)
    asyncio.run(clock.sleep_async(0.0))
    assert clock.monotonic() >= began


def test_opentelemetry_sees_the_requests(kind: Kind) -> None:
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def work(client: Any) -> Any:
        HTTPXClientInstrumentor.instrument_client(client.connection, tracer_provider=provider)
        return client.retrieve("JR-00000075")

    script = Script(refusal("50000061", status=500), run())
    assert kind.use(script, work).status == "Completed"
    spans = exporter.get_finished_spans()
    assert [(span.name, span.attributes["http.status_code"]) for span in spans if span.attributes] == [
        ("GET", 500),
        ("GET", 200),
    ]
    assert all("traceparent" in request.headers for request in script.requests)
