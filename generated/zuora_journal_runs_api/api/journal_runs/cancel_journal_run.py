from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import Client
from ...models.common_response import CommonResponse
from ...models.content_encoding import ContentEncoding
from ...models.error_response import ErrorResponse
from ...models.server_error_response import ServerErrorResponse
from ...types import UNSET, Exchange, Response, Unset
from ...types import body as _body
from ...types import read as _read


def get_kwargs(
    jr_number: str,
    *,
    accept_encoding: str | Unset = UNSET,
    content_encoding: ContentEncoding | Unset = UNSET,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
    zuora_org_ids: str | Unset = UNSET,
    zuora_version: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments for `httpx.Client.request`."""
    headers: dict[str, Any] = {}
    if not isinstance(accept_encoding, Unset):
        headers["Accept-Encoding"] = accept_encoding

    if not isinstance(content_encoding, Unset):
        headers["Content-Encoding"] = str(content_encoding)

    if not isinstance(zuora_track_id, Unset):
        headers["Zuora-Track-Id"] = zuora_track_id

    if not isinstance(zuora_entity_ids, Unset):
        headers["Zuora-Entity-Ids"] = zuora_entity_ids

    if not isinstance(zuora_org_ids, Unset):
        headers["Zuora-Org-Ids"] = zuora_org_ids

    if not isinstance(zuora_version, Unset):
        headers["Zuora-Version"] = zuora_version

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/journal-runs/{jr_number}/cancel".format(
            jr_number=quote(str(jr_number), safe=""),
        ),
    }
    _kwargs["headers"] = headers
    return _kwargs


def parse_response(response: httpx.Response) -> CommonResponse | ErrorResponse | ServerErrorResponse:
    """The answer, read.

    Raises:
        errors.InvalidResponseError: its body is not what the contract says.
        errors.UnexpectedStatus: its status is not one of the contract.
    """
    if response.status_code == 200:
        data = _body(response)
        if data.get("success") is False:
            return _read(ErrorResponse, data)
        parsed = _read(CommonResponse, data)
        parsed.exchange = Exchange.of(response)
        return parsed
    if response.status_code == 500:
        data = _body(response)
        return _read(ServerErrorResponse, data)
    if 400 <= response.status_code <= 499:
        data = _body(response)
        return _read(ErrorResponse, data)
    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[CommonResponse | ErrorResponse | ServerErrorResponse]:
    exchange = Exchange.of(response)
    try:
        parsed = parse_response(response)
    except errors.InvalidResponseError as error:
        error.exchange, error.content = exchange, response.content
        raise
    return Response(response.status_code, response.content, response.headers, parsed, exchange)


def sync_detailed(
    jr_number: str,
    *,
    client: Client,
    accept_encoding: str | Unset = UNSET,
    content_encoding: ContentEncoding | Unset = UNSET,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
    zuora_org_ids: str | Unset = UNSET,
    zuora_version: str | Unset = UNSET,
) -> Response[CommonResponse | ErrorResponse | ServerErrorResponse]:
    """Cancel a journal run.

    Asks for a run and its entries to be cancelled. A run may be cancelled while it is `Pending`, `Error` or
    `Completed`, and `success` true says no more than that it was: the entries are cancelled afterwards, one
    by one. An entry that was transferred to accounting is left as it is; the run then stays `Completed`.
    Read the run and its entries to learn the outcome. It needs the Zuora Finance permission
    "Cancel Journal Run".

    Args:
        jr_number: The number of a journal run.
        accept_encoding: Send `gzip` to have answers of more than 1,000 bytes compressed.
        content_encoding: Send `gzip` with a request body that is compressed, and only then.
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        zuora_org_ids: The organisations to work in, separated by commas, where Multi-Org is on. Without it a call
            covers all that the user may reach. Leave it out where Multi-Org is off.
        zuora_version: The minor version of the API: a date such as 2025-08-12, or an older number such as 341.0.
            Without it a call has the tenant's default, 186.0 unless it was raised. From 2024-05-20 errors
            have a status of their own.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    kwargs = get_kwargs(
        jr_number=jr_number,
        accept_encoding=accept_encoding,
        content_encoding=content_encoding,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
        zuora_org_ids=zuora_org_ids,
        zuora_version=zuora_version,
    )
    return _build_response(client.get_httpx_client().request(**kwargs))


def sync(
    jr_number: str,
    *,
    client: Client,
    accept_encoding: str | Unset = UNSET,
    content_encoding: ContentEncoding | Unset = UNSET,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
    zuora_org_ids: str | Unset = UNSET,
    zuora_version: str | Unset = UNSET,
) -> CommonResponse | ErrorResponse | ServerErrorResponse:
    """Cancel a journal run.

    Asks for a run and its entries to be cancelled. A run may be cancelled while it is `Pending`, `Error` or
    `Completed`, and `success` true says no more than that it was: the entries are cancelled afterwards, one
    by one. An entry that was transferred to accounting is left as it is; the run then stays `Completed`.
    Read the run and its entries to learn the outcome. It needs the Zuora Finance permission
    "Cancel Journal Run".

    Args:
        jr_number: The number of a journal run.
        accept_encoding: Send `gzip` to have answers of more than 1,000 bytes compressed.
        content_encoding: Send `gzip` with a request body that is compressed, and only then.
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        zuora_org_ids: The organisations to work in, separated by commas, where Multi-Org is on. Without it a call
            covers all that the user may reach. Leave it out where Multi-Org is off.
        zuora_version: The minor version of the API: a date such as 2025-08-12, or an older number such as 341.0.
            Without it a call has the tenant's default, 186.0 unless it was raised. From 2024-05-20 errors
            have a status of their own.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    return sync_detailed(
        jr_number=jr_number,
        client=client,
        accept_encoding=accept_encoding,
        content_encoding=content_encoding,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
        zuora_org_ids=zuora_org_ids,
        zuora_version=zuora_version,
    ).parsed


async def asyncio_detailed(
    jr_number: str,
    *,
    client: Client,
    accept_encoding: str | Unset = UNSET,
    content_encoding: ContentEncoding | Unset = UNSET,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
    zuora_org_ids: str | Unset = UNSET,
    zuora_version: str | Unset = UNSET,
) -> Response[CommonResponse | ErrorResponse | ServerErrorResponse]:
    """Cancel a journal run.

    Asks for a run and its entries to be cancelled. A run may be cancelled while it is `Pending`, `Error` or
    `Completed`, and `success` true says no more than that it was: the entries are cancelled afterwards, one
    by one. An entry that was transferred to accounting is left as it is; the run then stays `Completed`.
    Read the run and its entries to learn the outcome. It needs the Zuora Finance permission
    "Cancel Journal Run".

    Args:
        jr_number: The number of a journal run.
        accept_encoding: Send `gzip` to have answers of more than 1,000 bytes compressed.
        content_encoding: Send `gzip` with a request body that is compressed, and only then.
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        zuora_org_ids: The organisations to work in, separated by commas, where Multi-Org is on. Without it a call
            covers all that the user may reach. Leave it out where Multi-Org is off.
        zuora_version: The minor version of the API: a date such as 2025-08-12, or an older number such as 341.0.
            Without it a call has the tenant's default, 186.0 unless it was raised. From 2024-05-20 errors
            have a status of their own.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    kwargs = get_kwargs(
        jr_number=jr_number,
        accept_encoding=accept_encoding,
        content_encoding=content_encoding,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
        zuora_org_ids=zuora_org_ids,
        zuora_version=zuora_version,
    )
    return _build_response(await client.get_async_httpx_client().request(**kwargs))


async def asyncio(
    jr_number: str,
    *,
    client: Client,
    accept_encoding: str | Unset = UNSET,
    content_encoding: ContentEncoding | Unset = UNSET,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
    zuora_org_ids: str | Unset = UNSET,
    zuora_version: str | Unset = UNSET,
) -> CommonResponse | ErrorResponse | ServerErrorResponse:
    """Cancel a journal run.

    Asks for a run and its entries to be cancelled. A run may be cancelled while it is `Pending`, `Error` or
    `Completed`, and `success` true says no more than that it was: the entries are cancelled afterwards, one
    by one. An entry that was transferred to accounting is left as it is; the run then stays `Completed`.
    Read the run and its entries to learn the outcome. It needs the Zuora Finance permission
    "Cancel Journal Run".

    Args:
        jr_number: The number of a journal run.
        accept_encoding: Send `gzip` to have answers of more than 1,000 bytes compressed.
        content_encoding: Send `gzip` with a request body that is compressed, and only then.
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        zuora_org_ids: The organisations to work in, separated by commas, where Multi-Org is on. Without it a call
            covers all that the user may reach. Leave it out where Multi-Org is off.
        zuora_version: The minor version of the API: a date such as 2025-08-12, or an older number such as 341.0.
            Without it a call has the tenant's default, 186.0 unless it was raised. From 2024-05-20 errors
            have a status of their own.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    return (
        await asyncio_detailed(
            jr_number=jr_number,
            client=client,
            accept_encoding=accept_encoding,
            content_encoding=content_encoding,
            zuora_track_id=zuora_track_id,
            zuora_entity_ids=zuora_entity_ids,
            zuora_org_ids=zuora_org_ids,
            zuora_version=zuora_version,
        )
    ).parsed
