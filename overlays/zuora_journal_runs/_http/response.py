"""Decide whether a response is a success, and which error it is otherwise."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import errors

if TYPE_CHECKING:
    from collections.abc import Mapping


_OK = 200
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def failure_of(response: httpx.Response, **details: Any) -> errors.ResponseError | None:
    """The error that an answer stands for; None if it says that the call succeeded.

    An answer is a success only if its status is 200 and it says `success: true`.

    Args:
        response: The answer, with its body read.
        details: The arguments of CallError.
    """
    from zuora_journal_runs_api import errors as generated
    from zuora_journal_runs_api.types import Exchange, body

    echoed = response.headers.get("Zuora-Track-Id")
    if (
        response.status_code == _OK
        and echoed in (None, details.get("track_id"))
        and "problem" not in response.extensions
    ):
        with contextlib.suppress(generated.InvalidResponseError):
            if _succeeded(response, body(response)):
                return None
    details |= {"exchange": Exchange.of(response), "body": response.content}
    if echoed is not None and echoed != details.get("track_id"):
        said = f"the answer bears the track id {echoed!r} of another call"
        return errors.InvalidResponseError(said, cut_off=False, **details)
    data: dict[str, Any] = {}
    problem = response.extensions.get("problem")
    if problem is None:
        try:
            data = body(response)
        except generated.InvalidResponseError as unreadable:
            problem = unreadable.problem
    if response.status_code != _OK:
        return _of_status(response, data, **details)
    if problem is not None:
        cut_off = not response.extensions.get("oversized", False)
        return errors.InvalidResponseError(f"the answer's body {problem}", cut_off=cut_off, **details)
    if data.get("success") is False or data.get("reasons"):
        return _of_status(response, data, **details)
    said = "the answer has status 200 but does not say `success: true`"
    return errors.InvalidResponseError(said, cut_off=False, **details)


def failure_of_other(response: httpx.Response, **details: Any) -> errors.ResponseError | None:
    """Return the error that the response to any other call stands for; None if the call succeeded.

    What these responses have in common is how they fail: with a status, or under 200 with `success` or `Success` false,
    for the whole or for an item of a list. Some have no `success`, no body, or one that is not JSON, such as a file.

    Args:
        response: The response, with its body read.
        details: The arguments of CallError.
    """
    from zuora_journal_runs_api.types import Exchange

    details |= {"exchange": Exchange.of(response), "body": response.content}
    echoed = response.headers.get("Zuora-Track-Id")
    if echoed is not None and echoed != details.get("track_id"):
        said = f"the response has the track id {echoed!r} of another call"
        return errors.InvalidResponseError(said, cut_off=False, **details)
    problem = response.extensions.get("problem")
    data: Any = None
    if problem is None and response.content:
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media in ("", "application/json") or media.endswith("+json"):
            try:
                data = json.loads(response.content)
            except (ValueError, RecursionError):
                problem = "is not JSON"
        elif media == "text/html":
            problem = "is an HTML page"
    items = [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)]
    failed = [item for item in items if _says_no(item)]
    if not 200 <= response.status_code < 300 or failed:
        error = _of_status(response, _merged(failed or items), **details)
        # Of several items, others may have been done.
        error.maybe_processed |= 0 < len(failed) < len(items)
        return error
    if problem is not None:
        cut_off = not response.extensions.get("oversized", False)
        return errors.InvalidResponseError(f"the response's body {problem}", cut_off=cut_off, **details)
    return None


def _says_no(item: Mapping[str, Any]) -> bool:
    said = item.get("success", item.get("Success", True))
    return said is not True or (bool(item.get("reasons")) and "success" not in item)


def _merged(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what one object would say that failed as several did."""
    if len(items) < 2:
        return items[0] if items else {}
    return {"Errors": [error for item in items for error in item.get("Errors") or item.get("reasons") or []]}


def _succeeded(response: httpx.Response, data: dict[str, Any]) -> bool:
    """Return whether a body says that the call succeeded.

    Zuora's documents contradict each other about GETs, so that `success` may be absent there if the body holds what
    was requested. A request that changes something succeeds only with `success: true`.
    """
    absent = "success" not in data and not data.get("reasons") and response.request.method == "GET"
    if absent and (data.get("journalEntries") or "number" in data):
        data["success"] = True  # what the generated models want to see
    return data.get("success") is True


def _of_status(response: httpx.Response, data: Mapping[str, Any], **details: Any) -> errors.ResponseError:
    status = response.status_code
    if 200 < status < 400 and data.get("success", data.get("Success")) is not False:
        where = response.headers.get("Location")
        said = f"status {status}, a redirect to {where!r} that is not followed" if where else f"status {status}"
        return errors.InvalidResponseError(f"the answer has {said}", cut_off=False, **details)
    found = reasons_in(data)
    kind = errors.kind_of(status, [str(reason.code) for reason in found])
    said = "; ".join(f"{reason.code} {reason.message}" for reason in found)
    if not said:
        said = str(data.get("message") or data.get("error") or "no reason given")
    process_id = data.get("processId")
    return kind(
        f"{said} (HTTP {status})",
        reasons=found,
        process_id=process_id if isinstance(process_id, str) else None,
        **details,
    )


def reasons_in(data: Mapping[str, Any]) -> list[Any]:
    """The reasons in a body, in Zuora's usual form or one of the older ones on record."""
    from zuora_journal_runs_api.models import Reason

    listed = data.get("reasons") or data.get("Errors") or [data]
    pairs = [
        (item.get("code", item.get("Code")), item.get("message", item.get("Message")))
        for item in (listed if isinstance(listed, list) else [listed])
        if isinstance(item, dict)
    ]
    return [
        Reason(code=code, message=str(message))
        for code, message in pairs
        if isinstance(code, (str, int)) and not isinstance(code, bool) and message is not None
    ]


def no_answer(failure: httpx.HTTPError, host: str, **details: Any) -> errors.APIConnectionError:
    """The error for a failure of the transport."""
    said = str(failure) or type(failure).__name__
    if isinstance(failure, httpx.PoolTimeout):
        return errors.RequestNotSentError(f"nothing was sent: {said}", **details)
    if isinstance(failure, _NEVER_SENT):
        return errors.RequestNotSentError(f"{host} cannot be reached, and nothing was sent ({said})", **details)
    if isinstance(failure, httpx.TimeoutException):
        said = f"no answer in time: {type(failure).__name__}"
    return errors.ResponseLostError(f"the answer of {host} was lost ({said})", **details)
