"""Check the settings and the connection to the API, without changing anything."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, get_args

from zuora_journal_runs import errors
from zuora_journal_runs._client import ENVIRONMENTS, from_environ, parse_base_url
from zuora_journal_runs._http import parse_entity_id, parse_org_ids, parse_zuora_version, proxy_for

from .error_messages import advice_for
from .record_types import CheckName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from zuora_journal_runs import Exchange, JournalRunsClient

    from .record_types import Check, Verdict
    from .session import Session

PROBE = "JR-99999999"
"""A run that most likely does not exist. "Not found" takes a valid token, a permission and the right address."""
_DEADLINE = 30.0
"""Seconds for a call."""
_MAX_CLOCK_DIFFERENCE = 60
"""Seconds."""
_SCOPES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("entity_id", "ZUORA_ENTITY_ID", parse_entity_id),
    ("org_ids", "ZUORA_ORG_IDS", parse_org_ids),
    ("zuora_version", "ZUORA_VERSION", parse_zuora_version),
)
"""Settings of a call: its name in the client, its variable, and the function that checks it."""


class _Reply(NamedTuple):
    """The result of a call."""

    error: errors.JournalRunsError | None
    exchange: Exchange | None

    @property
    def ok(self) -> bool:
        """Whether the call succeeded, or failed only because the run does not exist."""
        return self.error is None or (isinstance(self.error, errors.NotFoundError) and bool(self.error.reasons))

    @property
    def received(self) -> bool:
        """Whether there was a response at all."""
        return self.error is None or isinstance(self.error, errors.ResponseError) or self._token_status is not None

    @property
    def _token_status(self) -> int | None:
        return self.error.status_code if isinstance(self.error, errors.TokenError) else None

    @property
    def refused(self) -> bool:
        return not self.ok and isinstance(self.error, errors.APIError | errors.TokenError)


def diagnose(session: Session, environ: Mapping[str, str], now: Callable[[], float]) -> list[Check]:
    """Check the settings, and if they can be right, the API.

    Args:
        session: How to reach the API.
        environ: The environment variables.
        now: Returns the time in seconds since 1970.
    """
    settings = [_address(environ), _credentials(environ), _scope(session, environ)]
    found = {check["name"]: check for check in settings}
    if all(check["verdict"] == "ok" for check in settings):
        found |= {check["name"]: check for check in _api(session, environ, now)}
    found["versions"] = _check("versions", "ok", _versions())
    return [
        found.get(name) or _check(name, "unknown", "not checked, because something else is wrong") for name in _NAMES
    ]


_PERMISSIONS: Check = {
    "name": "permissions",
    "verdict": "unknown",
    "finding": "whether runs may be created, cancelled and deleted only shows when it is tried",
    "advice": 'If one is refused, ask for "Create Journal Run", "Cancel Journal Run", "Delete Cancelled Journal Run"',
}
_NAMES: tuple[CheckName, ...] = get_args(CheckName)


def _check(name: CheckName, verdict: Verdict, finding: str, advice: str | None = None) -> Check:
    return {"name": name, "verdict": verdict, "finding": finding, "advice": advice}


def _url(environ: Mapping[str, str]) -> httpx.URL:
    """Return the address, whether or not there are credentials for it.

    Raises:
        InvalidArgumentError: The base URL is missing or invalid.
    """
    address = {name: environ.get(name, "") for name in _ADDRESS}
    described = from_environ({**address, "ZUORA_CLIENT_ID": "-", "ZUORA_CLIENT_SECRET": "-"})
    return parse_base_url(described["base_url"])


_ADDRESS = ("ZUORA_ENVIRONMENT", "ZUORA_BASE_URL")


def _address(environ: Mapping[str, str]) -> Check:
    """Check the address, and say where it is set."""
    try:
        url = _url(environ)
        proxy = proxy_for(url)
    except errors.InvalidArgumentError as error:
        return _check("address", "wrong", error.message)
    address = str(url).rstrip("/")
    centre = next((name for name, known in ENVIRONMENTS.items() if known == address), None)
    source = " and ".join(name for name in _ADDRESS if environ.get(name, "").strip())
    through = f", through the proxy {proxy.url.host}" if proxy else ""
    return _check("address", "ok", f"{address}, {centre or 'not a data centre of Zuora'}, from {source}{through}")


def _credentials(environ: Mapping[str, str]) -> Check:
    """Check whether there are credentials."""
    stand_in = {"ZUORA_ENVIRONMENT": "PROD"}
    credentials = {name: environ.get(name, "") for name in ("ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET")}
    try:
        from_environ({**stand_in, **credentials})
    except errors.InvalidArgumentError as error:
        return _check("credentials", "wrong", error.message)
    return _check("credentials", "ok", "set, and not tried yet")


def _scope(session: Session, environ: Mapping[str, str]) -> Check:
    """Check entity, organisations and version."""
    said: list[str] = []
    for name, variable, check in _SCOPES:
        value = environ.get(variable, "").strip()
        if name in session.headers:
            said.append(f"{session.headers[name]}, from the command line")
        elif value:
            try:
                said.append(f"{check(value)}, from {variable}")
            except errors.InvalidArgumentError as error:
                return _check("entity", "wrong", f"{variable}: {error.message}")
    return _check("entity", "ok", "; ".join(said) or "none is set, which is right for a tenant with only one")


def _api(session: Session, environ: Mapping[str, str], now: Callable[[], float]) -> list[Check]:
    """Check the API."""
    checks: list[Check] = []
    options: dict[str, None] = {}
    reply = _call(session, _retrieve)
    entity = session.headers.get("entity_id") or environ.get("ZUORA_ENTITY_ID", "").strip()
    if entity and reply.refused:
        # A call without the entity shows whether the entity is the reason.
        headers = {name: value for name, value in session.headers.items() if name != "entity_id"}
        bare = replace(session, headers=headers)
        other = _call(bare, _retrieve, entity_id=None)
        if other.ok:
            assert reply.error is not None
            source = "--entity" if "entity_id" in session.headers else "ZUORA_ENTITY_ID"
            finding = f"{source} is {entity}, which is refused: {reply.error.message}"
            advice = "Check that it is an entity of this tenant, and that this OAuth client may use it"
            checks.append(_check("entity", "wrong", finding, advice))
            session, options, reply = bare, {"entity_id": None}, other
    https = _url(environ).scheme == "https"
    secured = "the server's certificate is valid" if https else "not used, since the address is this machine"
    checks += [_check("TLS", "ok", secured)] if reply.received else []
    if reply.ok:
        checks += [
            _check("credentials", "ok", "a token was issued and accepted"),
            _read(session, options),
            _PERMISSIONS,
        ]
    else:
        assert reply.error is not None
        checks.append(_failed_check(reply.error))
    if reply.exchange is not None:
        checks += [_clock(reply.exchange.headers, now()), _limits(reply.exchange.headers)]
    return checks


def _call(session: Session, call: Callable[[JournalRunsClient], Exchange | None], **options: None) -> _Reply:
    try:
        with session.client(deadline=_DEADLINE, **options) as client:
            return _Reply(None, call(client))
    except errors.JournalRunsError as error:
        return _Reply(error, error.exchange if isinstance(error, errors.ResponseError) else None)


def _retrieve(client: JournalRunsClient) -> Exchange | None:
    return client.retrieve(PROBE).exchange


def _read(session: Session, options: dict[str, None]) -> Check:
    """Check whether entries can be read too: the outcome of a cancellation depends on them."""

    def first_page(client: JournalRunsClient) -> Exchange | None:
        return client.entries(PROBE).exchanges[0]

    listed = _call(session, first_page, **options)
    if listed.ok:
        return _check("read", "ok", f"runs and entries can be read; {PROBE} does not exist, as expected")
    assert listed.error is not None
    return _check("read", "wrong", listed.error.message, advice_for(listed.error))


def _failed_check(error: errors.JournalRunsError) -> Check:
    """Return the check that a failed call belongs to."""
    finding, advice = error.message, advice_for(error)
    wrong_address = "Check that it is the address of Zuora's REST API"
    name: CheckName = "read"
    if isinstance(error, errors.TokenError):
        name = "credentials" if error.status_code in _NOT_THE_ADDRESS else "address"
        if error.status_code is not None and name == "address":
            advice = wrong_address
    elif isinstance(error, errors.APIConnectionError):
        name = "address"
    elif isinstance(error, errors.AuthenticationError):
        name = "credentials"
    elif isinstance(error, errors.NotFoundError | errors.InvalidResponseError):
        name, advice = "address", wrong_address
    if name == "address" and "certificate" in finding.lower():
        name, advice = "TLS", "If your company's proxy has a certificate of its own, set SSL_CERT_FILE to its file"
    return _check(name, "wrong", finding, advice)


_NOT_THE_ADDRESS = (400, 401, 403, 429, 500, 502, 503, 504)
"""Statuses of a token response that point to the credentials, or a temporary failure, rather than the address."""


def _clock(headers: Mapping[str, str], now: float) -> Check:
    """Compare this machine's clock with the server's."""
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return _check("clock", "unknown", "the response has no date")
    ahead = round((datetime.fromtimestamp(now, UTC) - theirs.astimezone(UTC)).total_seconds())
    if abs(ahead) <= _MAX_CLOCK_DIFFERENCE:
        return _check("clock", "ok", "this machine's clock and the server's agree")
    finding = f"this machine's clock is {abs(ahead):,} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    return _check("clock", "wrong", finding, "Set this machine's clock")


def _limits(headers: Mapping[str, str]) -> Check:
    """Report how many requests the tenant allows, and how many are left."""
    said: list[str] = []
    for prefix, what in (("RateLimit", "requests"), ("Concurrency-Limit", "at once")):
        # The limit may be followed by others, each with its window.
        limit, left = headers.get(f"{prefix}-Limit", "").partition(",")[0], headers.get(f"{prefix}-Remaining")
        if limit and left:
            said.append(f"{what} {left} of {limit} left")
    return _check("limits", "ok" if said else "unknown", "; ".join(said) or "the response does not say")


def _versions() -> str:
    packages = [f"{name} {version(name)}" for name in ("zuora-journal-runs", "httpx")]
    return ", ".join([*packages, f"Python {platform.python_version()}"])
