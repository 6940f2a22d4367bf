"""Resolve base URL and credentials from arguments and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs._http import Secret, parse_entity_id, parse_org_ids, parse_zuora_version
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENVIRONMENTS: Mapping[str, str] = {
    "PROD_NA": "https://rest.na.zuora.com",
    "SBX_NA": "https://rest.sandbox.na.zuora.com",
    "PROD": "https://rest.zuora.com",
    "SBX": "https://rest.apisandbox.zuora.com",
    "CSBX": "https://rest.test.zuora.com",
    "PROD_EU": "https://rest.eu.zuora.com",
    "SBX_EU": "https://rest.sandbox.eu.zuora.com",
    "CSBX_EU": "https://rest.test.eu.zuora.com",
    "PROD_AP": "https://rest.ap.zuora.com",
    "CSBX_AP": "https://rest.test.ap.zuora.com",
}
"""The address of each data centre, by its name in Zuora's own SDK."""


_LAST_PORT = 65535


def parse_base_url(address: str) -> httpx.URL:
    """Return the address of the API: https, or http on this machine alone.

    Raises:
        InvalidArgumentError: It is not an address, or credentials would be sent unencrypted.
    """
    # An address with an @ may have a password, and is not repeated.
    shown = "the address" if "@" in str(address) else repr(address)
    wrong = InvalidArgumentError(f"{shown} is not the address of an API, such as https://rest.zuora.com")
    try:
        url = httpx.URL(address)
        bare = not (url.query or url.fragment or url.userinfo) and url.path == "/"
    except (httpx.InvalidURL, TypeError):
        raise wrong from None
    if url.path.rstrip("/") == "/v1" and not url.userinfo:
        raise InvalidArgumentError(f"{shown} ends in /v1: leave out /v1, as in https://rest.zuora.com")
    if url.userinfo:
        raise InvalidArgumentError("the address must not hold a user name or password: pass credentials on their own")
    if url.scheme not in ("https", "http") or not url.host or not bare:
        raise wrong
    if url.port is not None and not 1 <= url.port <= _LAST_PORT:
        raise InvalidArgumentError(f"{shown} has the port {url.port}: ports are 1 to {_LAST_PORT}")
    if url.scheme == "http" and not is_loopback(url.host):
        raise InvalidArgumentError(f"{address} is not encrypted, and would show your credentials: use https")
    return url.copy_with(raw_path=b"/")


def is_loopback(host: str) -> bool:
    """Return whether a host of a URL is this machine."""
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdecimal())


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables ZUORA_… that are set, without blanks at the ends. No repr shows the secret."""
    names = ("BASE_URL", "ENVIRONMENT", "CLIENT_ID", "CLIENT_SECRET", "ENTITY_ID", "ORG_IDS", "VERSION")
    found = {name: environ.get(f"ZUORA_{name}", "").strip() for name in names}
    return {name: hidden(value) if name == "BASE_URL" else Secret(value) if name == "CLIENT_SECRET" else value
            for name, value in found.items() if value}  # fmt: skip


def hidden(address: str) -> str:
    """Return an address, as a string that no repr shows if it may have a password."""
    return Secret(address) if "@" in str(address) else address


def from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of a client from the variables ZUORA_….

    Raises:
        InvalidArgumentError: The address or the credentials are missing, or contradict each other.
    """
    return arguments(read(environ), {})


def arguments(found: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a client from the variables that were read, and from those that are given in their place.

    Raises:
        InvalidArgumentError: The address or the credentials are missing, or contradict each other; or a variable is not
            valid. The error names the variable.
    """
    address, name = found.get("BASE_URL"), found.get("ENVIRONMENT")
    if address is None and name is None:
        raise InvalidArgumentError(
            "no address: set ZUORA_ENVIRONMENT to one of "
            f"{', '.join(ENVIRONMENTS)}, or ZUORA_BASE_URL to an address such as https://rest.zuora.com"
        )
    if name is not None:
        if name.upper() not in ENVIRONMENTS:
            raise InvalidArgumentError(f"ZUORA_ENVIRONMENT is {name!r}, which is none of {', '.join(ENVIRONMENTS)}")
        if address is not None and parse_base_url(address) != parse_base_url(ENVIRONMENTS[name.upper()]):
            raise InvalidArgumentError("ZUORA_BASE_URL and ZUORA_ENVIRONMENT name different addresses: set one of them")
        address = ENVIRONMENTS[name.upper()]
    missing = [f"ZUORA_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET") if name not in found]
    if missing:
        raise InvalidArgumentError(f"no credentials: set {' and '.join(missing)}")
    for name, (variable, parse) in _CHECKED.items():
        if name not in given and variable in found:
            try:
                parse(found[variable])
            except InvalidArgumentError as error:
                raise InvalidArgumentError(f"ZUORA_{variable}: {error.message}") from None
    return {
        "base_url": address,
        "client_id": found["CLIENT_ID"],
        "client_secret": found["CLIENT_SECRET"],
        "entity_id": found.get("ENTITY_ID"),
        "org_ids": found.get("ORG_IDS"),
        "zuora_version": found.get("VERSION"),
        **given,
    }


_CHECKED: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "base_url": ("BASE_URL", parse_base_url),
    "entity_id": ("ENTITY_ID", parse_entity_id),
    "org_ids": ("ORG_IDS", parse_org_ids),
    "zuora_version": ("VERSION", parse_zuora_version),
}
"""The variable of each argument, and what checks its value."""
