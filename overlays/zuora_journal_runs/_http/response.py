"""Decide whether a response is a success, and which error it is otherwise."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zuora_journal_runs_api.types import Exchange

_OK = 200
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def failure_of(response: httpx.Response, info: errors.CallInfo) -> errors.ResponseError | None:
    """Return the error that a response stands for; None if it says that the call succeeded.

    A response is a success only if its status is 200 and it says `success: true`.

    Args:
        response: The response, with its body read.
        info: The call.
    """
    from zuora_journal_runs_api import errors as generated
    from zuora_journal_runs_api.types import Exchange, body

    echoed = response.headers.get("Zuora-Track-Id")
    is_ours = echoed is None or echoed == info.track_id
    if response.status_code == _OK and is_ours and "problem" not in response.extensions:
        with contextlib.suppress(generated.InvalidResponseError):
            if _succeeded(response, body(response)):
                return None
    exchange = Exchange.of(response)
    if is_ours:
        return _error(response, exchange, info)
    return errors.InvalidResponseError(
        f"the response has the track id {echoed!r} of another call",
        info,
        exchange=exchange,
        body=response.content,
        cut_off=False,
    )


def _error(response: httpx.Response, exchange: Exchange, info: errors.CallInfo) -> errors.ResponseError:
    """Return the error for a response that is not a success."""
    from zuora_journal_runs_api import errors as generated
    from zuora_journal_runs_api.types import body

    data: dict[str, Any] = {}
    problem = response.extensions.get("problem")
    if problem is None:
        try:
            data = body(response)
        except generated.InvalidResponseError as unreadable:
            problem = unreadable.problem
    cut_off = False
    if 200 < response.status_code < 400:
        message = f"the response has {_redirect(response)}"
    elif response.status_code != _OK:
        return _api_error(response, data, exchange, info)
    elif problem is not None:
        message = f"the response's body {problem}"
        cut_off = not response.extensions.get("oversized", False)
    elif data.get("success") is False or data.get("reasons"):
        return _api_error(response, data, exchange, info)
    else:
        message = "the response has status 200 but does not say `success: true`"
    return errors.InvalidResponseError(message, info, exchange=exchange, body=response.content, cut_off=cut_off)


def _redirect(response: httpx.Response) -> str:
    target = response.headers.get("Location")
    return f"status {response.status_code}" + (f", a redirect to {target!r} that is not followed" if target else "")


def _succeeded(response: httpx.Response, data: dict[str, Any]) -> bool:
    """Return whether a body says that the call succeeded.

    Zuora's documents contradict each other about GETs, so that `success` may be absent there if the body holds what
    was requested. A request that changes something succeeds only with `success: true`.
    """
    absent = "success" not in data and not data.get("reasons") and response.request.method == "GET"
    if absent and (data.get("journalEntries") or "number" in data):
        data["success"] = True  # required by the generated models
    return data.get("success") is True


def _api_error(
    response: httpx.Response, data: Mapping[str, Any], exchange: Exchange, info: errors.CallInfo
) -> errors.APIError:
    """Return the error for a status, and for the reasons in a body."""
    status = response.status_code
    reasons = reasons_in(data)
    kind = errors.kind_of(status, [str(reason.code) for reason in reasons])
    message = "; ".join(f"{reason.code} {reason.message}" for reason in reasons)
    if not message:
        message = str(data.get("message") or data.get("error") or "no reason given")
    process_id = data.get("processId")
    return kind(
        f"{message} (HTTP {status})",
        info,
        exchange=exchange,
        body=response.content,
        reasons=reasons,
        process_id=process_id if isinstance(process_id, str) else None,
    )


def reasons_in(data: Mapping[str, Any]) -> list[Any]:
    """Return the reasons in a body, in Zuora's usual form or one of the older ones on record."""
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


def connection_error(failure: httpx.HTTPError, host: str, info: errors.CallInfo) -> errors.APIConnectionError:
    """Return the error for a failure of the transport."""
    problem = str(failure) or type(failure).__name__
    if isinstance(failure, httpx.PoolTimeout):
        return errors.RequestNotSentError(f"nothing was sent: {problem}", info)
    if isinstance(failure, _NEVER_SENT):
        return errors.RequestNotSentError(f"{host} cannot be reached, and nothing was sent ({problem})", info)
    if isinstance(failure, httpx.TimeoutException):
        problem = f"no response in time: {type(failure).__name__}"
    return errors.ResponseLostError(f"the response of {host} was lost ({problem})", info)
