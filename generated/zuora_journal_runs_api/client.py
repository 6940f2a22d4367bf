from typing import Self

import httpx


class Client:
    """Where the generated functions send their requests.

    Args:
        httpx_client: Serves `sync` and `sync_detailed`. It has the base URL, and authorizes requests.
        async_httpx_client: The same for `asyncio` and `asyncio_detailed`.
    """

    def __init__(
        self,
        httpx_client: httpx.Client | None = None,
        async_httpx_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._client = httpx_client
        self._async_client = async_httpx_client

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send requests of `sync` functions through this client."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """The client for `sync` functions.

        Raises:
            RuntimeError: there is none.
        """
        if self._client is None:
            raise RuntimeError("this Client has no httpx.Client: use the asyncio functions, or set_httpx_client()")
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send requests of `asyncio` functions through this client."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The client for `asyncio` functions.

        Raises:
            RuntimeError: there is none.
        """
        if self._async_client is None:
            raise RuntimeError(
                "this Client has no httpx.AsyncClient: use the sync functions, or set_async_httpx_client()"
            )
        return self._async_client
