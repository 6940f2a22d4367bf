"""Checks of every response, in addition to what the contract documents.

A check takes an exchange, live or recorded, and yields what is wrong with it. It says nothing about what a recording
does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .findings import Problem

if TYPE_CHECKING:
    from .exchange import Exchange

Check = Callable[["Exchange"], Iterator[Problem]]

COMPRESSED_ABOVE = 1000
"""Bytes above which a response is compressed if the request accepts it (Zuora, header Accept-Encoding)."""

MINOR_UNITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
         "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
"""Decimal places of the currencies that do not have two (ISO 4217)."""

_NOISE = Decimal("0.001")
"""The share of a minor unit below which sums are equal, since JSON numbers may be binary."""


class Violation(AssertionError):
    """The provider violates the contract.

    Args:
        message: What is wrong.
        check: What found it, if it was not the rule itself: the same violation of several rules is one finding.
    """

    def __init__(self, message: str, check: str = "") -> None:
        super().__init__(message)
        self.check = check


class Skipped(Exception):
    """A rule cannot be checked, since something that it needs is missing."""


def expect(condition: object, message: str, check: str = "") -> None:
    """Require a condition. Unlike `assert` it does so under `python -O` too.

    Raises:
        Violation: The condition does not hold.
    """
    if not condition:
        raise Violation(message, check)


def track_id(exchange: Exchange) -> Iterator[Problem]:
    """`Zuora-Track-Id` comes back as it was sent, and only if it was."""
    if exchange.headers is None or exchange.request_headers is None or not exchange.all_headers:
        return
    sent, returned = exchange.sent("zuora-track-id"), exchange.headers.get("zuora-track-id", ())
    if len(returned) > 1:
        yield Problem("track-id", f"Zuora-Track-Id came {len(returned)} times")
    elif not returned:
        if sent is not None and exchange.judged < 400:
            yield Problem("track-id", f"the track id {sent!r} was not returned")
    elif returned[0] != sent:
        given = "no track id" if sent is None else f"the track id {sent!r}"
        yield Problem("track-id", f"{given} came back as {returned[0]!r}")


def reasons(exchange: Exchange) -> Iterator[Problem]:
    """`success` is false if, and only if, there are reasons."""
    data = exchange.data
    if "success" in data and (data["success"] is False) != bool(data.get("reasons")):
        kind = "no reasons for a failure" if data["success"] is False else "reasons for a success"
        yield Problem(
            "reasons", f"{kind}: success is {data['success']!r}, reasons are {data.get('reasons')!r}"[:300], kind
        )


def compression(exchange: Exchange) -> Iterator[Problem]:
    """A response is compressed if, and only if, the request accepts gzip and it has more than 1,000 bytes."""
    if not exchange.live or exchange.size is None:
        return  # What records traffic often decompresses it, or asks for compression itself.
    accepted = (exchange.sent("accept-encoding") or "").lower()
    choices = {each.strip() for each in accepted.split(",")}
    coding = list((exchange.headers or {}).get("content-encoding", ()))
    long = exchange.size > COMPRESSED_ABOVE
    if not long or not choices & {"gzip", "*"}:
        # What else a client may write, such as weights, leaves the choice to the provider.
        weighed = long and any(each.startswith(("gzip", "x-gzip", "*")) for each in choices)
        right = not coding or (weighed and coding == ["gzip"])
    else:
        right = "gzip" not in choices or coding == ["gzip"]
    if not right:
        size = "more than 1,000 bytes" if long else "no more than 1,000 bytes"
        asked = f"a request that accepts {accepted!r}" if accepted else "a request that accepts no compression"
        given = f"with Content-Encoding {', '.join(coding)}" if coding else "uncompressed"
        yield Problem("compression", f"{size} came {given} for {asked}", f"{size} came {given}")


def request_id(exchange: Exchange) -> Iterator[Problem]:
    """`requestId` in the body is `Zuora-Request-Id` in the headers."""
    header, said = exchange.header("zuora-request-id"), exchange.data.get("requestId")
    if None not in (header, said) and header != said:
        yield Problem("request-id", f"Zuora-Request-Id is {header!r}, and requestId in the body is {said!r}")


def balance(exchange: Exchange) -> Iterator[Problem]:
    """The items of an entry debit as much as they credit."""
    entries = exchange.data.get("journalEntries")
    for entry in entries if isinstance(entries, list) else ():
        try:
            currency = str(entry.get("currency", ""))
            debits, credits_ = _sums(entry)
        except (AttributeError, TypeError, InvalidOperation):
            continue  # The contract's schema says what is wrong with it.
        unit = Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2))
        if abs(debits - credits_) >= unit * _NOISE:
            off = f"{entry.get('number')} debits {debits} and credits {credits_} {currency}".rstrip()
            yield Problem("balance", off, "debits and credits differ")
            return


def _sums(entry: Any) -> tuple[Decimal, Decimal]:
    sums = {"Debit": Decimal(), "Credit": Decimal()}
    for item in entry.get("journalEntryItems", ()):
        if item.get("type") in sums:
            sums[item["type"]] += Decimal(str(item.get("amount", 0)))
    return sums["Debit"], sums["Credit"]


def new_request_ids() -> Check:
    """Return a check that no two responses have the same `Zuora-Request-Id`, unless one is repeated for its key."""
    keys: dict[str, object] = {}

    def unique_request_id(exchange: Exchange) -> Iterator[Problem]:
        identifier = exchange.header("zuora-request-id")
        if not identifier:
            return  # The contract requires it: that it is missing is another finding.
        key = exchange.sent("idempotency-key")
        if identifier in keys and (key is None or keys[identifier] != key):
            yield Problem("unique-request-id", f"the request id {identifier} was used before", stateless=False)
        keys[identifier] = key

    return unique_request_id


def falling_limits() -> Check:
    """Return a check that the requests left in a window go down from response to response, until the next window."""
    last: list[tuple[int, float]] = []

    def rate_limit(exchange: Exchange) -> Iterator[Problem]:
        if not exchange.live or exchange.sent("idempotency-key"):
            return  # A repeated response may have the headers that it had; in recordings others call in between.
        try:
            left, reset = (int(exchange.header(f"ratelimit-{each}") or "") for each in ("remaining", "reset"))
            quota = int((exchange.header("ratelimit-limit") or "").partition(",")[0])
        except ValueError:
            return  # None of them is required, and their form is for the contract to judge.
        if left > quota:
            yield Problem("rate-limit", f"RateLimit-Remaining is {left}, of {quota}", stateless=False)
        now = exchange.began or 0.0
        before, ends = last.pop() if last else (left + 1, now + reset)
        last.append((left, now + reset))
        if now < ends and now + reset < ends + 1 and left >= before and left:
            said = f"RateLimit-Remaining was {before}, and is {left} after another call in the same window"
            yield Problem("rate-limit", said, stateless=False)

    return rate_limit


def every_check() -> list[Check]:
    """Return all of these checks, for one run of the suite."""
    return [track_id, reasons, compression, request_id, balance, new_request_ids(), falling_limits()]


NAMES = frozenset(
    {
        "balance", "body", "compression", "content-type", "headers", "no-response", "rate-limit", "reasons", "refusal",
        "request-id", "run-model", "server-error", "settling", "status", "track-id", "unique-request-id",
        "accepts-valid-requests", "rejects-invalid-requests", "deleted-is-gone", "created-is-found",
        "requires-headers", "refuses-unknown-methods",
    }
)  # fmt: skip
"""The names of all checks, which a file of deviations may use."""
