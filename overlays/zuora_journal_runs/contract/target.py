"""The provider that is tested: where it is, who asks, and what may be done there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .document import load, production_hosts, sandbox_hosts

if TYPE_CHECKING:
    from collections.abc import Mapping


class UsageError(ValueError):
    """The suite cannot do what was requested, or lacks something that it needs."""


class Kind(Enum):
    """What is at stake at an address."""

    LOOPBACK = "on this machine"
    OTHER = "not on this machine"
    PRODUCTION = "in production"


@dataclass(frozen=True)
class Target:
    """A provider.

    Raises:
        UsageError: The address is invalid, or credentials would be sent unencrypted.
    """

    url: str
    """The address, such as http://127.0.0.1:8080, without a path."""
    client_id: str
    """The id of an OAuth client."""
    client_secret: str = field(repr=False)
    """Its secret."""
    entity_id: str | None = None
    """`Zuora-Entity-Ids`, where Multi-entity is on."""
    org_ids: str | None = None
    """`Zuora-Org-Ids`, where Multi-Org is on."""
    version: str | None = None
    """`Zuora-Version`; the tenant's default if it is empty."""

    def __post_init__(self) -> None:
        # What holds an @ may hold a password, and is not repeated.
        wrong = UsageError("the address is not one such as http://127.0.0.1:8080 or https://rest.test.zuora.com")
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError:
            raise wrong from None
        if not parts.hostname or "@" in self.url or parts.path or parts.query or parts.fragment:
            raise wrong
        if parts.scheme != "https" and not (parts.scheme == "http" and self.kind is Kind.LOOPBACK):
            raise UsageError(f"{self.url} is not encrypted, and would show the credentials: use https")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], url: str | None = None) -> Target:
        """Return the target that the variables `ZUORA_...` describe; `url` takes precedence over their address.

        Raises:
            UsageError: There is no address, there are two, or there are no credentials.
        """
        found = {name: environ[name].strip() for name in environ if name.startswith("ZUORA_")}
        environments = {each["x-environment"]: each["url"] for each in load()["servers"]}
        name = found.get("ZUORA_ENVIRONMENT", "").upper()
        named = environments.get(name)
        if name and not url and named is None:
            raise UsageError(f"ZUORA_ENVIRONMENT is {name!r}, which is not one of {', '.join(environments)}")
        base_url = found.get("ZUORA_BASE_URL", "").rstrip("/")
        if base_url and named and not url and base_url != named:
            raise UsageError("ZUORA_BASE_URL and ZUORA_ENVIRONMENT name different addresses: set one of them")
        address = url or base_url or named
        if not address:
            raise UsageError("no address: give --url, or set ZUORA_BASE_URL or ZUORA_ENVIRONMENT")
        missing = [each for each in ("ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET") if not found.get(each)]
        if missing:
            raise UsageError(f"no credentials: set {' and '.join(missing)}")
        return cls(
            address.rstrip("/"),
            found["ZUORA_CLIENT_ID"],
            found["ZUORA_CLIENT_SECRET"],
            entity_id=found.get("ZUORA_ENTITY_ID") or None,
            org_ids=found.get("ZUORA_ORG_IDS") or None,
            version=found.get("ZUORA_VERSION") or None,
        )

    @property
    def host(self) -> str:
        """The host, as it is compared."""
        return (urlsplit(self.url).hostname or "").rstrip(".").lower()

    @property
    def kind(self) -> Kind:
        """What is at stake. A host of Zuora's that is not known to be a sandbox counts as production."""
        if self.host == "localhost" or _is_loopback(self.host):
            return Kind.LOOPBACK
        document = load()
        zuora = self.host == "zuora.com" or self.host.endswith(".zuora.com")
        if self.host in production_hosts(document) or (zuora and self.host not in sandbox_hosts(document)):
            return Kind.PRODUCTION
        return Kind.OTHER

    @property
    def conventions(self) -> dict[str, str]:
        """The headers of every call except `Authorization`."""
        named = {"Zuora-Entity-Ids": self.entity_id, "Zuora-Org-Ids": self.org_ids, "Zuora-Version": self.version}
        return {name: value for name, value in named.items() if value}

    def clean(self, text: str) -> str:
        """A text without the secret."""
        return text.replace(self.client_secret, "[secret]")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
