"""What every answer is held against, beside the checks that schemathesis has.

All of them are plain functions, for `case.call_and_validate(additional_checks=...)`: schemathesis' own registries are
global, and would run them in other test suites of the same process.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemathesis import Case, CheckContext, Response

    Check = Callable[[CheckContext, Response, Case[Any]], bool | None]

STATUS_OF_CATEGORY = {
    "10": 403, "11": 401, "20": 400, "21": 400, "22": 400, "23": 400, "27": 400, "30": 409, "40": 404, "45": 415,
    "50": 409, "60": 500, "61": 503, "70": 429, "90": 400, "99": 502,
}  # fmt: skip
"""The status that says best what an error's category means. A broken rule is a conflict with the state of things."""

COMPRESSED_ABOVE = 1000
"""Bytes above which an answer is compressed for those who ask (Zuora, header Accept-Encoding)."""

WIRE_STATUS = "x-wire-status"
"""The header under which an answer's own status is kept."""


def judge(response: Response) -> None:
    """Give a failure the status that its category stands for, whichever status it came with.

    The checks of schemathesis then understand an answer of 200 with `success` false, and can tell a request that was
    refused for what it says from one that was refused for the status of a run.
    """
    own = response.status_code
    response.headers[WIRE_STATUS] = [str(own)]
    data = body_of(response)
    if data.get("success") is False and own in (200, 400):
        response.status_code = STATUS_OF_CATEGORY.get(category_of(data), 400)


def body_of(response: Response) -> dict[str, Any]:
    """The JSON object in an answer; an empty one if it holds none."""
    try:
        data = json.loads(response.content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def category_of(data: dict[str, Any]) -> str:
    """The category of an error, which the last two digits of its first reason's code give; empty if there is none."""
    match data.get("reasons"):
        case [{"code": str() | int() as code}, *_]:
            return str(code)[-2:]
        case _:
            return ""


def wire_status(response: Response) -> int:
    """The status that an answer had before it was judged."""
    return int(response.headers[WIRE_STATUS][0])


def keeps_to_its_own_status(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """The body is one that is documented for the status which the answer really had, too."""
    if wire_status(response) != response.status_code:
        as_it_came = copy.copy(response)
        as_it_came.status_code = wire_status(response)
        case.operation.validate_response(as_it_came, case=case)


def echoes_track_id(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """`Zuora-Track-Id` comes back as it was sent, and only if it was."""
    sent = response.request.headers.get("Zuora-Track-Id")
    sent = sent.decode("latin-1") if isinstance(sent, bytes) else sent
    echoed = response.headers.get("zuora-track-id", [None])
    assert len(echoed) == 1, f"Zuora-Track-Id came {len(echoed)} times"
    if echoed[0] is None:
        refused = response.status_code >= 400
        assert sent is None or refused, f"the track id {sent!r} was not echoed"
    else:
        assert echoed[0] == sent, f"the track id {sent!r} came back as {echoed[0]!r}"


def gives_reasons(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """`success` is false if, and only if, there are reasons."""
    data = body_of(response)
    if "success" in data:
        assert (data["success"] is False) == bool(data.get("reasons")), (
            f"success is {data['success']!r} and the reasons are {data.get('reasons')!r}"
        )


def compresses_honestly(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """An answer is compressed if, and only if, gzip was asked for and it has more than 1,000 bytes."""
    accepted = str(response.request.headers.get("Accept-Encoding", ""))
    asked = any(re.fullmatch(r"\s*(gzip|\*)\s*", each) for each in accepted.lower().split(","))
    coding = response.headers.get("content-encoding", [])
    expected = ["gzip"] if asked and len(response.content) > COMPRESSED_ABOVE else []
    assert coding == expected, (
        f"an answer of {len(response.content)} bytes to a request that accepts {accepted!r} has the codings {coding}"
    )


def new_request_ids() -> Check:
    """A check that no two answers have the same `Zuora-Request-Id`, except for one that is given again for its key."""
    keys: dict[str, object] = {}

    def has_its_own_request_id(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
        (request_id,) = response.headers.get("zuora-request-id", [""])
        key = response.request.headers.get("Idempotency-Key")
        known = request_id in keys
        assert not known or (key is not None and keys[request_id] == key), f"the request id {request_id} came before"
        keys[request_id] = key

    return has_its_own_request_id


def every_check() -> list[Check]:
    """All of these checks, for one run of the suite."""
    return [keeps_to_its_own_status, echoes_track_id, gives_reasons, compresses_honestly, new_request_ids()]
