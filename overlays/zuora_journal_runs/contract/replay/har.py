"""HAR files, as browsers, proxies and mitmproxy export them (HTTP Archive 1.2)."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from zuora_journal_runs.contract.exchange import UNKNOWN, Exchange, parsed

from .unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def exchanges(content: bytes, name: str) -> Iterator[Exchange | Unreadable] | None:
    """Return the exchanges of a HAR file; None if it is another kind of JSON.

    Args:
        content: The file's content.
        name: The file's name.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        return iter([Unreadable(name, f"it is not JSON: {error}")])
    match document:
        case {"log": {"entries": list() as entries}}:
            return _exchanges(entries, name)
        case _:
            return None


def _exchanges(entries: list[Any], name: str) -> Iterator[Exchange | Unreadable]:
    for number, entry in enumerate(entries, 1):
        source = f"{name}, entry {number}"
        try:
            yield _exchange(entry, source)
        except KeyError as error:
            yield Unreadable(source, f"{error} is missing")
        except (ValueError, TypeError, AttributeError) as error:
            yield Unreadable(source, str(error))


def _exchange(entry: Any, source: str) -> Exchange:
    request, response = _object(entry, "request"), _object(entry, "response")
    parts = urlsplit(_text(request, "url"))
    began = _seconds(_text(entry, "startedDateTime"))
    content = _object(response, "content") if "content" in response else {}
    body, size = _body(content)
    status = response["status"]
    if not isinstance(status, int):
        raise ValueError(f"response.status is {status!r}, not a number")  # noqa: TRY004 - a value of the file
    received = _headers(response)
    return Exchange(
        method=_text(request, "method").upper(),
        path=parts.path,
        status=status,
        body=body,
        size=size,
        headers=received or None,
        request_headers={name: values[0] for name, values in _headers(request).items()} or None,
        request_body=_sent(request),
        query=query_of(parts.query),
        began=began,
        ended=began + max(float(entry.get("time") or 0), 0.0) / 1000,
        host=parts.netloc.rpartition("@")[2],
        source=source,
    )


def query_of(text: str) -> dict[str, str | int]:
    """Return the parameters of a query; those that look like it as numbers."""
    return {name: int(value) if value.isdecimal() and len(value) < 10 else value for name, value in parse_qsl(text)}


def _object(node: Any, name: str) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise ValueError("it is not an object")  # noqa: TRY004 - a value of the file
    if not isinstance(found := node[name], dict):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 - a value of the file
    return found


def _text(node: Mapping[str, Any], name: str) -> str:
    if not isinstance(found := node[name], str):
        raise ValueError(f"{name} is not text")  # noqa: TRY004 - a value of the file
    return found


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ValueError(f"startedDateTime is {text!r}, not a date and time") from None


def _headers(message: Mapping[str, Any]) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for header in message.get("headers") or ():
        headers.setdefault(header["name"].lower(), []).append(header["value"])
    return headers


def _body(content: Mapping[str, Any]) -> tuple[Any, int | None]:
    text = content.get("text")
    if text is None:
        return UNKNOWN, None
    if content.get("encoding") == "base64":
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise ValueError("response.content.text is not base64") from None
    else:
        data = text.encode("utf-8", "surrogatepass")
    return parsed(data), len(data)


def _sent(request: Mapping[str, Any]) -> Any:
    text = (request.get("postData") or {}).get("text")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
