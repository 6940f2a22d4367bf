"""A request and its response, whether it was just made or was recorded elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNKNOWN: Final = object()
"""The body of a response that was not recorded."""

NOT_JSON: Final = object()
"""The body of a response that is not JSON."""

STATUS_OF_CATEGORY = {
    "10": 403, "11": 401, "20": 400, "21": 400, "22": 400, "23": 400, "27": 400, "30": 409, "40": 404, "45": 415,
    "50": 409, "60": 500, "61": 503, "70": 429, "90": 400, "99": 502,
}  # fmt: skip
"""The status that best describes an error's category. A broken rule is a conflict with the state of things."""


@dataclass(slots=True)
class Exchange:
    """A request and its response. Header names are lower-case; what a recording does not hold is None or UNKNOWN."""

    method: str
    path: str
    """The path of the URL, without the query."""
    status: int
    """As it was sent."""
    body: Any = UNKNOWN
    """The parsed JSON of the response."""
    size: int | None = None
    """Bytes of the response's body, before compression."""
    headers: Mapping[str, Sequence[str]] | None = None
    """The response's headers."""
    all_headers: bool = True
    """Whether these are all of its headers: only then it means something that one is missing."""
    request_headers: Mapping[str, str] | None = None
    request_body: Any = None
    """The parsed JSON of the request."""
    query: Mapping[str, Any] = field(default_factory=dict)
    began: float | None = None
    """When the request was sent, in seconds since 1970."""
    ended: float | None = None
    """When the response had arrived, in seconds since 1970."""
    host: str = ""
    source: str = ""
    """Where a recorded exchange comes from, such as `night.har, entry 12`."""
    live: bool = False
    """Whether the headers are exactly those that were sent, which recorders do not promise."""

    @property
    def data(self) -> dict[str, Any]:
        """The response's JSON object; empty if it holds none."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def judged(self) -> int:
        """The status that the response stands for: that of its error's category, if it is a failure."""
        return judged_status(self.status, self.data)

    def header(self, name: str) -> str | None:
        """Return the first value of a response header."""
        values = (self.headers or {}).get(name)
        return values[0] if values else None

    def sent(self, name: str) -> str | None:
        """Return a header of the request."""
        return (self.request_headers or {}).get(name)


def parsed(content: bytes | str) -> Any:
    """Return the JSON value of a body; NOT_JSON if it holds none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return NOT_JSON


def judged_status(status: int, data: Mapping[str, Any]) -> int:
    """Return the status that a response stands for.

    Before Zuora-Version 2024-05-20 failures have the status 200. With the status of its category a request that was
    refused for its content can be distinguished from one that was refused because of the run's status.
    """
    if data.get("success") is False and status in (200, 400):
        return STATUS_OF_CATEGORY.get(category_of(data), 400)
    return status


def category_of(data: Mapping[str, Any]) -> str:
    """Return the category of an error: the last two digits of its first reason's code; empty if there is none."""
    match data.get("reasons"):
        case [{"code": str() | int() as code}, *_]:
            return str(code)[-2:]
        case _:
            return ""
