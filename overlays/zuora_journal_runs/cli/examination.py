"""What is right and what is wrong about how the API is reached; nothing is changed by finding out."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from zuora_journal_runs import errors
from zuora_journal_runs._client import ENVIRONMENTS, from_environ, parse_base_url
from zuora_journal_runs._http import parse_entity_id, parse_org_ids, parse_zuora_version, proxy_for

from .problems import advice_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from zuora_journal_runs import Exchange, JournalRunsClient

    from .records import Check, CheckName, Verdict
    from .session import Session

PROBE = "JR-99999999"
"""A run that is most likely not there: to be told so takes a token, a permission and the right address."""
_DEADLINE = 30.0
"""Seconds for a call."""
_FAR = 60
"""Seconds by which clocks may differ."""
_SCOPES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("entity_id", "ZUORA_ENTITY_ID", parse_entity_id),
    ("org_ids", "ZUORA_ORG_IDS", parse_org_ids),
    ("zuora_version", "ZUORA_VERSION", parse_zuora_version),
)
"""What a call is about beside the run: by its name in the client, the variable, and how it is checked."""


class _Answer(NamedTuple):
    """What came of a call: no error, or one that says no more than that the run is not there, is an answer."""

    error: errors.JournalRunsError | None
    exchange: Exchange | None

    @property
    def good(self) -> bool:
        return self.error is None or (isinstance(self.error, errors.NotFoundError) and bool(self.error.reasons))

    @property
    def came(self) -> bool:
        """Whether the server answered at all."""
        return self.error is None or isinstance(self.error, errors.ResponseError) or self._token_status is not None

    @property
    def _token_status(self) -> int | None:
        return self.error.status_code if isinstance(self.error, errors.TokenError) else None

    @property
    def refused(self) -> bool:
        return not self.good and isinstance(self.error, errors.APIError | errors.TokenError)


def examine(session: Session, environ: Mapping[str, str], now: Callable[[], float]) -> list[Check]:
    """Look at the settings, and if they can be right, at the API.

    Args:
        session: How the API is reached.
        environ: The environment's variables.
        now: Seconds since 1970.
    """
    settings = [_address(environ), _credentials(environ), _scope(session, environ)]
    found = {check["name"]: check for check in settings}
    if all(check["verdict"] == "ok" for check in settings):
        found |= {check["name"]: check for check in _asked(session, environ, now)}
    found["versions"] = _check("versions", "ok", _versions())
    return [found.get(name) or _check(name, "unknown", "not checked, since something else is wrong") for name in _NAMES]


_PERMISSIONS: Check = {
    "name": "permissions",
    "verdict": "unknown",
    "finding": "whether runs may be created, cancelled and deleted shows only when it is done",
    "advice": 'If it is refused, ask for "Create Journal Run", "Cancel Journal Run", "Delete Cancelled Journal Run"',
}
_NAMES: tuple[CheckName, ...] = (
    "address",
    "TLS",
    "credentials",
    "entity",
    "read",
    "permissions",
    "clock",
    "limits",
    "versions",
)


def _check(name: CheckName, verdict: Verdict, finding: str, advice: str | None = None) -> Check:
    return {"name": name, "verdict": verdict, "finding": finding, "advice": advice}


def _url(environ: Mapping[str, str]) -> httpx.URL:
    """The address, whether or not there are credentials for it.

    Raises:
        InvalidArgumentError: the base URL is missing or invalid.
    """
    address = {name: environ.get(name, "") for name in _ADDRESS}
    described = from_environ({**address, "ZUORA_CLIENT_ID": "-", "ZUORA_CLIENT_SECRET": "-"})
    return parse_base_url(described["base_url"])


_ADDRESS = ("ZUORA_ENVIRONMENT", "ZUORA_BASE_URL")


def _address(environ: Mapping[str, str]) -> Check:
    """Which address, and where it comes from."""
    try:
        url = _url(environ)
        proxy = proxy_for(url)
    except errors.InvalidArgumentError as error:
        return _check("address", "wrong", error.message)
    address = str(url).rstrip("/")
    centre = next((name for name, known in ENVIRONMENTS.items() if known == address), None)
    source = " and ".join(name for name in _ADDRESS if environ.get(name, "").strip())
    through = f", through the proxy {proxy.url.host}" if proxy else ""
    return _check("address", "ok", f"{address}, {centre or 'no data centre of Zuora'}, by {source}{through}")


def _credentials(environ: Mapping[str, str]) -> Check:
    """Whether there are any."""
    stand_in = {"ZUORA_ENVIRONMENT": "PROD"}
    credentials = {name: environ.get(name, "") for name in ("ZUORA_CLIENT_ID", "ZUORA_CLIENT_SECRET")}
    try:
        from_environ({**stand_in, **credentials})
    except errors.InvalidArgumentError as error:
        return _check("credentials", "wrong", error.message)
    return _check("credentials", "ok", "given, and not tried yet")


def _scope(session: Session, environ: Mapping[str, str]) -> Check:
    """Which entity, organisations and version are asked for."""
    said: list[str] = []
    for name, variable, check in _SCOPES:
        value = environ.get(variable, "").strip()
        if name in session.headers:
            said.append(f"{session.headers[name]}, by the command line")
        elif value:
            try:
                said.append(f"{check(value)}, by {variable}")
            except errors.InvalidArgumentError as error:
                return _check("entity", "wrong", f"{variable}: {error.message}")
    return _check("entity", "ok", "; ".join(said) or "none is named, which is right for a tenant with one")


def _asked(session: Session, environ: Mapping[str, str], now: Callable[[], float]) -> list[Check]:
    """What the API says."""
    checks: list[Check] = []
    options: dict[str, None] = {}
    answer = _ask(session, _retrieve)
    entity = session.headers.get("entity_id") or environ.get("ZUORA_ENTITY_ID", "").strip()
    if entity and answer.refused:
        # Whether it is the entity that is refused shows without it.
        headers = {name: value for name, value in session.headers.items() if name != "entity_id"}
        bare = replace(session, headers=headers)
        other = _ask(bare, _retrieve, entity_id=None)
        if other.good:
            assert answer.error is not None
            source = "--entity" if "entity_id" in session.headers else "ZUORA_ENTITY_ID"
            finding = f"{source} is {entity}, and that is refused: {answer.error.message}"
            advice = "Check that it is an entity of this tenant, and open to this OAuth client"
            checks.append(_check("entity", "wrong", finding, advice))
            session, options, answer = bare, {"entity_id": None}, other
    https = _url(environ).scheme == "https"
    if answer.came:
        secured = "the server's certificate is valid" if https else "not used, since the address is this machine"
        checks.append(_check("TLS", "ok", secured))
    if answer.good:
        checks += [
            _check("credentials", "ok", "a token can be had, and is taken"),
            _read(session, options),
            _PERMISSIONS,
        ]
    else:
        assert answer.error is not None
        checks.append(_blamed(answer.error))
    if answer.exchange is not None:
        checks += [_clock(answer.exchange.headers, now()), _limits(answer.exchange.headers)]
    return checks


def _ask(session: Session, call: Callable[[JournalRunsClient], Exchange | None], **options: None) -> _Answer:
    try:
        with session.client(deadline=_DEADLINE, **options) as client:
            return _Answer(None, call(client))
    except errors.JournalRunsError as error:
        return _Answer(error, error.exchange if isinstance(error, errors.ResponseError) else None)


def _retrieve(client: JournalRunsClient) -> Exchange | None:
    return client.retrieve(PROBE).exchange


def _read(session: Session, options: dict[str, None]) -> Check:
    """Whether entries can be read too, from which the outcome of a cancellation is learnt."""

    def first_page(client: JournalRunsClient) -> Exchange | None:
        return client.entries(PROBE).exchanges[0]

    listed = _ask(session, first_page, **options)
    if listed.good:
        return _check("read", "ok", f"runs and entries can be read; {PROBE} is not there, as expected")
    assert listed.error is not None
    return _check("read", "wrong", listed.error.message, advice_on(listed.error))


def _blamed(error: errors.JournalRunsError) -> Check:
    """What a call failed for."""
    finding, advice = error.message, advice_on(error)
    strange = "Check that it is the address of Zuora's REST API"
    name: CheckName = "read"
    if isinstance(error, errors.TokenError):
        name = "credentials" if error.status_code in _REFUSING else "address"
        if error.status_code is not None and name == "address":
            advice = strange
    elif isinstance(error, errors.APIConnectionError):
        name = "address"
    elif isinstance(error, errors.AuthenticationError):
        name = "credentials"
    elif isinstance(error, errors.NotFoundError | errors.InvalidResponseError):
        name, advice = "address", strange
    if name == "address" and "certificate" in finding.lower():
        name, advice = "TLS", "If your company's proxy has a certificate of its own, name its file in SSL_CERT_FILE"
    return _check(name, "wrong", finding, advice)


_REFUSING = (400, 401, 403, 429, 500, 502, 503, 504)
"""Statuses of an answer to a token request that speak of the credentials, or of the moment, and not of the address."""


def _clock(headers: Mapping[str, str], now: float) -> Check:
    """How far this machine's clock is from the server's."""
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return _check("clock", "unknown", "the answer bears no date")
    ahead = round((datetime.fromtimestamp(now, UTC) - theirs.astimezone(UTC)).total_seconds())
    if abs(ahead) <= _FAR:
        return _check("clock", "ok", "this machine's and the server's agree")
    finding = f"this machine's is {abs(ahead):,} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    return _check("clock", "wrong", finding, "Set this machine's clock")


def _limits(headers: Mapping[str, str]) -> Check:
    """How many requests the tenant allows, and has left."""
    said: list[str] = []
    for prefix, what in (("RateLimit", "requests"), ("Concurrency-Limit", "at once")):
        # The limit may be followed by others, each with its window.
        limit, left = headers.get(f"{prefix}-Limit", "").partition(",")[0], headers.get(f"{prefix}-Remaining")
        if limit and left:
            said.append(f"{what} {left} left of {limit}")
    return _check("limits", "ok" if said else "unknown", "; ".join(said) or "the answer does not tell them")


def _versions() -> str:
    packages = [f"{name} {version(name)}" for name in ("zuora-journal-runs", "httpx")]
    return ", ".join([*packages, f"Python {platform.python_version()}"])
