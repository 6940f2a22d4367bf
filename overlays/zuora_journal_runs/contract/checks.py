"""What every answer is held against, beside the checks that schemathesis has.

All of them are plain functions, for `case.validate_response(additional_checks=...)`: schemathesis' own registries are
global, and would run them in other test suites of the same process.
"""

from __future__ import annotations

import copy
import json
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


class Violation(AssertionError):
    """The provider does not keep to the contract."""


def expect(condition: object, message: str) -> None:
    """Insist on a condition. Unlike `assert` it does so under `python -O` too.

    Raises:
        Violation: the condition does not hold.
    """
    if not condition:
        raise Violation(message)


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
    except (ValueError, RecursionError):
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


def sent(response: Response, name: str) -> str | None:
    """A header of the request that an answer is for."""
    value = response.request.headers.get(name)
    return value.decode("latin-1") if isinstance(value, bytes) else value


def keeps_to_its_own_status(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """The body is one that is documented for the status which the answer really had, too."""
    if wire_status(response) != response.status_code:
        as_it_came = copy.copy(response)
        as_it_came.status_code = wire_status(response)
        case.operation.validate_response(as_it_came, case=case)


def echoes_track_id(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """`Zuora-Track-Id` comes back as it was sent, and only if it was."""
    given = sent(response, "Zuora-Track-Id")
    echoed = response.headers.get("zuora-track-id", [None])
    expect(len(echoed) == 1, f"Zuora-Track-Id came {len(echoed)} times")
    if echoed[0] is None:
        refused = response.status_code >= 400
        expect(given is None or refused, f"the track id {given!r} was not echoed")
    else:
        expect(echoed[0] == given, f"the track id {given!r} came back as {echoed[0]!r}")


def gives_reasons(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """`success` is false if, and only if, there are reasons."""
    data = body_of(response)
    if "success" in data:
        expect(
            (data["success"] is False) == bool(data.get("reasons")),
            f"success is {data['success']!r} and the reasons are {data.get('reasons')!r}",
        )


def compresses_honestly(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """An answer is compressed if, and only if, gzip was asked for and it has more than 1,000 bytes."""
    accepted = (sent(response, "Accept-Encoding") or "").lower()
    choices = {each.strip() for each in accepted.split(",")}
    coding = response.headers.get("content-encoding", [])
    size = len(response.content)
    said = f"an answer of {size} bytes to a request that accepts {accepted!r} has the codings {coding}"
    if size <= COMPRESSED_ABOVE or not choices & {"gzip", "*"}:
        # What else a client may write, such as weights, leaves the choice to the provider.
        weighed = size > COMPRESSED_ABOVE and any(each.startswith(("gzip", "x-gzip", "*")) for each in choices)
        expect(not coding or (weighed and coding == ["gzip"]), said)
    elif "gzip" in choices:
        expect(coding == ["gzip"], said)


def names_its_request(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
    """`requestId` in the body is `Zuora-Request-Id` in the headers."""
    data, header = body_of(response), response.headers.get("zuora-request-id", [""])[0]
    said = data.get("requestId", header)
    expect(said == header, f"Zuora-Request-Id is {header!r}, and the body says {said!r}")


def new_request_ids() -> Check:
    """A check that no two answers have the same `Zuora-Request-Id`, except for one that is given again for its key."""
    keys: dict[str, object] = {}

    def has_its_own_request_id(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
        (request_id,) = response.headers.get("zuora-request-id", [""])
        key = sent(response, "Idempotency-Key")
        known = request_id in keys
        expect(not known or (key is not None and keys[request_id] == key), f"the request id {request_id} came before")
        keys[request_id] = key

    return has_its_own_request_id


def falling_limits() -> Check:
    """A check that the requests that are left in a window go down from answer to answer, until the next window."""
    last: dict[str, tuple[int, int]] = {}

    def counts_down(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 - a check's form
        if sent(response, "Idempotency-Key"):
            return  # It may be an answer given again, with the headers that it had.
        try:
            left, reset = (int(response.headers[f"ratelimit-{each}"][0]) for each in ("remaining", "reset"))
            quota = int(response.headers["ratelimit-limit"][0].partition(",")[0])
        except (KeyError, ValueError):
            return  # None of them is required, and their form is the fragment's to judge.
        expect(left <= quota, f"RateLimit-Remaining is {left}, of {quota}")
        before, window = last.get("api", (left + 1, reset))
        last["api"] = left, reset
        if reset <= window:
            expect(left < before or left == 0, f"RateLimit-Remaining was {before}, and is {left} after another call")

    return counts_down


def every_check() -> list[Check]:
    """All of these checks, for one run of the suite."""
    return [
        keeps_to_its_own_status,
        echoes_track_id,
        gives_reasons,
        compresses_honestly,
        names_its_request,
        new_request_ids(),
        falling_limits(),
    ]
