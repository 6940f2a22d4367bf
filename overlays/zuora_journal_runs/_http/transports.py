"""The transports that clients use by default."""

from __future__ import annotations

import functools
import ssl
import urllib.request
from typing import TYPE_CHECKING

import httpx

from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport
    from zuora_journal_runs._http.sync_transport import SyncTransport


@functools.cache
def user_agent() -> str:
    """Return the `User-Agent` of all requests."""
    from importlib import metadata

    return f"zuora-journal-runs/{metadata.version('zuora-journal-runs')}"


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the context of this process. It takes some 30 ms to load, and the certificates are the same for all."""
    return httpx.create_ssl_context()


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy for an address, from the environment; None for http, which is for loopback only.

    Raises:
        InvalidArgumentError: The environment names something that is not an http or https proxy.
    """
    if url.scheme != "https" or urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get("https") or proxies.get("all")
    if not address:
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (httpx.InvalidURL, ValueError):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        # The address is not repeated: it may hold a password.
        raise InvalidArgumentError(
            "the proxy that HTTPS_PROXY or ALL_PROXY names cannot be used: give it as http://host:port or https://host:port"
        )
    return proxy


def default_transport(url: httpx.URL) -> SyncTransport:
    """Return the transport for threads.

    Raises:
        InvalidArgumentError: See `proxy_for`.
    """
    # Needs httpcore, which httpx itself imports late.
    from zuora_journal_runs._http.sync_transport import SyncTransport

    return SyncTransport(tls=_verification(url), proxy=proxy_for(url))


def default_async_transport(url: httpx.URL) -> AiohttpTransport:
    """Return the transport for tasks.

    Raises:
        InvalidArgumentError: See `proxy_for`.
    """
    # Takes twice as long to import as httpx.
    from zuora_journal_runs._http.aiohttp_transport import AiohttpTransport

    return AiohttpTransport(tls=_verification(url), proxy=proxy_for(url))


def _verification(url: httpx.URL) -> ssl.SSLContext:
    """Return how the server at an address is verified. For http no certificates need to be loaded."""
    return tls_context() if url.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
