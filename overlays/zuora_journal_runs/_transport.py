"""The transports that are used where the caller gives none."""

from __future__ import annotations

import functools
import urllib.request
from importlib import metadata
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl


@functools.cache
def user_agent() -> str:
    """The `User-Agent` of all requests."""
    return f"zuora-journal-runs/{metadata.version('zuora-journal-runs')}"


@functools.cache
def tls_context() -> ssl.SSLContext:
    """One context for the process: to make one takes some 30 ms, for certificates that are the same everywhere."""
    return httpx.create_ssl_context()


def proxy_for(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address."""
    if urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def default(url: httpx.URL) -> httpx.HTTPTransport:
    """The transport for threads."""
    return httpx.HTTPTransport(verify=tls_context(), limits=_LIMITS, proxy=proxy_for(url))


def default_async(url: httpx.URL) -> httpx.AsyncHTTPTransport:
    """The transport for tasks."""
    return httpx.AsyncHTTPTransport(verify=tls_context(), limits=_LIMITS, proxy=proxy_for(url))


_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=30.0)
