"""What counts as a success, and what error each failure is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import Backoff, errors

from .world import REQUEST_ID, Script, answer, refusal

if TYPE_CHECKING:
    from .world import Kind

ONCE = Backoff(attempts=1)


def cancel(client: Any) -> Any:
    return client.cancel("JR-00000075")


NO_SUCCESS: dict[str, tuple[httpx.Response, type[errors.ResponseError]]] = {
    "nothing said": (answer(body={}), errors.InvalidResponseError),
    "null": (answer(body={"success": None}), errors.InvalidResponseError),
    "text": (answer(body={"success": "true"}), errors.InvalidResponseError),
    "one": (answer(body={"success": 1}), errors.InvalidResponseError),
    "reasons without success": (
        answer(body={"reasons": [{"code": "50000030", "message": "m"}]}),
        errors.RuleViolationError,
    ),
    "capitals": (
        answer(body={"Success": False, "Errors": [{"Code": "X", "Message": "m"}]}),
        errors.InvalidResponseError,
    ),
    "a list": (answer(body=[{"success": True}]), errors.InvalidResponseError),
    "not JSON": (httpx.Response(200, content=b"<html>"), errors.InvalidResponseError),
    "empty": (httpx.Response(200, content=b""), errors.InvalidResponseError),
    "no number": (httpx.Response(200, content=b'{"success": true, "x": NaN}'), errors.InvalidResponseError),
    "too deep": (httpx.Response(200, content=b"[" * 100_000), errors.InvalidResponseError),
    "accepted": (answer(202), errors.InvalidResponseError),
    "no content": (httpx.Response(204), errors.InvalidResponseError),
    "redirect": (answer(302, Location="https://elsewhere.example/"), errors.InvalidResponseError),
}


@pytest.mark.parametrize(("given", "expected"), NO_SUCCESS.values(), ids=NO_SUCCESS)
def test_only_success_true_is_a_success(
    kind: Kind, given: httpx.Response, expected: type[errors.ResponseError]
) -> None:
    script = Script(given)
    with pytest.raises(expected) as caught:
        kind.use(script, cancel, retry=ONCE)
    assert type(caught.value) is expected
    assert caught.value.body == given.content
    assert str(caught.value).startswith("[")
    assert "cancel JR-00000075: " in str(caught.value)
    assert sum(request.method == "PUT" for request in script.requests) == 1


KINDS = {
    "10": (403, errors.PermissionDeniedError),
    "11": (401, errors.AuthenticationError),
    "20": (400, errors.InvalidRequestError),
    "21": (400, errors.InvalidRequestError),
    "22": (400, errors.InvalidRequestError),
    "23": (400, errors.InvalidRequestError),
    "27": (400, errors.InvalidRequestError),
    "30": (400, errors.RuleViolationError),
    "40": (404, errors.NotFoundError),
    "45": (405, errors.UnsupportedRequestError),
    "50": (409, errors.ConflictError),
    "60": (500, errors.ServerError),
    "61": (500, errors.ServerError),
    "70": (429, errors.RateLimitError),
    "90": (400, errors.InvalidRequestError),
    "99": (500, errors.ServerError),
}
"""Zuora's error categories, with their status from 2024-05-20."""


def test_every_category_has_a_row() -> None:
    assert KINDS.keys() == errors.CATEGORIES.keys()


@pytest.mark.parametrize("number", [False, True], ids=["text", "number"])
@pytest.mark.parametrize("dialect", ["200", "own status"])
@pytest.mark.parametrize("category", KINDS)
def test_categories(kind: Kind, category: str, dialect: str, number: bool) -> None:
    status, expected = KINDS[category]
    code: object = int(f"500000{category}") if number else f"500000{category}"
    script = Script(refusal(code, "Because.", 200 if dialect == "200" else status))
    with pytest.raises(errors.APIError) as caught:
        kind.use(script, cancel, retry=ONCE)
    error = caught.value
    assert type(error) is expected
    assert (error.codes, error.category, error.process_id) == ([f"500000{category}"], category, "738CBB9234B47A47")
    assert error.request_id == REQUEST_ID
    assert error.maybe_processed == (category in ("60", "61", "99"))
    assert f"500000{category} Because." in str(error)
    assert str(error).startswith(f"[request {REQUEST_ID}, track ")


STATUSES = {
    400: errors.InvalidRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    405: errors.UnsupportedRequestError,
    406: errors.UnsupportedRequestError,
    409: errors.ConflictError,
    415: errors.UnsupportedRequestError,
    418: errors.APIError,
    422: errors.IdempotencyError,
    429: errors.RateLimitError,
    500: errors.ServerError,
    502: errors.ServerError,
    503: errors.ServerError,
    504: errors.ServerError,
    520: errors.ServerError,
    299: errors.InvalidResponseError,
}


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b'{"message": "No bearer token"}', b"[]"])
@pytest.mark.parametrize("status", STATUSES)
def test_statuses_without_a_body_in_zuoras_form(kind: Kind, status: int, body: bytes) -> None:
    with pytest.raises(errors.ResponseError) as caught:
        kind.use(Script(httpx.Response(status, content=body)), cancel, retry=ONCE)
    assert type(caught.value) is STATUSES[status]
    assert (caught.value.status_code, caught.value.body) == (status, body)
    assert str(status) in str(caught.value)


BODIES: dict[str, tuple[int, object, type[errors.APIError], list[str]]] = {
    "authentication": (200, {"success": False, "reasons": [{"code": "90000011", "message": "m"}]}, errors.AuthenticationError, ["90000011"]),
    "two digits": (200, {"success": False, "reasons": [{"code": 70, "message": "m"}]}, errors.RateLimitError, ["70"]),
    "a word": (500, {"reasons": [{"code": "SystemError", "message": "m"}]}, errors.ServerError, ["SystemError"]),
    "a word in band": (200, {"success": False, "reasons": [{"code": "Odd", "message": "m"}]}, errors.APIError, ["Odd"]),
    "rule with category 20": (200, {"success": False, "reasons": [{"code": 59210020, "message": "m"}]}, errors.InvalidRequestError, ["59210020"]),
    "older form": (400, {"Success": False, "Errors": [{"Code": "INVALID_VALUE", "Message": "m"}]}, errors.InvalidRequestError, ["INVALID_VALUE"]),
    "one reason, no list": (200, {"success": False, "reasons": {"code": "50000040", "message": "m"}}, errors.NotFoundError, ["50000040"]),
    "code at the top": (429, {"code": "REQUEST_EXCEEDED_LIMIT", "message": "m"}, errors.RateLimitError, ["REQUEST_EXCEEDED_LIMIT"]),
    "reasons that are none": (200, {"success": False, "reasons": ["m", {"code": True, "message": "m"}]}, errors.APIError, []),
    "no reasons": (200, {"success": False}, errors.APIError, []),
}  # fmt: skip


@pytest.mark.parametrize("row", BODIES.values(), ids=BODIES)
def test_forms_of_bodies_on_record(kind: Kind, row: tuple[int, object, type[errors.APIError], list[str]]) -> None:
    status, body, expected, codes = row
    with pytest.raises(errors.APIError) as caught:
        kind.use(Script(answer(status, body)), cancel, retry=ONCE)
    assert type(caught.value) is expected
    assert caught.value.codes == codes
    assert caught.value.category == (codes[0][-2:] if codes and codes[0].isdecimal() else None)


def test_fields_of_another_type_are_named(kind: Kind) -> None:
    body = {"success": True, "number": "JR-00000075", "status": "Completed", "transactionTypes": [{"type": 5}]}
    with pytest.raises(
        errors.InvalidResponseError, match=r"transactionTypes\[0\].type is 5 where text is expected"
    ) as caught:
        kind.use(Script(answer(body=body)), lambda client: client.retrieve("JR-00000075"))
    assert not caught.value.maybe_processed
    assert caught.value.request_id == REQUEST_ID
    assert caught.value.call == "retrieve JR-00000075"
