"""A web service that cancels journal runs: `uvicorn service:app`.

One client serves all requests, so that they share its connections, its token and the limits of the tenant. A
cancellation takes minutes, and a web request should not: one request starts a cancellation, and others ask for its
outcome. The service keeps no state; what it reports is proven each time.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from zuora_journal_runs import AsyncJournalRunsClient, errors

PATIENCE = 10.0
"""Seconds that a request waits for an outcome."""
STATUSES: dict[type[errors.JournalRunsError], int] = {
    errors.InvalidArgumentError: 422,
    errors.NotFoundError: 404,
    errors.RuleViolationError: 409,
    errors.RateLimitError: 503,
}
"""The status that this service responds with; 502 for all other errors."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Open the client when the service starts, and close it when it ends."""
    async with AsyncJournalRunsClient.from_env() as client:
        app.state.client = client
        yield


app = FastAPI(title="Journal runs", lifespan=lifespan)


@app.exception_handler(errors.JournalRunsError)
async def refuse(_: Request, error: errors.JournalRunsError) -> JSONResponse:
    """Turn an error of the client into a response."""
    return JSONResponse({"error": str(error), "maybeProcessed": error.maybe_processed}, STATUSES.get(type(error), 502))


@app.post("/runs/{number}/cancellation", status_code=202)
async def cancel(number: str, request: Request) -> dict[str, Any]:
    """Request a cancellation. That it was accepted says nothing about its outcome."""
    cancellation = await request.app.state.client.cancel(number)
    return {"number": cancellation.number, "outcome": "unknown"}


@app.get("/runs/{number}/cancellation")
async def outcome(number: str, request: Request) -> dict[str, Any]:
    """Report the outcome of a cancellation, if it is known within a few seconds."""
    try:
        known = await request.app.state.client.wait_for_cancellation(number, timeout=PATIENCE)
    except errors.CancellationTimeoutError:
        return {"number": number, "outcome": "unknown"}
    return {
        "number": number,
        "outcome": "complete" if known.complete else "incomplete",
        "cancelled": [entry.number for entry in known.cancelled],
        "remaining": [
            {"number": blocked.number, "reason": blocked.reason, "advice": blocked.advice} for blocked in known.blocked
        ],
    }
