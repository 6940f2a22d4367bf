"""Spans of OpenTelemetry: one for what a method of the client does, and one for each HTTP request beneath it.

They need no setting. A program that uses OpenTelemetry has imported `opentelemetry.trace`; in any other program nothing
of it is imported here. The steps of a flow may be performed in several threads, and the flows of many runs take turns
in one thread. So the span of a method is current only while its flow runs, never while it pauses.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from zuora_journal_runs._http.flow import Flow, RequestSpan, T, Transmit
from zuora_journal_runs._http.transports import user_agent

if TYPE_CHECKING:
    import httpx
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

_NUMBER = re.compile(r"JR-[0-9]{8,}")


def method_span(flow: Flow[T]) -> Flow[T]:
    """Return the flow within a span that has the name of the client's method, such as `zuora.cancel_and_wait`."""
    if "opentelemetry.trace" not in sys.modules:
        return flow
    from opentelemetry import context

    return _in_span(flow, context.get_current())


def request_span(request: httpx.Request, attempt: int) -> RequestSpan | None:
    """Return a span for one attempt at a request, to be entered where it is sent; None without OpenTelemetry.

    Args:
        request: The request.
        attempt: Which attempt it is, from 1 on.
    """
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry import context

    return _sending(request, attempt, context.get_current())


def _tracer() -> Tracer:
    from opentelemetry import trace

    return trace.get_tracer("zuora_journal_runs", user_agent().rpartition("/")[2])


def _in_span(flow: Flow[T], parent: Context) -> Flow[T]:
    from opentelemetry import context, trace

    assert isinstance(flow, GeneratorType)
    span = _tracer().start_span(f"zuora.{flow.__name__}", parent)
    current = trace.set_span_in_context(span, parent)
    value: Any = None
    failure: Exception | None = None
    try:
        while True:
            token = context.attach(current)
            try:
                step = flow.send(value) if failure is None else flow.throw(failure)
            finally:
                context.detach(token)
            value, failure = None, None
            if isinstance(step, Transmit) and (found := _NUMBER.search(step.request.url.path)):
                span.set_attribute("zuora.journal_run.number", found[0])
            try:
                value = yield step
            except Exception as error:  # noqa: BLE001 - thrown into the flow, which raises what it does not expect
                failure = error
    except StopIteration as end:
        _describe(span, end.value)
        returned: T = end.value
        return returned
    except Exception as error:
        _fail(span, error)
        raise
    finally:
        flow.close()
        span.end()


def _describe(span: Span, result: Any) -> None:
    """Say in the span of a method what came out: an outcome that is not complete is not an error."""
    error = getattr(result, "error", None)
    outcome = getattr(result, "outcome", result)
    if isinstance(error, Exception):
        _fail(span, error)
    elif isinstance(complete := getattr(outcome, "complete", None), bool):
        span.set_attribute("zuora.cancellation.complete", complete)
    elif isinstance(number := getattr(result, "journal_run_number", None), str):
        span.set_attribute("zuora.journal_run.number", number)


def _fail(span: Span, error: Exception) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR))
    # What a callback raised reaches the caller unchanged, even if its message cannot be read.
    with contextlib.suppress(Exception):
        span.record_exception(error)


@contextlib.contextmanager
def _sending(request: httpx.Request, attempt: int, parent: Context) -> Iterator[Callable[[httpx.Response], None]]:
    """Make a span for a request while it is sent, and send its context with it."""
    from opentelemetry import propagate
    from opentelemetry.trace import SpanKind, Status, StatusCode, use_span

    template = _NUMBER.sub("{jr-number}", request.url.path)
    attributes: dict[str, str | int] = {
        "http.request.method": request.method,
        "server.address": request.url.host,
        "server.port": request.url.port or (443 if request.url.scheme == "https" else 80),
        "url.full": str(request.url),
        "url.template": template,
    }
    if attempt > 1:
        attributes["http.request.resend_count"] = attempt - 1

    def received(response: httpx.Response) -> None:
        span.set_attribute("http.response.status_code", response.status_code)
        if response.status_code >= 400:
            span.set_attribute("error.type", str(response.status_code))
            span.set_status(Status(StatusCode.ERROR))

    span = _tracer().start_span(f"{request.method} {template}", parent, SpanKind.CLIENT, attributes)
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False), _alone(span):
        propagate.inject(request.headers)
        try:
            yield received
        except Exception as error:
            _fail(span, error)
            raise


def _alone(span: Span) -> contextlib.AbstractContextManager[None]:
    """Keep an instrumentation of httpx from making a second span for the same request."""
    utils = sys.modules.get("opentelemetry.instrumentation.utils")
    if utils is None or not span.is_recording():
        return contextlib.nullcontext()
    suppressed: contextlib.AbstractContextManager[None] = utils.suppress_http_instrumentation()
    return suppressed
