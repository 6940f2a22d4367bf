from typing import Any

import httpx

from ... import errors
from ...client import Client
from ...models.server_error_response import ServerErrorResponse
from ...models.token_error_response import TokenErrorResponse
from ...models.token_request import TokenRequest
from ...models.token_response import TokenResponse
from ...types import UNSET, Exchange, Response, Unset
from ...types import body as _body
from ...types import read as _read


def get_kwargs(
    *,
    body: TokenRequest,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
) -> dict[str, Any]:
    """The request, as arguments for `httpx.Client.request`."""
    headers: dict[str, Any] = {}
    if not isinstance(zuora_track_id, Unset):
        headers["Zuora-Track-Id"] = zuora_track_id

    if not isinstance(zuora_entity_ids, Unset):
        headers["Zuora-Entity-Ids"] = zuora_entity_ids

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/oauth/token",
    }
    _kwargs["data"] = body.to_dict()

    headers["Content-Type"] = "application/x-www-form-urlencoded"
    _kwargs["headers"] = headers
    return _kwargs


def parse_response(response: httpx.Response) -> ServerErrorResponse | TokenErrorResponse | TokenResponse:
    """The answer, read.

    Raises:
        errors.InvalidResponseError: its body is not what the contract says.
        errors.UnexpectedStatus: its status is not one of the contract.
    """
    if response.status_code == 200:
        data = _body(response)
        return _read(TokenResponse, data)
    if response.status_code == 429:
        data = _body(response)
        return _read(TokenErrorResponse, data)
    if response.status_code == 500:
        data = _body(response)
        return _read(ServerErrorResponse, data)
    if 400 <= response.status_code <= 499:
        data = _body(response)
        return _read(TokenErrorResponse, data)
    raise errors.UnexpectedStatus(response.status_code, response.content)


def _build_response(response: httpx.Response) -> Response[ServerErrorResponse | TokenErrorResponse | TokenResponse]:
    exchange = Exchange.of(response)
    try:
        parsed = parse_response(response)
    except errors.InvalidResponseError as error:
        error.exchange, error.content = exchange, response.content
        raise
    return Response(response.status_code, response.content, response.headers, parsed, exchange)


def sync_detailed(
    *,
    client: Client,
    body: TokenRequest,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
) -> Response[ServerErrorResponse | TokenErrorResponse | TokenResponse]:
    """Create an OAuth token.

    Exchanges a client's credentials for a bearer token, which is good for about an hour and should be used
    until then. The request itself carries no `Authorization` header.

    Args:
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        body: A client's credentials, as a form.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    kwargs = get_kwargs(
        body=body,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
    )
    return _build_response(client.get_httpx_client().request(**kwargs))


def sync(
    *,
    client: Client,
    body: TokenRequest,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
) -> ServerErrorResponse | TokenErrorResponse | TokenResponse:
    """Create an OAuth token.

    Exchanges a client's credentials for a bearer token, which is good for about an hour and should be used
    until then. The request itself carries no `Authorization` header.

    Args:
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        body: A client's credentials, as a form.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    return sync_detailed(
        client=client,
        body=body,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
    ).parsed


async def asyncio_detailed(
    *,
    client: Client,
    body: TokenRequest,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
) -> Response[ServerErrorResponse | TokenErrorResponse | TokenResponse]:
    """Create an OAuth token.

    Exchanges a client's credentials for a bearer token, which is good for about an hour and should be used
    until then. The request itself carries no `Authorization` header.

    Args:
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        body: A client's credentials, as a form.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    kwargs = get_kwargs(
        body=body,
        zuora_track_id=zuora_track_id,
        zuora_entity_ids=zuora_entity_ids,
    )
    return _build_response(await client.get_async_httpx_client().request(**kwargs))


async def asyncio(
    *,
    client: Client,
    body: TokenRequest,
    zuora_track_id: str | Unset = UNSET,
    zuora_entity_ids: str | Unset = UNSET,
) -> ServerErrorResponse | TokenErrorResponse | TokenResponse:
    """Create an OAuth token.

    Exchanges a client's credentials for a bearer token, which is good for about an hour and should be used
    until then. The request itself carries no `Authorization` header.

    Args:
        zuora_track_id: An identifier of the caller's own for this call. The answer carries the same value.
        zuora_entity_ids: The one entity to work in, where Multi-entity is on and the token is good for several. Leave it
            out otherwise.
        body: A client's credentials, as a form.

    Raises:
        errors.InvalidResponseError: the answer's body is not what the contract says.
        errors.UnexpectedStatus: the answer's status is not one of the contract.
        httpx.HTTPError: there is no response.

    """
    return (
        await asyncio_detailed(
            client=client,
            body=body,
            zuora_track_id=zuora_track_id,
            zuora_entity_ids=zuora_entity_ids,
        )
    ).parsed
