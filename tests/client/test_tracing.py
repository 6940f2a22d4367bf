"""Spans: what a method does is one, and its requests are beneath it, whichever threads and tasks they are sent in."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from zuora_journal_runs import errors
from zuora_journal_runs_api.api.journal_runs import get_journal_run

from .test_many import Tenant, numbers
from .world import URL, Script, Sync, answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .world import Kind

RUN = "JR-00000075"


class Spans:
    """The spans that were made."""

    def __init__(self) -> None:
        self.exporter, self.provider = InMemorySpanExporter(), TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def __iter__(self) -> Iterator[ReadableSpan]:
        return iter(self.exporter.get_finished_spans())

    @property
    def methods(self) -> list[ReadableSpan]:
        return [span for span in self if span.name.startswith("zuora.")]

    @property
    def requests(self) -> list[ReadableSpan]:
        return [span for span in self if span.kind is SpanKind.CLIENT]

    def beneath(self, parent: ReadableSpan) -> list[ReadableSpan]:
        return [span for span in self if span.parent is not None and span.parent.span_id == identity(parent)]


def identity(span: ReadableSpan) -> int:
    assert span.context is not None
    found: int = span.context.span_id
    return found


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    spans = Spans()
    # A process may set its provider only once.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", spans.provider)
    return spans


def entries(*statuses: str, transferred: str = "No") -> httpx.Response:
    listed = [
        {"number": f"JE-{number}", "status": status, "transferredToAccounting": transferred}
        for number, status in enumerate(statuses)
    ]
    return answer(body={"success": True, "journalEntries": listed})


def test_the_requests_of_a_method_are_beneath_its_span(kind: Kind, spans: Spans) -> None:
    script = Script(answer(), refusal("50000061", status=503), run("Cancelled"), entries("Cancelled"))
    assert kind.use(script, lambda client: client.cancel_and_wait(RUN)).complete

    (method,) = spans.methods
    assert (method.name, method.parent, method.status.status_code) == ("zuora.cancel_and_wait", None, StatusCode.UNSET)
    assert attributes(method) == {"zuora.journal_run.number": RUN, "zuora.cancellation.complete": True}
    assert method.instrumentation_scope is not None
    assert method.instrumentation_scope.name == "zuora_journal_runs"
    assert method.instrumentation_scope.version == version("zuora-journal-runs")
    requests = spans.beneath(method)
    assert requests == spans.requests
    assert [span.name for span in requests] == [
        "PUT /v1/journal-runs/{jr-number}/cancel",
        "GET /v1/journal-runs/{jr-number}",
        "GET /v1/journal-runs/{jr-number}",
        "GET /v1/journal-entries/journal-runs/{jr-number}",
    ]
    assert attributes(requests[2]) == {
        "http.request.method": "GET",
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
        "server.address": "rest.example.com",
        "server.port": 443,
        "url.full": f"{URL}/v1/journal-runs/{RUN}",
        "url.template": "/v1/journal-runs/{jr-number}",
    }
    failed = attributes(requests[1])
    assert (failed["http.response.status_code"], failed["error.type"]) == (503, "503")
    assert [span.status.is_ok for span in requests] == [True, False, True, True]
    assert ["http.request.resend_count" in attributes(span) for span in requests] == [False, False, True, False]
    # The server can continue the trace.
    assert [int(request.headers["traceparent"].split("-")[2], 16) for request in script.requests] == [
        identity(span) for span in requests
    ]


def test_an_outcome_that_is_not_complete_is_no_error(kind: Kind, spans: Spans) -> None:
    script = Script(answer(), *[run(), entries("Created", transferred="Yes")] * 9)
    assert not kind.use(script, lambda client: client.cancel_and_wait(RUN)).complete
    (method,) = spans.methods
    assert attributes(method)["zuora.cancellation.complete"] is False
    assert method.status.status_code is StatusCode.UNSET


def test_what_fails_is_an_error(kind: Kind, spans: Spans) -> None:
    with pytest.raises(errors.RequestNotSentError):
        kind.use(Script(httpx.ConnectError("refused")), lambda client: client.retrieve(RUN))
    (method,) = spans.methods
    assert method.name == "zuora.retrieve"
    assert (method.status.status_code, attributes(method)["error.type"]) == (StatusCode.ERROR, "RequestNotSentError")
    assert [event.name for event in method.events] == ["exception"]
    assert [attributes(span).get("http.request.resend_count", 0) for span in spans.requests] == [0, 1, 2, 3, 4]
    assert {attributes(span)["error.type"] for span in spans.requests} == {"ConnectError"}
    assert {span.status.status_code for span in spans.requests} == {StatusCode.ERROR}


def test_each_run_of_a_batch_has_a_span_with_its_own_requests(kind: Kind, spans: Spans) -> None:
    tracer = spans.provider.get_tracer("close")
    with tracer.start_as_current_span("month-end close") as close:
        results = kind.use(Tenant(), lambda client: client.cancel_many(numbers(50)))
        assert trace.get_current_span() is close
    assert {attributes(span)["zuora.journal_run.number"]: span.status.is_ok for span in spans.methods} == {
        result.number: result.error is None for result in results
    }
    assert {span.name for span in spans.methods} == {"zuora.cancel_many"}
    for method in spans.methods:
        assert method.parent is not None
        assert method.parent.span_id == close.get_span_context().span_id
        requested = spans.beneath(method)
        assert requested
        assert all(attributes(method)["zuora.journal_run.number"] in attributes(span)["url.full"] for span in requested)
    assert len(spans.requests) == sum(len(spans.beneath(method)) for method in spans.methods)


def test_a_created_run_is_named(kind: Kind, spans: Spans) -> None:
    script = Script(answer(body={"success": True, "journalRunNumber": RUN}))
    kind.use(script, lambda client: client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026"))
    (method,) = spans.methods
    assert (method.name, attributes(method)) == ("zuora.create", {"zuora.journal_run.number": RUN})
    assert [span.name for span in spans.requests] == ["POST /v1/journal-runs"]


def test_fetching_a_token_has_a_span_without_secrets(kind: Kind, spans: Spans) -> None:
    token = answer(body={"access_token": "a-t0ken", "token_type": "bearer", "expires_in": 3599})
    kind.use(Script(token, run()), lambda client: client.retrieve(RUN), client_id="an-id", client_secret="a-s3cret")
    assert [span.name for span in spans.requests] == ["POST /oauth/token", "GET /v1/journal-runs/{jr-number}"]
    assert spans.beneath(spans.methods[0]) == spans.requests
    written = "".join(span.to_json() for span in spans)
    assert "s3cret" not in written
    assert "t0ken" not in written


def test_generated_functions_have_the_spans_of_their_requests(spans: Spans) -> None:
    Sync().use(Script(run()), lambda client: get_journal_run.sync(RUN, client=client.api))
    assert [span.name for span in spans] == ["GET /v1/journal-runs/{jr-number}"]


def test_an_instrumentation_of_httpx_makes_no_second_span(kind: Kind, spans: Spans) -> None:
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

    def work(client: Any) -> Any:
        HTTPXClientInstrumentor.instrument_client(client.connection, tracer_provider=spans.provider)
        return client.retrieve(RUN)

    kind.use(Script(run()), work)
    assert len(spans.requests) == 1


def test_a_span_ends_with_its_method_whatever_ends_that(kind: Kind, spans: Spans) -> None:
    def stop(_: object) -> None:
        assert trace.get_current_span().is_recording()
        raise KeyboardInterrupt

    script = Script(answer(), run("CancelInprogress"), entries("Created"))
    with pytest.raises(KeyboardInterrupt):
        kind.use(script, lambda client: client.cancel_and_wait(RUN, on_progress=stop))
    assert [span.name for span in spans.methods] == ["zuora.cancel_and_wait"]
    assert not trace.get_current_span().is_recording()


def test_an_exception_without_a_message_reaches_the_caller_unchanged(kind: Kind, spans: Spans) -> None:
    raised = errors.NotFoundError.__new__(errors.NotFoundError)

    def stop(_: object) -> None:
        raise raised

    script = Script(answer(), run("CancelInprogress"), entries("Created"))
    with pytest.raises(errors.NotFoundError) as caught:
        kind.use(script, lambda client: client.cancel_and_wait(RUN, on_progress=stop))
    assert caught.value is raised
    (method,) = spans.methods
    assert (method.status.status_code, attributes(method)["error.type"]) == (StatusCode.ERROR, "NotFoundError")


def test_without_opentelemetry_there_is_no_span(kind: Kind, spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    script = Script(run())
    assert kind.use(script, lambda client: client.retrieve(RUN)).number == RUN
    assert list(spans) == []
    assert "traceparent" not in script.requests[0].headers


def test_nothing_of_opentelemetry_is_imported_by_the_client() -> None:
    code = f"""
import httpx, json, sys
from zuora_journal_runs import JournalRunsClient
body = {json.dumps({"success": True, "number": RUN, "status": "Completed"})!r}
respond = lambda _: httpx.Response(200, headers={{"content-type": "application/json"}}, content=body)
with JournalRunsClient("{URL}", token="t", transport=httpx.MockTransport(respond)) as client:
    client.retrieve("{RUN}")
print([name for name in sys.modules if "opentelemetry" in name])
"""
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
