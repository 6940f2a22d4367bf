"""Views that cancel journal runs, and report what that did.

A cancellation takes minutes, and a web request should not: a POST requests it, and a GET reports its outcome. The site
stores nothing; what is reported is proven each time.
"""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views import View

from zuora_journal_runs import JournalRunsClient, errors

PATIENCE = 10.0
"""Seconds that a request waits for an outcome."""
STATUSES: dict[type[errors.JournalRunsError], int] = {
    errors.InvalidArgumentError: 422,
    errors.NotFoundError: 404,
    errors.RuleViolationError: 409,
    errors.RateLimitError: 503,
}
"""The status that these views respond with; 502 for all other errors."""


@cache
def zuora() -> JournalRunsClient:
    """Return the client of this process. Threads can share it, and so can processes that are forked later."""
    return JournalRunsClient.from_env()


class CancellationView(View):
    """The cancellation of a run."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Turn an error of the client into a response."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except errors.JournalRunsError as error:
            body = {"error": str(error), "maybeProcessed": error.maybe_processed}
            return JsonResponse(body, status=STATUSES.get(type(error), 502))

    def post(self, _: HttpRequest, number: str) -> JsonResponse:
        """Request it. That it was accepted says nothing about its outcome."""
        cancellation = zuora().cancel(number)
        return JsonResponse({"number": cancellation.number, "outcome": "unknown"}, status=202)

    def get(self, _: HttpRequest, number: str) -> JsonResponse:
        """Report its outcome, if that is known within a few seconds."""
        try:
            known = zuora().wait_for_cancellation(number, timeout=PATIENCE)
        except errors.CancellationTimeoutError:
            return JsonResponse({"number": number, "outcome": "unknown"})
        remaining = [{"number": each.number, "reason": each.reason, "advice": each.advice} for each in known.blocked]
        outcome = "complete" if known.complete else "incomplete"
        return JsonResponse({"number": number, "outcome": outcome, "remaining": remaining})
